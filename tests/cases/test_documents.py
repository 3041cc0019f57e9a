"""Plans, states and previews, judged by the command: where a resource is, what is read, and what is
never printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_doors.command.check import FORMS

pytestmark = pytest.mark.usefixtures("fixed_tables")

MUMBAI, STOCKHOLM = "ap-south-1", "eu-north-1"


def lichen(document: object, folder: Path, *options: str, name: str = "document.json") -> Result:
    """What ``lichen check`` says of a document, or of several, one a line."""
    path = folder / name
    documents = document if isinstance(document, list) else [document]
    path.write_text("\n".join(json.dumps(each) for each in documents))
    return CliRunner().invoke(main, ["check", str(path), *options])


def found(document: object, folder: Path, *options: str) -> dict[str, set[str]]:
    """The rules that a document's resources fail (``fail``) or leave open (``unverified``)."""
    report = json.loads(lichen(document, folder, "--format", "json", *options).stdout)
    return {
        "fail": {verdict["rule"] for verdict in report["findings"]},
        "unverified": {verdict["rule"] for verdict in report["unverified"]},
    }


def plan(
    values: Mapping[str, Any],
    *,
    provider: object = None,
    type_: str = "aws_instance",
    unknown: Mapping[str, Any] | None = None,
    sensitive: Mapping[str, Any] | None = None,
    written: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A plan of one resource under one provider."""
    name = type_.partition("_")[0]
    settings = {} if provider is None else {"expressions": {"region": provider}}
    change = {
        "actions": ["create"],
        "before": None,
        "after": values,
        "after_unknown": unknown or {},
        "after_sensitive": sensitive or {},
    }
    block = {
        "mode": "managed",
        "type": type_,
        "name": "chat",
        "provider_config_key": name,
        "expressions": written or {},
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.15.5",
        "resource_changes": [
            {
                "address": f"{type_}.chat",
                "mode": "managed",
                "type": type_,
                "name": "chat",
                "change": change,
            }
        ],
        "configuration": {
            "provider_config": {name: {"name": name, **settings}},
            "root_module": {"resources": [block]},
        },
        **more,
    }


MACHINE = {"ami": "ami-1", "instance_type": "g5.xlarge"}


def constant(region: str) -> dict[str, str]:
    return {"constant_value": region}


REFERENCE = {"references": ["var.region"]}


def variables(region: str) -> dict[str, Any]:
    return {"region": {"value": region}}


def told(**values: Any) -> dict[str, Any]:
    """What a data source answered while the plan was made, and its block."""
    address = {"mode": "data", "type": "aws_region", "name": "here"}
    source = {"address": "data.aws_region.here", **address, "values": values}
    return {"values": {"root_module": {"resources": [source]}}}


def test_a_zone_that_the_provider_chooses_is_in_the_provider_s_region(tmp_path: Path) -> None:
    open_zone = {"availability_zone": True}
    stopped = plan(MACHINE, provider=constant(MUMBAI), unknown=open_zone)
    assert found(stopped, tmp_path) == {"fail": {"dirty-region"}, "unverified": set()}
    clean = plan(MACHINE, provider=constant(STOCKHOLM), unknown=open_zone)
    assert found(clean, tmp_path) == {"fail": set(), "unverified": set()}


def test_a_region_behind_a_name_is_open_whatever_the_name_holds(tmp_path: Path) -> None:
    for region in (MUMBAI, STOCKHOLM):
        document = plan(MACHINE, provider=REFERENCE, variables=variables(region))
        run = found(document, tmp_path)
        assert run["fail"] == set()
        assert "dirty-region" in run["unverified"]


def test_a_region_behind_a_name_is_what_the_command_line_gives(tmp_path: Path) -> None:
    document = plan(MACHINE, provider=REFERENCE, variables=variables(STOCKHOLM))
    assert found(document, tmp_path, "--region", MUMBAI)["fail"] == {"dirty-region"}
    assert found(document, tmp_path, "--region", STOCKHOLM)["fail"] == set()


def test_a_region_that_is_written_is_not_what_the_command_line_gives(tmp_path: Path) -> None:
    document = plan(MACHINE, provider=constant(MUMBAI))
    assert found(document, tmp_path, "--region", STOCKHOLM)["fail"] == {"dirty-region"}


def test_a_data_source_says_what_a_function_made(tmp_path: Path) -> None:
    document = plan(
        MACHINE,
        provider=REFERENCE,
        variables=variables(STOCKHOLM),
        prior_state=told(id=MUMBAI, name=MUMBAI),
    )
    source = {
        "mode": "data",
        "type": "aws_region",
        "name": "here",
        "provider_config_key": "aws",
    }
    document["configuration"]["root_module"]["resources"].append(source)
    assert found(document, tmp_path) == {"fail": {"dirty-region"}, "unverified": set()}
    source["expressions"] = {"region": constant(MUMBAI)}  # it was asked for another region
    assert "dirty-region" in found(document, tmp_path)["unverified"]


def test_a_resource_of_the_aws_provider_s_version_6_says_its_region(tmp_path: Path) -> None:
    document = plan({**MACHINE, "region": MUMBAI}, provider=REFERENCE)
    assert found(document, tmp_path) == {"fail": {"dirty-region"}, "unverified": set()}
    late = plan(MACHINE, provider=constant(STOCKHOLM), unknown={"region": True})
    assert found(late, tmp_path) == {"fail": set(), "unverified": set()}
    late = plan(
        MACHINE,
        provider=constant(STOCKHOLM),
        unknown={"region": True},
        written={"region": REFERENCE},
    )
    assert "dirty-region" in found(late, tmp_path)["unverified"]


def test_what_was_made_before_says_where_its_provider_is(tmp_path: Path) -> None:
    network = {
        "address": "aws_vpc.net",
        "mode": "managed",
        "type": "aws_vpc",
        "name": "net",
        "change": {
            "actions": ["no-op"],
            "after": {"arn": f"arn:aws:ec2:{MUMBAI}:123456789012:vpc/vpc-1"},
        },
    }
    document = plan(MACHINE, provider={"references": ["local.region"]})
    document["resource_changes"].append(network)
    document["configuration"]["root_module"]["resources"].append(
        {"mode": "managed", "type": "aws_vpc", "name": "net", "provider_config_key": "aws"}
    )
    assert found(document, tmp_path) == {"fail": {"dirty-region"}, "unverified": set()}
    network["change"] = {**network["change"], "actions": ["delete", "create"]}
    assert "dirty-region" in found(document, tmp_path)["unverified"]


def test_an_arn_beside_a_resource_does_not_go_before_its_provider(tmp_path: Path) -> None:
    variant = {"model_name": "m", "instance_type": "ml.g5.xlarge", "initial_instance_count": 1}
    values = {
        "kms_key_arn": f"arn:aws:kms:{STOCKHOLM}:123456789012:key/1",
        "production_variants": [variant],
    }
    document = plan(values, provider=constant(MUMBAI), type_="aws_sagemaker_endpoint_configuration")
    assert "dirty-region" in found(document, tmp_path)["fail"]


def test_a_pool_is_where_its_cluster_is(tmp_path: Path) -> None:
    values = {
        "cluster": "projects/p/locations/asia-south1/clusters/c",
        "node_count": 1,
        "node_config": [{"machine_type": "g2-standard-4"}],
    }
    document = plan(values, provider=constant("europe-north1"), type_="google_container_node_pool")
    assert "dirty-region" in found(document, tmp_path)["fail"]


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0"])
def test_plans_of_every_terraform_since_0_12_are_judged(tmp_path: Path, version: str) -> None:
    document = plan(MACHINE, provider=constant(MUMBAI)) | {"format_version": version}
    assert found(document, tmp_path)["fail"] == {"dirty-region"}


def test_two_plans_of_one_file_are_judged_each_by_itself(tmp_path: Path) -> None:
    document = plan(MACHINE, provider=constant(MUMBAI))
    report = json.loads(lichen([document, document], tmp_path, "--format", "json").stdout)
    assert [verdict["line"] for verdict in report["findings"]] == [1, 2]
    assert [fix["resource"] for fix in report["fixes"]] == ["aws_instance.chat"] * 2


def test_values_without_their_marks_are_no_plan(tmp_path: Path) -> None:
    values = {"address": "aws_instance.a", "mode": "managed", "type": "aws_instance", "name": "a"}
    document = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [{**values, "values": MACHINE}]}},
    }
    run = lichen(document, tmp_path)
    assert run.exit_code == 2
    assert "resource_changes: is missing" in run.stderr


SIGN = "4dabf18193072939515e22adb298388d"
SECRET = {SIGN: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:CANARY"}
ENDPOINT = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"


def pulumi(**changes: Any) -> dict[str, Any]:
    """An endpoint in production, as Pulumi's engine keeps it."""
    stack = "urn:pulumi:prod::demo"
    variant = {"modelName": "m", "instanceType": "ml.g5.xlarge", "initialInstanceCount": 1}
    return {
        "urn": f"{stack}::{ENDPOINT}::chat",
        "type": ENDPOINT,
        "custom": True,
        "inputs": {"productionVariants": [variant]},
        "provider": f"{stack}::pulumi:providers:aws::default_7_51_1::0b8ed7a4",
        **changes,
    }


def preview(resource: dict[str, Any], region: str) -> dict[str, Any]:
    step = {"op": "create", "urn": resource["urn"], "newState": resource}
    return {"config": {"aws:region": region}, "steps": [step], "changeSummary": {"create": 1}}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources)}}


