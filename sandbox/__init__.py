"""A cloud on one machine, for the demonstration and the tests."""
