"""The readers of Amazon's resources, one module a kind."""
