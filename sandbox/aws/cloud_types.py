"""The types that the emulated Cloud Control API handles, as their CloudFormation schemas have them.

Properties have the names of the members of SageMaker's own calls; what differs is listed. Both the
emulated API (emulator/cloudcontrol.py) and `pulumi-resource-aws-native` (native/) go by this table.
Source: aws-cloudformation-schema/ of pulumi/pulumi-aws-native.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CloudType:
    """A CloudFormation type: the calls of its handlers, and the kinds of its properties.

    `name` and `identifier` are properties; `listing` is the list call and its answer's member.
    Paths are of property names, with "/" between.
    """

    cloud_name: str
    service: str
    name: str
    identifier: str
    create: str
    read: str
    delete: str
    listing: tuple[str, str]
    update: str = ""
    # The member of Describe that says whether an update is under way.
    status: str = ""
    # None: all of them, since nothing can be changed.
    create_only: frozenset[str] | None = None
    read_only: tuple[str, ...] = ()
    write_only: tuple[str, ...] = ()
    # Describe's member -> the property.
    read_as: Mapping[str, str] = field(default_factory=dict)
    # Members of the calls that the type does not have.
    absent: tuple[str, ...] = ()

    @property
    def token(self) -> str:
        """`aws-native:sagemaker:Endpoint`."""
        _, service, kind = self.cloud_name.split("::")
        return f"aws-native:{service.lower()}:{kind}"


UNDER_WAY = ("Creating", "Updating", "SystemUpdating", "RollingBack")
"""The states of an endpoint that who changed it waits out, each a step of what the emulator does
(emulator/sagemaker/updates.py)."""

CLOUD_TYPES = {
    kind.cloud_name: kind
    for kind in (
        CloudType(
            "AWS::SageMaker::EndpointConfig",
            "sagemaker",
            name="EndpointConfigName",
            identifier="EndpointConfigArn",
            create="CreateEndpointConfig",
            read="DescribeEndpointConfig",
            delete="DeleteEndpointConfig",
            listing=("list_endpoint_configs", "EndpointConfigs"),
            read_only=("EndpointConfigArn",),
            absent=("CrossRegionTrafficConfig",),
        ),
        CloudType(
            "AWS::SageMaker::Endpoint",
            "sagemaker",
            name="EndpointName",
            identifier="EndpointArn",
            create="CreateEndpoint",
            read="DescribeEndpoint",
            update="UpdateEndpoint",
            status="EndpointStatus",
            delete="DeleteEndpoint",
            listing=("list_endpoints", "Endpoints"),
            create_only=frozenset({"EndpointName"}),
            read_only=("EndpointArn",),
            write_only=(
                "ExcludeRetainedVariantProperties",
                "RetainAllVariantProperties",
                "RetainDeploymentConfig",
            ),
            read_as={"LastDeploymentConfig": "DeploymentConfig"},
        ),
        CloudType(
            "AWS::SageMaker::InferenceComponent",
            "sagemaker",
            name="InferenceComponentName",
            identifier="InferenceComponentArn",
            create="CreateInferenceComponent",
            read="DescribeInferenceComponent",
            update="UpdateInferenceComponent",
            delete="DeleteInferenceComponent",
            listing=("list_inference_components", "InferenceComponents"),
            create_only=frozenset({"InferenceComponentName", "EndpointName", "VariantName"}),
            read_only=(
                "InferenceComponentArn",
                "Specification/Container/DeployedImage",
                "RuntimeConfig/DesiredCopyCount",
                "RuntimeConfig/CurrentCopyCount",
                "RuntimeConfig/PlacementStatus",
                "CreationTime",
                "LastModifiedTime",
                "FailureReason",
                "InferenceComponentStatus",
            ),
            write_only=(
                "Specification/Container/Image",
                "RuntimeConfig/CopyCount",
                "DeploymentConfig",
            ),
        ),
    )
}
