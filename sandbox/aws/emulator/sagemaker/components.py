"""Inference components: copies of a model on the machines of an endpoint, from one to many."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemaker.utils import arn_formatter

from sandbox.aws.emulator.extensions import Method, extends
from sandbox.aws.emulator.sagemaker import refused
from sandbox.aws.emulator.sagemaker.machines import machine
from sandbox.aws.emulator.sagemaker.rollouts import ringing


class Component:
    """An inference component; `answer` has what Describe says of it."""

    def __init__(self, arn: str, answer: dict[str, Any], tags: list[dict[str, str]]) -> None:
        self.arn = arn
        self.answer = answer
        self.tags = tags


def components(backend: SageMakerModelBackend) -> dict[str, Component]:
    """The inference components of an account and region, by name."""
    made: dict[str, Component] = backend.__dict__.setdefault("inference_components", {})
    return made


def of_endpoint(backend: SageMakerModelBackend, endpoint: str) -> list[Component]:
    """The inference components on an endpoint."""
    return [one for one in components(backend).values() if one.answer["EndpointName"] == endpoint]


def _component(backend: SageMakerModelBackend, name: str) -> Component:
    try:
        return components(backend)[name]
    except KeyError:
        arn = arn_formatter("inference-component", name, backend.account_id, backend.region_name)
        raise refused(f'Could not find inference component "{arn}".') from None


def _variant(backend: SageMakerModelBackend, endpoint: str, name: str | None) -> dict[str, Any]:
    """The configured variant that a component is to run on."""
    backend.describe_endpoint(endpoint)  # refuses one that is not there
    configuration = backend.describe_endpoint_config(
        backend.endpoints[endpoint].endpoint_config_name
    )
    variants: list[dict[str, Any]] = configuration["ProductionVariants"]
    found = [variant for variant in variants if name in (None, variant["VariantName"])]
    if not found:
        raise refused(f'Could not find variant "{name}" of endpoint "{endpoint}".')
    if "ModelName" in found[0]:
        raise refused(
            f'Endpoint "{endpoint}" does not host inference components: variant '
            f'"{found[0]["VariantName"]}" of its configuration has a model of its own.'
        )
    return found[0]


def _check_room(specification: dict[str, Any], kind: str) -> None:
    """Refuse a copy that is larger than a machine."""
    needs, its = specification.get("ComputeResourceRequirements", {}), machine(kind)
    if its is None:
        return
    if needs.get("MinMemoryRequiredInMb", 0) > its.memory_mib:
        raise refused(
            f"MinMemoryRequiredInMb {needs['MinMemoryRequiredInMb']} exceeds the memory of {kind}, "
            f"{its.memory_mib} MB."
        )
    if needs.get("NumberOfAcceleratorDevicesRequired", 0) > its.devices:
        raise refused(
            f"NumberOfAcceleratorDevicesRequired "
            f"{needs['NumberOfAcceleratorDevicesRequired']:g} exceeds the devices of {kind}, "
            f"{its.devices}."
        )


def _checked(response: SageMakerResponse, variant: dict[str, Any]) -> dict[str, Any]:
    """The specification of a request, as Describe answers with it."""
    one, several = response._get_param("Specification"), response._get_param("Specifications")
    if (one is None) == (several is None):
        raise refused("Specify exactly one of Specification and Specifications.")
    given = {"Specification": one} if one is not None else {"Specifications": several}
    for part in [one] if one is not None else several:
        sources = [key for key in ("ModelName", "Container") if part.get(key)]
        if len(sources) != 1 and not part.get("BaseInferenceComponentName"):
            raise refused("Specify exactly one of ModelName and Container in a specification.")
        if "ModelName" in part:
            response.sagemaker_backend.describe_model(part["ModelName"])
        if "ComputeResourceRequirements" not in part and "BaseInferenceComponentName" not in part:
            raise refused("ComputeResourceRequirements is required for an inference component.")
        _check_room(part, part.get("InstanceType") or variant["InstanceType"])
    return {
        key: [_as_described(part) for part in value]
        if isinstance(value, list)
        else _as_described(value)
        for key, value in given.items()
    }


def _as_described(specification: dict[str, Any]) -> dict[str, Any]:
    container = dict(specification.get("Container") or {})
    image = container.pop("Image", None)
    if image is None:
        return specification
    deployed = {"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": utcnow()}
    return specification | {"Container": container | {"DeployedImage": deployed}}


def _runs(copies: int) -> dict[str, int]:
    return {"DesiredCopyCount": copies, "CurrentCopyCount": copies}


@extends(SageMakerResponse)
def create_inference_component(_: None, self: SageMakerResponse) -> ActionResult:
    backend, name = self.sagemaker_backend, self._get_param("InferenceComponentName")
    endpoint = self._get_param("EndpointName")
    if name in components(backend):
        raise refused(
            f'Cannot create already existing inference component "{components(backend)[name].arn}".'
        )
    variant = _variant(backend, endpoint, self._get_param("VariantName"))
    specified = _checked(self, variant)
    copies = (self._get_param("RuntimeConfig") or {}).get("CopyCount", 1)
    if copies < 1:
        raise refused(
            "CopyCount must be at least 1 when an inference component is created; scale it to 0 "
            "afterwards."
        )
    arn = arn_formatter("inference-component", name, backend.account_id, backend.region_name)
    now = utcnow()
    components(backend)[name] = Component(
        arn,
        {
            "InferenceComponentName": name,
            "InferenceComponentArn": arn,
            "EndpointName": endpoint,
            "EndpointArn": backend.endpoints[endpoint].arn,
            "VariantName": variant["VariantName"],
            "RuntimeConfig": _runs(copies),
            "CreationTime": now,
            "LastModifiedTime": now,
            "InferenceComponentStatus": "InService",
            **specified,
        },
        self._get_param("Tags") or [],
    )
    return ActionResult({"InferenceComponentArn": arn})


@extends(SageMakerResponse)
def describe_inference_component(_: None, self: SageMakerResponse) -> ActionResult:
    name = self._get_param("InferenceComponentName")
    return ActionResult(_component(self.sagemaker_backend, name).answer)


@extends(SageMakerResponse)
def update_inference_component(_: None, self: SageMakerResponse) -> ActionResult:
    component = _component(self.sagemaker_backend, self._get_param("InferenceComponentName"))
    changed: dict[str, Any] = {"LastModifiedTime": utcnow()}
    deployment = self._get_param("DeploymentConfig")
    taken_back = ringing(self.sagemaker_backend, deployment)
    if (self._get_param("Specification") or self._get_param("Specifications")) and not taken_back:
        its = component.answer
        variant = _variant(self.sagemaker_backend, its["EndpointName"], its["VariantName"])
        changed |= _checked(self, variant)
    if runtime := self._get_param("RuntimeConfig"):
        changed["RuntimeConfig"] = _runs(runtime["CopyCount"])
    if deployment:
        changed["LastDeploymentConfig"] = deployment
    component.answer |= changed
    return ActionResult({"InferenceComponentArn": component.arn})


@extends(SageMakerResponse)
def update_inference_component_runtime_config(_: None, self: SageMakerResponse) -> ActionResult:
    component = _component(self.sagemaker_backend, self._get_param("InferenceComponentName"))
    copies = self._get_param("DesiredRuntimeConfig")["CopyCount"]
    component.answer |= {"RuntimeConfig": _runs(copies), "LastModifiedTime": utcnow()}
    return ActionResult({"InferenceComponentArn": component.arn})


@extends(SageMakerResponse)
def delete_inference_component(_: None, self: SageMakerResponse) -> ActionResult:
    backend, name = self.sagemaker_backend, self._get_param("InferenceComponentName")
    _component(backend, name)
    del components(backend)[name]
    return EmptyResult()


@extends(SageMakerResponse)
def list_inference_components(_: None, self: SageMakerResponse) -> ActionResult:
    wanted = {
        "EndpointName": self._get_param("EndpointNameEquals"),
        "VariantName": self._get_param("VariantNameEquals"),
        "InferenceComponentStatus": self._get_param("StatusEquals"),
    }
    summary = "InferenceComponentName InferenceComponentArn InferenceComponentStatus EndpointName "
    summary += "EndpointArn VariantName CreationTime LastModifiedTime"
    return ActionResult(
        {
            "InferenceComponents": [
                {key: one.answer[key] for key in summary.split()}
                for one in components(self.sagemaker_backend).values()
                if all(value in (None, one.answer[key]) for key, value in wanted.items())
            ]
        }
    )


@extends(SageMakerModelBackend)
def _get_resource_from_arn(before: Method, self: SageMakerModelBackend, arn: str) -> Any:
    kind, _, name = arn.split(":")[-1].partition("/")
    if kind == "inference-component":
        return _component(self, name)
    found = before(self, arn)
    if found is None:
        raise refused(f"Could not find {kind} with name {name}")
    return found


@extends(SageMakerResponse)
def delete_endpoint(before: Method, self: SageMakerResponse) -> ActionResult:
    name = self._get_param("EndpointName")
    if left := of_endpoint(self.sagemaker_backend, name):
        raise refused(
            f'Cannot delete endpoint "{name}": it hosts inference components '
            f"[{', '.join(one.answer['InferenceComponentName'] for one in left)}]. Delete them "
            f"first."
        )
    result: ActionResult = before(self)
    return result
