"""Where a command's answer goes: the terminal or a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lichen.input_error import InputError
from lichen.upwards import CONFIGURATION
from lichen.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lichen_doors.report.lines import Line, Rows


def show(
    renderables: Iterable[RenderableType], form: str, *, title: str, output: Path | None = None
) -> None:
    """Print renderables to the terminal, or write them as text or as one HTML page."""
    from lichen_doors.report import terminal  # rich: not for an answer in JSON

    if form == "html":
        write(terminal.as_html(renderables, title=title), output)
    elif output is not None:
        write(terminal.as_text(renderables), output)
    else:
        terminal.show(renderables)


def show_lines(lines: Iterable[Line | Rows], output: Path | None = None) -> None:
    """Print lines to the terminal, or write them as text; nothing is loaded to draw colours where
    there are none."""
    from lichen_doors.report.lines import WIDTH, columns, plain

    if output is not None:
        write(plain(lines, WIDTH), output)
    elif sys.stdout.isatty():
        from lichen_doors.report import terminal

        terminal.show(terminal.drawn(lines))
    else:
        sys.stdout.write(plain(lines, columns()))


@contextmanager
def progress() -> Iterator[Callable[[str], object]]:
    """A line that says what is being done: on a terminal, and only there."""
    if not sys.stderr.isatty():
        yield lambda _text: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda text: status.update(visible(text).replace("[", "\\["))


def write(text: str, output: Path | None = None) -> None:
    """Print a text, or write it to a file."""
    if output is None:
        click.echo(text.rstrip("\n"))
        return
    from lichen.whole_file import write_asked

    write_asked(output, text)


def _check_no_state(outputs: Mapping[str, Path | None]) -> None:
    """Refuse a file to write that is a state: it may be one of those that are read."""
    from lichen_practices.watching.states import StoredState, read_states

    for option, path in outputs.items():
        if path is None or not path.is_file():
            continue
        try:
            states = [each for each in read_states([str(path)]) if isinstance(each, StoredState)]
        except InputError:
            continue
        if states:
            raise InputError(
                f"{path} is a state, and would be lost", fix="name another file", field=option
            )


def check_replaced(
    option: str, path: Path | None, what: str, is_one: Callable[[Path], bool]
) -> None:
    """Refuse a file to write that is there, has something in it, and is none of its kind
    (``what``): it would be lost."""
    if path is not None and path.is_file() and path.stat().st_size and not is_one(path):
        raise InputError(
            f"{path} is no {what}, and would be lost", fix="name another file", field=option
        )


def check_record(path: Path | None) -> None:
    """Refuse a file for ``--record`` that is there and is no decision record."""
    if path is not None:
        from lichen_practices.recording.record import is_decision

        check_replaced("--record", path, "decision record", is_decision)


def check_beside_states(places: Iterable[str], outputs: Mapping[str, Path | None]) -> None:
    """Refuse a file to write that is one of the places that are read, or any state: it would be
    lost."""
    check_outputs([Path(each) for each in places if "://" not in each], outputs)
    _check_no_state(outputs)


def check_outputs(inputs: Iterable[Path], outputs: Mapping[str, Path | None]) -> None:
    """Refuse a file to write that is one of the inputs, or is written twice: it would be lost.
    ``outputs`` are by the option that names each. Any other file is written over, as that of an
    earlier run is; but a ``lichen.yaml`` is read by commands that do not name it."""
    read = set(map(os.path.realpath, inputs))
    written: dict[str, str] = {}
    for option, path in outputs.items():
        if path is None:
            continue
        place = os.path.realpath(path)  # of a loop of links too
        if place in read or (path.name == CONFIGURATION and path.exists()):
            raise InputError(
                f"{path} is what is read, and would be lost",
                fix="name another file",
                field=option,
            )
        if place in written and path.exists() and not path.is_file():
            continue  # /dev/null and its like take everything
        if place in written:
            raise InputError(
                f"{path} is what {written[place]} writes, and one of both would be lost",
                fix="name another file",
                field=option,
            )
        written[place] = option
