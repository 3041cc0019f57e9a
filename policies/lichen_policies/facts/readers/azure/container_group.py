"""Azure Container Instances' group: a Located, and the accelerators that its containers ask for."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Part, ServingContainer, StartedImage
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is
from lichen_policies.facts.readers.azure.sizes import is_spot
from lichen_policies.facts.servers import ELSEWHERE, DescribedContainer, settings_of, started
from lichen_policies.facts.unknown import Maybe, field, is_left_out, is_unknown

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:containerinstance:ContainerGroup",
        "azure:containerservice/group:Group",
    ),
    "terraform": ("azurerm_container_group",),
    "azure": ("Microsoft.ContainerInstance/containerGroups",),
}
FACTS = (Located, Machines, Part, ServingContainer, StartedImage)

complete = where_its_whole_is

_HOSTING = "container-instances"
"""A name without a row: no price is known."""

_CHIPS = {"K80": "NVIDIA K80", "P100": "NVIDIA P100", "V100": "NVIDIA V100 SXM2 16GB"}


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located, and a Machines for each container with accelerators."""
    yield from in_its_group(properties, context, _facts(properties))


def _facts(properties: Properties) -> Iterator[Fact]:
    accelerators = list(_accelerators(properties))
    yield Located(
        region_at=properties.at("location"),
        hosting=_HOSTING,
        for_models=True if accelerators else None,
    )
    for container in _containers(properties):
        read_as = _container(container)
        yield from started(read_as, hosting=_HOSTING, serves=read_as.chips is not None)
    spot = is_spot(properties, "priority")
    for gpu in accelerators:
        yield Machines(
            path=gpu.at("count"),
            machines_at="",
            chip=field(_chip(gpu.text("sku"))),
            chips_each=field(gpu.amount("count")),
            unit="containers",
            hosting=_HOSTING,
            spot=field(spot.value),
            spot_at=spot.path,
        )


def _containers(properties: Properties) -> Iterator[Properties]:
    """The containers of a group, whose own are in ``properties`` in Azure's API."""
    for container in properties.blocks("containers", "container"):
        yield container.block("properties") or container


def _container(container: Properties) -> DescribedContainer:
    """A container of a group; its command takes the place of what the image starts."""
    variables = container.blocks("environment_variables")
    named = [each for each in variables if each.given("name")]
    written = settings_of(named) if named else container.tags("environment_variables")
    settings = written if is_unknown(written) else {**_secret(container), **(written or {})}
    asks = next(iter(_asked(container)), None)
    return DescribedContainer(
        path=container.path,
        image=container.stated_text("image"),
        command=container.words("commands", "command"),
        args=None,
        args_at=container.at("commands", "command"),
        settings=settings or None,
        settings_at=container.at("environment_variables"),
        chip=None if asks is None else _chip(asks.text("sku")),
        chips=None if asks is None else asks.amount("count"),
        chips_at="" if asks is None else asks.at("count"),
    )


def _secret(container: Properties) -> dict[str, object]:
    """The variables whose values a document does not show."""
    secret = container.tags("secure_environment_variables")
    return dict.fromkeys(secret, ELSEWHERE) if isinstance(secret, dict) else {}


def _accelerators(properties: Properties) -> Iterator[Properties]:
    """The block of each container that asks for accelerators; one that the provider computes where
    it is left out asks for none."""
    for container in _containers(properties):
        yield from _asked(container)


def _asked(container: Properties) -> Iterator[Properties]:
    """The block of what one container asks for, if it does."""
    within = container.block("resources").block("requests") or container
    given = within.scalar("gpu")
    if given is not None and not is_left_out(given):
        yield within.block("gpu")


def _chip(sku: Maybe[str]) -> Maybe[str]:
    return _CHIPS.get(sku, sku) if isinstance(sku, str) else sku
