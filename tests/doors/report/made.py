"""Verdicts and reports as rules and the gate make them, for tests of how they are shown."""

from __future__ import annotations

from lichen_policies.verdict import Report, Verdict


def made_verdict(**fields: object) -> Verdict:
    """A finding that blocks, but for the fields that are given."""
    usual = {
        "rule": "too-many-accelerators",
        "verdict": "fail",
        "level": "mandatory",
        "severity": "high",
        "fingerprint": "0123456789abcdef",
    }
    return Verdict(**{**usual, **fields})  # type: ignore[arg-type]


def made_report(*verdicts: Verdict, **fields: object) -> Report:
    """A report of verdicts, but for the fields that are given."""
    usual = {
        "findings": tuple(each for each in verdicts if each.verdict == "fail"),
        "unverified": tuple(each for each in verdicts if each.verdict == "unverified"),
        "exempted": (),
        "expired": (),
        "not_judged": {},
        "judged": len(verdicts),
        "passed": 0,
    }
    return Report(**{**usual, **fields})  # type: ignore[arg-type]
