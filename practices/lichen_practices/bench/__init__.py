"""Measuring an endpoint: load, times, energy, and the benchmark record that placing reads."""
