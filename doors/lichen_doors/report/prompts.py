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

from lichen.figures import UNKNOWN, amount, co2e, many, percent, span, usd
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
LEAST_G = 0.5
"""Less than half a gram is nothing."""


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
    total = answer.total
    are = "1 token is" if total.low == total.high == 1 else f"{_tokens(total)} tokens are"
    yield Text(f"\n{are} fixed{_how(answer) if total.high else ''}.")
    for prompt in answer.prompts:
        if not prompt.fixed.high and not prompt.varies:
            yield Text(f"{prompt.name} is empty.", "warn")
        if prompt.behind.likely >= 1:
            yield Text(
                f"{prompt.name}: {_tokens(prompt.behind)} of the fixed tokens come after something "
                "that varies. Put in front, a server's cache of prefixes keeps them too."
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
        return ", estimated: name the model's tokenizer.json by --tokenizer to count them"
    return f", counted by {answer.counted_by}"


def _share(share: PromptShare) -> Iterator[RenderableType]:
    yield Text(
        f"\nThey are {percent(share.of_input)} of the input tokens and {percent(share.of_time)} of "
        f"the machine's time: {usd(share.usd_month)} and {co2e(share.gco2e_month)} a month on "
        f"{share.machine} in {share.region}, idle hours included."
    )
    if share.cached > 0:
        at_most = percent(share.cached)
        yield Text(f"A cache of the prefix saves at most {at_most} of the machine's time.")
    if share.replicas_less or share.usd_less >= 1:
        yield Text(
            f"Without them {many(share.replicas_less, 'replica')} and {usd(share.usd_less)} a "
            "month less would be needed."
        )
    else:
        yield Text("At this traffic as many replicas would run without them.")


def _change(change: PromptChange) -> Iterator[RenderableType]:
    yield Text(
        f"\n{change.name.capitalize()}, a request reads {many(round(change.read), 'token')} in "
        f"place of {change.read_now:,.0f} ({change.read - change.read_now:+,.0f}); a "
        f"cache of prefixes has {change.cacheable:,.0f} of them."
    )
    if change.usd_month is not None and change.gco2e_month is not None:
        said = _more(change.usd_month, change.gco2e_month)
        times = _times(change)
        cached = ""
        if change.usd_month_cached is not None and change.gco2e_month_cached is not None:
            with_cache = _more(change.usd_month_cached, change.gco2e_month_cached)
            cached = "" if with_cache == said else f"; with the cache it {with_cache}"
        yield Text(f"A month on the same machine {said}{cached}.{times}")
        if change.replicas_more:
            more = "more" if change.replicas_more > 0 else "fewer"
            count = many(abs(change.replicas_more), f"{more} replica")
            yield Text(f"At the peak {count} would run.")
    yield Text(f"Assumed: {change.assumes}.", "quiet")


def _times(change: PromptChange) -> str:
    """How much of the machine's time a request takes, as a sentence."""
    if change.time_times is None:
        return ""
    cached = ""
    if change.time_times_cached is not None:
        cached = f", with the cache {amount(change.time_times_cached)} times"
    return f" A request takes {amount(change.time_times)} times the machine's time{cached}."


def _more(dollars: float, emitted: Interval) -> str:
    """What a change costs and emits: ``costs $12 more and emits 80 g CO2e (50 to 120) more``."""
    less = Interval(-emitted.high, -emitted.likely, -emitted.low)
    costs = f"{usd(abs(dollars))} {_or_less(dollars)}" if abs(dollars) >= LEAST_USD else "as much"
    if abs(emitted.likely) < LEAST_G:
        return "costs and emits as much" if costs == "as much" else f"costs {costs}, emits as much"
    emits = f"{co2e(emitted if emitted.likely > 0 else less)} {_or_less(emitted.likely)}"
    return f"costs {costs} and emits {emits}"


def _or_less(more: float) -> str:
    return "more" if more > 0 else "less"


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
