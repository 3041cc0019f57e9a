"""Cases: a rule's examples, judged in every dialect that they are written in.

A case file is a list. A case has a ``name``, the ``verdict`` it expects (with its ``level``), what
the provider or stack states (``region``, ``environment``), and a resource for each dialect with the
``messages`` that its verdicts give, whole. ``!unknown`` is known only after deployment, and
``!reference a b`` too, though it is known to be made of the resources ``a`` and ``b``.

In place of one resource a dialect may have ``resources``: a whole deployment, judged together. Each
has a ``type``, ``properties`` and a ``name``, which is its address. Resources that the rule has
nothing to do with are left out of its verdicts.

``pytest --renew-golden tests/policies/test_cases.py`` writes the messages; read each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from lichen_policies.facts import UNKNOWN, Resource, Unknown

FOLDER = Path(__file__).parent / "cases"
DIALECTS = ("pulumi", "terraform", "cloudformation")


class _Loader(yaml.SafeLoader):
    """YAML with ``!unknown`` and ``!reference``."""


_Loader.add_constructor("!unknown", lambda _loader, _node: UNKNOWN)
_Loader.add_constructor(
    "!reference",
    lambda _loader, node: Unknown(references=tuple(str(node.value).split())),
)


class Case(NamedTuple):
    rule: str
    name: str
    dialect: str
    resources: tuple[Resource, ...]
    together: bool
    verdict: str
    level: str | None
    messages: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}: {self.name} ({self.dialect})"

    @property
    def resource(self) -> Resource:
        """The resource, of a case that has one."""
        (resource,) = self.resources
        return resource


def cases() -> list[Case]:
    return [case for path in sorted(FOLDER.glob("*.yaml")) for case in _of(path)]


def _of(path: Path) -> list[Case]:
    return [
        Case(
            rule=path.stem,
            name=entry["name"],
            dialect=dialect,
            resources=tuple(
                Resource(
                    type=written["type"],
                    name=written.get("name", "chat"),
                    address=written.get("name", "chat"),
                    properties=written["properties"],
                    dialect=dialect,
                    region=entry.get("region"),
                    environment=entry.get("environment"),
                )
                for written in entry[dialect].get("resources", [entry[dialect]])
            ),
            together="resources" in entry[dialect],
            verdict=entry["verdict"],
            level=entry.get("level"),
            messages=tuple(entry[dialect].get("messages", ())),
        )
        for entry in yaml.load(path.read_text(), _Loader)
        for dialect in DIALECTS
        if dialect in entry
    ]


def renew(rule: str, messages: Mapping[tuple[str, str], tuple[str, ...]]) -> None:
    """Write the messages of a rule's cases, by the case's name and the dialect, into its file."""
    path = FOLDER / f"{rule}.yaml"
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    for case in reversed(yaml.compose(text, _Loader).value):
        starts = {key.value: key.start_mark.line for key, _value in case.value}
        name = next(value.value for key, value in case.value if key.value == "name")
        for dialect in sorted(set(DIALECTS) & set(starts), key=lambda each: -starts[each]):
            start = end = starts[dialect] + 1
            while end < len(lines) and lines[end].startswith("    "):
                end += 1
            old = [line for line in range(start, end) if lines[line] == "    messages:\n"]
            del lines[(at := old[0] if old else end) : end]
            if written := messages.get((name, dialect), ()):
                rows = [f"      - {json.dumps(row, ensure_ascii=False)}\n" for row in written]
                lines[at:at] = ["    messages:\n", *rows]
    path.write_text("".join(lines), encoding="utf-8")


def as_checkov(value: Any) -> Any:
    """Terraform's values as Checkov hands them over: every one wrapped in a list."""
    if isinstance(value, dict):
        return {key: [as_checkov(each)] for key, each in value.items()}
    if isinstance(value, list):
        return [as_checkov(each) for each in value]
    return value
