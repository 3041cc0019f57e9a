"""Azure's scale sets: a number of machines of one size."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, MachineGroup, Machines, Part, ReservationUse
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.azure.parts import in_its_group, names, where_its_whole_is
from lichen_policies.facts.readers.azure.reservations import reservations_of
from lichen_policies.facts.readers.azure.sizes import HOSTING, is_spot, machines_of, size
from lichen_policies.facts.unknown import field, is_left_out

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:compute:VirtualMachineScaleSet",
        "azure:compute/linuxVirtualMachineScaleSet:LinuxVirtualMachineScaleSet",
        "azure:compute/windowsVirtualMachineScaleSet:WindowsVirtualMachineScaleSet",
        "azure:compute/orchestratedVirtualMachineScaleSet:OrchestratedVirtualMachineScaleSet",
        "azure:compute/scaleSet:ScaleSet",
    ),
    "terraform": (
        "azurerm_linux_virtual_machine_scale_set",
        "azurerm_windows_virtual_machine_scale_set",
        "azurerm_orchestrated_virtual_machine_scale_set",
        "azurerm_virtual_machine_scale_set",
    ),
    "azure": ("Microsoft.Compute/virtualMachineScaleSets",),
}
FACTS = (Located, MachineGroup, Machines, Part, ReservationUse)

complete = where_its_whole_is

_STEPS = (("virtualmachinescalesets", ("name", "vm_scale_set_name")),)
_MIX = "Mix"
"""In place of a size: one of several, which are general machines alone."""


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located, a MachineGroup that an autoscale setting may call by its name, and a Machines."""
    yield from in_its_group(properties, context, _facts(properties))


def _facts(properties: Properties) -> Iterator[Fact]:
    sku = properties.block("sku")
    machine = size(sku, "name") if sku else size(properties, "sku", "sku_name")
    count = sku.stated_whole("capacity") if sku else properties.stated_whole("instances")
    if is_left_out(count.value):
        count = Stated(None, count.path)
    yield MachineGroup(
        names=names(properties, _STEPS), machines=field(count.value), machines_at=count.path
    )
    if count.value == 0:
        return
    if machine.value == _MIX:
        machine = Stated(None, machine.path)
    yield Located(
        region_at=properties.at("location"),
        machine=field(machine.value),
        machines=field(count.value) or 1,
        hosting=HOSTING,
    )
    profile = properties.block("virtual_machine_profile")
    yield from machines_of(machine, count, spot=is_spot(profile or properties, "priority"))
    yield from reservations_of(profile or properties)
