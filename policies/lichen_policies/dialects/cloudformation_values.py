"""CloudFormation's functions, evaluated as far as a template and its deployment give their values.

A value of another resource, a parameter that the deployment gives and what a macro makes are
UNKNOWN, with the reason. So is a parameter's default, which a deployment may replace. Where only a
condition is not known, a value is what both branches agree on.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from lichen.input_error import InputError
from lichen.parsing.at import At
from lichen_policies.dialects.deployment_input import DeploymentInput
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT, Unknown, is_unknown, text_of_parts

MOST_COPIES = 10_000
"""How many copies of their bodies a template's loops may make."""

_LEFT_OUT: Any = object()
_LOOP = "Fn::ForEach::"
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_RESOLVED = "{{resolve:"
_MALFORMED = Unknown("is set by a function whose arguments are not well formed")
_MACRO = Unknown("is set by a macro, which runs when it is deployed")
_NO_REGION = Unknown("is set by the region of the deployment, which nothing states")


class Template:
    """A template's parameters, mappings and conditions, under which its values are evaluated."""

    def __init__(
        self,
        document: Mapping[str, Any],
        given: DeploymentInput,
        assumed: Mapping[str, bool] | None = None,
    ) -> None:
        """``assumed`` are conditions that nobody can evaluate, with what is taken for their
        value. After reading it has the conditions and the parameters that are open: a
        condition that nobody can evaluate, a parameter without a value of which the allowed ones
        are listed."""
        self.parameters = _section(document, "Parameters")
        self.mappings = _section(document, "Mappings")
        self.conditions = _section(document, "Conditions")
        self.given = given
        self.copies = 0
        self.open_conditions: dict[str, None] = {}
        self.open_parameters: dict[str, list[str]] = {}
        self._document = document
        self._known: dict[str, bool | Unknown] = dict(assumed or {})
        self._assumed = dict(assumed or {})

    def assuming(self, condition: str, holds: bool) -> Template:
        """The same template where a condition holds, or where it does not."""
        return Template(self._document, self.given, {**self._assumed, condition: holds})

    def with_parameter(self, name: str, value: str) -> Template:
        """The same template where a deployment gives a value to a parameter."""
        parameters = {**self.given.parameters, name: value}
        given = msgspec.structs.replace(self.given, parameters=parameters)
        return Template(self._document, given, self._assumed)

    def value(self, written: Any) -> Any:
        """A value as far as it is known; None for a property that is left out."""
        found = self._value(written)
        return None if found is _LEFT_OUT else found

    def condition(self, name: object) -> bool | Unknown:
        """Whether a condition holds."""
        if not isinstance(name, str) or name not in self.conditions:
            return _MALFORMED
        if name not in self._known:
            self._known[name] = _MALFORMED  # for one that refers to itself
            self._known[name] = self._holds(self.conditions[name])
        return self._known[name]

    def each(self, written: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        """The entries of a mapping, with those that its loops make.

        The body of a loop over what is not known is there once, as it is written.
        """
        for key, part in written.items():
            if isinstance(key, str) and key.startswith(_LOOP):
                for copy in self._looped(key, part):
                    yield from self.each(copy)
            else:
                yield key, part

    def _value(self, written: Any) -> Any:
        if isinstance(written, str):
            return _resolved(written) if _RESOLVED in written else written
        if isinstance(written, list):
            parts = [self._value(part) for part in written]
            return [part for part in parts if part is not _LEFT_OUT]
        if not isinstance(written, Mapping):
            return written
        if len(written) == 1:
            name, argument = next(iter(written.items()))
            if name == "Ref":
                return self._ref(argument)
            if isinstance(name, str) and name.startswith("Fn::") and not name.startswith(_LOOP):
                return self._function(name, argument)
        if "Fn::Transform" in written:
            return _MACRO
        return {key: self.value(part) for key, part in self.each(written)}

    def _ref(self, name: object) -> Any:
        if not isinstance(name, str):
            return _MALFORMED
        if name == "AWS::NoValue":
            return _LEFT_OUT
        if name == "AWS::Region":
            return self.given.region or _NO_REGION
        if name == "AWS::Partition" and isinstance(self.given.region, str):
            return _partition(self.given.region)
        if name.startswith("AWS::"):
            return Unknown(written=f"${{{name}}}")
        if name in self.parameters:
            return self._parameter(name)
        return Unknown(AFTER_DEPLOYMENT, references=(name,), written=f"${{{name}}}")

    def _parameter(self, name: str) -> Any:
        declared = self.parameters[name]
        declared = declared if isinstance(declared, Mapping) else {}
        kind = str(declared.get("Type", "String"))
        if kind.startswith("AWS::SSM::"):
            return Unknown("is read from the parameter store when it is deployed")
        if name in self.given.parameters:
            return _as_declared(self.given.parameters[name], kind)
        if self.given.whole and "Default" in declared:
            return _as_declared(declared["Default"], kind)
        allowed = declared.get("AllowedValues")
        if isinstance(allowed, list) and allowed and all(map(_is_scalar, allowed)):
            if len(allowed) == 1:
                return allowed[0]
            self.open_parameters[name] = [*map(_text, allowed)]
        if "Default" in declared:
            return Unknown(
                f"is the parameter {name}, whose default a deployment may replace "
                f"(lichen check --parameter {name}=VALUE gives it)"
            )
        return Unknown(
            f"is the parameter {name}, which the deployment gives "
            f"(lichen check --parameter {name}=VALUE gives it)"
        )

    def _function(self, name: str, argument: Any) -> Any:
        evaluate = _FUNCTIONS.get(name)
        if evaluate is None:
            return Unknown("is set by a function whose value is known only after deployment")
        try:
            return evaluate(self, argument)
        except _Malformed:
            return _MALFORMED

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".") if isinstance(argument, str) else argument
        if not isinstance(parts, list) or not parts or not isinstance(parts[0], str):
            return _MALFORMED
        path = ".".join(map(str, parts))
        return Unknown(AFTER_DEPLOYMENT, references=(parts[0],), written=f"${{{path}}}")

    def _if(self, argument: Any) -> Any:
        condition, if_true, if_false = _list_of(argument, 3)
        holds = self.condition(condition)
        if not is_unknown(holds):
            return self._value(if_true if holds else if_false)
        if holds is not _MALFORMED:
            self.open_conditions[condition] = None
        because = holds if holds is _MALFORMED else Unknown(f"depends on the condition {condition}")
        return _common(self._value(if_true), self._value(if_false), because)

    def _sub(self, argument: Any) -> Any:
        text, values = _list_of(argument, 2) if isinstance(argument, list) else (argument, {})
        if not isinstance(text, str) or not isinstance(values, Mapping):
            return _MALFORMED

        def named(name: str) -> Any:
            name = name.strip()
            if name in values:
                return self._value(values[name])
            return self._get_att(name) if "." in name else self._ref(name)

        parts: list[Any] = []
        after = 0
        for found in _VARIABLE.finditer(text):
            parts.append(text[after : found.start()])
            literal = found[1].startswith("!")
            parts.append(f"${{{found[1][1:]}}}" if literal else named(found[1]))
            after = found.end()
        return _resolved(_together("", [*parts, text[after:]]))

    def _join(self, argument: Any) -> Any:
        separator, parts = _list_of(argument, 2)
        parts = self._value(parts)
        if is_unknown(parts):
            return parts
        if not isinstance(separator, str) or not isinstance(parts, list):
            return _MALFORMED
        return _resolved(_together(separator, parts))

    def _select(self, argument: Any) -> Any:
        index, parts = (self._value(part) for part in _list_of(argument, 2))
        if is_unknown(parts) or is_unknown(index):
            return parts if is_unknown(parts) else index
        try:
            return parts[int(index)] if isinstance(parts, list) and int(index) >= 0 else _MALFORMED
        except (IndexError, TypeError, ValueError):
            return _MALFORMED

    def _split(self, argument: Any) -> Any:
        separator, text = _list_of(argument, 2)
        text = self._value(text)
        if is_unknown(text):
            return text
        if not isinstance(separator, str) or not separator or not isinstance(text, str):
            return _MALFORMED
        return text.split(separator)

    def _find_in_map(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) not in (3, 4):
            return _MALFORMED
        name, top, second = (self._value(part) for part in argument[:3])
        if is_unknown(name) or is_unknown(second):
            return name if is_unknown(name) else second
        rows = self.mappings.get(name) if isinstance(name, str) else None
        if not isinstance(rows, Mapping):
            return _MALFORMED
        default = argument[3].get("DefaultValue") if len(argument) == 4 and isinstance(
            argument[3], Mapping
        ) else None  # fmt: skip
        if not is_unknown(top):
            row = _entry(rows, top)
            found = _entry(row, second) if isinstance(row, Mapping) else None
            return self._value(default if found is None else found) or Unknown(
                "is looked up in a mapping that does not have it"
            )
        every = [_entry(row, second) for row in rows.values() if isinstance(row, Mapping)]
        same = bool(every) and default is None and all(each == every[0] for each in every)
        return every[0] if same and every[0] is not None else top

    def _base64(self, argument: Any) -> Any:
        text = self._value(argument)
        if not isinstance(text, str):
            return text if is_unknown(text) else _MALFORMED
        return base64.b64encode(text.encode(errors="surrogatepass")).decode()

    def _length(self, argument: Any) -> Any:
        parts = self._value(argument)
        return len(parts) if isinstance(parts, list) else parts if is_unknown(parts) else _MALFORMED

    def _to_json(self, argument: Any) -> Any:
        try:
            return json.dumps(self.value(argument))
        except TypeError:  # a part of it is not known
            return Unknown()

    def _after_deployment(self, _argument: Any) -> Any:
        return Unknown()

    def _exported(self, _argument: Any) -> Any:
        return Unknown("is exported by another stack")

    def _macro(self, _argument: Any) -> Any:
        return _MACRO

    def _holds(self, written: Any) -> bool | Unknown:
        if not isinstance(written, Mapping) or len(written) != 1:
            return _MALFORMED
        name, argument = next(iter(written.items()))
        if name == "Condition":
            return self.condition(argument)
        if not isinstance(argument, list):
            return _MALFORMED
        if name == "Fn::Equals" and len(argument) == 2:
            return self._equal(*argument)
        parts = [self._holds(part) for part in argument]
        open_question: Unknown | None = next(filter(is_unknown, parts), None)
        if name == "Fn::Not" and len(parts) == 1:
            return not parts[0] if open_question is None else open_question
        if name in ("Fn::And", "Fn::Or") and parts:
            decides: bool = name == "Fn::Or"
            if any(part is decides for part in parts):
                return decides
            return not decides if open_question is None else open_question
        return _MALFORMED

    def _equal(self, first: Any, second: Any) -> bool | Unknown:
        values = [self._value(first), self._value(second)]
        for (written, value), other in zip(
            zip((first, second), values, strict=True), reversed(values), strict=True
        ):
            if is_unknown(value):
                allowed = self._allowed(written)
                if allowed and _is_scalar(other) and _text(other) not in allowed:
                    return False
                return value
        if all(map(_is_scalar, values)):
            return _text(values[0]) == _text(values[1])
        same: bool = values[0] == values[1]
        return same

    def _allowed(self, written: Any) -> list[str]:
        """The only values that a parameter may have; empty where any may be."""
        name = written.get("Ref") if isinstance(written, Mapping) else None
        declared = self.parameters.get(name) if isinstance(name, str) else None
        if not isinstance(declared, Mapping) or str(declared.get("Type")).startswith("AWS::SSM"):
            return []
        allowed = declared.get("AllowedValues")
        if not isinstance(allowed, list):
            return []
        return [_text(value) for value in allowed if _is_scalar(value)]

    def _looped(self, key: str, loop: Any) -> list[Mapping[str, Any]]:
        """The copies that a loop makes of its body."""
        if not isinstance(loop, list) or len(loop) != 3 or not isinstance(loop[2], Mapping):
            raise InputError("is not a loop", fix="give it a name, a list and a body", field=key)
        name, body = loop[0], loop[2]
        items = self._value(loop[1])
        if not isinstance(name, str) or not isinstance(items, list) or any(map(is_unknown, items)):
            return [body]
        self.copies += len(items)
        if self.copies > MOST_COPIES:
            raise InputError(f"makes more than {MOST_COPIES:,} copies", field=key)
        return [_with(name, _text(item), body) for item in items]


