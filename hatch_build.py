"""Packaging: the wheel carries the catalogue's binary copies, made from its CSV files."""

from __future__ import annotations

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledTables(BuildHookInterface):  # type: ignore[type-arg]
    """Read every table once: what is read is kept beside it (lichen/catalogue/binary_cache.py)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or self.target_name != "wheel":
            return
        sys.path.insert(0, self.root)
        from lichen.catalogue import Catalogue
        from lichen.catalogue.schema import (
            Device,
            DiskKind,
            Egress,
            EgressWaiver,
            FamilyMember,
            GridHour,
            HostingStart,
            Image,
            ImagePatches,
            Listing,
            MachineImage,
            Made,
            Markup,
            RateBySize,
            Registry,
            Retired,
            Route,
            Sale,
            WeightFormat,
        )

        catalogue = Catalogue()
        _ = catalogue.regions, catalogue.chips, catalogue.machines, catalogue.models
        _ = (
            catalogue.offers,
            catalogue.count_offers_in(""),
            catalogue.prices,
            catalogue.hostings,
            catalogue.residency,
        )
        for name, row in (
            ("makes", Made),
            ("images", Image),
            ("machine_images", MachineImage),
            ("starts", HostingStart),
            ("image_patches", ImagePatches),
            ("registries", Registry),
            ("devices", Device),
            ("disks", DiskKind),
            ("markups", Markup),
            ("rates", RateBySize),
            ("egress", Egress),
            ("egress_waivers", EgressWaiver),
            ("sold", Sale),
            ("retired", Retired),
            ("listings", Listing),
            ("routes", Route),
            ("grid_hours", GridHour),
            ("precisions", WeightFormat),
            ("families", FamilyMember),
        ):
            catalogue.table(name, row)
        build_data["artifacts"].append("lichen/catalogue/.compiled/*.msgpack")
