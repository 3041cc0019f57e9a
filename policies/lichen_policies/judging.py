"""Rules over resources: facts are judged, what breaks is contained, verdicts are reported.

A verdict never hangs on what is not known: a field that is known only after deployment gives
*unverified*. So does what is broken: a reader or a rule that raises, does not end or gives no
findings, and a rule's file that cannot be read. Such a verdict does what the rule's findings would
do, so that nothing passes because of it. A table that cannot be believed is no verdict: its
:class:`InputError` reaches the door.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from lichen.document import InputError
from lichen.words import Environment
from lichen_policies import run, timed
from lichen_policies.beside import written
from lichen_policies.configuration import Configuration
from lichen_policies.configured import configured
from lichen_policies.exemptions import Exemption, covering
from lichen_policies.facts import (
    Fact,
    NotYetKnown,
    Resource,
    Unknown,
    Unverified,
)
from lichen_policies.facts.fact import read_field
from lichen_policies.facts.reading import completed, facts_of, kinds_read
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT, Maybe, is_unknown
from lichen_policies.nonsense import Nonsense
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import UNSTATED, Finding, Rule
from lichen_policies.rulebook import ANY, Met, Rulebook, Ruling, RulingsOnFact, Where
from lichen_policies.run import GateRun
from lichen_policies.stack import Stack, Unread
from lichen_policies.timed import Ended, Steps, TookTooLong, place_of
from lichen_policies.verdict import (
    BLOCKING,
    REPORTED,
    Month,
    Outcome,
    Report,
    Reported,
    Verdict,
)

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue

try:  # Python's own: that of hashlib loads OpenSSL, which takes as long as reading a plan
    sha256 = import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
except ImportError:
    from hashlib import sha256

Facts = tuple[Fact, ...] | Exception
"""A resource's facts, or what its reader failed with."""

Read = tuple[Resource, Facts]

LIMIT_S = 1.0
"""Seconds that one judgement may take, of one rule on one fact, and one reader on one resource."""
STACK_LIMIT_S = 0.01
"""Seconds besides for each resource that a rule over many of them judges."""

IN_EVERY_BRANCH = (
    "It depends on conditions of the template, and every branch offends; this is one of them."
)
NOTHING_TO_JUDGE = "the resource has nothing that this rule judges"


def judge(
    resources: Iterable[Resource], configuration: Configuration, catalogue: Catalogue
) -> Report:
    """Every rule over every resource, and over each document as a whole.

    The resources of one document are one deployment: those of two are not joined.
    """
    return timed.run(_report(tuple(resources), Rulebook.of(configuration, catalogue)))


def judge_resource(
    resource: Resource,
    configuration: Configuration,
    catalogue: Catalogue,
    *,
    stack_follows: bool = False,
    with_nothing: bool = True,
) -> tuple[Verdict, ...] | None:
    """Every rule of one resource, at least one verdict a rule; None where nobody reads its type.

    Never raises for what a resource holds: a reader or a rule that fails gives *unverified*. Where
    ``stack_follows``, facts that another resource completes are left to :func:`judge_stack`.
    ``with_nothing``: also of rules that have nothing to judge there, which are most.
    """
    kinds = kinds_read(resource)
    if kinds is None:
        return None
    book = Rulebook.of(configuration, catalogue)
    return timed.run(_judged_alone(resource, book, stack_follows, with_nothing))


def judge_stack(
    resources: Iterable[Resource], configuration: Configuration, catalogue: Catalogue
) -> tuple[Verdict, ...]:
    """Every rule of a whole stack, once over all of its resources; of the rules of one resource
    what :func:`judge_resource` left."""
    return timed.run(_left_to_stack(tuple(resources), Rulebook.of(configuration, catalogue)))


def judge_exemptions(
    resource: Resource, configuration: Configuration, catalogue: Catalogue
) -> tuple[Verdict, ...]:
    """What the rules over a run find in the exemptions of one resource, for a host that has no
    run."""
    return timed.run(_of_exemptions(resource, Rulebook.of(configuration, catalogue)))


