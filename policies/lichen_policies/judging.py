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
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lichen.document import InputError
from lichen.words import Environment
from lichen_policies import run, timed
from lichen_policies.beside import written
from lichen_policies.configuration import STRICTNESS, Configuration
from lichen_policies.configured import configured
from lichen_policies.exemptions import Exemption, covering
from lichen_policies.facts import (
    Fact,
    NotApplicable,
    NotYetKnown,
    Resource,
    Unknown,
    Unverified,
)
from lichen_policies.facts.environment import STRICTEST
from lichen_policies.facts.fact import read_field
from lichen_policies.facts.reading import completed, facts_of, kinds_read
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT, Maybe, is_unknown
from lichen_policies.levels import Level
from lichen_policies.nonsense import Nonsense, findings_of
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import UNSTATED, Finding, Rule
from lichen_policies.rulebook import Rulebook
from lichen_policies.run import GateRun
from lichen_policies.stack import Stack, Unread
from lichen_policies.timed import Ended, Steps, TookTooLong, place_of
from lichen_policies.verdict import BLOCKING, Month, Outcome, Report, Verdict

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
    every = yield from _each_read(resources)
    for resource, facts in every:
        if facts is not None:
            documents[resource.document or resource.file].append((resource, facts))
    for alone in documents.values():
        read = yield from _completed(alone)
        each: list[Verdict] = []
        for resource, facts in read:
            each += yield from _judged(resource, facts, book, with_nothing=False)
        verdicts += yield from _as_every_branch_says(each, alone, book)
        verdicts += yield from _judged_together(read, book)
        months += _months(read, each, book)
    verdicts += yield from _judged_run(every, book)
    not_judged = Counter(resource.type for resource, facts in every if _says_of_others(facts))
    enabled = [verdict for verdict in verdicts if verdict.level != "disabled"]
    reported = [verdict for verdict in enabled if verdict.verdict in ("fail", "unverified")]
    holding = [verdict for verdict in reported if verdict.exemption is None]
    return Report(
        findings=tuple(verdict for verdict in holding if verdict.verdict == "fail"),
        unverified=tuple(verdict for verdict in holding if verdict.verdict == "unverified"),
        exempted=tuple(verdict for verdict in reported if verdict.exemption is not None),
        expired=book.configuration.expired_exemptions(),
        not_judged=dict(sorted(not_judged.items())),
        judged=len(every) - not_judged.total(),
        passed=sum(verdict.verdict == "pass" for verdict in enabled),
        configured=configured(book.configuration),
        months=tuple(months),
    )


def _says_of_others(facts: Facts | None) -> bool:
    """Whether no rule judges a resource: nothing reads it, or only for what it says of others."""
    if isinstance(facts, Exception):
        return False
    return facts is None or (bool(facts) and all(type(fact).beside for fact in facts))


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
    facts = yield from _read(resource)
    if stack_follows and not isinstance(facts, Exception):
        facts = tuple(fact for fact in facts if not fact.waits_for)
    return tuple((yield from _judged(resource, facts, book, with_nothing=with_nothing)))


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
        if isinstance(facts, Exception):
            verdicts += yield from _judged(resource, facts, book)
            continue
        waited = tuple(fact for fact in facts if fact.waits_for)
        due = {rule.name for fact in waited for rule in book.judging(type(fact))}
        found = yield from _judged(resource, waited, book)
        verdicts += (verdict for verdict in found if verdict.rule in due)
    verdicts += yield from _judged_together(read, book)
    verdicts += yield from _judged_run(every, book)
    return tuple(verdicts)


def _of_exemptions(resource: Resource, book: Rulebook) -> Steps[tuple[Verdict, ...]]:
    found = yield from _judged_run((yield from _each_read([resource])), book)
    return tuple(verdict for verdict in found if verdict.resource == resource.address)