_FUNCTIONS: Mapping[str, Callable[[Template, Any], Any]] = {
    "Fn::GetAtt": Template._get_att,
    "Fn::If": Template._if,
    "Fn::Sub": Template._sub,
    "Fn::Join": Template._join,
    "Fn::Select": Template._select,
    "Fn::Split": Template._split,
    "Fn::FindInMap": Template._find_in_map,
    "Fn::Base64": Template._base64,
    "Fn::Length": Template._length,
    "Fn::ToJsonString": Template._to_json,
    "Fn::GetAZs": Template._after_deployment,
    "Fn::Cidr": Template._after_deployment,
    "Fn::ImportValue": Template._exported,
    "Fn::Transform": Template._macro,
}


class _Malformed(Exception):
    """Arguments that a function does not take."""


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _as_declared(value: Any, kind: str) -> Any:
    """A parameter's value: a text, or a list where the parameter is declared as one."""
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    if is_list and isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return value


def _list_of(argument: Any, length: int) -> list[Any]:
    if not isinstance(argument, list) or len(argument) != length:
        raise _Malformed
    return argument


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _text(value: object) -> str:
    """A scalar as CloudFormation compares it: all are texts there."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _entry(row: Mapping[str, Any], key: object) -> Any:
    """A value of a mapping, whose keys YAML may have read as numbers."""
    return row.get(_text(key)) if _is_scalar(key) else None


def _resolved(text: Any) -> Any:
    """A text, or UNKNOWN where it names a value of the parameter store or of a secret."""
    if isinstance(text, str) and _RESOLVED in text:
        return Unknown("is read from the parameter store or a secret when it is deployed")
    return text


def _together(separator: str, parts: list[Any]) -> Any:
    """Texts joined, or UNKNOWN where one of them is."""
    if any(map(is_unknown, parts)):
        texts = [_text(part) if _is_scalar(part) else "" for part in parts]
        found = text_of_parts(parts, texts, separator)
        found.because = found.because.replace("is the parameter", "is made of the parameter", 1)
        return found
    if not all(map(_is_scalar, parts)):
        return _MALFORMED
    return separator.join(map(_text, parts))


def _common(first: Any, second: Any, because: Unknown) -> Any:
    """What two values agree on: the rest is UNKNOWN."""
    if is_unknown(first) and is_unknown(second) and first.because == second.because:
        return Unknown(first.because, references=(*first.references, *second.references))
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return {
            key: _common(first.get(key), second.get(key), because)
            for key in dict.fromkeys((*first, *second))
        }
    if isinstance(first, list) and isinstance(second, list):
        shorter, longer = sorted((first, second), key=len)
        pairs = zip(shorter, longer, strict=False)
        rest: list[Any] = [because] * (len(longer) - len(shorter))
        return [*(_common(one, other, because) for one, other in pairs), *rest]
    if first is second or (
        _is_scalar(first) and _is_scalar(second) and _text(first) == _text(second)
    ):
        return first
    references = [name for each in (first, second) if is_unknown(each) for name in each.references]
    return Unknown(because.because, references=tuple(references))


def _with(name: str, item: str, body: Any) -> Any:
    """The body of a loop for one item: keys, texts and references have it in place of the name."""
    if isinstance(body, str):
        return body.replace(f"${{{name}}}", item).replace(f"&{{{name}}}", _letters(item))
    if isinstance(body, list):
        return [_with(name, item, part) for part in body]
    if not isinstance(body, Mapping):
        return body
    if body == {"Ref": name}:
        return item
    made = At((_with(name, item, key), _with(name, item, part)) for key, part in body.items())
    made.line = body.line if isinstance(body, At) else None
    return made


def _letters(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)


def _partition(region: str) -> str:
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")
