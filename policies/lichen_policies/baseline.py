"""A baseline: the report of what is there already, against which only new findings block.

A finding is old if the baseline has one of the same rule, resource and property that says the same.
One that says another thing, such as a larger machine in the same place, is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from lichen.document import InputError, convert, read_document
from lichen_policies.verdict import Gone, Report, Skipped, Verdict, parted

_OTHER_REPORTS = (".sarif", ".xml", ".html", ".md")


class BaselineVerdict(msgspec.Struct, frozen=True):
    """A verdict of the baseline, as far as it is compared."""

    rule: str
    resource: str
    fingerprint: str
    message: str = ""
    what: str = ""
    file: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.fingerprint, self.what or self.message


class BaselineSkipped(msgspec.Struct, frozen=True):
    """A part of a deployment that was missing."""

    file: str
    because: str

    @property
    def key(self) -> tuple[str, str]:
        return parted(self.file)[0], self.because


class Baseline(msgspec.Struct, frozen=True):
    """What a baseline holds. Unverified verdicts are compared as findings are."""

    findings: tuple[BaselineVerdict, ...]
    unverified: tuple[BaselineVerdict, ...]
    skipped: tuple[BaselineSkipped, ...] = ()


def of(file: Path) -> Baseline:
    """The baseline of a file; :class:`InputError` where it is no report of ``lichen check``."""
    try:
        document = read_document(file) if file.suffix.lower() not in _OTHER_REPORTS else None
        if not isinstance(document, dict) or not {"findings", "unverified"} <= document.keys():
            raise InputError(
                "is no report of lichen check",
                fix="write one: lichen check PATH --format json --output baseline.json",
            )
        return convert(document, Baseline, quotes=False)
    except InputError as error:
        raise error.within(str(file)) from None


def against(report: Report, baseline: Baseline, file: str) -> Report:
    """A report whose old verdicts block nothing, and what of the baseline is gone.

    A rule that is broken judged nothing, so it has no old verdict.
    """
    every = (*baseline.findings, *baseline.unverified)
    left = Counter(verdict.key for verdict in every)
    unmoved = Counter((*verdict.key, verdict.file) for verdict in every)
    findings = _marked(report.findings, left, unmoved)
    unverified = _marked(report.unverified, left, unmoved)
    return msgspec.structs.replace(
        report,
        findings=findings,
        unverified=unverified,
        skipped=_known(report.skipped, Counter(each.key for each in baseline.skipped)),
        baseline=file,
        gone=tuple(_gone(every, left, report)),
    )


def _marked(
    verdicts: Sequence[Verdict],
    left: Counter[tuple[str, str]],
    unmoved: Counter[tuple[str, str, str | None]],
) -> tuple[Verdict, ...]:
    """The verdicts, old where the baseline has them: first those of the same file, and of the
    others those whose file may have another name now."""
    old: set[int] = set()
    for same_file in (True, False):
        for number, verdict in enumerate(verdicts):
            key = verdict.fingerprint, verdict.what or verdict.message
            place = (*key, verdict.file)
            if number in old or verdict.broken or left[key] <= 0:
                continue
            if same_file and unmoved[place] <= 0:
                continue
            old.add(number)
            left[key] -= 1
            unmoved[place] -= same_file
    return tuple(
        msgspec.structs.replace(verdict, is_old=number in old)
        for number, verdict in enumerate(verdicts)
    )


def _known(skipped: Sequence[Skipped], left: Counter[tuple[str, str]]) -> tuple[Skipped, ...]:
    """What is skipped, old where the baseline has it of the same file in the same words:
    its line may have moved."""
    marked = []
    for each in skipped:
        key = each.place[0], each.because
        is_old = each.missing and left[key] > 0
        left[key] -= is_old
        marked.append(msgspec.structs.replace(each, is_old=is_old))
    return tuple(marked)


def _gone(
    every: Iterable[BaselineVerdict], left: Counter[tuple[str, str]], report: Report
) -> Iterable[Gone]:
    """The baseline's verdicts that are not there any more, in any words."""
    still = {verdict.fingerprint for verdict in (*report.findings, *report.unverified)}
    for verdict in every:
        if left[verdict.key] > 0 and verdict.fingerprint not in still:
            left[verdict.key] -= 1
            yield Gone(verdict.rule, verdict.resource)
