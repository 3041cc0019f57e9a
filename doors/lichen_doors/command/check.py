"""``lichen check``: judge a deployment by the rules."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from lichen_policies.document_kinds import KINDS

from lichen.input_error import InputError, did_you_mean
from lichen.words import Environment
from lichen_doors.command import BLOCKED, NOTHING_FITS, OK, WRONG_INPUT, ends
from lichen_doors.command.options import (
    CONFIGURATION,
    ENVIRONMENT,
    FILE,
    INPUT,
    INPUT_PATHS,
    PARAMETER,
    PARAMETERS,
    RECORD,
    REGION,
    formats,
)
from lichen_doors.command.output import check_outputs, check_record, progress, show_lines, write

if TYPE_CHECKING:
    from lichen_policies.dialects import DeploymentInput
    from lichen_policies.dialects.folders import FolderReading
    from lichen_policies.facts import Resource
    from lichen_policies.gate import Gate
    from lichen_policies.verdict import Report

    from lichen.interval import Interval

FORMS = (
    *("text", "json", "sarif", "html", "markdown", "junit", "code-quality"),
    *("suggestions", "gitlab-suggestions"),
)
"""The forms of a report."""
_MOST_NAMED = 5
"""How many files that were not read the last line names: the report has them all."""
PROGRAM = "pulumi-program"
"""The source that is run rather than read."""


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=INPUT_PATHS)
@click.option(
    "--source",
    default="auto",
    show_default=True,
    metavar="KIND",
    help=f"The kind of document, if it is not recognised: {', '.join(KINDS)}. With "
    f"{PROGRAM} the Pulumi program in Python of a folder is run, without an engine.",
)
@click.option("--stack", help=f"With --source {PROGRAM}: the stack whose settings it gets.")
@ENVIRONMENT
@REGION
@PARAMETERS
@PARAMETER
@CONFIGURATION
@RECORD
@click.option("--output", type=FILE, help="Write the report to this file.")
@formats(*FORMS)
@click.option(
    "--report",
    "also",
    multiple=True,
    metavar="FORMAT=FILE",
    help="Write the report in another format too; may be repeated.",
)
@click.option(
    "--baseline",
    type=INPUT,
    help="An earlier report in JSON: what it has already does not block.",
)
@click.option(
    "--only-changes",
    is_flag=True,
    help="Show what a plan or preview changes; what stays is counted.",
)
@click.option(
    "--fix",
    is_flag=True,
    help="Write the safe changes into templates, manifests and .tf files beside a plan.",
)
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
def command(
    paths: tuple[Path, ...],
    source: str,
    stack: str | None,
    environment: Environment | None,
    region: str | None,
    parameters_file: Path | None,
    parameter_pairs: tuple[str, ...],
    configuration: Path | None,
    record_file: Path | None,
    output: Path | None,
    form: str,
    also: tuple[str, ...],
    baseline: Path | None,
    only_changes: bool,
    fix: bool,
    yes: bool,
) -> None:
    """Judge a deployment by the rules.

    PATHS are Pulumi previews or states, Terraform plans, states or .tf files, CloudFormation
    templates, ARM templates or Bicep of Azure, Kubernetes manifests, or workload files, whose
    prompts must keep to their budget; folders of them, cdk.out among them; or patterns such as
    'k8s/**/*.yaml'. - is what is piped in.

    Exit codes: 0, nothing blocks; 1, a finding blocks; 2, the input is wrong, or a rule that blocks
    is broken; 3, something unverified blocks.
    """
    click.get_current_context().with_resource(_uncollected())
    if fix and (form != "text" or output is not None):
        raise InputError("--fix is for a person at a terminal", fix="leave out --format, --output")
    if record_file is not None and parameter_pairs:
        raise InputError(
            "values of --parameter are not recorded",
            fix="write them into a file, and name it by --parameters",
            field="--record",
        )
    if record_file is not None and source == PROGRAM:
        raise InputError(
            "a program is run and not read, so it cannot be judged again",
            fix="write pulumi preview --json to a file, and check that",
            field="--record",
        )
    files = [_report_file(each) for each in also]
    check_outputs(
        [*paths, *filter(None, (parameters_file, configuration, baseline))],
        {"--output": output, "--record": record_file}
        | {f"--report {each}={file}": file for each, file in files},
    )
    check_record(record_file)
    if record_file is not None and _is_within(record_file, paths):
        raise InputError(
            f"{record_file} is in a folder that is judged, and would be an input itself",
            fix="name a file outside of it",
            field="--record",
        )
    from lichen_policies import timed
    from lichen_policies.dialects.given_by_command import deployment_input

    timed.end_where_stuck()
    with _said_in_comments(files), progress() as say:
        given = deployment_input(
            region, parameters_file, parameter_pairs, exact=len(paths) == 1, counter=_counter
        )
        earlier = None
        if baseline is not None:
            from lichen_policies.baseline import of

            earlier = of(baseline)
        judged = judgement(
            paths,
            given,
            trusted=Path.cwd(),
            source=source,
            stack=stack,
            region=region,
            configuration=configuration,
            environment=environment,
            say=say,
        )
    gate, report = judged.gate, judged.report
    if record_file is not None:
        from lichen_practices.recording.record import record_check, write_record

        write_record(
            record_check(
                paths,
                judged.files,
                gate,
                report,
                source=source,
                region=region,
                environment=environment,
                parameters_file=parameters_file,
                configuration_file=configuration,
            ),
            record_file,
        )
    if only_changes:
        from lichen_policies.changes_only import changes_only

        report = changes_only(report, judged.resources)
    if earlier is not None:
        from lichen_policies.baseline import against

        report = against(report, earlier, str(baseline))
    judged = judged._replace(report=report)
    unread = [each.file for each in report.skipped if each.broken]
    code = BLOCKED if report.blocks else NOTHING_FITS if report.unverified_blocks else OK
    ends(WRONG_INPUT if report.broken or unread else code)
    check_outputs(
        set(map(Path, {each.file for each in judged.resources if each.file is not None})),
        {f"--report {each}={file}": file for each, file in files} | {"--output": output},
    )
    for other, file in files:
        _print(judged, other, file)
    _print(judged, form, output)
    if report.broken:
        raise InputError(
            f"broken, so it judged nothing: {', '.join(report.broken)}"
            if len(report.broken) == 1
            else f"broken, so they judged nothing: {', '.join(report.broken)}",
            fix="correct what the report names, or set the rule's level in lichen.yaml to disabled",
        )
    if unread:
        more = len(unread) - _MOST_NAMED
        raise InputError(
            f"not read: {', '.join(unread[:_MOST_NAMED])}"
            + (f", and {more:,} more" if more > 0 else ""),
            fix="correct what the report says, or name other paths",
        )
    if fix:
        _fix(report, judged.resources, yes)
    sys.exit(code)


@contextmanager
def _said_in_comments(files: Sequence[tuple[str, Path]]) -> Iterator[None]:
    """Where the input is wrong, the report that is a comment says so: what it said of an earlier
    commit holds no longer. A file that is not of Lichen may be a document, and stays."""
    try:
        yield
    except InputError as error:
        from lichen_doors.report.markdown import MARK, unjudged

        for form, file in files:
            if form == "markdown" and (not file.exists() or _begins(file, MARK)):
                write(unjudged(str(error)), file)
        raise


def _begins(file: Path, mark: str) -> bool:
    return file.is_file() and file.read_bytes().startswith(mark.encode())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's search for cyclic garbage: what is imported, read and judged makes next to
    none, and each search goes through all of it. Nor does one at the end, when nothing is left to
    do."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()
            gc.enable()


def _counter(tokenizer: Path) -> Callable[[str], Interval]:
    """What counts tokens by a tokenizer.json, as ``lichen prompts`` does."""
    from lichen_practices.prompts.counting import counter

    return counter(tokenizer)


class Judged(NamedTuple):
    """The gate that judged, the resources and files that were read, and the report of their
    verdicts."""

    gate: Gate
    resources: Sequence[Resource]
    report: Report
    files: Sequence[Path]


def judgement(
    paths: Sequence[Path],
    given: DeploymentInput,
    *,
    source: str = "auto",
    stack: str | None = None,
    region: str | None = None,
    configuration: Path | None = None,
    environment: Environment | None = None,
    trusted: Path | None = None,
    say: Callable[[str], object] = str,
) -> Judged:
    """Read the documents at ``paths`` and judge their resources; ``say`` is given what is done.
    ``trusted`` is the folder whose own rules may run (:meth:`Gate.near`).
    With the source :data:`PROGRAM` they are programs, which run, for ``stack``.

    Raises :class:`InputError` where a path, a document or the configuration is wrong.
    """
    from lichen_policies.dialects.folders import read_all
    from lichen_policies.gate import Gate

    from lichen.figures import many

    if source == PROGRAM:
        reading = _run(paths, stack)
    else:
        reading = read_all(paths, source, given, lambda path: say(f"Reading {path}"))
    gate = Gate.near(
        paths[0],
        config=configuration,
        trusted=trusted,
        region=region,
        environment=environment,
    )
    say(f"Judging {many(len(reading.resources), 'resource')}")
    report = gate.report(reading.resources, reading.skipped, reading.others)
    return Judged(gate, reading.resources, report, reading.files)


def _run(paths: Sequence[Path], stack: str | None) -> FolderReading:
    """What programs would make. That they run is said, since nothing else that is judged does."""
    from lichen_doors.program import read_programs

    return read_programs(paths, stack, lambda text: click.echo(f"lichen: {text}.", err=True))


def _is_within(file: Path, folders: Sequence[Path]) -> bool:
    whole = Path(os.path.realpath(file))
    return any(
        folder.is_dir() and whole.is_relative_to(os.path.realpath(folder)) for folder in folders
    )


def _report_file(written: str) -> tuple[str, Path]:
    """The form and the file of a ``--report``."""
    form, equals, file = written.partition("=")
    if form not in FORMS:
        raise InputError(f"{form!r} is no format", fix=did_you_mean(form, FORMS), field="--report")
    if not equals or not file:
        raise InputError("is not FORMAT=FILE", fix="write sarif=lichen.sarif", field="--report")
    return form, Path(file)


def _print(judged: Judged, form: str, output: Path | None) -> None:
    """Print a report, or write it; each form is imported when it is asked for."""
    gate, report = judged.gate, judged.report
    if form == "sarif":
        from lichen_doors.report.sarif import as_sarif

        write(as_sarif(report, gate.rules()), output)
    elif form == "junit":
        from lichen_doors.report.junit import as_junit

        write(as_junit(report), output)
    elif form == "code-quality":
        from lichen_doors.report.code_quality import as_code_quality

        write(as_code_quality(report), output)
    elif form == "markdown":
        from lichen_doors.report.markdown import as_markdown

        write(as_markdown(report), output)
    elif form == "suggestions":
        from lichen_doors.report.suggestions import as_suggestions

        write(as_suggestions(report, judged.resources), output)
    elif form == "gitlab-suggestions":
        from lichen_doors.report.suggestions import as_gitlab_suggestions

        write(as_gitlab_suggestions(report, judged.resources), output)
    elif form == "html":
        from lichen_doors.report.page.findings import as_page

        write(as_page(report, today=gate.configuration.today), output)
    elif form == "json":
        from lichen_doors.report.document import as_json

        write(as_json(report), output)
    else:
        from lichen_doors.report.findings import lines

        show_lines(lines(report), output)


def _fix(report: Report, resources: Sequence[Resource], yes: bool) -> None:
    """Show what would be written and what would not, ask, and write."""
    from lichen_doors import fixing

    edits, left = fixing.edits(report.findings, resources)
    for each in left:
        click.echo(f"Not written: {each.rule} of {each.resource}: {each.because}.")
    if not edits:
        click.echo("There is nothing to write.")
        return
    texts = fixing.new_texts(edits)
    click.echo(f"\n{fixing.difference(texts)}")
    if not yes and not _agrees():
        click.echo("Nothing is written.")
        return
    fixing.write(texts)
    for file in texts:
        click.echo(f"Wrote {file}")
    click.echo("Check again: a plan or a preview has to be made anew first.")


def _agrees() -> bool:
    try:
        return click.confirm("Write this?", default=False)
    except click.Abort:  # nobody is there to answer
        click.echo()
        return False
