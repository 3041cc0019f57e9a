"""The real Terragrunt over the real Terraform: what it prints of several units is as many
deployments, in each of the ways in which people keep it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from lichen_doors.command import main

from sandbox.terragrunt.build import NOT_BUILT, built
from tests.terraform import engine

MODULE = """
variable "machine" {}
provider "aws" {
  region                      = "ap-south-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_get_ec2_platforms      = true
}
resource "aws_instance" "one" {
  ami           = "ami-12345678"
  instance_type = var.machine
}
"""
UNIT = 'terraform { source = "../../module" }\ninputs = { machine = "%s" }\n'

pytestmark = pytest.mark.skipif(built() is None, reason=NOT_BUILT)


def test_what_terragrunt_prints_of_all_units_is_judged(tmp_path: Path) -> None:
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "main.tf").write_text(MODULE)
    for name, machine in (("chat", "p4d.24xlarge"), ("web", "t4g.nano")):
        (tmp_path / "live" / name).mkdir(parents=True)
        (tmp_path / "live" / name / "terragrunt.hcl").write_text(UNIT % machine)
    terraform = engine.from_pypi()
    command = tmp_path / "terraform"
    command.write_text(f"#!{sys.executable}\n{terraform.command[-1]}")
    command.chmod(0o755)
    settings = tmp_path / "terraform.rc"
    settings.write_text(engine.SETTINGS.format(provider=terraform.provider))

    def terragrunt(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(built()), "run-all", *arguments],
            cwd=tmp_path / "live",
            env={
                **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
                "TF_CLI_CONFIG_FILE": str(settings),
                "CHECKPOINT_DISABLE": "1",
                "AWS_ACCESS_KEY_ID": "none",
                "AWS_SECRET_ACCESS_KEY": "none",
                "AWS_EC2_METADATA_DISABLED": "true",
                "TERRAGRUNT_TFPATH": str(command),
                "TERRAGRUNT_NON_INTERACTIVE": "true",
                "TERRAGRUNT_AUTO_INIT": "false",
            },
            capture_output=True,
            text=True,
            timeout=engine.TIMEOUT_S,
            check=True,
        )

    terragrunt("plan", "-refresh=false", "-input=false", "-out=plan")
    logged = terragrunt(
        *("show", "-json", "plan", "--terragrunt-json-log", "--terragrunt-tf-logs-to-json")
    )
    plans = tmp_path / "plans.json"
    for text in (
        terragrunt("show", "-json", "plan").stdout,
        logged.stdout + logged.stderr,
    ):
        plans.write_text(text)
        run = CliRunner().invoke(main, ["check", str(plans), "--format", "json"])
        assert run.exit_code == 1, run.output
        document = json.loads(run.stdout)
        assert document["summary"]["judged"] == 2
        dirty = [each for each in document["findings"] if each["rule"] == "dirty-region"]
        assert sorted(each["level"] for each in dirty) == ["advisory", "mandatory"]
        assert len({each["line"] for each in dirty}) == 2
    # What it prints for a person, and the log of planning, hold no plan, and are no pass.
    for text in (
        terragrunt("plan", "-refresh=false", "-input=false", "-no-color").stdout,
        terragrunt("plan", "-refresh=false", "-input=false", "-json").stdout,
    ):
        plans.write_text(text)
        assert CliRunner().invoke(main, ["check", str(plans)]).exit_code == 2
