"""Server of models that its makers have stopped maintaining.

Why: A server that nobody maintains gets no security patches, does not learn to run new models, and
misses what its successors gained in speed, so the same traffic takes more machines.

Fix: Serve the model with what the message names, and measure it again.

Exceptions: It knows Text Generation Inference and TorchServe by the names of their images, and that
of AWS's image with the former, wherever they were copied to under the same name. An image of
another name may hold such a server all the same: nobody sees it. Whether a version of an image is
patched is a matter of image-past-its-patches.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ServingContainer
from lichen_policies.facts.image import image_name
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def retired_software(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    if fact.image is None:
        raise NotApplicable("no image is named")
    repository = image_name(fact.image).repository
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
