"""What prompts take, for a terminal and for programs. No prompt is in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import msgspec
from lichen_practices.prompts.counting import BudgetVerdict, CountedPrompt
from lichen_practices.prompts.share import PromptShare
from lichen_practices.prompts.splitting import PromptChange
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.figures import UNKNOWN, co2e, many, span, usd
from lichen.interval import Interval


class Prompted(msgspec.Struct, frozen=True, kw_only=True):
    """``lichen prompts --format json``: tokens of each prompt and of all, with 80 % intervals.

    ``before`` are earlier versions, in the order of ``prompts``. ``counted_by`` is ``estimate``, or
    the tokenizer's file. ``budget`` is None where there is none; ``share`` without a workload.
    ``changes`` are other forms of the prompts: shortened, and in steps where those are asked for.
    """

    prompts: tuple[CountedPrompt, ...]
    before: tuple[CountedPrompt, ...]
    counted_by: str
    total: Interval
    budget_tokens: int | None
    budget: BudgetVerdict | None
    share: PromptShare | None
    changes: tuple[PromptChange, ...]


LEAST_USD = 0.005
"""Less than half a cent is nothing."""


def renderables(answer: Prompted) -> Iterator[RenderableType]:
    """``lichen prompts`` for a terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet")
    titles = ["prompt", "fixed", "prefix", "behind", "shortened", "varies"]
    if answer.before:
        titles.insert(1, "before")
    for title in titles:
        table.add_column(title)
    for prompt, earlier in zip_longest(answer.prompts, answer.before):
        cells = [
            prompt.name,
            _tokens(prompt.fixed),
            _tokens(prompt.prefix),
            _tokens(prompt.behind),
            _tokens(prompt.shortened),
            ", ".join(prompt.placeholders) or UNKNOWN,
        ]
        if answer.before:
            cells.insert(1, UNKNOWN if earlier is None else _tokens(earlier.fixed))
        table.add_row(*map(Text, cells))
    yield Padding(table, (1, 2, 0, 0))
    yield Text(f"\n{_tokens(answer.total)} tokens are fixed, {_how(answer)}.")
    for prompt in answer.prompts:
        if prompt.behind.likely >= 1:
            yield Text(
                f"{prompt.name}: {_tokens(prompt.behind)} fixed tokens come after something that "
                "varies. Put in front, a server's cache of prefixes keeps them too."
            )
    if answer.before:
        earlier_total = sum(one.fixed.likely for one in answer.before)
        changed = sum(one.fixed.likely for one in answer.prompts[: len(answer.before)])
        yield Text(f"{changed - earlier_total:+,.0f} tokens against the version before.")
    if answer.share is not None:
        yield from _share(answer.share)
    for change in answer.changes:
        yield from _change(change)
    if answer.budget is not None and answer.budget_tokens is not None:
        yield _budget(answer.budget, answer.budget_tokens)


def _tokens(tokens: Interval) -> str:
    ends = "" if tokens.low == tokens.high else f" ({span(tokens.low, tokens.high)})"
    return f"{tokens.likely:,.0f}{ends}"


def _how(answer: Prompted) -> str:
    if answer.counted_by == "estimate":
        return "estimated: name the model's tokenizer.json by --tokenizer to count them"
    return f"counted by {answer.counted_by}"


def _share(share: PromptShare) -> Iterator[RenderableType]:
    yield Text(
        f"\nThey are {share.of_input:.0%} of the input tokens and {share.of_time:.0%} of the "
        f"machine's time: {usd(share.usd_month)} and {co2e(share.gco2e_month)} a month on "
        f"{share.machine} in {share.region}, idle hours included."
    )
    if share.cached > 0:
        yield Text(f"A cache of the prefix saves at most {share.cached:.0%} of the machine's time.")
    if share.replicas_less or share.usd_less >= 1:
        yield Text(
            f"Without them {many(share.replicas_less, 'replica')} and {usd(share.usd_less)} a "
            "month less would be needed."
        )
    else:
        yield Text("At this traffic as many replicas would run without them.")


def _change(change: PromptChange) -> Iterator[RenderableType]:
    yield Text(
        f"\n{change.name.capitalize()}, a request reads {change.read:,.0f} tokens in place of "
        f"{change.read_now:,.0f} ({change.read - change.read_now:+,.0f}); a cache of prefixes has "
        f"{change.cacheable:,.0f} of them."
    )
    if change.usd_month is not None and change.gco2e_month is not None:
        said = _more(change.usd_month, change.gco2e_month)
        cached = ""
        if change.usd_month_cached is not None and change.gco2e_month_cached is not None:
            with_cache = _more(change.usd_month_cached, change.gco2e_month_cached)
            cached = "" if with_cache == said else f", and {with_cache} with the cache"
        yield Text(
            f"In a month that takes {said}{cached}: the machine's time for it, idle hours in "
            "proportion."
        )
        if change.replicas_more:
            yield Text(f"At the peak {change.replicas_more:+d} replicas would run.")
    yield Text(f"Assumed: {change.assumes}.", "quiet")


def _more(dollars: float, emitted: Interval) -> str:
    """What a change costs and emits: ``$12 and 80 g CO2e (50 to 120) more``."""
    if abs(dollars) < LEAST_USD:
        return "nothing more"
    if dollars >= 0:
        return f"{usd(dollars)} and {co2e(emitted)} more"
    less = Interval(-emitted.high, -emitted.likely, -emitted.low)
    return f"{usd(-dollars)} and {co2e(less)} less"


def _budget(verdict: BudgetVerdict, budget: int) -> Text:
    said = {
        "within": Text(f"\nThey keep to the budget of {many(budget, 'token')}.", "good"),
        "over": Text(f"\nThey are over the budget of {many(budget, 'token')}.", "bad"),
        "unknown": Text(
            f"\nWhether they keep to the budget of {many(budget, 'token')} is unknown: it lies "
            "within "
            "the estimate.",
            "warn",
        ),
    }
    return said[verdict]
