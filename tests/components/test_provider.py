"""The package that other languages see: its schema, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pulumi
import pytest
from lichen_components import Endpoint, workload_args
from lichen_components.provider import Package
from lichen_components.workload_args import WorkloadArgs
from pulumi.errors import InputPropertiesError

from lichen import workload as engine
from lichen.words import Environment, Mode, Objective, Precision
from tests.components.narrowed import ARTIFACTS, CHAT, camel

TYPES = "lichen:index:"


@pytest.fixture(scope="module")
def package() -> Package:
    return Package([Endpoint], "lichen", "0.1.0")


@pytest.fixture(scope="module")
def schema(package: Package) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(package.schema or "")
    return read


def refused(package: Package, inputs: dict[str, Any]) -> dict[str, str]:
    """The path of each mistake, and what is said of it."""
    definition = package._component_defs["Endpoint"]
    with pytest.raises(InputPropertiesError) as error:
        package.map_inputs(inputs, definition)
    return {it["property_path"]: it["reason"] for it in error.value.errors or ()}


def test_inputs_in_camel_case_are_a_file_in_snake_case(package: Package) -> None:
    definition = package._component_defs["Endpoint"]
    inputs = {"workload": camel(CHAT), "artifacts": ARTIFACTS, "aws": {"idleAlarmHours": 3.0}}
    mapped = package.map_inputs(inputs, definition)
    assert mapped == {"workload": CHAT, "artifacts": ARTIFACTS, "aws": {"idle_alarm_hours": 3}}
    assert repr(mapped["aws"]["idle_alarm_hours"]) == "3"


def test_every_mistake_is_refused_by_its_name_with_the_nearest_right_one(
    package: Package,
) -> None:
    workload = camel(CHAT)
    wrong = {
        "workload": {
            **workload,
            "environment": "production",
            "traffic": {**workload["traffic"], "peak_rps": 1.0, "inputTokens": 600.5},
            "where": {"near": [{"regoin": "eu-west-3", "withinMs": 30}]},
        },
        "artefacts": ARTIFACTS,
        "aws": {"balancer": {"pubic": True}, "schedules": [{"mininum": 1}]},
        "pin": "inf2.xlarge",
    }
    said = refused(package, wrong)
    assert said["artefacts"] == (
        "unknown input 'artefacts' on Endpoint. Fix: did you mean 'artifacts'?"
    )
    nearest = {
        "workload.environment": "'prod'",
        "workload.traffic.peak_rps": "'peakRps'",
        "workload.traffic.inputTokens": "not a whole number",
        "workload.where.near[0].regoin": "'region'",
        "workload.where.near[0].region": "add region",
        "aws.balancer.pubic": "'public'",
        "aws.schedules[0].mininum": "'minimum'",
        "pin": "give machine, region",
    }
    assert {path: word for path, word in nearest.items() if word not in said[path]} == {}
    assert said.keys() == {"artefacts", *nearest}


def test_a_block_that_is_not_known_yet_is_refused_not_dropped(package: Package) -> None:
    block = pulumi.Output.from_input({"artifacts": ARTIFACTS})
    said = refused(package, {"workload": camel(CHAT), "aws": block})
    assert "known when the program runs" in said["aws"]


def test_every_input_and_output_has_a_sentence_without_pythons_indentation(
    schema: dict[str, Any],
) -> None:
    endpoint = schema["resources"][f"{TYPES}Endpoint"]
    said: list[str] = [endpoint["description"]]
    for name, kind in schema["types"].items():
        assert not name.endswith("Args")
        if "enum" not in kind:
            said.append(kind["description"])
            said += [
                field.get("description", f"{name}: none") for field in kind["properties"].values()
            ]
    said += [field["description"] for field in endpoint["inputProperties"].values()]
    said += [field["description"] for field in endpoint["properties"].values()]
    assert [text for text in said if "\n " in text or text.endswith(": none")] == []
    assert len(said) > 150


def test_words_are_enums(schema: dict[str, Any]) -> None:
    def words(name: str) -> list[str]:
        return [member["value"] for member in schema["types"][TYPES + name]["enum"]]

    assert words("Mode") == list(get_args(Mode))
    assert words("Environment") == list(get_args(Environment))
    assert words("Objective") == list(get_args(Objective))
    assert words("Precision") == list(get_args(Precision))
    assert words("AwsRollout") == ["all-at-once", "canary", "linear", "rolling"]
    field = schema["resources"][f"{TYPES}Endpoint"]["inputProperties"]["objective"]
    assert field["$ref"] == "#/types/lichen:index:Objective"


ONLY_HERE = {(engine.Workload, "model_card")}
"""Fields that a file spells otherwise: there `model` may be a card."""


def pairs(struct: type[msgspec.Struct], args: type) -> Iterator[tuple[type[msgspec.Struct], type]]:
    """A struct of the engine and its arguments, with those of their fields."""
    yield struct, args
    hints = get_type_hints(struct)
    for name, hint in get_type_hints(args).items():
        for inner in (hint, *get_args(hint)):
            if hasattr(inner, "__required_keys__"):
                theirs = _structs(hints["model" if name == "model_card" else name])
                assert len(theirs) == 1, name
                yield from pairs(theirs[0], inner)


def _structs(hint: Any) -> list[type[msgspec.Struct]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return [hint]
    return [found for inner in get_args(hint) for found in _structs(inner)]


def _words(hint: Any) -> set[object]:
    """All words that a field may have."""
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    return {word for inner in get_args(hint) for word in _words(inner)}


def _plain(hint: Any) -> set[type]:
    """The plain kinds of a field; a day is text where it is typed."""
    if hint is date:
        return {str}
    if hint in (str, int, float, bool):
        return {hint}
    return {kind for inner in get_args(hint) for kind in _plain(inner)}


def test_the_arguments_are_the_engines_workload() -> None:
    """Names, kinds, words and what is required; a new field of either is missed in the other."""
    compared = list(pairs(engine.Workload, WorkloadArgs))
    for struct, args in compared:
        theirs, ours = get_type_hints(struct), get_type_hints(args)
        extra = {name for of, name in ONLY_HERE if of is struct}
        assert ours.keys() - extra == theirs.keys(), struct
        for name in theirs:
            assert _words(ours[name]) == _words(theirs[name]), (struct, name)
            assert _plain(ours[name]) == _plain(theirs[name]), (struct, name)
        required = {
            field.name
            for field in msgspec.structs.fields(struct)
            if field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT
        }
        # `model` or `model_card` is required, which a schema cannot say.
        assert args.__required_keys__ == required - {"model"} | (  # type: ignore[attr-defined]
            {"model"} & args.__required_keys__  # type: ignore[attr-defined]
        ), struct
    classes = {name for name in vars(workload_args) if name.endswith("Args")}
    assert {args.__name__ for _, args in compared} == classes
