"""What the documents show is what the commands print and what the code says."""

from __future__ import annotations

import datetime
import importlib.util
import json
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
import yaml
from lichen_policies.configuration import read
from lichen_policies.registry import rules

from lichen.document import InputError

ROOT = Path(__file__).resolve().parents[1]


def script(name: str) -> ModuleType:
    """A script of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PRINTED, WRITTEN = script("renew"), script("written")
PAGES = WRITTEN.rule_pages
SCHEMAS = WRITTEN.schemas()
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *ROOT.glob("docs/**/*.md"), ROOT / "policies" / "README.md")
    if path.is_file() and PRINTED.BLOCK.search(path.read_text(encoding="utf-8"))
)


def test_the_readme_shows_commands() -> None:
    assert "README.md" in DOCUMENTS


@pytest.mark.xdist_group("documents")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_shows_what_is_printed(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert PRINTED.renewed(text) == text, "`make docs` renews what documents show"


@pytest.mark.parametrize("path", WRITTEN.written())
def test_a_generated_document_is_up_to_date(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text == WRITTEN.written()[path], "`make rules` writes it"


@pytest.mark.xdist_group("documents")
def test_the_components_pages_are_up_to_date() -> None:
    for path, text in WRITTEN.component_pages.pages().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: `make rules` writes it"


def test_every_rule_s_address_is_its_page() -> None:
    for rule in rules().values():
        path = rule.url.partition("/blob/main/")[2]
        assert (ROOT / path).read_text(encoding="utf-8").startswith(f"# {rule.name}\n"), path


def test_why_a_rule_judges_no_object_of_a_cluster_is_said_of_such_rules_alone() -> None:
    judged = PAGES.matrix(rules())
    assert set(PAGES.IN_CLUSTERS) <= {
        name for name, cells in judged.items() if not cells["lichen check", "kubernetes"].judged
    }


def test_workloads_and_placements_are_as_their_schemas_say() -> None:
    for path in sorted((ROOT / "stacks" / "workloads").glob("*.yaml")):
        workload = yaml.safe_load(path.read_text(encoding="utf-8"))
        jsonschema.validate(workload, SCHEMAS["workload.json"])
        answer = json.loads(PRINTED.printed(f"lichen place {path} --format json"))
        answer["rejected"] = answer["rejected"][:50]  # all are made alike
        jsonschema.validate(answer, SCHEMAS["placement.json"])


@pytest.mark.parametrize(
    ("command", "schema"),
    [
        ("lichen rules --format json", "rules.json"),
        (
            "lichen size --model meta-llama/Llama-3.1-8B --machine inf2.xlarge "
            "--input-tokens 600 --output-tokens 200 --format json",
            "size.json",
        ),
        (
            "lichen size --model meta-llama/Llama-3.1-70B --machine inf2.xlarge "
            "--input-tokens 600 --output-tokens 200 --format json",
            "size.json",
        ),
    ],
)
def test_what_a_command_prints_for_programs_is_as_its_schema_says(
    command: str, schema: str
) -> None:
    jsonschema.validate(json.loads(PRINTED.printed(command)), SCHEMAS[schema])


def test_the_readme_s_example_is_a_configuration(tmp_path: Path) -> None:
    example = WRITTEN.table(rules()).partition("```yaml\n")[2].partition("```")[0]
    path = tmp_path / "lichen.yaml"
    path.write_text(example)
    configuration = read(path, today=datetime.date(2027, 3, 1))
    assert configuration.limits(rules()["too-many-accelerators"], "prod").chips == 16  # type: ignore[attr-defined]
    assert configuration.level(rules()["idle-floor"], "dev") == "mandatory"
    assert valid(example)


def valid(text: str) -> bool:
    def plain(value: Any) -> Any:
        """Dates as JSON has them."""
        return json.loads(json.dumps(value, default=str))

    validator = jsonschema.Draft202012Validator(SCHEMAS["lichen-yaml.json"])
    return validator.is_valid(plain(yaml.safe_load(text)))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("{}", True),
        ("limits: {dirty-region: {high_min_gco2e_kwh: 450}}", True),
        ("limits: {dirty-region: {dev: {high_min_gco2e_kwh: 450}}}", True),
        ("limits: {dirty-region: {high: 450}}", False),
        ("limits: {dirty: {}}", False),
        ("levels: {idle-floor: disabled}", True),
        ("levels: {idle-floor: {prod: fatal}}", False),
        ("levels: {idle: disabled}", False),
        ("regions: [eu-north-1]\nclouds: [aws]", True),
        ("clouds: [amazon]", False),
        ("exemptions: [{rule: '*', resource: x, owner: a, reason: b, approver: c}]", False),
        ("other: 1", False),
    ],
)
def test_the_schema_and_the_reader_agree(tmp_path: Path, text: str, holds: bool) -> None:
    assert valid(text) == holds
    path = tmp_path / "lichen.yaml"
    path.write_text(text)
    with nullcontext() if holds else pytest.raises(InputError):
        read(path)
