"""Tags that declare another model than the container serves.

Why: Rules about size, and everybody who reads the tags, judge by the model that they declare. If
the container serves another, every such judgement is wrong.

Fix: Make the tag and the container's setting say the same model.

Exceptions: It compares names alone, and only where a known setting (``HF_MODEL_ID``,
``SM_VLLM_MODEL``, ``OPTION_MODEL_ID``, ``MODEL_ID``, ``--model``) names a model of the catalogue. A
path, a bucket or a name that the catalogue does not have is not judged, nor is a quantised or tuned
copy whose name contains the declared one.

Tags: It needs ``lichen:model``, and finds nothing without it.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ServingContainer
from lichen_policies.rule import Finding, Known, NotApplicable, rule
from lichen_policies.served import model_setting


@rule(severity="medium", dev="advisory", staging="advisory", prod="mandatory", theme="governance")
def image_serves_another_model(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    passport = fact.declared("model")
    if passport is None or passport.model is None:
        raise NotApplicable("the lichen:* tags declare no model")
    served = model_setting(fact)
    if served is None:
        raise NotApplicable("no setting of the container names its model")
    by_folded = {name.casefold(): name for name in known.catalogue.models}
    name = by_folded.get(served.value.casefold())
    if name is None or by_folded.get(passport.model.casefold()) is None:
        raise NotApplicable("the catalogue does not have both models")
    if name.casefold() != passport.model.casefold():
        yield Finding(
            what=f"{served.path} is {name}, and the {fact.tag_word}s declare "
            f"{by_folded[passport.model.casefold()]}",
            limit=f"the {fact.tag_word}s must declare the model that is served",
            or_else=f"set the {fact.tag_word} {fact.tag('model')} to {name}, or correct "
            f"{served.path}",
            path=served.path,
        )
