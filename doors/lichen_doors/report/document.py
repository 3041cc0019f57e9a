"""What the rules found, as JSON for programs, and what every report says of it.

Nothing here is for a terminal alone: a report in another format starts without what draws there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec
from lichen_policies.exemptions import Exemption
from lichen_policies.verdict import (
    Change,
    Configured,
    Conflict,
    Gone,
    Month,
    Report,
    Saves,
    Skipped,
    Summary,
    Verdict,
    advice_of,
)

from lichen.figures import many
from lichen_doors.report import for_programs

Address = tuple[str, str | None, int | None]
"""A resource's address, and the file and line that it is in."""


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of one resource as one set of changes.

    ``changes`` agree with each other, ``conflicts`` do not; ``also`` is what to do besides, in
    words; ``or_else`` are other ways out. ``saves`` is the largest saving of one finding.
    """

    resource: str
    file: str | None
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    also: tuple[str, ...]
    or_else: tuple[str, ...]
    saves: Saves


def of_other_files(report: Report) -> str:
    """A sentence on the files of a folder that are no deployments; empty where there are none."""
    if not report.other_files:
        return ""
    are = "is no deployment" if report.other_files == 1 else "are no deployments"
    return f"{many(report.other_files, 'other file')} {are}."


def ended(report: Report) -> list[str]:
    """A sentence on each exemption past its last day that covers nothing here: one that does is a
    finding."""
    return [
        f"The exemption of {each.resource} from {each.rule} ended on {each.expires}: ask "
        f"{each.approver} to renew it, or fix what it covered."
        for each in report.expired
        if not any(verdict.what.startswith(each.ended) for verdict in report.findings)
    ]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What ``lichen check --format json`` prints.

    ``expired`` are exemptions past their last day; ``not_judged`` counts resources by the types
    that no rule covers; ``fixes`` has an entry for each resource with findings, ``months`` what
    those cost and emit as they are, where that is known; ``configured`` is the lichen.yaml that
    holds, with each rule that it turned off or moved.
    """

    findings: tuple[Verdict, ...]
    unverified: tuple[Verdict, ...]
    exempted: tuple[Verdict, ...]
    expired: tuple[Exemption, ...]
    not_judged: Mapping[str, int]
    fixes: tuple[Fix, ...]
    months: tuple[Month, ...]
    configured: Configured
    skipped: tuple[Skipped, ...]
    other_files: int
    baseline: str
    gone: tuple[Gone, ...]
    hidden: int
    summary: Summary


def as_json(report: Report) -> str:
    """Everything, as docs/schemas/check.json describes it."""
    return for_programs(
        Document(
            findings=report.findings,
            unverified=report.unverified,
            exempted=report.exempted,
            expired=report.expired,
            not_judged=report.not_judged,
            fixes=tuple(
                _fix(address, verdicts) for address, verdicts in by_resource(report.findings)
            ),
            months=report.months,
            configured=report.configured,
            skipped=report.skipped,
            other_files=report.other_files,
            baseline=report.baseline,
            gone=report.gone,
            hidden=report.hidden,
            summary=report.summary,
        )
    )


def by_resource(verdicts: Sequence[Verdict]) -> list[tuple[Address, list[Verdict]]]:
    """The verdicts of each resource, in the order of the first of each."""
    grouped: dict[Address, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        grouped[verdict.resource, verdict.file, verdict.line].append(verdict)
    return list(grouped.items())


def _fix(address: Address, verdicts: Sequence[Verdict]) -> Fix:
    resource, file, _line = address
    advice = advice_of(verdicts)
    return Fix(
        resource=resource,
        file=file,
        changes=advice.changes,
        conflicts=advice.conflicts,
        also=advice.also,
        or_else=advice.or_else,
        saves=advice.saves,
    )


def mark_of(verdict: Verdict) -> str:
    """What a verdict does, in a word: exempted, old, blocks, unverified or advises."""
    if verdict.exemption is not None:
        return "exempted"
    if verdict.is_old:
        return "old"
    if verdict.blocks:
        return "blocks"
    return "unverified" if verdict.verdict == "unverified" else "advises"


def skipped_mark(skipped: Skipped) -> str:
    """What becomes of a file that is skipped, in words: not read, blocks, old, unverified or not
    judged."""
    if skipped.broken:
        return "not read"
    if not skipped.missing:
        return "not judged"
    return "old" if skipped.is_old else "blocks" if skipped.blocks else "unverified"


def outcome(report: Report) -> tuple[str, str]:
    """The last sentence, and its style."""
    findings = sum(verdict.blocks for verdict in report.findings)
    unverified = sum(verdict.blocks for verdict in report.unverified)
    unseen = sum(each.blocks for each in report.skipped)
    parts = [many(findings, "finding")] if findings else []
    if unverified:
        parts.append(many(unverified, "unverified result"))
    if unseen:
        parts.append(f"{many(unseen, 'part')} that {'is' if unseen == 1 else 'are'} not here")
    unread = sum(each.broken for each in report.skipped)
    if not parts and unread:
        return f"Nothing that was read blocks; {many(unread, 'file')} could not be read.", "bad"
    missing = sum(each.missing for each in report.skipped)
    if not parts and missing:
        are = "is" if missing == 1 else "are"
        return f"Nothing that was read blocks; {many(missing, 'part')} {are} not here.", "warn"
    if not parts:
        return "Nothing blocks this deployment.", "good"
    verb = "blocks" if findings + unverified + unseen == 1 else "block"
    return f"{' and '.join(parts)} {verb} this deployment.", "bad"
