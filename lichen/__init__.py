"""Lichen: inference on the smallest efficient hardware that does the work, where the grid is clean.

The engine decides and nothing else: it reads no cloud account, opens no socket and imports
neither Pulumi nor Checkov.
"""

__version__ = "0.1.0"
