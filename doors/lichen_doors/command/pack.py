"""``lichen pack``: print the folder of the CrossGuard policy pack, or write it as one file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lichen.input_error import InputError
from lichen.whole_file import write_whole
from lichen_doors.command.options import formats
from lichen_doors.command.output import check_replaced
from lichen_doors.crossguard.folder import pack_folder

EXECUTABLE = """\
#!/bin/sh
'''exec' "{python}" -Iu "$0" "$@"
' '''
# Lichen's policy pack as one file, for `pulumi up --policy-pack FILE`. It runs in the Python that
# `lichen pack --file` ran in, from what is installed there: write it anew after a move.
import sys
from runpy import run_module

try:
    from lichen_doors.crossguard.folder import pack_folder
except ModuleNotFoundError as error:
    fix = f"write it anew with `lichen pack --file {{sys.argv[0]}}`"
    sys.exit(f"lichen: {{sys.executable}} has no {{error.name}}. Fix: {{fix}}.")

sys.argv = [sys.argv[0], sys.argv[1], str(pack_folder())]
run_module("pulumi.policy", run_name="__main__")
"""
"""A shell's script and a Python program at once: a first line may not have a space in a path."""

MARK = "# Lichen's policy pack as one file"
"""What each pack that is one file has in it, by which it may be written anew."""


@click.command("pack")
@click.option(
    "--file",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the pack as one executable file instead.",
)
@formats("text", "json")
def command(file: Path | None, form: str) -> None:
    """Print the folder of the CrossGuard policy pack.

    \b
    pulumi up --policy-pack "$(lichen pack)"
    lichen pack --file lichen-pack && pulumi up --policy-pack ./lichen-pack
    """
    if file is None:
        folder = pack_folder()
        _say(folder, form, str(folder))
        return
    pack_folder()
    check_replaced("--file", file, "earlier pack", _is_pack)
    try:
        write_whole(file, EXECUTABLE.format(python=sys.executable))
        file.chmod(0o755)
    except OSError as error:
        raise InputError(
            f"{file} cannot be written: {error.strerror}", fix="name another"
        ) from None
    _say(file.absolute(), form, _use(file.absolute()))


def _is_pack(file: Path) -> bool:
    """Whether an earlier call wrote a file, in whichever Python it ran."""
    try:
        return MARK in file.read_text(encoding="utf-8", errors="replace")
    except OSError:  # nothing is known of it, so it is kept
        return False


def _say(path: Path, form: str, text: str) -> None:
    if form == "json":
        from lichen_doors.report import for_programs
        from lichen_doors.report.answers import Installed

        text = for_programs(Installed(path=str(path), use=_use(path)))
    click.echo(text)


def _use(path: Path) -> str:
    return f"pulumi up --policy-pack {path}"
