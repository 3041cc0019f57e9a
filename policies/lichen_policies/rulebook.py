"""The whole machine: resources are read into facts, rules judge facts, verdicts are reported.

A rule is a module in ``rules/``. Its docstring is its page: the offence as a noun phrase, then
paragraphs that begin ``Why:``, ``Fix:`` and ``Exceptions:``. It says ``SEVERITY``, ``LEVELS`` (by
environment), ``Limits`` (a struct whose defaults an organisation may move), ``JUDGES`` (the kind of
fact) and ``judge(fact, limits, known)``, which yields a :class:`Finding` for every offence. A rule
that cannot judge raises :class:`~lichen_policies.facts.Unverified`, one that has no business with
the fact :class:`~lichen_policies.facts.NotApplicable`; one that cannot be sure yields nothing.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from lichen.document import InputError
from lichen.interval import Interval
from lichen.words import Environment
from lichen.workload import ModelCard
from lichen_policies.exemptions import Exemption, covering
from lichen_policies.facts import Fact, NotApplicable, Resource, Unverified
from lichen_policies.facts.reading import facts_of

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue
    from lichen.catalogue.schema import Machine, Region
    from lichen_policies.configuration import Configuration

Row = TypeVar("Row")
Level = Literal["advisory", "mandatory", "remediate", "disabled"]
Severity = Literal["low", "medium", "high", "critical"]
Outcome = Literal["pass", "fail", "unverified", "not-applicable"]

UNSTATED: Environment = "prod"
"""How a resource is judged whose environment nobody states: the strict way."""

PAGES = "https://github.com/lichen-ml/lichen/blob/main/policies/lichen_policies/rules"


class Saves(msgspec.Struct, frozen=True, kw_only=True):
    """What the fix would save in a month of 730 hours; None where it cannot be computed."""

    gco2e_month: Interval | None = None
    usd_month: float | None = None

    @property
    def told(self) -> str:
        """`` Saves about 310 kgCO2e (96 to 640) and 1,020 USD a month.``; empty without a figure.

        What would cost more is not called a saving.
        """
        told = []
        if (grams := self.gco2e_month) is not None and grams.likely > 0:
            told.append(
                f"{_kilos(grams.likely)} kgCO2e ({_kilos(grams.low)} to {_kilos(grams.high)})"
            )
        if self.usd_month is not None and self.usd_month > 0:
            told.append(f"{self.usd_month:,.0f} USD")
        return f" Saves about {' and '.join(told)} a month." if told else ""


def _kilos(grams: float) -> str:
    """Two significant figures: no watts here are known better."""
    return f"{float(f'{grams / 1000:.2g}'):,.10g}"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one resource, and the change that mends it.

    ``what`` says what is and by how much, with the source; ``limit`` the limit; ``fix`` the exact
    change. None of them ends with a full stop. ``advice`` marks a finding that never blocks,
    because sources disagree. ``path`` is the property it is about.
    """

    what: str
    limit: str
    fix: str
    path: str = ""
    saves: Saves = Saves()
    sources: tuple[str, ...] = ()
    advice: bool = False

    @property
    def message(self) -> str:
        return f"{self.what}; {self.limit}. Fix: {self.fix}.{self.saves.told}"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule knows besides its fact: the catalogue, and where the organisation may go."""

    catalogue: Catalogue
    regions: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()

    def may_use(self, region: Region) -> bool:
        return (not self.regions or region.name in self.regions) and (
            not self.clouds or region.cloud in self.clouds
        )

    def machine(self, name: str) -> Machine:
        """The catalogue's row; a rule that names none there cannot judge."""
        return self._or_unverified(self.catalogue.machine, name)

    def region(self, name: str) -> Region:
        return self._or_unverified(self.catalogue.region, name)

    def model(self, name: str) -> ModelCard:
        return self._or_unverified(self.catalogue.model, name)

    def _or_unverified(self, look_up: Callable[[str], Row], name: str) -> Row:
        try:
            return look_up(name)
        except InputError as error:
            raise Unverified(
                f"the {error.field} {name!r} is not in the catalogue ({error.fix})"
            ) from None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: its page, its defaults and its function."""

    name: str
    offence: str
    why: str
    fix: str
    exceptions: str
    severity: Severity
    levels: Mapping[Environment, Level]
    limits: type[msgspec.Struct]
    limits_by_environment: Mapping[Environment, Mapping[str, Any]]
    judges: type[Fact]
    judge: Callable[[Any, Any, Known], Iterator[Finding]]

    @property
    def url(self) -> str:
        """Where the rule's page is."""
        return f"{PAGES}/{self.name.replace('-', '_')}.py"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of one resource: a verdict for each finding, else one.

    ``message`` is the finding, or why it is unverified or not applicable. ``resource`` is the
    address.
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
    fix: str = ""
    saves: Saves = Saves()
    sources: tuple[str, ...] = ()
    fingerprint: str = ""
    exemption: Exemption | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a document's resources were found to be.

    ``exempted`` are findings that an exemption covers; ``expired`` the exemptions that no longer
    do; ``not_judged`` counts resources by the types that no reader reads; ``judged`` counts the
    others; ``passed`` counts rules that had nothing against a resource.
    """

    findings: tuple[Verdict, ...]
    unverified: tuple[Verdict, ...]
    exempted: tuple[Verdict, ...]
    expired: tuple[Exemption, ...]
    not_judged: Mapping[str, int]
    judged: int
    passed: int

    @property
    def blocks(self) -> bool:
        """Whether a finding is to stop the deployment."""
        return any(verdict.level in BLOCKING for verdict in self.findings)

    @property
    def unverified_blocks(self) -> bool:
        """Whether something unverified is to stop it, as configured."""
        return any(verdict.level in BLOCKING for verdict in self.unverified)


BLOCKING: tuple[Level, ...] = ("mandatory", "remediate")


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by name, in the order of their names."""
    from lichen_policies import rules as folder

    modules = (
        importlib.import_module(f"{folder.__name__}.{module.name}")
        for module in pkgutil.iter_modules(folder.__path__)
    )
    return {rule.name: rule for rule in map(_rule, modules)}


