"""Plain English for the mistakes that msgspec finds in a document.

msgspec has no structured errors: its message texts are read here. Its version is bounded in
pyproject.toml for that, and tests/test_document_errors.py has every form of message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from lichen.input_error import InputError, did_you_mean, nearest

_BAD_KEY = re.compile(r"Expected (?P<what>.+?), got `\w+` - at `key` in `\$(?P<path>.*)`")
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<key>.*)`")
_BAD_ENUM = re.compile(r"Invalid enum value '?(?P<word>[^']*)'?")
_MISSING = re.compile(r"Object missing required field `(?P<key>.*)`")


def explained(message: str, value: Any, to: Any, *, quotes: bool = True) -> InputError:
    """The error behind msgspec's ``message`` about ``value``, which was to become ``to``; where it
    ``quotes``, with the value that is wrong."""
    what, _, at = message.partition(" - at `$")
    path = _with_keys(at.removesuffix("`").lstrip(".").replace("[...]", "[]"), value, to)
    if bad_key := _BAD_KEY.match(message):
        return InputError(
            f"a key is not {in_words(bad_key['what'])}",
            fix="put quotes around it",
            field=bad_key["path"].lstrip("."),
        )
    if unknown := _UNKNOWN_FIELD.match(what):
        holder = _type_at(to, path)
        key = unknown["key"]
        return InputError(
            f"{key!r} is not a field",
            fix=did_you_mean(key, _meant(key, holder, _found(value, path))),
            field=".".join(p for p in (path, key) if p),
        )
    if missing := _MISSING.match(what):
        field = ".".join(p for p in (path, missing["key"]) if p)
        return InputError("is required", fix=f"add {missing['key']}:", field=field)
    found = _value_at(value, path)
    if bad := _BAD_ENUM.match(what):
        return InputError(
            f"{repr(bad['word']) if quotes else 'it'} is not a valid value",
            fix=did_you_mean(bad["word"], map(str, _enum_values(_type_at(to, path)))),
            field=path,
        )
    shown = _shown(found) if quotes and found is not _NOTHING else "it"
    if what == _BAD_DATE:
        return InputError(f"{shown} is not a date", fix="write it like 2027-03-31", field=path)
    if _PATTERN in what and (described := _description_at(to, path)):
        return InputError(f"{shown} is not a valid value", fix=f"give {described}", field=path)
    if found == "" and _TOO_SHORT.match(what):
        return InputError("is empty", fix=f"give {path.rpartition('.')[2]} a text", field=path)
    if expected := _EXPECTED.match(what):
        words = in_words(expected["what"])
        fix = f"give {words}{_in_a_list(found, _type_at(to, path)) if quotes else ''}"
        return InputError(f"{shown} is not {words}", fix=fix, field=path)
    return InputError(what[:1].lower() + what[1:], field=path)


def _shown(found: Any) -> str:
    """A value as YAML writes it."""
    words = {None: "null", True: "true", False: "false"}
    return words[found] if found is None or isinstance(found, bool) else repr(found)


_PLAIN = re.compile(r"[A-Za-z][\w.-]*|-?\d+")


def _in_a_list(found: Any, type_: Any) -> str:
    """``: [sagemaker]``, where the value alone would be a list's entry; empty where not."""
    plain = found is not _NOTHING and _PLAIN.fullmatch(str(found))
    takes = not isinstance(found, bool | None) and _is([found], type_)
    return f": [{found}]" if plain and takes else ""


_PATTERN = "matching regex"
_TOO_SHORT = re.compile(r"Expected `str` of length >= 1$")
_BAD_DATE = "Invalid RFC3339 encoded date"
_EXPECTED = re.compile(r"Expected (?P<what>.+?)(?:, got `\w+`)?$")
_WORDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "Object": "a mapping",
    "null": "nothing",
}