def _report(resources: Sequence[Resource], book: Rulebook) -> Steps[Report]:
    verdicts: list[Verdict] = []
    documents: dict[str | None, list[Read]] = defaultdict(list)
    months: list[Month] = []
    passed = 0
    every = yield from _each_read(resources)
    for resource, facts in every:
        if facts is not None:
            documents[resource.document or resource.file].append((resource, facts))
    for alone in documents.values():
        read = yield from _completed(alone)
        branches = max(len(resource.branches) for resource, _ in alone)
        each: list[Verdict] = []
        last: dict[str, tuple[Resource, _Asked]] = {}
        for resource, facts in read:
            asked = yield from _asked_once(resource, facts, book, last)
            if branches:  # they may turn out otherwise
                each += _told(resource, asked, book, "judged")
            else:  # of thousands of resources, what passed need not be made a verdict each
                for said in _said(resource, asked, book):
                    each += said.reported
                    passed += said.passed is not None and said.passed.level != "disabled"
        if branches:
            each = yield from _as_every_branch_says(each, alone, book, branches)
        verdicts += each
        verdicts += yield from _judged_together(read, book)
        months += _months(read, each, book)
    verdicts += yield from _judged_run(every, book)
    not_judged = Counter(
        [resource.type for resource, facts in every if facts is None or _says_of_others(facts)]
    )
    enabled = [verdict for verdict in verdicts if verdict.level != "disabled"]
    reported = [verdict for verdict in enabled if verdict.verdict in REPORTED]
    holding = [verdict for verdict in reported if verdict.exemption is None]
    return Report(
        findings=tuple(verdict for verdict in holding if verdict.verdict == "fail"),
        unverified=tuple(verdict for verdict in holding if verdict.verdict == "unverified"),
        exempted=tuple(verdict for verdict in reported if verdict.exemption is not None),
        expired=book.configuration.expired_exemptions(),
        not_judged=dict(sorted(not_judged.items())),
        judged=len(every) - not_judged.total(),
        passed=passed + sum(map(_has_passed, verdicts)),
        configured=configured(book.configuration),
        months=tuple(months),
    )


def _has_passed(verdict: Verdict) -> bool:
    return verdict.verdict == "pass" and verdict.level != "disabled"


def _says_of_others(facts: Facts) -> bool:
    """Whether a resource is read only for what it says of others, so that no rule judges it."""
    if isinstance(facts, Exception):
        return False
    return bool(facts) and all(type(fact).beside for fact in facts)


def _months(read: Sequence[Read], verdicts: Sequence[Verdict], book: Rulebook) -> Iterable[Month]:
    """What the resources with findings cost and emit as they are."""
    failed = {verdict.resource for verdict in verdicts if verdict.verdict == "fail"}
    if not failed:
        return ()
    from lichen_policies.monthly import months  # a deployment without findings needs no prices

    found = (
        (resource, facts)
        for resource, facts in read
        if resource.address in failed and not isinstance(facts, Exception)
    )
    return months(found, book.known.catalogue)


def _judged_alone(
    resource: Resource, book: Rulebook, stack_follows: bool, with_nothing: bool
) -> Steps[tuple[Verdict, ...]]:
    (facts,) = yield from _read([resource])
    if stack_follows and not isinstance(facts, Exception):
        facts = tuple(fact for fact in facts if not fact.waits_for)
    return tuple((yield from _judged(resource, facts, book, "every" if with_nothing else "met")))


def _left_to_stack(resources: Sequence[Resource], book: Rulebook) -> Steps[tuple[Verdict, ...]]:
    every = yield from _each_read(resources)
    read = [(resource, facts) for resource, facts in every if facts is not None]
    left = {
        resource.address
        for resource, facts in read
        if not isinstance(facts, Exception) and any(fact.waits_for for fact in facts)
    }
    read = yield from _completed(read)
    verdicts: list[Verdict] = []
    for resource, facts in read:
        if resource.address not in left:
            continue
        # A rule that cannot be read is told of where each resource is judged by itself.
        if isinstance(facts, Exception):
            due = {rule.name for rule in book.of_resources if not rule.mistake}
        else:
            facts = tuple(fact for fact in facts if fact.waits_for)
            due = {
                rule.name for fact in facts for rule in book.judging(type(fact)) if not rule.mistake
            }
        found = yield from _judged(resource, facts, book)
        verdicts += (verdict for verdict in found if verdict.rule in due)
    verdicts += yield from _judged_together(read, book)
    verdicts += yield from _judged_run(every, book)
    return tuple(verdicts)


