"""``lichen pack``: print the folder of the CrossGuard policy pack."""

from __future__ import annotations

from pathlib import Path

import click

import lichen_doors
from lichen.document import InputError


@click.command("pack")
def command() -> None:
    """Print the folder of the CrossGuard policy pack.

    pulumi up --policy-pack "$(lichen pack)"
    """
    click.echo(_directory())


def _directory() -> Path:
    """In the installed package, or in the checkout that the package comes from."""
    doors = Path(lichen_doors.__file__).parent
    for directory in (doors / "crossguard" / "pack", doors.parents[1] / "policies" / "crossguard"):
        if directory.is_dir():
            return directory
    raise InputError("the pack is not installed", fix="reinstall lichen")
