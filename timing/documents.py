"""Documents to judge, made as large as a timing needs them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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


def plan(path: Path, resources: Iterator[tuple[str, Mapping[str, Any]]]) -> Path:
    """A Terraform plan, written piece by piece: of a million resources too."""
    head = {"format_version": "1.2", "terraform_version": "1.11.4"}
    region = {"expressions": {"region": {"constant_value": "eu-north-1"}}}
    provider = {"provider_config": {"aws": {"name": "aws", **region}}}
    with path.open("w") as file:
        file.write(json.dumps(head)[:-1])
        file.write(f', "configuration": {json.dumps({**provider, "root_module": {}})}')
        file.write(', "resource_changes": [')
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
            file.write((", " if number else "") + json.dumps(resource))
        file.write("]}")
    return path


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
