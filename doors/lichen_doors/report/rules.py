"""The table of rules as configured here, and a rule's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from lichen_policies.gate import Gate
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.verdict import BLOCKING, Level, Severity
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from lichen.figures import whole
from lichen.words import Environment

STYLE: Mapping[Severity, str] = {"critical": "bad", "high": "bad", "medium": "warn", "low": "quiet"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as configured: its page, its level in each environment, its limits in production."""

    rule: str
    offence: str
    severity: Severity
    levels: Mapping[Environment, Level]
    limits: Mapping[str, float | int | str]
    why: str
    fix: str
    exceptions: str
    tags: str
    url: str


def pages(gate: Gate) -> list[Page]:
    """Every rule's page, as the gate has it."""
    return [
        Page(
            rule=rule.name,
            offence=rule.offence,
            severity=rule.severity,
            levels={each: gate.level(rule, each) for each in ENVIRONMENTS},
            limits=msgspec.structs.asdict(gate.limits(rule, "prod")),
            why=rule.why,
            fix=rule.fix,
            exceptions=rule.exceptions,
            tags=rule.tags,
            url=rule.url,
        )
        for rule in gate.rules().values()
    ]


def renderables(pages: Sequence[Page]) -> Iterator[RenderableType]:
    """The rules in 80 columns: name, severity, where a finding stops a deployment, limits."""
    width = max(len(page.rule) for page in pages)
    yield Text(f"{'rule':{width}}  {'severity':8}  blocks in", style="quiet")
    for page in pages:
        yield Text.assemble(
            f"{page.rule:{width}}  ",
            (f"{page.severity:8}", STYLE[page.severity]),
            f"  {_where_it_blocks(page)}",
        )
        if page.limits:
            yield Padding(Text(", ".join(_limits(page)), style="quiet"), (0, 4))
    yield Text(
        "\nlichen explain RULE has the reasons; lichen.yaml changes levels and limits.", "quiet"
    )


def _where_it_blocks(page: Page) -> str:
    blocking = [name for name, level in page.levels.items() if level in BLOCKING]
    if len(blocking) == len(page.levels):
        return "all"
    return ", ".join(blocking) or "none"


def _limits(page: Page) -> Iterator[str]:
    """``floor 0``: each limit with its value in production."""
    for name, value in page.limits.items():
        yield f"{name} {value if isinstance(value, str) else whole(value)}"


def page(rule: Page) -> Iterator[RenderableType]:
    """All of one rule."""
    yield Text.assemble(("\n" + rule.rule, "name"), f"  {rule.offence}\n")
    for heading, text in (
        ("Why", rule.why),
        ("Fix", rule.fix),
        ("Exceptions", rule.exceptions),
        ("Tags", rule.tags),
    ):
        yield Text(heading, style="name")
        yield Padding(Text(text), (0, 0, 1, 2))
    levels = ", ".join(f"{level} in {name}" for name, level in rule.levels.items())
    yield Text.assemble(("Level  ", "name"), f"{levels}; severity {rule.severity}")
    for limit in _limits(rule):
        yield Text.assemble(("Limit  ", "name"), f"{limit} (in prod)")
