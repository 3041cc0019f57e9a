"""What the rules found as SARIF 2.1.0, for code scanning: one run, a rule a descriptor.

A result's message is the finding, not the rule's name. Its fingerprint outlives moved lines, so a
platform knows an old finding from a new one. Exempted findings are there as suppressed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Literal

import msgspec

from lichen import __version__
from lichen_doors.report.findings import Finding, Severity, read

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "https://github.com/lichen-ml/lichen"

Level = Literal["error", "warning", "note"]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's page, by the attributes of a rule."""

    name: str
    offence: str
    why: str
    fix: str
    exceptions: str
    severity: Severity
    url: str


def as_sarif(report: object, rules: Mapping[str, object]) -> str:
    """A report under the rules that made it, by name."""
    judged = read(report)
    pages = [msgspec.convert(rule, Page, from_attributes=True) for rule in rules.values()]
    index = {page.name: number for number, page in enumerate(pages)}
    said = (*judged.findings, *judged.unverified, *judged.exempted)
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
                        "rules": [_descriptor(page) for page in pages],
                    }
                },
                "results": [_result(finding, index[finding.rule]) for finding in said],
                "columnKind": "utf16CodeUnits",
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _descriptor(page: Page) -> dict[str, Any]:
    paragraphs = {"Why": page.why, "Fix": page.fix, "Exceptions": page.exceptions}
    return {
        "id": page.name,
        "name": "".join(word.capitalize() for word in page.name.split("-")),
        "shortDescription": {"text": f"{page.offence}."},
        "fullDescription": {"text": page.why},
        "help": {
            "text": "\n\n".join(f"{name}: {text}" for name, text in paragraphs.items()),
            "markdown": "\n\n".join(f"**{name}.** {text}" for name, text in paragraphs.items()),
        },
        "helpUri": page.url,
        "defaultConfiguration": {"level": _weight(page.severity)},
        "properties": {"tags": ["sustainability", "cost"], "problem.severity": page.severity},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _level(finding),
        "message": {"text": finding.message},
        "locations": [_location(finding)],
        "partialFingerprints": {"lichen/v1": finding.fingerprint},
        "properties": {
            "verdict": finding.verdict,
            "enforcement": finding.level,
            "severity": finding.severity,
            "type": finding.type,
            "path": finding.path,
            "saves": msgspec.to_builtins(finding.saves),
            "sources": list(finding.sources),
        },
    }
    if finding.exemption is not None:
        held = finding.exemption
        why = f"{held.reason} ({held.approver} for {held.owner}, until {held.expires})"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    return result


def _level(finding: Finding) -> Level:
    """What stops is an error whatever its severity; what is only unverified is a note."""
    if finding.stops:
        return "error"
    return "note" if finding.verdict == "unverified" else _weight(finding.severity)


def _weight(severity: Severity) -> Level:
    return "note" if severity == "low" else "warning"


def _location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": finding.resource, "kind": "resource"}]
    }
    if finding.file is not None:
        file = PurePath(finding.file)
        uri = file.as_uri() if file.is_absolute() else file.as_posix()
        location["physicalLocation"] = {
            "artifactLocation": {"uri": uri},
            # Code scanning shows nothing without a line; a plan has none of its own.
            "region": {"startLine": finding.line or 1},
        }
    return location
