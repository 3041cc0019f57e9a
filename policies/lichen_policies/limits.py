"""The thresholds that an organisation may move: each rule's own, by environment.

A rule's ``Limits`` holds its defaults, with the unit in every name. ``lichen.yaml`` moves them for
every environment or for one; CrossGuard's policy configuration moves them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lichen.document import InputError, convert
from lichen.words import Environment
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import Rule


def resolve(
    rule: Rule,
    environment: Environment,
    moved: Mapping[str, Any],
    door: Mapping[str, Any],
    field: str,
) -> msgspec.Struct:
    """A rule's limits in an environment: its defaults, what was moved, the narrower last.

    ``moved`` maps limits to values, and environments to such maps; ``door`` maps limits to values
    that hold in every environment, over all. Raises :class:`InputError` that names the limit under
    ``field``.
    """
    everywhere = {name: value for name, value in moved.items() if name not in ENVIRONMENTS}
    narrower = moved.get(environment, {})
    if not isinstance(narrower, Mapping):
        raise InputError(
            f"{narrower!r} is not a set of limits", field=".".join((field, environment))
        )
    values = {**rule.limits_by_environment.get(environment, {}), **everywhere, **narrower, **door}
    try:
        return convert(values, rule.limits)
    except InputError as error:
        within = (field, environment) if error.field.split(".")[0] in narrower else (field,)
        path = ".".join(part for part in (*within, error.field) if part)
        raise InputError(error.wrong, fix=error.fix, field=path) from None
