"""``lichen.yaml``: what an organisation moves, read alike by every door.

The nearest file above what is judged holds. What it ``extends`` is above it, and so is the
file that whoever runs the gate names (``--config``, ``LICHEN_CONFIG``, the pack's configuration): a
file can tighten what a file above it says and cannot loosen it. Without any file every rule has its
defaults.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from lichen.clouds import CloudName
from lichen.document import InputError, convert, did_you_mean, read_document
from lichen.upwards import CONFIGURATION, find_upwards
from lichen.words import Environment
from lichen_policies import registry
from lichen_policies.exemptions import Exemption, ExemptionRow
from lichen_policies.limits import resolve
from lichen_policies.registry import ENVIRONMENTS, read_rules
from lichen_policies.rule import UNSTATED, Rule
from lichen_policies.rule_files import FOLDER
from lichen_policies.verdict import Level

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue

VARIABLE = "LICHEN_CONFIG"
"""The environment variable that names the organisation's file, for every door."""

STRICTNESS: tuple[Level, ...] = ("disabled", "advisory", "remediate", "mandatory")
"""The levels, the least strict first."""


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

    ``extends`` is the path of a file that is above this one. ``limits`` move rules' thresholds,
    everywhere or under ``dev``, ``staging``, ``prod``; ``levels`` say what a rule's finding does;
    ``unverified`` what an *unverified* verdict does; ``regions`` and ``clouds`` are those that the
    organisation may use (left out: all), which better places are taken from. ``catalogue`` is a
    directory of the organisation's own rows and values, ``rules`` one of its own rules.
    ``projects_may_exempt_in`` are the environments in which an exemption holds that is not in this
    file: one beside a resource, or one of a file under this one. Paths are relative to the file.
    """

    extends: Annotated[str, Meta(min_length=1)] | None = None
    limits: dict[str, dict[str, Any]] = {}
    levels: dict[str, Level | Levels] = {}
    unverified: Level | Levels | UnsetType = UNSET
    regions: tuple[str, ...] = ()
    clouds: tuple[CloudName, ...] = ()
    exemptions: tuple[ExemptionRow, ...] = ()
    projects_may_exempt_in: tuple[Environment, ...] = ("dev", "staging")
    catalogue: str | None = None
    rules: str | None = None


class Layer(msgspec.Struct, frozen=True):
    """One lichen.yaml, and where it is."""

    path: Path
    file: File

    @property
    def shown(self) -> str:
        """Its path as a person reads it: from where they stand, if it is below."""
        here = Path.cwd()
        path = self.path.resolve()
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

    def directory(self, of: str) -> Path | None:
        """A directory that the file names, by the field."""
        named: str | None = getattr(self.file, of)
        return None if named is None else self.path.parent / named


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a run: the rules, the files, and what a door moved besides.

    ``layers`` are the files, the highest first. ``found`` says that the last of them is a file
    above what is judged, and so its own. ``unloaded`` are the names of own rules that are not
    loaded: a file may speak of them.
    """

    layers: tuple[Layer, ...] = ()
    found: bool = True
    rules: Mapping[str, Rule] = msgspec.field(default_factory=registry.rules)
    unloaded: frozenset[str] = frozenset()
    today: datetime.date
    door_levels: Mapping[str, Level] = {}
    door_limits: Mapping[str, Mapping[str, Any]] = {}

    @property
    def top(self) -> File:
        """The file that nothing outranks."""
        return self.layers[0].file if self.layers else File()

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that every file allows; empty where none limits them."""
        return _narrowest([layer.file.regions for layer in self.layers])

    @property
    def clouds(self) -> tuple[str, ...]:
        return _narrowest([layer.file.clouds for layer in self.layers])

    def exemptions(self, environment: Environment | None) -> tuple[Exemption, ...]:
        """The files' exemptions that hold in an environment."""
        return tuple(
            _exemption(row, layer)
            for layer in (self.layers if self.projects_may_exempt(environment) else self.layers[:1])
            for row in layer.file.exemptions
        )

    def every_exemption(self) -> tuple[Exemption, ...]:
        """The files' exemptions, whether they hold or not."""
        return tuple(
            _exemption(row, layer) for layer in self.layers for row in layer.file.exemptions
        )

    def nearest_exemptions(self) -> tuple[Exemption, ...]:
        """Those of the file that was found above what is judged."""
        return tuple(
            _exemption(row, layer)
            for layer in (self.layers[-1:] if self.found else ())
            for row in layer.file.exemptions
        )

    def projects_may_exempt(self, environment: Environment | None) -> bool:
        """Whether an exemption holds that the highest file does not have."""
        return (environment or UNSTATED) in self.top.projects_may_exempt_in

    @property
    def catalogue(self) -> Catalogue:
        """The tables that hold here: the installed ones, the own rows of the highest file over
        them."""
        from lichen.catalogue import load  # a stack without anything to judge needs no table

        return load(overlay=self.own_tables)

    @property
    def own_tables(self) -> Path | None:
        """The directory of the highest file's own rows."""
        return self.layers[0].directory("catalogue") if self.layers else None

    def expired_exemptions(self) -> tuple[Exemption, ...]:
        return tuple(each for each in self.every_exemption() if each.has_expired(self.today))

    def level(self, rule: Rule, environment: Environment | None) -> Level:
        """What a rule's finding does in an environment."""
        if rule.name in self.door_levels:
            return self.door_levels[rule.name]
        within = environment or UNSTATED
        level = rule.levels[within]
        for number, layer in enumerate(self.layers):
            asked = self.asked(layer, rule, within, level)
            level = asked if number == 0 else max(level, asked, key=STRICTNESS.index)
        return level

    def asked(self, layer: Layer, rule: Rule, environment: Environment, default: Level) -> Level:
        """The level that one file asks for, over what holds without it."""
        return self._level(layer.file.levels.get(rule.name), environment, default)

    def unverified_level(self, environment: Environment | None) -> Level:
        """What an *unverified* verdict does in an environment."""
        level: Level = "advisory"
        for number, layer in enumerate(self.layers):
            asked = self._level(layer.file.unverified, environment or UNSTATED, level)
            level = asked if number == 0 else max(level, asked, key=STRICTNESS.index)
        return level

    def blocks_from(self, rule: Rule, environment: Environment | None) -> datetime.date | None:
        """The day from which a rule's advice is mandatory; None where no day is set."""
        ramps = (layer.file.levels.get(rule.name) for layer in self.layers)
        for day, then in self._ramp(ramps):
            if then.level(rule, environment) == "mandatory":
                return day
        return None

    def unverified_blocks_from(self, environment: Environment | None) -> datetime.date | None:
        """The day from which an *unverified* verdict blocks; None where no day is set."""
        for day, then in self._ramp(layer.file.unverified for layer in self.layers):
            if then.unverified_level(environment) == "mandatory":
                return day
        return None

    def _ramp(
        self, moved: Iterable[Level | Levels | UnsetType | None]
    ) -> Iterator[tuple[datetime.date, Configuration]]:
        """The days to come that levels name, the earliest first, with what holds then."""
        days = {each.mandatory_from for each in moved if isinstance(each, Levels)}
        for day in sorted(day for day in days if day is not None and day > self.today):
            yield day, msgspec.structs.replace(self, today=day)

    def _level(
        self, moved: Level | Levels | UnsetType | None, environment: Environment, default: Level
    ) -> Level:
        if moved is UNSET or moved is None:
            return default
        if not isinstance(moved, Levels):
            return moved
        level = moved.of(environment) or default
        due = moved.mandatory_from is not None and self.today >= moved.mandatory_from
        return "mandatory" if due and level == "advisory" else level

    def moves_limits(self, rule: Rule) -> bool:
        """Whether a file or a door says anything of a rule's limits."""
        return bool(self.door_limits.get(rule.name)) or any(
            layer.file.limits.get(rule.name) for layer in self.layers
        )

    def limits(self, rule: Rule, environment: Environment | None) -> msgspec.Struct:
        """A rule's limits in an environment; checked when the configuration was read."""
        return _limits(self, rule, environment or UNSTATED)

    def moved_by_door(
        self,
        *,
        levels: Mapping[str, Level] | None = None,
        limits: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Configuration:
        """The same with levels and limits that go before the files', for every environment."""
        moved = msgspec.structs.replace(
            self,
            door_levels={**self.door_levels, **(levels or {})},
            door_limits={**self.door_limits, **(limits or {})},
        )
        _check(moved)
        return moved


def _narrowest(lists: list[tuple[str, ...]]) -> tuple[str, ...]:
    allowed: tuple[str, ...] = ()
    for names in lists:
        allowed = tuple(name for name in names if name in allowed or not allowed) or allowed
    return allowed


def _exemption(row: ExemptionRow, layer: Layer) -> Exemption:
    return Exemption(**msgspec.structs.asdict(row), where=layer.shown)


def find(start: Path) -> Path | None:
    """The nearest ``lichen.yaml`` from a file or folder upwards."""
    return find_upwards(CONFIGURATION, start)


def named() -> Path | None:
    """The organisation's file that the environment names."""
    path = os.environ.get(VARIABLE)
    return Path(path) if path else None


def read(
    path: Path | None,
    *,
    above: Path | None = None,
    today: datetime.date | None = None,
    rules: Mapping[str, Rule] | None = None,
    with_own_rules: bool = False,
    instead: File | None = None,
) -> Configuration:
    """The configuration of a file under the one ``above``, or the defaults without either;
    ``instead`` is what an editor has in place of what is in the file.

    ``rules`` are the package's own by default; ``with_own_rules`` adds those of the highest file,
    which are Python and run when they are read: it is for a file that the user vouches for.

    Raises :class:`InputError` with the field, what is wrong and the nearest right word.
    """
    layers = layers_of(above, path, instead=instead)
    every = registry.rules() if rules is None else rules
    own = layers[0].directory("rules") if layers else None
    unloaded = frozenset().union(*map(_own_names, layers[1:] if with_own_rules else layers))
    if with_own_rules and own is not None:
        _check_directory(layers[0], "rules")
        both = read_rules(FOLDER, own)
        owned = {
            name: msgspec.structs.replace(rule, page=_page(own, name))
            for name, rule in both.items()
            if (own / f"{name.replace('-', '_')}.py").is_file()
        }
        every = dict(sorted({**every, **owned}.items()))
    today = today or datetime.date.today()
    for layer in layers:
        try:
            alone = Configuration(layers=(layer,), rules=every, today=today, unloaded=unloaded)
            _check(alone, layer)
        except InputError as error:
            raise error.within(str(layer.path)) from None
    whole = Configuration(
        layers=layers, found=path is not None, rules=every, today=today, unloaded=unloaded
    )
    try:
        _check_limits(whole, {name for layer in layers for name in layer.file.limits})
    except InputError as error:
        raise error.within(str(layers[-1].path)) from None
    return whole


def _own_names(layer: Layer) -> frozenset[str]:
    """The names of a file's own rules, of which nothing runs for that."""
    directory = layer.directory("rules")
    paths = () if directory is None else directory.glob("*.py")
    return frozenset(path.stem.replace("_", "-") for path in paths)


def _page(directory: Path, name: str) -> str:
    return (directory / f"{name.replace('-', '_')}.py").resolve().as_uri()


def layers_of(*starts: Path | None, instead: File | None = None) -> tuple[Layer, ...]:
    """Each file under those that it extends, the highest first, each once; ``instead`` is in place
    of what the last one has on the disk."""
    layers: dict[Path, Layer] = {}
    for start in starts:
        edited = instead if start == starts[-1] else None
        found = list(_extended(start, edited)) if start is not None else []
        for layer in reversed(found):
            layers.setdefault(layer.path.resolve(), layer)
    return tuple(layers.values())


def _extended(path: Path, edited: File | None = None) -> Iterator[Layer]:
    """A file, ``edited`` in place of what it has, then each that the one before extends."""
    seen: set[Path] = set()
    while True:
        seen.add(path.resolve())
        try:
            document = read_document(path) if edited is None else None
            file = edited or convert({} if document is None else document, File)
        except InputError as error:
            raise error.within(str(path)) from None
        layer, edited = Layer(path, file), None
        yield layer
        above = layer.directory("extends")
        if above is None:
            return
        wrong = ""
        if not above.is_file():
            wrong = "there is no file of that path"
        elif above.resolve() in seen:
            wrong = "that file extends this one"
        if wrong:
            raise InputError(
                wrong,
                fix="name a lichen.yaml by its path, relative to this file",
                field="extends",
                document=str(path),
            )
        path = above


def _check_directory(layer: Layer, field: str) -> None:
    directory = layer.directory(field)
    if directory is not None and not directory.is_dir():
        raise InputError(
            f"{getattr(layer.file, field)!r} is no directory",
            fix=f"name the directory of your own {_OWN[field]}, relative to lichen.yaml",
            field=field,
            document=str(layer.path),
        )


_OWN = {"catalogue": "tables", "rules": "rules"}


def _check(configuration: Configuration, layer: Layer | None = None) -> None:
    """Refuse rules, limits and directories that are not there; without a layer, a door's."""
    file = File() if layer is None else layer.file
    if layer is not None:
        for field in _OWN:
            _check_directory(layer, field)
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
        for part in ("owner", "reason", "approver"):
            if not getattr(exemption, part).strip():
                raise InputError(
                    "is required", fix=f"say who or why: {part}: ...",
                    field=f"exemptions[{index}].{part}",
                )  # fmt: skip
        if exemption.rule != "*":
            _known_rule(configuration, exemption.rule, f"exemptions[{index}].rule")
    _check_limits(configuration, {*file.limits, *configuration.door_limits})


def _check_limits(configuration: Configuration, names: Iterable[str]) -> None:
    for name in names:
        if name in configuration.unloaded:
            continue
        rule = configuration.rules[name]
        for environment in () if rule.mistake else ENVIRONMENTS:
            _limits(configuration, rule, environment)


def _known_rule(configuration: Configuration, name: str, field: str) -> None:
    if name not in configuration.rules and name not in configuration.unloaded:
        raise InputError(
            f"{name!r} is not a rule", fix=did_you_mean(name, configuration.rules), field=field
        )


def _limits(configuration: Configuration, rule: Rule, environment: Environment) -> msgspec.Struct:
    moved = [
        limits for layer in configuration.layers[:1] if (limits := layer.file.limits.get(rule.name))
    ]
    tightened = [
        limits for layer in configuration.layers[1:] if (limits := layer.file.limits.get(rule.name))
    ]
    door = configuration.door_limits.get(rule.name, {})
    if rule.mistake or not (moved or tightened or door):
        return rule.defaults[environment]
    return resolve(
        rule, environment, moved[0] if moved else {}, tightened, door, f"limits.{rule.name}"
    )
