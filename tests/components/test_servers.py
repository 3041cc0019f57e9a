"""What each server's container is set to, and how SageMaker passes it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from lichen_components.aws.args import aws_args
from lichen_components.aws.sagemaker.model import image_for, published_image
from lichen_components.aws.sagemaker.settings import machine_image, variables, volume_gib
from lichen_components.servers import vllm

from lichen.document import InputError
from lichen.sizing import Sizing
from tests.components.narrowed import CHAT, VECTORS, Installed, planned


def environment(machine: str, workload: dict[str, Any]) -> dict[str, str]:
    return variables(planned(machine, workload).container)


def image(machine: str, workload: dict[str, Any], **args: Any) -> Any:
    plan = planned(machine, workload, **args)
    return image_for(plan, aws_args(plan.args))


def with_copies(sizing: Sizing, copies: int, **changed: Any) -> Sizing:
    prediction = msgspec.structs.replace(sizing.prediction, copies=copies, **changed)
    return msgspec.structs.replace(sizing, prediction=prediction)


def test_on_nvidia_image_driver_and_layout_agree() -> None:
    container = planned("g6.xlarge", CHAT).container
    assert image("g6.xlarge", CHAT) == (
        "763104351884.dkr.ecr.eu-west-3.amazonaws.com/vllm:"
        "0.28.0-gpu-py312-cu130-ubuntu24.04-sagemaker"
    )
    assert machine_image(container) == "al2023-ami-sagemaker-inference-gpu-4-1"
    concurrency = container.options["max-num-seqs"]
    assert variables(container) == {
        "SM_VLLM_MODEL": "/opt/ml/model",
        "SM_VLLM_SERVED_MODEL_NAME": "meta-llama/Llama-3.1-8B",
        "SM_VLLM_TENSOR_PARALLEL_SIZE": "1",
        "SM_VLLM_MAX_NUM_SEQS": concurrency,
        "SM_VLLM_MAX_MODEL_LEN": "1600",  # 2 x (600 + 200)
        "SM_VLLM_DTYPE": "bfloat16",
        "HF_HUB_OFFLINE": "1",
    }


def test_copies_share_the_machines_chips() -> None:
    decision = planned("g6.12xlarge", CHAT).decision
    sizing = with_copies(
        msgspec.structs.replace(decision.sizing, chips_per_replica=4.0), copies=2, concurrency=12
    )
    twice = msgspec.structs.replace(
        decision, placement=msgspec.structs.replace(decision.placement, sizing=sizing)
    )
    options = vllm.serve(twice).options
    assert options["tensor-parallel-size"] == "2"
    assert options["data-parallel-size"] == "2"
    assert options["max-num-seqs"] == "6"


def test_vllm_reads_the_precision_of_quantised_weights_itself() -> None:
    chat = {**CHAT, "precisions": ["int8"]}
    assert environment("g6.xlarge", chat)["SM_VLLM_DTYPE"] == "auto"


def test_a_cache_in_8_bits_is_asked_for() -> None:
    for precision, cache in (("fp8-kv8", "fp8"), ("fp8", None)):
        chat = {**CHAT, "precisions": [precision]}
        assert environment("g6.xlarge", chat).get("SM_VLLM_KV_CACHE_DTYPE") == cache


def test_gguf_is_not_made_with_the_vllm_image() -> None:
    with pytest.raises(InputError, match="does not serve q4_k_m"):
        planned("g6.xlarge", {**CHAT, "precisions": ["q4_k_m"]})


def test_on_inferentia_image_driver_shape_and_machine_agree() -> None:
    plan = planned("inf2.xlarge", CHAT)
    sizing = plan.decision.sizing
    assert ".eu-west-3.amazonaws.com/huggingface-vllm-inference-neuronx:" in image(
        "inf2.xlarge", CHAT
    )
    assert machine_image(plan.container) == "al2-ami-sagemaker-inference-neuron-2"
    assert variables(plan.container) == {
        "SM_ON_MODEL": "/opt/ml/model",
        "SM_ON_SERVED_MODEL_NAME": "meta-llama/Llama-3.1-8B",
        "HF_HUB_OFFLINE": "1",
    }  # the shape is in the files: an option that differs would end the server
    assert sizing.compiled_sequence_tokens == 2048
    assert plan.decision.placement.compile_command == (
        "hf download meta-llama/Llama-3.1-8B --local-dir ./model && optimum-cli export neuron "
        "--model ./model --task text-generation --instance_type inf2 "
        f"--batch_size {sizing.compiled_batch} --sequence_length 2048 --tensor_parallel_size 2 "
        "--auto_cast_type bf16 ./compiled"
    )


@pytest.mark.parametrize(
    ("work", "repository"),
    [
        (CHAT, "huggingface-vllm-inference-neuronx"),
        (VECTORS, "huggingface-pytorch-inference-neuronx"),
    ],
)
@pytest.mark.parametrize("hosting", ["sagemaker", "ec2", "ecs"])
def test_trainium_is_served_as_inferentia_is(
    work: dict[str, Any], repository: str, hosting: str
) -> None:
    where = {"clouds": ["aws"], "hosting": [hosting], "regions": ["us-east-1"]}
    asked = {**work, "precisions": ["bf16"], "latency": {}, "where": where}
    network = {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"]}
    plan = planned("trn1.2xlarge", asked, Installed, aws=network)
    assert plan.container.server == "neuron"
    assert published_image(plan).repository == repository
    command = plan.decision.placement.compile_command or ""
    assert "--instance_type trn1 " in command
    assert ("--tensor_parallel_size 2 " in command) == (work is CHAT)  # both cores, or a copy each


def test_a_file_for_llama_cpp_is_served_on_graviton_with_a_thread_a_core() -> None:
    small = {
        **CHAT,
        "model": "meta-llama/Llama-3.2-1B",
        "precisions": ["q4_k_m"],
        "latency": {},
        "where": {**CHAT["where"], "regions": ["us-east-1"]},
    }
    plan = planned("c8g.4xlarge", small, Installed)
    slots = int(plan.container.options["parallel"])
    assert published_image(plan).server == plan.container.server == "llama.cpp"
    assert plan.container.options == {
        "alias": "meta-llama/Llama-3.2-1B",
        "threads": "16",
        "parallel": str(slots),
        "kv-unified": "true",
        "ctx-size": str(max(plan.decision.sizing.longest_tokens or 0, 800 * slots)),
    }


@pytest.mark.parametrize(
    ("tokens", "parallel", "wrong"),
    [
        (512, 2, "compiled for 512 tokens, and a request has 800"),
        (1024, 8, "4 chips a copy are more than the 1 of"),
        (1024, 3, "1.5 chips a copy are more than the 1 of"),
    ],
)
def test_a_shape_that_does_not_serve_is_refused_with_the_command_that_compiles_another(
    tokens: int, parallel: int, wrong: str
) -> None:
    """Too short, or split over more cores than there are."""
    shape = {"batch": 4, "sequence_tokens": tokens, "tensor_parallel": parallel}
    with pytest.raises(InputError) as refused:
        planned("inf2.xlarge", {**CHAT, "compiled": shape})
    assert refused.value.field == "workload.compiled"
    assert wrong in refused.value.wrong
    assert "write its three numbers here: hf download" in refused.value.fix
    assert "--sequence_length 2048 --tensor_parallel_size 2" in refused.value.fix


def test_the_shape_of_files_that_exist_is_kept_and_nothing_is_compiled() -> None:
    shape = {"batch": 4, "sequence_tokens": 1024, "tensor_parallel": 2}
    placement = planned("inf2.xlarge", {**CHAT, "compiled": shape}).decision.placement
    assert placement.sizing.compiled_batch == 4
    assert "--batch_size 4 --sequence_length 1024" in (placement.compile_command or "")
    assert not [note for note in placement.notes if "must be compiled" in note]


def test_a_published_image_that_the_machines_driver_refuses_is_not_deployed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = planned("inf2.xlarge", CHAT)
    newer = msgspec.structs.replace(
        published_image(plan), runtime="2.33", driver_from="2.27", driver_below=None
    )
    monkeypatch.setattr("lichen_components.aws.sagemaker.model.published_image", lambda _: newer)
    with pytest.raises(InputError, match="which needs a driver"):
        image_for(plan, aws_args(plan.args))


def test_an_image_of_the_users_is_taken_as_it_is() -> None:
    own = "111122223333.dkr.ecr.{region}.amazonaws.com/neuron:1"
    assert image("inf2.xlarge", CHAT, image=own) == own


def test_an_encoder_on_inferentia_is_served_by_the_transformers_image() -> None:
    vectors = {**VECTORS, "where": CHAT["where"], "precisions": ["bf16"]}
    assert "huggingface-pytorch-inference-neuronx" in image("inf2.xlarge", vectors)
    assert environment("inf2.xlarge", vectors)["HF_TASK"] == "feature-extraction"


def test_a_precision_that_the_neuron_images_do_not_serve_is_refused() -> None:
    with pytest.raises(InputError, match="the neuron image for Inferentia2 does not serve int8"):
        planned("inf2.xlarge", {**CHAT, "precisions": ["int8"]})


def test_an_arm_machine_gets_an_arm64_image_and_threads_for_its_cores() -> None:
    assert "pytorch-inference-arm64:" in image("c7g.xlarge", VECTORS)
    assert machine_image(planned("c7g.xlarge", VECTORS).container) is None
    assert environment("c7g.xlarge", VECTORS) == {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        "OMP_NUM_THREADS": "4",
    }


def test_bf16_uses_the_units_that_graviton_has_for_it() -> None:
    vectors = {**VECTORS, "precisions": ["bf16"]}
    assert environment("c7g.xlarge", vectors)["DNNL_DEFAULT_FPMATH_MODE"] == "BF16"


def test_the_volume_holds_the_weights_twice() -> None:
    assert volume_gib(14.96, 0) == 30 + 30  # 8.03e9 x 2 bytes x 2 = 29.9 GiB
    assert volume_gib(262.8, 0) == 512


def test_no_volume_is_asked_for_on_a_machine_with_a_disk_of_its_own_or_perhaps_one() -> None:
    assert volume_gib(14.96, 250) is None
    assert volume_gib(14.96, None) is None


def test_each_core_of_inferentia_has_a_worker_with_a_copy_of_an_encoder() -> None:
    vectors = {**VECTORS, "where": CHAT["where"], "precisions": ["bf16"]}
    assert planned("inf2.xlarge", vectors).decision.sizing.prediction.copies == 2
    variables_of = environment("inf2.xlarge", vectors)
    assert "NEURON_RT_NUM_CORES" not in variables_of
    assert variables_of["HF_OPTIMUM_SEQUENCE_LENGTH"] == "512"
    assert variables_of["SAGEMAKER_MODEL_SERVER_WORKERS"] == "2"
