"""SageMaker Studio's application, a machine for one person, and the space that it is started in."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.sagemaker_machines import PREFIX, machine_of
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:sagemaker/app:App",
        "aws:sagemaker/space:Space",
        "aws-native:sagemaker:App",
        "aws-native:sagemaker:Space",
    ),
    "terraform": (
        "aws_sagemaker_app",
        "aws_sagemaker_space",
        "awscc_sagemaker_app",
        "awscc_sagemaker_space",
    ),
    "cloudformation": ("AWS::SageMaker::App", "AWS::SageMaker::Space"),
}
FACTS = (Located, Machines)

_HOSTING = "sagemaker-notebook"
_NONE = (None, "system")
"""No machine of its own: that of Studio's own pages costs nothing."""
_APPLICATIONS = (
    "code_editor_app_settings",
    "jupyter_lab_app_settings",
    "jupyter_server_app_settings",
    "kernel_gateway_app_settings",
)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """Of an application a Located and a Machines; of a space a Located, and the Machines of each
    application that would be started in it, as a template's."""
    own = machine_of(properties.block("resource_spec"))
    settings = properties.block("space_settings")
    started = [
        machine_of(settings.block(name).block("default_resource_spec")) for name in _APPLICATIONS
    ]
    for at, machine in enumerate(each for each in (own, *started) if each.value not in _NONE):
        if not at:
            yield Located(
                region_at=properties.at("region"),
                machine=field(machine.value),
                hosting=_HOSTING,
                for_models=True,
            )
        yield from machines_named(machine, hosting=_HOSTING, prefix=PREFIX)