def in_words(expected: str) -> str:
    """msgspec's ```float` >= 0.0`` in the words of a person who writes YAML."""
    words = re.sub(r"`([^`]*)`", lambda quoted: _types_in_words(quoted[1]), expected)
    words = re.sub(r" or null\b", " or nothing", words)
    counted = "characters" if words.startswith("text") else "entries"
    words = re.sub(r" of length >= (\d+)$", rf" of at least \1 {counted}", words)
    words = re.sub(r" of length <= (\d+)$", rf" of at most \1 {counted}", words)
    words = re.sub(r" matching regex (.+)$", r" that matches \1", words)
    return re.sub(r"(>=|<=|>|<) (-?\d+)\.0\b", r"\1 \2", words)


def _types_in_words(types: str) -> str:
    """``str | object`` as ``text or a mapping``."""
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | "))


_NOTHING = object()


def _steps(path: str) -> list[str]:
    """``a.b[0].c`` as ``a``, ``b``, ``[0]``, ``c``."""
    return re.findall(r"\[\d*\]|[^.\[\]]+", path)


def _value_at(value: Any, path: str) -> Any:
    found = _found(value, path)
    return found if isinstance(found, str | int | float | bool | None) else _NOTHING


def _found(value: Any, path: str) -> Any:
    for step in _steps(path):
        index = step.strip("[]")
        if step.startswith("[") and index and isinstance(value, list | tuple):
            value = value[int(index)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return _NOTHING
    return value


def _with_keys(path: str, value: Any, to: Any) -> str:
    """A path with the key of a mapping where msgspec writes none: ``levels[]`` is the first entry
    of ``levels`` that is no value of its type."""
    while "[]" in path:
        before, _, after = path.partition("[]")
        holder, type_ = _found(value, before), _type_at(to, f"{before}[]")
        key = (
            next((key for key in holder if not _is(holder[key], type_)), None)
            if (isinstance(holder, dict))
            else None
        )
        if key is None or "[" in str(key):
            return path
        path = ".".join(part for part in (before, str(key)) if part) + after
    return path


def _is(value: Any, type_: Any) -> bool:
    try:
        msgspec.convert(value, type_, strict=True)
    except msgspec.ValidationError:
        return False
    return True


def _type_at(to: Any, path: str) -> Any:
    """The type that a path ends at, looking through ``X | None`` and containers."""
    for step in _steps(path):
        holders = _options(to)
        mapping = next((h for h in holders if get_origin(h) in (dict, Mapping)), None)
        struct = next((h for h in holders if hasattr(h, "__struct_fields__")), None)
        if mapping is not None and (struct is None or step == "[]"):
            to = get_args(mapping)[-1]
        elif step.startswith("["):
            to = next((get_args(h)[0] for h in holders if get_args(h)), None)
        else:
            if struct is None:
                return next((get_args(h)[-1] for h in holders if get_args(h)), None)
            to = get_type_hints(struct, include_extras=True).get(step)
    return to


def _description_at(to: Any, path: str) -> str:
    """What the annotation at a path says of its values, in words; empty where it says nothing."""
    metas = getattr(_type_at(to, path), "__metadata__", ())
    return next((meta.description for meta in metas if meta.description), "")


def _options(to: Any) -> list[Any]:
    """The types of ``X | Y | None``, or the type itself; without their annotations."""
    if get_origin(to) is Annotated:
        to = get_args(to)[0]
    if isinstance(to, UnionType) or get_origin(to) is Union:
        args = [arg for arg in get_args(to) if arg is not type(None)]
        return [option for arg in args for option in _options(arg)]
    return [to]


def _field_names(to: Any) -> list[str]:
    return [
        name for option in _options(to) for name in getattr(option, "__struct_encode_fields__", ())
    ]


_CLOSE = 0.75
"""How close a wrong key is to a missing field that it means before any other."""


def _meant(key: str, to: Any, given: Any) -> list[str]:
    """The fields that a wrong key may mean: of those that are like it only the ones that must be
    there and are missing, if any is. ``modle`` is ``model`` where there is no model, not
    ``mode``."""
    names = _field_names(to)
    required = {
        field.encode_name
        for option in _options(to)
        if hasattr(option, "__struct_fields__")
        for field in msgspec.structs.fields(option)
        if field.required
    }
    missing = [name for name in names if name in required - set(given or ())]
    return nearest(key, missing, _CLOSE) or names


def _enum_values(to: Any) -> list[Any]:
    return [value for option in _options(to) for value in get_args(option)]
