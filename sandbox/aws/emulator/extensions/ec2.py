"""EC2: a launch template is read with the tags that it has now."""

from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplate


def _tags(self: LaunchTemplate) -> list[dict[str, str]]:
    return self.get_tags()


def _leave(self: LaunchTemplate, value: Any) -> None:
    """Those of its creation are among the others."""


setattr(LaunchTemplate, "tags", property(_tags, _leave))  # noqa: B010
