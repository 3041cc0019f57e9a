"""What the rules found, for a person at a terminal.

Each resource is shown with its findings, then with one fix: the changes that its findings ask for,
merged. Changes that contradict each other are shown as a conflict, and the saving is the largest of
one finding, never the sum, because fixes overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lichen_policies.verdict import Report, Skipped, Verdict

from lichen.figures import many
from lichen_doors.report.advice import advice_lines
from lichen_doors.report.document import (
    by_resource,
    ended,
    mark_of,
    of_other_files,
    outcome,
    skipped_mark,
)
from lichen_doors.report.lines import Line, Rows, Words


def lines(report: Report) -> Iterator[Line | Rows]:
    """The report for a terminal of 80 columns or more: by resource, what blocks first.

    An engine names resources in an order that changes between runs, so they are sorted here.
    """
    verdicts = (*report.findings, *report.unverified, *report.exempted)
    groups = [group for _, group in by_resource(verdicts)]
    for group in sorted(groups, key=_order):
        yield from _resource(sorted(group, key=_urgency))
    for text in ended(report):
        yield _line(f"{text}\n", "warn")
    yield from _closing(report)


def _line(text: str, style: str = "") -> Line:
    return (Words(text, style),)


def _order(group: Sequence[Verdict]) -> tuple[bool, str, str]:
    first = group[0]
    return not any(verdict.blocks for verdict in group), first.file or "", first.resource


def _urgency(verdict: Verdict) -> tuple[bool, bool, bool, bool, str]:
    return (
        verdict.exemption is not None,
        verdict.is_old,
        not verdict.blocks,
        verdict.verdict == "unverified",
        verdict.rule,
    )


def _resource(verdicts: Sequence[Verdict]) -> Iterator[Line | Rows]:
    first = verdicts[0]
    name = [Words(first.resource.rsplit("::", 1)[-1] or "The whole deployment", "name")]
    if first.environment:
        name.append(Words(f"  {first.environment}", "quiet"))
    yield name
    source = f"{first.file}:{first.line}" if first.line else first.file
    yield _line("  " + "  ".join(part for part in (first.type, source) if part), "quiet")
    rows = [_row(alike) for alike in _alike(verdicts)]
    for advice in advice_lines(verdicts):
        style = _ADVICE_STYLES.get(advice.mark, "good")
        rows.append((Words(advice.mark, style), _line(advice.text, style)))
    yield Rows(rows, indent=2)
    yield _line("")


def _alike(verdicts: Sequence[Verdict]) -> Iterator[Sequence[Verdict]]:
    """Each verdict by itself; those together that are unverified for one and the same reason."""
    rows: dict[object, list[Verdict]] = {}
    for number, verdict in enumerate(verdicts):
        is_finding = verdict.verdict != "unverified" or verdict.exemption is not None
        rows.setdefault(number if is_finding else (verdict.blocks, verdict.message), []).append(
            verdict
        )
    yield from rows.values()


_STYLES = {"exempted": "quiet", "old": "quiet", "blocks": "bad"}


def _row(alike: Sequence[Verdict]) -> tuple[Words, Line]:
    """What a verdict does, and what it says under its rule's name, or the names of all that say
    the same."""
    verdict, *others = alike
    mark = mark_of(verdict)
    style = _STYLES.get(mark, "warn")
    severity = "" if others else f", {verdict.severity}"
    names = ", ".join(dict.fromkeys(each.rule for each in alike))
    finding = f"{verdict.what}; {verdict.limit}." if verdict.what else f"{verdict.message}."
    said = " ".join(part for part in (finding, verdict.note) if part)
    if verdict.exemption is not None:
        text = verdict.exemption.text
        said += f"\n{text[:1].upper()}{text[1:]}"
    return Words(mark, style), (Words(names, style), Words(f"{severity}\n", "quiet"), Words(said))


_ADVICE_STYLES = {"conflict": "warn"}


def _closing(report: Report) -> Iterator[Line | Rows]:
    count = report.summary
    parts = [many(count.judged, "resource") + " judged"]
    parts.append(many(count.findings, "finding") if count.findings else "no findings")
    if count.unverified:
        parts.append(f"{count.unverified} unverified")
    if report.baseline:
        old = sum(verdict.is_old for verdict in (*report.findings, *report.unverified))
        parts.append(f"{old} of them in {report.baseline}")
    if count.exempted:
        parts.append(f"{count.exempted} exempted")
    yield _line(", ".join(parts) + ".")
    if report.not_judged:
        types = ", ".join(f"{name} ({number})" for name, number in report.not_judged.items())
        yield _line(f"Not judged, because no rule covers these types: {types}.", "quiet")
    if report.hidden:
        yield _line(
            f"{many(report.hidden, 'verdict')} on resources that do not change: not shown.",
            "quiet",
        )
    yield from _not_read(report)
    for line in report.configured.texts:
        yield _line(line, "quiet")
    yield _line(*outcome(report))


_MOST_FILES = 12


def _in_order(skipped: Skipped) -> tuple[str, int]:
    file, line = skipped.place
    return file, line or 0


def _not_read(report: Report) -> Iterator[Line | Rows]:
    """The files of a folder that are not judged: first those that are broken, then those that miss
    a part."""
    skipped = sorted(
        report.skipped, key=lambda each: (not each.broken, not each.missing, _in_order(each))
    )
    if skipped:
        rows = []
        for each in skipped[:_MOST_FILES]:
            style = "bad" if each.broken or each.blocks else "warn"
            said = Words(f"{each.file}\n", "quiet"), Words(f"{each.words}.")
            rows.append((Words(skipped_mark(each), style), said))
        yield Rows(rows)
    if len(skipped) > _MOST_FILES:
        left = many(len(skipped) - _MOST_FILES, "file")
        yield _line(f"Not judged besides: {left} (--format json names them).", "warn")
    if other := of_other_files(report):
        yield _line(other, "quiet")
