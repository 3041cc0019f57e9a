"""``lichen prune aws``: delete the models and configurations that no endpoint uses any more."""

from __future__ import annotations

import click

from lichen_doors.command.options import extra


@click.command("prune")
@click.argument("cloud", type=click.Choice(["aws"]))
@click.option("--region", required=True, help="The region to look in.")
@click.option("--delete", is_flag=True, help="Delete them. Without it they are only listed.")
def command(cloud: str, region: str, delete: bool) -> None:
    """Delete what production kept of earlier versions.

    A component keeps the models and configurations of a production endpoint in AWS when a new
    version replaces them, since a roll-out that was taken back still serves with them. This lists
    those that carry Lichen's tags and that no endpoint uses, and deletes them with --delete.
    """
    with extra("pulumi"):
        from lichen_components.aws.sagemaker.unused import delete_all, unused
    found = unused(region)
    for kind, name in found:
        click.echo(f"{kind} {name}")
    if not found:
        click.echo(f"Nothing in {region} is unused.")
    elif delete:
        delete_all(found, region)
        click.echo(f"{len(found)} deleted.")
    else:
        click.echo("Nothing was deleted: add --delete.")
