"""Container that serves a model on x86 processors, though no accelerator binds it to them.

Why: Arm's server processors do the same work with less power, and cost less. A container that asks
for x86, or is given it by default, never runs there.

Fix: Build the image for both processors, and ask for Arm.

Exceptions: It only advises: nobody sees from here whether the image has a version for arm64. Pods
that ask for accelerators, and pods that leave the processor to their cluster, are not judged. Of
ECS it judges tasks for Fargate, where Linux runs on either; on machines of EC2 the machine decides
(see x86-machine).

Tags: Without ``lichen:*`` tags it judges pods that run a known server of models. With one, such as
``lichen:model``, it judges any pod, and ECS's tasks.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ChosenProcessor
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def x86_container(fact: ChosenProcessor, known: Known) -> Iterator[Finding]:
    if fact.accelerated or not fact.serves:
        raise NotApplicable("nothing says that it serves a model on processors alone")
    if fact.architecture is None:
        raise NotApplicable("its cluster chooses the processor")
    if fact.architecture != "x86_64":
        return
    at = fact.architecture_at
    yield Finding(
        what=f"{at} is " + ("not set, which means x86" if fact.by_default else "x86"),
        limit=f"a model that needs no accelerator is advised onto Arm: {fact.less}",
        changes=(
            Change(
                path=at,
                to=fact.arm,
                why="build its image for arm64 (docker buildx imagetools inspect IMAGE lists the "
                "platforms that it has)",
            ),
        ),
        path=at,
    )
