"""Repository whose old images are never deleted.

Why: An image of a model's server is large, since it holds the libraries of an accelerator, and each
build adds one. Nobody starts the old ones again, and all are stored and paid for.

Fix: Give the repository a rule that deletes old images.

Exceptions: A repository is judged only if a container in the same document that serves a model is
started from it, or if it has ``lichen:*`` tags.

Tags: With a ``lichen:*`` tag on it, such as ``lichen:workload``, any repository is judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import KeptImages
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="idle")
def images_kept_for_ever(fact: KeptImages, known: Known) -> Iterator[Finding]:
    if not fact.serves:
        raise NotApplicable("no container here that serves a model is started from it")
    if not fact.expire:
        yield Finding(
            what="no rule deletes old images of this repository",
            limit="images of a model's server must be deleted when nobody starts them any more",
            or_else=fact.to_expire,
            path=fact.path,
        )
