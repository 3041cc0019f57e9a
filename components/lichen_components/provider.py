"""The components as a package for every language: its schema, and how inputs come from there.

Pulumi's own provider makes a schema of Python's annotations, and maps names. Here words that an
input may have become enums, and what no input has is refused: the SDK drops an unknown name.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails
from pulumi.provider import Provider
from pulumi.provider.experimental.analyzer import (
    Analyzer,
    ComponentDefinition,
    EnumValueDefinition,
    PropertyDefinition,
    PropertyType,
    TypeDefinition,
)
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.experimental.schema import generate_schema

from lichen.clouds import CloudName
from lichen.document import did_you_mean
from lichen.words import Environment, Mode, Objective, Precision, WayOfBuying
from lichen_components.workload_args import ModelKind

NAMED: Mapping[Any, str] = {
    CloudName: "Cloud",
    Environment: "Environment",
    Mode: "Mode",
    ModelKind: "ModelKind",
    Objective: "Objective",
    Precision: "Precision",
    WayOfBuying: "WayOfBuying",
}
"""The words that have a name of their own; others are named after the input that takes them."""

_ENDING = "Args"
"""What a class of inputs ends with; languages add an ending of their own to a type."""


class _Wrong:
    """What is wrong with inputs, each with its path."""

    def __init__(self) -> None:
        self.said: list[InputPropertyErrorDetails] = []

    def say(self, path: str, what: str, fix: str) -> None:
        reason = f"{what}. Fix: {fix}".removesuffix(".")
        ends = "" if reason.endswith("?") else "."
        self.said.append({"property_path": path, "reason": reason + ends})


class WordsAnalyzer(Analyzer):
    """The SDK's analyzer, which refuses `Literal`; here it is an enum of strings."""

    def analyze_property(
        self,
        arg: Any,
        typ: type,
        name: str,
        *,
        can_be_plain: bool,
        is_component_output: bool,
        optional: bool | None = None,
    ) -> PropertyDefinition:
        if get_origin(arg) is not Literal:
            return super().analyze_property(
                arg,
                typ,
                name,
                can_be_plain=can_be_plain,
                is_component_output=is_component_output,
                optional=optional,
            )
        of = NAMED.get(arg) or f"{typ.__name__.removesuffix(_ENDING)}{_pascal(name)}"
        self.type_definitions[of] = TypeDefinition(
            name=of,
            type=PropertyType.STRING,
            properties={},
            properties_mapping={},
            module=typ.__module__,
            python_type=str,
            enum=[EnumValueDefinition(name=_pascal(word), value=word) for word in get_args(arg)],
        )
        return PropertyDefinition(
            ref=f"#/types/{self.name}:index:{of}",
            optional=bool(optional),
            plain=True if can_be_plain else None,
            description=self.get_docstring(typ, name),
        )


class Package(ComponentProvider):
    """A provider of components that refuses what no input has."""

    def __init__(
        self, components: list[type[pulumi.ComponentResource]], name: str, version: str
    ) -> None:
        self._name = name
        self.analyzer = WordsAnalyzer(name)
        found = self.analyzer.analyze(components)
        self._components = {component.__name__: component for component in components}
        self._component_defs = found["component_definitions"]
        self._type_defs = found["type_definitions"]
        self._external_enum_types = found["external_enum_types"]
        self._dependencies = sorted(found["dependencies"], key=lambda of: of.name)
        self._tidy()
        schema = generate_schema(
            name, version, None, self._component_defs, self._type_defs, self._dependencies
        )
        Provider.__init__(self, version, json.dumps(schema.to_json()))

    def map_inputs(self, inputs: Any, component_def: ComponentDefinition) -> dict[str, Any]:
        """The inputs by their names in Python; InputPropertiesError with all that is wrong.

        The SDK's own mapping is not used: it drops unknown names, blocks that are not known yet,
        and the words of a list of enums.
        """
        of, wrong = component_def, _Wrong()
        mapped = self._object(inputs, of.inputs, of.inputs_mapping, "", f"on {of.name}", wrong)
        if wrong.said:
            raise InputPropertiesError(f"{of.name} cannot be made", wrong.said)
        return mapped

    def _object(
        self,
        inputs: Mapping[str, Any],
        properties: Mapping[str, PropertyDefinition],
        in_python: Mapping[str, str],
        path: str,
        of: str,
        wrong: _Wrong,
    ) -> dict[str, Any]:
        before = f"{path}." if path else ""
        for name in inputs:
            if name not in properties:
                nearest = did_you_mean(name, list(properties))
                wrong.say(before + name, f"unknown input {name!r} {of}", nearest)
        mapped = {}
        for name, wanted in properties.items():
            value = inputs.get(name)
            if value is not None:
                mapped[in_python[name]] = self._value(value, wanted, before + name, wrong)
            elif not wanted.optional:
                wrong.say(before + name, f"is required {of}", f"add {name}")
        return mapped

    def _value(self, value: Any, wanted: PropertyDefinition, path: str, wrong: _Wrong) -> Any:
        kind = self._type_defs.get(wanted.ref.rpartition(":")[2]) if wanted.ref else None
        if kind is not None and not kind.enum:
            if isinstance(value, Mapping):
                properties, in_python = kind.properties, kind.properties_mapping
                return self._object(value, properties, in_python, path, f"in {path}", wrong)
            what = "is not a mapping that is known when the program runs"
            wrong.say(path, what, f"give {', '.join(kind.properties)}")
        elif isinstance(value, pulumi.Output):
            return value  # the component reads it once it is known
        elif kind is not None and kind.enum:
            words = [str(member.value) for member in kind.enum]
            if value not in words:
                wrong.say(path, f"{value!r} is none of its words", did_you_mean(str(value), words))
        elif wanted.items is not None and isinstance(value, list | tuple):
            return [
                self._value(item, wanted.items, f"{path}[{index}]", wrong)
                for index, item in enumerate(value)
            ]
        elif wanted.type is PropertyType.INTEGER and isinstance(value, float):
            if value.is_integer():  # every number comes as a float
                return int(value)
            wrong.say(path, f"{value:g} is not a whole number", "write a whole one")
        return value

    def _tidy(self) -> None:
        """Types without Python's ending, sentences without Python's indentation."""
        for kind in self._type_defs.values():
            kind.name = kind.name.removesuffix(_ENDING)
        self._type_defs = {kind.name: kind for kind in self._type_defs.values()}
        definitions: list[TypeDefinition | ComponentDefinition] = [
            *self._type_defs.values(),
            *self._component_defs.values(),
        ]
        for definition in definitions:
            if definition.description:
                definition.description = inspect.cleandoc(definition.description)
        for prop in self._all_properties():
            if prop.ref:
                prop.ref = prop.ref.removesuffix(_ENDING)
            if prop.description:
                prop.description = inspect.cleandoc(prop.description)

    def _all_properties(self) -> Iterator[PropertyDefinition]:
        waiting = [
            *(prop for kind in self._type_defs.values() for prop in kind.properties.values()),
            *(prop for it in self._component_defs.values() for prop in it.inputs.values()),
            *(prop for it in self._component_defs.values() for prop in it.outputs.values()),
        ]
        for prop in waiting:
            yield prop
            waiting.extend(part for part in (prop.items, prop.additional_properties) if part)


def _pascal(text: str) -> str:
    """`fp8-kv8` as a name in code: ``Fp8Kv8``."""
    words: Iterable[str] = text.replace("_", "-").split("-")
    return "".join(word[:1].upper() + word[1:] for word in words)
