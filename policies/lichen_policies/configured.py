"""What every report says of the configuration: which lichen.yaml holds, each rule that it turned
off or moved, and what of a lower file does not hold."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lichen.words import Environment
from lichen_policies.configuration import STRICTNESS, Configuration, Layer
from lichen_policies.limits import asked, is_stricter
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import Rule
from lichen_policies.verdict import Configured, Moved, NotUsed, Ramp

_DOOR = "this run's own settings"

_EVERYWHERE = {"extends", "limits", "levels", "exemptions", "projects_may_exempt_in", "rules"}
"""Fields that a report names by themselves, or that move nothing."""


def configured(configuration: Configuration) -> Configured:
    """What holds, as a report says it."""
    files = tuple(layer.shown for layer in configuration.layers)
    return Configured(
        files=files,
        moved=tuple(_moved(configuration, files)),
        ramps=tuple(_ramps(configuration)),
        also=tuple(
            f"{field} of {layer.shown}"
            for number, layer in enumerate(configuration.layers)
            for field in layer.file.__struct_fields__
            if field not in _EVERYWHERE
            and _is_set(layer, field)
            and (number == 0 or field != "catalogue")
        ),
        not_used=tuple(_not_used(configuration)),
    )


def _is_set(layer: Layer, field: str) -> bool:
    default = next(
        each.default for each in msgspec.structs.fields(layer.file) if each.name == field
    )
    return bool(getattr(layer.file, field) != default)


def _touched(configuration: Configuration) -> Iterator[Rule]:
    """The rules whose level or limits somebody moved, in the order of their names."""
    names = {*configuration.door_levels, *configuration.door_limits}
    for layer in configuration.layers:
        names |= {*layer.file.levels, *layer.file.limits}
    return (configuration.rules[name] for name in sorted(names) if name in configuration.rules)


def _moved(configuration: Configuration, files: Sequence[str]) -> Iterator[Moved]:
    for rule in _touched(configuration):
        settings: dict[tuple[str, str, str, str], list[Environment]] = defaultdict(list)
        for environment in ENVIRONMENTS:
            for what, default, now, by in _of_rule(configuration, files, rule, environment):
                settings[what, default, now, by].append(environment)
        for (what, default, now, by), environments in settings.items():
            yield Moved(rule.name, what, tuple(environments), default, now, by)


def _ramps(configuration: Configuration) -> Iterator[Ramp]:
    """What will block from a day on that is still to come."""
    for rule in _touched(configuration):
        days: dict[datetime.date, list[Environment]] = defaultdict(list)
        for environment in ENVIRONMENTS:
            advises = configuration.level(rule, environment) == "advisory"
            day = configuration.blocks_from(rule, environment) if advises else None
            if day is not None:
                days[day].append(environment)
        for day, environments in days.items():
            yield Ramp(rule.name, day, tuple(environments))


def _of_rule(
    configuration: Configuration, files: Sequence[str], rule: Rule, environment: Environment
) -> Iterator[tuple[str, str, str, str]]:
    """What is moved, its default, what it is now, and who moved it."""
    default, now = rule.levels[environment], configuration.level(rule, environment)
    if now != default:
        by_door = rule.name in configuration.door_levels
        who = _DOOR if by_door else _who(configuration, files, "levels", rule)
        yield "level", default, now, who
    if rule.mistake or not configuration.moves_limits(rule):
        return
    defaults = msgspec.structs.asdict(rule.defaults[environment])
    for name, value in msgspec.structs.asdict(configuration.limits(rule, environment)).items():
        if value != defaults[name]:
            by_door = name in configuration.door_limits.get(rule.name, {})
            yield (
                name,
                _shown(defaults[name]),
                _shown(value),
                _DOOR if by_door else _who(configuration, files, "limits", rule),
            )


def _who(configuration: Configuration, files: Sequence[str], field: str, rule: Rule) -> str:
    return " and ".join(
        file
        for layer, file in zip(configuration.layers, files, strict=True)
        if rule.name in getattr(layer.file, field)
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _not_used(configuration: Configuration) -> Iterator[NotUsed]:
    """What a lower file says in vain, because a higher one is stricter."""
    for number, layer in enumerate(configuration.layers[1:], start=1):
        above = msgspec.structs.replace(configuration, layers=configuration.layers[:number])
        yield from _looser(above, layer)
        if layer.file.catalogue is not None:
            yield NotUsed("catalogue", layer.shown, "only the highest file's own tables are read")
        if layer.file.rules is not None:
            yield NotUsed(
                "rules", layer.shown, "they are Python, which runs only from the highest file"
            )
        barred = [each for each in ENVIRONMENTS if not configuration.projects_may_exempt(each)]
        if layer.file.exemptions and barred:
            yield NotUsed(
                "exemptions",
                layer.shown,
                f"projects_may_exempt_in of {configuration.layers[0].shown} does not name "
                f"{_and(barred)}",
            )


def _looser(above: Configuration, layer: Layer) -> Iterator[NotUsed]:
    """Levels and limits of a file that are looser than those above it."""
    over = above.layers[-1].shown
    for name in layer.file.levels.keys() - above.unloaded:
        rule = above.rules[name]
        looser = [
            environment
            for environment in ENVIRONMENTS
            if STRICTNESS.index(
                above.asked(layer, rule, environment, above.level(rule, environment))
            )
            < STRICTNESS.index(above.level(rule, environment))
        ]
        if looser:
            yield NotUsed(f"levels.{name}", layer.shown, f"{over} is stricter in {_and(looser)}")
    for name, moved in layer.file.limits.items():
        if name in above.unloaded:
            continue
        yield from _looser_limits(above, layer, above.rules[name], moved)


def _looser_limits(
    above: Configuration, layer: Layer, rule: Rule, moved: Mapping[str, Any]
) -> Iterator[NotUsed]:
    looser: dict[str, list[Environment]] = defaultdict(list)
    for environment in () if rule.mistake else ENVIRONMENTS:
        now = msgspec.structs.asdict(above.limits(rule, environment))
        for limit, value in asked(moved, environment, f"limits.{rule.name}").items():
            if value != now.get(limit) and not is_stricter(rule, limit, value, now.get(limit)):
                looser[limit].append(environment)
    for limit, environments in looser.items():
        yield NotUsed(
            f"limits.{rule.name}.{limit}",
            layer.shown,
            f"it is not stricter than {above.layers[-1].shown} in {_and(environments)}",
        )


def _and(environments: list[Environment]) -> str:
    *most, last = environments
    return f"{', '.join(most)} and {last}" if most else last
