"""A Pulumi program that runs without an engine: when it is asked for, and only then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main

SECRET = "hunter2-in-a-program"
PROGRAM = f"""
import pulumi
import pulumi_aws as aws

settings = pulumi.Config()
print("{SECRET}")
password = settings.require_secret("password")
image = aws.ec2.get_ami(most_recent=True, owners=["self"])
here = aws.get_region()
later = aws.ec2.get_ami_output(owners=["self"])
aws.ec2.Instance(
    "chat",
    ami=image.id,
    instance_type=settings.require("machine"),
    user_data=password,
    availability_zone=here.name + "a",
    tags={{"image": image.name, "owner": later.owner_id, "env": "prod"}},
)
aws.ec2.Instance("looked-up", ami=image.id, instance_type=image.name, tags={{"env": "prod"}})
open("it-ran", "w").close()
"""
SETTINGS = """
encryptionsalt: v1:x
config:
  aws:region: ap-south-1
  demo:machine: p5.48xlarge
  demo:password: {secure: v1:abcdef}
"""


def lichen(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: {name: python}\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(SETTINGS)
    (tmp_path / "__main__.py").write_text(PROGRAM)
    return tmp_path


def test_a_program_is_judged_as_its_preview_would_be(program: Path) -> None:
    again = program / ".." / program.name
    run = lichen(program, again, "--source", "pulumi-program", "--format", "json")
    assert run.exit_code == 1, run.stderr
    assert run.stderr.count("Running the program") == 1
    assert f"Running the program in {program} for the stack prod" in run.stderr
    assert "its code runs here, with your rights" in run.stderr
    document = json.loads(run.stdout)
    assert document["summary"]["judged"] == 2
    found = {each["rule"]: each for each in document["findings"] if "chat" in each["resource"]}
    assert "ap-south-1 (Mumbai)" in found["dirty-region"]["what"]
    assert (found["dirty-region"]["level"], found["dirty-region"]["environment"]) == (
        "mandatory",
        "prod",
    )
    assert found["dirty-region"]["file"].endswith("__main__.py")
    assert found["dirty-region"]["line"] == 11
    # What a provider looks up is not known, and so no rule takes it for left out.
    unverified = {
        each["rule"] for each in document["unverified"] if "looked-up" in each["resource"]
    }
    assert "too-many-accelerators" in unverified
    assert SECRET not in run.output + run.stderr


def test_a_program_does_not_run_unless_it_is_asked_for(program: Path) -> None:
    assert lichen(program).exit_code == 2
    assert not (program / "it-ran").exists()
    assert lichen(program, "--source", "pulumi-preview").exit_code == 2
    assert not (program / "it-ran").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda folder: (folder / "__main__.py").write_text(f"raise ValueError('{SECRET}')"),
            "the program ends with ValueError in ",
        ),
        (
            lambda folder: (folder / "__main__.py").write_text(
                "import pulumi_aws as aws\naws.ec2.get_ami().id + 1\n"
            ),
            "the program ends with TypeError in ",
        ),
        (
            lambda folder: (folder / "Pulumi.dev.yaml").write_text("config: {}"),
            "has the stacks dev, prod. Fix: name one by --stack",
        ),
        (
            lambda folder: (folder / "Pulumi.yaml").write_text("name: demo\nruntime: nodejs\n"),
            "is a program for nodejs, and only Python is run here",
        ),
        (lambda folder: (folder / "Pulumi.yaml").unlink(), "has no Pulumi.yaml"),
    ],
    ids=["raises", "computes", "stacks", "runtime", "nothing"],
)
def test_what_cannot_run_is_said(program: Path, change: object, says: str) -> None:
    assert callable(change)
    change(program)
    run = lichen(program, "--source", "pulumi-program")
    assert run.exit_code == 2
    assert says in run.stderr
    assert SECRET not in run.output + run.stderr
