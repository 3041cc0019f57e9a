"""Writes the documents that the code generates: `python docs/written.py`.

The table of rules in ``policies/README.md``, and the JSON Schema of everything that is read and
printed in ``docs/schemas/``. The tests hold the files to the code, and real output to the files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from lichen_doors.report import findings
from lichen_doors.report.rules import Page
from lichen_doors.report.sizing import Sized
from lichen_policies.configuration import File
from lichen_policies.registry import ENVIRONMENTS, rules
from lichen_policies.rule import Rule

from lichen.catalogue import load
from lichen.document import json_schema
from lichen.evidence import Record
from lichen.placing.allowed import hosting_words
from lichen.placing.placement import NoPlacement, Placement
from lichen.workload import Workload

ROOT = Path(__file__).resolve().parents[1]
TABLE = "policies/README.md"
SCHEMAS = "docs/schemas"

_HEAD = """\
# The rules

Written by `make rules` from the rules themselves. Each rule is one file: its page is the docstring,
its examples are the cases beside the tests, in every dialect. `lichen explain RULE` prints a page,
`lichen rules` this table as it is configured in the current folder.

| Rule | What it finds | Severity | dev | staging | prod | Limits |
| --- | --- | --- | --- | --- | --- | --- |
"""

_TAIL = """
An environment is stated by the passport's `lichen:environment`, the stack's configuration
(`lichen:environment`) or its name, or the tag `environment`; where nobody states one, a resource is
judged as in production. Where a rule needs a value that is known only after deployment, the
verdict is *unverified*: it is reported, and blocks where `unverified` in `lichen.yaml` says so.

## Moving limits and levels

`lichen.yaml`, found upwards from what is judged, is read alike by every door; its schema is
[docs/schemas/lichen-yaml.json](../docs/schemas/lichen-yaml.json).

```yaml
limits:
  too-many-accelerators: {chips: 4, prod: {chips: 16}}   # everywhere, and in production
levels:
  dirty-region: {staging: mandatory}
  idle-floor: {dev: advisory, mandatory_from: 2027-03-01}
unverified: {prod: mandatory}
regions: [eu-north-1, eu-west-3]                          # where better places are looked for
exemptions:
  - rule: dirty-region
    resource: "*::legacy-*"                               # over a resource's address or name
    owner: search team
    reason: moves to eu-north-1 with the next contract
    approver: platform lead
    expires: 2027-03-31
```

CrossGuard's own policy configuration (`--policy-pack-config`) moves levels and limits too, and goes
before the file.

## Adding a rule

1. `lichen_policies/rules/<name>.py`: the page as the docstring (the offence as a noun phrase, then
   paragraphs that begin `Why:`, `Fix:`, `Exceptions:`), and one function of the file's name under
   `@rule(severity=…, dev=…, staging=…, prod=…, theme=…)`. Its first argument is a kind of fact from
   `lichen_policies.facts`, or `Stack` for a rule that joins resources; its second a struct of
   limits, left out where there are none. A rule of one property is one line:
   `lichen_policies.shorthand` has `must_be` and `must_not_exceed`.
2. `tests/policies/cases/<name>.yaml`: its examples, failing, passing and unverified, with whole
   messages (`pytest --renew-golden tests/policies/test_cases.py` writes them).

Nothing else is edited: the file's name is the rule's name in every door. A new kind of resource is
one file in `lichen_policies/facts/readers/`.
"""


def table(every: Mapping[str, Rule]) -> str:
    """``policies/README.md``, whole."""
    rows = (
        f"| [{rule.name}](lichen_policies/rules/{rule.name.replace('-', '_')}.py) "
        f"| {rule.offence} | {rule.severity} "
        f"| {' | '.join(rule.levels[environment] for environment in ENVIRONMENTS)} "
        f"| {_limits(rule)} |\n"
        for rule in every.values()
    )
    return f"{_HEAD}{''.join(rows)}{_TAIL}"


def _limits(rule: Rule) -> str:
    return "<br>".join(
        f"`{field.name}` {field.default:g}"
        + "".join(
            f", {environment} {values[field.name]:g}"
            for environment, values in rule.limits_by_environment.items()
            if field.name in values
        )
        for field in msgspec.structs.fields(rule.limits)
    )


def schemas() -> dict[str, dict[str, Any]]:
    """Every published schema by the name of its file."""
    return {
        "benchmark-record.json": json_schema(Record),
        "check.json": json_schema(findings.Document),
        "lichen-yaml.json": configuration_schema(rules()),
        "placement.json": json_schema(Placement | NoPlacement),
        "rules.json": json_schema(list[Page]),
        "size.json": json_schema(Sized),
        "workload.json": _with_hostings(json_schema(Workload)),
    }


def _with_hostings(workload: dict[str, Any]) -> dict[str, Any]:
    """A workload's schema with the hostings that it may name, as the tables have them."""
    where = workload["$defs"]["Where"]["properties"]
    where["hosting"]["items"]["enum"] = list(hosting_words(load()))
    return workload


def configuration_schema(every: Mapping[str, Rule]) -> dict[str, Any]:
    """The JSON Schema of ``lichen.yaml``, with every rule's own limits."""
    whole = json_schema(File)
    definitions = whole["$defs"]
    file = definitions["File"]["properties"]
    levels = file["levels"]["additionalProperties"]
    file["limits"] = _by_rule({name: _limits_schema(rule) for name, rule in every.items()})
    file["levels"] = _by_rule(dict.fromkeys(every, levels))
    definitions["Exemption"]["properties"]["rule"] = {"enum": [*every, "*"]}
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


def written() -> Mapping[str, str]:
    """Each document's text, by its path in the repository."""
    return {
        TABLE: table(rules()),
        **{
            f"{SCHEMAS}/{name}": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
            for name, schema in schemas().items()
        },
    }


if __name__ == "__main__":
    for path, text in written().items():
        (ROOT / path).write_text(text, encoding="utf-8")
