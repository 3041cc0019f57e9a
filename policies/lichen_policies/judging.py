"""Rules over resources: facts are judged, what breaks is contained, verdicts are reported.

A verdict never hangs on what is not known: a field that is known only after deployment, a reader or
a rule that fails, and a rule's file that cannot be read all give *unverified*.
"""

from __future__ import annotations

import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from lichen.catalogue import Catalogue
from lichen.words import Environment
from lichen_policies import run
from lichen_policies.beside import written
from lichen_policies.configuration import Configuration
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
from lichen_policies.facts.reading import completed, facts_of
from lichen_policies.rule import UNSTATED, Finding, Known, Rule
from lichen_policies.run import Run
from lichen_policies.stack import Stack
from lichen_policies.verdict import Outcome, Report, Verdict

Read = tuple[Resource, tuple[Fact, ...] | Exception]
"""A resource with its facts, or with what its reader failed with."""


def judge(
    resources: Iterable[Resource], configuration: Configuration, catalogue: Catalogue
) -> Report:
    """Every rule over every resource, and over each document as a whole.

    The resources of one document are one deployment: those of two are not joined.
    """
    verdicts: list[Verdict] = []
    documents: dict[str | None, list[Read]] = defaultdict(list)
    every = [(resource, _facts(resource)) for resource in resources]
    for resource, facts in every:
        if facts is not None:
            documents[resource.document or resource.file].append((resource, facts))
    for read in map(_completed, documents.values()):
        for resource, facts in read:
            verdicts += _judged(resource, facts, configuration, catalogue)
        verdicts += _judged_together(read, configuration, catalogue)
    verdicts += _judged_run(every, configuration, catalogue)
    not_judged = Counter(resource.type for resource, facts in every if facts is None)
    enabled = [verdict for verdict in verdicts if verdict.level != "disabled"]
    failed = [verdict for verdict in enabled if verdict.verdict == "fail"]
    return Report(
        findings=tuple(verdict for verdict in failed if verdict.exemption is None),
        unverified=tuple(verdict for verdict in enabled if verdict.verdict == "unverified"),
        exempted=tuple(verdict for verdict in failed if verdict.exemption is not None),
        expired=configuration.expired_exemptions(),
        not_judged=dict(sorted(not_judged.items())),
        judged=sum(map(len, documents.values())),
        passed=sum(verdict.verdict == "pass" for verdict in enabled),
        configured=configured(configuration),
    )


def judge_resource(
    resource: Resource,
    configuration: Configuration,
    catalogue: Catalogue,
    *,
    stack_follows: bool = False,
) -> tuple[Verdict, ...] | None:
    """Every rule of one resource, at least one verdict a rule; None where nobody reads its type.

    Never raises for what a resource holds: a reader or a rule that fails gives *unverified*. Where
    ``stack_follows``, facts that another resource completes are left to :func:`judge_stack`.
    """
    facts = _facts(resource)
    if facts is None:
        return None
    if stack_follows and not isinstance(facts, Exception):
        facts = tuple(fact for fact in facts if not fact.waits_for)
    return tuple(_judged(resource, facts, configuration, catalogue))


def judge_stack(
    resources: Iterable[Resource], configuration: Configuration, catalogue: Catalogue
) -> tuple[Verdict, ...]:
    """Every rule of a whole stack, once over all of its resources; of the rules of one resource
    what :func:`judge_resource` left."""
    every = [(resource, _facts(resource)) for resource in resources]
    read = [(resource, facts) for resource, facts in every if facts is not None]
    left = {
        resource.address
        for resource, facts in read
        if not isinstance(facts, Exception) and any(fact.waits_for for fact in facts)
    }
    read = _completed(read)
    verdicts: list[Verdict] = []
    for resource, facts in read:
        if resource.address in left and not isinstance(facts, Exception):
            waited = tuple(fact for fact in facts if fact.waits_for)
            verdicts += (
                verdict
                for verdict in _judged(resource, waited, configuration, catalogue)
                if any(
                    isinstance(fact, configuration.rules[verdict.rule].judges) for fact in waited
                )
            )
    verdicts += _judged_together(read, configuration, catalogue)
    verdicts += _judged_run(every, configuration, catalogue)
    return tuple(verdicts)


def judge_exemptions(
    resource: Resource, configuration: Configuration, catalogue: Catalogue
) -> tuple[Verdict, ...]:
    """What the rules over a run find in the exemptions of one resource, for a host that has no
    run."""
    every = _judged_run([(resource, _facts(resource))], configuration, catalogue)
    return tuple(verdict for verdict in every if verdict.resource == resource.address)


def _facts(resource: Resource) -> tuple[Fact, ...] | Exception | None:
    try:
        return facts_of(resource)
    except Exception as error:
        return error


