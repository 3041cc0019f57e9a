"""Hugging Face's servers for AWS Neuron: the model is compiled for one shape, and runs no other."""

from __future__ import annotations

from lichen_components.servers.container import MODEL_DIRECTORY, OFFLINE, Container, Decision

SERVER = "neuron"
"""Its name in makes.csv and images.csv."""

START_S = 3600
"""Loading compiled weights takes Neuron many minutes (design choice: the most that SageMaker
allows)."""


def serve(decision: Decision) -> Container:
    """The container of a model on Inferentia2 or Trainium1.

    The files of a language model say what they are compiled for, and the server takes their word:
    batch, length and cores are not among its options (huggingface/optimum-neuron 0.4.5,
    ``optimum/commands/neuron/serve.py``: an option that differs from the files ends it). Those of
    an encoder need not be static, so that its length and batch are given.
    """
    sizing, kind = decision.sizing, decision.card.kind
    options: dict[str, str] = {}
    environment: dict[str, str] = {**OFFLINE}
    if kind == "llm":
        # Options of `optimum-cli neuron serve` (huggingface/optimum-neuron,
        # docker/vllm/entrypoint.sh).
        options = {"model": MODEL_DIRECTORY, "served-model-name": decision.card.name}
    else:
        environment |= {
            "HF_TASK": "feature-extraction" if kind == "encoder" else "text-classification",
            "HF_OPTIMUM_BATCH_SIZE": str(sizing.compiled_batch),
            "HF_OPTIMUM_SEQUENCE_LENGTH": str(sizing.compiled_sequence_tokens),
            # A worker has one copy, on a core of its own, and sees to that itself
            # (optimum_utils.py of aws/sagemaker-huggingface-inference-toolkit).
            "SAGEMAKER_MODEL_SERVER_WORKERS": str(sizing.prediction.copies),
        }
    return Container(server="neuron", options=options, environment=environment, start_s=START_S)
