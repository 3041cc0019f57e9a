"""A SageMaker endpoint on Inferentia2: image, driver, compiled shape and machine agree."""

from __future__ import annotations

import pulumi

from lichen_components.container import MODEL_DIRECTORY, TYPES, Container, volume_gib
from lichen_components.plan import Plan
from lichen_components.sagemaker import SagemakerEndpoint

FAMILY = "AWS Inferentia2"

CORES_PER_CHIP = 2
"""NeuronCores of an Inferentia2 chip (aws-neuron-sdk, neuron-hardware/inferentia2)."""

MACHINE_IMAGE = "al2-ami-sagemaker-inference-neuron-2"
"""The one with a Neuron 2 driver (SageMaker API, ProductionVariant, InferenceAmiVersion)."""

START_TIMEOUT_S = 3600
"""The most SageMaker allows: loading compiled weights takes Neuron many minutes."""


class InferentiaEndpoint(SagemakerEndpoint):
    """An endpoint on Inferentia2. It realises a placement: ``Endpoint`` is the one that chooses."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lichen:index:InferentiaEndpoint", name, plan, container(plan), opts)


def container(plan: Plan) -> Container:
    """The container of a placement on Inferentia2.

    The artefacts must be compiled for the shape that its environment tells (``optimum-cli export
    neuron``): Neuron runs no other. :class:`InputError` for a region that has none of AWS's images.
    """
    chosen, sizing, card = plan.placement.chosen, plan.placement.sizing, plan.card
    cores = round(sizing.chips_per_replica * CORES_PER_CHIP)
    if card.kind == "llm":
        # Hugging Face's entry point turns these into options of `optimum-cli neuron serve`
        # (huggingface/optimum-neuron, docker/vllm/entrypoint.sh).
        environment = {
            "SM_ON_MODEL": MODEL_DIRECTORY,
            "SM_ON_TENSOR_PARALLEL_SIZE": str(cores),
            "SM_ON_BATCH_SIZE": str(sizing.compiled_batch),
            "SM_ON_SEQUENCE_LENGTH": str(sizing.compiled_sequence_tokens),
            "SM_ON_DTYPE": TYPES[chosen.precision],
        }
    else:
        environment = {
            "HF_TASK": "feature-extraction" if card.kind == "encoder" else "text-classification",
            "HF_OPTIMUM_BATCH_SIZE": str(sizing.compiled_batch),
            "NEURON_RT_NUM_CORES": str(cores),
        }
    return Container(
        image=plan.image(FAMILY),
        environment=environment,
        machine_image=MACHINE_IMAGE,
        volume_gib=volume_gib(card, chosen.precision),
        start_timeout_s=START_TIMEOUT_S,
    )
