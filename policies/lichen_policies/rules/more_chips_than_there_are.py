"""Server that asks for more accelerators than its machine has.

Why: Such a server does not start. The machine runs, is paid for, and answers nobody until somebody
reads its log.

Fix: Set the number to what the machine has, or choose a larger machine.

Exceptions: A SageMaker inference component is judged by the devices that it asks for, where its
endpoint's machine is among the resources. It judges vLLM, SGLang and Text Generation Inference by
their settings. Settings of a ConfigMap in the same deployment are read; a number that comes from
elsewhere is unverified. A server whose container asks for no accelerators is not judged: nobody
knows what its machine has; nor is one that takes as many as its pod asks for by the same variable.
A server that is spread over several machines is judged only where its container asks for
accelerators itself and the settings name no number of machines.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ServingContainer
from lichen_policies.rule import Finding, Known, rule
from lichen_policies.served import chips_given, chips_used, takes_all_given


@rule(severity="high", dev="advisory", staging="advisory", prod="mandatory", theme="serving")
def more_chips_than_there_are(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    yield from _asked(fact, known)
    if takes_all_given(fact):
        return
    used, given = chips_used(fact), chips_given(fact, known)
    if used.chips > given.chips:
        first = used.stated[0]
        yield Finding(
            what=f"the server asks for {used.chips} GPUs, and has {given.chips:g} {given.name}",
            limit="a server must find the accelerators that it asks for",
            or_else=f"set {first.path} so that it uses {given.chips:g}, or choose a machine with "
            f"{used.chips}",
            path=first.path,
            # Several machines may serve one copy of a model together.
            advice=fact.hosting != "sagemaker",
        )


def _asked(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    """What a part of a machine asks for, where the whole machine has less."""
    machine = known.catalogue.machines.get(fact.if_known.machine or "")
    if fact.hosting != "sagemaker" or fact.chips is None or machine is None:
        return
    if fact.chips > machine.accelerators:
        has = f"{machine.accelerators:g} {machine.accelerator}" if machine.accelerator else "none"
        where = f" of {fact.chips_named_in}" if fact.chips_named_in else ""
        yield Finding(
            what=f"{fact.chips_at}{where} asks for {fact.chips:g} accelerators, and the "
            f"{machine.name} that it runs on has {has}",
            limit="an inference component must find its accelerators on one machine",
            or_else=f"set it to {machine.accelerators:g}, or choose a larger machine at "
            f"{fact.machine_at} of {fact.machine_named_in}",
            path=fact.settings_at if fact.chips_named_in else fact.chips_at,
        )