def _of_exemptions(resource: Resource, book: Rulebook) -> Steps[tuple[Verdict, ...]]:
    found = yield from _judged_run((yield from _each_read([resource])), book)
    return tuple(verdict for verdict in found if verdict.resource == resource.address)


def _each_read(resources: Iterable[Resource]) -> Steps[list[run.Read]]:
    """The resources with their facts; None where nobody reads the type."""
    resources = tuple(resources)
    is_read: dict[tuple[str, str], bool] = {}  # most of a deployment is of few types
    at: list[int] = []
    for n, resource in enumerate(resources):
        key = resource.dialect, resource.type
        reads = is_read.get(key)
        if reads is None:
            reads = is_read[key] = kinds_read(resource) is not None
        if reads:
            at.append(n)
    facts = yield from _read([resources[n] for n in at])
    every: list[run.Read] = [(resource, None) for resource in resources]
    for n, found in zip(at, facts, strict=True):
        every[n] = resources[n], found
    return every


def _read(resources: Iterable[Resource]) -> Steps[list[Facts]]:
    found: list[Facts] = yield [partial(facts_of, resource) for resource in resources], LIMIT_S
    return found


def _completed(read: Sequence[Read]) -> Steps[list[Read]]:
    """The resources of one stack, their facts with what the others say."""
    stack = _stack_of(read)
    calls = {
        at: partial(completed, resource, facts, stack)
        for at, (resource, facts) in enumerate(read)
        if not isinstance(facts, Exception)
    }
    answers: list[Facts] = yield [*calls.values()], _limit_s(read)
    whole = list(read)
    for at, facts in zip(calls, answers, strict=True):
        whole[at] = read[at][0], facts
    return whole


def _stack_of(read: Sequence[Read]) -> Stack:
    return Stack(
        [(resource, found) for resource, found in read if not isinstance(found, Exception)],
        unread={
            resource.address: kinds_read(resource) or ()
            for resource, found in read
            if isinstance(found, Exception)
        },
        unseen=next((resource.unseen for resource, _ in read if resource.unseen), ""),
    )


def _limit_s(read: Sequence[object]) -> float:
    return LIMIT_S + STACK_LIMIT_S * len(read)


