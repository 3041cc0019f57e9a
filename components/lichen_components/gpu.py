"""A SageMaker endpoint on NVIDIA GPUs: image, driver and layout over the machine's chips agree."""

from __future__ import annotations

import math

import pulumi

from lichen_components.container import MODEL_DIRECTORY, TYPES, Container, volume_gib
from lichen_components.plan import Plan
from lichen_components.sagemaker import SagemakerEndpoint

FAMILY = "NVIDIA"

MACHINE_IMAGE = "al2023-ami-sagemaker-inference-gpu-4-1"
"""The one whose driver runs CUDA 13, which the image is built for (SageMaker API,
ProductionVariant, InferenceAmiVersion); the default's does not."""

START_TIMEOUT_S = 1800

CONTEXT_MARGIN = 2
"""The longest request served, over the mean one of the workload (design choice)."""


class GpuEndpoint(SagemakerEndpoint):
    """An endpoint on NVIDIA GPUs. It realises a placement: ``Endpoint`` is the one that chooses."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lichen:index:GpuEndpoint", name, plan, container(plan), opts)


def container(plan: Plan) -> Container:
    """The container of a placement on NVIDIA GPUs, for a language model served by vLLM.

    Every copy of the model is spread over as many chips as the placement says, and there are as
    many copies. Artefacts in fewer bits tell vLLM of it themselves. :class:`InputError` for a
    region that has none of AWS's images.
    """
    chosen, sizing, card = plan.placement.chosen, plan.placement.sizing, plan.card
    traffic, copies = plan.workload.traffic, sizing.prediction.copies
    mean_tokens = (traffic.input_tokens or 0) + (traffic.output_tokens or 0)
    context = 2 ** math.ceil(math.log2(max(1, mean_tokens * CONTEXT_MARGIN)))
    # vLLM's entry point on SageMaker turns these into options of `vllm serve`
    # (vllm-project/vllm, examples/online_serving/sagemaker-entrypoint.sh).
    environment = {
        "SM_VLLM_MODEL": MODEL_DIRECTORY,
        "SM_VLLM_TENSOR_PARALLEL_SIZE": str(max(1, round(sizing.chips_per_replica / copies))),
        "SM_VLLM_MAX_NUM_SEQS": str(math.ceil(sizing.prediction.concurrency / copies)),
        "SM_VLLM_MAX_MODEL_LEN": str(min(context, card.max_context_tokens or context)),
        "SM_VLLM_DTYPE": TYPES.get(chosen.precision, "auto"),
    }
    if copies > 1:
        environment["SM_VLLM_DATA_PARALLEL_SIZE"] = str(copies)
    return Container(
        image=plan.image(FAMILY),
        environment=environment,
        machine_image=MACHINE_IMAGE,
        volume_gib=volume_gib(card, chosen.precision),
        start_timeout_s=START_TIMEOUT_S,
    )
