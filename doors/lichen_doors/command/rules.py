"""``lichen rules``: list the rules, as configured in this folder; make an own one, and test it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lichen.input_error import InputError
from lichen_doors.command import BLOCKED, OK
from lichen_doors.command.options import CONFIGURATION, formats
from lichen_doors.command.output import show_lines

if TYPE_CHECKING:
    from lichen_doors.report.rule_pages import Page

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
    from lichen_doors.command.own_rows import is_configured
    from lichen_doors.report import rule_pages
    from lichen_doors.report.kept_pages import pages_as_shipped

    if form == "schema" or configuration is not None or is_configured(Path.cwd()):
        _list_configured(configuration, form)
    elif form == "json":
        click.echo(pages_as_shipped())
    else:
        _list(rule_pages.read_pages(pages_as_shipped()), (), form)


def _list_configured(configuration: Path | None, form: str) -> None:
    from lichen_policies.gate import Gate

    from lichen_doors.report import for_programs, rules

    gate = Gate.near(Path.cwd(), config=configuration, trusted=Path.cwd())
    if form == "schema":
        click.echo(for_programs(rules.configuration_schema(gate.rules())))
    elif form == "json":
        click.echo(for_programs(rules.pages(gate)))
    else:
        _list(rules.pages(gate), gate.configured().texts, form)


def _list(pages: list[Page], configured: Sequence[str], form: str) -> None:
    from lichen_doors.report import rule_pages

    if form == "markdown":
        click.echo(rule_pages.markdown(pages))
    else:
        show_lines(rule_pages.lines(pages, configured))


@command.command("new")
@click.argument("name")
@DIRECTORY
@formats("text", "json")
@click.pass_obj
def new(configuration: Path | None, name: str, directory: Path | None, form: str) -> None:
    """Write an own rule that works, and its cases, to begin from.

    NAME is the offence, in small letters with hyphens: too-many-machines.
    """
    from lichen_policies.own_rules import create
    from lichen_policies.registry import rules

    directory = directory or _directory(configuration)
    rule, cases = create(name, directory, rules())
    if form == "json":
        from lichen_doors.report import for_programs
        from lichen_doors.report.answers import NewRule

        click.echo(for_programs(NewRule(rule=str(rule), cases=str(cases))))
        return
    for path in (rule, cases):
        click.echo(f"Wrote {path}")
    click.echo(f"Change both, then run: lichen rules test {name} --directory {directory}")


@command.command("test")
@click.argument("name", required=False)
@DIRECTORY
@click.option("--renew", is_flag=True, help="Write the messages that the cases give now.")
@formats("text", "json")
@click.pass_obj
def test(
    configuration: Path | None, name: str | None, directory: Path | None, renew: bool, form: str
) -> None:
    """Judge the cases of your own rules, or of one.

    Exit codes: 0, every case gives what it expects; 1, one does not; 2, a rule or a file of cases
    is wrong.
    """
    from lichen_policies import cases, own_rules
    from lichen_policies import configuration as configurations
    from lichen_policies.registry import read_rules
    from lichen_policies.rule_files import FOLDER

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
    right = all(not each.mistakes for each in tested)
    if form == "json":
        from lichen_doors.report import for_programs
        from lichen_doors.report.answers import TestedRules

        click.echo(for_programs(TestedRules(right=right, cases=tuple(tested))))
    else:
        show_lines(report.tested(tested))
    sys.exit(OK if right else BLOCKED)


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
