"""Property trees generated from valid ones, for the promise that the gate contains whatever it is
given: no tree breaks a rule or a reader, none is judged by the order of its keys, and none has a
value of its own printed.

``python -m tests.policies.trees 100000`` judges that many (``make trees``); a test judges a sample.
Each is a deployment of one to three resources, taken from the cases of the rules and, for a type
that no case has, from one of another dialect of the same reader, spelled anew. Then a few of its
values, keys and lists are changed for what documents hold by mistake or by malice.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args

import msgspec
from lichen_policies.cases import TODAY, cases_of
from lichen_policies.configuration import Configuration
from lichen_policies.facts import UNKNOWN, Resource, Unknown
from lichen_policies.facts.properties import _spelled
from lichen_policies.facts.reading import by_type, reader_of
from lichen_policies.facts.resource import Dialect
from lichen_policies.judging import judge
from lichen_policies.registry import rules
from lichen_policies.verdict import Report, Verdict

from tests.fixed import fixed

CASES = Path(__file__).parent / "cases"
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
REGIONS = (
    None, "eu-north-1", "ap-south-1", "eu-north-1a", "EU", "", "mars-1", "europe-north1", UNKNOWN,
    Unknown("is set by an expression, which a plan does not contain"),
)  # fmt: skip

SECRET = "hunter2-CANARY"
"""A text that no message may repeat."""

_HARMLESS = re.compile(rf"the (region|machine) '({SECRET})+' is not|\d {SECRET}|^{SECRET}")
"""Machine types, accelerators and regions are printed as they are written."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, -0.0, 1, -1, 7, 2**31, 10**30, -(10**30), 0.5, 1e-300, 1e308,
    float("inf"), float("-inf"), float("nan"), "", " ", "0", "-1", "1k", "1Ki", "500m", "1e3",
    "1e999", "0x10", "²", "٣", "NaN", "true", "FALSE", "null", "[]", "{}", "${var.x}",
    "{{resolve:ssm:x}}", "arn:aws:sagemaker", "arn:aws:ec2:eu-north-1:1:x/y", "projects/p/",
    "::::", "/", "a" * 5000, "9" * 5000, 10**400, "\ud800",
    "\u202e\x1b[2J\n\0", " ml.g5.xlarge ", "ML.G5.XLARGE",
    "ml.g5.xlarge", "p4d.24xlarge", "a2-ultragpu-8g", "nvidia.com/gpu", "latest", "PRODUCTION",
    SECRET, UNKNOWN, Unknown("is secret"), Unknown(references=("chat", "nobody")), [], {}, [None],
    [[]], [[[]]], [{}], [UNKNOWN], {"": None}, {"a": UNKNOWN}, {"key": "a"}, {"Key": 1, "Value": 2},
    {"lichen:peak-rps": "1e308"}, {"lichen:model": SECRET}, {"environment": "prod"},
    {"key": {"key": {"key": {}}}},
)  # fmt: skip


@cache
def samples() -> Mapping[Dialect, Mapping[str, tuple[tuple[Resource, ...], ...]]]:
    """Valid deployments by dialect and by a type that each of them has."""
    found: dict[Dialect, dict[str, list[tuple[Resource, ...]]]] = {each: {} for each in DIALECTS}
    for path in sorted(CASES.glob("*.yaml")):
        for case in cases_of(path):
            for resource in case.resources:
                of_type = found[cast("Dialect", case.dialect)].setdefault(resource.type, [])
                of_type.append(case.resources)
    of_reader: dict[Any, list[Resource]] = {}
    for by in found.values():
        for type_, deployments in by.items():
            for resource in (each for one in deployments for each in one if each.type == type_):
                reader = reader_of(resource.dialect, type_)
                if reader is not None:
                    of_reader.setdefault(reader.read, []).append(resource)
    for (dialect, type_), reader in by_type().items():
        if type_ in found[dialect]:
            continue
        like = of_reader.get(reader.read) or [Resource(
            type=type_, name="chat", address="chat", properties={}, dialect=dialect,
        )]  # fmt: skip
        found[dialect][type_] = [
            (
                msgspec.structs.replace(
                    each, type=type_, dialect=dialect, properties=_respelled(each, dialect)
                ),
            )
            for each in like
        ]
    return {
        dialect: {type_: tuple(each) for type_, each in sorted(by.items())}
        for dialect, by in found.items()
    }


def _respelled(resource: Resource, dialect: Dialect) -> Any:
    def spelled(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                _spelled(
                    re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(key)).lower(), dialect
                ): spelled(each)
                for key, each in value.items()
            }
        return [spelled(each) for each in value] if isinstance(value, list) else value

    return spelled(resource.properties)


def deployments(count: int, seed: str = "lichen") -> Iterator[tuple[Resource, ...]]:
    """That many deployments, the same for the same seed; every type that is read has its turn."""
    chance = random.Random(seed)
    kinds = [(dialect, type_) for dialect, by in samples().items() for type_ in by]
    turns: list[tuple[Dialect, str]] = []
    for _ in range(count):
        if not turns:
            turns = chance.sample(kinds, len(kinds))
        dialect, type_ = turns.pop()
        by = samples()[dialect]
        resources = list(chance.choice(by[type_]))
        if chance.random() < 0.2:
            resources += map(_elsewhere, chance.choice(by[chance.choice(list(by))]))
        yield tuple(_changed(resource, chance) for resource in resources)


