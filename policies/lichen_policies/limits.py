"""The thresholds that an organisation may move: each rule's own, by environment.

A rule's ``Limits`` holds its defaults, with the unit in every name. ``lichen.yaml`` moves them for
every environment or for one; CrossGuard's policy configuration moves them again. A file under the
organisation's may only tighten a limit, so each limit says which way that is::

    chips: Annotated[int, Meta(ge=0, le=100_000), LOWER_IS_STRICTER] = 8

A limit that does not say it stays as the highest file has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import msgspec

from lichen.document import InputError, convert
from lichen.words import Environment
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import Rule

Direction = Literal["lower", "higher"]


def resolve(
    rule: Rule,
    environment: Environment,
    moved: Mapping[str, Any],
    tightened: Iterable[Mapping[str, Any]],
    door: Mapping[str, Any],
    field: str,
) -> msgspec.Struct:
    """A rule's limits in an environment: its defaults, what was moved, the narrower last.

    ``moved`` maps limits to values, and environments to such maps; ``tightened`` are such maps of
    lower files, which count only where they are stricter; ``door`` maps limits to values that hold
    in every environment, over all. Raises :class:`InputError` that names the limit under ``field``.
    """
    values: dict[str, Any] = {
        **rule.limits_by_environment.get(environment, {}),
        **asked(moved, environment, field),
    }
    for lower in tightened:
        so_far = msgspec.structs.asdict(convert(values, rule.limits))
        values |= {
            name: value
            for name, value in asked(lower, environment, field).items()
            if is_stricter(rule, name, value, so_far.get(name))
        }
    values |= door
    try:
        return convert(values, rule.limits)
    except InputError as error:
        narrower = moved.get(environment, {})
        within = (field, environment) if error.field.split(".")[0] in narrower else (field,)
        path = ".".join(part for part in (*within, error.field) if part)
        raise InputError(error.wrong, fix=error.fix, field=path) from None


def asked(moved: Mapping[str, Any], environment: Environment, field: str) -> dict[str, Any]:
    """What one file sets in an environment, the narrower over what holds everywhere."""
    narrower = moved.get(environment, {})
    if not isinstance(narrower, Mapping):
        raise InputError(
            f"{narrower!r} is not a set of limits", field=".".join((field, environment))
        )
    everywhere = {name: value for name, value in moved.items() if name not in ENVIRONMENTS}
    return {**everywhere, **narrower}


def is_stricter(rule: Rule, name: str, value: Any, than: Any) -> bool:
    """Whether a limit would be stricter than it is; False where nobody says which way that is."""
    direction = stricter(rule, name)
    if direction is None or not all(isinstance(each, int | float) for each in (value, than)):
        return False
    return bool(value < than if direction == "lower" else value > than)


def stricter(rule: Rule, name: str) -> Direction | None:
    """The direction in which a limit is stricter, as its annotation says."""
    for each in msgspec.structs.fields(rule.limits):
        if each.name == name:
            for meta in get_args(each.type)[1:]:
                if direction := (getattr(meta, "extra", None) or {}).get("stricter"):
                    return direction  # type: ignore[no-any-return]
    return None
