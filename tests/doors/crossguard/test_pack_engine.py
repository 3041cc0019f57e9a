"""The pack under the real engine: what a person sees of `pulumi preview --policy-pack`."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from lichen_doors.command import main

from lichen.passport import Passport, to_tags
from sandbox import engine
from sandbox.aws import plugin
from sandbox.aws.cloud import emulated_aws
from timing.pack_process import PACK

pytestmark = pytest.mark.xdist_group("pack-engine")

TAGS = to_tags(
    Passport(
        model="meta-llama/Llama-3.1-8B",
        precision="bf16",
        peak_rps=1.0,
        input_tokens=512,
        output_tokens=256,
    ),
    "aws",
)

PROGRAM = f"""
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
key = aws.kms.Key("key")
provider = None
if config.get("provider") is not None:
    provider = aws.Provider("mine", region=config.get("provider"))
aws.sagemaker.EndpointConfiguration(
    "chat-config",
    kms_key_arn=key.arn,
    tags={TAGS!r},
    production_variants=[
        aws.sagemaker.EndpointConfigurationProductionVariantArgs(
            variant_name=pulumi.Output.secret("hunter2"),
            model_name="chat",
            instance_type=key.id.apply(lambda _: "ml.g5.12xlarge")
            if config.get_bool("computed") else config.require("machine"),
            initial_instance_count=config.require_int("count"),
        )
    ],
    opts=pulumi.ResourceOptions(provider=provider),
)
"""

Preview = Callable[..., "tuple[int, str]"]


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """``preview("dev", machine=..., count=...)``: the exit code, and what was printed."""
    project = tmp_path_factory.mktemp("project")
    (project / "Pulumi.yaml").write_text("name: served\nruntime: python\n")
    (project / "__main__.py").write_text(PROGRAM)
    pulumi = engine.ensure()
    with emulated_aws(new_account=False) as cloud:
        environment = pulumi.environment(tmp_path_factory.mktemp("state")) | cloud.environment()
        plugin.install(Path(environment["PULUMI_HOME"]))

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [str(pulumi.path), *arguments, "--non-interactive"],
                cwd=project,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )

        def previewed(
            stack: str, pack_config: object = None, pack: Path = PACK, **config: str
        ) -> tuple[int, str]:
            settings = {"aws:region": "eu-north-1"} | {
                name if ":" in name else f"served:{name}": value for name, value in config.items()
            }
            (project / f"Pulumi.{stack}.yaml").write_text(json.dumps({"config": settings}))
            run("stack", "init", stack)
            arguments = ["preview", "--stack", stack, "--policy-pack", str(pack)]
            if pack_config is not None:
                path = project / "pack-config.json"
                path.write_text(json.dumps(pack_config))
                arguments += ["--policy-pack-config", str(path)]
            ran = run(*arguments)
            return ran.returncode, ran.stdout + ran.stderr

        yield previewed


def test_what_is_right_passes(preview: Preview) -> None:
    code, printed = preview("right", machine="ml.g6.xlarge", count="2")
    assert code == 0, printed
    assert "lichen" in printed


def test_the_start_s_command_runs_the_pack(preview: Preview) -> None:
    start = (Path(__file__).parents[3] / "docs" / "start.md").read_text()
    assert 'pulumi preview --policy-pack "$(lichen pack)"\n' in start
    folder = CliRunner().invoke(main, ["pack"]).stdout.strip()
    code, printed = preview("right", machine="ml.g6.xlarge", count="2", pack=Path(folder))
    assert code == 0, printed
    assert "lichen" in printed


def test_what_is_wasteful_is_stopped_with_every_reason(preview: Preview) -> None:
    code, printed = preview(
        "wasteful", machine="ml.g5.12xlarge", count="4", **{"aws:region": "ap-south-1"}
    )
    assert code != 0
    for rule in ("dirty-region", "oversized-endpoint", "too-many-accelerators"):
        assert rule in printed, printed
    assert "[mandatory]" in printed
    assert "Fix: set productionVariants[0].instanceType to ml." in printed
    assert "hunter2" not in printed


def test_in_dev_a_dirty_region_only_advises(preview: Preview) -> None:
    code, printed = preview(
        "dev", machine="ml.g6.xlarge", count="1", **{"aws:region": "ap-south-1"}
    )
    assert code == 0, printed
    assert "[advisory]" in printed
    assert "dirty-region" in printed


def test_the_region_of_a_provider_made_by_the_program(preview: Preview) -> None:
    code, printed = preview("mine-prod", machine="ml.g6.xlarge", count="2", provider="ap-south-1")
    assert code != 0
    assert "ap-south-1 (Mumbai) runs on" in printed


def test_what_is_settled_at_deploy_time_is_said_to_be_unverified(preview: Preview) -> None:
    code, printed = preview("computed-prod", machine="x", count="4", computed="true")
    assert code == 0, printed
    assert (
        "Unverified: cannot be checked yet: "
        "productionVariants[0].instanceType is known only after deployment"
    ) in " ".join(printed.split())
    assert "can't run policy" not in printed


def test_the_pack_s_own_configuration(preview: Preview) -> None:
    moved = {
        "too-many-accelerators": {"enforcementLevel": "advisory", "chips": 3},
        "oversized-endpoint": "disabled",
    }
    code, printed = preview("moved-prod", moved, machine="ml.g5.12xlarge", count="4")
    assert code == 0, printed
    assert "the limit in prod is 3 per resource" in printed
    assert "oversized-endpoint  (" not in printed, "no diagnostic; the configuration is named"


def test_a_wrong_limit_of_the_pack_s_configuration_is_refused(preview: Preview) -> None:
    wrong = {"too-many-accelerators": {"chips": "many"}}
    code, printed = preview("wrong-prod", wrong, machine="ml.g6.xlarge", count="2")
    assert code != 0
    assert "chips" in printed


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"fil": "x.yaml"}, "did you mean 'file'?"), ({"file": ""}, "names no file")],
)
def test_an_organisation_s_file_that_is_not_named_right_is_refused(
    preview: Preview, wrong: dict[str, str], said: str
) -> None:
    """In silence the organisation's rules would not hold."""
    code, printed = preview(
        "unnamed-prod", {"configuration": wrong}, machine="ml.g6.xlarge", count="2"
    )
    assert code != 0
    assert said in printed


