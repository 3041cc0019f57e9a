"""Pages of HTML for a person: nothing is loaded from anywhere, and they print.

A page works without a script; the script sorts and filters. All that a document says is text in
it: the template engine escapes every value.
"""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lichen import __version__
from lichen.figures import figure, grams, many, usd
from lichen.visible import visible
from lichen_doors.report.advice import begun, sentence

HERE = Path(__file__).parent


def page(template: str, *, today: datetime.date, **values: object) -> str:
    """A template of this folder with its values, as one file."""
    return (
        templates()
        .get_template(template)
        .render(
            **values,
            today=today,
            version=__version__,
            css=Markup((HERE / "page.css").read_text(encoding="utf-8")),
            script=Markup((HERE / "page.js").read_text(encoding="utf-8")),
        )
    )


@cache
def templates() -> Environment:
    """The templates of this folder, which escape every value."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {
        "many": many,
        "sentence": sentence,
        "begun": begun,
        "usd": usd,
        "grams": grams,
        "figure": figure,
    }
    return environment


def _shown(value: object) -> object:
    """Text of a document without what moves, hides or reorders the text around it."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
