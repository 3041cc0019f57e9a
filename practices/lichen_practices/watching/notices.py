"""What a run of ``lichen watch`` notices of a stack, each kind in one function."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from lichen_policies.beside import written
from lichen_policies.exemptions import Exemption
from lichen_policies.facts import Fact, Resource, ServingContainer, Unverified
from lichen_policies.gate import Gate
from lichen_policies.served import model_setting
from lichen_policies.verdict import Report, Saves, Verdict

from lichen.document import InputError
from lichen.evidence import Record, read_record
from lichen.figures import co2e, many, usd
from lichen_practices.watching.deployed import Running, StackFacts, Tagged
from lichen_practices.watching.kinds import EVIDENCE_DAYS, Kind
from lichen_practices.watching.moving import BetterPlacement

ORDER = {"unknown": -1, "low": 0, "medium": 1, "high": 2}
_OF_RULES: Mapping[str, Kind] = {
    "retired-hardware": "retired-hardware",
    "expired-exemption": "expired-exemption",
    "unable-endpoint": "differs-from-passport",
    "oversized-endpoint": "differs-from-passport",
    "contradicting-environment": "differs-from-passport",
    "unreadable-tag": "differs-from-passport",
}
"""Rules whose findings are a kind of their own; a finding of another is a ``new-finding`` where an
earlier run did not have it."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to look at. ``what`` says what is so, ``fix`` what to do. ``fingerprint`` is the
    same in every run; ``is_new`` says that the run before did not have it, or that there was none.
    ``blocks`` says that the rules stop a deployment for it. ``better`` has a better placement."""

    kind: Kind
    stack: str
    resource: str
    region: str | None
    what: str
    fix: str
    fingerprint: str
    blocks: bool = False
    saves: Saves = Saves()
    better: BetterPlacement | None = None
    is_new: bool = True


class EarlierClass(msgspec.Struct, frozen=True):
    """The class of an endpoint's region when a run first saw it there, and when that was."""

    carbon_class: str
    seen: datetime.date


def fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _notice(kind: Kind, running: Running, what: str, fix: str, *same: str) -> Notice:
    return Notice(
        kind=kind,
        stack=running.stack,
        resource=running.name,
        region=running.region,
        what=what,
        fix=fix,
        fingerprint=fingerprint(kind, running.stack, running.key, *same),
    )


OF_REGIONS = ("dirty-region", "greener-region", "misplaced-training")
"""Rules whose new finding follows from a new class of the region: it is said with the class."""


def of_class(running: Running, earlier: EarlierClass | None, report: Report) -> Iterator[Notice]:
    """That the class of its region is another than when it was first seen there, with what a rule
    then says to do."""
    if earlier is None or running.region is None:
        return
    before, now = earlier.carbon_class, running.carbon_class
    if before == now or "unknown" in (before, now):
        return
    worse = ORDER[now] > ORDER[before]
    fix = (
        "look for a cleaner region: lichen place, or lichen explain dirty-region"
        if worse
        else "nothing is to be done; limits and exemptions for this region may go"
    )
    notice = _notice(
        "dirtier-region" if worse else "cleaner-region",
        running,
        f"{running.region} is {now} in carbon ({running.agreement}); it was {before} on "
        f"{earlier.seen}",
        fix,
        before,
        now,
    )
    found = next(
        (
            verdict
            for verdict in report.findings
            if verdict.rule in OF_REGIONS and verdict.resource == running.address
        ),
        None,
    )
    if worse and found is not None:
        notice = msgspec.structs.replace(
            notice, fix=found.fix, blocks=found.blocks, saves=found.saves
        )
    yield notice


def of_better(running: Running, better: BetterPlacement) -> Notice:
    """That another placement is better by more than the tolerance."""
    then, moving = better.then, better.moving
    more = f" and costs {usd(-better.usd_month)} more" if better.usd_month < 0 else ""
    back = (
        f", paid back in {many(round(moving.pays_back_days), 'day')}"
        if moving.pays_back_days is not None and moving.pays_back_days >= 1
        else ""
    )
    notice = _notice(
        "better-placement",
        running,
        f"{then.replicas_peak} x {then.machine} in {then.region} would emit "
        f"{co2e(better.gco2e_month)} a month less{more}; {_COUNTED[better.counted]}",
        f"{'; '.join(moving.steps)}. Both run for an hour: {usd(moving.usd)} and "
        f"{co2e(moving.gco2e)} more{back}",
        then.machine,
        then.region,
    )
    return msgspec.structs.replace(
        notice,
        better=better,
        saves=Saves(gco2e_month=better.gco2e_month, usd_month=better.usd_month),
    )


def as_one_fix(
    better: Notice, address: str, stack: str, report: Report, gate: Gate
) -> tuple[Notice, frozenset[str]]:
    """A better placement beside what rules say of the same machines: the fix is said once, where it
    emits less. The notice, and the marks of the findings that it outdoes: none that blocks, and
    none whose saving is not known."""
    rivals = [
        verdict
        for verdict in report.findings
        if verdict.resource == address
        and verdict.changes
        and gate.rules()[verdict.rule].theme in ("size", "hardware")
    ]
    known = [(grams.likely, each) for each in rivals if (grams := each.saves.gco2e_month)]
    if better.saves.gco2e_month is None:
        return better, frozenset()
    moved = better.saves.gco2e_month.likely
    most, first = max(known, key=lambda pair: pair[0], default=(0.0, None))
    if first is not None and most >= moved:
        says = f"do what {first.rule} says of it, which emits no more and stays where it is"
        return msgspec.structs.replace(better, fix=says), frozenset()
    return better, frozenset(finding_mark(stack, each) for _, each in known if not each.blocks)


