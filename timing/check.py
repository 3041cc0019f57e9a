"""``lichen check``: large documents and reports, against Checkov and against conftest."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from lichen_policies.dialects.largest import BICEP, HCL, YAML
from lichen_policies.registry import rules

from timing import conftest, documents, templates
from timing.measure import RUNS as STARTS
from timing.measure import Measured, compared, process

ROOT = Path(__file__).resolve().parents[1]
LICHEN = (sys.executable, "-m", "lichen_doors", "check")
CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
BARE = (sys.executable, "-c", "pass")
LIBRARIES = (sys.executable, "-c", "import click, json, msgspec, pathlib")
"""What every check loads before a line of Lichen's own: no start can be shorter."""
RUNS = 3
CHECKOV_LEAST, CONFTEST_MOST = 20, 1.0
FINDINGS = 10_000
SECONDS = {"text": 5.0, "html": 4.6, "json": 1.0}
"""A fifth of what 10,000 findings took on 2026-11-26, on two cores."""
MOST_MIB = 1_024


def measure() -> Iterator[Measured]:
    """Every figure of ``lichen check``; those of large documents are of one run each."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        yield from _starts(where)
        yield from _against_others(where)
        yield from _large(where)
        yield from _largest(where)
        yield from _reports(where)
        for alike, target in ((True, "at most 4 s"), (False, "")):
            template = templates.write(where / "template.yaml", alike=alike)
            which = "alike" if alike else "none like another"
            yield _one(f"10,000 resources of CloudFormation in YAML, {which}", template, target)
        joined = documents.plan(where / "joined.json", documents.joined(1_000))
        yield _one("1,000 endpoints, with what scales and watches each", joined, "at most 2.2 s")
        served = documents.plan(where / "served.json", documents.served(1_000))
        yield _one("1,000 endpoints, each of another workload", served, "at most 5.8 s")


def _starts(where: Path) -> Iterator[Measured]:
    small = documents.plan(where / "small.json", documents.mixed(3))
    for name, command, target in (
        ("lichen check, a plan of 3 resources", [*LICHEN, str(small)], "works"),
        ("import click, json, msgspec, pathlib", LIBRARIES, ""),
    ):
        yield compared(
            name,
            lambda command=command: _judge(command),  # type: ignore[misc]
            "bare Python",
            lambda: _judge(BARE),
            STARTS,
            target,
        )


def _against_others(where: Path) -> Iterator[Measured]:
    hundred = documents.whole_plan(where / "hundred.json", documents.varied(100))
    if CHECKOV.exists():
        theirs = [str(CHECKOV), "--quiet", "--compact", "--skip-download", "--file", str(hundred)]
        measured = compared(
            "lichen check, a plan of 100 resources",
            lambda: _judge([*LICHEN, str(hundred)]),
            "Checkov",
            lambda: _judge(theirs),
            RUNS,
            f"at most {1 / CHECKOV_LEAST:g}",
        )
        yield measured
    opa = conftest.found()
    if opa is not None:
        ten = documents.whole_plan(where / "ten.json", documents.varied(10_000, crowded=100))
        # In a folder of its own: from a file beside the plans, every other row would take it too.
        configuration = where / "six-rules" / "lichen.yaml"
        configuration.parent.mkdir()
        others = rules().keys() - set(conftest.RULES)
        lines = "".join(f"  {name}: disabled\n" for name in sorted(others))
        configuration.write_text(f"levels:\n{lines}")
        ours = [*LICHEN, str(ten), "--format", "json", "--config", str(configuration)]
        theirs = conftest.command(opa, ten, where / "tables.json")
        yield compared(
            "lichen check, 10,000 resources, six rules, 100 findings",
            lambda: _judge(ours),
            "conftest with the six rules in Rego",
            lambda: _judge(theirs),
            RUNS,
            f"at most {CONFTEST_MOST:g}",
        )


def _large(where: Path) -> Iterator[Measured]:
    for count in (10_000, 100_000, 1_000_000):
        plan = documents.plan(where / f"{count}.json", documents.mixed(count))
        mib = plan.stat().st_size >> 20
        bound = f"under {MOST_MIB:,} MiB" if count < 1_000_000 else "judged, or refused at once"
        yield process(
            f"lichen check, {count:,} resources ({mib:,} MiB)",
            [*LICHEN, str(plan), "--format", "json", "--output", os.devnull],
            bound,
        )
        plan.unlink()


_LARGEST = (
    (
        "manifests.yaml",
        YAML,
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: chat-{0}}}\nspec:\n"
        "  template:\n    spec:\n      containers:\n        - name: server\n"
        "          image: vllm/vllm-openai:v0.9.1\n          args: [--model, chat-{0}]\n"
        '          resources: {{limits: {{nvidia.com/gpu: "1"}}}}\n',
    ),
    (
        "main.tf",
        HCL,
        'resource "aws_instance" "machine{0}" {{\n  instance_type = "g5.xlarge"\n'
        '  tags = {{\n    environment = "prod"\n    owner = "team-{0}"\n  }}\n}}\n',
    ),
    (
        "main.bicep",
        BICEP,
        "resource vm{0} 'Microsoft.Compute/virtualMachines@2024-03-01' = {{\n  name: 'vm-{0}'\n"
        "  location: 'westeurope'\n  properties: {{ hardwareProfile: {{ vmSize: "
        "'Standard_ND96isr_H100_v5' }} }}\n}}\n",
    ),
)
"""The formats that cost more than JSON, and a resource of each that has findings."""


def _largest(where: Path) -> Iterator[Measured]:
    for name, largest, resource in _LARGEST:
        file = where / "largest" / name
        file.parent.mkdir(exist_ok=True)
        count = (largest.mib << 20) // (len(resource) + 16)
        file.write_text("".join(resource.format(number) for number in range(count)))
        yield process(
            f"lichen check, {name}: {file.stat().st_size >> 20:,} MiB, the most that is read",
            [*LICHEN, str(file), "--format", "json", "--output", os.devnull],
            f"under {MOST_MIB:,} MiB",
        )
        file.unlink()


def _reports(where: Path) -> Iterator[Measured]:
    # Three findings each: see documents.WASTEFUL.
    count = FINDINGS // 3
    plan = documents.plan(where / "findings.json", documents.mixed(count, every=1))
    for form, seconds in SECONDS.items():
        yield process(
            f"lichen check, {FINDINGS:,} findings as {form}, on resources that are alike",
            [*LICHEN, str(plan), "--format", form, "--output", str(where / f"report.{form}")],
            f"at most {seconds:g} s",
        )
    differing = documents.plan(where / "differing.json", documents.varied(count, every=1))
    yield _one(f"{FINDINGS:,} findings as json, no resource like another", differing, "")


def _one(name: str, document: Path, target: str) -> Measured:
    arguments = [str(document), "--format", "json", "--output", os.devnull]
    return process(f"lichen check, {name}", [*LICHEN, *arguments], target)


def _judge(command: Sequence[str]) -> None:
    """Run it, with or without findings: each of them ends with 1 where it has some."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
