"""One module a rule; the file is the name."""
