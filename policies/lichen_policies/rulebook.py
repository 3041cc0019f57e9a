"""The rules of one configuration as judging needs them: by what they judge, each answer kept.

A resource meets only the rules of its kinds of fact, and what holds of a rule in an environment is
worked out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import msgspec

from lichen.words import Environment
from lichen_policies.configuration import STRICTNESS, Configuration
from lichen_policies.facts import Fact, NotApplicable
from lichen_policies.facts.environment import STRICTEST
from lichen_policies.nonsense import put_findings
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import Finding, Known, Rule
from lichen_policies.run import GateRun
from lichen_policies.stack import Stack
from lichen_policies.verdict import Level, Reported

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue


ANY: Literal["any"] = "any"
"""In place of an environment that is not known."""
Where: TypeAlias = Environment | Literal["any"] | None


class Ruling:
    """A rule in one environment: what its verdicts do there, worked out once.

    ``level`` is what its finding does; ``is_on`` says that it is not disabled.
    """

    __slots__ = (
        "_configuration",
        "_judge",
        "_known",
        "_limits",
        "_ramps",
        "_unverified",
        "environment",
        "is_on",
        "level",
        "rule",
    )

    def __init__(
        self,
        rule: Rule,
        environment: Environment | None,
        configuration: Configuration,
        known: Known,
    ) -> None:
        self.rule, self.environment = rule, environment
        self.level = configuration.level(rule, environment)
        self.is_on = self.level != "disabled"
        self._configuration, self._known = configuration, known
        self._judge: Callable[[Fact | Stack, Any, Known], Iterable[Finding]] | None = None
        self._limits: Any = None
        self._unverified: Level | None = None
        self._ramps: dict[Reported, str] = {}

    @property
    def limits(self) -> msgspec.Struct:
        return self._configuration.limits(self.rule, self.environment)

    def find(self, judged: Fact | Stack, found: list[Finding]) -> str | None:
        """Let the rule judge, and put its findings into ``found``; the answer is why it does not
        apply, None where it does. It imports the rule's file where that is not done yet, and so may
        break or never end."""
        judge = self._judge
        if judge is None:
            self._limits = self.limits
            judge = self._judge = self.rule.judge
        try:
            put_findings(judge(judged, self._limits, self._known), found)
        except NotApplicable as nothing:  # what most rules say of most facts
            return str(nothing)
        return None

    def as_strict_as(self, others: Iterable[Ruling]) -> Ruling:
        """The same rule with the same limits, at the strictest levels of some environments."""
        strict, others = copy(self), tuple(others)
        strict.level = max((each.level for each in others), key=STRICTNESS.index)
        strict.is_on = strict.level != "disabled"
        strict._unverified = max((each.unverified() for each in others), key=STRICTNESS.index)
        return strict

    def unverified(self, broken: bool = False) -> Level:
        """What an *unverified* verdict does; where the rule is ``broken``, at least what its
        finding does."""
        if not self.is_on:
            return self.level
        if self._unverified is None:
            self._unverified = self._configuration.unverified_level(self.environment)
        level = self._unverified
        return max(self.level, level, key=STRICTNESS.index) if broken else level

    def ramp(self, outcome: Reported) -> str:
        """From which day on its advice blocks; empty where lichen.yaml names no day."""
        if outcome not in self._ramps:
            if outcome == "fail":
                day = self._configuration.blocks_from(self.rule, self.environment)
            else:
                day = self._configuration.unverified_blocks_from(self.environment)
            self._ramps[outcome] = "" if day is None else f"It blocks from {day} on."
        return self._ramps[outcome]


class RulingsOnFact(NamedTuple):
    """The position of a fact that a rule judges, with its rulings there; ``is_any`` where the
    environment is not known, so that each of them may hold."""

    at: int
    rulings: tuple[Ruling, ...]
    is_any: bool


class Met(NamedTuple):
    """What is asked of the facts of a resource: of each rule, in the order of their names, the
    places where it judges; and all of them in that order. A rule that cannot be read is among the
    rules and is asked nothing."""

    rules: tuple[tuple[Rule, tuple[RulingsOnFact, ...]], ...]
    asked: tuple[tuple[int, Ruling], ...]


class Rulebook:
    """``of_resources`` are the rules over one resource, ``of_stacks`` those over a deployment,
    ``of_runs`` those over all that is judged; each in the order of their names. ``exemptions`` are
    those of the files, whether they hold or not."""

    def __init__(self, configuration: Configuration, catalogue: Catalogue) -> None:
        self.configuration, self.catalogue = configuration, catalogue
        self.known = Known(
            catalogue=catalogue,
            today=configuration.today,
            regions=configuration.regions,
            clouds=configuration.clouds,
            organisation_regions=configuration.top.regions,
            organisation_clouds=configuration.top.clouds,
        )
        rules = configuration.rules.values()
        self.of_runs = tuple(rule for rule in rules if issubclass(rule.judges, GateRun))
        self.of_stacks = tuple(
            rule
            for rule in rules
            if issubclass(rule.judges, Stack) and not issubclass(rule.judges, GateRun)
        )
        self.of_resources = tuple(rule for rule in rules if not issubclass(rule.judges, Stack))
        self.exemptions = configuration.every_exemption()
        self._judging: dict[type[Fact], tuple[Rule, ...]] = {}
        self._met: dict[tuple[tuple[type[Fact], Where], ...], Met] = {}
        self._rulings: dict[tuple[str, Environment | None], Ruling] = {}
        self._in_any: dict[str, tuple[Ruling, ...]] = {}

    @classmethod
    def of(cls, configuration: Configuration, catalogue: Catalogue) -> Rulebook:
        """The book of a configuration; that of the last one is kept."""
        global _last
        book = _last
        if (
            book is None
            or book.configuration is not configuration
            or book.catalogue is not catalogue
        ):
            book = _last = cls(configuration, catalogue)
        return book

    def judging(self, kind: type[Fact]) -> tuple[Rule, ...]:
        """The rules that judge a kind of fact, but those that are off in every environment."""
        rules = self._judging.get(kind)
        if rules is None:
            rules = self._judging[kind] = tuple(
                rule
                for rule in self.of_resources
                if issubclass(kind, rule.judges)
                and any(self.ruling(rule, each).is_on for each in ENVIRONMENTS)
            )
        return rules

    def met(self, subjects: tuple[tuple[type[Fact], Where], ...]) -> Met:
        """What rules say of facts of these kinds, each in its environment.

        Most resources of a deployment have facts of the same kinds, so it is worked out once.
        """
        found = self._met.get(subjects)
        if found is None:
            found = self._met[subjects] = self._meeting(subjects)
        return found

    def _meeting(self, subjects: Sequence[tuple[type[Fact], Where]]) -> Met:
        judging = [self.judging(kind) for kind, _ in subjects]
        rules: list[tuple[Rule, tuple[RulingsOnFact, ...]]] = []
        for rule in self.of_resources:
            at = [n for n, judges in enumerate(judging) if rule in judges]
            if at or rule.mistake:
                rules.append((rule, tuple(self._place(rule, n, subjects[n][1]) for n in at)))
        asked = (
            (at, ruling)
            for rule, places in rules
            if not rule.mistake
            for at, rulings, _ in places
            for ruling in rulings
        )
        return Met(tuple(rules), tuple(asked))

    def _place(self, rule: Rule, at: int, where: Where) -> RulingsOnFact:
        """A place with the rulings that are on in an environment, which may be any."""
        if where == ANY:
            return RulingsOnFact(at, self.in_any_environment(rule), is_any=True)
        ruling = self.ruling(rule, where)
        return RulingsOnFact(at, (ruling,) if ruling.is_on else (), is_any=False)

    def may_judge(self, kinds: Iterable[type[Fact]]) -> tuple[Rule, ...]:
        """The rules that judge a fact of one of some kinds, or of a narrower kind."""
        kinds = tuple(kinds)
        return tuple(
            rule
            for rule in self.of_resources
            if any(issubclass(kind, rule.judges) or issubclass(rule.judges, kind) for kind in kinds)
        )

    def ruling(self, rule: Rule, environment: Environment | None) -> Ruling:
        """A rule in an environment."""
        key = rule.name, environment
        found = self._rulings.get(key)
        if found is None:
            found = self._rulings[key] = Ruling(rule, environment, self.configuration, self.known)
        return found

    def strictest(self, rule: Rule, environment: Environment | None) -> Ruling:
        """A rule with an environment's limits, at the strictest levels that it has in any."""
        return self.ruling(rule, environment).as_strict_as(
            self.ruling(rule, each) for each in ENVIRONMENTS
        )

    def in_any_environment(self, rule: Rule) -> tuple[Ruling, ...]:
        """A rule where the environment may be any: one ruling of each limits that it has where it
        is on, the strictest environment's first, all at the strictest level."""
        found = self._in_any.get(rule.name)
        if found is None:
            on = [each for each in STRICTEST if self.ruling(rule, each).is_on]
            rulings = [self.strictest(rule, each) for each in on]
            limits = [each.limits for each in rulings]
            found = self._in_any[rule.name] = tuple(
                each for at, each in enumerate(rulings) if limits.index(each.limits) == at
            )
        return found


_last: Rulebook | None = None
