"""Rules written into a temporary folder, as a person adds one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lichen_policies.registry import read_rules
from lichen_policies.rule import Rule
from lichen_policies.rule_files import FOLDER

PAGE = '''"""Endpoint that is served without machines.

Why: It is slow to start.

Fix: Serve it on a machine.

Exceptions: None.

Tags: It reads none.
"""
'''

SHORT = (
    PAGE
    + """
from lichen_policies.facts import Serving
from lichen_policies.shorthand import must_be

everywhere = {"dev": "advisory", "staging": "advisory", "prod": "mandatory"}
no_serverless = must_be(Serving, "serverless", False, severity="low", theme="serving", **everywhere)
"""
)

LONG = (
    PAGE
    + """
from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts import Serving
from lichen_policies.rule import Change, Finding, Known, rule


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    \"\"\"The most machines.\"\"\"

    machines: int = 4


@rule(
    severity="low", dev="advisory", staging="advisory", prod="mandatory", theme="size",
    limits={"dev": {"machines": 1}},
)
def many_machines(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    if (fact.machines or 0) > limits.machines:
        yield Finding(
            what=f"{fact.machines_at} is {fact.machines}",
            limit=f"the limit is {limits.machines}",
            changes=(Change(path=fact.machines_at, to=limits.machines, at_most=True),),
            path=fact.machines_at,
        )
"""
)

JOIN = (
    PAGE
    + """
from collections.abc import Iterator

from lichen_policies.facts import Located, Scaling, Serving
from lichen_policies.rule import Change, Finding, Known, Stack, rule


@rule(severity="high", dev="advisory", staging="advisory", prod="mandatory", theme="idle")
def floor_without_machine(stack: Stack, known: Known) -> Iterator[Finding]:
    for scaling in stack.of(Scaling):
        served = stack.find(Serving, lambda serving: serving.machine == scaling.fact.machine)
        if served is None:
            yield Finding(
                what=f"no endpoint runs on {scaling.fact.machine}",
                limit="a floor must belong to an endpoint",
                changes=(Change(path=scaling.fact.path, to=None),),
                path=scaling.fact.path,
                resource=scaling.resource,
            )
"""
)


def rules_of(
    folder: Path, files: Mapping[str, str], *, with_own: bool = False
) -> Mapping[str, Rule]:
    """The rules of ``files`` (name: text), written into a folder; with the package's on request."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return read_rules(*((FOLDER, folder) if with_own else (folder,)))
