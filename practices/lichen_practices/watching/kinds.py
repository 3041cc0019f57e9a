"""The kinds of what a run of ``lichen watch`` notices, and the days that it counts with."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "dirtier-region",
    "cleaner-region",
    "better-placement",
    "expired-exemption",
    "expiring-exemption",
    "expired-evidence",
    "expiring-evidence",
    "retired-hardware",
    "differs-from-passport",
    "new-finding",
]
"""What can be noticed."""

EVIDENCE_DAYS = 365
"""How long a benchmark record is taken for fresh (design choice): a year of new drivers, servers
and traffic."""
SOON_DAYS = 30
"""How long before its end something is noticed, where nobody says (design choice)."""
