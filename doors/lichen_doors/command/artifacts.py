"""``lichen artifacts``: whether a model's files can be served as the workload was placed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lichen.input_error import InputError
from lichen.visible import visible
from lichen_doors.command import BLOCKED, NOTHING_FITS, OK
from lichen_doors.command.options import INPUT
from lichen_doors.command.own_rows import configured_catalogue

_ONE_ARCHIVE = ("sagemaker-serverless", "sagemaker-batch")
"""Hostings that take a model's files as one archive alone (SageMaker API, ContainerDefinition)."""


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
def check(location: str, workload_file: Path, copied_images: bool) -> None:
    """Say what a model's files have and lack for where the workload is placed.

    LOCATION is a folder or a .tar.gz, here or in S3, which needs boto3 and credentials that may
    list and read it. Weights are counted, not read; an archive is read once from end to end. It
    ends 1 where something is missing or does not agree.
    """
    from lichen.catalogue.schema import Made
    from lichen.placing.choose import place
    from lichen.placing.made import server_of
    from lichen.placing.placement import NoPlacement
    from lichen.placing.question import Question
    from lichen.workload import read_workload
    from lichen_doors.artifacts import files_at, remarks_of

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
        if command_ is None:
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
    click.echo(
        f"{workload.name}: {chosen.precision} on {chosen.machine} in {chosen.region}, "
        f"served by {server}"
    )
    files = files_at(location)
    wrong = False
    for remark in remarks_of(
        files, server, question.card, answer.sizing, workload.compiled, machine.family
    ):
        wrong = wrong or not remark.right
        click.echo(f"  {'ok   ' if remark.right else 'WRONG'}  {visible(remark.what)}")
        if remark.fix:
            click.echo(f"         Fix: {visible(remark.fix)}.")
    compile_ = answer.compile_command
    if wrong and compile_ is not None:
        click.echo(f"Compile, on any machine with the Neuron SDK:\n  {compile_}")
    if not location.startswith("s3://"):
        bucket = f"s3://<bucket>-{chosen.region}/{workload.name}/"
        upload = f"aws s3 sync {location} {bucket} --region {chosen.region}"
        if chosen.hosting in _ONE_ARCHIVE:
            upload = f"aws s3 cp model.tar.gz {bucket} --region {chosen.region}"
            if Path(location).is_dir():
                upload = f"tar -czf model.tar.gz -C {location} . && {upload}"
            else:
                upload = upload.replace("model.tar.gz", location)
        click.echo(f"Upload:\n  {upload}")
    sys.exit(BLOCKED if wrong else OK)
