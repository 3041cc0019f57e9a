"""Terraform plans, real ones, read into resources."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lichen_policies.dialects import read
from lichen_policies.facts.reading import facts_of
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import is_left_out, is_unknown

from lichen.document import InputError
from tests.terraform import engine

Plan = Callable[[str], Path]


def by_address(resources: list[Resource]) -> dict[str, Resource]:
    return {resource.address: resource for resource in resources}


def test_a_plan_tells_every_managed_resource_with_its_values(terraform_plan: Plan) -> None:
    resources = by_address(read(terraform_plan("wasteful")))
    assert set(resources) == {
        "aws_sagemaker_endpoint_configuration.chat",
        "aws_sagemaker_endpoint.chat",
        "aws_appautoscaling_target.chat",
    }
    chat = resources["aws_sagemaker_endpoint_configuration.chat"]
    assert (chat.type, chat.name) == ("aws_sagemaker_endpoint_configuration", "chat")
    assert (chat.dialect, chat.region) == ("terraform", "ap-south-1")
    (variant,) = chat.properties["production_variants"]
    assert (variant["instance_type"], variant["initial_instance_count"]) == ("ml.g4dn.12xlarge", 4)
    assert chat.properties["tags"]["lichen:model"] == "meta-llama/Llama-3.1-8B"


@pytest.mark.parametrize("part", ["resource_changes", "configuration", "planned_values"])
def test_a_key_of_a_newer_terraform_changes_nothing(
    terraform_plan: Plan, tmp_path: Path, part: str
) -> None:
    document = json.loads(terraform_plan("wasteful").read_text())
    held = document[part]
    (held[0]["change"] if isinstance(held, list) else held["root_module"])["of_tomorrow"] = ["x"]
    newer = tmp_path / "plan.json"
    newer.write_text(json.dumps(document))
    same = read(terraform_plan("wasteful"))
    assert [(each.address, each.region, each.properties) for each in read(newer)] == [
        (each.address, each.region, each.properties) for each in same
    ]


@pytest.mark.parametrize("key", ["resource_changes", "after", "region", "provider_config_key"])
def test_a_key_that_a_plan_has_twice_is_refused(
    terraform_plan: Plan, tmp_path: Path, key: str
) -> None:
    written = terraform_plan("wasteful").read_text()
    assert f'"{key}":' in written
    twice = tmp_path / "plan.json"
    twice.write_text(written.replace(f'"{key}":', f'"{key}":null,"{key}":', 1))
    with pytest.raises(InputError, match=f"{key}: is there twice"):
        read(twice)


def test_what_is_known_after_apply_is_unknown_and_the_rest_is_known(terraform_plan: Plan) -> None:
    late = by_address(read(terraform_plan("unknown")))["aws_sagemaker_endpoint_configuration.late"]
    known, unknown = late.properties["production_variants"]
    assert known["instance_type"] == "ml.g4dn.12xlarge"
    assert is_unknown(known["initial_instance_count"])
    assert is_unknown(unknown["instance_type"])
    assert unknown["initial_instance_count"] == 1
    assert late.properties["tags"] is None
    assert late.properties["tags_all"] is None


def test_a_sensitive_value_is_not_read(terraform_plan: Plan) -> None:
    plan = terraform_plan("unknown")
    assert "hush-hush" in plan.read_text()
    resources = read(plan)
    (capture,) = by_address(resources)["aws_sagemaker_endpoint_configuration.late"].properties[
        "data_capture_config"
    ]
    assert is_unknown(capture["destination_s3_uri"])
    assert capture["initial_sampling_percentage"] == 1
    assert "hush-hush" not in repr(resources)


@pytest.fixture
def regions(terraform_plan: Plan) -> dict[str, Any]:
    return {resource.address: resource.region for resource in read(terraform_plan("regions"))}


CONFIGURATION = "aws_sagemaker_endpoint_configuration"


@pytest.mark.parametrize(
    ("address", "region"),
    [
        (f'{CONFIGURATION}.constant["a"]', "us-west-2"),
        (f'{CONFIGURATION}.constant["b.c[\\"d\\"]"]', "us-west-2"),
        ("aws_instance.zone_after_apply", "us-west-2"),
        (f"module.passed.{CONFIGURATION}.inner", "us-west-2"),
        (f"{CONFIGURATION}.absent", None),
    ],
)
def test_a_region_is_what_the_resource_s_provider_says(
    regions: dict[str, Any], address: str, region: str | None
) -> None:
    assert regions[address] == region


@pytest.mark.parametrize(
    ("address", "region"),
    [
        (f"{CONFIGURATION}.default[0]", "eu-north-1"),
        (f"{CONFIGURATION}.default[1]", "eu-north-1"),
        (f"module.inherited[0].{CONFIGURATION}.inner", "eu-north-1"),
        (f"module.inherited[1].{CONFIGURATION}.inner", "eu-north-1"),
        (f"{CONFIGURATION}.local", "eu-west-3"),
        (f"{CONFIGURATION}.told", "ap-south-1"),
        (f"{CONFIGURATION}.zoned", "eu-north-1"),
    ],
)
def test_a_region_that_an_expression_sets_is_what_the_provider_answers(
    regions: dict[str, Any], address: str, region: str | None
) -> None:
    assert regions[address] == region


@pytest.mark.parametrize(
    "address",
    [
        f"{CONFIGURATION}.indexed",
        f"{CONFIGURATION}.hidden",
        f"{CONFIGURATION}.moved",
        f"{CONFIGURATION}.elsewhere",
        f"module.own.{CONFIGURATION}.inner",
        f"module.own.module.deeper.{CONFIGURATION}.inner",
    ],
)
def test_a_lone_reference_is_no_region(regions: dict[str, Any], address: str) -> None:
    assert is_unknown(regions[address])
    assert 'data "aws_region" "here" {}' in regions[address].because
    assert "--region" in regions[address].because


def test_a_newer_terraform_and_provider_read_the_same(
    tmp_path: Path, terraform_plan: Plan, record_property: Callable[[str, object], None]
) -> None:
    machine = engine.from_machine()
    if machine is None:
        pytest.skip("no terraform on PATH with LICHEN_TERRAFORM_PROVIDER set: one engine ran")
    record_property("engine", str(machine))
    for stack in ("wasteful", "regions", "unknown"):
        old = {found.address: found.region for found in read(terraform_plan(stack))}
        new = {
            found.address: found.region
            for found in read(machine.plan(engine.STACKS / stack, tmp_path / stack))
        }
        assert set(new) == set(old)
        assert {address: str(region) for address, region in new.items()} == {
            address: str(region) for address, region in old.items()
        }


def plan_with(change: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """The least that `terraform show -json` prints, with one change, for what no plan here has."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.15.5",
        "resource_changes": [
            {"address": "t.n", "mode": "managed", "type": "t", "name": "n", "change": change}
        ],
        **extra,
    }


