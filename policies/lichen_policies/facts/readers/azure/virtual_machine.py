"""Azure's virtual machine, in each of the forms that providers have had, and that of a lab."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Part, ReservationUse
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is
from lichen_policies.facts.readers.azure.reservations import reservations_of
from lichen_policies.facts.readers.azure.sizes import HOSTING, is_spot, machines_of, size
from lichen_policies.facts.unknown import field

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:compute:VirtualMachine",
        "azure:compute/linuxVirtualMachine:LinuxVirtualMachine",
        "azure:compute/windowsVirtualMachine:WindowsVirtualMachine",
        "azure:compute/virtualMachine:VirtualMachine",
        "azure-native:devtestlab:VirtualMachine",
        "azure:devtest/linuxVirtualMachine:LinuxVirtualMachine",
        "azure:devtest/windowsVirtualMachine:WindowsVirtualMachine",
    ),
    "terraform": (
        "azurerm_linux_virtual_machine",
        "azurerm_windows_virtual_machine",
        "azurerm_virtual_machine",
        "azurerm_dev_test_linux_virtual_machine",
        "azurerm_dev_test_windows_virtual_machine",
    ),
    "azure": ("Microsoft.Compute/virtualMachines", "Microsoft.DevTestLab/labs/virtualMachines"),
}
FACTS = (Located, Machines, Part, ReservationUse)

complete = where_its_whole_is


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located and a Machines."""
    yield from in_its_group(properties, context, _facts(properties))


def _facts(properties: Properties) -> Iterator[Fact]:
    profile = properties.block("hardware_profile")
    machine = size(profile or properties, "vm_size", "size")
    yield Located(
        region_at=properties.at("location"), machine=field(machine.value), hosting=HOSTING
    )
    yield from machines_of(machine, spot=is_spot(properties, "priority"))
    yield from reservations_of(properties)