def _completed(read: Sequence[Read]) -> list[Read]:
    """The resources of one stack, their facts with what the others say."""
    stack = _stack_of(read)
    return [
        (resource, facts if isinstance(facts, Exception) else _joined(resource, facts, stack))
        for resource, facts in read
    ]


def _joined(
    resource: Resource, facts: tuple[Fact, ...], stack: Stack
) -> tuple[Fact, ...] | Exception:
    try:
        return completed(resource, facts, stack)
    except Exception as error:
        return error


def _stack_of(read: Sequence[Read]) -> Stack:
    return Stack(
        [(resource, found) for resource, found in read if not isinstance(found, Exception)],
        unread=[resource.address for resource, found in read if isinstance(found, Exception)],
    )


def _environment_of(fact: Fact) -> Environment | None:
    environment = fact.context.environment
    return None if isinstance(environment, Unknown) else environment


def _is_of_stacks(rule: Rule) -> bool:
    return issubclass(rule.judges, Stack)


def _is_of_runs(rule: Rule) -> bool:
    return issubclass(rule.judges, Run)


def _known(configuration: Configuration, catalogue: Catalogue) -> Known:
    return Known(
        catalogue=catalogue,
        today=configuration.today,
        regions=configuration.regions,
        clouds=configuration.clouds,
        organisation_regions=configuration.top.regions,
        organisation_clouds=configuration.top.clouds,
    )


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A rule on a resource, in the environment that one of its facts states.

    ``resource`` is None where a rule judges a whole stack; ``file`` is the document then. A finding
    of a rule over a run has the environment of the resource that it is about, as ``environments``
    have it by address.
    """

    rule: Rule
    resource: Resource | None
    configuration: Configuration
    environment: Environment | None
    file: str | None = None
    environments: Mapping[str, Environment | None] = {}

    def of(self, judged: Fact | Stack, known: Known, path: str = "") -> Iterator[Verdict]:
        """A verdict for each finding; without one *pass*, *unverified* or *not-applicable*."""
        limits = self.configuration.limits(self.rule, self.environment)
        found = False
        try:
            for finding in self.rule.judge(judged, limits, known):
                found = True
                yield self.failed(finding)
            if not found:
                yield self.verdict("pass")
        except NotApplicable as because:
            yield self.verdict("not-applicable", str(because))
        except Unverified as because:
            yet = " yet" if isinstance(because, NotYetKnown) else ""
            yield self.verdict("unverified", f"cannot be checked{yet}: {because}", path)
        except Exception as error:
            message = _broken(f"the rule {self.rule.name}", error)
            yield self.verdict("unverified", message, path)

    def failed(self, finding: Finding) -> Verdict:
        resource = finding.resource or self.resource
        address = "" if resource is None else resource.address
        about = msgspec.structs.replace(
            self,
            resource=resource,
            environment=self.environments.get(address, self.environment),
        )
        verdict = about.verdict("fail", finding.message, finding.path)
        exemption, note = about.exemption()
        return msgspec.structs.replace(
            verdict,
            message=f"{verdict.message} {note}" if note else verdict.message,
            level="advisory" if finding.advice else verdict.level,
            what=finding.what,
            limit=finding.limit,
            fix=finding.fix,
            changes=finding.changes,
            or_else=finding.or_else,
            note=note,
            saves=finding.saves,
            sources=finding.sources,
            exemption=exemption,
        )

    def exemption(self) -> tuple[Exemption | None, str]:
        """The exemption that covers the resource; else what is to be said of one that does not."""
        if self.resource is None:
            return None, ""
        configuration, today = self.configuration, self.configuration.today
        names = (self.resource.address, self.resource.name)
        beside = tuple(each.exemption for each in written(self.resource) if each.exemption)
        allowed = configuration.projects_may_exempt(self.environment)
        holding = (*configuration.exemptions(self.environment), *(beside if allowed else ()))
        found = covering(holding, self.rule.name, *names)
        if found is not None and not found.has_expired(today):
            return found, ""
        if found is not None:
            if _is_of_runs(self.rule):  # the finding is about that exemption
                return None, ""
            return None, f"Its exemption, for {found.owner}, ended on {found.expires}."
        barred = covering((*configuration.every_exemption(), *beside), self.rule.name, *names)
        if barred is None:
            return None, ""
        where = f"{self.environment or UNSTATED}, which projects_may_exempt_in does not name"
        return None, f"Its exemption ({barred.where}) does not hold in {where}."

    def verdict(self, outcome: Outcome, message: str = "", path: str = "") -> Verdict:
        rule, resource, environment = self.rule, self.resource, self.environment
        level = self.configuration.level(rule, environment)
        if outcome == "unverified" and level != "disabled" and not rule.mistake:
            level = self.configuration.unverified_level(environment)
        address = "" if resource is None else resource.address
        reported = outcome in ("fail", "unverified")
        return Verdict(
            rule=rule.name,
            verdict=outcome,
            level=level,
            severity=rule.severity,
            resource=address,
            type="" if resource is None else resource.type,
            path=path,
            file=self.file if resource is None else resource.file,
            line=None if resource is None else resource.line,
            environment=environment,
            message=message,
            fingerprint=_fingerprint(rule.name, address, path) if reported else "",
        )


def _judged(
    resource: Resource,
    facts: tuple[Fact, ...] | Exception,
    configuration: Configuration,
    catalogue: Catalogue,
) -> Iterator[Verdict]:
    """Every rule of one resource."""
    rules = [rule for rule in configuration.rules.values() if not _is_of_stacks(rule)]
    if isinstance(facts, Exception):
        broken = _broken("the reader", facts)
        for rule in rules:
            judgement = Judgement(
                rule=rule,
                resource=resource,
                configuration=configuration,
                environment=resource.environment,
            )
            yield judgement.verdict("unverified", broken)
        return
    known = _known(configuration, catalogue)
    for rule in rules:
        yield from _judged_by(rule, facts, resource, configuration, known)


def _judged_by(
    rule: Rule,
    facts: Sequence[Fact],
    resource: Resource,
    configuration: Configuration,
    known: Known,
) -> Iterator[Verdict]:
    """Every *fail* and *unverified* verdict; if there is none, one *pass*; if no fact applies, one
    *not-applicable*."""
    quiet: list[Verdict] = []
    reported = False
    for fact in facts:
        environment = _environment_of(fact)
        if not isinstance(fact, rule.judges):
            continue
        if configuration.level(rule, environment) == "disabled":
            continue
        judgement = Judgement(
            rule=rule, resource=resource, configuration=configuration, environment=environment
        )
        for verdict in judgement.of(fact, known, fact.path):
            if verdict.verdict in ("pass", "not-applicable"):
                quiet.append(verdict)
            else:
                reported = True
                yield verdict
        if reported and rule.mistake:
            return  # A file that cannot be read is named once for a resource.
    if not reported:
        nothing = Judgement(
            rule=rule,
            resource=resource,
            configuration=configuration,
            environment=resource.environment,
        ).verdict("not-applicable", "the resource has nothing that this rule judges")
        yield next((v for v in quiet if v.verdict == "pass"), quiet[0] if quiet else nothing)


def _judged_together(
    read: Sequence[Read], configuration: Configuration, catalogue: Catalogue
) -> Iterator[Verdict]:
    """Every rule of a whole stack, in the environment that all of its resources share."""
    rules = [
        rule
        for rule in configuration.rules.values()
        if _is_of_stacks(rule) and not _is_of_runs(rule)
    ]
    if not rules or not read:
        return
    stack = _stack_of(read)
    environment = _shared(_environments(read).values())
    for rule in rules:
        if configuration.level(rule, environment) == "disabled":
            continue
        judgement = Judgement(
            rule=rule,
            resource=None,
            configuration=configuration,
            environment=environment,
            file=read[0][0].file,
        )
        yield from judgement.of(stack, _known(configuration, catalogue))


def _judged_run(
    every: Sequence[run.Read], configuration: Configuration, catalogue: Catalogue
) -> Iterator[Verdict]:
    """Every rule over a run, once over all that is judged."""
    rules = [rule for rule in configuration.rules.values() if _is_of_runs(rule)]
    if not rules or not every:
        return
    judged = run.run_of(every, configuration)
    environments = _environments(every)
    environment = _shared(environments.values())
    for rule in rules:
        if configuration.level(rule, environment) == "disabled":
            continue
        judgement = Judgement(
            rule=rule,
            resource=None,
            configuration=configuration,
            environment=environment,
            environments=environments,
        )
        yield from judgement.of(judged, _known(configuration, catalogue))


def _environments(read: Sequence[run.Read]) -> dict[str, Environment | None]:
    """The environment of each resource, by its address; None for one that states none, or two."""
    return {
        resource.address: _shared(
            [_environment_of(fact) or resource.environment for fact in found]
            if isinstance(found, tuple) and found
            else [resource.environment]
        )
        for resource, found in read
    }


def _shared(environments: Iterable[Environment | None]) -> Environment | None:
    """The one environment that all state; None where they differ or one states none."""
    stated = set(environments)
    return stated.pop() if len(stated) == 1 else None


def _fingerprint(*parts: str) -> str:
    """The same for the same offence in every run: figures and wording have no part in it."""
    from hashlib import sha256  # loads OpenSSL, which a run without findings does not need

    return sha256("\0".join(parts).encode()).hexdigest()[:16]


def _broken(who: str, error: Exception) -> str:
    """What failed and where. The error's own text stays out: it may hold a property's value."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename.replace(chr(92), '/').rsplit('/', 1)[-1]}:{frame.lineno}"
    return f"cannot be checked: {who} failed with {type(error).__name__} at {where}"
