"""Where the policy pack's folder is: what `pulumi --policy-pack` is given."""

from __future__ import annotations

from pathlib import Path

from lichen.input_error import InputError


def pack_folder() -> Path:
    """In the installed package, or in the checkout that the package is of."""
    here = Path(__file__).parent
    for folder in (here / "pack", here.parents[2] / "policies" / "crossguard"):
        if folder.is_dir():
            return folder
    raise InputError("the pack is not installed", fix="reinstall lichen")