def _rule(module: ModuleType) -> Rule:
    offence, *parts = re.split(r"^(Why|Fix|Exceptions): ", module.__doc__ or "", flags=re.MULTILINE)
    page = {
        part: " ".join(text.replace("``", "`").split())
        for part, text in zip(parts[::2], parts[1::2], strict=True)
    }
    return Rule(
        name=module.__name__.rsplit(".", 1)[-1].replace("_", "-"),
        offence=" ".join(offence.split()).rstrip("."),
        why=page["Why"],
        fix=page["Fix"],
        exceptions=page["Exceptions"],
        severity=module.SEVERITY,
        levels=module.LEVELS,
        limits=module.Limits,
        limits_by_environment=getattr(module, "LIMITS_BY_ENVIRONMENT", {}),
        judges=module.JUDGES,
        judge=module.judge,
    )


def judge(
    resources: Iterable[Resource], configuration: Configuration, catalogue: Catalogue
) -> Report:
    """Every rule over every resource of a document."""
    verdicts: list[Verdict] = []
    not_judged: Counter[str] = Counter()
    judged = 0
    for resource in resources:
        found = judge_resource(resource, configuration, catalogue)
        if found is None:
            not_judged[resource.type] += 1
        else:
            judged += 1
            verdicts += found
    said = [verdict for verdict in verdicts if verdict.level != "disabled"]
    failed = [verdict for verdict in said if verdict.verdict == "fail"]
    return Report(
        findings=tuple(verdict for verdict in failed if verdict.exemption is None),
        unverified=tuple(verdict for verdict in said if verdict.verdict == "unverified"),
        exempted=tuple(verdict for verdict in failed if verdict.exemption is not None),
        expired=configuration.expired_exemptions(),
        not_judged=dict(sorted(not_judged.items())),
        judged=judged,
        passed=sum(verdict.verdict == "pass" for verdict in said),
    )


