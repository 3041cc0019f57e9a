"""The readers of Google's resources, one module a kind."""
