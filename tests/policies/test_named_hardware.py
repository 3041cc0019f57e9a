"""Rules about the hardware that a resource names, where a case's fixed tables do not reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from lichen_policies.cases import TODAY
from lichen_policies.configuration import Configuration
from lichen_policies.facts import Resource
from lichen_policies.judging import judge_resource
from lichen_policies.named_hardware import chip_named
from lichen_policies.registry import rules
from lichen_policies.verdict import Verdict

from lichen.catalogue import Catalogue, load
from tests.fixed import FIXED, fixed

OWN_SOURCE = """
[our-contract]
title = "Our contract"
publisher = "us"
where = "the contract"
version = "2026"
fetched = "2026-11-01"
licence = "ours"
used_for = "how we buy"
"""


def judged(rule: str, resource: Resource, catalogue: Catalogue) -> list[Verdict]:
    configuration = Configuration(rules={rule: rules()[rule]}, today=TODAY)
    return list(judge_resource(resource, configuration, catalogue) or ())


def pool(machine: str) -> Resource:
    return Resource(
        type="google_vertex_ai_deployment_resource_pool",
        name="chat",
        address="chat",
        dialect="terraform",
        environment="prod",
        properties={
            "region": "us-central1",
            "dedicated_resources": [
                {"min_replica_count": 1, "machine_spec": [{"machine_type": machine}]}
            ],
        },
    )


@pytest.mark.parametrize(
    ("sold", "found"), [("spot;flex-start", True), ("spot;flex-start;reservation", False)]
)
def test_a_machine_that_is_sold_as_spot_alone(tmp_path: Path, sold: str, found: bool) -> None:
    (tmp_path / "sources.toml").write_text(OWN_SOURCE)
    (tmp_path / "sold.csv").write_text(
        "machine,region,zone,sold,access,source,notes\n"
        f"a2-highgpu-1g,us-central1,,{sold},everybody,our-contract,\n"
    )
    catalogue = Catalogue(FIXED, overlay=tmp_path)
    (verdict,) = judged("spot-only-endpoint", pool("a2-highgpu-1g"), catalogue)
    assert (verdict.verdict == "fail") is found
    if found:
        assert verdict.level == "advisory"
        assert verdict.message.startswith("a2-highgpu-1g is sold as spot or flex-start only")


def endpoint(machine: str) -> Resource:
    return Resource(
        type="AWS::SageMaker::EndpointConfig",
        name="chat",
        address="chat",
        dialect="cloudformation",
        environment="prod",
        region="eu-north-1",
        properties={"ProductionVariants": [{"VariantName": "v", "InstanceType": machine}]},
    )


def test_a_machine_that_a_hosting_does_not_take() -> None:
    """The installed table: the fixed one has no such machine."""
    (refused,) = judged("accelerator-not-in-region", endpoint("ml.g6f.xlarge"), load())
    assert refused.verdict == "fail"
    assert refused.level == "advisory"
    assert refused.message.startswith("SageMaker takes no ml.g6f.xlarge for endpoints (")
    assert "Fix: set ProductionVariants[0].InstanceType to ml.g6." in refused.message
    (taken,) = judged("accelerator-not-in-region", endpoint("ml.g6.xlarge"), load())
    assert taken.verdict == "pass"


def test_a_chip_is_found_by_the_word_of_its_cloud() -> None:
    catalogue = fixed()
    words = {
        "nvidia-tesla-t4": "NVIDIA T4",
        "NVIDIA_L4": "NVIDIA L4",
        "nvidia-l4-vws": "NVIDIA L4",
        "projects/p/zones/z/acceleratorTypes/nvidia-l4": "NVIDIA L4",
        "nvidia-h100-80gb": "NVIDIA H100 SXM 80GB",
        "nvidia-h100-mega-80gb": "NVIDIA H100 SXM 80GB",
    }
    for word, name in words.items():
        chip = chip_named(word, catalogue)
        assert chip is not None
        assert chip.name == name
    assert chip_named("nvidia-tesla-q9", catalogue) is None
    for general in ("nvidia", "TPU", "Google TPU", "Intel Gaudi", "AWS Neuron"):
        assert chip_named(general, catalogue) is None