def written(tmp_path: Path, document: object) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    ("actions", "after", "expected"),
    [
        (["create"], {}, True),
        (["update"], {}, True),
        (["no-op"], {}, True),
        (["delete", "create"], {}, True),
        (["create", "forget"], {}, True),
        (["delete"], None, False),
        (["forget"], None, False),
    ],
)
def test_only_what_is_there_after_the_plan_is_read(
    tmp_path: Path, actions: list[str], after: dict[str, Any] | None, expected: bool
) -> None:
    plan = plan_with({"actions": actions, "before": {}, "after": after})
    assert bool(read(written(tmp_path, plan))) is expected


def test_what_is_imported_moved_or_put_off_is_read_and_what_drifted_is_not(tmp_path: Path) -> None:
    """The shapes of Terraform 1.5 (import), 1.1 (moved), 1.9 (deferred) and 0.15.4 (drift)."""

    def entry(name: str, machine: str, **more: Any) -> dict[str, Any]:
        after = {"instance_type": machine}
        return {
            "address": f"aws_instance.{name}",
            "mode": "managed",
            "type": "aws_instance",
            "name": name,
            "change": {"actions": ["update"], "before": {}, "after": after, **more},
        }

    plan = {
        "format_version": "1.2",
        "resource_changes": [
            entry("imported", "t1", importing={"id": "i-1"}),
            {**entry("moved", "t2"), "previous_address": "aws_instance.before"},
        ],
        "resource_drift": [entry("drifted", "t3")],
        "deferred_changes": [
            {"reason": "instance_count_unknown", "resource_change": entry("later[*]", "t4")}
        ],
    }
    found = {
        resource.address: resource.properties["instance_type"]
        for resource in read(written(tmp_path, plan))
    }
    assert found == {
        "aws_instance.imported": "t1",
        "aws_instance.moved": "t2",
        "aws_instance.later[*]": "t4",
    }


