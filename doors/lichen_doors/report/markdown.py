"""What the rules found as Markdown: one comment on a pull request.

What blocks is on top, what only advises is folded. Text of the judged document is code or escaped,
so that nothing in it is a link, an image, a mention or a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from lichen_policies.verdict import Report, Verdict

from lichen.figures import many
from lichen.visible import visible
from lichen_doors.report.advice import advice_lines
from lichen_doors.report.document import by_resource, ended, of_other_files, outcome

MARK = "<!-- lichen check -->"
"""The first line, by which a later run finds the comment that it renews."""

MOST_CHARACTERS = 60_000
"""How long a comment may be; GitHub takes 65,536 characters."""

_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$])")
_LINKED = re.compile(r"@|[#!%](?=[\d\"])|:(?=//)|www\.(?=\w)")
"""What GitHub or GitLab makes a link of: a mention, a number of an issue, a merge request or a
milestone, an address."""


def as_markdown(report: Report) -> str:
    """A report as one comment. What is too much for one is counted, not shown."""
    verdicts = [verdict for verdict in (*report.findings, *report.unverified) if not verdict.is_old]
    sentence, _ = outcome(report)
    head = [MARK, f"### Lichen: {escaped(sentence)}", "", *_delta(report)]
    blocking = [verdict for verdict in verdicts if verdict.blocks]
    advising = [verdict for verdict in verdicts if not verdict.blocks]
    parts = [*_missing(report), *_sections(blocking)]
    if advising:
        parts.append(
            _folded(
                f"{many(len(advising), 'verdict')} that "
                f"{'blocks' if len(advising) == 1 else 'block'} nothing",
                _sections(advising),
            )
        )
    parts += _others(report)
    return _within(head, parts)


def unjudged(why: str) -> str:
    """The comment of a check that judged nothing: it takes the place of an earlier verdict, which
    holds no longer."""
    return f"{MARK}\n### Lichen: nothing was judged\n\n❌ {escaped(why)}\n"


def escaped(text: str) -> str:
    """A text on one line in which nothing is markup, a mention or a link."""
    plain = _MARKUP.sub(r"\\\1", visible(text))
    return _LINKED.sub(lambda found: f"{found[0]}<!-- -->", plain)


def code(text: str) -> str:
    """A text as code: fenced by more backticks than it holds in a row."""
    shown = visible(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence, room = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{room}{shown}{room}{fence}"


def _delta(report: Report) -> Iterator[str]:
    """What is new and what is gone since the baseline."""
    if not report.baseline:
        return
    every = (*report.findings, *report.unverified)
    old = sum(verdict.is_old for verdict in every)
    new = len(every) - old
    yield (
        f"Against {code(report.baseline)}: **{new:,} new**, {old:,} unchanged, "
        f"{len(report.gone):,} gone."
    )
    yield ""


def _missing(report: Report) -> Iterator[str]:
    """A line for each part of the deployment that is not here."""
    for each in report.skipped:
        if each.missing and not each.is_old:
            mark = "❌" if each.blocks else "❔"
            yield f"- {mark} {code(each.file)} {escaped(each.words)}.\n"


def _sections(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """A section for each resource."""
    for (resource, file, line), group in by_resource(verdicts):
        name = resource.rsplit("::", 1)[-1] or "The whole deployment"
        place = ":".join(str(part) for part in (file, line) if part)
        lines = [f"**{code(name)}**" + (f" in {code(place)}" if place else ""), ""]
        lines += [_row(verdict) for verdict in group]
        lines += [
            f"- **{advice.mark.title()}**: {escaped(advice.text)}" for advice in advice_lines(group)
        ]
        yield "\n".join([*lines, ""])


def _row(verdict: Verdict) -> str:
    mark = "❌" if verdict.blocks else "❔" if verdict.verdict == "unverified" else "⚠️"
    said = f"{verdict.what}; {verdict.limit}" if verdict.what else verdict.message
    note = f" {escaped(verdict.note)}" if verdict.note else ""
    return f"- {mark} {code(verdict.rule)} ({verdict.severity}): {escaped(said)}.{note}"


def _others(report: Report) -> Iterator[str]:
    if report.gone:
        yield _folded(
            f"{many(len(report.gone), 'finding')} of the baseline that are gone",
            (f"- {code(each.rule)} of {code(each.resource)}\n" for each in report.gone),
        )
    if report.hidden:
        yield f"{many(report.hidden, 'verdict')} on resources that do not change: not shown.\n"
    skipped = [each for each in report.skipped if not each.missing]
    if skipped:
        yield _folded(
            f"{many(len(skipped), 'file')} that were not judged",
            (f"- {code(each.file)} {escaped(each.words)}.\n" for each in skipped),
        )
    if said := of_other_files(report):
        yield f"{said}\n"
    if report.exempted:
        yield _folded(
            f"{many(len(report.exempted), 'exempted finding')}", _sections(report.exempted)
        )
    for text in ended(report):
        yield f"{escaped(text)}\n"
    if report.not_judged:
        types = ", ".join(
            f"{code(name)} ({number:,})" for name, number in report.not_judged.items()
        )
        yield _folded("Types that no rule covers", [f"{types}\n"])
    if report.configured.texts:
        yield _folded("Configuration", (f"- {escaped(text)}\n" for text in report.configured.texts))


def _folded(title: str, parts: Iterable[str]) -> str:
    inner = "".join(f"{part}\n" for part in parts)
    return f"<details><summary>{title}</summary>\n\n{inner}\n</details>\n"


def _within(head: Sequence[str], parts: Sequence[str]) -> str:
    """As many parts as one comment takes, and a word on the rest."""
    shown: list[str] = []
    length = sum(map(len, head))
    for part in parts:
        if length + len(part) > MOST_CHARACTERS:
            left = len(parts) - len(shown)
            shown.append(
                f"{many(left, 'more part')} of this report did not fit: see the job's own report.\n"
            )
            break
        shown.append(part)
        length += len(part)
    return "\n".join([*head, *shown])
