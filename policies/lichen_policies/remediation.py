"""The changes that may be made without a person: opt-in, never in production, always valid.

A rule marks such a change ``safe``: a floor, a count, a retention, a machine of the same family. A
rule's level ``remediate`` asks for them. What is changed is judged again, and is kept only if it
passes the rule that changed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lichen_policies.verdict import REPORTED, Change, Verdict


def changes_of(verdict: Verdict) -> tuple[Change, ...]:
    """The changes that a verdict asks for and that may be made; none where a person decides."""
    made = tuple(change for change in verdict.changes if not change.keeps)
    return made if made and all(change.safe for change in made) else ()


def is_asked_for(verdict: Verdict) -> bool:
    """Whether a finding is to be remediated: outside production, by the level of its rule."""
    return (
        verdict.verdict == "fail"
        and verdict.level == "remediate"
        and verdict.environment in ("dev", "staging")
        and verdict.exemption is None
    )


def passes(rule: str, verdicts: Iterable[Verdict]) -> bool:
    """Whether a rule finds nothing more."""
    return not any(verdict.rule == rule and verdict.verdict in REPORTED for verdict in verdicts)


def steps(path: str) -> list[str | int]:
    """``variants[0].count`` as ``variants``, 0, ``count``; ``labels["a.b/c"]`` as ``labels``,
    ``a.b/c``."""
    found = re.findall(r'\["([^"]*)"\]|\[(\d+)\]|([^.\[\]]+)', path)
    return [int(index) if index else quoted or name for quoted, index, name in found]
