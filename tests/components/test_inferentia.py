import msgspec
import pytest
from lichen_components import inferentia

from lichen.document import InputError
from tests.components.narrowed import CHAT, VECTORS, planned


def test_image_driver_shape_and_machine_agree():
    plan = planned("inf2.xlarge", CHAT)
    container = inferentia.container(plan)
    sizing = plan.placement.sizing
    assert "neuronx" in container.image
    assert ".eu-west-3." in container.image
    assert container.machine_image == "al2-ami-sagemaker-inference-neuron-2"
    assert container.environment == {
        "SM_ON_MODEL": "/opt/ml/model",
        "SM_ON_TENSOR_PARALLEL_SIZE": "2",  # one chip, two NeuronCores
        "SM_ON_BATCH_SIZE": str(sizing.compiled_batch),
        "SM_ON_SEQUENCE_LENGTH": str(sizing.compiled_sequence_tokens),
        "SM_ON_DTYPE": "bfloat16",
    }
    assert sizing.compiled_sequence_tokens >= 600 + 200


def test_an_image_of_the_users_is_taken_as_it_is():
    own = "111122223333.dkr.ecr.{region}.amazonaws.com/neuron:1"
    assert inferentia.container(planned("inf2.xlarge", CHAT, image=own)).image == own


def test_an_encoder_is_served_by_the_transformers_image():
    vectors = {**VECTORS, "where": CHAT["where"], "precisions": ["bf16"]}
    container = inferentia.container(planned("inf2.xlarge", vectors))
    assert "huggingface-pytorch-inference-neuronx" in container.image
    assert container.environment["HF_TASK"] == "feature-extraction"


def test_a_precision_that_the_images_do_not_serve_is_said():
    with pytest.raises(InputError, match="AWS's Neuron images do not serve int8"):
        planned("inf2.xlarge", {**CHAT, "precisions": ["int8"]})


def test_several_copies_on_one_machine_are_not_made():
    plan = planned("inf2.xlarge", CHAT)
    sizing = plan.placement.sizing
    assert inferentia.why_unmade(plan.machine, sizing) is None
    twice = msgspec.structs.replace(
        sizing, prediction=msgspec.structs.replace(sizing.prediction, copies=2)
    )
    said = inferentia.why_unmade(plan.machine, twice)
    assert said == "2 copies of the model share one inf2.xlarge, and the image runs one"
