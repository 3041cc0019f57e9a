"""Server that leaves accelerators of its machine idle.

Why: A server of language models uses as many accelerators as its settings say. The others of its
machine draw power and cost money, and nothing runs on them.

Fix: Let the server use all of them, or choose a machine with as many as it uses, as the message
says.

Exceptions: It judges vLLM, SGLang and Text Generation Inference, whose one process serves one
model, and only where a setting states how many accelerators it uses. Settings of a ConfigMap in the
same deployment are read; a number that comes from elsewhere is unverified. A server whose container
asks for no accelerators is not judged, nor one that has a single accelerator, nor one that takes as
many as its pod asks for by the same variable. A container beside others that share the accelerators
is judged by what it asks for itself. Servers that start a copy for each accelerator by themselves,
such as AWS's Large Model Inference containers, are not judged.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ServingContainer
from lichen_policies.rule import Finding, Known, Unverified, rule
from lichen_policies.served import chips_given, chips_used, takes_all_given


@rule(severity="high", dev="advisory", staging="advisory", prod="advisory", theme="size")
def idle_chips(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    if takes_all_given(fact):
        return
    try:
        used = chips_used(fact)
    except Unverified:
        if chips_given(fact, known).chips > 1:  # a single one is used, whatever the settings say
            raise
        return
    given = chips_given(fact, known)
    if 0 < used.chips < given.chips:
        first = used.stated[0]
        yield Finding(
            what=f"the server uses {used.chips} of {given.chips:g} {given.name}",
            limit="a server must use the accelerators that are paid for",
            or_else=f"set {first.path} so that it uses {given.chips:g}, run a copy of the server "
            f"for each, or choose a machine with {used.chips}",
            path=first.path,
        )
