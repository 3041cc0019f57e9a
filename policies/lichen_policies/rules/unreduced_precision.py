"""Model that is served at a wider precision than its machine needs.

Why: A model in 32 bits takes twice the memory and the bandwidth of one in 16, and for inference the
answers are the same. It needs a larger machine for nothing.

Fix: Serve the model in 16 bits (``bfloat16`` or ``float16``), or narrower after an evaluation.

Exceptions: It finds only 32 bits that are stated, in the container's settings or in
``lichen:precision``, on a machine with an accelerator or where no machine is known. Models that are
neither language models nor encoders may need 32 bits, and are judged only by the settings of a
server of language models. Narrower precisions than 16 bits are a matter of quality, and no finding.

Tags: Without ``lichen:precision`` it reads the container's settings alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ServingContainer
from lichen_policies.rule import Finding, Known, NotApplicable, rule
from lichen_policies.served import SERVERS, server_of, setting

WIDE = frozenset(("float32", "fp32", "float"))


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="model")
def unreduced_precision(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    server = server_of(fact)
    if server is None:
        raise NotApplicable("it is no server of language models that is known by its settings")
    machine = known.catalogue.machines.get(fact.if_known.machine or "")
    if machine is not None and machine.accelerator is None:
        raise NotApplicable("processors may compute best in 32 bits")
    stated = setting(fact, *SERVERS[server].precision)
    if stated is not None and stated.value.lower() in WIDE:
        yield Finding(
            what=f"{stated.path} serves the model in 32 bits",
            limit="16 bits are enough for inference",
            or_else=f"set {stated.path} to bfloat16, or to float16 where the chip has no bfloat16",
            path=stated.path,
        )
