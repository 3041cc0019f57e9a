"""PyTorch on processors: one worker, with a thread for every vCPU of the machine."""

from __future__ import annotations

from lichen_components.servers.container import Container, Decision

SERVER = "pytorch"
"""Its name in makes.csv and images.csv."""

START_S = 900
"""How long loading may take (design choice)."""


def serve(decision: Decision) -> Container:
    """The container of an encoder, a reranker or a vision model on a processor.

    The model's files include the code that serves it, ``code/inference.py``.
    """
    environment = {"OMP_NUM_THREADS": str(max(1, round(decision.machine.vcpu)))}
    if decision.precision == "bf16" and decision.machine.architecture == "arm64":
        # fp32 layers run on Graviton's bf16 units (aws/aws-graviton-getting-started,
        # machinelearning/pytorch.md); without it bf16 weights are widened.
        environment["DNNL_DEFAULT_FPMATH_MODE"] = "BF16"
    return Container(server="pytorch", options={}, environment=environment, start_s=START_S)
