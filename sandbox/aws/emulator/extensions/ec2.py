"""EC2: a launch template is read with the tags that it has now; a machine runs its own images."""

from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.models.launch_templates import LaunchTemplate

from sandbox.aws.emulator.extensions import Method, Refusal, extends


def _tags(self: LaunchTemplate) -> list[dict[str, str]]:
    return self.get_tags()


def _leave(self: LaunchTemplate, value: Any) -> None:
    """Those of its creation are among the others."""


setattr(LaunchTemplate, "tags", property(_tags, _leave))  # noqa: B010


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
    return before(self, image_id, *given, **named)
