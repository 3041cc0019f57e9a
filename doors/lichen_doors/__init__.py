"""The doors: the only code that meets a person or a host."""
