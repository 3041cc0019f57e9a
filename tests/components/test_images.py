import re

import pytest
from lichen_components.images import ACCOUNTS, IMAGES, image_uri

from lichen.catalogue import load
from lichen.document import InputError

LLAMA = "meta-llama/Llama-3.1-8B"
BGE = "BAAI/bge-small-en-v1.5"


def test_an_inferentia_machine_gets_a_neuron_image_of_its_own_region():
    assert image_uri("AWS Inferentia2", load().model(LLAMA), "eu-west-3") == (
        "763104351884.dkr.ecr.eu-west-3.amazonaws.com/huggingface-vllm-inference-neuronx:"
        "0.11.0-optimum0.4.4-neuronx-py310-sdk2.26.1-ubuntu22.04"
    )


def test_a_graviton_machine_gets_an_arm64_image_from_the_account_of_its_region():
    assert image_uri("AWS Graviton", load().model(BGE), "eu-south-1") == (
        "692866216735.dkr.ecr.eu-south-1.amazonaws.com/pytorch-inference-arm64:"
        "2.6.0-cpu-py312-ubuntu22.04-sagemaker"
    )


def test_china_has_a_domain_of_its_own():
    uri = image_uri("AWS Graviton", load().model(BGE), "cn-north-1")
    assert uri.startswith("727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/")


def test_a_region_that_lacks_the_image_is_said_with_what_to_copy():
    with pytest.raises(InputError) as refused:
        image_uri("AWS Inferentia2", load().model(LLAMA), "eu-north-1")
    assert "does not publish huggingface-vllm-inference-neuronx in eu-north-1" in str(refused.value)
    assert "copy huggingface-vllm-inference-neuronx:0.11.0" in refused.value.fix


def test_a_registry_of_copies_serves_every_region_under_the_same_names():
    copies = "111122223333.dkr.ecr.{region}.amazonaws.com"
    assert image_uri("AWS Inferentia2", load().model(LLAMA), "eu-north-1", copies) == (
        f"{copies}/huggingface-vllm-inference-neuronx:"
        "0.11.0-optimum0.4.4-neuronx-py310-sdk2.26.1-ubuntu22.04"
    )


def test_every_image_is_for_regions_with_a_known_account():
    for image in IMAGES.values():
        assert (image.regions or set()) <= ACCOUNTS.keys()


def test_every_region_is_one_that_the_catalogue_knows_or_newer():
    known = {name for name, region in load().regions.items() if region.cloud == "aws"}
    assert len(ACCOUNTS.keys() & known) >= 34
    assert all(re.fullmatch(r"[0-9]{12}", account) for account in ACCOUNTS.values())
