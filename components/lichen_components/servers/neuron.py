"""Hugging Face's servers for AWS Neuron: the model is compiled for one shape, and runs no other."""

from __future__ import annotations

from lichen_components.servers.container import DATA_TYPES, MODEL_DIRECTORY, Container, Decision

CORES_PER_CHIP = 2
"""NeuronCores of an Inferentia2 chip (aws-neuron-sdk, neuron-hardware/inferentia2)."""

START_S = 3600
"""Loading compiled weights takes Neuron many minutes (design choice: the most that SageMaker
allows)."""


def serve(decision: Decision) -> Container:
    """The container of a model on Inferentia2.

    The model's files must be compiled for the shape that is given here (``optimum-cli export
    neuron``).
    """
    sizing, kind = decision.sizing, decision.card.kind
    copies = sizing.prediction.copies
    cores = round(sizing.chips_per_replica * CORES_PER_CHIP / copies)
    options: dict[str, str] = {}
    environment: dict[str, str] = {}
    if kind == "llm":
        # Options of `optimum-cli neuron serve` (huggingface/optimum-neuron,
        # docker/vllm/entrypoint.sh).
        options = {
            "model": MODEL_DIRECTORY,
            "served-model-name": decision.card.name,
            "tensor-parallel-size": str(cores),
            "batch-size": str(sizing.compiled_batch),
            "sequence-length": str(sizing.compiled_sequence_tokens),
            "dtype": DATA_TYPES[decision.precision],
        }
    else:
        environment = {
            "HF_TASK": "feature-extraction" if kind == "encoder" else "text-classification",
            "HF_OPTIMUM_BATCH_SIZE": str(sizing.compiled_batch),
            "NEURON_RT_NUM_CORES": str(cores),
            # A worker has one copy, on a core of its own (optimum_utils.py of
            # aws/sagemaker-huggingface-inference-toolkit).
            "SAGEMAKER_MODEL_SERVER_WORKERS": str(copies),
        }
    return Container(server="neuron", options=options, environment=environment, start_s=START_S)