_NO_FINDING = Finding(what="", limit="")


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A rule on a resource, in the environment that one of its facts states.

    ``resource`` is None where a rule judges a whole stack; ``file`` is the document then. A finding
    of a rule over a run has the environment of the resource that it is about, as ``environments``
    have it by address.
    """

    book: Rulebook
    ruling: Ruling
    resource: Resource | None
    file: str | None = None
    environments: Mapping[str, Environment | None] = {}

    def of(self, judged: Stack, limit_s: float) -> Steps[list[Verdict]]:
        """A verdict for each finding; without one *pass*, *unverified* or *not-applicable*."""
        found: list[Finding] = []
        (nothing,) = yield [partial(self.ruling.find, judged, found)], limit_s
        if isinstance(nothing, Exception):
            return self.after(nothing, found)
        findings = [*map(self.failed, found)]
        if nothing is not None:
            return [*findings, self.quiet("not-applicable", nothing)]
        return findings or [self.quiet("pass")]

    def after(self, error: Exception, found: list[Finding], path: str = "") -> list[Verdict]:
        """The verdicts of a call that raised ``error``: what it found before it broke stays
        found. One that was left behind may still find something."""
        if isinstance(error, Unverified):
            yet = " yet" if isinstance(error, NotYetKnown) else ""
            message = f"cannot be checked{yet}: {error}"
            last = self.reported("unverified", message, path, broken=isinstance(error, Unread))
        elif isinstance(error, InputError) and error.document:
            raise error  # of a table, which no rule can answer for
        else:
            last = self.broken(f"the rule {self.ruling.rule.name}", error, path)
        return [*map(self.failed, tuple(found)), last]

    def broken(self, who: str, error: Exception, path: str = "") -> Verdict:
        """*Unverified*, because a rule or a reader broke."""
        return self.reported("unverified", _broken(who, error), path, broken=True)

    def unread(self, mistake: str) -> Verdict:
        """*Unverified*, because of a mistake for which the rule's file cannot be read."""
        message = f"cannot be checked: the rule cannot be read: {mistake.rstrip('.')}"
        return self.reported("unverified", message, broken=True)

    def failed(self, finding: Finding) -> Verdict:
        resource = finding.resource or self.resource
        address = "" if resource is None else resource.address
        own = self.ruling.environment
        environment = self.environments.get(address, own)
        about = self
        if resource is not self.resource or environment != own:
            rule, ruling = self.ruling.rule, self.ruling
            if environment != own:
                ruling = self.book.ruling(rule, environment)
            about = msgspec.structs.replace(self, resource=resource, ruling=ruling)
        fix = finding.fix
        return about.reported("fail", finding.message_with(fix), finding.path, finding, fix)

    def exemption(self) -> tuple[Exemption | None, str]:
        """The exemption that covers the resource; else what is to be said of one that does not."""
        if self.resource is None:
            return None, ""
        book, configuration = self.book, self.book.configuration
        beside = tuple(each.exemption for each in written(self.resource) if each.exemption)
        if not beside and not book.exemptions:
            return None, ""
        rule, environment = self.ruling.rule, self.ruling.environment
        names = (self.resource.address, self.resource.name)
        allowed = configuration.projects_may_exempt(environment)
        holding = (*configuration.exemptions(environment), *(beside if allowed else ()))
        found = covering(holding, rule.name, *names)
        if found is not None and not found.has_expired(configuration.today):
            return found, ""
        if found is not None:
            if issubclass(rule.judges, GateRun):  # the finding is about that exemption
                return None, ""
            return None, f"Its exemption, for {found.owner}, ended on {found.expires}."
        barred = covering((*book.exemptions, *beside), rule.name, *names)
        if barred is None:
            return None, ""
        where = f"{environment or UNSTATED}, which projects_may_exempt_in does not name"
        return None, f"Its exemption ({barred.where}) does not hold in {where}."

    def quiet(self, outcome: Outcome, message: str = "") -> Verdict:
        """A verdict that no report shows: most are, and have little to say."""
        ruling, resource = self.ruling, self.resource
        return Verdict(
            rule=ruling.rule.name,
            verdict=outcome,
            level=ruling.level,
            severity=ruling.rule.severity,
            resource="" if resource is None else resource.address,
            type="" if resource is None else resource.type,
            file=self.file if resource is None else resource.file,
            line=None if resource is None else resource.line,
            environment=ruling.environment,
            message=message,
        )

    def reported(
        self,
        outcome: Reported,
        message: str,
        path: str = "",
        finding: Finding = _NO_FINDING,
        fix: str = "",
        *,
        broken: bool = False,
    ) -> Verdict:
        """A verdict that is reported, with the parts of the finding that it is about and the
        sentence of its ``fix``."""
        ruling, resource = self.ruling, self.resource
        level = ruling.level if outcome == "fail" else ruling.unverified(broken)
        address = "" if resource is None else resource.address
        exemption, note = None, ""
        if outcome == "fail" or level in BLOCKING:
            exemption, note = self.exemption()
        if outcome == "fail" and resource is not None and resource.only_if:
            made = f"It is made only where the condition {resource.only_if} holds."
            note = f"{note} {made}" if note else made
        if level == "advisory" and not finding.advice:
            note = " ".join(filter(None, (note, ruling.ramp(outcome))))
        if outcome == "fail" and note:
            message = f"{message} {note}"
        return Verdict(
            rule=ruling.rule.name,
            verdict=outcome,
            level="advisory" if finding.advice else level,
            severity=ruling.rule.severity,
            resource=address,
            type="" if resource is None else resource.type,
            path=path,
            file=self.file if resource is None else resource.file,
            line=None if resource is None else resource.line,
            environment=ruling.environment,
            message=message,
            what=finding.what,
            limit=finding.limit,
            fix=fix,
            changes=finding.changes,
            or_else=finding.or_else,
            note=note,
            broken=broken,
            saves=finding.saves,
            sources=finding.sources,
            fingerprint=_fingerprint(ruling.rule.name, address, path),
            exemption=exemption,
        )


