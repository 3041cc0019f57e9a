"""Numbers that options of the command share with structs: no struct is imported to show them."""

COST_TOLERANCE_PCT = 15.0
"""How much above the cheapest that does the work a cleaner placement may cost (design choice)."""

LEAST_CONFIDENCE, MOST_CONFIDENCE = 0.5, 0.99
"""The bounds of how surely a workload's latency bounds and traffic are met."""
