"""Model that only one vendor can serve.

Why: A model that comes as a vendor's package runs nowhere else. The day a cleaner region, a cheaper
chip or another vendor would do, it cannot move.

Fix: Serve the model from its own weights in a container, where its licence allows that.

Exceptions: It only advises: a package may be the only way to have a model. It judges SageMaker's
model packages as AWS Marketplace sells them. A version of a group in the account's own model
registry (``model-package/GROUP/3``, or a package of the same stack or account) is the account's own
model: it says nothing. A package whose name is a parameter may be either: unverified. Open weights
that a vendor's catalogue deploys, and hosted models that are called through an API, are not judged.
An endpoint of a vendor's service is no finding by itself, since every stack has some:
``lichen explain STACK`` lists what a stack is bound to, with what replaces it.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ServingContainer
from lichen_policies.rule import Finding, Known, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="portability")
def tied_endpoint(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    if fact.packaged:
        yield Finding(
            what=f"{fact.packaged_at} takes the model from a package of the vendor",
            limit="a model should be able to move to another vendor",
            or_else="serve it from its own weights in a container, where its licence allows that",
            path=fact.packaged_at,
        )
