"""What the rules found as GitLab's Code Quality report, which a merge request shows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePath
from typing import Literal

from lichen_policies.verdict import Report, Severity, Skipped, Verdict

Weight = Literal["info", "minor", "major", "critical", "blocker"]

_ADVICE: Mapping[Severity, Weight] = {
    "low": "info",
    "medium": "minor",
    "high": "major",
    "critical": "major",
}


def as_code_quality(report: Report) -> str:
    """A report as a list of issues. What is exempted or old is not among them."""
    seen: Counter[str] = Counter()
    issues = [
        _of_verdict(verdict, seen)
        for verdict in (*report.findings, *report.unverified)
        if not verdict.is_old
    ]
    issues += [
        _of_file(each)
        for each in report.skipped
        if each.broken or (each.missing and not each.is_old)
    ]
    return json.dumps(issues, indent=2)


def _of_verdict(verdict: Verdict, seen: Counter[str]) -> dict[str, object]:
    place = f"{verdict.file}\0{verdict.fingerprint}"
    seen[place] += 1  # the platform drops a second issue of one fingerprint
    name = verdict.resource.rsplit("::", 1)[-1]
    return _issue(
        description=f"{name}: {verdict.message}" if name else verdict.message,
        rule=verdict.rule,
        fingerprint=f"{place}\0{seen[place]}",
        weight=_weight(verdict),
        file=verdict.file or "deployment",
        line=verdict.line or 1,
    )


def _of_file(skipped: Skipped) -> dict[str, object]:
    if skipped.missing:
        file, line = skipped.place
        return _issue(
            description=f"Not judged: {skipped.words}",
            rule="not-judged",
            fingerprint=f"{file}\0{skipped.because}",
            weight="critical" if skipped.blocks else "info",
            file=file,
            line=line or 1,
        )
    return _issue(
        description=f"Not read: {skipped.words}",
        rule="not-read",
        fingerprint=f"{skipped.file}\0not-read",
        weight="blocker",
        file=skipped.file,
        line=1,
    )


def _issue(
    *, description: str, rule: str, fingerprint: str, weight: Weight, file: str, line: int
) -> dict[str, object]:
    return {
        "description": description,
        "check_name": rule,
        "fingerprint": sha256(fingerprint.encode(errors="surrogatepass")).hexdigest(),
        "severity": weight,
        "location": {"path": PurePath(file).as_posix(), "lines": {"begin": line}},
    }


def _weight(verdict: Verdict) -> Weight:
    if verdict.blocks:
        return "blocker" if verdict.severity == "critical" else "critical"
    return "info" if verdict.verdict == "unverified" else _ADVICE[verdict.severity]