def test_marks_reach_into_lists_and_maps(tmp_path: Path) -> None:
    change = {
        "actions": ["create"],
        "after": {"list": [1, None, {"a": 1}], "map": {"known": "x"}, "null": None, "blocks": []},
        "after_unknown": {
            "list": [False, True, {"b": True}],
            "map": {"later": True},
            "whole": True,
        },
        "after_sensitive": {"list": [False, False, {"a": True}]},
    }
    (resource,) = read(written(tmp_path, plan_with(change)))
    one, two, three = resource.properties["list"]
    assert one == 1
    assert is_unknown(two)
    assert is_unknown(three["a"])
    assert is_unknown(three["b"])
    assert resource.properties["map"]["known"] == "x"
    assert is_unknown(resource.properties["map"]["later"])
    assert is_unknown(resource.properties["whole"])
    assert resource.properties["null"] is None
    assert resource.properties["blocks"] == []


def test_a_sensitive_variable_s_region_is_not_read(tmp_path: Path) -> None:
    configuration = {
        "provider_config": {"aws": {"expressions": {"region": {"references": ["var.region"]}}}},
        "root_module": {
            "resources": [{"type": "t", "name": "n", "provider_config_key": "aws"}],
            "variables": {"region": {"sensitive": True}},
        },
    }
    plan = plan_with(
        {"actions": ["create"], "after": {}},
        configuration=configuration,
        variables={"region": {"value": "eu-north-1"}},
    )
    (resource,) = read(written(tmp_path, plan))
    assert is_unknown(resource.region)


@pytest.mark.parametrize(
    ("default_tags", "tags", "expected"),
    [
        ({"constant_value": {"env": "prod"}}, {"a": "b"}, {"env": "prod", "a": "b"}),
        ({"constant_value": {"env": "prod"}}, {"env": "dev"}, {"env": "dev"}),
        ({"references": ["var.tags"]}, None, "unknown"),
        ({"references": ["local.tags"]}, None, "unknown"),
        ({"references": ["var.tags"]}, {"env": "dev"}, {"env": "dev"}),
    ],
)
def test_default_tags_are_read_where_the_provider_leaves_them_open(
    tmp_path: Path, default_tags: object, tags: object, expected: object
) -> None:
    plan = plan_with(
        {"actions": ["create"], "after": {"tags": tags}, "after_unknown": {"tags_all": True}},
        configuration={
            "provider_config": {"aws": {"expressions": {"default_tags": [{"tags": default_tags}]}}},
            "root_module": {
                "resources": [{"type": "t", "name": "n", "provider_config_key": "aws"}]
            },
        },
        variables={"tags": {"value": {"env": "staging"}}},
    )
    (resource,) = read(written(tmp_path, plan))
    found = resource.properties["tags_all"]
    assert is_unknown(found) if expected == "unknown" else found == expected


