"""What every door does, once: find the configuration, fill in what a document leaves out, judge.

A door decodes what its host hands over into resources, asks a gate, and shows the verdicts.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lichen.document import InputError, did_you_mean
from lichen.words import Environment
from lichen_policies import configuration, judging
from lichen_policies.configuration import Configuration
from lichen_policies.configured import configured
from lichen_policies.facts import Resource
from lichen_policies.facts.region import is_unstated
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import Rule, Stack
from lichen_policies.verdict import Configured, Level, Report, Skipped, Verdict, printable

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue


def _is_above(file: Path | None, folder: Path | None) -> bool:
    """Whether a file is in a folder or above it."""
    return (
        file is not None
        and folder is not None
        and folder.resolve().is_relative_to(file.resolve().parent)
    )


class Gate:
    """The rules as one organisation has configured them.

    ``region`` and ``environment`` hold for a resource whose document does not state its own.
    """

    def __init__(
        self,
        configured: Configuration,
        *,
        region: str | None = None,
        environment: Environment | None = None,
    ) -> None:
        self.configuration = configured
        self.region = region
        self.environment = environment

    @classmethod
    def near(
        cls,
        path: Path,
        *,
        config: Path | None = None,
        trusted: Path | None = None,
        region: str | None = None,
        environment: str | None = None,
        today: datetime.date | None = None,
        rules: Mapping[str, Rule] | None = None,
    ) -> Gate:
        """The gate of a file or folder: its ``lichen.yaml``, found upwards from there, under
        ``config`` or what ``LICHEN_CONFIG`` names.

        Own rules are Python, and run. So those of a file that was only found are not loaded, since
        it may be a part of what is judged, except in the folder ``trusted`` where the user is
        and in those above it.

        Raises :class:`InputError` for a wrong configuration, region or environment.
        """
        above, nearest = config or configuration.named(), configuration.find(path)
        vouched = above is not None or _is_above(nearest, trusted)
        configured = configuration.read(
            nearest, above=above, today=today, rules=rules, with_own_rules=vouched
        )
        if not vouched and configured.top.rules is not None:
            raise InputError(
                "it names rules in Python, which do not run from a file that was only found",
                fix=f"name the file by --config or {configuration.VARIABLE}, or remove rules:",
                field="rules",
                document=str(configured.layers[0].path),
            )
        if environment is not None and environment not in ENVIRONMENTS:
            raise InputError(
                f"{environment!r} is not an environment",
                fix=did_you_mean(environment, ENVIRONMENTS),
                field="environment",
            )
        gate = cls(configured, region=region, environment=environment)
        if configured.own_tables is not None:
            _ = gate.catalogue  # a wrong cell is refused before anything
        if region is not None:
            gate.catalogue.region(region)
        return gate

    @cached_property
    def catalogue(self) -> Catalogue:
        """The installed tables with the organisation's own rows over them."""
        return self.configuration.catalogue

    def rules(self) -> Mapping[str, Rule]:
        """Every rule by name."""
        return self.configuration.rules

    def level(self, rule: Rule, environment: Environment | None) -> Level:
        """What a rule's finding does in an environment, as configured."""
        return self.configuration.level(rule, environment)

    def limits(self, rule: Rule, environment: Environment | None) -> msgspec.Struct:
        """A rule's limits in an environment, as configured."""
        return self.configuration.limits(rule, environment)

    @cached_property
    def remediates(self) -> bool:
        """Whether any rule's findings are to be remediated outside production."""
        return any(
            self.level(rule, environment) == "remediate"
            for rule in self.rules().values()
            for environment in ENVIRONMENTS
            if environment != "prod"
        )

    def configured(self) -> Configured:
        """Which lichen.yaml holds, and each rule that it turned off or moved."""
        return configured(self.configuration)

    def moved_by_door(
        self,
        *,
        levels: Mapping[str, Level] | None = None,
        limits: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Gate:
        """The same with levels and limits that go before the file's, for every environment."""
        return Gate(
            self.configuration.moved_by_door(levels=levels, limits=limits),
            region=self.region,
            environment=self.environment,
        )

    def completed(self, resource: Resource) -> Resource:
        """A resource with the gate's region and environment where its document states none."""
        if self.region is None and self.environment is None:
            return resource
        stated = not is_unstated(resource.region)
        if (stated or self.region is None) and (
            resource.environment is not None or self.environment is None
        ):
            return resource
        return msgspec.structs.replace(
            resource,
            region=resource.region if stated or self.region is None else self.region,
            environment=resource.environment or self.environment,
        )

    def judge(
        self, resource: Resource, *, stack_follows: bool = False, with_nothing: bool = True
    ) -> tuple[Verdict, ...] | None:
        """Every rule of one resource; None where nobody reads its type. ``stack_follows`` leaves
        what another resource completes to :meth:`judge_stack`; ``with_nothing``: also those that
        have nothing to judge there, which :meth:`with_nothing_but` names at once."""
        verdicts = judging.judge_resource(
            self.completed(resource),
            self.configuration,
            self.catalogue,
            stack_follows=stack_follows,
            with_nothing=with_nothing,
        )
        return verdicts and printable(verdicts)

    def with_nothing_but(
        self, judged: Iterable[str], environment: Environment | None
    ) -> Iterator[str]:
        """The names of the rules over one resource, in order, that are on in an environment, but
        those that judged it."""
        done = frozenset(judged)
        for name, rule in self.rules().items():
            is_due = name not in done and not issubclass(rule.judges, Stack)
            if is_due and self.level(rule, environment) != "disabled":
                yield name

    def judge_stack(self, resources: Iterable[Resource]) -> tuple[Verdict, ...]:
        """Every rule of a whole stack, for a host that has each resource judged by itself, and
        what that left."""
        completed = map(self.completed, resources)
        return printable(judging.judge_stack(completed, self.configuration, self.catalogue))

    def judge_exemptions(self, resource: Resource) -> tuple[Verdict, ...]:
        """What is wrong with the exemptions of one resource, for a host that judges each by
        itself."""
        return printable(
            judging.judge_exemptions(self.completed(resource), self.configuration, self.catalogue)
        )

    def report(
        self,
        resources: Iterable[Resource],
        skipped: Iterable[Skipped] = (),
        other_files: int = 0,
    ) -> Report:
        """Every rule over every resource, and over all of them together. What was ``skipped`` has
        its level there."""
        if self.region is not None or self.environment is not None:
            resources = map(self.completed, resources)
        report = judging.judge(resources, self.configuration, self.catalogue)
        found = tuple(self._with_level(each) if each.missing else each for each in skipped)
        return printable(msgspec.structs.replace(report, skipped=found, other_files=other_files))

    def _with_level(self, skipped: Skipped) -> Skipped:
        """A part that is missing, with what that does in the environment of what calls it."""
        level = self.configuration.unverified_level(skipped.environment or self.environment)
        return msgspec.structs.replace(skipped, level=level)
