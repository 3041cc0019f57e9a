"""The command: reads what is typed, calls the engine or the rules, prints, and exits.

One module for each command, imported when the command runs. Exit codes, the same everywhere: 0
nothing blocks; 1 findings block; 2 the input is wrong or unreadable, or the gate is broken; 3 no
placement fits, or something unverified blocks as the configuration says.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from lichen import __version__
from lichen.input_error import InputError

OK, BLOCKED, WRONG_INPUT, NOTHING_FITS = 0, 1, 2, 3
INTERRUPTED = 130
"""What shells say of a program that Ctrl-C ended: no verdict."""

COMMANDS: Mapping[str, str] = {
    "init": "Write a first workload file, with a comment at each field.",
    "place": "Choose what to deploy, and where.",
    "size": "Predict how fast a machine serves a model.",
    "bench": "Measure an endpoint into a benchmark record.",
    "prompts": "Count the tokens of prompts, and what they take of a workload's month.",
    "check": "Judge a deployment by the rules.",
    "artifacts": "Check a model's files against a workload.",
    "images": "Copy serving images to a region that lacks them.",
    "watch": "Judge what is deployed again, by today's catalogue.",
    "scorecard": "One page for the people who decide.",
    "train": "Choose where and when to train.",
    "verify": "Judge a decision record again, and compare.",
    "explain": "Show all that is known about one name.",
    "rules": "List the rules, as configured in this folder.",
    "catalogue": "Show a table of the catalogue.",
    "mcp": "Answer coding agents over the Model Context Protocol.",
    "karpenter": "Tell the schedulers of a cluster what machines and regions emit.",
    "lsp": "Show editors what is wrong in workload files and lichen.yaml.",
    "prune": "Delete what production kept of earlier versions.",
    "pack": "Print the folder of the CrossGuard policy pack.",
    "checks": "Print the folder of the Checkov checks.",
}
"""Every command with its line of help, in the order of ``lichen --help``. The module of that name
defines it as ``command``."""


UNWRITABLE = (errno.EBADF, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What the system says where an answer has no room."""
UNUSABLE = (errno.ENAMETOOLONG, errno.ELOOP)
"""What the system says of a path that is none."""


class Commands(click.Group):
    """Imports a command's module when the command runs: a start loads only what it needs.

    An :class:`InputError` is printed as a sentence and ends 2, never with a traceback.
    """

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        try:
            return super().make_context(
                info_name, args, parent, **{"terminal_width": _terminal_width(), **extra}
            )
        except OSError as error:  # of lichen --help and --version, which print here
            if error.errno not in UNWRITABLE:
                raise
            _say_it_has_no_room(error)
            sys.exit(WRONG_INPUT)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from :data:`COMMANDS`: no module is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # what cannot be written is said here, not when Python ends
        except InputError as error:
            click.echo(f"lichen: {error}", err=True)
            ctx.exit(WRONG_INPUT)
        except KeyboardInterrupt:
            click.echo("lichen: interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:  # `lichen ... | head`
            sys.stderr.close()
            ctx.exit(ctx.meta.get(_ENDS, OK))
        except OSError as error:
            if error.errno in UNUSABLE:
                _say_it_is_no_path(error)
            elif error.errno in UNWRITABLE:
                _say_it_has_no_room(error)
            else:
                raise
            ctx.exit(WRONG_INPUT)


_ENDS = "lichen.ends"


def ends(code: int) -> None:
    """Say how the command will end before it prints: it ends so too where nobody reads on."""
    click.get_current_context().meta[_ENDS] = code


def _say_it_is_no_path(error: OSError) -> None:
    wrong = InputError(
        f"cannot be used ({error.strerror})", fix="check the path", document=str(error.filename)
    )
    click.echo(f"lichen: {wrong}", err=True)


def _say_it_has_no_room(error: OSError) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what Python still has to write
    reason = error.strerror or "the system refuses it"
    fix = "send it to a file" if error.errno == errno.EBADF else "free space"
    click.echo(f"lichen: the answer cannot be written: {reason}. Fix: {fix}.", err=True)


def _terminal_width() -> int:
    """The columns of a page of help, as click counts them: it would import a library for that."""
    try:
        columns = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(1).columns
    except (ValueError, OSError):
        columns = 80
    return max(min(columns or 80, 80) - 2, 50)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lichen")
def main() -> None:
    """Put ML inference on the smallest efficient hardware, in a region with clean electricity.

    Exit codes: 0, nothing blocks; 1, a finding blocks; 2, the input is wrong; 3, nothing fits, or
    something unverified blocks.
    """
