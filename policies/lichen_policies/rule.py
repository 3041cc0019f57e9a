"""What a rule is: all that a file of ``rules/`` imports.

A rule is one file. The file's name is the rule's name; its docstring is its page: the offence as a
noun phrase, then paragraphs that begin ``Why:``, ``Fix:``, ``Exceptions:`` and ``Tags:`` (what it
finds without ``lichen:*`` tags, and what they let it find). It declares one function of the file's
name::

    @rule(severity="high", dev="advisory", staging="advisory", prod="mandatory", theme="region")
    def dirty_region(fact: Located, limits: Limits, known: Known) -> Iterator[Finding]: ...

The first annotation is the kind of fact that it judges (or :class:`Stack`, for a rule over a whole
deployment), the second a struct of thresholds that an organisation may move; a rule without any
leaves it out. The function yields a :class:`Finding` for each offence. Where it cannot judge it
raises :class:`Unverified`, where it does not apply :class:`NotApplicable`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeVar, overload

import msgspec
from msgspec import Meta

from lichen.clouds import CLOUDS
from lichen.document import InputError
from lichen.words import Environment
from lichen.workload import ModelCard
from lichen_policies.facts import Fact, NotApplicable, Resource, Unverified
from lichen_policies.levels import LimitValue
from lichen_policies.stack import Stack
from lichen_policies.verdict import Change, Level, Saves, Severity, fix_of

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue
    from lichen.catalogue.schema import Machine, Region

__all__ = [
    "HIGHER_IS_STRICTER",
    "LOWER_IS_STRICTER",
    "UNSTATED",
    "Change",
    "Declared",
    "Finding",
    "Known",
    "NotApplicable",
    "Rule",
    "RuleCode",
    "Saves",
    "Stack",
    "Theme",
    "Threshold",
    "Unverified",
    "rule",
]

Theme = Literal[
    "region",
    "size",
    "model",
    "hardware",
    "idle",
    "serving",
    "evidence",
    "portability",
    "governance",
]

UNSTATED: Environment = "prod"
"""A resource whose environment is not stated is judged as in production, the strict way."""

MINIMUM_REPLICAS = "availability.minimum_replicas"
"""The field of a workload's file that a floor and a number of machines follow."""

PAGES = "https://github.com/lichen-ml/lichen/blob/main/docs/rules"

LOWER_IS_STRICTER = Meta(extra={"stricter": "lower"})
HIGHER_IS_STRICTER = Meta(extra={"stricter": "higher"})
"""In the annotation of a limit: the direction in which a project may move what its organisation
has set."""

Row = TypeVar("Row")
Judged = TypeVar("Judged", bound=Fact | Stack)
Thresholds = TypeVar("Thresholds", bound=msgspec.Struct)


_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]*[A-Za-z0-9])?")
"""What may be printed as the name of a machine or a region."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and the changes that fix it.

    ``what`` is the fact with its figure and source; ``limit`` the limit; ``changes`` what to set,
    ``or_else`` another way out in words. No part ends with a full stop. ``path`` is the property it
    is about. ``advice`` marks a finding that never blocks, because sources disagree. ``resource``
    is the resource it is about, for a rule over a stack.
    """

    what: str
    limit: str
    changes: tuple[Change, ...] = ()
    or_else: str = ""
    path: str = ""
    saves: Saves = Saves()
    sources: tuple[str, ...] = ()
    advice: bool = False
    resource: Resource | None = None

    @property
    def fix(self) -> str:
        return fix_of(self.changes, self.or_else)

    @property
    def message(self) -> str:
        """The finding in one line, for a host that takes one string."""
        return self.message_with(self.fix)

    def message_with(self, fix: str) -> str:
        """The same, with the sentence of its fix, which :attr:`fix` composes anew each time."""
        saving = self.saves.text
        return "".join(
            (
                f"{self.what}; {self.limit}.",
                f" Fix: {fix}." if fix else "",
                f" {saving}" if saving else "",
            )
        )


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule knows besides its fact: the catalogue, the day of the run, and where one may
    deploy.

    ``regions`` and ``clouds`` are what every lichen.yaml allows, ``organisation_regions`` and
    ``organisation_clouds`` what the highest one does; empty where all are allowed.
    """

    catalogue: Catalogue
    today: datetime.date
    regions: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()
    organisation_regions: tuple[str, ...] = ()
    organisation_clouds: tuple[str, ...] = ()

    @property
    def of_organisation(self) -> Known:
        """The same where a project has not narrowed where it deploys: its own list is no reason
        to let pass what its organisation's would stop."""
        return msgspec.structs.replace(
            self, regions=self.organisation_regions, clouds=self.organisation_clouds
        )

    def may_use(self, region: Region) -> bool:
        return (not self.regions or region.name in self.regions) and (
            not self.clouds or region.cloud in self.clouds
        )

    def may_advise(self, region: Region) -> bool:
        """Whether a finding may send somebody there: to one that the cloud opens on request alone,
        only where the list of regions has it."""
        is_open = region.name in self.regions or not any(
            region.name in cloud.on_request for cloud in CLOUDS.values()
        )
        return is_open and self.may_use(region)

    def machine(self, name: str) -> Machine:
        """The catalogue's row. Raises :class:`Unverified` where there is none."""
        return self._or_unverified(self.catalogue.machine, name)

    def region(self, name: str) -> Region:
        """The catalogue's row. Raises :class:`NotApplicable` for a location of several regions,
        :class:`Unverified` where there is none."""
        if name.lower() in _MULTI_REGIONS:
            raise NotApplicable("its location is not one region: see multi-region-location")
        return self._or_unverified(self.catalogue.region, name)

    def declared_model(self, fact: Fact) -> ModelCard:
        """The card of the model that a resource's tags declare. Raises :class:`Unverified` where
        they declare none or the catalogue has no such model; its name is not repeated, since a tag
        may hold anything."""
        passport = fact.declared("model")
        if passport is None or passport.model is None:
            raise Unverified("the tags declare no model")
        try:
            return self.catalogue.model(passport.model)
        except InputError as error:
            nearest = error.fix if error.fix.startswith("did you mean") else _OWN_MODEL
            raise Unverified(f"the declared model is not in the catalogue ({nearest})") from None

    def _or_unverified(self, look_up: Callable[[str], Row], name: str) -> Row:
        try:
            return look_up(name)
        except InputError as error:
            if error.document:
                raise  # a table cannot be believed: that is no answer about a name
            named = f" {name!r}" if _NAME.fullmatch(name) else ""
            raise Unverified(
                f"the {error.field}{named} is not in the catalogue ({error.fix})"
            ) from None


