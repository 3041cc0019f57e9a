"""Number of pods that is written beside an autoscaler that sets it too.

Why: Each deployment sets the number back, and the autoscaler moves it again: pods that took minutes
to load are ended in the busiest hour, or start for nothing in the quietest. With server-side apply
the deployment fails instead, with a conflict over ``.spec.replicas``.

Fix: Leave ``spec.replicas`` out of the object, and let the autoscaler's least be the number that
you want.

Exceptions: It only advises: a tool that is set to ignore changes of the number does not set it
back, and that setting is not seen here (``ignore_changes`` of Terraform, ``ignoreChanges`` of
Pulumi, ``ignoreDifferences`` of Argo CD). Pods and autoscaler are in one deployment; only pods that
serve models or carry accelerators are judged.

Tags: Without ``lichen:*`` tags it judges pods that run a known server of models or ask for
accelerators.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ScaledPods
from lichen_policies.rule import Finding, Known, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def replicas_owned_twice(fact: ScaledPods, known: Known) -> Iterator[Finding]:
    if not fact.stated:
        return
    yield Finding(
        what=f"{fact.pods} writes {fact.stated_at}, which this autoscaler sets too",
        limit="one owner sets the number of pods (Kubernetes documentation, Horizontal Pod "
        "Autoscaling: migrating Deployments and StatefulSets)",
        or_else=f"leave {fact.stated_at} of {fact.pods} out",
        path=fact.path,
    )
