"""``lichen check``: judge what is to be deployed."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from lichen_policies.dialects import KINDS, read
from lichen_policies.gate import Gate

from lichen.words import Environment
from lichen_doors.command import BLOCKED, NOTHING_FITS, OK
from lichen_doors.command.options import CONFIGURATION, ENVIRONMENT, FILE, PATH, REGION, formats
from lichen_doors.command.output import show, write


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option(
    "--source",
    default="auto",
    show_default=True,
    metavar="KIND",
    help=f"The kind of document: {', '.join(KINDS)}.",
)
@ENVIRONMENT
@REGION
@CONFIGURATION
@click.option("--output", type=FILE)
@formats("text", "json", "sarif", "html")
def command(
    paths: tuple[Path, ...],
    source: str,
    environment: Environment | None,
    region: str | None,
    configuration: Path | None,
    output: Path | None,
    form: str,
) -> None:
    """Judge what is to be deployed.

    Reads Pulumi previews and states, Terraform plans and CloudFormation templates. Ends 0 when
    nothing blocks, 1 when a finding blocks, 3 when something unverified does.
    """
    resources = [resource for path in paths for resource in read(path, source=source)]
    gate = Gate.near(paths[0], config=configuration, region=region, environment=environment)
    report = gate.report(resources)
    if form == "sarif":
        from lichen_doors.report import sarif

        write(sarif.as_sarif(report, gate.rules()), output)
    else:
        from lichen_doors.report import findings

        if form == "json":
            write(findings.as_json(report), output)
        else:
            show(findings.renderables(report), form, title="lichen check", output=output)
    sys.exit(BLOCKED if report.blocks else NOTHING_FITS if report.unverified_blocks else OK)
