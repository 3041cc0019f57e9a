"""The one shape that every door prints: a rule's verdict on a resource, and the report of many.

A finding travels as its parts: what is wrong, the limit, the changes, what it saves. The sentence
of a fix is composed here and nowhere else.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar, cast

import msgspec

from lichen.figures import co2e, usd
from lichen.interval import Interval
from lichen.visible import visible
from lichen.words import Environment
from lichen_policies.exemptions import Exemption
from lichen_policies.levels import BLOCKING as BLOCKING
from lichen_policies.levels import Level as Level
from lichen_policies.levels import Severity as Severity

Outcome = Literal["pass", "fail", "unverified", "not-applicable"]
Reported = Literal["fail", "unverified"]
REPORTED: tuple[Reported, ...] = ("fail", "unverified")
"""The outcomes that a report shows."""
Value = str | int | float | bool


class Saves(msgspec.Struct, frozen=True, kw_only=True):
    """What the fix would save in a month of 730 hours; None where it cannot be computed."""

    gco2e_month: Interval | None = None
    usd_month: float | None = None

    @property
    def text(self) -> str:
        """``Saves about 310 kg CO2e (96.0 to 640) and $1,020 a month.``; empty without a figure.

        What would cost more is not called a saving.
        """
        parts = []
        if self.gco2e_month is not None and self.gco2e_month.likely > 0:
            parts.append(co2e(self.gco2e_month))
        if self.usd_month is not None and self.usd_month > 0:
            parts.append(usd(self.usd_month))
        return f"Saves about {' and '.join(parts)} a month." if parts else ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One property and the value that fixes a finding.

    ``path`` is the property in the dialect's own spelling, ``to`` its value (None: remove it;
    ``at_most``: this or less). ``why`` says why this value, ``note`` what it is (``Stockholm, 25
    gCO2e/kWh``), ``elsewhere`` where else it may be set (``on the provider``). ``keeps`` marks the
    value that is there today and that the other changes of the finding rely on. ``safe`` marks one
    that may be made without a person: always valid in its place, a machine of the same family.
    ``adds`` says that the resource leaves the property out, so that it is to be added; ``listed``
    that the property is a list, of which this is the only value. ``workload`` is the field of a
    workload's file that decides the value where a component made the resource from one.
    """

    path: str
    to: Value | None
    why: str = ""
    note: str = ""
    elsewhere: str = ""
    at_most: bool = False
    keeps: bool = False
    safe: bool = False
    adds: bool = False
    listed: bool = False
    workload: str = ""

    @property
    def value(self) -> str:
        """The value as a person types it: ``ml.g5.xlarge``, ``2``, ``true``."""
        text = str(self.to).lower() if isinstance(self.to, bool) else f"{self.to}"
        return f"at most {text}" if self.at_most else text

    @property
    def text(self) -> str:
        """``set minCapacity to 0``, with what the value is."""
        if self.to is None:
            return f"remove {self.path}"
        where = f" (here or {self.elsewhere})" if self.elsewhere else ""
        return f"set {self.path}{where} to {self.value}" + (f", {self.note}" if self.note else "")