def _each_read(resources: Iterable[Resource]) -> Steps[list[run.Read]]:
    """The resources with their facts; None where nobody reads the type."""
    every: list[run.Read] = []
    is_read: dict[tuple[str, str], bool] = {}  # most of a deployment is of few types
    for resource in resources:
        key = resource.dialect, resource.type
        if key not in is_read:
            is_read[key] = kinds_read(resource) is not None
        every.append((resource, (yield from _read(resource)) if is_read[key] else None))
    return every


def _read(resource: Resource) -> Steps[Facts]:
    try:
        facts: tuple[Fact, ...] = yield partial(facts_of, resource), LIMIT_S
    except Exception as error:
        return error
    return facts


def _completed(read: Sequence[Read]) -> Steps[list[Read]]:
    """The resources of one stack, their facts with what the others say."""
    stack = _stack_of(read)
    whole: list[Read] = []
    for resource, facts in read:
        if not isinstance(facts, Exception):
            try:
                facts = yield partial(completed, resource, facts, stack), _limit_s(read)
            except Exception as error:
                facts = error
        whole.append((resource, facts))
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


def _environment_of(fact: Fact) -> Environment | None:
    environment: Environment | Unknown | None = read_field(fact, "context").environment
    return None if type(environment) is Unknown else environment  # type: ignore[return-value]


