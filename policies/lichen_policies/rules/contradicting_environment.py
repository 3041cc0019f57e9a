"""Tag that states another environment than the stack does.

Why: The environment decides how strictly a resource is judged. If its own tag says development and
the stack is production, either the tag is wrong, and reports by tag are wrong with it, or a
resource has come into the wrong stack.

Fix: Make the tag say what the stack says, or move the resource to a stack of its own.

Exceptions: The resource is judged as the stack says. Where nothing states an environment for the
whole stack (a Pulumi stack's name or setting, ``--environment``), there is no contradiction. Every
kind of resource that has tags is judged. A tag of one of the names below whose value is not known
is unverified; tags that are not known at all contradict nothing.

Tags: It reads ``lichen:environment``, ``environment``, ``env`` and ``stage``, in capitals or small
letters, also where a provider adds them to all of its resources (``default_tags``). It finds
nothing without one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import DeclaredTags
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="governance")
def contradicting_environment(fact: DeclaredTags, known: Known) -> Iterator[Finding]:
    if fact.says is None or fact.deployment is None:
        raise NotApplicable("the tags and the stack do not both state an environment")
    if fact.says != fact.deployment:
        yield Finding(
            what=f"the {fact.tag_word}s state the environment {fact.says}, and the stack is "
            f"{fact.deployment}",
            limit=f"the stack decides, so the resource is judged as in {fact.deployment}",
            or_else=f"set the {fact.tag_word} to {fact.deployment}, or deploy the resource in "
            "another stack",
            path=fact.path,
        )
