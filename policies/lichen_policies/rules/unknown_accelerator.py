"""Machine or accelerator that the catalogue does not know.

Why: What has no row in the catalogue is neither counted nor weighed: the limit of accelerators, the
rules about size and the figures of power and money are silent about it, however large it is.

Fix: Correct the name where it is a slip. Where the machine is new, add its row to your own tables:
to ``machines.csv`` in the folder that ``catalogue`` in lichen.yaml names.

Exceptions: It only advises, and only where the name says that the machine carries accelerators: the
families p, g, inf, trn, dl and vt of AWS, a2 to a4x, g2, g4, ct and tpu of Google, N of Azure;
accelerators of any name that are attached to a machine of Compute Engine, GKE or Vertex AI; and
devices that a container asks for: those of other makers in the table of device plugins
(devices.csv: Intel's ``gpu.intel.com/i915`` and ``xe``, Huawei's Ascend, Qualcomm's
``qualcomm.com/qaic``, Rebellions, Furiosa and others), and any whose name ends in gpu, npu, xpu,
mlu, gcu, dcu or accelerator (``example.com/npu``). The devices of NVIDIA and AMD, Intel's Gaudi
(``habana.ai/gaudi``), AWS's Neuron and Google's TPUs are known: whichever of them a cluster has,
they are counted. ``nvidia/gpu`` is the name of no device, and is not judged. A label that chooses
nodes may be anything, and is not judged. General machines are left alone, patterns such as ``g5.*``
too. A name that comes by a variable is not judged: too-many-accelerators says that it cannot be
checked; an attached accelerator that is known only after deployment is unverified here too.
Hardware that is retired is a matter of retired-hardware.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen.catalogue.schema import Machine
from lichen.clouds import CLOUDS
from lichen.input_error import nearest
from lichen_policies.facts import MachineKind, is_unknown
from lichen_policies.facts.devices import is_device
from lichen_policies.facts.machine import names_accelerators
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT
from lichen_policies.named_hardware import (
    chip_named,
    families,
    is_general,
    is_name,
    is_of_maker,
    machine_if_known,
    written,
)
from lichen_policies.provisioned import in_cluster
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def unknown_accelerator(fact: MachineKind, known: Known) -> Iterator[Finding]:
    attached = fact.as_read("chip")
    if is_unknown(attached) and attached.because != AFTER_DEPLOYMENT:
        raise NotApplicable("its accelerator is not known: see too-many-accelerators")
    if machine_if_known(fact) is None and fact.chip is None:
        raise NotApplicable("it names no machine")
    if known.catalogue.retired_hardware(*families(fact, known), fact.cloud):
        raise NotApplicable("its hardware is retired: see retired-hardware")
    machine, chip = fact.machine or "", fact.chip or ""
    if names_accelerators(machine) and machine not in known.catalogue.machines:
        yield _unknown_machine(fact, machine, known)
    elif _is_attached(fact, chip, known) and chip_named(chip, known.catalogue) is None:
        yield _unknown_chip(fact, chip)


def _is_attached(fact: MachineKind, chip: str, known: Known) -> bool:
    """Whether it is an accelerator by a cloud's own word, or a device of a cluster by its name: a
    label of a cluster may be anything."""
    if not chip or is_general(chip):
        return False
    made = fact.hosting in known.catalogue.hostings and not in_cluster(
        fact.hosting, known.catalogue
    )
    return made or is_device(chip)


def _unknown_machine(fact: MachineKind, machine: str, known: Known) -> Finding:
    cloud = next(cloud for cloud in CLOUDS.values() if cloud.has_accelerators(machine))
    rows = [row for row in known.catalogue.machines.values() if row.cloud == cloud.name]
    name = written(fact) if is_name(machine) else "a machine"
    meant = _meant(fact, machine, rows)
    return Finding(
        what=f"{name} carries accelerators by its name, and is none of the {len(rows)} machines of "
        f"{cloud.title} in the catalogue{_as_of(rows, known)}",
        limit=_LIMIT,
        or_else=f"{meant}add its row to machines.csv in your own tables (catalogue in "
        "lichen.yaml): its vCPUs, its memory, and its accelerators with their number and memory",
        path=fact.path,
        sources=_sources(rows),
    )


def _unknown_chip(fact: MachineKind, chip: str) -> Finding:
    name = chip if is_of_maker(chip) or is_device(chip) else ""
    return Finding(
        what=f"{name or 'what is attached to it'} is no accelerator of the catalogue",
        limit=_LIMIT,
        or_else=f"correct {fact.path}, or add a row to chips.csv in your own tables (catalogue in "
        f"lichen.yaml) that has {name or 'its name'} {'among its names ' if name else ''}in the "
        "column also",
        path=fact.path,
    )


_LIMIT = (
    "what the catalogue does not know is neither sized nor priced, and no rule knows what it draws"
)


def _meant(fact: MachineKind, machine: str, rows: list[Machine]) -> str:
    close = nearest(machine, sorted(row.name for row in rows))
    if not close or not fact.path:
        return ""
    return f"set {fact.path} to {fact.machine_prefix}{close[0]} if that is meant; or "


def _sources(rows: list[Machine]) -> tuple[str, ...]:
    counted = {row.source: 0 for row in rows}
    for row in rows:
        counted[row.source] += 1
    return tuple(sorted(counted, key=lambda source: -counted[source])[:1])


def _as_of(rows: list[Machine], known: Known) -> str:
    for name in _sources(rows):
        source = known.catalogue.sources[name]
        return f" ({source.publisher}, {source.fetched})"
    return ""
