"""Settings for Neuron chips that do not fit the machine or each other.

Why: A model for Neuron chips is compiled for one shape and one number of cores. With more cores
than the machine has, or with half of a shape, the container compiles for hours at its start, or
never starts, and the machine is paid for meanwhile.

Fix: Set the cores to what the machine has. State batch and sequence length together, or compile the
model before.

Exceptions: It judges the settings of AWS's and Hugging Face's images for Neuron. An image that is
not known is unverified on a machine with Neuron chips; elsewhere it says nothing:
image-for-other-hardware says that it cannot be checked. Cores are judged where the machine is named
in the same document. A model that was compiled before needs no shape: none is asked for where
neither half is stated.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ServingContainer, is_unknown
from lichen_policies.facts.image import image_name
from lichen_policies.facts.numbers import whole_in
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule
from lichen_policies.served import setting

CORES = ("HF_NUM_CORES", "SM_ON_TENSOR_PARALLEL_SIZE", "NEURON_RT_NUM_CORES")
SHAPES = (
    ("HF_OPTIMUM_BATCH_SIZE", "HF_OPTIMUM_SEQUENCE_LENGTH"),
    ("HF_BATCH_SIZE", "HF_SEQUENCE_LENGTH"),
    ("SM_ON_BATCH_SIZE", "SM_ON_SEQUENCE_LENGTH"),
)
"""A batch and a sequence length, of which neither means anything alone."""


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def unfit_neuron_settings(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    if is_unknown(fact.as_read("image")) and not _on_neuron(fact, known):
        raise NotApplicable("its image is not known: see image-for-other-hardware")
    if fact.image is None or "neuron" not in image_name(fact.image).repository:
        raise NotApplicable("its image is not for Neuron chips")
    yield from _cores(fact, known)
    for batch, length in SHAPES:
        stated = [setting(fact, name) for name in (batch, length)]
        one = next((each for each in stated if each is not None), None)
        if one is not None and None in stated:
            missing = length if stated[1] is None else batch
            yield Finding(
                what=f"{one.path} is set, and {missing} is not",
                limit="a shape has a batch and a sequence length",
                or_else=f"set {missing} too, or remove {one.path}",
                path=one.path,
            )


def _on_neuron(fact: ServingContainer, known: Known) -> bool:
    machine = known.catalogue.machines.get(fact.if_known.machine or "")
    chip = None if machine is None else known.catalogue.accelerator_of(machine)
    return chip is not None and chip.kind == "neuron"


def _cores(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    cores = setting(fact, *CORES)
    machine = known.catalogue.machines.get(fact.if_known.machine or "")
    chip = None if machine is None else known.catalogue.accelerator_of(machine)
    if cores is None or machine is None or chip is None or chip.kind != "neuron" or not chip.cores:
        return
    most = int(machine.accelerators * chip.cores)
    if (whole_in(cores.value) or 0) > most:
        yield Finding(
            what=f"{cores.path} is {cores.value}, and {machine.name} has {most} Neuron cores",
            limit="a model must find the cores that it was compiled for",
            changes=(Change(path=cores.path, to=most, at_most=True),),
            or_else="choose a larger machine",
            path=cores.path,
        )
