"""Placing: every offer of the catalogue judged for a workload, and one chosen."""
