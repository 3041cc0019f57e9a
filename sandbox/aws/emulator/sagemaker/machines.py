"""What EC2 says of the machines that SageMaker rents out (moto's DescribeInstanceTypes)."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from moto.utilities.utils import load_resource


@dataclass(frozen=True)
class Machine:
    """A machine's memory in MiB, its own disks in GB, and its accelerators, by what they are."""

    memory_mib: int
    instance_store_gb: int
    gpus: int
    neuron_devices: int

    @property
    def devices(self) -> int:
        """Accelerators as an inference component counts them."""
        return self.gpus or self.neuron_devices


@cache
def machine(name: str) -> Machine | None:
    """The machine `ml.<type>`; None for one that EC2 no longer offers."""
    described = _described().get(name.removeprefix("ml."))
    if described is None:
        return None
    neuron = described.get("NeuronInfo", {}).get("NeuronDevices", [])
    neuron = neuron or described.get("InferenceAcceleratorInfo", {}).get("Accelerators", [])
    return Machine(
        memory_mib=described["MemoryInfo"]["SizeInMiB"],
        instance_store_gb=described.get("InstanceStorageInfo", {}).get("TotalSizeInGB", 0),
        gpus=sum(gpu["Count"] for gpu in described.get("GpuInfo", {}).get("Gpus", [])),
        neuron_devices=sum(device["Count"] for device in neuron),
    )


@cache
def _described() -> dict[str, Any]:
    types: dict[str, Any] = load_resource("ec2/resources/instance_types.json")
    return types
