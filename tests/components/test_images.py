"""Published images by their rows: chip, kind of model, region."""

from __future__ import annotations

import re
from datetime import date

import pytest
from lichen_components.images import image_uri, without_patches
from msgspec.structs import replace

from lichen.catalogue import load
from lichen.catalogue.schema import Image, Registry
from lichen.document import InputError
from lichen.placing.images import fits, image_of, machine_image
from tests.fixed import fixed


def image(chip_family: str, kind: str) -> Image:
    found = image_of(fixed(), "sagemaker", chip_family, kind)
    assert found is not None
    return found


def uri(chip_family: str, kind: str, region: str, registry: str | None = None) -> str:
    return image_uri(image(chip_family, kind), fixed(), region, registry)


def test_an_inferentia_machine_gets_a_neuron_image_of_its_own_region() -> None:
    assert uri("Inferentia2", "llm", "eu-west-3") == (
        "763104351884.dkr.ecr.eu-west-3.amazonaws.com/huggingface-vllm-inference-neuronx:"
        "0.11.0-optimum0.4.4-neuronx-py310-sdk2.26.1-ubuntu22.04"
    )


def test_a_graviton_machine_gets_an_arm64_image_from_the_account_of_its_region() -> None:
    assert uri("Graviton3", "encoder", "eu-south-1") == (
        "692866216735.dkr.ecr.eu-south-1.amazonaws.com/pytorch-inference-arm64:"
        "2.6.0-cpu-py312-ubuntu22.04-sagemaker"
    )


def test_china_has_a_domain_of_its_own() -> None:
    china = uri("Graviton3", "encoder", "cn-north-1")
    assert china.startswith("727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/")


def test_an_image_that_the_region_lacks_is_refused_with_what_to_copy() -> None:
    with pytest.raises(InputError) as refused:
        uri("Inferentia2", "llm", "eu-north-1")
    assert str(refused.value) == (
        "registry: AWS does not publish huggingface-vllm-inference-neuronx in eu-north-1. "
        "Fix: copy huggingface-vllm-inference-neuronx:0.11.0-optimum0.4.4-neuronx-py310-sdk2.26.1-"
        "ubuntu22.04 to ECR in eu-north-1, and give the registry of the copies: "
        "<account>.dkr.ecr.{region}.amazonaws.com."
    )


def test_a_registry_of_copies_serves_every_region_under_the_same_names() -> None:
    copies = "111122223333.dkr.ecr.{region}.amazonaws.com"
    assert uri("Inferentia2", "llm", "eu-north-1", copies) == (
        f"{copies}/huggingface-vllm-inference-neuronx:"
        "0.11.0-optimum0.4.4-neuronx-py310-sdk2.26.1-ubuntu22.04"
    )


def test_a_chip_of_another_family_has_no_image() -> None:
    assert image_of(fixed(), "sagemaker", "Inferentia1", "llm") is None
    assert image_of(fixed(), "sagemaker", None, "llm") is None


def test_every_image_is_for_regions_with_a_known_account() -> None:
    catalogue = load()
    known = {(row.hosting, row.region) for row in catalogue.table("registries", Registry)}
    for row in catalogue.table("images", Image):
        assert {(row.hosting, region) for region in row.regions} <= known


def test_every_account_is_of_a_region_that_the_catalogue_knows_or_a_newer_one() -> None:
    catalogue = load()
    registries = catalogue.table("registries", Registry)
    known = {name for name, region in catalogue.regions.items() if region.cloud == "aws"}
    assert len({row.region for row in registries} & known) >= 34
    assert all(re.fullmatch(r"[0-9]{12}", row.account) for row in registries)


NEURON_SDK = ("2.28", None, "2.29")
"""Runtime of SDK 2.26, and the drivers that it runs on."""


def test_an_images_row_says_which_drivers_its_runtime_runs_on() -> None:
    for row in load().table("images", Image):
        neuron = row.server == "neuron"
        assert (row.sdk is not None) == neuron
        wanted = NEURON_SDK if neuron else (None, None, None)
        assert (row.runtime, row.driver_from, row.driver_below) == wanted


@pytest.mark.parametrize(
    ("hosting", "name", "runs"),
    [
        ("sagemaker", "al2-ami-sagemaker-inference-neuron-2", True),
        ("ecs", "amazon-linux-2023/neuron", True),
        ("eks", "AL2023_x86_64_NEURON 20260610-0625", True),
        ("eks", "AL2023_x86_64_NEURON 20260714", False),
        ("ec2", "Neuron DLAMI latest", False),
    ],
)
def test_the_neuron_images_run_below_driver_2_29(hosting: str, name: str, runs: bool) -> None:
    machines = machine_image(load(), hosting, name)
    assert machines is not None
    reason = fits(image("Inferentia2", "llm"), machines.driver)
    assert (reason is None) == runs
    if reason:
        assert reason.endswith(
            "has runtime 2.28, which a driver from 2.29 on refuses; "
            f"the machines have {machines.driver}"
        )


def test_a_runtime_from_2_32_on_needs_a_driver_above_2_26() -> None:
    newer = replace(
        image("Inferentia2", "llm"), runtime="2.33", driver_from="2.27", driver_below=None
    )
    assert fits(newer, "2.30") is None
    assert fits(newer, "2.27") is None
    assert str(fits(newer, "2.9")).endswith(
        "has runtime 2.33, which needs a driver from 2.27 on; the machines have 2.9"
    )


def test_the_rule_and_the_component_read_the_same_end_of_patches() -> None:
    catalogue = load()
    for row in catalogue.table("images", Image):
        patches = catalogue.patches_of(row.repository, row.tag)
        assert (patches.patched_until if patches else None) == row.patched_until


def test_an_image_without_a_runtime_is_not_asked_for_a_driver() -> None:
    assert fits(image("L4", "llm"), "580.1") is None


def test_an_image_without_security_patches_is_named_from_the_day_after() -> None:
    arm = image("Graviton3", "encoder")
    assert without_patches(arm, fixed(), date(2026, 6, 30)) is None
    assert without_patches(arm, fixed(), date(2026, 7, 1)) == (
        "pytorch-inference-arm64:2.6.0-cpu-py312-ubuntu22.04-sagemaker has had no security patches "
        "since 2026-06-30 (AWS, Framework support policy of AWS Deep Learning Containers: ends of "
        "security patches). Fix: give an image of your own (image)."
    )


def test_an_image_whose_patches_nobody_dates_is_not_warned_of() -> None:
    vllm = image("L4", "llm")
    assert vllm.patched_until is None
    assert without_patches(vllm, fixed(), date(2030, 1, 1)) is None
