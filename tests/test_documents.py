"""What the documents show of commands is what the commands print."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


def script(name: str) -> ModuleType:
    """A script of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PRINTED, SCHEMAS = script("renew"), script("schemas")
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *ROOT.glob("docs/*.md"), ROOT / "policies" / "README.md")
    if path.is_file() and PRINTED.BLOCK.search(path.read_text(encoding="utf-8"))
)


def test_the_readme_shows_commands() -> None:
    assert "README.md" in DOCUMENTS


@pytest.mark.xdist_group("engine")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_shows_what_is_printed(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert PRINTED.renewed(text) == text, "`make docs` renews what documents show"


@pytest.mark.parametrize("name", sorted(SCHEMAS.schemas()))
def test_a_published_schema_is_the_code_s(name: str) -> None:
    held = (ROOT / "docs" / "schemas" / name).read_text(encoding="utf-8")
    assert held == SCHEMAS.written(SCHEMAS.schemas()[name]), "`make rules` renews the schemas"


def test_workloads_and_placements_are_as_their_schemas_say() -> None:
    schemas = SCHEMAS.schemas()
    for path in sorted((ROOT / "stacks" / "workloads").glob("*.yaml")):
        workload = yaml.safe_load(path.read_text(encoding="utf-8"))
        jsonschema.validate(workload, schemas["workload.json"])
        answer = json.loads(PRINTED.printed(f"lichen place {path} --format json"))
        answer["rejected"] = answer["rejected"][:50]  # all are made alike
        jsonschema.validate(answer, schemas["placement.json"])


@pytest.mark.parametrize(
    ("command", "schema"),
    [
        ("lichen rules --format json", "rules.json"),
        (
            "lichen size --model meta-llama/Llama-3.1-8B --machine inf2.xlarge "
            "--output-tokens 200 --format json",
            "size.json",
        ),
        (
            "lichen size --model meta-llama/Llama-3.1-70B --machine inf2.xlarge --format json",
            "size.json",
        ),
    ],
)
def test_what_a_command_prints_for_programs_is_as_its_schema_says(
    command: str, schema: str
) -> None:
    jsonschema.validate(json.loads(PRINTED.printed(command)), SCHEMAS.schemas()[schema])
