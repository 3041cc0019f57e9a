"""What of a deployment is bound to one vendor, and what replaces it elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from lichen.catalogue import Catalogue
from lichen_policies.facts import Resource
from lichen_policies.facts.resource import called


class TiedResource(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a vendor alone has, the resources that use it, and what replaces it."""

    vendor: str
    what: str
    replaced_by: str
    resources: tuple[str, ...]


class Portability(msgspec.Struct, frozen=True, kw_only=True):
    """``lichen explain STACK --format json``: what is bound, and how many resources are not."""

    document: str
    resources: int
    bound: tuple[TiedResource, ...]
    portable: tuple[str, ...]


class _Row(NamedTuple):
    """How a type begins, in small letters and without signs; what is bound, what replaces it."""

    begins: str
    what: str
    replaced_by: str


_CONTAINER = "the same container behind HTTP, as a Deployment and a Service on any cluster"

ROWS: tuple[_Row, ...] = (
    _Row(
        "awssagemaker",
        "SageMaker's endpoints: their API (InvokeEndpoint), roll-outs and scaling",
        f"{_CONTAINER}; on Google a Model Garden deployment of Vertex AI",
    ),
    _Row("awslambda", "Lambda's interface and limits", "the same image on Cloud Run or Knative"),
    _Row("awsecs", "task definitions of ECS", "a Deployment on any cluster; the image stays"),
    _Row(
        "awsbedrock",
        "models that Bedrock hosts, and its API",
        "open weights behind vLLM's API, which is OpenAI's",
    ),
    _Row(
        "awsappautoscaling",
        "Application Auto Scaling",
        "an autoscaler of pods, or KEDA to zero",
    ),
    _Row("awsautoscaling", "Auto Scaling groups", "a managed instance group, or a node pool"),
    _Row("awsec2", "machines and networks of EC2", "machines of another cloud; see the chips"),
    _Row("awseks", "EKS's clusters and node groups", "another cluster; what runs in it stays"),
    _Row("awsecr", "a registry of AWS", "any OCI registry: `skopeo copy` moves images"),
    _Row("awss3", "a bucket of S3", "gs:// or hf:// as artifacts; its lines cost egress"),
    _Row("awskms", "a key that never leaves KMS", "a key there; data is encrypted anew"),
    _Row("awscloudwatch", "alarms and logs of CloudWatch", "Prometheus and OpenTelemetry"),
    _Row("awsssm", "parameters that clients read", "a name in DNS, or a ConfigMap"),
    _Row("awsiam", "roles of IAM", "a service account of the other cloud with the same few rights"),
    _Row("awslb", "load balancers of AWS", "a Service, or the other cloud's load balancer"),
    _Row(
        "gcpvertex",
        "Vertex AI's endpoints and their API",
        f"{_CONTAINER}; on AWS a SageMaker endpoint",
    ),
    _Row("gcpcloudrun", "Cloud Run; its services are Knative's", "Knative on any cluster"),
    _Row("gcptpu", "the Cloud TPU API", "a GPU with vLLM; TPUs are Google's alone"),
    _Row("gcpcontainer", "GKE's clusters and node pools", "another cluster; what runs stays"),
    _Row("gcpcompute", "machines and networks of Compute Engine", "machines of another cloud"),
    _Row("gcpkms", "a key that never leaves Cloud KMS", "a key there; data is encrypted anew"),
    _Row("gcpstorage", "a bucket of Cloud Storage", "s3:// or hf:// as artifacts"),
    _Row("gcpmonitoring", "alerts of Cloud Monitoring", "Prometheus and OpenTelemetry"),
    _Row("azuremachinelearning", "Azure ML's endpoints and their API", _CONTAINER),
    _Row("azurecognitive", "models that Azure hosts", "open weights behind vLLM's API"),
    _Row("azurecontainerapp", "Azure Container Apps; they scale by KEDA", _CONTAINER),
)
"""From the most special to the most general of a vendor. A type that no row has is not judged."""

