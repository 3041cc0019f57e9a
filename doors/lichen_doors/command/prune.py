"""``lichen prune aws``: delete the models and configurations that no endpoint uses any more."""

from __future__ import annotations

import click

from lichen_doors.command.options import extra, formats


@click.command("prune")
@click.argument("cloud", type=click.Choice(["aws"]))
@click.option("--region", required=True, help="The region to look in.")
@click.option("--delete", is_flag=True, help="Delete them. Without it they are only listed.")
@formats("text", "json")
def command(cloud: str, region: str, delete: bool, form: str) -> None:
    """Delete what production kept of earlier versions.

    A component keeps the models and configurations of a production endpoint in AWS when a new
    version replaces them, since a roll-out that was taken back still serves with them. This lists
    those that carry Lichen's tags and that no endpoint uses, and deletes them with --delete.
    """
    with extra("pulumi"):
        from lichen_components.aws.sagemaker.unused import delete_all, unused
    found = unused(region)
    if delete:
        delete_all(found, region)
    if form == "json":
        from lichen_doors.report import for_programs
        from lichen_doors.report.answers import Pruned, UnusedResource

        kept = tuple(UnusedResource(kind=kind, name=name) for kind, name in found)
        click.echo(for_programs(Pruned(region=region, unused=kept, deleted=delete)))
        return
    for kind, name in found:
        click.echo(f"{kind} {name}")
    if not found:
        click.echo(f"Nothing in {region} is unused.")
    elif delete:
        click.echo(f"{len(found)} deleted.")
    else:
        click.echo("Nothing was deleted: add --delete.")
