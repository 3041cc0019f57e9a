"""What every hosting of Google Cloud checks before anything is made."""

from __future__ import annotations

from lichen.document import InputError
from lichen_components.servers.container import Decision


def check_mode(decision: Decision, what: str) -> None:
    """:class:`InputError` where ``what`` is not what the workload's mode asks for."""
    if decision.workload.mode != "real-time":
        raise InputError(
            f"{what} answers in real time, and the workload is {decision.workload.mode}",
            fix="use mode: real-time",
            field="workload.mode",
        )


def server_for(decision: Decision) -> str:
    """The server of what was decided, as makes.csv has it for Google Cloud."""
    kind, chip = decision.card.kind, decision.machine.accelerator or ""
    if kind == "llm":
        return "vllm-tpu" if "TPU" in chip else "vllm"
    return "tei" if kind in ("encoder", "reranker") else "image"
