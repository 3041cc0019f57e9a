"""What a request would read if its prompts were split into steps, or compressed.

A step is a request of its own: it sends its prompt and what varies again, and reads what the steps
before it wrote. So a split reads more tokens in all, and a cache of prefixes takes some of it back.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from lichen.interval import Interval
from lichen.placing.choose import place
from lichen.placing.placement import Placement
from lichen.placing.question import Pin, Question
from lichen.workload import Traffic
from lichen_practices.prompts.counting import CountedPrompt


class PromptChange(msgspec.Struct, frozen=True, kw_only=True):
    """A request's prompts in another form.

    Tokens are likely ones, of a whole request: ``read_now`` and ``read`` of all its steps, of which
    a cache of prefixes has ``cacheable``. ``usd_month`` and ``gco2e_month`` are what the month on
    the same machine costs and emits more, negative where less: as many replicas may do it.
    ``time_times`` is how many times the machine's time a request takes. The fields with ``_cached``
    are where everything cacheable is cached. They are None without a workload, and where the
    machine does not do it within its bounds. ``replicas_more`` are those more at the peak.
    ``assumes`` says what the figures rest on.
    """

    name: str
    steps: int
    read_now: float
    read: float
    cacheable: float
    usd_month: float | None = None
    gco2e_month: Interval | None = None
    usd_month_cached: float | None = None
    gco2e_month_cached: Interval | None = None
    time_times: float | None = None
    time_times_cached: float | None = None
    replicas_more: int | None = None
    assumes: str = ""


class RequestTokens(msgspec.Struct, frozen=True):
    """What a request reads and writes: prompts' ``fixed`` tokens, of which ``prefix`` come before
    anything of the request that varies; tokens that ``vary``; tokens of the ``answer``. The last
    two are 0 where no workload says them."""

    fixed: float
    prefix: float
    varying: float
    answer: float

    @property
    def read(self) -> float:
        return self.fixed + self.varying


def prefix_of(prompts: Sequence[CountedPrompt]) -> float:
    """The likely tokens of a request that are before anything that varies: it sends the prompts in
    their order."""
    tokens = 0.0
    for one in prompts:
        tokens += one.prefix.likely
        if one.varies:
            break
    return tokens


def tokens_of(prompts: Sequence[CountedPrompt], traffic: Traffic | None) -> RequestTokens:
    """The tokens of a request with these prompts: what its input has beyond them varies."""
    fixed = sum(one.fixed.likely for one in prompts)
    read = 0.0 if traffic is None else float(traffic.input_tokens or 0)
    return RequestTokens(
        fixed,
        prefix_of(prompts),
        max(0.0, read - fixed),
        0.0 if traffic is None else float(traffic.output_tokens or 0),
    )


def in_equal_steps(now: RequestTokens, steps: int, question: Question | None) -> PromptChange:
    """The same prompt, sent in each of so many steps of one conversation."""
    each = now.answer / steps
    earlier = sum(step * each for step in range(steps))
    kept = sum(now.read + (step - 1) * each for step in range(1, steps))
    return _priced(
        PromptChange(
            name=f"in {steps} steps",
            steps=steps,
            read_now=now.read,
            read=steps * now.read + earlier,
            cacheable=now.prefix + kept,
            assumes=(
                "each step sends the whole prompt and all that varies again, reads what the steps "
                f"before it wrote, and writes 1/{steps} of the answer" + _uncounted(question)
            ),
        ),
        question,
    )


def in_these_steps(
    now: RequestTokens, prompts: Sequence[CountedPrompt], question: Question | None
) -> PromptChange:
    """One prompt for each step, as the files of the split version have them."""
    steps = len(prompts)
    varying = sum(now.varying for one in prompts if one.placeholders)
    earlier = sum(step * now.answer / steps for step in range(steps))
    return _priced(
        PromptChange(
            name=f"in {steps} steps",
            steps=steps,
            read_now=now.read,
            read=sum(one.fixed.likely for one in prompts) + varying + earlier,
            cacheable=sum(one.prefix.likely for one in prompts),
            assumes=(
                "each step sends its own prompt, and all that varies where it has a placeholder, "
                f"reads what the steps before it wrote, and writes 1/{steps} of the answer"
                + _uncounted(question)
            ),
        ),
        question,
    )


def compressed(
    now: RequestTokens, prompts: Sequence[CountedPrompt], question: Question | None
) -> PromptChange:
    """The prompts without blanks in a row, empty lines and lines that repeat."""
    less = now.fixed - sum(one.shortened.likely for one in prompts)
    return _priced(
        PromptChange(
            name="shortened",
            steps=1,
            read_now=now.read,
            read=now.read - less,
            cacheable=max(0.0, now.prefix - less),
            assumes="no word is changed" + _uncounted(question),
        ),
        question,
    )


def _uncounted(question: Question | None) -> str:
    if question is not None:
        return ""
    return "; what varies and the answers are not counted, since no workload says them"


def _priced(change: PromptChange, question: Question | None) -> PromptChange:
    """The change with what the month costs and emits more, and what a request takes of the
    machine."""
    whole = None if question is None else place(question, runners_up=0)
    if question is None or not isinstance(whole, Placement) or not change.read_now:
        return change
    plain = _in_steps(question, whole, change.steps, change.read)
    cached = _in_steps(question, whole, change.steps, change.read - change.cacheable)
    now = whole.chosen
    return replace(
        change,
        usd_month=None if plain is None else plain.chosen.usd_month - now.usd_month,
        gco2e_month=None if plain is None else _more(whole, plain),
        time_times=None if plain is None else _times(whole, plain, change.steps),
        usd_month_cached=None if cached is None else cached.chosen.usd_month - now.usd_month,
        gco2e_month_cached=None if cached is None else _more(whole, cached),
        time_times_cached=None if cached is None else _times(whole, cached, change.steps),
        replicas_more=None if plain is None else plain.chosen.replicas_peak - now.replicas_peak,
    )


def _more(now: Placement, then: Placement) -> Interval:
    """What a month emits more, in grams. It is the same machine in the same region, so the ends of
    both are reached together; they are in order where that is less."""
    was, will = now.chosen.gco2e_month, then.chosen.gco2e_month
    likely = will.likely - was.likely
    ends = (will.low - was.low, likely, will.high - was.high)
    return Interval(min(ends), likely, max(ends))


def _times(now: Placement, then: Placement, steps: int) -> float | None:
    """How many times the machine's time a request of so many steps takes."""
    was, will = now.sizing.rps_per_replica.likely, then.sizing.rps_per_replica.likely
    return steps * was / will if was > 0 and will > 0 else None


def _in_steps(question: Question, whole: Placement, steps: int, read: float) -> Placement | None:
    """The same offer for requests of so many steps; None where it does not do the work."""
    workload, traffic = question.workload, question.workload.traffic
    p95_ms = workload.latency.p95_ms
    hourly = traffic.hourly_rps
    longest = traffic.longest_tokens or traffic.longest_request(question.card)
    each_read, each_written = (
        max(1, round(read / steps)),
        max(1, round((traffic.output_tokens or 1) / steps)),
    )
    split = replace(
        traffic,
        peak_rps=traffic.peak_rps * steps,
        mean_rps=None if traffic.mean_rps is None else traffic.mean_rps * steps,
        hourly_rps=None if hourly is None else tuple(rps * steps for rps in hourly),
        input_tokens=each_read,
        output_tokens=each_written,
        longest_tokens=max(longest or 0, each_read + each_written),
    )
    bounds = replace(workload.latency, p95_ms=None if p95_ms is None else p95_ms / steps)
    answer = place(
        replace(
            question,
            workload=replace(workload, traffic=split, latency=bounds),
            pin=Pin(machine=whole.chosen.machine, region=whole.chosen.region),
        ),
        runners_up=0,
    )
    return answer if isinstance(answer, Placement) else None