def test_the_installed_pack_runs_in_the_python_that_has_it(
    preview: Preview, tmp_path: Path
) -> None:
    """As the wheel lays it out: no clone's environment beside it."""
    shutil.copy(PACK / "__main__.py", tmp_path)
    shutil.copy(PACK / "installed.yaml", tmp_path / "PulumiPolicy.yaml")
    code, printed = preview("installed-prod", None, tmp_path, machine="ml.g5.12xlarge", count="4")
    assert code != 0
    assert "too-many-accelerators" in printed


def test_in_dev_the_engine_deploys_what_a_remediation_left(preview: Preview) -> None:
    """The engine takes the changed inputs, and the rule that changed them finds nothing more."""
    wasteful = {"machine": "ml.g5.12xlarge", "count": "2"}
    code, printed = preview("dev", {"too-many-accelerators": "advisory"}, **wasteful)
    assert code != 0
    assert "oversized-endpoint" in printed
    levels = {"oversized-endpoint": "remediate", "too-many-accelerators": "advisory"}
    code, printed = preview("dev", levels, **wasteful)
    assert code == 0, printed
    assert "[remediate]" in printed
    assert "Fix: set productionVariants[0].instanceType" not in printed
    code, printed = preview("prod", levels, **wasteful)
    assert code != 0
    assert "[remediate]" not in printed
    assert "oversized-endpoint" in printed


def test_the_engine_shows_once_which_lichen_yaml_holds(preview: Preview, tmp_path: Path) -> None:
    organisation = tmp_path / "organisation.yaml"
    organisation.write_text("levels: {dirty-region: disabled}\n")
    code, printed = preview(
        "prod",
        {"configuration": {"file": str(organisation)}},
        machine="ml.g6.xlarge",
        count="2",
        **{"aws:region": "ap-south-1"},
    )
    assert code == 0, printed
    assert printed.count("dirty-region is disabled in prod") == 1, printed
