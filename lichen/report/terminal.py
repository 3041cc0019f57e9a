"""One console for all text: colour only on a terminal, NO_COLOR honoured, 80 columns suffice."""

from __future__ import annotations

import os
import sys
from io import StringIO

from rich.console import Console, RenderableType
from rich.theme import Theme

THEME = Theme({"good": "green", "bad": "red", "warn": "yellow", "quiet": "dim", "name": "bold"})


def console(*, stderr: bool = False) -> Console:
    """A console on standard output or error; 80 columns where it is not a terminal."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else int(os.environ.get("COLUMNS") or 80)
    return Console(file=stream, theme=THEME, width=width, highlight=False, soft_wrap=False)


def as_text(*renderables: RenderableType, width: int = 80) -> str:
    """Renderables as plain text, without colour."""
    stream = StringIO()
    plain = Console(file=stream, theme=THEME, width=width, highlight=False, color_system=None)
    plain.print(*renderables, sep="\n")
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def as_html(*renderables: RenderableType, title: str, width: int = 100) -> str:
    """Renderables as one self-contained HTML page."""
    page = Console(
        file=StringIO(), theme=THEME, width=width, highlight=False, record=True, force_terminal=True
    )
    page.print(*renderables, sep="\n")
    return page.export_html(inline_styles=True).replace(
        "<head>", f"<head>\n<title>{title}</title>", 1
    )
