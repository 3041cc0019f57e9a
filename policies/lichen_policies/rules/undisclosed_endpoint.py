"""Endpoint that does not say whose it is and what it serves.

Why: Nobody can ask, and no report can add up, what an endpoint without an owner, an environment and
a model costs and emits. Most waste is found by asking the owner.

Fix: Add the tags that the message names.

Exceptions: It only advises; set its level in lichen.yaml to require the tags. Any of the usual
words for an owner counts (``owner``, ``team``, ``contact``, ``service``, ``application``,
``cost-center``, ``project``, by any capitals). Endpoints are those of SageMaker, Vertex AI and
Azure Machine Learning: of SageMaker the configuration is judged, of Azure Machine Learning the
deployment, of Vertex AI the endpoint, also before a model is deployed to it: what deploys to it
takes no labels. Machines and clusters outside of these are not judged, nor is a kind of resource
that takes no tags. An index of Vertex AI is no endpoint, nor is its index endpoint. The tags that a
provider of the same folder adds to everything (``default_tags``) count; those of a provider that is
written elsewhere are not seen. Jobs are no endpoints (training, processing, batch), and no object
of Kubernetes is one of a managed service, KServe's InferenceService neither. An environment that
the stack states counts.

Tags: ``lichen:model`` and ``lichen:environment`` are two of the tags that it asks for. With
``lichen:peak-rps`` beside them the rules about size can judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lichen_policies.facts import Located
from lichen_policies.facts.environment import TAGS
from lichen_policies.rule import Finding, Known, NotApplicable, rule

OWNERS = frozenset(
    ("owner", "team", "contact", "service", "application", "app", "costcenter", "project", "squad")
)


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="governance")
def undisclosed_endpoint(fact: Located, known: Known) -> Iterator[Finding]:
    hosting = known.catalogue.hostings.get(fact.hosting or "")
    if hosting is None or hosting.kind != "managed":
        raise NotApplicable("it is no managed endpoint")
    if not fact.takes_tags:
        raise NotApplicable(f"its kind has no {fact.tag_word}s")
    passport = fact.passport
    keys = {re.sub(r"[^a-z]", "", key.lower().rpartition(":")[2]) for key in fact.tags or {}}
    missing = []
    if not keys & OWNERS:
        missing.append("owner")
    if fact.if_known.environment is None and not keys & set(TAGS):
        missing.append("environment")
    if passport is None or passport.model is None:
        missing.append(fact.tag("model"))
    if missing:
        wanted = " and ".join((", ".join(missing[:-1]), missing[-1]) if missing[1:] else missing)
        yield Finding(
            what=f"its {fact.tag_word}s do not say {wanted}",
            limit="an endpoint must say its owner, its environment and its model",
            or_else=f"add the {fact.tag_word}{'s' if missing[1:] else ''} {wanted}",
            path=fact.path or fact.region_at,
        )
