"""``lichen watch``: judge what is deployed again, by today's catalogue."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click
from lichen_practices.watching.kinds import SOON_DAYS, Kind

from lichen.day import present_time
from lichen.defaults import COST_TOLERANCE_PCT
from lichen.input_error import InputError
from lichen.words import Environment
from lichen_doors.command import BLOCKED, OK
from lichen_doors.command.options import (
    CONFIGURATION,
    ENVIRONMENT,
    FILE,
    INPUT_PATH,
    RECORDS,
    REGION,
    NumberRange,
    check_places,
    cost_tolerance,
    formats,
)
from lichen_doors.command.output import check_beside_states, progress, show, write

if TYPE_CHECKING:
    from lichen_practices.watching.provider_emissions import Reported
    from lichen_practices.watching.run import Watched
    from lichen_practices.watching.utilisation import MeasuredEndpoint, Utilisation


@click.command("watch")
@click.argument("places", nargs=-1, required=True, metavar="PLACE...")
@click.option(
    "--history",
    metavar="FILE|URL",
    envvar="LICHEN_HISTORY",
    show_envvar=True,
    help="Where runs are written down: a file (SQLite), or postgresql://USER@HOST/DATABASE.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*get_args(Kind), "any"]),
    multiple=True,
    help="End with 1 if this is noticed; may be repeated.",
)
@click.option("--only-new", is_flag=True, help="Fail only on what the run before did not notice.")
@click.option(
    "--soon",
    "soon_days",
    type=click.IntRange(0, 3650),
    default=SOON_DAYS,
    show_default=True,
    metavar="DAYS",
    help="How long before its end an exemption or a benchmark record is noticed.",
)
@click.option(
    "--tolerance",
    type=NumberRange(0, 99),
    default=COST_TOLERANCE_PCT,
    show_default=True,
    metavar="PERCENT",
    help="How much less a better placement emits at the least.",
)
@cost_tolerance(COST_TOLERANCE_PCT, "How much more than what runs it may cost.")
@click.option(
    "--workloads",
    multiple=True,
    type=INPUT_PATH,
    help="A workload file, or a folder of them: where each may run is then known exactly.",
)
@RECORDS
@click.option(
    "--utilisation",
    multiple=True,
    metavar="aws|google:PROJECT",
    help="Read requests and utilisation of a week from CloudWatch or Cloud Monitoring.",
)
@click.option(
    "--emissions",
    multiple=True,
    metavar="FILE|aws",
    help="Emissions that a provider reports: its export, or AWS's Sustainability API.",
)
@click.option("--prometheus", type=FILE, help="Write metrics as Prometheus' text to this file.")
@click.option("--otlp", metavar="URL", help="Send metrics by OpenTelemetry's protocol over HTTP.")
@ENVIRONMENT
@REGION
@CONFIGURATION
@click.option("--output", type=FILE, help="Write the answer to this file.")
@formats("text", "json", "markdown")
def command(
    places: tuple[str, ...],
    history: str | None,
    fail_on: tuple[str, ...],
    only_new: bool,
    soon_days: int,
    tolerance: float,
    cost_tolerance: float,
    workloads: tuple[Path, ...],
    records: Path,
    utilisation: tuple[str, ...],
    emissions: tuple[str, ...],
    prometheus: Path | None,
    otlp: str | None,
    environment: Environment | None,
    region: str | None,
    configuration: Path | None,
    output: Path | None,
    form: str,
) -> None:
    """Judge what is deployed again, by today's catalogue.

    Each PLACE is a state of Pulumi or Terraform, a folder of them, or a bucket with them
    (s3://BUCKET/PREFIX, gs://..., az://..., azblob://...). It says where a region's class has
    changed, a better placement exists, an exemption or a benchmark record ends, hardware is
    retired, or what runs is not what its tags say.

    Exit codes: 0, nothing of --fail-on; 1, something of it; 2, the input is wrong, or a state
    cannot be read.
    """
    check_places(places)
    file = None if history is None or "://" in history else Path(history)
    check_beside_states(
        (*places, *emissions), {"--output": output, "--prometheus": prometheus, "--history": file}
    )
    from lichen_policies.gate import Gate
    from lichen_practices.watching.moving import Tolerance
    from lichen_practices.watching.run import WatchOptions, watch

    local = next((Path(place) for place in places if "://" not in place), Path())
    gate = Gate.near(
        local, config=configuration, trusted=Path.cwd(), region=region, environment=environment
    )
    now = present_time()
    options = WatchOptions(
        tolerance=Tolerance(gain_pct=tolerance, cost_pct=cost_tolerance),
        soon_days=soon_days,
        workloads=workloads,
        records=records,
    )
    reported = _reported(emissions, now)
    opened = None
    if history is not None:
        from lichen_practices.watching.history import History

        opened = History(history)
    with progress() as say:
        watched = watch(
            places,
            gate,
            options,
            history=opened,
            now=now,
            measured=lambda each: _measured(each, utilisation, now),
            reported=reported,
            progress=say,
        )
    if opened is not None:
        opened.close()
    if prometheus is not None or otlp is not None:
        from lichen_practices.watching import metrics

        if prometheus is not None:
            metrics.write_prometheus(watched, prometheus)
        if otlp is not None:
            metrics.send_otlp(watched, otlp)
    _print(watched, form, output)
    if watched.unread:
        raise InputError(
            f"not read: {', '.join(each.place for each in watched.unread[:5])}"
            + (f" and {len(watched.unread) - 5} more" if len(watched.unread) > 5 else ""),
            fix="export what is listed again, or name other places",
        )
    failing = [
        each
        for each in watched.notices
        if ("any" in fail_on or each.kind in fail_on) and (each.is_new or not only_new)
    ]
    sys.exit(BLOCKED if failing else OK)


def _reported(given: Sequence[str], now: datetime.datetime) -> tuple[Reported, ...]:
    if not given:
        return ()
    from lichen_practices.watching.provider_emissions import read_reported, reported_by_aws

    return tuple(
        row
        for each in given
        for row in (reported_by_aws(now) if each == "aws" else read_reported(Path(each)))
    )


def _measured(
    endpoints: Sequence[MeasuredEndpoint], given: Sequence[str], now: datetime.datetime
) -> tuple[Utilisation, ...]:
    if not given:
        return ()
    from lichen_practices.watching.utilisation import (
        CloudMonitoring,
        CloudWatch,
        Monitoring,
        measure,
    )

    services: dict[str, Monitoring] = {}
    for each in given:
        cloud, _, project = each.partition(":")
        if cloud == "aws" and not project:
            services["aws"] = CloudWatch()
        elif cloud == "google" and project:
            if all(endpoint.cloud != "google" for endpoint in endpoints):
                raise InputError(
                    "no state has an endpoint of Vertex AI, a service of Cloud Run or a group of "
                    "machines for models",
                    fix="leave google out, or name a state that has one",
                    field="--utilisation",
                )
            services["google"] = CloudMonitoring(project)
        else:
            raise InputError(
                f"{each!r} is no service", fix="write aws or google:PROJECT", field="--utilisation"
            )
    return measure(endpoints, services, now)


def _print(watched: Watched, form: str,
           output: Path | None) -> None:  # fmt: skip
    if form == "json":
        from lichen_doors.report import for_programs

        write(for_programs(watched), output)
        return
    from lichen_doors.report import watch as report

    if form == "markdown":
        write(report.as_markdown(watched), output)
    else:
        show(report.renderables(watched), form, title="lichen watch", output=output)
