"""Parameters that keep their names: what a deployment is called now, for clients, and where it
is, for the next `pulumi up`."""

from __future__ import annotations

import os
from typing import Literal

import msgspec
import pulumi
import pulumi_aws as aws

from lichen.placing.question import Pin
from lichen.words import Environment
from lichen.workload import Workload
from lichen_components.aws.reading import client, read
from lichen_components.aws.site import Site
from lichen_components.site import short, this_stack

STACK_TAG = "lichen-stack"
"""The tag of a parameter that says whose it is."""


def publish(
    site: Site, what: Literal["endpoint", "url"], value: pulumi.Input[str], *first: pulumi.Resource
) -> aws.ssm.Parameter:
    """The parameter ``/lichen/<name>/<environment>/endpoint``, or ``url``, in the region of the
    deployment, made after ``first``."""
    return _parameter(
        site.child("address" if what == "endpoint" else "address-url"),
        _free(site.name, site.environment, what, site.region, site.parent),
        value,
        site.region,
        site.tags,
        site.guarded(*first),
    )


def record(name: str, environment: Environment, here: Pin, parent: pulumi.Resource) -> None:
    """The parameter ``/lichen/<name>/<environment>/placement``, in the stack's own region, which
    stays where the deployment moves. None for a stack without a region of its own."""
    region = _own_region()
    if region is not None:
        _parameter(
            f"{name}-placement",
            _free(name, environment, "placement", region, parent),
            msgspec.json.encode(here).decode(),
            region,
            {},
            pulumi.ResourceOptions(parent=parent),
        )


def placed_now(name: str, workload: Workload) -> Pin | None:
    """Where this stack's deployment is, as it was recorded; None where it was not."""
    region = _own_region()
    if region is None:
        return None
    for parameter in _names(name, workload.environment, "placement", region):
        found = _read(parameter, region)
        if found is not None and found.stack == this_stack():
            try:
                return msgspec.json.decode(found.value, type=Pin)
            except msgspec.DecodeError:
                return None
    return None


class _Found(msgspec.Struct, frozen=True):
    """A parameter's value, and the stack that it belongs to; "" where it does not say."""

    value: str
    stack: str


def _names(name: str, environment: Environment, what: str, region: str) -> tuple[str, str]:
    """The name of a parameter, and its name where another stack has that."""
    path = f"/lichen/{name}/{environment}"
    return f"{path}/{what}", f"{path}/{short(this_stack(), region)}/{what}"


def _free(
    name: str, environment: Environment, what: str, region: str, parent: pulumi.Resource
) -> str:
    """The name that is this stack's."""
    first, second = _names(name, environment, what, region)
    found = _read(first, region)
    if found is None or found.stack == this_stack():
        return first
    pulumi.log.warn(
        f"{first} is another stack's ({found.stack or 'not of Lichen'}): this one has {second}",
        parent,
    )
    return second


def _read(name: str, region: str) -> _Found | None:
    def ask() -> _Found:
        ssm = client("ssm", region)
        value = ssm.get_parameter(Name=name)["Parameter"]["Value"]
        tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
        stack = next((str(tag["Value"]) for tag in tags if tag["Key"] == STACK_TAG), "")
        return _Found(value, stack)

    return read(f"The parameter {name}", ask, absent=("ParameterNotFound",))


def _own_region() -> str | None:
    environ = os.environ
    return (
        pulumi.Config("aws").get("region")
        or environ.get("AWS_REGION")
        or environ.get("AWS_DEFAULT_REGION")
    )


def _parameter(
    child: str,
    name: str,
    value: pulumi.Input[str],
    region: str,
    tags: dict[str, str],
    opts: pulumi.ResourceOptions,
) -> aws.ssm.Parameter:
    return aws.ssm.Parameter(
        child,
        name=name,
        type="String",
        value=value,
        region=region,
        tags={**tags, STACK_TAG: this_stack()},
        opts=opts,
    )
