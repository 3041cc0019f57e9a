"""Benchmark tables: rows that others measured, read once, and what sizing predicts for them."""