def judge_resource(
    resource: Resource, configuration: Configuration, catalogue: Catalogue
) -> tuple[Verdict, ...] | None:
    """Every rule over one resource, at least one verdict a rule; None where nobody reads its type.

    Never raises for what a resource holds: a reader or a rule that fails gives *unverified*.
    """
    try:
        facts = facts_of(resource)
    except Exception as error:
        broken = _broken("the reader", error)
        return tuple(
            _Hearing(
                rule=rule,
                resource=resource,
                configuration=configuration,
                environment=resource.environment,
            ).verdict("unverified", broken)
            for rule in rules().values()
        )
    if facts is None:
        return None
    known = Known(catalogue=catalogue, regions=configuration.regions, clouds=configuration.clouds)
    return tuple(
        verdict
        for rule in rules().values()
        for verdict in _judged_by(rule, facts, resource, configuration, known)
    )


class _Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """A rule on a resource, in the environment that one of its facts states."""

    rule: Rule
    resource: Resource
    configuration: Configuration
    environment: Environment | None

    def judged(self, fact: Fact, known: Known) -> Iterator[Verdict]:
        """A verdict for each finding, else one."""
        limits = self.configuration.limits(self.rule, self.environment)
        found = False
        try:
            for finding in self.rule.judge(fact, limits, known):
                found = True
                yield self.failed(finding)
            if not found:
                yield self.verdict("pass")
        except NotApplicable as because:
            yield self.verdict("not-applicable", str(because))
        except Unverified as because:
            message = f"cannot be judged by {self.rule.name}: {because}"
            yield self.verdict("unverified", message, fact.path)
        except Exception as error:
            message = _broken(f"the rule {self.rule.name}", error)
            yield self.verdict("unverified", message, fact.path)

    def failed(self, finding: Finding) -> Verdict:
        verdict = self.verdict("fail", finding.message, finding.path)
        configuration, resource = self.configuration, self.resource
        exemption = covering(
            configuration.exemptions, self.rule.name, resource.address, resource.name
        )
        message = verdict.message
        if exemption is not None and exemption.has_expired(configuration.today):
            message += f" Its exemption, for {exemption.owner}, ended on {exemption.expires}."
            exemption = None
        return msgspec.structs.replace(
            verdict,
            message=message,
            level="advisory" if finding.advice else verdict.level,
            fix=finding.fix,
            saves=finding.saves,
            sources=finding.sources,
            exemption=exemption,
        )

    def verdict(self, outcome: Outcome, message: str = "", path: str = "") -> Verdict:
        rule, resource, environment = self.rule, self.resource, self.environment
        level = self.configuration.level(rule, environment)
        if outcome == "unverified" and level != "disabled":
            level = self.configuration.unverified_level(environment)
        told = outcome in ("fail", "unverified")
        return Verdict(
            rule=rule.name,
            verdict=outcome,
            level=level,
            severity=rule.severity,
            resource=resource.address,
            type=resource.type,
            path=path,
            file=resource.file,
            line=resource.line,
            environment=environment,
            message=message,
            fingerprint=_fingerprint(rule.name, resource.address, path) if told else "",
        )


def _judged_by(
    rule: Rule,
    facts: tuple[Fact, ...],
    resource: Resource,
    configuration: Configuration,
    known: Known,
) -> Iterator[Verdict]:
    """What is told of any fact; where all is well, that it is so; else that nothing applied."""

    def hearing(environment: Environment | None) -> _Hearing:
        return _Hearing(
            rule=rule,
            resource=resource,
            configuration=configuration,
            environment=environment,
        )

    quiet: list[Verdict] = []
    told = False
    for fact in facts:
        environment = fact.known("environment")
        if not isinstance(fact, rule.judges):
            continue
        if configuration.level(rule, environment) == "disabled":
            continue
        for verdict in hearing(environment).judged(fact, known):
            if verdict.verdict in ("pass", "not-applicable"):
                quiet.append(verdict)
            else:
                told = True
                yield verdict
    if not told:
        nothing = hearing(resource.environment).verdict(
            "not-applicable", "the resource has nothing that this rule judges"
        )
        yield next((v for v in quiet if v.verdict == "pass"), quiet[0] if quiet else nothing)


def _fingerprint(*parts: str) -> str:
    """The same for the same offence in every run: figures and wording have no part in it."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _broken(who: str, error: Exception) -> str:
    """What failed and where. The error's own text stays out: it may hold a property's value."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename.replace(chr(92), '/').rsplit('/', 1)[-1]}:{frame.lineno}"
    return f"cannot be judged: {who} failed with {type(error).__name__} at {where}"
