"""The functions of Azure's templates that need no deployment, in ARM and in Bicep alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lichen_policies.facts import region
from lichen_policies.facts.unknown import Unknown, has_unknown, is_unknown, made_of

OPEN: Any = Unknown("is an expression whose value is not in the template")
OF_THE_GROUP: Any = region.of_expression(("resourceGroup().location",))
NULL: Any = None

GROUP = "of-the-deployment"
"""The name of the resource group in an id that a template makes: a deployment has one."""

_MOST = 1_000_000


def called(name: str, arguments: Sequence[Any]) -> Any:
    """What a function gives; UNKNOWN where the deployment alone can say."""
    key = name.lower()
    if key in ("resourceid", "extensionresourceid", "subscriptionresourceid"):
        return resource_id(*arguments)
    if key == "if" and len(arguments) == 3:
        asked, yes, no = arguments
        if isinstance(asked, bool):
            return yes if asked else no
        return yes if yes == no and not has_unknown([yes, no]) else made_of(arguments, OPEN)
    if key in _DECIDED and any(each is _DECIDED[key] for each in arguments):
        return _DECIDED[key]
    if key == "resourcegroup":
        return {"location": OF_THE_GROUP, "name": OPEN, "id": OPEN}
    function = FUNCTIONS.get(key)
    together = key in ("union", "concat", "createarray", "array", "items")
    open_ = any(map(is_unknown, arguments)) if together else has_unknown(list(arguments))
    if function is None or open_:
        return made_of(arguments, OPEN)
    try:
        found = function(*arguments)
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        return OPEN
    return OPEN if isinstance(found, str) and len(found) > _MOST else found


_DECIDED: Mapping[str, bool] = {"and": False, "or": True}
"""What one argument decides, no matter what the others are."""


def resource_id(*arguments: Any) -> Any:
    """The id of a resource of this deployment, from its type and names; UNKNOWN where one of these
    is, or where it is in another resource group."""
    if has_unknown(list(arguments)):
        return made_of(arguments, OPEN)
    texts = [each for each in arguments if isinstance(each, str)]
    at = next((index for index, each in enumerate(texts) if "/" in each), None)
    if at != 0:
        return OPEN
    return id_of(texts[0], texts[1:])


def id_of(type_: str, names: Sequence[str]) -> Any:
    """``Microsoft.X/ys`` and its names as an id."""
    provider, *kinds = type_.split("/")
    if len(kinds) != len(names):
        return OPEN
    way = "/".join(f"{kind}/{name}" for kind, name in zip(kinds, names, strict=True))
    return f"/subscriptions/none/resourceGroups/{GROUP}/providers/{provider}/{way}"


def _union(*values: Any) -> Any:
    if all(isinstance(each, list) for each in values):
        return list(dict.fromkeys(part for each in values for part in each))
    found: dict[str, Any] = {}
    for each in values:
        for key, part in each.items():
            before = found.get(key)
            # Objects inside of objects are joined too (Microsoft Learn, ARM functions, union).
            is_joined = isinstance(before, Mapping) and isinstance(part, Mapping)
            found[key] = _union(before, part) if is_joined else part
    return found


def _concat(*values: Any) -> Any:
    if all(isinstance(each, list) for each in values):
        return [part for each in values for part in each]
    return "".join(map(_text, values))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else json.dumps(value)


def _format(form: str, *values: Any) -> str:
    return re.sub(r"\{(\d+)(?::[^}]*)?\}", lambda found: _text(values[int(found[1])]), form)


def _contains(whole: Any, part: Any) -> bool:
    return part in whole


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "any": lambda value: value,
    "and": lambda *values: all(values),
    "array": lambda value: value if isinstance(value, list) else [value],
    "bool": lambda value: {"true": True, "false": False, "1": True, "0": False}[
        _text(value).lower()
    ],
    "coalesce": lambda *values: next((each for each in values if each is not None), None),
    "concat": _concat,
    "contains": _contains,
    "createarray": lambda *values: list(values),
    "createobject": lambda *pairs: dict(zip(pairs[::2], pairs[1::2], strict=True)),
    "div": lambda a, b: a // b,
    "empty": lambda value: not value,
    "endswith": lambda text, end: text.lower().endswith(end.lower()),
    "equals": lambda a, b: a == b,
    "false": lambda: False,
    "first": lambda values: values[0],
    "format": _format,
    "greater": lambda a, b: a > b,
    "greaterorequals": lambda a, b: a >= b,
    "int": int,
    "flatten": lambda lists: [each for part in lists for each in part],
    "indexof": lambda text, part: text.lower().find(part.lower()),
    "items": lambda entries: [{"key": key, "value": entries[key]} for key in sorted(entries)],
    "join": lambda values, between: between.join(map(_text, values)),
    "json": json.loads,
    "last": lambda values: values[-1],
    "length": len,
    "less": lambda a, b: a < b,
    "lessorequals": lambda a, b: a <= b,
    "max": lambda *values: max(values[0] if isinstance(values[0], list) else values),
    "min": lambda *values: min(values[0] if isinstance(values[0], list) else values),
    "mod": lambda a, b: a % b,
    "mul": lambda a, b: a * b,
    "not": lambda value: not value,
    "null": lambda: NULL,
    "or": lambda *values: any(values),
    "range": lambda first, count: list(range(first, first + min(count, 10_000))),
    "replace": lambda text, old, new: text.replace(old, new),
    "skip": lambda values, count: values[max(count, 0) :],
    "split": lambda text, between: text.split(between),
    "startswith": lambda text, start: text.lower().startswith(start.lower()),
    "string": _text,
    "sub": lambda a, b: a - b,
    "substring": lambda text, first, length=None: (
        text[first:] if length is None else text[first : first + length]
    ),
    "take": lambda values, count: values[: max(count, 0)],
    "tolower": lambda text: text.lower(),
    "toupper": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "true": lambda: True,
    "union": _union,
}
