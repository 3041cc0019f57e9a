"""The rules of one configuration as judging needs them: by what they judge, each answer kept.

A resource meets only the rules of its kinds of fact, and a level or a limit is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from lichen.words import Environment
from lichen_policies.configuration import Configuration
from lichen_policies.facts import Fact
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import Known, Rule
from lichen_policies.run import GateRun
from lichen_policies.stack import Stack
from lichen_policies.verdict import Level

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue


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
        self._met: dict[tuple[type[Fact], ...], tuple[tuple[Rule, tuple[int, ...]], ...]] = {}
        self._levels: dict[tuple[str, Environment | None], Level] = {}
        self._limits: dict[tuple[str, Environment | None], msgspec.Struct] = {}
        self._unverified: dict[Environment | None, Level] = {}

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
                and any(self.level(rule, each) != "disabled" for each in ENVIRONMENTS)
            )
        return rules

    def met(self, kinds: tuple[type[Fact], ...]) -> tuple[tuple[Rule, tuple[int, ...]], ...]:
        """The rules that meet facts of these kinds, in the order of their names, each with the
        positions of those that it judges. A rule that cannot be read is always among them.

        Most resources of a deployment have facts of the same kinds, so it is worked out once.
        """
        found = self._met.get(kinds)
        if found is None:
            judging = [self.judging(kind) for kind in kinds]
            every = (
                (rule, tuple(at for at, rules in enumerate(judging) if rule in rules))
                for rule in self.of_resources
            )
            found = self._met[kinds] = tuple(
                (rule, positions) for rule, positions in every if positions or rule.mistake
            )
        return found

    def may_judge(self, kinds: Iterable[type[Fact]]) -> tuple[Rule, ...]:
        """The rules that judge a fact of one of some kinds, or of a narrower kind."""
        kinds = tuple(kinds)
        return tuple(
            rule
            for rule in self.of_resources
            if any(issubclass(kind, rule.judges) or issubclass(rule.judges, kind) for kind in kinds)
        )

    def level(self, rule: Rule, environment: Environment | None) -> Level:
        """What a rule's finding does in an environment."""
        level = self._levels.get((rule.name, environment))
        if level is None:
            level = self.configuration.level(rule, environment)
            self._levels[rule.name, environment] = level
        return level

    def unverified_level(self, environment: Environment | None) -> Level:
        """What an *unverified* verdict does in an environment."""
        level = self._unverified.get(environment)
        if level is None:
            level = self._unverified[environment] = self.configuration.unverified_level(environment)
        return level

    def limits(self, rule: Rule, environment: Environment | None) -> msgspec.Struct:
        """A rule's limits in an environment."""
        limits = self._limits.get((rule.name, environment))
        if limits is None:
            limits = self._limits[rule.name, environment] = self.configuration.limits(
                rule, environment
            )
        return limits


_last: Rulebook | None = None
