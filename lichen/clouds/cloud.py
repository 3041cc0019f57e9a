"""What the engine and the rules know of a cloud; each cloud fills in one record.

The records are tuples with types that need no evaluation: a start that only names the clouds loads
no library for them.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple


class Spelling(NamedTuple):
    """How a passport is written as the cloud's tags or labels.

    A key is ``prefix`` and the field's name. Each character that ``escaped`` matches is written as
    its UTF-8 bytes, two hexadecimal digits each behind ``mark``; ``escape`` matches one such byte.
    A value longer than ``length`` characters continues in a second tag, whose key ends with
    ``continued`` and 2. ``word`` is what the cloud calls one of them.
    """

    prefix: str
    continued: str
    length: int
    mark: str
    hexadecimal: str
    escaped: str
    escape: str
    word: str = "tag"


class RegionSource(NamedTuple):
    """A data source that says where its provider is: in ``property``, unless one of the arguments
    ``unless`` asks for another region."""

    property: str
    unless: tuple[str, ...] = ()


class ImageSource(NamedTuple):
    """A data source that says in ``property`` where an image of the cloud's own is: in a
    ``registry`` of one region, by a repository and a tag that these arguments name."""

    property: str
    registry: str
    repository: str
    tag: str


class Cloud(NamedTuple):
    """One cloud. Property names are in snake_case, in every dialect."""

    name: str
    """The catalogue's word: ``aws``."""
    title: str
    """What a person reads: ``AWS``."""
    full_name: str
    """The name as publishers of data write it: ``Amazon Web Services``."""
    tags: Spelling
    tag_properties: tuple[str, ...]
    """Properties that hold tags or labels, the most complete first; a dot leads into a block."""
    has_regions: bool = True
    """Whether it sells machines in regions of its own; Kubernetes runs on another cloud's."""
    tags_differ: bool = False
    """Whether each of these holds tags of its own, and not more or fewer of the same."""
    parent_properties: tuple[str, ...] = ()
    """Properties that may hold the full name of what the resource is a part of and lies in."""
    region_properties: tuple[str, ...] = ()
    """Properties of a resource that name its region or zone, the most exact first."""
    has_region_property: bool = True
    """Whether every resource has such a property, with every version of a provider."""
    zone_properties: tuple[str, ...] = ()
    """Properties that name zones of the provider's region: ignored where they are not known."""
    address_properties: tuple[str, ...] = ()
    """Properties that the cloud fills in with the resource's own full name."""
    link_properties: tuple[str, ...] = ()
    """Properties that hold the full name of a resource that can only be in the same region."""
    region_in_name: str | None = None
    """Finds the region in a full name, as its first group."""
    region_sources: Mapping[str, RegionSource] = {}
    """Terraform's data sources that say where their provider is, by their type."""
    image_sources: Mapping[str, ImageSource] = {}
    """Terraform's data sources that say where an image of the cloud's own is, by their type."""
    zone: str | None = None
    """Matches the name of a zone; its first group is the region."""
    region_on_provider: bool = True
    """Whether the region of a provider is where its resources are that state none."""
    region_in_words: bool = False
    """Whether a region may also be written as people read it: ``West Europe``, ``westeurope``."""
    versioned_type: str | None = None
    """Matches a type of resource that has the version of its API in its name; the groups of it
    together are the type without one."""
    multi_regions: tuple[str, ...] = ()
    """Locations that are several regions, in small letters."""
    on_request: frozenset[str] = frozenset()
    """Regions that the cloud opens to few customers, each on request."""
    terraform_providers: tuple[str, ...] = ()
    """Names of the Terraform providers that make its resources."""
    provider_properties: tuple[str, ...] = ()
    """Arguments of an engine's provider that set the region or zone for its resources."""
    region_settings: tuple[str, ...] = ()
    """Keys of a Pulumi stack's configuration that set the same, each as ``package:argument``."""
    region_variables: tuple[str, ...] = ()
    """Environment variables that a provider reads a region or zone from, the first one set."""
    accelerated: str | None = None
    """Matches machines whose family carries accelerators, by the name alone."""
    family: str | None = None
    """Matches a machine's name; its groups together are the name of its family."""
    one_archive: Mapping[str, str] = {}
    """Hostings that take a model's files as one archive alone, each as what it serves by."""

    @property
    def place_properties(self) -> tuple[str, ...]:
        """Properties of a resource that may say where it is."""
        return (
            *(*self.parent_properties, *self.zone_properties),
            *(*self.region_properties, *self.address_properties),
        )

    def region_of_zone(self, zone: str) -> str | None:
        """The region of this cloud's zone; None if it is not the name of one."""
        match = re.match(self.zone, zone.rsplit("/", 1)[-1]) if self.zone else None
        return match[1] if match else None

    def region_written(self, region: str) -> str:
        """A region as the catalogue writes it, whichever way it is written."""
        return region.replace(" ", "").lower() if self.region_in_words else region

    def without_version(self, type_: str) -> str:
        """A type of resource without the version of its API."""
        match = re.match(self.versioned_type, type_) if self.versioned_type else None
        return "".join(match.groups()) if match else type_

    def region_of_name(self, name: str) -> str | None:
        """The region or zone in a resource's full name; None if it has none."""
        match = re.match(self.region_in_name, name) if self.region_in_name else None
        return match[1] if match else None

    def family_of(self, machine: str) -> str | None:
        """The family of a machine by its name; None where it is no name of this cloud's."""
        match = re.match(self.family, machine) if self.family else None
        return "".join(match.groups()) if match else None

    def has_accelerators(self, machine: str) -> bool:
        """Whether a machine carries accelerators, as far as its name says."""
        return bool(self.accelerated and re.match(self.accelerated, machine))
