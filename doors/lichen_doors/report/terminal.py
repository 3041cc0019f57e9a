"""One console for all text: colour only on a terminal, NO_COLOR honoured, 80 columns suffice."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from io import StringIO

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.text import Text
from rich.theme import Theme

from lichen.visible import visible
from lichen_doors.report.lines import WIDTH, Line, Rows, columns

THEME = Theme({"good": "green", "bad": "red", "warn": "yellow", "quiet": "dim", "name": "bold"})


class _Visible:
    """A renderable whose text is :func:`visible`: a name in it moves no cursor."""

    def __init__(self, renderable: RenderableType) -> None:
        self.renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self.renderable, options):
            shown = "\n".join(map(visible, text.split("\n")))
            yield Segment(text if control else shown, style, control)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self.renderable)


class _Drawn:
    """Rows of marks in colours. A table of rich measures everything several times, which takes
    seconds where there are thousands."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        indent, beside = self._rows.indent, self._rows.beside
        width = max(1, options.max_width - indent - beside)
        for mark, line in self._rows.rows:
            for number, text in enumerate(_text(line).wrap(console, width, overflow="fold")):
                yield Segment(" " * indent)
                if number == 0:
                    yield from _text([mark]).render(console)
                yield Segment(" " * (beside - (0 if number else len(mark.text))))
                yield from text.render(console)
                yield Segment.line()


def drawn(parts: Iterable[Line | Rows]) -> Iterator[RenderableType]:
    """Lines and rows for a terminal with colours."""
    for part in parts:
        yield _Drawn(part) if isinstance(part, Rows) else _text(part)


def _text(line: Line) -> Text:
    return Text.assemble(*((words.text, words.style) for words in line))


def show(renderables: Iterable[RenderableType]) -> None:
    """Print to a terminal as wide as it is; to a pipe or a file plainly, 80 columns wide."""
    if not sys.stdout.isatty():
        sys.stdout.write(as_text(renderables, width=columns()))
        return
    screen = Console(theme=THEME, highlight=False)
    for renderable in renderables:
        screen.print(_Visible(renderable), crop=False)


def as_text(renderables: Iterable[RenderableType], *, width: int = WIDTH) -> str:
    """Renderables as plain text: no colour, and no space at a line's end."""
    plain = Console(theme=THEME, width=width, highlight=False, color_system=None)
    text = "".join(
        segment.text
        for renderable in renderables
        for segment in plain.render(_Visible(renderable))
        if not segment.control
    )
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{{{ color: {{foreground}}; background-color: {{background}}; margin: 2em }}}}
pre {{{{ font-family: Menlo, "DejaVu Sans Mono", Consolas, "Courier New", monospace }}}}
{{stylesheet}}
</style>
</head>
<body>
<pre><code>{{code}}</code></pre>
</body>
</html>
"""
"""A page whose title is filled in here, the rest by rich: hence the doubled braces."""


def as_html(renderables: Iterable[RenderableType], *, title: str, width: int = 100) -> str:
    """Renderables as one self-contained HTML page; the title is escaped, as their text is."""
    from html import escape  # its table of entities takes long to import

    page = Console(
        file=StringIO(), theme=THEME, width=width, highlight=False, record=True, force_terminal=True
    )
    for renderable in renderables:
        page.print(_Visible(renderable))
    escaped = escape(title).replace("{", "&#123;").replace("}", "&#125;")
    return page.export_html(code_format=PAGE.format(title=escaped))
