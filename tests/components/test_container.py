import pytest
from lichen_components.container import objects, repository, volume_gib

from lichen.catalogue import load
from lichen.document import InputError


def test_the_region_of_the_placement_stands_for_its_mark():
    found = repository("111122223333.dkr.ecr.{region}.amazonaws.com/serve/vllm:1.2", "eu-north-1")
    assert found.uri == "111122223333.dkr.ecr.eu-north-1.amazonaws.com/serve/vllm:1.2"
    assert (found.account, found.region, found.name) == (
        "111122223333",
        "eu-north-1",
        "serve/vllm",
    )


def test_an_image_by_digest_is_an_image():
    uri = f"111122223333.dkr.ecr.eu-north-1.amazonaws.com/vllm@sha256:{'a' * 64}"
    assert repository(uri, "eu-north-1").name == "vllm"


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("vllm/vllm-openai:latest", "not an image in ECR"),
        ("111122223333.dkr.ecr.eu-north-1.amazonaws.com/vllm", "with its tag or digest"),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/vllm:1", "is in us-east-1"),
    ],
)
def test_what_sagemaker_could_not_pull_is_refused(image, said):
    with pytest.raises(InputError, match=said) as refused:
        repository(image, "eu-north-1")
    assert refused.value.field == "image"
    assert refused.value.fix


def test_a_prefix_gets_its_slash_and_an_archive_keeps_its_name():
    assert objects("s3://models/llama", "eu-north-1", "artifacts").uri == "s3://models/llama/"
    archive = objects("s3://models-{region}/a/model.tar.gz", "eu-north-1", "artifacts")
    assert archive.uri == "s3://models-eu-north-1/a/model.tar.gz"
    assert archive.is_archive


def test_another_place_than_s3_is_refused_with_its_field():
    with pytest.raises(InputError, match="not a place in S3") as refused:
        objects("https://models.example/llama", "eu-north-1", "results")
    assert refused.value.field == "results"


def test_the_volume_holds_the_weights_twice():
    llama = load().model("meta-llama/Llama-3.1-8B")
    assert volume_gib(llama, "bf16") == 30 + 30  # 8.03e9 x 2 bytes x 2 = 29.9 GiB
    assert volume_gib(llama, "int8") == 30 + 15
    assert volume_gib(load().model("meta-llama/Llama-3.1-70B"), "fp32") == 512
