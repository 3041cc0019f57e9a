import msgspec
from lichen_components import gpu

from lichen.catalogue import load
from tests.components.narrowed import CHAT, planned


def test_image_driver_and_layout_agree():
    container = gpu.container(planned("g6.xlarge", CHAT))
    assert container.image == (
        "763104351884.dkr.ecr.eu-west-3.amazonaws.com/vllm:"
        "0.28.0-gpu-py312-cu130-ubuntu24.04-sagemaker"
    )
    assert container.machine_image == "al2023-ami-sagemaker-inference-gpu-4-1"
    assert container.environment["SM_VLLM_TENSOR_PARALLEL_SIZE"] == "1"
    assert container.environment["SM_VLLM_MAX_MODEL_LEN"] == "2048"  # 2 x (600 + 200), rounded up
    assert container.environment["SM_VLLM_DTYPE"] == "bfloat16"
    assert "SM_VLLM_DATA_PARALLEL_SIZE" not in container.environment


def test_copies_share_the_machines_chips():
    plan = planned("g6.12xlarge", CHAT)
    sizing = msgspec.structs.replace(
        plan.placement.sizing,
        chips_per_replica=4.0,
        prediction=msgspec.structs.replace(
            plan.placement.sizing.prediction, copies=2, concurrency=12
        ),
    )
    plan.placement = msgspec.structs.replace(plan.placement, sizing=sizing)
    environment = gpu.container(plan).environment
    assert environment["SM_VLLM_TENSOR_PARALLEL_SIZE"] == "2"
    assert environment["SM_VLLM_DATA_PARALLEL_SIZE"] == "2"
    assert environment["SM_VLLM_MAX_NUM_SEQS"] == "6"


def test_weights_in_fewer_bits_tell_of_themselves():
    environment = gpu.container(planned("g6.xlarge", {**CHAT, "precisions": ["int8"]})).environment
    assert environment["SM_VLLM_DTYPE"] == "auto"


def test_a_chip_that_the_images_cuda_left_behind_is_not_made():
    sizing = planned("g6.xlarge", CHAT).placement.sizing
    machine = load().machine
    assert gpu.why_unmade(machine("g6.xlarge"), sizing) is None
    assert "CUDA 13" in gpu.why_unmade(machine("p3.2xlarge"), sizing)