_MULTI_REGIONS = frozenset(name for cloud in CLOUDS.values() for name in cloud.multi_regions)
_OWN_MODEL = (
    "give one of your own as a row of models.csv in the folder of catalogue: in lichen.yaml"
)


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's function with what its decorator says; the registry adds the page and the name."""

    judge: Callable[..., Iterator[Finding]]
    severity: Severity
    levels: Mapping[Environment, Level]
    theme: Theme
    limits: Mapping[Environment, Mapping[str, LimitValue]] = {}
    judges: type[Fact] | None = None
    """The kind of fact, where the function's annotation does not say it (see ``shorthand``)."""


class _Decorator:
    """Takes the rule's function, with limits or without."""

    def __init__(self, declare: Callable[[Callable[..., Iterator[Finding]]], Declared]) -> None:
        self._declare = declare

    @overload
    def __call__(self, judge: Callable[[Judged, Known], Iterator[Finding]]) -> Declared: ...

    @overload
    def __call__(
        self, judge: Callable[[Judged, Thresholds, Known], Iterator[Finding]]
    ) -> Declared: ...

    def __call__(self, judge: Callable[..., Iterator[Finding]]) -> Declared:
        return self._declare(judge)


def rule(
    *,
    severity: Severity,
    dev: Level,
    staging: Level,
    prod: Level,
    theme: Theme,
    limits: Mapping[Environment, Mapping[str, LimitValue]] | None = None,
) -> _Decorator:
    """Declare a file's function as its rule.

    ``dev``, ``staging`` and ``prod`` say what a finding does there. ``limits`` are defaults of the
    Limits struct that differ by environment: ``{"prod": {"replicas": 2}}``.
    """
    levels: dict[Environment, Level] = {"dev": dev, "staging": staging, "prod": prod}

    def declare(judge: Callable[..., Iterator[Finding]]) -> Declared:
        return Declared(
            judge=judge, severity=severity, levels=levels, theme=theme, limits=limits or {}
        )

    return _Decorator(declare)


class RuleCode(msgspec.Struct, frozen=True):
    """What is of a rule's own Python: the struct of its limits, these in each environment, and its
    function."""

    limits: type[msgspec.Struct]
    defaults: Mapping[Environment, msgspec.Struct]
    judge: Callable[[Fact | Stack, msgspec.Struct, Known], Iterator[Finding]]


class Threshold(msgspec.Struct, frozen=True):
    """One of a rule's limits, for a host that declares it: its default, whether it is a whole
    number, and its bounds."""

    name: str
    default: LimitValue
    is_whole: bool
    least: float | None = None
    most: float | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as the registry read it: its page, its defaults and its function.

    ``code`` gives what is of its own Python, whose file may be imported only then, and ``kind``
    what it judges, whose module may be too. ``defaults`` are its limits in each environment.
    ``mistake`` says what is wrong with the rule's file; such a rule makes every verdict
    *unverified*. ``page`` is the address of an own rule's file; the package's are in its
    repository.
    """

    name: str
    offence: str
    why: str
    fix: str
    exceptions: str
    tags: str
    severity: Severity
    levels: Mapping[Environment, Level]
    theme: Theme
    thresholds: tuple[Threshold, ...]
    limits_by_environment: Mapping[Environment, Mapping[str, LimitValue]]
    kind: Callable[[], type[Fact] | type[Stack]]
    code: Callable[[], RuleCode]
    mistake: str = ""
    page: str = ""

    @property
    def judges(self) -> type[Fact] | type[Stack]:
        return self.kind()

    @property
    def limits(self) -> type[msgspec.Struct]:
        return self.code().limits

    @property
    def limits_in_prod(self) -> Mapping[str, LimitValue]:
        """Its limits in production where nobody moved them, without its Python."""
        own = self.limits_by_environment.get("prod", {})
        return {each.name: each.default for each in self.thresholds} | dict(own)

    @property
    def defaults(self) -> Mapping[Environment, msgspec.Struct]:
        return self.code().defaults

    @property
    def judge(self) -> Callable[[Fact | Stack, msgspec.Struct, Known], Iterator[Finding]]:
        return self.code().judge

    @property
    def url(self) -> str:
        """Where the rule's page is."""
        return self.page or f"{PAGES}/{self.name}.md"
