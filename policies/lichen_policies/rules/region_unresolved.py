"""Resource without a stated region.

Why: The carbon intensity of electricity differs by a factor of thirty between regions. If neither
the resource nor its provider nor the stack names a region, an environment variable on the deploying
machine decides, and no check can judge it.

Fix: Name the region on the resource, its provider or the stack.

Exceptions: A CloudFormation template has no region: give the region with --region. A region or zone
that the resource states by a variable is stated, though its value is not known here: dirty-region
then says that it cannot be checked, and this rule says nothing. A provider whose region is a
variable is unverified. Where files of Terraform configure no provider at all, whoever calls the
module may: that is found, and only advised. A manifest has no region, as a template has none; so it
is with most manifests of Kubernetes: of those only what plainly serves models is judged, and only
advised. It blocks only what plainly serves or trains models: services for that, machines with
accelerators, and what has ``lichen:*`` tags. General machines (a bastion, a web server) get advice.
What can only be where another resource is, such as an AKS pool, is not judged, nor is a monitoring
schedule of SageMaker that names its job's definition: the definition has the machines, and is
judged itself.

Tags: Without ``lichen:*`` tags it blocks what has accelerators and what is made for models. With
one, such as ``lichen:model``, it blocks general machines too.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import Located
from lichen_policies.facts.region import is_given_later, is_written_elsewhere
from lichen_policies.provisioned import in_cluster, located_for_models
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="mandatory", theme="region")
def region_unresolved(fact: Located, known: Known) -> Iterator[Finding]:
    if fact.part_of:
        raise NotApplicable(f"it is where {fact.part_of} is")
    region = fact.context.region
    elsewhere = is_written_elsewhere(region)
    if is_given_later(region) or (not elsewhere and fact.region is not None):
        return
    cluster = in_cluster(fact.hosting, known.catalogue)
    what, fix = (
        _OF_MODULES
        if elsewhere
        else _OF_CLUSTERS
        if cluster
        else _OF_STACKS
        if fact.context.region_of == "stack"
        else _OF_OTHERS
    )
    limit = "a region must be stated so that its electricity can be checked"
    is_general = not located_for_models(fact, known)
    if is_general and not cluster:
        limit += "; this finding only advises, because nothing says that it serves models"
    elif elsewhere:
        limit += "; this finding only advises, because whoever calls the module may configure it"
    yield Finding(
        what=what,
        limit=limit,
        or_else=_either(fact.region_at, fix),
        path=fact.region_at,
        advice=cluster or is_general or elsewhere,
    )


def _either(path: str, fix: str) -> str:
    return f"set {path}, or {fix.removeprefix('set ')}" if path else fix


_OF_CLUSTERS = (
    "nothing in the manifest says in which region it runs",
    "give the region of its cluster with --region",
)
_OF_MODULES = (
    "nothing in these files configures the provider, and nothing states a region",
    "give the region that it is applied in with --region, or set the region of a provider block",
)
_OF_STACKS = (
    "nothing says to which region the stack is deployed",
    "give the region of the stack: --region of lichen check, or LICHEN_REGION",
)
_OF_OTHERS = (
    "neither the resource nor its provider nor the stack states a region",
    "set the region of the provider",
)
"""What is wrong, and what to do about it."""
