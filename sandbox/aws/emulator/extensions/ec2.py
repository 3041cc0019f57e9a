"""EC2: a launch template is read with the tags that it has now, a rule of a security group with its
description; a machine runs its own images."""

from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.utils import parse_user_data
from moto.servicequotas.models import servicequotas_backends
from moto.ssm.models import ssm_backends

from sandbox.aws.emulator.extensions import Method, Refusal, extends
from sandbox.aws.emulator.quotas import family_of, granted, vcpus_of

_ECS_IMAGES = "/aws/service/ecs/optimized-ami/amazon-linux-2023"


def _tags(self: LaunchTemplate) -> list[dict[str, str]]:
    return self.get_tags()


def _leave(self: LaunchTemplate, value: Any) -> None:
    """Those of its creation are among the others."""


setattr(LaunchTemplate, "tags", property(_tags, _leave))  # noqa: B010


def _description(self: SecurityGroupRule) -> str | None:
    return self.ip_range.get("Description") or self.source_group.get("Description")


setattr(SecurityGroupRule, "description", property(_description))  # noqa: B010


@extends(LaunchTemplate)
def create_version(
    before: Method, self: LaunchTemplate, data: dict[str, Any], description: str
) -> LaunchTemplateVersion:
    """Machines can start from a later version as from the first one: moto reads the script of the
    first alone."""
    if isinstance(data.get("UserData"), str):
        data["UserData"] = parse_user_data(data["UserData"])
    made: LaunchTemplateVersion = before(self, data, description)
    return made


@extends(InstanceBackend)
def run_instances(
    before: Method, self: InstanceBackend, image_id: str, *given: Any, **named: Any
) -> Any:
    """Refuse an image of another architecture than the machine's, where both are known."""
    image = self.amis.get(image_id)  # type: ignore[attr-defined]
    kind = named.get("instance_type") or ""
    machine = INSTANCE_TYPES.get(kind, {}).get("ProcessorInfo", {}).get("SupportedArchitectures")
    if image is not None and machine and image.architecture not in machine:
        raise Refusal(
            "InvalidParameterValue",
            f"The architecture '{', '.join(machine)}' of the specified instance type does not "
            f"match the architecture '{image.architecture}' of the specified AMI.",
        )
    _check_kind(self, kind, image_id)
    _check_vcpus(self, kind, given[0] if given else named.get("count", 1))
    return before(self, image_id, *given, **named)


def _check_kind(backend: InstanceBackend, kind: str, image_id: str) -> None:
    """Refuse one of ECS's own images on machines that it is not for. (AWS starts a machine with
    Neuron devices from an image without their driver, and it never becomes ready.)"""
    published = _published(backend, image_id)
    described = INSTANCE_TYPES.get(kind)
    if published is None or described is None:
        return
    arm = "arm64" in described["ProcessorInfo"]["SupportedArchitectures"]
    if arm != (published == "arm64"):
        raise Refusal(
            "InvalidParameterValue",
            f"The architecture '{'arm64' if arm else 'x86_64'}' of the specified instance type "
            f"does not match the architecture of the specified AMI.",
        )
    if ("NeuronInfo" in described) != (published == "neuron"):
        raise Refusal(
            "InvalidParameterValue",
            f"The AMI {image_id} has {'the' if published == 'neuron' else 'no'} Neuron driver, and "
            f"{kind} has {'no' if published == 'neuron' else 'its'} devices.",
        )


def _published(backend: InstanceBackend, image_id: str) -> str | None:
    """Which of ECS's images an id is, by the parameters that have them: "" for the plain one."""
    parameters = ssm_backends[backend.account_id][backend.region_name]  # type: ignore[attr-defined]
    for kind in ("neuron", "arm64", ""):
        name = f"{_ECS_IMAGES}{kind and '/'}{kind}/recommended/image_id"
        parameter = parameters.get_parameter(name)
        if parameter is not None and parameter.value == image_id:
            return kind
    return None


def _check_vcpus(backend: InstanceBackend, kind: str, count: int) -> None:
    """Refuse more vCPUs of a family than the account may run."""
    vcpus = _vcpus(kind)
    if not vcpus:
        return
    family = family_of(kind)
    runs = sum(
        _vcpus(instance.instance_type)
        for reservation in backend.reservations.values()
        for instance in reservation.instances
        if instance.state_code <= 16 and family_of(instance.instance_type) == family
    )
    quotas = servicequotas_backends[backend.account_id][backend.region_name]  # type: ignore[attr-defined]
    most = granted(quotas, vcpus_of(family, spot=False), "ec2")
    if runs + count * vcpus > most:
        raise Refusal(
            "VcpuLimitExceeded",
            f"You have requested more vCPU capacity than your current vCPU limit of {most:g} "
            f"allows for the instance bucket that the specified instance type belongs to.",
        )


def _vcpus(kind: str) -> int:
    return int(INSTANCE_TYPES.get(kind, {}).get("VCpuInfo", {}).get("DefaultVCpus", 0))
