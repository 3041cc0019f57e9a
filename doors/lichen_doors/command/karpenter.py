"""``lichen karpenter``: tell a cluster's schedulers what machines and regions emit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from lichen.input_error import InputError
from lichen_doors.command.options import FILE, INPUT, NumberRange, formats
from lichen_doors.command.output import check_outputs, check_replaced, write
from lichen_doors.command.own_rows import configured_catalogue

if TYPE_CHECKING:
    from lichen.grid import CarbonClass

_REGION = click.option("--region", required=True, help="The region of the cluster.")
_OUTPUT = click.option("--output", type=FILE, help="Write to this file. Default: the screen.")
_MOST_MIB = 16


@click.group("karpenter")
def command() -> None:
    """Tell the schedulers of a cluster what machines and regions emit.

    Both commands print manifests for kubectl or your repository. They change nothing themselves.
    """


@command.command("overlays")
@_REGION
@click.option(
    "--carbon-price",
    "usd_per_tonne",
    type=NumberRange(0.01, 100_000),
    required=True,
    metavar="USD",
    help="Dollars for a tonne of CO2e, from 0.01 to 100,000.",
)
@click.option("--family", "families", multiple=True, help="Only this family; may be repeated.")
@_OUTPUT
@formats("yaml", "json")
def overlay_command(
    region: str, usd_per_tonne: float, families: tuple[str, ...], output: Path | None, form: str
) -> None:
    """Print Karpenter NodeOverlays that add the carbon of each machine to its price.

    Karpenter then prefers the machine that emits less, where the difference in dollars is smaller
    than that in carbon. Your bill does not change. NodeOverlay is an alpha feature of Karpenter,
    which its feature gate turns on.
    """
    from lichen_practices.clusters.overlays import KIND, overlays

    from lichen.figures import many

    check_replaced("--output", output, f"file of {KIND}s", lambda each: _are_all(each, KIND))
    catalogue = configured_catalogue(Path.cwd())
    found = overlays(catalogue, catalogue.region(region), usd_per_tonne, families=families)
    _print(found.manifests, form, output)
    if found.unknown:
        click.echo(
            f"Nobody publishes the watts of {many(len(found.unknown), 'machine')}, which have no "
            f"overlay and look cheaper than they are: {', '.join(found.unknown)}. "
            "Leave them out of your NodePool.",
            err=True,
        )


@command.command("ceilings")
@click.argument("files", nargs=-1, required=True, type=INPUT, metavar="MANIFESTS")
@_REGION
@click.option(
    "--share",
    "shares",
    multiple=True,
    required=True,
    metavar="CLASS=PERCENT",
    help="What of its ceiling an autoscaler may use where the electricity is of this class, such "
    "as high=50; may be repeated.",
)
@_OUTPUT
@formats("yaml", "json")
def ceiling_command(
    files: tuple[Path, ...], region: str, shares: tuple[str, ...], output: Path | None, form: str
) -> None:
    """Print patches that lower the ceilings of autoscalers by the class of the region.

    MANIFESTS have HorizontalPodAutoscalers, KEDA ScaledObjects or ScaledJobs, and Karpenter
    NodePools. A patch is one for kustomize and for kubectl patch. A ceiling never goes below its
    floor.
    """
    check_outputs(files, {"--output": output})
    from lichen_practices.clusters.ceilings import ceilings

    catalogue = configured_catalogue(Path.cwd())
    reading: list[Path] = []
    try:
        capped = ceilings(_manifests(files, reading), catalogue.region(region), _shares(shares))
    except InputError as error:  # of a field: of the manifest that was read last
        raise error.within(str(reading[-1])) if error.field and reading else error from None
    _print(capped.patches, form, output)
    click.echo(
        f"{region} is {capped.level} in carbon: {capped.percent:g} % of each ceiling, "
        f"{len(capped.patches)} to patch.",
        err=True,
    )


def _manifests(files: Iterable[Path], reading: list[Path]) -> Iterator[Any]:
    """The manifests of some files, one after the other; each file is put into ``reading``."""
    from lichen.parsing.content import content_of, text_of
    from lichen.parsing.yaml_text import from_yaml

    for file in files:
        reading.append(file)
        try:
            yield from from_yaml(text_of(content_of(file, _MOST_MIB)))
        except InputError as error:
            raise error.within(str(file)) from None


def _are_all(file: Path, kind: str) -> bool:
    """Whether a file has manifests of one kind and nothing else, in a list or one by one."""
    try:
        documents = list(_manifests([file], []))
    except InputError:
        return False
    found = [
        item
        for each in documents
        for item in (each.get("items", [each]) if isinstance(each, dict) else [each])
    ]
    return all(isinstance(each, dict) and each.get("kind") == kind for each in found)


def _shares(written: Iterable[str]) -> dict[CarbonClass, float]:
    found: dict[CarbonClass, float] = {}
    for each in written:
        level, percent = _share(each)
        if level in found:
            raise InputError(f"{level} has two shares", fix="give one", field="--share")
        found[level] = percent
    return found


def _share(written: str) -> tuple[CarbonClass, float]:
    from lichen.grid import CarbonClass

    level, _, percent = written.partition("=")
    classes: tuple[CarbonClass, ...] = get_args(CarbonClass)
    known = next((each for each in classes if each == level), None)
    if known is None or not percent.removesuffix("%").replace(".", "", 1).isdigit():
        raise InputError(
            f"{written!r} is not CLASS=PERCENT",
            fix=f"write high=50; the classes are {', '.join(classes)}",
            field="--share",
        )
    number = float(percent.removesuffix("%"))
    if number > 100:
        raise InputError("is above 100", fix="give a percent from 0 to 100", field="--share")
    return known, number


def _print(manifests: Iterable[Mapping[str, Any]], form: str, output: Path | None) -> None:
    if form == "json":
        from lichen_doors.report import for_programs

        items = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        write(for_programs(items), output)
    else:
        import yaml

        write(
            yaml.safe_dump_all(manifests, sort_keys=False, default_flow_style=False, width=88),
            output,
        )
