"""Options and arguments that several commands take, each declared once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from lichen.clouds import REGIONAL
from lichen.input_error import InputError
from lichen.words import Environment

Function = TypeVar("Function", bound=Callable[..., object])


class NumberRange(click.FloatRange):
    """A number between bounds; neither ``nan`` nor ``inf``, which are no numbers."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number


class InputPath(click.Path):
    """A path that is read: where none can be, this is said before anything is loaded.

    ``-`` is what is piped in. With ``patterns``, what a shell would expand is a pattern.
    """

    def __init__(self, *, dir_okay: bool = True, patterns: bool = False) -> None:
        super().__init__(dir_okay=dir_okay, path_type=Path)
        self.patterns = patterns

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = super().convert(value, param, ctx)
        if str(path) != "-" and not (self.patterns and set("*?[") & set(str(path))):
            _check_there(Path(str(path)))
        return path


def _check_there(path: Path) -> None:
    try:
        os.stat(path)
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", fix="check the path", document=str(path)
        ) from None
    except ValueError:  # what reads it says what is wrong
        pass


def check_places(places: Iterable[str]) -> None:
    """Refuse a place on this machine where nothing is."""
    for place in places:
        if "://" not in place and not os.path.lexists(place):
            raise InputError("is not there", fix="check the path", document=place)


FILE = click.Path(dir_okay=False, path_type=Path)
"""A file that is written, or one that may be missing."""
INPUT = InputPath(dir_okay=False)
INPUT_PATH = InputPath()
INPUT_PATHS = InputPath(patterns=True)

CLOUD = click.option("--cloud", type=click.Choice(REGIONAL), help="Only this cloud.")
CONFIGURATION = click.option(
    "--config",
    "configuration",
    type=INPUT,
    envvar="LICHEN_CONFIG",
    show_envvar=True,
    help="The organisation's lichen.yaml, which outranks the nearest one.",
)
ENVIRONMENT = click.option(
    "--environment",
    type=click.Choice(get_args(Environment)),
    envvar="LICHEN_ENVIRONMENT",
    show_envvar=True,
    help="The environment of resources that state none.",
)
REGION = click.option(
    "--region",
    help="The region of resources that state none.",
    envvar="LICHEN_REGION",
    show_envvar=True,
)

PARAMETERS = click.option(
    "--parameters",
    "parameters_file",
    type=INPUT,
    help="A file of the values that the deployment gives to a template: CloudFormation, Azure "
    "(.json, .bicepparam), or .tfvars.",
    envvar="LICHEN_PARAMETERS",
    show_envvar=True,
)
PARAMETER = click.option(
    "--parameter",
    "parameter_pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="One such value; may be repeated.",
)


def _json_file(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """A record's file: lichen verify reads it by its ending."""
    if value is not None and value.suffix != ".json":
        raise InputError(
            f"{value} does not end in .json", fix=f"write {value}.json", field="--record"
        )
    return value


RECORD = click.option(
    "--record",
    "record_file",
    type=FILE,
    callback=_json_file,
    help="Write what was decided, and from what, to this file: lichen verify judges it again.",
)


RECORDS = click.option(
    "--records",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder of the benchmark records that tags name. Default: the current one.",
)


def cost_tolerance(default: float, text: str) -> Callable[[Function], Function]:
    """``--cost-tolerance``: percent of money that less carbon may cost."""
    return click.option(
        "--cost-tolerance",
        type=NumberRange(min=0),
        default=default,
        show_default=True,
        metavar="PERCENT",
        help=text,
    )


def formats(*names: str) -> Callable[[Function], Function]:
    """``--format``: the first name is the default."""
    return click.option(
        "--format", "form", type=click.Choice(names), default=names[0], show_default=True
    )


def sort(*keys: str) -> Callable[[Function], Function]:
    """``--sort``: the first key is the default."""
    return click.option("--sort", type=click.Choice(keys), default=keys[0], show_default=True)


@contextmanager
def extra(name: str) -> Iterator[None]:
    """A module that an extra of the installation brings: without it, the command says which."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(
            f"this command needs the package {error.name}, which is not installed",
            fix=f"pip install 'lichen[{name}]'",
        ) from None
