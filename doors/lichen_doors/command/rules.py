"""``lichen rules``: list the rules, as configured in this folder; make an own one, and test it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lichen.input_error import InputError
from lichen_doors.command import BLOCKED, OK
from lichen_doors.command.options import CONFIGURATION, formats
from lichen_doors.command.output import show_lines

DIRECTORY = click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Your rules. Default: rules: of the lichen.yaml that holds.",
)


@click.group("rules", invoke_without_command=True)
@CONFIGURATION
@formats("text", "json", "markdown", "schema")
@click.pass_context
def command(context: click.Context, configuration: Path | None, form: str) -> None:
    """List the rules, as configured in this folder.

    The format markdown has every rule's page, schema the JSON Schema of lichen.yaml with your own
    rules.
    """
    context.obj = configuration
    if context.invoked_subcommand is not None:
        return
    from lichen_policies.gate import Gate

    from lichen_doors.report import for_programs
    from lichen_doors.report import rules as report

    gate = Gate.near(Path.cwd(), config=configuration, trusted=Path.cwd())
    if form == "schema":
        click.echo(for_programs(report.configuration_schema(gate.rules())))
        return
    pages = report.pages(gate)
    if form == "json":
        click.echo(for_programs(pages))
    elif form == "markdown":
        click.echo(report.markdown(pages))
    else:
        texts = gate.configured().texts
        show_lines(report.lines(pages, texts))


@command.command("new")
@click.argument("name")
@DIRECTORY
@click.pass_obj
def new(configuration: Path | None, name: str, directory: Path | None) -> None:
    """Write an own rule that works, and its cases, to begin from.

    NAME is the offence, in small letters with hyphens: too-many-machines.
    """
    from lichen_policies.own_rules import create
    from lichen_policies.registry import rules

    directory = directory or _directory(configuration)
    for path in create(name, directory, rules()):
        click.echo(f"Wrote {path}")
    click.echo(f"Change both, then run: lichen rules test {name} --directory {directory}")


@command.command("test")
@click.argument("name", required=False)
@DIRECTORY
@click.option("--renew", is_flag=True, help="Write the messages that the cases give now.")
@click.pass_obj
def test(configuration: Path | None, name: str | None, directory: Path | None, renew: bool) -> None:
    """Judge the cases of your own rules, or of one.

    Exit codes: 0, every case gives what it expects; 1, one does not; 2, a rule or a file of cases
    is wrong.
    """
    from lichen_policies import cases, own_rules
    from lichen_policies import configuration as configurations
    from lichen_policies.registry import FOLDER, read_rules

    from lichen_doors.report import rules as report

    directory = directory or _directory(configuration)
    if not directory.is_dir():
        raise InputError(f"{str(directory)!r} is no directory", fix="name the one of your rules")
    rules = read_rules(FOLDER, directory)
    above, nearest = _files(configuration)
    catalogue = configurations.read(nearest, above=above).catalogue
    found = own_rules.cases_in(directory, rules, name)
    results = [(case, cases.verdicts_of(case, rules, catalogue)) for case in found]
    if renew:
        for rule in sorted({case.rule for case in found}):
            cases.renew(
                directory / f"{rule}.yaml",
                {
                    (case.name, case.dialect): cases.messages_of(verdicts)
                    for case, verdicts in results
                    if case.rule == rule
                },
            )
    tested = [cases.tested(case, verdicts, with_messages=not renew) for case, verdicts in results]
    show_lines(report.tested(tested))
    sys.exit(OK if all(not each.mistakes for each in tested) else BLOCKED)


def _files(configuration: Path | None) -> tuple[Path | None, Path | None]:
    """The organisation's file, and the nearest lichen.yaml."""
    from lichen_policies import configuration as configurations

    return configuration or configurations.named(), configurations.find(Path.cwd())


def _directory(configuration: Path | None) -> Path:
    """The directory of own rules that the lichen.yaml of this folder names."""
    from lichen_policies import configuration as configurations

    for layer in configurations.layers_of(*_files(configuration)):
        if (directory := layer.directory("rules")) is not None:
            return directory
    raise InputError(
        "no lichen.yaml here names a directory of own rules",
        fix="add rules: lichen-rules to lichen.yaml, or give --directory",
    )
