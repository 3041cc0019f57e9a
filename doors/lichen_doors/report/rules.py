"""Every rule as configured here, what its cases gave, and the schema of lichen.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from lichen_policies.configuration import File
from lichen_policies.gate import Gate
from lichen_policies.levels import LimitValue
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import Rule

from lichen.document import json_schema
from lichen.figures import many
from lichen_doors.report.lines import Line, Rows, Words
from lichen_doors.report.rule_pages import Page, indented

if TYPE_CHECKING:
    from lichen_policies.cases import Tested


def pages(gate: Gate) -> list[Page]:
    """Every rule's page, as the gate has it."""
    return [page_of(gate, rule) for rule in gate.rules().values()]


def page_of(gate: Gate, rule: Rule) -> Page:
    """One rule's page."""
    return Page(
        rule=rule.name,
        offence=rule.offence,
        severity=rule.severity,
        levels={each: gate.level(rule, each) for each in ENVIRONMENTS},
        limits=_in_prod(gate, rule),
        why=rule.why,
        fix=rule.fix,
        exceptions=rule.exceptions,
        tags=rule.tags,
        url=rule.url,
    )


def _in_prod(gate: Gate, rule: Rule) -> Mapping[str, LimitValue]:
    """A rule's limits in production; its Python is imported only where somebody moved them."""
    if not gate.configuration.moves_limits(rule):
        return rule.limits_in_prod
    return msgspec.structs.asdict(gate.limits(rule, "prod"))


def tested(cases: Sequence[Tested]) -> Iterator[Line | Rows]:
    """The cases of own rules: one line for each that is right, all that is wrong of another."""
    for case in cases:
        mark, style = ("wrong", "bad") if case.mistakes else ("right", "good")
        yield Words(f"{mark}  ", style), Words(case.case)
        for mistake in case.mistakes:
            yield indented(Words(mistake), 7)
    wrong = sum(bool(case.mistakes) for case in cases)
    how = f"{wrong} wrong" if wrong else "all right"
    yield (Words(f"{many(len(cases), 'case')}, {how}.", "bad" if wrong else "good"),)


def configuration_schema(every: Mapping[str, Rule]) -> dict[str, Any]:
    """The JSON Schema of ``lichen.yaml``, with every rule's own limits."""
    whole = json_schema(File)
    definitions = whole["$defs"]
    file = definitions["File"]["properties"]
    levels = file["levels"]["additionalProperties"]
    file["limits"] = _by_rule({name: _limits_schema(rule) for name, rule in every.items()})
    file["levels"] = _by_rule(dict.fromkeys(every, levels))
    definitions["ExemptionRow"]["properties"]["rule"] = {"enum": [*every, "*"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lichen.yaml",
        **whole,
    }


def _by_rule(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _limits_schema(rule: Rule) -> dict[str, Any]:
    """The limits, and the same again under each environment."""
    _, components = msgspec.json.schema_components([rule.limits])
    (limits,) = components.values()
    everywhere = limits["properties"]
    narrower = {
        name: {key: value for key, value in limit.items() if key != "default"}
        for name, limit in everywhere.items()
    }
    return _by_rule(everywhere | dict.fromkeys(ENVIRONMENTS, _by_rule(narrower))) | {
        "description": " ".join(limits["description"].split())
    }
