"""What a finding does where it is found, how bad it is, and what a limit can be."""

from __future__ import annotations

from typing import Literal

Level = Literal["advisory", "mandatory", "remediate", "disabled"]
Severity = Literal["low", "medium", "high", "critical"]

BLOCKING: tuple[Level, ...] = ("mandatory", "remediate")
"""Levels that block a deployment. ``remediate`` blocks what no change was made for."""

LimitValue = int | float | str | bool