Rules = Literal["every", "met", "judged"]
"""Of which rules over one resource a verdict is asked for: of every one, of those that meet a fact
of their kind, or of those that judge one. A report shows no other."""


Judged = tuple[Any, list[Finding]]
"""What :meth:`Ruling.find` answered or raised, and what it found."""


class _Asked(NamedTuple):
    """What rules say of the facts of a resource: the judgements in the order in which ``met`` asks
    for them. Nothing is asked where the reader broke."""

    facts: Facts
    met: Met
    judged: Sequence[Judged]


def _asked(facts: Facts, book: Rulebook) -> Steps[_Asked]:
    if isinstance(facts, Exception):
        return _Asked(facts, book.met(()), ())
    met = book.met(tuple([(type(fact), _where(fact)) for fact in facts]))
    found: list[list[Finding]] = [[] for _ in met.asked]
    calls = [
        partial(ruling.find, facts[at], into)
        for (at, ruling), into in zip(met.asked, found, strict=True)
    ]
    answers = yield calls, LIMIT_S
    return _Asked(facts, met, [*zip(answers, found, strict=True)])


def _where(fact: Fact) -> Where:
    environment: Maybe[Environment] = read_field(fact, "context").environment
    return ANY if is_unknown(environment) else environment


def _judged(
    resource: Resource, facts: Facts, book: Rulebook, of: Rules = "every"
) -> Steps[list[Verdict]]:
    """The rules of one resource, in the order of their names."""
    return _told(resource, (yield from _asked(facts, book)), book, of)


def _asked_once(
    resource: Resource, facts: Facts, book: Rulebook, last: dict[str, tuple[Resource, _Asked]]
) -> Steps[_Asked]:
    """The same; of resources that differ in nothing but their names, as a count makes them, the
    rules are asked once. ``last`` has the last one that they were asked of, by its type."""
    before = last.get(resource.type)
    if before and before[1].facts == facts and _is_written_alike(before[0], resource):
        return before[1]
    asked = yield from _asked(facts, book)
    last[resource.type] = resource, asked
    return asked


def _is_written_alike(one: Resource, other: Resource) -> bool:
    """Whether two resources have the same properties to the letter: 1 is not true. False where one
    is not known."""
    try:
        encoded = [msgspec.msgpack.encode(each.properties) for each in (one, other)]
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False
    return encoded[0] == encoded[1]


class _Said(NamedTuple):
    """What a rule says of a resource: its *fail* and *unverified* verdicts; where there is none,
    the ruling by which it ``passed``, else why it does ``nothing`` there, if a fact says that."""

    rule: Rule
    reported: Sequence[Verdict]
    passed: Ruling | None = None
    nothing: tuple[Ruling, str] | None = None


def _said(resource: Resource, asked: _Asked, book: Rulebook) -> Iterator[_Said]:
    """What each rule that met a fact of a resource says, in the order of their names."""
    facts = asked.facts
    if isinstance(facts, Exception):
        for rule in book.may_judge(kinds_read(resource) or ()):
            judgement = _judgement(rule, resource, book)
            if rule.mistake:
                yield _Said(rule, [judgement.unread(rule.mistake)])
            else:
                yield _Said(rule, [judgement.broken("the reader", facts)])
        return
    judged = iter(asked.judged)
    for rule, places in asked.met.rules:
        if rule.mistake:
            yield _Said(rule, [_judgement(rule, resource, book).unread(rule.mistake)])
        else:
            yield _judged_by(rule, resource, facts, places, judged, book)


def _told(resource: Resource, asked: _Asked, book: Rulebook, of: Rules) -> list[Verdict]:
    """The verdicts on a resource whose facts the rules were asked of."""
    verdicts: list[Verdict] = []
    for rule, reported, passed, nothing in _said(resource, asked, book):
        if reported:
            verdicts += reported
        elif passed is not None:
            verdicts.append(Judgement(book=book, ruling=passed, resource=resource).quiet("pass"))
        elif of != "judged":
            ruling, why = nothing or (book.ruling(rule, resource.environment), NOTHING_TO_JUDGE)
            about = Judgement(book=book, ruling=ruling, resource=resource)
            verdicts.append(about.quiet("not-applicable", why))
    return _with_nothing(verdicts, resource, book) if of == "every" else verdicts


