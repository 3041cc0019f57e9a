"""What every hosting of Google Cloud checks before anything is made."""

from __future__ import annotations

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.google.alerts import check_budget
from lichen_components.google.args import GoogleArgs, google_args
from lichen_components.google.files import check_files
from lichen_components.google.images import check_image
from lichen_components.servers.container import Decision


def checked(decision: Decision, args: EndpointArgs, what: str) -> GoogleArgs:
    """The arguments for Google Cloud; :class:`InputError` where a part that every hosting needs is
    missing or wrong. ``what`` is what would be made."""
    ours = google_args(args)
    server = server_for(decision.card.kind, decision.machine.accelerator)
    check_mode(decision, what)
    check_files(ours, server)
    check_image(decision, server, ours)
    check_budget(ours)
    return ours


def refuse(args: GoogleArgs, **why: str) -> None:
    """:class:`InputError` where an argument is given that the hosting does nothing with; ``why``
    says it of each."""
    for field, what in why.items():
        if field in args:
            raise InputError(
                what,
                fix=f"leave google.{field} out, or name another hosting in where.hosting",
                field=f"google.{field}",
            )


def check_mode(decision: Decision, what: str) -> None:
    """:class:`InputError` where ``what`` is not what the workload's mode asks for."""
    if decision.workload.mode != "real-time":
        raise InputError(
            f"{what} answers in real time, and the workload is {decision.workload.mode}",
            fix="use mode: real-time",
            field="workload.mode",
        )


def server_for(kind: str, accelerator: str | None) -> str:
    """The server of a kind of model, as makes.csv has it for Google Cloud: a check has no
    catalogue."""
    if kind == "llm":
        return "vllm-tpu" if "TPU" in (accelerator or "") else "vllm"
    return "tei" if kind in ("encoder", "reranker") else "image"
