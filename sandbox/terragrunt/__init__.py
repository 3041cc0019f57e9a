"""Terragrunt, for the tests of what it prints: built from its Go module, once."""