def _with_nothing(verdicts: Sequence[Verdict], resource: Resource, book: Rulebook) -> list[Verdict]:
    """Verdicts, with one of each rule that has nothing to judge, in the order of rules."""
    by_rule: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_rule.setdefault(verdict.rule, []).append(verdict)
    return [
        verdict
        for rule in book.of_resources
        for verdict in by_rule.get(rule.name) or (_nothing_to_judge(rule, resource, book),)
    ]


def _nothing_to_judge(rule: Rule, resource: Resource, book: Rulebook) -> Verdict:
    return _judgement(rule, resource, book).quiet("not-applicable", NOTHING_TO_JUDGE)


def _judgement(rule: Rule, resource: Resource, book: Rulebook) -> Judgement:
    """A rule on a resource, of which no fact says the environment."""
    return Judgement(book=book, ruling=book.ruling(rule, resource.environment), resource=resource)


def _as_every_branch_says(
    verdicts: list[Verdict], read: Sequence[Read], book: Rulebook, ways: int
) -> Steps[list[Verdict]]:
    """The verdicts on the resources of one document, with what all branches of its open conditions
    agree on in place of *unverified*: a finding where each of them offends, *pass* where none does.
    """
    unverified = {
        (verdict.resource, verdict.rule)
        for verdict in verdicts
        if verdict.verdict == "unverified" and not verdict.broken
    }
    if not unverified:
        return verdicts
    addresses = {address for address, _ in unverified}
    found: dict[tuple[str, str], list[list[Verdict]]] = defaultdict(list)
    for way in range(ways):
        branch = yield from _branch(read, way)
        for resource, facts in (yield from _completed(branch)):
            if resource.address in addresses:
                by_rule: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
                for verdict in (yield from _judged(resource, facts, book)):
                    by_rule[resource.address, verdict.rule].append(verdict)
                for key in by_rule.keys() & unverified:
                    found[key].append(by_rule[key])
    agreed = {key: _agreed(branches) for key, branches in found.items()}
    told: list[Verdict] = []
    for verdict in verdicts:
        key = verdict.resource, verdict.rule
        if not agreed.get(key):
            told.append(verdict)
        elif key in unverified:  # in place of all that the rule said of the resource
            told += agreed[key]
            unverified.remove(key)
    return told


def _branch(read: Sequence[Read], way: int) -> Steps[list[Read]]:
    """The resources of a document as its conditions turn out in one way."""
    found: list[Read] = []
    for resource, facts in read:
        if not resource.branches:
            found.append((resource, facts))
            continue
        properties = resource.branches[way]
        if properties is not None:
            made = msgspec.structs.replace(resource, properties=properties, branches=())
            (facts,) = yield from _read([made])
            found.append((made, facts))
    return found


def _agreed(branches: Sequence[Sequence[Verdict]]) -> list[Verdict]:
    """What a rule finds in every branch, as the mildest has it; empty where they differ."""
    findings = [[each for each in branch if each.verdict == "fail"] for branch in branches]
    if all(findings):
        mildest = min(findings, key=lambda found: any(each.blocks for each in found))
        return [_of_branches(each) for each in mildest]
    if all(each.verdict in ("pass", "not-applicable") for branch in branches for each in branch):
        return list(branches[0])
    return []


def _of_branches(verdict: Verdict) -> Verdict:
    """A finding with its note. Its changes are of one branch, so a person makes them."""
    return msgspec.structs.replace(
        verdict,
        note=" ".join(filter(None, (verdict.note, IN_EVERY_BRANCH))),
        message=f"{verdict.message} {IN_EVERY_BRANCH}",
        changes=tuple(msgspec.structs.replace(each, safe=False) for each in verdict.changes),
    )