def test_what_is_deployed_is_where_its_outputs_say(tmp_path: Path) -> None:
    for region, rules in ((STOCKHOLM, set()), (MUMBAI, {"dirty-region"})):
        arn = f"arn:aws:sagemaker:{region}:123456789012:endpoint-config/chat"
        run = found(state(pulumi(outputs={"arn": arn})), tmp_path)
        assert run["fail"] & {"dirty-region", "region-unresolved"} == rules


def test_a_preview_of_production_that_leaves_a_provider_out_is_not_judged(tmp_path: Path) -> None:
    explicit = pulumi(provider="urn:pulumi:prod::demo::pulumi:providers:aws::mumbai::0b8ed7a4")
    run = lichen(preview(explicit, STOCKHOLM), tmp_path)
    assert run.exit_code == 2
    assert "pulumi preview --json --show-sames" in run.stderr


PASSPORT = {
    "lichen:model": "meta-llama/Llama-3.1-8B",
    "lichen:precision": "bf16",
    "lichen:peak-rps": "1",
    "lichen:input-tokens": "500",
    "lichen:output-tokens": "200",
}
KEYS = (*PASSPORT, "lichen:environment", "lichen:mode", "lichen:confidence", "lichen:nothing")


def documents_with(tag: str) -> dict[str, dict[str, Any]]:
    """Documents of every kind that hold a secret: marked, copied without its mark, or as a tag that
    cannot be read."""
    tags = {**PASSPORT, tag: "CANARY"}
    variant = {"model_name": "m", "instance_type": "ml.g5.xlarge", "initial_instance_count": 1}
    values = {"production_variants": [variant], "tags": tags, "tags_all": tags}
    configuration = "aws_sagemaker_endpoint_configuration"
    hidden = {"tags": {tag: True}}
    standing = {
        "address": f"{configuration}.chat",
        "mode": "managed",
        "type": configuration,
        "name": "chat",
        "values": values,
    }
    inputs = pulumi()["inputs"]
    blinded = {**inputs, "tags": {**tags, tag: "[secret]"}, "tagsAll": tags}
    signed = {**inputs, "tags": {**tags, tag: SECRET}, "tagsAll": tags}
    plain = {**inputs, "tags": tags}
    part = tag.removeprefix("lichen:")
    pods = {
        "metadata": {"annotations": {f"lichen.dev/{part}": "CANARY"}},
        "spec": {"containers": [{"name": "server", "env": [{"name": "A", "value": "CANARY"}]}]},
    }
    return {
        "template": {
            "Resources": {
                "Chat": {
                    "Type": "AWS::SageMaker::EndpointConfig",
                    "Properties": {
                        "ProductionVariants": [
                            {"ModelName": "m", "VariantName": "a", "InstanceType": "ml.g5.xlarge"}
                        ],
                        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
                    },
                }
            }
        },
        "manifest": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "chat"},
            "spec": {"replicas": 1, "template": pods},
        },
        "template of Azure": {
            "$schema": "https://schema.management.azure.com/2019-04-01/deploymentTemplate.json#",
            "resources": [
                {
                    "type": "Microsoft.Compute/virtualMachines",
                    "apiVersion": "2024-07-01",
                    "name": "chat",
                    "location": "swedencentral",
                    "tags": tags,
                    "properties": {"hardwareProfile": {"vmSize": "Standard_NC24ads_A100_v4"}},
                }
            ],
        },
        "plan": plan(values, provider=constant(STOCKHOLM), type_=configuration),
        "plan, sensitive": plan(
            values, provider=constant(STOCKHOLM), type_=configuration, sensitive=hidden
        ),
        "shown state": {
            "format_version": "1.0",
            "values": {"root_module": {"resources": [{**standing, "sensitive_values": hidden}]}},
        },
        "preview": preview(pulumi(inputs=plain), STOCKHOLM),
        "preview, secret": preview(pulumi(inputs=blinded), STOCKHOLM),
        "state, secret": state(pulumi(inputs=signed)),
        "state, wholly secret": state(pulumi(inputs={**signed, "tags": SECRET})),
    }


def test_no_secret_is_printed_of_a_module(tmp_path: Path) -> None:
    for tag in KEYS:
        (tmp_path / "main.tf").write_text(
            'resource "aws_instance" "chat" {\n  instance_type = "g5.xlarge"\n'
            f'  user_data = "CANARY"\n  tags = {{ "{tag}" = "CANARY" }}\n}}\n'
        )
        run = CliRunner().invoke(main, ["check", str(tmp_path)])
        assert run.exit_code in (0, 1)
        assert "CANARY" not in run.output


@pytest.mark.parametrize("tag", KEYS)
@pytest.mark.parametrize("kind", list(documents_with("")))
def test_no_secret_is_printed_in_any_format(tmp_path: Path, kind: str, tag: str) -> None:
    document = documents_with(tag)[kind]
    assert "CANARY" in json.dumps(document)
    others = [form for form in FORMS if form != "text"]
    reports = [f"--report={form}={tmp_path / form}" for form in others]
    run = lichen(document, tmp_path, *reports)
    assert run.exit_code in (0, 1)
    assert "CANARY" not in run.output
    for form in others:
        assert "CANARY" not in (tmp_path / form).read_text(), form
