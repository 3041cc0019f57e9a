"""Elastic Inference: accelerators that AWS attached to a machine over the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lichen_policies.facts.kinds import MachineKind
from lichen_policies.facts.machine import bare
from lichen_policies.facts.unknown import Maybe, field

ELASTIC_INFERENCE = ("elastic_inference_accelerators", "elastic_inference_accelerator")
_FAMILIES = ("eia1.", "eia2.")


def elastic_inference(
    names: Sequence[Maybe[str]], path: str, hosting: str, prefix: str = ""
) -> Iterator[MachineKind]:
    """A MachineKind for each accelerator that is named (``ml.eia2.medium``).

    One that is not known is left out: nobody can still have one.
    """
    for name in names:
        machine = bare(name, prefix)
        if isinstance(machine, str) and machine.startswith(_FAMILIES):
            yield MachineKind(
                path=path, machine=field(machine), hosting=hosting, machine_prefix=prefix
            )
