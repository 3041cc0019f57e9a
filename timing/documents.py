"""Documents to judge, made as large as a timing needs them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from lichen.passport import Passport, to_tags

ENDPOINT = "aws_sagemaker_endpoint_configuration"
CLEAN = {
    "production_variants": [
        {"instance_type": "ml.inf2.xlarge", "initial_instance_count": 2, "model_name": "chat"}
    ],
}
"""An endpoint without anything to find but in its tags."""
WASTEFUL = {
    "production_variants": [
        {"instance_type": "ml.p3.2xlarge", "initial_instance_count": 2, "model_name": "chat"}
    ],
}
"""An endpoint with several findings."""
CROWDED = {
    "production_variants": [
        {"instance_type": "ml.p3.2xlarge", "initial_instance_count": 12, "model_name": "chat"}
    ],
}
"""An endpoint with more accelerators than a rule allows that can be written in Rego too."""
BUCKET = {"bucket": "data", "force_destroy": False, "tags": {"owner": "search"}}


_write = json.JSONEncoder(separators=(",", ":")).encode
"""Without spaces, as Terraform prints JSON."""


def plan(path: Path, resources: Iterator[tuple[str, Mapping[str, Any]]]) -> Path:
    """A Terraform plan, written piece by piece: of a million resources too."""
    head = {"format_version": "1.2", "terraform_version": "1.11.4"}
    region = {"expressions": {"region": {"constant_value": "eu-north-1"}}}
    provider = {"provider_config": {"aws": {"name": "aws", **region}}}
    with path.open("w") as file:
        file.write(_write(head)[:-1])
        file.write(f',"configuration":{_write({**provider, "root_module": {}})}')
        file.write(',"resource_changes":[')
        for number, (type_, after) in enumerate(resources):
            change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
            resource = {
                "address": f"{type_}.r{number}",
                "mode": "managed",
                "type": type_,
                "name": f"r{number}",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": change,
            }
            file.write(("," if number else "") + _write(resource))
        file.write("]}")
    return path


def whole_plan(path: Path, resources: Iterable[tuple[str, Mapping[str, Any]]]) -> Path:
    """A plan with all that ``terraform show -json`` prints of it: how each resource is written,
    which says its provider and so its region, and what it will be, which is what Checkov reads."""
    every = list(enumerate(resources))
    head = {"format_version": "1.2", "terraform_version": "1.11.4"}
    region = {"expressions": {"region": {"constant_value": "eu-north-1"}}}
    provider = {"aws": {"name": "aws", "full_name": _PROVIDER, **region}}
    with path.open("w") as file:
        file.write(_write(head)[:-1])
        file.write(',"planned_values":{"root_module":{"resources":')
        _list(file, every, _planned)
        file.write('}},"resource_changes":')
        _list(file, every, _changed)
        file.write(f',"configuration":{{"provider_config":{_write(provider)}')
        file.write(',"root_module":{"resources":')
        _list(file, every, _written)
        file.write("}}}")
    return path


Numbered = tuple[int, tuple[str, Mapping[str, Any]]]
"""A resource's place in its plan, its type and its properties."""

_PROVIDER = "registry.terraform.io/hashicorp/aws"


def _list(file: TextIO, every: list[Numbered], form: Callable[..., Mapping[str, Any]]) -> None:
    file.write("[" + ",".join(_write(form(n, *resource)) for n, resource in every) + "]")


def _named(number: int, type_: str) -> Mapping[str, Any]:
    name = f"r{number}"
    return {"address": f"{type_}.{name}", "mode": "managed", "type": type_, "name": name}


def _planned(number: int, type_: str, after: Mapping[str, Any]) -> Mapping[str, Any]:
    named = _named(number, type_)
    return {**named, "provider_name": _PROVIDER, "schema_version": 0, "values": after}


def _changed(number: int, type_: str, after: Mapping[str, Any]) -> Mapping[str, Any]:
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
    return {**_named(number, type_), "provider_name": _PROVIDER, "change": change}


def _written(number: int, type_: str, after: Mapping[str, Any]) -> Mapping[str, Any]:
    expressions = {name: _expression(value) for name, value in after.items()}
    named = _named(number, type_)
    return {**named, "provider_config_key": "aws", "expressions": expressions, "schema_version": 0}


def _expression(value: object) -> object:
    """A value as a configuration writes it: a block holds expressions of its own."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [{name: _expression(inner) for name, inner in block.items()} for block in value]
    return {"constant_value": value}


def varied(
    count: int, every: int = 10, crowded: int | None = None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """As :func:`mixed`, but no two resources are equal: each has names, tags and numbers of its
    own, so that nothing is gained by judging equal ones once."""
    for number, (type_, same) in enumerate(mixed(count, every, crowded)):
        tags = {"Name": f"r{number}", "owner": f"team-{number % 37}"}
        if type_ == ENDPOINT:
            (variant,) = same["production_variants"]
            yield (
                type_,
                {
                    "name": f"chat-{number}",
                    "production_variants": [{**variant, "model_name": f"chat-{number}"}],
                    "tags": tags,
                },
            )
        else:
            yield type_, {**same, "bucket": f"data-{number}", "tags": tags}


def mixed(
    count: int, every: int = 10, crowded: int | None = None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Resources of which one in ``every`` is a wasteful endpoint, one in ``crowded`` a crowded one,
    and the others are buckets."""
    for number in range(count):
        if crowded is not None and number % crowded == 0:
            yield ENDPOINT, CROWDED
        else:
            yield ("aws_s3_bucket", BUCKET) if number % every else (ENDPOINT, WASTEFUL)


def joined(count: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Endpoints that each have a configuration, a scaling target with its policy, and an alarm, of
    which each names another by its name."""
    for number in range(count):
        (variant,) = CLEAN["production_variants"]
        variants = [{**variant, "variant_name": "all"}]
        scaled = {
            "resource_id": f"endpoint/chat-{number}/variant/all",
            "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
            "service_namespace": "sagemaker",
        }
        tracked = {"predefined_metric_type": "SageMakerVariantInvocationsPerInstance"}
        tracking = {"target_value": 70, "predefined_metric_specification": [tracked]}
        yield ENDPOINT, {"name": f"config-{number}", "production_variants": variants}
        yield (
            "aws_sagemaker_endpoint",
            {"name": f"chat-{number}", "endpoint_config_name": f"config-{number}"},
        )
        yield "aws_appautoscaling_target", {**scaled, "min_capacity": 1, "max_capacity": 4}
        yield (
            "aws_appautoscaling_policy",
            {
                **scaled,
                "name": f"policy-{number}",
                "policy_type": "TargetTrackingScaling",
                "target_tracking_scaling_policy_configuration": [tracking],
            },
        )
        yield (
            "aws_cloudwatch_metric_alarm",
            {
                "alarm_name": f"errors-{number}",
                "namespace": "AWS/SageMaker",
                "metric_name": "Invocation5XXErrors",
                "comparison_operator": "GreaterThanThreshold",
                "dimensions": {"EndpointName": f"chat-{number}", "VariantName": "all"},
            },
        )


def served(count: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Endpoints that each declare a workload of their own."""
    for number in range(count):
        chat = Passport(
            model="meta-llama/Llama-3.1-8B",
            precision="bf16",
            peak_rps=1 + number / 10_000,
            mean_rps=0.3,
            input_tokens=512,
            output_tokens=256,
            environment="prod",
        )
        yield ENDPOINT, {**CLEAN, "tags": to_tags(chat, "aws")}