def fix_of(changes: Iterable[Change], or_else: str = "") -> str:
    """The sentence of a fix, without a full stop: its changes, why, and the other way out."""
    made = [change for change in changes if not change.keeps]
    joint = ", and " if any(change.note for change in made) else " and "
    text = joint.join(change.text for change in made)
    why = "; ".join(dict.fromkeys(change.why for change in made if change.why))
    if text and why:
        text += f": {why}"
    return "; or ".join(part for part in (text, or_else) if part)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of one resource: a verdict for each finding, else one.

    ``resource`` is a URN, a Terraform address or a logical id, and ``path`` the property in it; a
    rule over a whole stack may leave both empty. ``message`` is the finding in one line, or why the
    verdict is *unverified* or *not-applicable*; ``what``, ``limit``, ``changes`` and ``or_else``
    are a finding's parts, ``fix`` the sentence of the last two. ``note`` is what is added to the
    message besides. ``broken`` marks an *unverified* verdict whose rule or reader failed: no value
    was missing. ``fingerprint`` is the same for the same offence in every run; ``is_old`` says
    that a baseline has it.
    """

    rule: str
    verdict: Outcome
    level: Level
    severity: Severity
    resource: str
    type: str
    path: str = ""
    file: str | None = None
    line: int | None = None
    environment: Environment | None = None
    message: str = ""
    what: str = ""
    limit: str = ""
    fix: str = ""
    changes: tuple[Change, ...] = ()
    or_else: str = ""
    note: str = ""
    broken: bool = False
    saves: Saves = Saves()
    sources: tuple[str, ...] = ()
    fingerprint: str = ""
    exemption: Exemption | None = None
    is_old: bool = False

    @property
    def blocks(self) -> bool:
        """Whether it blocks a deployment."""
        return (
            self.verdict in REPORTED
            and self.level in BLOCKING
            and self.exemption is None
            and not self.is_old
        )


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """How many of each; ``stopping`` are the findings and unverified verdicts that block."""

    findings: int
    unverified: int
    stopping: int
    exempted: int
    expired: int
    judged: int
    not_judged: int
    passed: int


class Proposal(msgspec.Struct, frozen=True):
    """A change, and the rule that proposes it."""

    rule: str
    change: Change


class Conflict(msgspec.Struct, frozen=True):
    """Changes of which only one can be made, at ``path``."""

    path: str
    proposals: tuple[Proposal, ...]

    @property
    def text(self) -> str:
        """``instanceType: oversized-endpoint keeps ml.g4dn.12xlarge, too-many-accelerators sets
        ml.g4dn.xlarge``."""
        return f"{self.path}: " + ", ".join(
            f"{proposal.rule} {_proposed(proposal.change, self.path)}"
            for proposal in self.proposals
        )


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """All findings of one resource as one set of changes.

    ``changes`` agree with each other; ``conflicts`` do not, and a person decides. ``also`` is what
    to do in words for findings that have no change, ``or_else`` another way out for those that do.
    ``saves`` is the largest saving of one finding, never the sum: fixes overlap.
    """

    changes: tuple[Change, ...] = ()
    also: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    or_else: tuple[str, ...] = ()
    saves: Saves = Saves()


class Moved(msgspec.Struct, frozen=True):
    """A rule's level, or one of its limits, that is not the rule's default.

    ``what`` is "level" or the limit's name; ``by`` the file that moved it.
    """

    rule: str
    what: str
    environments: tuple[Environment, ...]
    default: str
    now: str
    by: str

    @property
    def text(self) -> str:
        """``dirty-region is disabled in prod (by default mandatory)``."""
        of = self.rule if self.what == "level" else f"{self.rule}.{self.what}"
        where = ", ".join(self.environments)
        return f"{of} is {self.now} in {where} (by default {self.default})"


class Ramp(msgspec.Struct, frozen=True):
    """A rule that advises now and blocks from a day on."""

    rule: str
    mandatory_from: datetime.date
    environments: tuple[Environment, ...]

    @property
    def text(self) -> str:
        """``dirty-region blocks from 2027-03-01 on in dev, staging``."""
        where = ", ".join(self.environments)
        return f"{self.rule} blocks from {self.mandatory_from} on in {where}"


class NotUsed(msgspec.Struct, frozen=True):
    """A field of a lichen.yaml that does not hold, and why."""

    field: str
    file: str
    because: str

    @property
    def text(self) -> str:
        do = "do" if self.field in ("exemptions", "rules") else "does"
        return f"{self.field} of {self.file} {do} not hold: {self.because}"


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a report: the lichen.yaml ``files``, the highest first; every rule that they
    turned off or ``moved``; ``ramps``, of those that block from a day on; what they set ``also``;
    what of a lower file is ``not_used``."""

    files: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    ramps: tuple[Ramp, ...] = ()
    also: tuple[str, ...] = ()
    not_used: tuple[NotUsed, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """In sentences, one a line; empty where nothing is configured."""
        lines = []
        if self.files:
            top, *lower = self.files
            under = f", over {', over '.join(lower)}" if lower else ""
            lines.append(f"Configured by {top}{under}.")
        if self.moved:
            lines.append(f"Moved: {'; '.join(each.text for each in self.moved)}.")
        if self.ramps:
            lines.append(f"Ramps: {'; '.join(each.text for each in self.ramps)}.")
        if self.also:
            lines.append(f"Set besides: {'; '.join(self.also)}.")
        return (*lines, *(f"{each.text[:1].upper()}{each.text[1:]}." for each in self.not_used))


def parted(place: str) -> tuple[str, int | None]:
    """``stack.yaml:12`` as a file and a line; None where it has none."""
    file, _, line = place.rpartition(":")
    return (file, int(line)) if file and line.isdigit() else (place, None)


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder that is not judged, ``because`` of what, and what to do.

    ``broken`` says that it is a document, which cannot be read. ``missing`` says that the file
    calls a part of its deployment that is not here: what that part makes is unverified, at
    ``level``, which is that of the ``environment`` that its caller states.
    """

    file: str
    because: str
    fix: str = ""
    broken: bool = False
    missing: bool = False
    level: Level = "advisory"
    is_old: bool = False
    environment: Environment | None = None

    @property
    def place(self) -> tuple[str, int | None]:
        """The file, and the line in it where one is known."""
        return parted(self.file)

    @property
    def blocks(self) -> bool:
        """Whether a part that is missing blocks a deployment, as configured."""
        return self.missing and self.level in BLOCKING and not self.is_old

    @property
    def words(self) -> str:
        """Why, and what to do."""
        return f"{self.because}: {self.fix}" if self.fix else self.because

    @property
    def text(self) -> str:
        return f"{self.file} {self.words}"


class Gone(msgspec.Struct, frozen=True):
    """A finding of the baseline that is not there any more."""

    rule: str
    resource: str


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """What the machines of a resource cost and emit in a month of 730 hours as they are, at the
    least; None where that is not known."""

    resource: str
    file: str | None
    line: int | None
    gco2e_month: Interval | None
    usd_month: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a document's resources were found to be.

    ``exempted`` are findings that an exemption covers; ``expired`` the exemptions past their last
    day; ``not_judged`` counts resources by the types that no reader reads; ``judged`` counts the
    others; ``passed`` counts *pass* verdicts; ``configured`` says which lichen.yaml holds and what
    it moved; ``skipped`` are files of a folder that are not judged, and ``other_files`` counts
    those that have nothing to do with a deployment; ``baseline`` is the file whose findings are
    old, and ``gone`` are those of them that are not there any more; ``hidden`` counts what was
    found of resources that stay, where only what changes is shown. ``months`` are those of
    resources with findings.
    """

    findings: tuple[Verdict, ...]
    unverified: tuple[Verdict, ...]
    exempted: tuple[Verdict, ...]
    expired: tuple[Exemption, ...]
    not_judged: Mapping[str, int]
    judged: int
    passed: int
    configured: Configured = Configured()
    skipped: tuple[Skipped, ...] = ()
    other_files: int = 0
    baseline: str = ""
    gone: tuple[Gone, ...] = ()
    hidden: int = 0
    months: tuple[Month, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether a finding blocks the deployment."""
        return any(verdict.blocks for verdict in self.findings)

    @property
    def unverified_blocks(self) -> bool:
        """Whether an unverified verdict, or a part that is missing, blocks it, as configured."""
        verdicts, skipped = self.unverified, self.skipped
        return any(each.blocks for each in verdicts) or any(each.blocks for each in skipped)

    @property
    def broken(self) -> tuple[str, ...]:
        """The rules that block it because they, or the reader of a resource, are broken."""
        verdicts = (verdict for verdict in self.unverified if verdict.broken and verdict.blocks)
        return tuple(sorted({verdict.rule for verdict in verdicts}))

    @property
    def summary(self) -> Summary:
        return Summary(
            findings=len(self.findings),
            unverified=len(self.unverified),
            stopping=sum(verdict.blocks for verdict in (*self.findings, *self.unverified)),
            exempted=len(self.exempted),
            expired=len(self.expired),
            judged=self.judged,
            not_judged=sum(self.not_judged.values()),
            passed=self.passed,
        )


def advice_of(verdicts: Iterable[Verdict]) -> Advice:
    """The findings of one resource as one set of changes; exempted findings are left out."""
    findings = [v for v in verdicts if v.verdict == "fail" and v.exemption is None]
    proposals: dict[str, list[Proposal]] = defaultdict(list)
    for finding in findings:
        for change in finding.changes:
            proposals[change.path].append(Proposal(finding.rule, change))
    for path in list(proposals):
        if any(proposal.change.to is None for proposal in proposals.get(path, ())):
            for inner in [other for other in proposals if _is_inside(other, path)]:
                proposals[path] += proposals.pop(inner)
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    for path, proposed in proposals.items():
        merged = _merged([proposal.change for proposal in proposed])
        if merged is None:
            conflicts.append(Conflict(path, tuple(proposed)))
        elif not merged.keeps:
            changes.append(merged)
    also = _words(finding for finding in findings if not finding.changes)
    # To set in words what a change sets already is another way out: both cannot be done.
    paths = [*(change.path for change in changes), *(conflict.path for conflict in conflicts)]
    instead = [words for words in also if any(f"set {path} to " in words for path in paths)]
    or_else = _words(finding for finding in findings if finding.changes)
    return Advice(
        changes=tuple(changes),
        conflicts=tuple(conflicts),
        also=tuple(words for words in also if words not in instead),
        or_else=tuple(dict.fromkeys((*or_else, *instead))),
        saves=Saves(
            gco2e_month=max(
                (f.saves.gco2e_month for f in findings if f.saves.gco2e_month is not None),
                key=lambda grams: grams.likely,
                default=None,
            ),
            usd_month=max(
                (f.saves.usd_month for f in findings if f.saves.usd_month is not None),
                default=None,
            ),
        ),
    )


def _words(findings: Iterable[Verdict]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.or_else for finding in findings if finding.or_else))


def _is_inside(path: str, outer: str) -> bool:
    return path.startswith((f"{outer}.", f"{outer}["))


def _merged(changes: list[Change]) -> Change | None:
    """One change that does what all of one property ask; None where they conflict."""
    exact = [change for change in changes if not change.at_most]
    ceilings = [change for change in changes if change.at_most]
    if len({(change.path, change.to) for change in exact}) > 1:
        return None
    if exact:
        value = exact[0].to
        if not all(_within(value, ceiling.to) for ceiling in ceilings):
            return None
        # One finding that changes the value goes before another that relies on it.
        chosen = min(exact, key=lambda change: change.keeps)
    elif len({change.to for change in ceilings}) == 1:
        chosen = ceilings[0]
    elif any(isinstance(change.to, str) for change in ceilings):
        return None  # two durations, as texts
    else:
        chosen = min(ceilings, key=lambda change: float(change.to or 0))
    reasons = dict.fromkeys(change.why for change in (*exact, *ceilings) if change.why)
    return msgspec.structs.replace(chosen, why="; ".join(reasons))


def _within(value: Value | None, ceiling: Value | None) -> bool:
    return isinstance(value, int | float) and isinstance(ceiling, int | float) and value <= ceiling


def _proposed(change: Change, path: str) -> str:
    """``sets ml.g5.xlarge``; with the property where that is another than ``path``."""
    where = "" if change.path == path else f"{change.path} to "
    if change.to is None:
        return "removes it" if not where else f"removes {change.path}"
    return f"{'keeps' if change.keeps else 'sets'} {where}{change.value}"


Said = TypeVar("Said", "Verdict", "Report", tuple[Verdict, ...])


def printable(said: Said) -> Said:
    """Verdicts or a report as they may be printed: what others named is :func:`visible` in it."""
    return cast("Said", _printable(said))


def _printable(value: object) -> object:
    if isinstance(value, Verdict):
        if value.verdict not in REPORTED:
            return value  # it says nothing, and there are forty of them for each that does
        if _is_visible(value):
            return value
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, tuple):
        if len(value) > 1 and isinstance(value[0], Verdict) and _is_visible(value):
            return value
        return tuple(map(_printable, value))
    if isinstance(value, Mapping):
        return {_printable(key): _printable(part) for key, part in value.items()}
    if not isinstance(value, msgspec.Struct):
        return value
    changes = {}
    for name in value.__struct_fields__:
        part = getattr(value, name)
        shown = _printable(part)
        if shown != part:
            changes[name] = shown
    return msgspec.structs.replace(value, **changes) if changes else value


def _is_visible(said: Verdict | tuple[Verdict, ...]) -> bool:
    """Whether every text of some verdicts is :func:`visible` surely: nothing in their JSON is
    escaped but quotes and backslashes, which is searched in one go."""
    try:
        whole = msgspec.json.encode(said)
    except UnicodeEncodeError:  # half a character, which no encoding takes
        return False
    if b"\\" in whole and b"\\" in whole.replace(rb"\\", b"").replace(rb"\"", b""):
        return False
    # JSON escapes every control character of ASCII but the last.
    return b"\x7f" not in whole if whole.isascii() else whole.decode().isprintable()
