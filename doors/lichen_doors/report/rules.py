"""The table of rules as configured here, and a rule's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from lichen_policies.configuration import File
from lichen_policies.gate import Gate
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import LimitValue, Rule
from lichen_policies.verdict import BLOCKING, Level, Severity

from lichen.document import json_schema
from lichen.figures import many, whole
from lichen.words import Environment
from lichen_doors.report.lines import BETWEEN, Line, Rows, Words

if TYPE_CHECKING:
    from lichen_policies.cases import Tested

STYLE: Mapping[Severity, str] = {"critical": "bad", "high": "bad", "medium": "warn", "low": "quiet"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as configured: its page, its level in each environment, its limits in production."""

    rule: str
    offence: str
    severity: Severity
    levels: Mapping[Environment, Level]
    limits: Mapping[str, LimitValue]
    why: str
    fix: str
    exceptions: str
    tags: str
    url: str


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


def lines(pages: Sequence[Page], configured: Sequence[str]) -> Iterator[Line | Rows]:
    """The rules in 80 columns: name, severity, where a finding stops a deployment, limits; then
    what is ``configured``."""
    width = max(len(page.rule) for page in pages)
    yield (Words(f"{'rule':{width}}  {'severity':8}  blocks in", "quiet"),)
    for page in pages:
        yield (
            Words(f"{page.rule:{width}}  "),
            Words(f"{page.severity:8}", STYLE[page.severity]),
            Words(f"  {_where_it_blocks(page)}"),
        )
        if page.limits:
            yield _indented(Words(", ".join(_limits(page)), "quiet"), 4)
    for line in configured:
        yield (Words(f"\n{line}" if line == configured[0] else line, "quiet"),)
    yield (
        Words(
            "\nlichen explain RULE has the reasons; lichen.yaml changes levels and limits. The "
            "policy pack's own configuration (--policy-pack-config) goes before lichen.yaml, for "
            "its run.",
            "quiet",
        ),
    )


def _indented(words: Words, blanks: int) -> Rows:
    return Rows(((Words(""), (words,)),), indent=blanks - BETWEEN)


def _where_it_blocks(page: Page) -> str:
    blocking = [name for name, level in page.levels.items() if level in BLOCKING]
    if len(blocking) == len(page.levels):
        return "all"
    return ", ".join(blocking) or "none"


def _limits(page: Page) -> Iterator[str]:
    """``floor 0``: each limit with its value in production."""
    for name, value in page.limits.items():
        yield f"{name} {value if isinstance(value, str) else whole(value)}"


def _paragraphs(page: Page) -> tuple[tuple[str, str], ...]:
    return (
        ("Why", page.why),
        ("Fix", page.fix),
        ("Exceptions", page.exceptions),
        ("Tags", page.tags),
    )


def page(rule: Page) -> Iterator[Line | Rows]:
    """All of one rule."""
    yield Words("\n" + rule.rule, "name"), Words(f"  {rule.offence}\n")
    for heading, text in _paragraphs(rule):
        yield (Words(heading, "name"),)
        yield _indented(Words(text), 2)
        yield ()
    levels = ", ".join(f"{level} in {name}" for name, level in rule.levels.items())
    yield Words("Level  ", "name"), Words(f"{levels}; severity {rule.severity}")
    for limit in _limits(rule):
        yield Words("Limit  ", "name"), Words(f"{limit} (in prod)")


def tested(cases: Sequence[Tested]) -> Iterator[Line | Rows]:
    """The cases of own rules: one line for each that is right, all that is wrong of another."""
    for case in cases:
        mark, style = ("wrong", "bad") if case.mistakes else ("right", "good")
        yield Words(f"{mark}  ", style), Words(case.case)
        for mistake in case.mistakes:
            yield _indented(Words(mistake), 7)
    wrong = sum(bool(case.mistakes) for case in cases)
    how = f"{wrong} wrong" if wrong else "all right"
    yield (Words(f"{many(len(cases), 'case')}, {how}.", "bad" if wrong else "good"),)


def markdown(pages: Sequence[Page]) -> str:
    """Every rule's page as a document: a table of all, then each."""
    lines = [
        "# Rules",
        "",
        "| Rule | What it finds | Severity | dev | staging | prod | Limits in prod |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| [{each.rule}](#{each.rule}) | {each.offence} | {each.severity} "
        f"| {' | '.join(each.levels[environment] for environment in ENVIRONMENTS)} "
        f"| {', '.join(_limits(each))} |"
        for each in pages
    ]
    for each in pages:
        lines += ["", f"## {each.rule}", "", f"{each.offence}."]
        for heading, text in _paragraphs(each):
            lines += ["", f"**{heading}.** {text}"]
    return "\n".join(lines)


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
