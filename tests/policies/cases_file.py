"""Cases: a rule's examples, judged in every dialect that they are written in.

A case file is a list. A case has a ``name``, the ``verdict`` it expects (with its ``level``, and
what every message ``says``), what the provider or stack states (``region``, ``environment``), and
a resource a dialect. ``!unknown`` is settled at deploy time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml
from lichen_policies.facts import UNKNOWN, Resource

FOLDER = Path(__file__).parent / "cases"
DIALECTS = ("pulumi", "terraform", "cloudformation")


class _Loader(yaml.SafeLoader):
    """YAML with ``!unknown``."""


_Loader.add_constructor("!unknown", lambda _loader, _node: UNKNOWN)


class Case(NamedTuple):
    rule: str
    name: str
    dialect: str
    resource: Resource
    verdict: str
    level: str | None
    says: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}: {self.name} ({self.dialect})"


def cases() -> list[Case]:
    return [case for path in sorted(FOLDER.glob("*.yaml")) for case in _of(path)]


def _of(path: Path) -> list[Case]:
    return [
        Case(
            rule=path.stem,
            name=entry["name"],
            dialect=dialect,
            resource=Resource(
                type=entry[dialect]["type"],
                name="chat",
                address="chat",
                properties=entry[dialect]["properties"],
                dialect=dialect,
                region=entry.get("region"),
                environment=entry.get("environment"),
            ),
            verdict=entry["verdict"],
            level=entry.get("level"),
            says=tuple(entry.get("says", ())),
        )
        for entry in yaml.load(path.read_text(), _Loader)
        for dialect in DIALECTS
        if dialect in entry
    ]


def as_checkov(value: Any) -> Any:
    """Terraform's values as Checkov hands them over: every one wrapped in a list."""
    if isinstance(value, dict):
        return {key: [as_checkov(held)] for key, held in value.items()}
    if isinstance(value, list):
        return [as_checkov(held) for held in value]
    return value
