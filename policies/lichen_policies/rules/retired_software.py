"""Server of models, or runtime of a function, that its makers have stopped maintaining.

Why: Software that nobody maintains gets no security patches, does not learn to run new models, and
misses what its successors gained in speed, so the same traffic takes more machines.

Fix: Serve the model with what the message names, and measure it again.

Exceptions: It knows Text Generation Inference (``text-generation-inference``, AWS's
``huggingface-pytorch-tgi-inference``, Google's ``huggingface-text-generation-inference``),
TorchServe (``torchserve``, ``torchserve-kfs``) and TensorFlow on Neuron
(``tensorflow-inference-neuronx``) by the names of their images, wherever they were copied to under
the same name, also with the version of CUDA behind it, as Google names its copies. An image whose
name is filled in later (``<image>``, ``IMAGE_URL``) is unverified, in a pod only where that plainly
serves. An image of another name may hold such a server all the same: nobody sees it. Whether a
version of an image is patched is a matter of image-past-its-patches. Of Lambda it knows the
runtimes for Python and Node.js, on functions of at least the limit ``memory_mib``, which compute;
an image has no runtime.

Tags: With a ``lichen:*`` tag, such as ``lichen:model``, it judges small functions too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import CloudFunction, ServingContainer, Software
from lichen_policies.rule import LOWER_IS_STRICTER, Finding, Known, NotApplicable, rule

_VERSIONS = re.compile(r"-cu\d.*")


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``memory_mib``: from how much memory a function is judged; 1,769 MB are one processor
    (Lambda Developer Guide, Configure Lambda function memory)."""

    memory_mib: Annotated[float, Meta(ge=128, le=1_000_000), LOWER_IS_STRICTER] = 1769


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def retired_software(fact: Software, limits: Limits, known: Known) -> Iterator[Finding]:
    match fact:
        case ServingContainer():
            yield from _of_image(fact, known)
        case CloudFunction():
            yield from _of_function(fact, limits, known)


def _of_image(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    if fact.repository is None:
        raise NotApplicable("no image is named")
    repository = _VERSIONS.sub("", fact.repository or "")
    row = known.catalogue.retired_image(repository)
    if row is None:
        return
    source = known.catalogue.sources[row.source]
    yield Finding(
        what=f"the image {repository} holds a server that has ended: {row.what} "
        f"({source.publisher}, {row.since})",
        limit="a server of models must still be maintained",
        or_else=f"set {fact.image_at} to an image with {row.instead}, and measure the model on it",
        path=fact.image_at,
        sources=(row.source,),
    )


def _of_function(fact: CloudFunction, limits: Limits, known: Known) -> Iterator[Finding]:
    if not fact.context.says_what_it_serves:
        memory_mib = fact.memory_mib
        if memory_mib is None or memory_mib < limits.memory_mib:
            raise NotApplicable(f"it has less than {limits.memory_mib:g} MB, and no lichen:* tag")
    if fact.runtime is None:
        raise NotApplicable("it names no runtime")
    row = known.catalogue.retired_runtime(fact.runtime)
    if row is None:
        return
    source = known.catalogue.sources[row.source]
    yield Finding(
        what=f"{row.what} ({source.publisher}, {row.since})",
        limit="a function's runtime must still be maintained",
        or_else=f"set {fact.runtime_at} to {row.instead}, and test the code on it",
        path=fact.runtime_at,
        sources=(row.source,),
    )
