"""What options of the command share with structs: no struct is imported to show it."""

COST_TOLERANCE_PCT = 15.0
"""How much above the cheapest that does the work a cleaner placement may cost (design choice)."""

LEAST_CONFIDENCE, MOST_CONFIDENCE = 0.5, 0.99
"""The bounds of how surely a workload's latency bounds and traffic are met."""

UNREAD = "NOT READ"
"""What marks a value in a drafted workload file that nobody gave: it is to be replaced."""