def test_each_provider_has_its_own_default_tags(tmp_path: Path) -> None:
    change = {"actions": ["create"], "after": {}, "after_unknown": {"tags_all": True}}
    names = ("here", "there", "here")
    plan = {
        "format_version": "1.2",
        "resource_changes": [
            {"address": f"t.{n}", "mode": "managed", "type": "t", "name": f"{n}", "change": change}
            for n in range(3)
        ],
        "configuration": {
            "provider_config": {
                name: {
                    "expressions": {"default_tags": [{"tags": {"constant_value": {"at": name}}}]}
                }
                for name in names
            },
            "root_module": {
                "resources": [
                    {"type": "t", "name": f"{n}", "provider_config_key": name}
                    for n, name in enumerate(names)
                ]
            },
        },
    }
    found = [each.properties["tags_all"]["at"] for each in read(written(tmp_path, plan))]
    assert found == list(names)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"format_version": "2.0"}, "plan format 2.0 is newer than Lichen reads"),
        (plan_with({"actions": ["create"], "after": {}}, errored=True), "met an error"),
        (
            {
                "format_version": "1.2",
                "planned_values": {
                    "root_module": {
                        "resources": [
                            {"address": "t.n", "mode": "managed", "type": "t", "name": "n"}
                        ]
                    }
                },
            },
            "resource_changes: is missing although planned_values has resources.*"
            "Fix: give the whole output of terraform show -json",
        ),
        (plan_with({"actions": "create"}), r"resource_changes\[0\]\.change\.actions"),
    ],
)
def test_a_document_that_is_no_whole_plan_is_answered(
    tmp_path: Path, document: object, expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        read(written(tmp_path, document))


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.2"])
def test_every_format_since_0_1_is_read(tmp_path: Path, version: str) -> None:
    plan = plan_with({"actions": ["create"], "after": {}}) | {"format_version": version}
    assert len(read(written(tmp_path, plan))) == 1


@pytest.mark.parametrize(
    ("module", "key"),
    [
        ("module.pool", "pool:aws"),
        ("module.a.module.b[0]", "a.b:aws"),
        ("module.m", "module.m:aws"),
    ],
)
def test_an_inherited_provider_is_found_by_the_key_of_an_older_terraform(
    tmp_path: Path, module: str, key: str
) -> None:
    assert region_through(tmp_path, module, key, {"aws": "eu-north-1"}) == "eu-north-1"
    both = {"aws": "eu-north-1", "aws.far": "eu-north-1"}
    assert region_through(tmp_path, module, key, both) == "eu-north-1"


def test_an_older_terraform_does_not_say_which_of_two_providers_a_module_inherits(
    tmp_path: Path,
) -> None:
    both = {"aws": "eu-north-1", "aws.far": "ap-south-1"}
    found = region_through(tmp_path, "module.pool", "pool:aws", both)
    assert is_unknown(found)
    assert "Terraform 1.2" in found.because


def region_through(tmp_path: Path, module: str, key: str, providers: dict[str, str]) -> Any:
    """The region of a resource in a module whose provider goes by a key."""
    written_there: dict[str, Any] = {
        "resources": [{"type": "t", "name": "n", "provider_config_key": key}]
    }
    for step in reversed(module.split(".")[1::2]):
        written_there = {"module_calls": {step.removesuffix("[0]"): {"module": written_there}}}
    plan = plan_with(
        {"actions": ["create"], "after": {}},
        configuration={
            "provider_config": {
                name: {"name": "aws", "expressions": {"region": {"constant_value": region}}}
                for name, region in providers.items()
            },
            "root_module": written_there,
        },
    )
    plan["resource_changes"][0] |= {"address": f"{module}.t.n", "module_address": module}
    (resource,) = read(written(tmp_path, plan))
    return resource.region


def test_what_is_known_after_apply_names_what_it_is_made_of(terraform_plan: Plan) -> None:
    groups = by_address(read(terraform_plan("references")))

    def template_of(address: str) -> tuple[str, ...]:
        (block,) = groups[address].properties["launch_template"]
        assert is_unknown(block["id"])
        return block["id"].references

    group, template = "aws_autoscaling_group", "aws_launch_template"
    assert template_of(f'{group}.each["a"]') == (f'{template}.each["a"]',)
    assert template_of(f'{group}.chained["b"]') == (f'{template}.each["b"]',)
    assert template_of(f"{group}.counted[1]") == (f"{template}.counted[1]",)
    assert template_of(f"{group}.one_of_many") == (f'{template}.each["b"]',)
    assert template_of(f"{group}.of_a_module") == (f'module.child["a"].{template}.inner',)
    assert template_of(f'module.child["b"].{group}.inner') == (
        f'module.child["b"].{template}.inner',
    )
    assert template_of(f'module.child["a"].{group}.outer') == (f"{template}.one",)
    (policy,) = groups[f"{group}.mixed"].properties["mixed_instances_policy"]
    (launched,) = policy["launch_template"]
    assert launched["launch_template_specification"][0]["launch_template_id"].references == ()
    first, second = launched["override"]
    assert first["instance_type"] == "g5.xlarge"
    assert second["instance_type"].references == (f"{template}.one",)


@pytest.mark.parametrize(
    ("nodes", "left_out"),
    [
        ("aws_eks_node_group.not_given", True),
        ("aws_eks_node_group.of_a_variable_that_is_null", True),
        ("aws_eks_node_group.of_a_resource", False),
        ("aws_eks_node_group.of_a_function", False),
        ("aws_eks_node_group.of_a_local", False),
        ("aws_eks_node_group.of_a_data_source", False),
        ("module.child.aws_eks_node_group.of_its_caller_s_local", False),
    ],
)
def test_what_nobody_gives_is_left_to_the_provider(
    terraform_plan: Plan, nodes: str, left_out: bool
) -> None:
    """A plan marks it as known after apply, and so what an expression makes."""
    kind = by_address(read(terraform_plan("left_out")))[nodes].properties["ami_type"]
    assert is_unknown(kind)
    assert is_left_out(kind) is left_out


@pytest.mark.parametrize(
    ("names", "heard"),
    [
        (["aws_sns_topic.page.arn", "aws_sns_topic.page"], True),
        (["aws_sns_topic.page[0].arn", "aws_sns_topic.page[0]", "aws_sns_topic.page"], True),
        (["aws_sns_topic.page"], None),  # [for topic in aws_sns_topic.page : topic.arn if ...]
        (["aws_sns_topic.page.arn", "aws_sns_topic.page", "local.on"], None),
        (["var.topics"], None),
    ],
)
def test_a_set_that_is_known_after_apply_may_be_empty(
    tmp_path: Path, names: list[str], heard: bool | None
) -> None:
    """Terraform says neither how it is written nor how many are in it."""
    alarm = {"namespace": "AWS/SageMaker", "metric_name": "Invocation5XXErrors"}
    kinds = {
        "aws_sns_topic": ("page", {}, {"arn": True}, {}),
        "aws_cloudwatch_metric_alarm": (
            "n", alarm, {"alarm_actions": True}, {"alarm_actions": {"references": names}},
        ),
    }  # fmt: skip
    plan = {
        "format_version": "1.2",
        "resource_changes": [
            {"address": f"{type_}.{name}", "mode": "managed", "type": type_, "name": name,
             "change": {"actions": ["create"], "after": after, "after_unknown": unknown}}
            for type_, (name, after, unknown, _) in kinds.items()
        ],
        "configuration": {"root_module": {"resources": [
            {"mode": "managed", "type": type_, "name": name, "expressions": expressions}
            for type_, (name, _, _, expressions) in kinds.items()
        ]}},
    }  # fmt: skip
    resource = by_address(read(written(tmp_path, plan)))["aws_cloudwatch_metric_alarm.n"]
    (fact,) = facts_of(resource) or ()
    found = fact.as_read("heard")
    assert (None if is_unknown(found) else found) == heard
