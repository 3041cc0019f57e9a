"""The kinds of what ``lichen watch`` notices. The command's help names them without the rest."""

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