_VENDORS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}
_SPELLINGS = (
    (re.compile(r"^(awsnative|awscc)"), "aws"),
    (re.compile(r"^(googlebeta|google)"), "gcp"),
    (re.compile(r"^(azurenative|azurerm|microsoft)"), "azure"),
    (re.compile(r"^gcpvertexai"), "gcpvertex"),
    # Terraform's types of EC2 do not name it, but for a few.
    (
        re.compile(
            r"^aws(?=instance|spot|launch|ami|ebs|eip|subnet|vpc(?!lattice)|securitygroup"
            r"|default(?:vpc|subnet|securitygroup|routetable|networkacl)|internetgateway"
            r"|natgateway|networkinterface|networkacl|routetable|keypair|placementgroup)"
        ),
        "awsec2",
    ),
    (re.compile(r"^awsautoscalinglaunch"), "awsec2launch"),
    (re.compile(r"^aws(alb|elasticloadbalancing|elb)"), "awslb"),
    (re.compile(r"^awsapplicationautoscaling"), "awsappautoscaling"),
    (re.compile(r"^awslogs"), "awscloudwatch"),
    (re.compile(r"^awsserverlessfunction"), "awslambda"),
    (re.compile(r"^azureapp(?=containerapp|managedenvironment|job)"), "azurecontainerapp"),
    (re.compile(r"^azureaiservices"), "azurecognitive"),
)
"""How the types of a service begin in other dialects, and how in the rows."""
_SIGNS = re.compile(r"[^a-z0-9]")
_PREFIX = "ml."


def portability(resources: Iterable[Resource], catalogue: Catalogue, document: str) -> Portability:
    """What of the resources is bound to one vendor: services by their types, chips by the machines
    that are named. A chip is bound where one cloud alone has it."""
    every = list(resources)
    found: dict[tuple[str, str, str], list[str]] = {}
    portable = []
    for resource in every:
        bound = [*_service(resource.type), *_chips(resource, catalogue)]
        for key in bound:
            found.setdefault(key, []).append(called(resource))
        if not bound and "kubernetes" in (resource.dialect, _package(resource.type)):
            portable.append(called(resource))
    return Portability(
        document=document,
        resources=len(every),
        bound=tuple(
            TiedResource(
                vendor=vendor,
                what=what,
                replaced_by=replaced_by,
                resources=tuple(dict.fromkeys(names)),
            )
            for (vendor, what, replaced_by), names in found.items()
        ),
        portable=tuple(portable),
    )


def _package(type_: str) -> str:
    """The provider of a type of Pulumi's or Terraform's."""
    return re.split("[:_]", type_, maxsplit=1)[0]


def _service(type_: str) -> Iterator[tuple[str, str, str]]:
    """What a type binds: no more than one row."""
    plain = _SIGNS.sub("", type_.lower())
    for pattern, spelling in _SPELLINGS:
        plain = pattern.sub(spelling, plain)
    for row in ROWS:
        if plain.startswith(row.begins):
            vendor = next(name for begins, name in _VENDORS.items() if plain.startswith(begins))
            yield vendor, row.what, row.replaced_by
            return


def _chips(resource: Resource, catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """The chips of machines that a resource names, where one cloud alone has them."""
    for text in dict.fromkeys(_texts(resource.properties)):
        machine = catalogue.machines.get(text.removeprefix(_PREFIX))
        chip = None if machine is None else machine.accelerator
        if machine is None or chip is None or catalogue.chips[chip].kind == "gpu":
            continue  # what runs on one maker's GPU runs on its others
        clouds = {other.cloud for other in catalogue.machines.values() if other.accelerator == chip}
        if len(clouds) == 1:
            title = {"google": "Google Cloud"}.get(machine.cloud, machine.cloud.upper())
            yield (
                title,
                f"{chip}, a chip that no other cloud has",
                "an NVIDIA GPU with vLLM; files that were compiled for the chip stay behind",
            )


def _texts(value: object) -> Iterator[str]:
    """Every text in a resource's properties."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
