"""What the rules found as SARIF 2.1.0, for code scanning: one run, a rule a descriptor.

A result's message is the finding, not the rule's name. Its fingerprint outlives moved lines, so a
platform knows an old finding from a new one. Exempted findings are there as suppressed. What the
lichen.yaml that holds turned off or moved is in its notifications. GitHub refuses a file above its
limits, so what is too much is left out, what blocks the last, and counted in a notification.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import PurePath
from typing import Literal, get_args
from urllib.parse import quote

import msgspec
from lichen_policies.rule import Rule
from lichen_policies.verdict import Report, Severity, Skipped, Verdict

from lichen import __version__
from lichen.figures import many

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "https://github.com/lichen-ml/lichen"

Level = Literal["error", "warning", "note"]

MOST_RESULTS = 25_000
"""How many results GitHub takes in a run; it shows the first 5,000."""
MOST_CHARACTERS = 1_024
"""How long GitHub takes a rule's descriptions."""


def as_sarif(report: Report, rules: Mapping[str, Rule]) -> str:
    """A report under the rules that made it, by name."""
    index = {name: number for number, name in enumerate(rules)}
    every = (*report.findings, *report.unverified, *report.exempted)
    verdicts = sorted(every, key=_urgency)[:MOST_RESULTS] if len(every) > MOST_RESULTS else every
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Lichen",
                        "semanticVersion": __version__,
                        "informationUri": HOME,
                        "rules": [_descriptor(rule) for rule in rules.values()],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not any(each.broken for each in report.skipped),
                        "toolExecutionNotifications": [
                            _notification(_skipped_level(each), each.text)
                            for each in report.skipped
                        ]
                        + _left_out(len(every) - len(verdicts)),
                        "toolConfigurationNotifications": [
                            {"level": "note", "message": {"text": text}}
                            for text in report.configured.texts
                        ],
                    }
                ],
                "results": [
                    _result(verdict, index[verdict.rule], number, bool(report.baseline))
                    for verdict, number in zip(verdicts, _numbers(verdicts), strict=True)
                ],
                "columnKind": "utf16CodeUnits",
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _skipped_level(skipped: Skipped) -> Level:
    if skipped.broken or skipped.blocks:
        return "error"
    return "warning" if skipped.missing else "note"


def _notification(level: Level, skipped: str) -> dict[str, object]:
    return {"level": level, "message": {"text": f"Not judged: {skipped}."}}


def _left_out(count: int) -> list[dict[str, object]]:
    """A notification of results that are too many."""
    if not count:
        return []
    text = f"Left out: {many(count, 'result')}, since a run has at most {MOST_RESULTS:,}."
    return [{"level": "warning", "message": {"text": text}}]


def _urgency(verdict: Verdict) -> tuple[bool, int, int]:
    """What is left out last: what blocks, then what is severe."""
    return (
        not verdict.blocks,
        ("error", "warning", "note").index(_level(verdict)),
        -get_args(Severity).index(verdict.severity),
    )


def _within(text: str) -> str:
    """A text that is no longer than GitHub takes."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _descriptor(rule: Rule) -> dict[str, object]:
    paragraphs = {
        "Why": rule.why,
        "Fix": rule.fix,
        "Exceptions": rule.exceptions,
        "Tags": rule.tags,
    }
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": _within(f"{rule.offence}.")},
        "fullDescription": {"text": _within(rule.why)},
        "help": {
            "text": "\n\n".join(f"{name}: {text}" for name, text in paragraphs.items()),
            "markdown": "\n\n".join(f"**{name}.** {text}" for name, text in paragraphs.items()),
        },
        "helpUri": rule.url,
        "defaultConfiguration": {"level": _weight(rule.severity)},
        "properties": {
            "tags": ["sustainability", "cost"],
            "problem.severity": _PROBLEM[rule.severity],
        },
    }


_PROBLEM: Mapping[Severity, str] = {
    "low": "recommendation",
    "medium": "warning",
    "high": "error",
    "critical": "error",
}
"""A severity in GitHub's words for alerts that are not of security."""


def _numbers(verdicts: Sequence[Verdict]) -> Iterator[int]:
    """Counts the verdicts of one fingerprint in a file: two plans in it may have the same
    addresses."""
    seen: Counter[tuple[str | None, str]] = Counter()
    for verdict in verdicts:
        place = verdict.file, verdict.fingerprint
        seen[place] += 1
        yield seen[place]


def _line_hash(verdict: Verdict, number: int) -> str:
    """What a platform knows a result by: another one of each file, so that it is the same when
    what another file has is mended. Where the file lies outside the folder, its name alone counts:
    a runner's folder of its own is another one in each run."""
    file = sha256(_known_by(verdict.file or "").encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{verdict.fingerprint}{file if verdict.file else ''}:{number}"


def _known_by(file: str) -> str:
    """A file below the current folder by its path from there, however it was typed; another by its
    name."""
    path, here = os.path.abspath(file), os.getcwd()
    inside = path.startswith(os.path.join(here, ""))
    return PurePath(os.path.relpath(path, here) if inside else os.path.basename(path)).as_posix()


def _result(
    verdict: Verdict, rule_index: int, number: int, has_baseline: bool
) -> dict[str, object]:
    name = verdict.resource.rsplit("::", 1)[-1]
    result: dict[str, object] = {
        "ruleId": verdict.rule,
        "ruleIndex": rule_index,
        "level": _level(verdict),
        "message": {"text": f"{name}: {verdict.message}" if name else verdict.message},
        "locations": [_location(verdict)],
        "partialFingerprints": {
            "lichen/v1": verdict.fingerprint,
            "primaryLocationLineHash": _line_hash(verdict, number),
        },
        "properties": {
            "verdict": verdict.verdict,
            "enforcement": verdict.level,
            "severity": verdict.severity,
            "type": verdict.type,
            "path": verdict.path,
            "changes": msgspec.to_builtins(verdict.changes),
            "saves": msgspec.to_builtins(verdict.saves),
            "sources": list(verdict.sources),
        },
    }
    if has_baseline:
        result["baselineState"] = "unchanged" if verdict.is_old else "new"
    if verdict.exemption is not None:
        exemption = verdict.exemption
        by = exemption.approver or exemption.where
        why = f"{exemption.reason} ({by} for {exemption.owner}, until {exemption.expires})"
        kind = "inSource" if exemption.beside else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": why}]
    return result


def _level(verdict: Verdict) -> Level:
    """What blocks is an error at any severity; what is only unverified is a note."""
    if verdict.blocks:
        return "error"
    return "note" if verdict.verdict == "unverified" else _weight(verdict.severity)


def _weight(severity: Severity) -> Level:
    return "note" if severity == "low" else "warning"


def _location(verdict: Verdict) -> dict[str, object]:
    location: dict[str, object] = {
        "logicalLocations": [
            {"fullyQualifiedName": verdict.resource or "deployment", "kind": "resource"}
        ]
    }
    if verdict.file is not None:
        file = PurePath(verdict.file)
        uri = file.as_uri() if file.is_absolute() else quote(file.as_posix())
        location["physicalLocation"] = {
            "artifactLocation": {"uri": uri},
            # Code scanning shows nothing without a line; a plan has none of its own.
            "region": {"startLine": verdict.line or 1},
        }
    return location
