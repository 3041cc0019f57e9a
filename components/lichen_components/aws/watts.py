"""Charts of estimated watts: by utilisation where the service publishes it, else by requests."""

from __future__ import annotations

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.emissions import machine_watts
from lichen_components.aws.dashboard import Chart, Line, watts
from lichen_components.plan import Plan


def chip_kind(machine: Machine, catalogue: Catalogue) -> str:
    """The kind of chip that computes: ``cpu`` where a machine has no accelerator."""
    if machine.accelerator is None:
        return "cpu"
    return catalogue.chips[machine.accelerator].kind


def watts_of(plan: Plan, used: Line, requests: Line, *, per_cent: float = 100) -> list[Chart]:
    """Of a CPU or GPU by its utilisation, which is ``per_cent`` at full use; nobody publishes that
    of Neuron's cores, so there by the requests of a minute, at the energy that each is expected to
    take. None where no watts are known."""
    decision = plan.decision
    machine = decision.machine
    idle, full = machine_watts(machine, 0.0), machine_watts(machine, 1.0)
    if idle is None or full is None:
        return []
    if chip_kind(machine, plan.catalogue) in ("cpu", "gpu"):
        title = "Watts of one machine (estimated)"
        return [watts(title, used, idle.likely, full.likely, per_cent)]
    rps = sum(decision.workload.traffic.profile_rps) / 24
    if not rps:
        return []
    joules = decision.placement.footprint.watts.likely / rps
    per_minute = msgspec.structs.replace(requests, id="used", hidden=True)
    return [
        Chart(
            title="Watts of all machines (estimated from the requests)",
            lines=(per_minute,),
            expression=f"{joules / 60:.4f} * used",
            label=f"at {joules:.1f} J a request, idle hours included (estimated)",
        )
    ]
