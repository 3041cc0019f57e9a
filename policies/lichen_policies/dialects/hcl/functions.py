"""The functions of Terraform's language that need no file, no clock and no chance.

Each takes plain values. One whose arguments are not known is not called, but for those that only
put values together: what is known in them stays known.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from lichen_policies.facts.unknown import has_unknown, is_unknown

Function = Callable[..., Any]

_MOST_NUMBERS = 1024
"""Terraform's own bound of ``range`` (HashiCorp, Terraform language, range function)."""


def _flatten(values: list[Any]) -> Any:
    """One list of all; not known where a part is not, which may be a list of any length."""
    together = _flat(values)
    return next(filter(is_unknown, together), together)


def _flat(values: list[Any]) -> list[Any]:
    return [
        part for value in values for part in (_flat(value) if isinstance(value, list) else [value])
    ]


def _merge(*tables: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for table in tables if table is not None for key, value in table.items()}


def _unique(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _replace(text: str, old: str, new: str) -> str:
    if len(old) > 1 and old[0] == old[-1] == "/":
        raise ValueError("a regular expression of another engine")
    return text.replace(old, new)


def _format(form: str, *values: Any) -> str:
    return form.replace("%v", "%s") % tuple(map(_printed, values))


def _printed(value: Any) -> Any:
    if isinstance(value, list | dict):
        raise ValueError("printed in a form of its own")
    return _text(value) if isinstance(value, bool) else value


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > _MOST_NUMBERS:
        raise ValueError("more numbers than Terraform makes")
    return list(numbers)


def _json(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    for sign in "<>&":  # as Terraform writes them
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


class _JsonObject(dict[str, Any]):
    """An object whose JSON has parts that are not known."""


class _JsonArray(list[Any]):
    """An array whose JSON has parts that are not known."""


class _Compacted(list[Any]):
    """A list of which parts are not known, and may not be there."""


HALF_KNOWN = (_JsonObject, _JsonArray, _Compacted)
"""What no function can read, though something is known of what is in it."""


def _json_of(value: Any) -> Any:
    """A value as JSON; where a part of it is not known, what is in it, so that the rest is read."""
    if not has_unknown(value):
        return _json(value)
    return _JsonArray(value) if isinstance(value, list) else _JsonObject(value)


def _compact(values: list[Any]) -> list[Any]:
    kept = [each for each in values if is_unknown(each) or each not in (None, "")]
    return _Compacted(kept) if has_unknown(kept) else kept


def _lookup(table: Mapping[str, Any], key: str, *default: Any) -> Any:
    return table.get(key, *default) if default else table[key]


def _number(value: Any) -> Any:
    number = float(value)
    return int(number) if number.is_integer() else number


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flag(value: Any) -> bool:
    return {"true": True, "false": False}[_text(value)]


TOGETHER: Mapping[str, Function] = {
    "compact": _compact,
    "concat": lambda *lists: list(chain.from_iterable(lists)),
    "element": lambda values, index: values[index % len(values)],
    "flatten": _flatten,
    "jsonencode": _json_of,
    "keys": lambda table: sorted(table),
    "length": len,
    "lookup": _lookup,
    "merge": _merge,
    "tolist": list,
    "tomap": dict,
    "values": lambda table: [table[key] for key in sorted(table)],
    "zipmap": lambda keys, values: dict(zip(keys, values, strict=True)),
}
"""Those that put values together, or take one out, whether their parts are known or not."""

FUNCTIONS: Mapping[str, Function] = {
    **TOGETHER,
    "abs": abs,
    "base64encode": lambda text: base64.b64encode(text.encode()).decode(),
    "ceil": math.ceil,
    "coalesce": lambda *values: next(each for each in values if each not in (None, "")),
    "contains": lambda values, value: value in values,
    "distinct": _unique,
    "endswith": lambda text, end: text.endswith(end),
    "floor": math.floor,
    "format": _format,
    "join": lambda between, values: between.join(map(_text, values)),
    "jsondecode": json.loads,
    "lower": lambda text: text.lower(),
    "max": max,
    "min": min,
    "range": _range,
    "replace": _replace,
    "sort": sorted,
    "split": lambda between, text: text.split(between),
    "startswith": lambda text, start: text.startswith(start),
    "title": lambda text: text.title(),
    "tobool": _flag,
    "tonumber": _number,
    "toset": lambda values: _unique(sorted(values)),
    "tostring": _text,
    "trimprefix": lambda text, start: text.removeprefix(start),
    "trimspace": lambda text: text.strip(),
    "trimsuffix": lambda text, end: text.removesuffix(end),
    "upper": lambda text: text.upper(),
}
"""Those whose value is known where every argument is."""