_NO_FINDING = Finding(what="", limit="")


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A rule on a resource, in the environment that one of its facts states.

    ``resource`` is None where a rule judges a whole stack; ``file`` is the document then. A finding
    of a rule over a run has the environment of the resource that it is about, as ``environments``
    have it by address. ``any_environment`` says that it may be any, and is not known.
    """

    book: Rulebook
    rule: Rule
    resource: Resource | None
    environment: Environment | None
    file: str | None = None
    environments: Mapping[str, Environment | None] = {}
    any_environment: bool = False

    def of(self, judged: Stack, limit_s: float) -> Steps[list[Verdict]]:
        """A verdict for each finding; without one *pass*, *unverified* or *not-applicable*."""
        found: list[Finding] = []
        try:
            yield self.step(judged, found), limit_s
        except Exception as error:
            return self.verdicts(found, error)
        return self.verdicts(found)

    def step(self, judged: Fact | Stack, found: list[Finding]) -> Callable[[], None]:
        """What judges, and puts its findings into ``found``."""
        return partial(self._find, judged, found)

    def verdicts(
        self, found: list[Finding], error: Exception | None = None, path: str = ""
    ) -> list[Verdict]:
        """What a step found before it ended, or before it raised ``error``: what was found before
        it broke stays found."""
        if error is None:
            # A step that was left behind may still find something.
            return [*map(self.failed, tuple(found))] or [self.verdict("pass")]
        if isinstance(error, NotApplicable):
            last = self.verdict("not-applicable", str(error))
        elif isinstance(error, Unverified):
            yet = " yet" if isinstance(error, NotYetKnown) else ""
            message = f"cannot be checked{yet}: {error}"
            last = self.verdict("unverified", message, path, broken=isinstance(error, Unread))
        elif isinstance(error, InputError) and error.document:
            raise error  # of a table, which no rule can answer for
        else:
            last = self.broken(f"the rule {self.rule.name}", error, path)
        return [*map(self.failed, tuple(found)), last]

    def in_any_environment(self, fact: Fact, because: Unknown, path: str) -> Steps[list[Verdict]]:
        """The verdicts of a fact whose environment is not known: it may be any of the three.

        What offends in each of them is found, at the strictest level that it has in one; what
        offends in none passes. What offends in some alone, since the rule is off or its limits are
        wider in the others, is *unverified* at the strictest level of that: to block would stop a
        development that is fine, to pass would let a production through.
        """
        judged: list[list[Verdict]] = []
        limits: list[msgspec.Struct] = []
        on = [each for each in STRICTEST if self.book.level(self.rule, each) != "disabled"]
        for environment in on:
            if (theirs := self.book.limits(self.rule, environment)) in limits:
                continue
            limits.append(theirs)
            within = msgspec.structs.replace(self, environment=environment)
            found: list[Finding] = []
            try:
                yield within.step(fact, found), LIMIT_S
            except Exception as error:
                judged.append(self.verdicts(found, error, path))
            else:
                judged.append(self.verdicts(found))
        offends = [any(verdict.verdict == "fail" for verdict in each) for each in judged]
        if not any(offends):
            unverified = (each for each in judged if each[0].verdict == "unverified")
            return next(unverified, judged[0] if judged else [])
        if all(offends) and len(on) == len(ENVIRONMENTS):
            return judged[0]
        yet = " yet" if because.because == AFTER_DEPLOYMENT else ""
        message = f"cannot be checked{yet}: environment {because.because}"
        others = [verdict for each in judged for verdict in each if verdict.verdict == "unverified"]
        return [self.verdict("unverified", message, path), *others[:1]]

    def _find(self, judged: Fact | Stack, found: list[Finding]) -> None:
        limits = self.book.limits(self.rule, self.environment)
        findings_of(self.rule, judged, limits, self.book.known, found)

    def _strictest(self, level: Callable[[Environment | None], Level]) -> Level:
        """The level that holds; the strictest where the environment may be any."""
        if not self.any_environment:
            return level(self.environment)
        return max(map(level, ENVIRONMENTS), key=STRICTNESS.index)

    def broken(self, who: str, error: Exception, path: str = "") -> Verdict:
        """*Unverified*, because a rule or a reader broke."""
        return self.verdict("unverified", _broken(who, error), path, broken=True)

    def failed(self, finding: Finding) -> Verdict:
        resource = finding.resource or self.resource
        address = "" if resource is None else resource.address
        environment = self.environments.get(address, self.environment)
        about = self
        if resource is not self.resource or environment != self.environment:
            about = msgspec.structs.replace(self, resource=resource, environment=environment)
        return about.verdict("fail", finding.message, finding.path, finding=finding)

    def exemption(self) -> tuple[Exemption | None, str]:
        """The exemption that covers the resource; else what is to be said of one that does not."""
        if self.resource is None:
            return None, ""
        book, configuration = self.book, self.book.configuration
        names = (self.resource.address, self.resource.name)
        beside = tuple(each.exemption for each in written(self.resource) if each.exemption)
        if not beside and not book.exemptions:
            return None, ""
        allowed = configuration.projects_may_exempt(self.environment)
        holding = (*configuration.exemptions(self.environment), *(beside if allowed else ()))
        found = covering(holding, self.rule.name, *names)
        if found is not None and not found.has_expired(configuration.today):
            return found, ""
        if found is not None:
            if issubclass(self.rule.judges, GateRun):  # the finding is about that exemption
                return None, ""
            return None, f"Its exemption, for {found.owner}, ended on {found.expires}."
        barred = covering((*book.exemptions, *beside), self.rule.name, *names)
        if barred is None:
            return None, ""
        where = f"{self.environment or UNSTATED}, which projects_may_exempt_in does not name"
        return None, f"Its exemption ({barred.where}) does not hold in {where}."

    def ramp(self, outcome: Outcome) -> str:
        """From which day on its advice blocks; empty where lichen.yaml names no day."""
        configuration = self.book.configuration
        if outcome == "fail":
            day = configuration.blocks_from(self.rule, self.environment)
        else:
            day = configuration.unverified_blocks_from(self.environment)
        return "" if day is None else f"It blocks from {day} on."

    def verdict(
        self,
        outcome: Outcome,
        message: str = "",
        path: str = "",
        *,
        broken: bool = False,
        finding: Finding | None = None,
    ) -> Verdict:
        """A verdict, with the parts of the finding that it is about."""
        rule, resource, environment = self.rule, self.resource, self.environment
        level = self._strictest(partial(self.book.level, rule))
        if outcome == "unverified" and level != "disabled":
            unverified = self._strictest(self.book.unverified_level)
            level = max(level, unverified, key=STRICTNESS.index) if broken else unverified
        address = "" if resource is None else resource.address
        reported = outcome in ("fail", "unverified")
        if not reported:  # most are, and have little to say
            return Verdict(
                rule=rule.name,
                verdict=outcome,
                level=level,
                severity=rule.severity,
                resource=address,
                type="" if resource is None else resource.type,
                file=self.file if resource is None else resource.file,
                line=None if resource is None else resource.line,
                environment=environment,
                message=message,
            )
        exemption, note = None, ""
        if outcome == "fail" or (outcome == "unverified" and level in BLOCKING):
            exemption, note = self.exemption()
        if outcome == "fail" and resource is not None and resource.only_if:
            made = f"It is made only where the condition {resource.only_if} holds."
            note = f"{note} {made}" if note else made
        finding = finding or _NO_FINDING
        if level == "advisory" and not finding.advice:
            note = " ".join(filter(None, (note, self.ramp(outcome))))
        if outcome == "fail" and note:
            message = f"{message} {note}"
        return Verdict(
            rule=rule.name,
            verdict=outcome,
            level="advisory" if finding.advice else level,
            severity=rule.severity,
            resource=address,
            type="" if resource is None else resource.type,
            path=path,
            file=self.file if resource is None else resource.file,
            line=None if resource is None else resource.line,
            environment=environment,
            message=message,
            what=finding.what,
            limit=finding.limit,
            fix=finding.fix,
            changes=finding.changes,
            or_else=finding.or_else,
            note=note,
            broken=broken,
            saves=finding.saves,
            sources=finding.sources,
            fingerprint=_fingerprint(rule.name, address, path),
            exemption=exemption,
        )


def _judged(
    resource: Resource, facts: Facts, book: Rulebook, *, with_nothing: bool = True
) -> Steps[list[Verdict]]:
    """Every rule of one resource, in the order of their names; those that have nothing to judge
    only ``with_nothing``, since a report does not show them."""
    met: Sequence[tuple[Rule, tuple[int, ...]]]
    if isinstance(facts, Exception):
        met = tuple((rule, ()) for rule in book.may_judge(kinds_read(resource) or ()))
    else:
        met = book.met(tuple(map(type, facts)))
    subjects = () if isinstance(facts, Exception) else tuple(map(_Subject.of, facts))
    verdicts: list[Verdict] = []
    for rule, positions in met:
        judgement = Judgement(
            book=book, rule=rule, resource=resource, environment=resource.environment
        )
        if rule.mistake:
            message = f"cannot be checked: the rule cannot be read: {rule.mistake.rstrip('.')}"
            verdicts.append(judgement.verdict("unverified", message, broken=True))
        elif isinstance(facts, Exception):
            verdicts.append(judgement.broken("the reader", facts))
        else:
            verdicts += yield from _judged_by(judgement, [subjects[at] for at in positions])
    return _with_nothing(verdicts, resource, book) if with_nothing else verdicts


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
    return Verdict(
        rule=rule.name,
        verdict="not-applicable",
        level=book.level(rule, resource.environment),
        severity=rule.severity,
        resource=resource.address,
        type=resource.type,
        file=resource.file,
        line=resource.line,
        environment=resource.environment,
        message=NOTHING_TO_JUDGE,
    )


def _as_every_branch_says(
    verdicts: list[Verdict], read: Sequence[Read], book: Rulebook
) -> Steps[list[Verdict]]:
    """The verdicts on the resources of one document, with what all branches of its open conditions
    agree on in place of *unverified*: a finding where each of them offends, *pass* where none does.
    """
    ways = max((len(resource.branches) for resource, _ in read), default=0)
    unverified = {
        (verdict.resource, verdict.rule)
        for verdict in verdicts
        if verdict.verdict == "unverified" and not verdict.broken
    }
    if not ways or not unverified:
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
            found.append((made, (yield from _read(made))))
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


class _Subject(NamedTuple):
    """A fact, with what each of its twenty judgements asks it. ``open`` is an environment that is
    not known."""

    fact: Fact
    environment: Environment | None
    path: str
    open: Unknown | None

    @classmethod
    def of(cls, fact: Fact) -> _Subject:
        environment: Maybe[Environment] = read_field(fact, "context").environment
        path = read_field(fact, "path")
        if is_unknown(environment):
            return cls(fact, None, path, environment)
        return cls(fact, environment, path, None)


def _judged_by(judgement: Judgement, subjects: Sequence[_Subject]) -> Steps[list[Verdict]]:
    """Every *fail* and *unverified* verdict; if there is none, one *pass*; if no fact applies, one
    *not-applicable*."""
    quiet: list[Verdict] = []
    reported: list[Verdict] = []
    book, rule = judgement.book, judgement.rule
    for fact, environment, path, open_ in subjects:
        if open_ is None and book.level(rule, environment) == "disabled":
            continue
        within = judgement
        if environment != judgement.environment:
            within = msgspec.structs.replace(judgement, environment=environment)
        if open_ is not None:
            within = msgspec.structs.replace(within, any_environment=True)
            verdicts = yield from within.in_any_environment(fact, open_, path)
        else:
            found: list[Finding] = []
            try:  # as Judgement.of does; a generator less for each of a million judgements
                yield within.step(fact, found), LIMIT_S
            except Exception as error:  # no name outlives this: it and its frames would be a cycle
                verdicts = within.verdicts(found, error, path)
            else:
                verdicts = within.verdicts(found)
        for verdict in verdicts:
            loud = verdict.verdict in ("fail", "unverified")
            (reported if loud else quiet).append(verdict)
    if reported:
        return reported
    if not quiet:
        return [judgement.verdict("not-applicable", NOTHING_TO_JUDGE)]
    return [next((verdict for verdict in quiet if verdict.verdict == "pass"), quiet[0])]


def _judged_together(read: Sequence[Read], book: Rulebook) -> Steps[list[Verdict]]:
    """Every rule of a whole stack, in the environment that all of its resources share."""
    if not book.of_stacks or not read:
        return []
    stack = _stack_of(read)
    environment = _shared(_environments(read).values())
    verdicts: list[Verdict] = []
    for rule in book.of_stacks:
        if book.level(rule, environment) == "disabled":
            continue
        judgement = Judgement(
            book=book, rule=rule, resource=None, environment=environment, file=read[0][0].file
        )
        verdicts += yield from judgement.of(stack, _limit_s(read))
    return verdicts


def _judged_run(every: Sequence[run.Read], book: Rulebook) -> Steps[list[Verdict]]:
    """Every rule over a run, once over all that is judged."""
    if not book.of_runs or not every:
        return []
    judged = run.run_of(every, book.configuration)
    environments = _environments(every)
    environment = _shared(environments.values())
    verdicts: list[Verdict] = []
    for rule in book.of_runs:
        if book.level(rule, environment) == "disabled":
            continue
        judgement = Judgement(
            book=book,
            rule=rule,
            resource=None,
            environment=environment,
            environments=environments,
        )
        verdicts += yield from judgement.of(judged, _limit_s(every))
    return verdicts


def _environments(read: Sequence[run.Read]) -> dict[str, Environment | None]:
    """The environment of each resource, by its address; None for one that states none, or two."""
    return {
        resource.address: _shared([_environment_of(fact) or resource.environment for fact in found])
        if isinstance(found, tuple) and found
        else resource.environment
        for resource, found in read
    }


def _shared(environments: Iterable[Environment | None]) -> Environment | None:
    """The one environment that all state; None where they differ or one states none."""
    stated = set(environments)
    return stated.pop() if len(stated) == 1 else None


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
