"""``lichen.yaml``: what an organisation moves, read alike by every door.

Searched upwards from the file that is judged. Without one every rule has its defaults.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from lichen.catalogue import Catalogue, load
from lichen.clouds import CloudName
from lichen.document import InputError, convert, did_you_mean, find_upwards, read_document
from lichen.words import Environment
from lichen_policies import registry
from lichen_policies.exemptions import Exemption
from lichen_policies.limits import resolve
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import UNSTATED, Rule
from lichen_policies.verdict import Level

NAME = "lichen.yaml"


class Levels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A level by environment; what is left out stays as the rule has it.

    From ``mandatory_from`` on, what would be advisory is mandatory.
    """

    dev: Level | None = None
    staging: Level | None = None
    prod: Level | None = None
    mandatory_from: datetime.date | None = None

    def of(self, environment: Environment) -> Level | None:
        level: Level | None = getattr(self, environment)
        return level


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shape of ``lichen.yaml``.

    ``limits`` move rules' thresholds, everywhere or under ``dev``, ``staging``, ``prod``;
    ``levels`` say what a rule's finding does; ``unverified`` what an *unverified* verdict does;
    ``regions`` and ``clouds`` are those that the organisation may use (left out: all), which better
    places are taken from. ``catalogue`` is a directory, relative to the file, of the
    organisation's own rows and values.
    """

    limits: dict[str, dict[str, Any]] = {}
    levels: dict[str, Level | Levels] = {}
    unverified: Level | Levels = "advisory"
    regions: tuple[str, ...] = ()
    clouds: tuple[CloudName, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    catalogue: str | None = None


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a run: the rules, the file, and what a door moved besides."""

    file: File = File()
    rules: Mapping[str, Rule] = msgspec.field(default_factory=registry.rules)
    today: datetime.date
    path: Path | None = None
    door_levels: Mapping[str, Level] = {}
    door_limits: Mapping[str, Mapping[str, Any]] = {}

    @property
    def regions(self) -> tuple[str, ...]:
        return self.file.regions

    @property
    def clouds(self) -> tuple[str, ...]:
        return self.file.clouds

    @property
    def exemptions(self) -> tuple[Exemption, ...]:
        return self.file.exemptions

    @property
    def catalogue(self) -> Catalogue:
        """The tables that hold here: the installed ones, the organisation's own rows over them."""
        if self.file.catalogue is None or self.path is None:
            return load()
        return load(overlay=self.path.parent / self.file.catalogue)

    def expired_exemptions(self) -> tuple[Exemption, ...]:
        return tuple(each for each in self.exemptions if each.has_expired(self.today))

    def level(self, rule: Rule, environment: Environment | None) -> Level:
        """What a rule's finding does in an environment."""
        if rule.name in self.door_levels:
            return self.door_levels[rule.name]
        within = environment or UNSTATED
        return self._level(self.file.levels.get(rule.name), within, rule.levels[within])

    def unverified_level(self, environment: Environment | None) -> Level:
        """What an *unverified* verdict does in an environment."""
        return self._level(self.file.unverified, environment or UNSTATED, "advisory")

    def _level(
        self, moved: Level | Levels | None, environment: Environment, default: Level
    ) -> Level:
        if not isinstance(moved, Levels):
            return moved or default
        level = moved.of(environment) or default
        due = moved.mandatory_from is not None and self.today >= moved.mandatory_from
        return "mandatory" if due and level == "advisory" else level

    def limits(self, rule: Rule, environment: Environment | None) -> msgspec.Struct:
        """A rule's limits in an environment; checked when the configuration was read."""
        return _limits(self, rule, environment or UNSTATED)

    def moved_by_door(
        self,
        *,
        levels: Mapping[str, Level] | None = None,
        limits: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Configuration:
        """The same with levels and limits that go before the file's, for every environment."""
        moved = msgspec.structs.replace(
            self,
            door_levels={**self.door_levels, **(levels or {})},
            door_limits={**self.door_limits, **(limits or {})},
        )
        _check(moved)
        return moved


def find(start: Path) -> Path | None:
    """The nearest ``lichen.yaml`` from a file or folder upwards."""
    return find_upwards(NAME, start)


def read(
    path: Path | None,
    *,
    today: datetime.date | None = None,
    rules: Mapping[str, Rule] | None = None,
) -> Configuration:
    """The configuration of a file, or the defaults without one; ``rules`` are the package's own by
    default.

    Raises :class:`InputError` with the field, what is wrong and the nearest right word.
    """
    today = today or datetime.date.today()
    every = registry.rules() if rules is None else rules
    if path is None:
        return Configuration(today=today, rules=every)
    document = read_document(path)
    try:
        configuration = Configuration(
            file=convert({} if document is None else document, File),
            rules=every,
            today=today,
            path=path,
        )
        _check(configuration)
    except InputError as error:
        raise error.within(str(path)) from None
    return configuration


def _check(configuration: Configuration) -> None:
    """Refuse rules, limits and directories that are not there."""
    file = configuration.file
    if file.catalogue and configuration.path:
        directory = configuration.path.parent / file.catalogue
        if not directory.is_dir():
            raise InputError(
                f"{file.catalogue!r} is no directory",
                fix="name the directory of your own tables, relative to lichen.yaml",
                field="catalogue",
            )
    for index, name in enumerate(file.regions):
        regions = configuration.catalogue.regions
        if name not in regions:
            raise InputError(
                f"{name!r} is not a region",
                fix=did_you_mean(name, regions),
                field=f"regions[{index}]",
            )
    for field, names in (
        ("limits", file.limits),
        ("levels", file.levels),
        ("limits", configuration.door_limits),
        ("levels", configuration.door_levels),
    ):
        for name in names:
            _known_rule(configuration, name, f"{field}.{name}")
    for index, exemption in enumerate(file.exemptions):
        if exemption.rule != "*":
            _known_rule(configuration, exemption.rule, f"exemptions[{index}].rule")
    for name in {*file.limits, *configuration.door_limits}:
        rule = configuration.rules[name]
        for environment in () if rule.mistake else ENVIRONMENTS:
            _limits(configuration, rule, environment)


def _known_rule(configuration: Configuration, name: str, field: str) -> None:
    if name not in configuration.rules:
        raise InputError(
            f"{name!r} is not a rule", fix=did_you_mean(name, configuration.rules), field=field
        )


def _limits(configuration: Configuration, rule: Rule, environment: Environment) -> msgspec.Struct:
    moved = configuration.file.limits.get(rule.name, {})
    door = configuration.door_limits.get(rule.name, {})
    if rule.mistake or not (moved or door):
        return rule.defaults[environment]
    return resolve(rule, environment, moved, door, field=f"limits.{rule.name}")