def _elsewhere(resource: Resource) -> Resource:
    """The same at another address: no document has two resources at one."""

    def moved(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: moved(each) for key, each in value.items()}
        if isinstance(value, Unknown) and value.references:
            return Unknown(value.because, tuple(f"{each}-2" for each in value.references))
        return [moved(each) for each in value] if isinstance(value, list) else value

    return msgspec.structs.replace(
        resource, address=f"{resource.address}-2", properties=moved(resource.properties)
    )


def _changed(resource: Resource, chance: random.Random) -> Resource:
    properties = _copied(resource.properties)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 6))):
        _mutate(properties, chance)
    return msgspec.structs.replace(
        resource,
        properties=properties,
        region=resource.region if chance.random() < 0.7 else chance.choice(REGIONS),
        environment=chance.choice((resource.environment, None, "dev", "staging", "prod")),
    )


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _mutate(properties: dict[str, Any], chance: random.Random) -> None:
    """Change one place of a tree, in place."""
    places = list(_places(properties))
    if not places:
        properties[chance.choice(("tags", "labels", "name", "count"))] = chance.choice(ODD)
        return
    within, key = chance.choice(places)
    value = within[key]
    match chance.randrange(9):
        case 0:
            del within[key]
        case 1:
            within[key] = chance.choice(([value], [[value]], {"value": value}, [value, value]))
        case 2 if isinstance(within, dict):
            other = chance.choice((str(key).upper(), str(key).lower(), f"{key} ", f"{key}s", ""))
            within[other] = within.pop(key)
        case 3:
            other_within, other_key = chance.choice(places)
            within[key] = _copied(other_within[other_key])
        case 4 if isinstance(value, str):
            within[key] = chance.choice(
                (value.upper(), f" {value}", value[:-1], value * 2, [value])
            )
        case 4 if isinstance(value, int | float) and abs(value) < 1e300:
            within[key] = chance.choice(
                (str(value), -value, value * 1000, value + 0.5, f"{value}k")
            )
        case _:
            within[key] = _copied(chance.choice(ODD))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a tree with each of its keys."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    else:
        return
    for key in keys:
        yield value, key
        yield from _places(value[key])


def in_another_order(
    resources: tuple[Resource, ...], chance: random.Random
) -> tuple[Resource, ...]:
    """The same deployment with the keys of its maps, and its resources, in another order."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: shuffled(value[key]) for key in chance.sample(list(value), len(value))}
        return [shuffled(each) for each in value] if isinstance(value, list) else value

    return tuple(
        msgspec.structs.replace(each, properties=shuffled(each.properties))
        for each in chance.sample(resources, len(resources))
    )


def wrong_with(resources: tuple[Resource, ...], chance: random.Random) -> list[str]:
    """What is wrong with how a deployment is judged; nothing where all is well."""
    report = _judged(resources)
    wrong = [
        f"broken: {verdict.rule}: {verdict.message}" for verdict in _said(report) if verdict.broken
    ]
    wrong += [
        f"printed: {verdict.rule}: {verdict.message}"
        for verdict in _said(report)
        if SECRET in _HARMLESS.sub("", verdict.message)
    ]
    again = _judged(in_another_order(resources, chance))
    before, after = set(_parts(report)), set(_parts(again))
    if before != after or (report.judged, report.passed) != (again.judged, again.passed):
        wrong += [f"order: {each}" for each in sorted(before ^ after, key=str)[:4] or ["passed"]]
    return wrong


def _judged(resources: tuple[Resource, ...]) -> Report:
    return judge(resources, _configuration(), fixed())


@cache
def _configuration() -> Configuration:
    return Configuration(layers=(), rules=rules(), today=TODAY)


def _said(report: Report) -> tuple[Verdict, ...]:
    return (*report.findings, *report.unverified)


def _parts(report: Report) -> Iterator[tuple[str, ...]]:
    for verdict in _said(report):
        yield (
            verdict.rule, verdict.verdict, verdict.level, verdict.resource, verdict.path,
            verdict.message, str(verdict.environment),
        )  # fmt: skip


def main(count: int, seed: str) -> int:
    """Judge that many; print what is wrong, once for each kind of it."""
    chance = random.Random(f"order of {seed}")
    seen: dict[str, int] = {}
    began_s = time.monotonic()
    for number, resources in enumerate(deployments(count, seed), start=1):
        try:
            wrong = wrong_with(resources, chance)
        except Exception as error:
            wrong = [f"raised: {type(error).__name__}: {error}"]
        for each in wrong:
            kind = re.sub(r"^(broken: )[\w-]+: |\d+|'[^']*'", r"\1#", each)[:160]
            seen[kind] = seen.get(kind, 0) + 1
            if seen[kind] == 1:
                print(f"{number}: {each[:600]}", flush=True)
                for resource in resources:
                    print(f"    {resource}"[:1500], flush=True)
        if number % 5_000 == 0:
            print(f"{number} trees, {time.monotonic() - began_s:.0f} s", flush=True)
    print(f"{count} trees in {time.monotonic() - began_s:.0f} s, {sum(seen.values())} wrong")
    return 1 if seen else 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(main(int(arguments[0]) if arguments else 100_000, (arguments[1:] or ["lichen"])[0]))
