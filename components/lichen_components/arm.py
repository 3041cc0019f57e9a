"""A SageMaker endpoint on Graviton: an arm64 image, and threads for every core of the machine."""

from __future__ import annotations

import pulumi

from lichen_components.container import MODEL_DIRECTORY, Container, volume_gib
from lichen_components.plan import Plan
from lichen_components.sagemaker import SagemakerEndpoint

FAMILY = "AWS Graviton"

START_TIMEOUT_S = 900


class GravitonEndpoint(SagemakerEndpoint):
    """An endpoint on Graviton. It realises a placement: ``Endpoint`` is the one that chooses."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lichen:index:GravitonEndpoint", name, plan, container(plan), opts)


def container(plan: Plan) -> Container:
    """The container of a placement on Graviton.

    The artefacts carry their own ``code/inference.py``, as SageMaker's PyTorch images ask.
    :class:`InputError` for a region that has none of AWS's images.
    """
    chosen = plan.placement.chosen
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": f"{MODEL_DIRECTORY}/code",
        # One worker over all cores: a second copy of the weights would compete for bandwidth.
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        "OMP_NUM_THREADS": f"{plan.machine.vcpu:.0f}",
    }
    if chosen.precision == "bf16":
        # fp32 layers run on Graviton's bf16 units (aws/aws-graviton-getting-started,
        # machinelearning/pytorch.md); without it bf16 weights are widened.
        environment["DNNL_DEFAULT_FPMATH_MODE"] = "BF16"
    return Container(
        image=plan.image(FAMILY),
        environment=environment,
        machine_image=None,
        volume_gib=volume_gib(plan.card, chosen.precision),
        start_timeout_s=START_TIMEOUT_S,
    )
