"""Locations in ECR and S3, and what is refused as one."""

import pytest
from lichen_components.aws.locations import objects, repository

from lichen.document import InputError


def test_the_region_of_the_placement_stands_for_its_mark() -> None:
    found = repository("111122223333.dkr.ecr.{region}.amazonaws.com/serve/vllm:1.2", "eu-north-1")
    assert found.uri == "111122223333.dkr.ecr.eu-north-1.amazonaws.com/serve/vllm:1.2"
    assert (found.account, found.region, found.name) == (
        "111122223333",
        "eu-north-1",
        "serve/vllm",
    )


def test_an_image_by_digest_is_an_image() -> None:
    uri = f"111122223333.dkr.ecr.eu-north-1.amazonaws.com/vllm@sha256:{'a' * 64}"
    assert repository(uri, "eu-north-1").name == "vllm"


@pytest.mark.parametrize(
    ("image", "wrong"),
    [
        ("vllm/vllm-openai:latest", "not an image in ECR"),
        ("111122223333.dkr.ecr.eu-north-1.amazonaws.com/vllm", "with its tag or digest"),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/vllm:1", "is in us-east-1"),
    ],
)
def test_an_image_that_sagemaker_cannot_pull_is_refused(image: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong) as refused:
        repository(image, "eu-north-1")
    assert refused.value.field == "image"
    assert refused.value.fix


def test_a_prefix_gets_its_slash_and_an_archive_keeps_its_name() -> None:
    assert objects("s3://models/llama", "eu-north-1", "artifacts").uri == "s3://models/llama/"
    archive = objects("s3://models-{region}/a/model.tar.gz", "eu-north-1", "artifacts")
    assert archive.uri == "s3://models-eu-north-1/a/model.tar.gz"
    assert archive.is_archive


def test_a_location_outside_s3_is_refused_with_its_field() -> None:
    with pytest.raises(InputError, match="not a location in S3") as refused:
        objects("https://models.example/llama", "eu-north-1", "results")
    assert refused.value.field == "results"
