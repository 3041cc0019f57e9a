"""An ARM template of Azure, in JSON: what it declares, deployments inside of it among them.

A parameter has the value that the deployment gives it; a default that may be replaced is none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from lichen.document import InputError, did_you_mean
from lichen.parsing.at import At
from lichen.parsing.bounds import too_deep
from lichen_policies.dialects.azure import expressions
from lichen_policies.dialects.azure.declared import WRITTEN, numbered, resource
from lichen_policies.dialects.azure.expressions import named
from lichen_policies.dialects.azure.functions import OPEN
from lichen_policies.dialects.deployment_input import DeploymentInput
from lichen_policies.facts.numbers import whole_in
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Maybe, Unknown

_SCHEMA = "deploymenttemplate.json"
_DEPLOYMENT = "microsoft.resources/deployments"
_STACK = "microsoft.resources/deploymentstacks"
"""A deployment whose template is always evaluated by itself."""
_MOST_COPIES = 1000
"""Of one resource, at the most (Microsoft Learn, ARM templates, resource iteration: 800)."""

_LOOP: Any = Unknown("is made of itself")
_NOT_GIVEN: Any = Unknown("is not given")


def recognises(document: Mapping[str, Any]) -> bool:
    schema = document.get("$schema")
    return isinstance(schema, str) and _SCHEMA in schema.lower()


def resources(
    document: Mapping[str, Any], file: str, given: DeploymentInput | None = None
) -> list[Resource]:
    """The resources that a template makes; :class:`InputError` where it is not whole."""
    given = given or DeploymentInput()
    values: dict[str, Any] = dict(given.parameters)
    declared = _spelled(document).get("parameters")
    for name in values if given.exact else ():
        if not isinstance(declared, Mapping) or named(declared, name) is None:
            raise InputError(
                "is no parameter of the template",
                fix=did_you_mean(name, declared if isinstance(declared, Mapping) else ()),
                field=name,
            )
    return numbered(list(_Template(document, file, values, is_whole=given.whole).resources()))


class _Template:
    """A template with what its names hold. What is ``is_whole`` is given no more, so that other
    parameters have their defaults."""

    def __init__(
        self,
        document: Mapping[str, Any],
        file: str,
        given: Mapping[str, Any],
        line: int | None = None,
        *,
        is_whole: bool,
    ) -> None:
        self._is_whole = is_whole
        self._document = _spelled(document)
        self._file = file
        self._given = given
        self._variables: dict[str, Any] = {}
        self._defaults: dict[str, Any] = {}
        self._copies: list[int] = []
        self._turns: dict[str, int] = {}
        self._line = line

    def resources(self) -> Iterator[Resource]:
        written = _listed(self._document.get("resources", []))
        if not isinstance(written, list):
            raise InputError("is not a list", fix="give the whole template", field="resources")
        for each in written:
            yield from self._made(each, "", ())

    def _made(self, declared: Any, outer: str, names: tuple[Any, ...]) -> Iterator[Resource]:
        """What a declaration makes, in each of its copies, with what is inside of it."""
        written = _spelled(declared) if isinstance(declared, Mapping) else {"existing": True}
        if written.get("existing"):
            return
        if isinstance(declared, At):  # what is inside of it is said to be where it begins
            self._line = declared.line
        made = self._value(written.get("condition", True))
        if made is False:
            return
        only_if = "" if made is True else _shown(written["condition"])
        copy = written.get("copy")
        if not isinstance(copy, Mapping):
            yield from self._one(written, outer, names, only_if)
            return
        asked = named(copy, "count")
        found = self._value(asked)
        count = found if isinstance(found, int) else whole_in(str(found))
        if count is None:
            yield from self._one(written, outer, names, only_if or _shown(asked))
            return
        _check_copies(count)
        for index in range(count):
            self._copies.append(index)
            yield from self._one(written, outer, names, only_if)
            self._copies.pop()

    def _one(
        self, written: Mapping[str, Any], outer: str, names: tuple[Any, ...], only_if: str
    ) -> Iterator[Resource]:
        own_type, own_name = written.get("type"), self._value(written.get("name"))
        if not isinstance(own_type, str):
            raise InputError("is missing", fix="give the whole template", field="resources[].type")
        # What is inside of another resource and no part of it has its whole type.
        is_part = outer and "." not in own_type.partition("/")[0]
        type_ = f"{outer}/{own_type}" if is_part else own_type
        names = names if is_part else ()
        parts = own_name.split("/") if isinstance(own_name, str) else [OPEN]
        depth = type_.count("/")
        ways: tuple[Any, ...] = (*names, *parts)
        ways = (*[OPEN] * (depth - len(ways)), *ways)[-depth:]
        if type_.lower() in (_DEPLOYMENT, _STACK):
            yield from self._inside(written, only_if)
            return
        plain = {
            key: self._value(part)
            for key, part in written.items()
            if key not in ("resources", "copy", "condition", "dependsOn", "name")
        }
        yield resource(type_, ways, plain, file=self._file, line=self._line, only_if=only_if)
        for each in _listed(written.get("resources") or ()):
            yield from self._made(each, type_, ways)

    def _inside(self, written: Mapping[str, Any], only_if: str) -> Iterator[Resource]:
        """The resources of a deployment inside of the template, where its template is here too."""
        inner = written.get("properties")
        template = named(inner, "template") if isinstance(inner, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(template, Mapping):
            made = resource(
                str(written["type"]), (OPEN,), {}, file=self._file, line=self._line, only_if=only_if
            )
            unseen = "deploys a template that it links to, which is not read"
            yield msgspec.structs.replace(made, unseen=unseen)
            return
        options = named(inner, "expressionEvaluationOptions")
        scope = named(options, "scope", "outer") if isinstance(options, Mapping) else "outer"
        if str(scope).lower() != "inner" and str(written["type"]).lower() != _STACK:
            merged = {**self._document, "resources": named(template, "resources", [])}
            same = _Template(merged, self._file, self._given, self._line, is_whole=self._is_whole)
            same._copies = [*self._copies]
            yield from same.resources()
            return
        passed = named(inner, "parameters")
        given = {
            name: self._value(named(each, "value", OPEN))
            for name, each in (passed.items() if isinstance(passed, Mapping) else ())
            if isinstance(each, Mapping)
        }
        own = _Template(template, self._file, given, self._line, is_whole=True)
        yield from own.resources()

    def _value(self, written: Any) -> Any:
        try:
            return self._read(written)
        except RecursionError:  # calls in each other, of what begins in this line
            raise too_deep("" if self._line is None else f"line {self._line}") from None

    def _read(self, written: Any) -> Any:
        if isinstance(written, list):
            return [self._read(part) for part in written]
        if not isinstance(written, Mapping):
            return expressions.value(written, self._call)
        loops = _loops(written)
        found = {
            key: self._read(part) for key, part in written.items() if key != "copy" or not loops
        }
        return found | {name: self._turned(name, loop) for name, loop in loops.items()}

    def _turned(self, name: str, loop: Mapping[str, Any]) -> Any:
        """The list that a loop inside of an object makes."""
        found = self._read(loop.get("count"))
        count = found if isinstance(found, int) else whole_in(str(found))
        if count is None:
            return OPEN
        _check_copies(count)
        outer = self._turns
        made: list[Any] = []
        for index in range(count):
            self._turns = {**outer, name: index}
            made.append(self._read(loop.get("input")))
        self._turns = outer
        return made

    def _call(self, name: str, arguments: list[Any]) -> Any:
        return expressions.of_the_template(name, arguments, self._own)

    @property
    def _own(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "parameters": self._parameter,
            "variables": self._variable,
            "copyindex": self._copy_index,
        }

    def _copy_index(self, *arguments: Any) -> Any:
        offset = next((each for each in arguments if isinstance(each, int)), 0)
        name = next((each for each in arguments if isinstance(each, str)), "")
        if name in self._turns:
            return self._turns[name] + offset
        return self._copies[-1] + offset if self._copies else OPEN

    def _parameter(self, *arguments: Any) -> Maybe[Any]:
        name = arguments[0] if arguments else ""
        declared = self._document.get("parameters")
        each = named(declared, name) if isinstance(declared, Mapping) else None
        kind = str(each.get("type", "")).lower() if isinstance(each, Mapping) else ""
        if kind.startswith("secure"):
            return Unknown("is secret, so Lichen does not read it")
        given = named(self._given, name, _NOT_GIVEN)
        if given is not _NOT_GIVEN:
            return as_declared(given, kind)
        default = each.get("defaultValue", OPEN) if isinstance(each, Mapping) else OPEN
        if self._is_whole and isinstance(each, Mapping):  # without a value, it may be left out
            return None if default is OPEN else self._default(str(name), default)
        return unset(str(name), has_default=default is not OPEN)

    def _default(self, name: str, written: Any) -> Any:
        if name not in self._defaults:
            self._defaults[name] = _LOOP
            self._defaults[name] = self._value(written)
        return self._defaults[name]

    def _variable(self, *arguments: Any) -> Any:
        name = arguments[0] if arguments else ""
        written = self._document.get("variables")
        if not isinstance(written, Mapping):
            return OPEN
        name = str(name).lower()
        if name not in self._variables:
            self._variables[name] = _LOOP
            loop, plain = named(_loops(written), name), named(written, name, OPEN)
            self._variables[name] = (
                self._turned(loop["name"], loop) if loop is not None else self._value(plain)
            )
        return self._variables[name]


_TOP = ("parameters", "variables", "resources")
_OF_A_RESOURCE = (*WRITTEN, "type", "existing", "condition", "copy", "dependsOn")
_WORDS = {word.lower(): word for word in (*_TOP, *_OF_A_RESOURCE)}


def _spelled(written: Mapping[str, Any]) -> dict[str, Any]:
    """A template or a declaration with its documented words: Azure takes any letters."""
    return {_WORDS.get(key.lower(), key): each for key, each in written.items()}


def _listed(written: Any) -> Any:
    """Resources in a list; in language version 2.0 each has a symbolic name."""
    return list(written.values()) if isinstance(written, Mapping) else written


def _loops(written: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The loops inside of an object, by the name of the property that each makes (Microsoft Learn,
    ARM templates, property iteration and variable iteration)."""
    copy = written.get("copy")
    if not isinstance(copy, list):
        return {}
    return {
        each["name"]: each
        for each in copy
        if isinstance(each, Mapping) and isinstance(each.get("name"), str)
    }


def _check_copies(count: int) -> None:
    if count > _MOST_COPIES:
        raise InputError(f"is more than {_MOST_COPIES}", fix="correct it", field="copy.count")


def unset(name: str, *, has_default: bool) -> Unknown:
    """A parameter that nobody gives a value; a default may be replaced."""
    what = "is the default of" if has_default else "is"
    because = ", which may be replaced" if has_default else ", which has no value here"
    return Unknown(f"{what} the parameter {name}{because} (give --parameter {name}=...)")


def as_declared(found: Any, kind: str) -> Any:
    """A value of the command line, which is text, as the parameter's type says; one of a type that
    the template declares itself as it looks."""
    if not isinstance(found, str) or kind == "string":
        return found
    is_plain = kind in ("int", "bool") or found.lstrip()[:1] in ("[", "{")
    with suppress(ValueError):
        return json.loads(found.lower() if kind == "bool" else found) if is_plain else found
    return found


def _shown(written: Any) -> str:
    """A condition by the functions and names in it."""
    text = written if isinstance(written, str) else "of its copies"
    return text.strip("[]")
