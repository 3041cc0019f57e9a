"""Tokens of prompts: what they cost in a month, what of them is fixed, whether they fit a budget.

No prompt is sent anywhere, and none is printed.
"""