def _judged_by(
    rule: Rule,
    resource: Resource,
    facts: Sequence[Fact],
    places: Iterable[RulingsOnFact],
    judged: Iterator[Judged],
    book: Rulebook,
) -> _Said:
    """What a rule says of the facts at some places; ``judged`` gives the next judgement of each
    ruling."""
    passed: Ruling | None = None
    not_applicable: tuple[Ruling, str] | None = None
    reported: list[Verdict] = []
    for at, rulings, is_any in places:
        if is_any:
            each = [(ruling, *next(judged)) for ruling in rulings]
            for verdict in _judged_in_any(rule, resource, facts[at], each, book):
                if verdict.verdict in REPORTED:
                    reported.append(verdict)
                elif verdict.verdict == "pass":
                    passed = passed or book.ruling(rule, None)
                else:
                    not_applicable = not_applicable or (book.ruling(rule, None), verdict.message)
            continue
        for ruling in rulings:
            nothing, found = next(judged)
            if isinstance(nothing, Exception):
                within = Judgement(book=book, ruling=ruling, resource=resource)
                reported += within.after(nothing, found, read_field(facts[at], "path"))
            elif found:
                within = Judgement(book=book, ruling=ruling, resource=resource)
                reported += map(within.failed, found)
            elif nothing is None:
                passed = passed or ruling
            else:
                not_applicable = not_applicable or (ruling, nothing)
    if reported:
        return _Said(rule, reported)
    return _Said(rule, (), passed, None if passed is not None else not_applicable)


def _judged_in_any(
    rule: Rule,
    resource: Resource,
    fact: Fact,
    judged: Iterable[tuple[Ruling, Any, list[Finding]]],
    book: Rulebook,
) -> list[Verdict]:
    """The verdicts on a fact whose environment is not known: it may be any of the three.

    What offends in each of them is found, at the strictest level that it has in one; what offends
    in none passes. What offends in some alone, since the rule is off or its limits are wider in the
    others, is *unverified* at the strictest level of that: to block would stop a development that
    is fine, to pass would let a production through.
    """
    path: str = read_field(fact, "path")
    verdicts: list[list[Verdict]] = []
    for ruling, nothing, found in judged:
        within = Judgement(book=book, ruling=ruling, resource=resource)
        if isinstance(nothing, Exception):
            verdicts.append(within.after(nothing, found, path))
        else:
            quiet = within.quiet("pass" if nothing is None else "not-applicable", nothing or "")
            verdicts.append([*map(within.failed, found)] or [quiet])
    about = Judgement(book=book, ruling=book.strictest(rule, None), resource=resource)
    unknown: Unknown = read_field(fact, "context").environment
    return _said_in_any(verdicts, about, unknown.because, path)


def _said_in_any(
    judged: Sequence[Sequence[Verdict]], about: Judgement, because: str, path: str = ""
) -> list[Verdict]:
    """The one answer of a rule that was asked in each environment that may hold, the strictest
    first; ``about`` is what it is said of."""
    rule, book = about.ruling.rule, about.book
    unverified = [each for every in judged for each in every if each.verdict == "unverified"]
    offends = [any(verdict.verdict == "fail" for verdict in each) for each in judged]
    if not any(offends):
        return unverified[:1] or list(judged[0] if judged else ())
    if all(offends) and all(book.ruling(rule, each).is_on for each in ENVIRONMENTS):
        return list(judged[0])
    yet = " yet" if because == AFTER_DEPLOYMENT else ""
    message = f"cannot be checked{yet}: environment {because}"
    return [about.reported("unverified", message, path), *unverified[:1]]


def _judged_together(read: Sequence[Read], book: Rulebook) -> Steps[list[Verdict]]:
    """Every rule of a whole stack, in the environment that all of its resources share."""
    if not book.of_stacks or not read:
        return []
    about = Together(
        book=book,
        environment=_shared(_environment(resource, facts) for resource, facts in read),
        resources=[resource for resource, _ in read],
        file=read[0][0].file,
    )
    if not about.asks_any(book.of_stacks):
        return []
    stack = _stack_of(read)
    verdicts: list[Verdict] = []
    for rule in book.of_stacks:
        verdicts += yield from about.judged_by(rule, stack, _limit_s(read))
    return verdicts


