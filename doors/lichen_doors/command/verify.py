"""``lichen verify``: judge a decision record again, and compare."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lichen_doors.command import BLOCKED, OK
from lichen_doors.command.options import INPUT, formats


@click.command("verify")
@click.argument("record_file", metavar="RECORD", type=INPUT)
@formats("text", "json")
def command(record_file: Path, form: str) -> None:
    """Judge a decision record again, and compare.

    RECORD is what `lichen check --record` or `lichen place --record` wrote. Run it where that
    command ran: paths are as they were typed. The day is that of the record, the tables and the
    rules are those of today.

    Exit codes: 0, the decision is the same; 1, an input, the configuration or the decision is
    another; 2, it cannot be judged again.
    """
    from lichen_practices.recording.record import read_decision
    from lichen_practices.recording.verifying import verify

    from lichen_doors.report import for_programs

    answer = verify(str(record_file), read_decision(record_file))
    if form == "json":
        click.echo(for_programs(answer))
    else:
        click.echo(
            f"{answer.record}: {'the decision is the same' if answer.holds else 'not the same'}, "
            f"judged as on {answer.day}."
        )
        for each in answer.differences:
            click.echo(f"  {each.of}: {each.what}{' (explains)' if each.explains else ''}")
    sys.exit(OK if answer.holds else BLOCKED)
