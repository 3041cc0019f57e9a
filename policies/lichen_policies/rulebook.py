"""The names of before, until the doors import them from where they are now."""

from __future__ import annotations

from lichen_policies.judging import judge, judge_resource
from lichen_policies.registry import rules
from lichen_policies.rule import UNSTATED, Change, Finding, Known, Rule, Saves
from lichen_policies.verdict import BLOCKING, Level, Report, Severity, Verdict

__all__ = [
    "BLOCKING",
    "UNSTATED",
    "Change",
    "Finding",
    "Known",
    "Level",
    "Report",
    "Rule",
    "Saves",
    "Severity",
    "Verdict",
    "judge",
    "judge_resource",
    "rules",
]
