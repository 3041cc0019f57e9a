"""``lichen check``: judge a deployment by the rules."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from lichen_policies import timed
from lichen_policies.dialects import KINDS, read
from lichen_policies.gate import Gate

from lichen.document import InputError
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
    help=f"The kind of document, if it is not recognised: {', '.join(KINDS)}.",
)
@ENVIRONMENT
@REGION
@CONFIGURATION
@click.option("--output", type=FILE, help="Write the report to this file.")
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
    """Judge a deployment by the rules.

    PATHS are Pulumi previews or states, Terraform plans, CloudFormation templates or Kubernetes
    manifests; - is what is piped in.

    Exit codes: 0, nothing blocks; 1, a finding blocks; 2, the input is wrong, or a rule that blocks
    is broken; 3, something unverified blocks.
    """
    timed.end_where_stuck()
    resources = [resource for path in paths for resource in read(path, source=source)]
    gate = Gate.near(
        paths[0],
        config=configuration,
        trusted=Path.cwd(),
        region=region,
        environment=environment,
    )
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
    if report.broken:
        raise InputError(
            f"broken, so it judged nothing: {', '.join(report.broken)}"
            if len(report.broken) == 1
            else f"broken, so they judged nothing: {', '.join(report.broken)}",
            fix="correct what the report names, or set the rule's level in lichen.yaml to disabled",
        )
    sys.exit(BLOCKED if report.blocks else NOTHING_FITS if report.unverified_blocks else OK)
