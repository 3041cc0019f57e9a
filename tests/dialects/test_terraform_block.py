"""Blocks of HCL, as Checkov's parser hands them over, read into resources."""

from __future__ import annotations

import pytest
from lichen_policies.dialects.terraform_block import resource
from lichen_policies.facts.unknown import is_unknown


def value(written: object) -> object:
    block = resource("t", "t.n", {"value": [written]}, {}, "main.tf", 1)
    (found,) = block.properties["value"]
    return found


@pytest.mark.parametrize(
    "written",
    [
        "var.machine",
        'var.machines["a"]',
        "local.machine",
        "module.chat.machine",
        "data.aws_region.here.name",
        "each.value",
        "aws_kms_key.k.arn",
        'aws_kms_key.k["a"].arn',
        "terraform_data.machine.output",
        "production_variants.value",
        "chat-${var.stage}",
        'format("%s",x)',
        "var.big ? 2 : 1",
        'x == "a" ? "ml.g5.xlarge" : "ml.g5.2xlarge"',
    ],
)
def test_what_reads_like_an_expression_is_unknown(written: str) -> None:
    assert is_unknown(value(written))


@pytest.mark.parametrize(
    "written",
    [
        "ml.g5.12xlarge",
        "t3.micro",
        "eu-north-1",
        "meta-llama/Llama-3.1-8B",
        "my_model.v1",
        "arn:aws:iam::123456789012:role/chat",
        "Is it on? Yes: it is",
        4,
        True,
        None,
    ],
)
def test_a_literal_is_itself(written: object) -> None:
    assert value(written) == written


def test_the_provider_tells_the_region_and_default_tags() -> None:
    provider = {"region": ["eu-north-1"], "default_tags": [{"tags": [{"env": "prod", "a": "x"}]}]}
    block = resource("t", "module.m[0].t.n", {"tags": [{"a": "b"}]}, provider, "main.tf", 7)
    assert (block.region, block.name, block.line) == ("eu-north-1", "n", 7)
    assert block.properties["tags_all"] == {"env": "prod", "a": "b"}


def test_an_open_region_is_unknown_and_none_is_none() -> None:
    assert is_unknown(resource("t", "t.n", {}, {"region": ["var.where"]}, "main.tf", 1).region)
    assert resource("t", "t.n", {}, {}, "main.tf", 1).region is None
    zone = resource("t", "t.n", {}, {"zone": ["europe-west4-a"]}, "main.tf", 1)
    assert zone.region == "europe-west4"
