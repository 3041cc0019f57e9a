"""``lichen scorecard``: one page for the people who decide."""

from __future__ import annotations

from pathlib import Path

import click

from lichen.input_error import InputError
from lichen.words import Environment
from lichen_doors.command.options import (
    CONFIGURATION,
    ENVIRONMENT,
    FILE,
    INPUT_PATH,
    RECORDS,
    REGION,
    check_places,
    formats,
)
from lichen_doors.command.output import check_beside_states, progress, show, write


@click.command("scorecard")
@click.argument("places", nargs=-1, required=True, metavar="PLACE...")
@click.option(
    "--workloads",
    multiple=True,
    type=INPUT_PATH,
    help="A workload file, or a folder of them: some practices are shown by it alone.",
)
@RECORDS
@ENVIRONMENT
@REGION
@CONFIGURATION
@click.option("--output", type=FILE, help="Write the page to this file.")
@formats("text", "html", "markdown", "json")
def command(
    places: tuple[str, ...],
    workloads: tuple[Path, ...],
    records: Path,
    environment: Environment | None,
    region: str | None,
    configuration: Path | None,
    output: Path | None,
    form: str,
) -> None:
    """One page for the people who decide.

    Each PLACE is a state of Pulumi or Terraform, a folder of them, or a bucket with them. For each
    endpoint: grams, dollars and joules per unit (SCI, ISO/IEC 21031), region, hardware, headroom,
    what each of the eight practices says of it, and the one change that would help most. What is
    not known is never taken for good.
    """
    check_places(places)
    check_beside_states(places, {"--output": output})
    from lichen_policies.gate import Gate
    from lichen_practices.scorecard.card import scorecard

    from lichen_doors.report import for_programs

    local = next((Path(place) for place in places if "://" not in place), Path())
    gate = Gate.near(
        local, config=configuration, trusted=Path.cwd(), region=region, environment=environment
    )
    with progress() as say:
        card = scorecard(places, gate, workloads=workloads, records=records, progress=say)
    if form == "json":
        write(for_programs(card), output)
    elif form == "html":
        from lichen_doors.report.page.scorecard import as_scorecard_page

        write(as_scorecard_page(card), output)
    elif form == "markdown":
        from lichen_doors.report.scorecard import as_markdown

        write(as_markdown(card), output)
    else:
        from lichen_doors.report.scorecard import renderables

        show(renderables(card), form, title="lichen scorecard", output=output)
    if card.unread:
        raise InputError(
            f"not read: {', '.join(each.place for each in card.unread[:5])}",
            fix="export the states again, or name other places",
        )