_COUNTED = {
    "scaling": "both counted as scaling with the traffic",
    "fixed": "both counted without scaling, all month",
    "too-few-run": "it carries the declared peak; what runs is too small for it",
}


def of_report(
    stack: str,
    report: Report,
    earlier: frozenset[str] | None,
    running: Sequence[Running],
    changed: frozenset[str],
    outdone: frozenset[str] = frozenset(),
) -> Iterator[Notice]:
    """What the rules find: each finding of a kind of its own, and others that an earlier run of
    the stack did not have (``earlier``: its findings; None, there was none). ``changed`` are the
    addresses whose region's class has changed, ``outdone`` the marks of findings whose fix a better
    placement replaces."""
    regions = {each.address: each.region for each in running}
    for verdict in report.findings:
        kind = _OF_RULES.get(verdict.rule)
        mark = finding_mark(stack, verdict)
        if kind is None:
            if earlier is None or mark in earlier:
                continue
            if verdict.rule in OF_REGIONS and verdict.resource in changed:
                continue
            kind = "new-finding"
        yield Notice(
            kind=kind,
            stack=stack,
            resource=_called(verdict),
            region=regions.get(verdict.resource),
            what=f"{verdict.rule}: {verdict.what or verdict.message}; {verdict.limit}".rstrip("; "),
            fix=_MOVE if mark in outdone else verdict.fix,
            fingerprint=mark,
            blocks=verdict.blocks,
            saves=verdict.saves,
        )


_MOVE = "do what the better placement says, which emits less than other machines here"


def finding_mark(stack: str, verdict: Verdict) -> str:
    """What a finding is called in the history."""
    return fingerprint(stack, verdict.rule, verdict.resource, verdict.path)


def _called(verdict: Verdict) -> str:
    return verdict.resource.rsplit("::", 1)[-1]


def of_exemptions(
    stack: str, resources: Iterable[Resource], gate: Gate, soon_days: int
) -> Iterator[Notice]:
    """Exemptions that cover a resource of the stack and end within ``soon_days``."""
    today = gate.configuration.today
    of_files = gate.configuration.every_exemption()
    for resource in resources:
        beside = tuple(each.exemption for each in written(resource) if each.exemption)
        for exemption in (*of_files, *beside):
            left = (exemption.expires - today).days
            if not 0 <= left <= soon_days:
                continue
            if exemption.matches(resource.address, resource.name):
                yield _ending(stack, resource, exemption, left)


def _ending(stack: str, resource: Resource, exemption: Exemption, left: int) -> Notice:
    return Notice(
        kind="expiring-exemption",
        stack=stack,
        resource=resource.name,
        region=None,
        what=f"the exemption from {exemption.rule} ({exemption.where}), for {exemption.owner}, "
        f"ends on {exemption.expires}, in {many(left, 'day')}",
        fix="fix what it covers, or have it approved until another day",
        fingerprint=fingerprint(
            "expiring-exemption", stack, resource.address, exemption.rule, str(exemption.expires)
        ),
    )


class Evidence:
    """The benchmark records of a folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Record | None] = {}

    def of(self, running: Tagged, today: datetime.date, soon_days: int) -> Iterator[Notice]:
        """The records that the passport names and that are too old, or soon will be. A record that
        is not in the folder is not judged."""
        for name in running.passport.evidence if running.passport else ():
            record = self.record(name)
            if record is None:
                continue
            last = record.measured_on + datetime.timedelta(days=EVIDENCE_DAYS)
            left = (last - today).days
            if left > soon_days:
                continue
            over = left < 0
            yield _notice(
                "expired-evidence" if over else "expiring-evidence",
                running,
                f"its benchmark record is of {record.measured_on}, and a record is fresh for "
                f"{EVIDENCE_DAYS} days: {'over since' if over else 'until'} {last}",
                "measure again: lichen bench",
                name,
            )

    def record(self, name: str) -> Record | None:
        """A record by its file's name; None of what is not in the folder, or is no record."""
        if name not in self._read:
            path = (self.folder / name).resolve()
            inside = path.is_relative_to(self.folder.resolve())
            try:
                self._read[name] = read_record(path) if inside and path.is_file() else None
            except InputError:
                self._read[name] = None
        return self._read[name]


def of_passport(running: Tagged, facts: StackFacts, gate: Gate, in_stack: int) -> Iterator[Notice]:
    """Where what runs is not what the passport says: fewer machines than its least, or containers
    that serve another model. Containers are compared only where the stack has one endpoint."""
    passport = running.passport
    if passport is None:
        return
    least, count = passport.minimum_replicas, running.machines
    if least is not None and count is not None and count < least:
        yield _notice(
            "differs-from-passport",
            running,
            f"{'1 machine runs' if count == 1 else f'{count:,} machines run'}, and its tags ask "
            f"for {least} at the least",
            f"run {least}, or correct the tag minimum-replicas",
            "minimum-replicas",
        )
    if in_stack != 1 or running.model is None:
        return
    served = set(_models_served(fact for _, found in facts.read for fact in found))
    named = {card.name for each in served if (card := gate.catalogue.find_model(each)) is not None}
    if named and len(named) == len(served) and running.model not in named:
        yield _notice(
            "differs-from-passport",
            running,
            f"its containers serve {', '.join(sorted(named))}, and its tags say {running.model}",
            "correct the tag model, or deploy the declared model",
            "model",
        )


def _models_served(facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        if not isinstance(fact, ServingContainer):
            continue
        try:
            setting = model_setting(fact)
        except Unverified:
            continue
        if setting is not None:
            yield setting.value
