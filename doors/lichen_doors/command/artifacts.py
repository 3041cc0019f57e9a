"""``lichen artifacts``: whether a model's files can be served as the workload was placed."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lichen.input_error import InputError
from lichen.visible import visible
from lichen_doors.command import BLOCKED, NOTHING_FITS, OK
from lichen_doors.command.options import INPUT, formats
from lichen_doors.command.own_rows import configured_catalogue

if TYPE_CHECKING:
    from lichen_doors.report.answers import CheckedFiles


@click.group("artifacts")
def command() -> None:
    """Check a model's files against a workload."""


@command.command("check")
@click.argument("location", metavar="PATH|s3://…")
@click.option(
    "--workload", "workload_file", required=True, type=INPUT, help="The workload that they serve."
)
@click.option(
    "--copied-images",
    is_flag=True,
    help="You keep copies of the images in every region (registry of the endpoint).",
)
@formats("text", "json")
def check(location: str, workload_file: Path, copied_images: bool, form: str) -> None:
    """Say what a model's files have and lack for where the workload is placed.

    LOCATION is a folder or a .tar.gz, here or in S3, which needs boto3 and credentials that may
    list and read it. Weights are counted, not read; an archive is read once from end to end. It
    ends 1 where something is missing or does not agree.
    """
    from lichen.catalogue.schema import Made
    from lichen.clouds import CLOUDS
    from lichen.placing.choose import place
    from lichen.placing.made import server_of
    from lichen.placing.placement import NoPlacement
    from lichen.placing.question import Question
    from lichen.workload import read_workload
    from lichen_doors.artifacts import files_at, form_of, remarks_of
    from lichen_doors.report import for_programs
    from lichen_doors.report.answers import CheckedFiles, NothingServed

    workload = read_workload(workload_file)
    question = Question.of(
        workload,
        near=workload_file,
        catalogue=configured_catalogue(workload_file),
        own_registry=copied_images,
    )
    answer = place(question)
    if isinstance(answer, NoPlacement):
        command_ = answer.compile_command
        if form == "json":
            click.echo(for_programs(NothingServed(workload=workload.name, compile=command_)))
        elif command_ is None:
            click.echo("lichen: no offer can serve the workload: lichen place says why", err=True)
        else:
            click.echo(f"The shape in compiled does not serve the workload. Compile:\n  {command_}")
        sys.exit(NOTHING_FITS)
    chosen, catalogue = answer.chosen, question.catalogue
    machine = catalogue.machine(chosen.machine)
    chip = catalogue.chips.get(machine.accelerator or machine.cpu or "")
    server = server_of(
        catalogue.table("makes", Made),
        chosen.hosting,
        question.card.kind,
        None if chip is None else chip.family,
    )
    if server is None:
        raise InputError(
            f"no component serves {question.card.kind} models on {chosen.machine}",
            fix="allow in where what a component makes",
            field="workload",
        )
    files = files_at(location)
    archive_for = CLOUDS[machine.cloud].one_archive.get(chosen.hosting, "")
    remarks = (
        *form_of(location, archive_for),
        *remarks_of(files, server, question.card, answer.sizing, workload.compiled, machine.family),
    )
    right = all(remark.right for remark in remarks)
    bucket = f"s3://<bucket>-{chosen.region}/{workload.name}/"
    checked = CheckedFiles(
        workload=workload.name,
        precision=chosen.precision,
        machine=chosen.machine,
        region=chosen.region,
        server=server,
        location=location,
        right=right,
        remarks=remarks,
        compile=None if right else answer.compile_command,
        upload=None
        if location.startswith("s3://")
        else _upload(location, bucket, archive_for, chosen.region),
    )
    if form == "json":
        click.echo(for_programs(checked))
    else:
        _show(checked)
    sys.exit(OK if right else BLOCKED)


def _upload(location: str, bucket: str, archive_for: str, region: str) -> str:
    """The command that uploads a model's files; as one archive where ``archive_for`` takes no
    other."""
    given = shlex.quote(location)
    if not Path(location).is_dir():
        name = "model.tar.gz" if archive_for else ""
        return f"aws s3 cp {given} {bucket}{name} --region {region}"
    if not archive_for:
        return f"aws s3 sync {given} {bucket} --region {region}"
    archived = f"tar -czf model.tar.gz -C {given} ."
    return f"{archived} && aws s3 cp model.tar.gz {bucket} --region {region}"


def _show(checked: CheckedFiles) -> None:
    click.echo(
        f"{checked.workload}: {checked.precision} on {checked.machine} in {checked.region}, "
        f"served by {checked.server}"
    )
    for remark in checked.remarks:
        click.echo(f"  {'ok   ' if remark.right else 'WRONG'}  {visible(remark.what)}")
        if remark.fix:
            click.echo(f"         Fix: {visible(remark.fix)}.")
    if checked.compile is not None:
        click.echo(f"Compile, on any machine with the Neuron SDK:\n  {checked.compile}")
    if checked.upload is not None:
        click.echo(f"Upload:\n  {checked.upload}")