def _judged_run(every: Sequence[run.Read], book: Rulebook) -> Steps[list[Verdict]]:
    """Every rule over a run, once over all that is judged."""
    if not book.of_runs or not every:
        return []
    environments = {  # of most resources nobody reads anything, and nothing is stated
        resource.address: _environment(resource, facts)
        for resource, facts in every
        if facts or resource.environment
    }
    stated = all(facts or resource.environment for resource, facts in every)
    about = Together(
        book=book,
        environment=_shared(environments.values()) if stated else None,
        resources=[resource for resource, _ in every],
        environments={
            address: each for address, each in environments.items() if not is_unknown(each)
        },
    )
    if not about.asks_any(book.of_runs):
        return []
    judged = run.run_of(every, book.configuration)
    verdicts: list[Verdict] = []
    for rule in book.of_runs:
        verdicts += yield from about.judged_by(rule, judged, _limit_s(every))
    return verdicts


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """Resources that a rule judges together, and the environment that all of them share; ``file``
    and ``environments`` are as in :class:`Judgement`."""

    book: Rulebook
    environment: Maybe[Environment]
    resources: Sequence[Resource]
    file: str | None = None
    environments: Mapping[str, Environment | None] = {}

    def asks_any(self, rules: Iterable[Rule]) -> bool:
        """Whether a rule is on in the environment, or in one that it may be."""
        return any(any(ruling.is_on for ruling in self._rulings(rule)) for rule in rules)

    def judged_by(self, rule: Rule, judged: Stack, limit_s: float) -> Steps[list[Verdict]]:
        """The verdicts of a rule; of each resource as :func:`_judged_in_any` has them, where the
        environment is not known."""
        answers: list[list[Verdict]] = []
        for ruling in self._rulings(rule):
            if ruling.is_on:
                answers.append((yield from self._judgement(ruling).of(judged, limit_s)))
        environment = self.environment
        if not is_unknown(environment):
            return answers[0] if answers else []
        by_address = {resource.address: resource for resource in self.resources}
        said: list[Verdict] = []
        for address in dict.fromkeys(each.resource for answer in answers for each in answer):
            about = self._judgement(self.book.strictest(rule, None), by_address.get(address))
            of_it = [[each for each in answer if each.resource == address] for answer in answers]
            said += _said_in_any(of_it, about, environment.because)
        return said

    def _rulings(self, rule: Rule) -> tuple[Ruling, ...]:
        environment = self.environment
        if is_unknown(environment):
            return self.book.in_any_environment(rule)
        return (self.book.ruling(rule, environment),)

    def _judgement(self, ruling: Ruling, resource: Resource | None = None) -> Judgement:
        return Judgement(
            book=self.book,
            ruling=ruling,
            resource=resource,
            file=self.file,
            environments=self.environments,
        )


def _environment(resource: Resource, facts: Facts | None) -> Maybe[Environment]:
    """The environment of a resource, as :func:`_shared` has that of its facts."""
    if not facts or isinstance(facts, Exception):
        return resource.environment
    contexts = {id(context): context for context in [read_field(fact, "context") for fact in facts]}
    return _shared(context.environment or resource.environment for context in contexts.values())


def _shared(environments: Iterable[Maybe[Environment]]) -> Maybe[Environment]:
    """The one environment that all state; None where they differ or one states none. One that is
    not known may be that of the others; beside production both ways are as strict."""
    unknown: Unknown | None = None
    stated: set[Environment | None] = set()
    for each in environments:
        if is_unknown(each):
            unknown = each
        else:
            stated.add(each)
    if len(stated) > 1:
        return None
    shared = stated.pop() if stated else unknown
    return unknown if unknown is not None and shared not in (None, "prod") else shared


def _fingerprint(*parts: str) -> str:
    """The same for the same offence in every run: figures and wording have no part in it."""
    # Half a character, which JSON can name and no encoding takes, is hashed as it is.
    digest: str = sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()
    return digest[:16]


def _broken(who: str, error: Exception) -> str:
    """What failed and where. The error's own text stays out: it may hold a property's value."""
    if isinstance(error, TookTooLong | Nonsense):
        return f"cannot be checked: {who} {error}"
    name = str(error) if isinstance(error, Ended) else type(error).__name__
    return f"cannot be checked: {who} failed with {name} at {place_of(error)}"
