"""What a run of ``lichen watch`` saw, for a terminal and as Markdown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from lichen_practices.watching.history import RunTotals
from lichen_practices.watching.notices import Notice
from lichen_practices.watching.provider_emissions import Reported
from lichen_practices.watching.run import Watched
from lichen_practices.watching.utilisation import Utilisation
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.figures import UNKNOWN, figure, grams, many, usd
from lichen_doors.report.markdown import code, escaped

TITLES = {
    "dirtier-region": "A region is dirtier than it was",
    "cleaner-region": "A region is cleaner than it was",
    "better-placement": "A better placement exists",
    "expired-exemption": "An exemption has ended",
    "expiring-exemption": "An exemption ends soon",
    "expired-evidence": "A benchmark record is too old",
    "expiring-evidence": "A benchmark record will be too old soon",
    "retired-hardware": "Hardware is retired",
    "differs-from-passport": "What runs is not what its tags say",
    "new-finding": "A rule finds what it did not find before",
}
_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS = 40
MOST_LEFT = 10
"""Of what could not be said, so many lines are shown."""


def summary(watched: Watched) -> str:
    """The run in one sentence."""
    notices = watched.notices
    said = many(len(notices), "notice") if notices else "nothing to notice"
    new = sum(notice.is_new for notice in notices)
    beside = f", {new:,} of them new" if watched.previous and notices else ""
    return (
        f"{many(watched.stacks, 'stack')}, {many(len(watched.running), 'endpoint')}: {said}{beside}"
    )


def renderables(watched: Watched) -> Iterator[RenderableType]:
    """A run for a terminal."""
    yield Text.assemble("\n", (summary(watched), "name"))
    yield Text(_month(watched), style="quiet")
    for kind, title in TITLES.items():
        of_kind = [notice for notice in watched.notices if notice.kind == kind]
        if not of_kind:
            continue
        yield Text.assemble("\n", (f"{title} ({len(of_kind):,})", "name"))
        for notice in of_kind:
            yield Padding(_notice(notice), (0, 0, 0, 2))
    if watched.utilisation:
        yield Text("\nPredicted and actual", style="name")
        yield Padding(_utilisation(watched.utilisation), (0, 2))
    if watched.reported:
        yield Text("\nReported by the provider, beside the estimate", style="name")
        yield Padding(_reported(watched), (0, 2))
    if len(watched.trend) > 1:
        yield Text("\nTrend", style="name")
        yield Padding(Text(trend(watched.trend)), (0, 2))
    if watched.unsaid:
        yield Text.assemble("\n", (f"Not known ({len(watched.unsaid):,})", "name"))
        for text, count in _unsaid(watched):
            more = f" ({count:,} endpoints)" if count > 1 else ""
            yield Padding(Text(f"{text}{more}", style="quiet"), (0, 2))
    for unread in watched.unread:
        yield Text(f"Not read: {unread.place}: {unread.because}", style="bad")


def _month(watched: Watched) -> str:
    """What all endpoints emit and cost in a month, and how many are not in each sum."""
    missing = (
        f"; {many(count, 'endpoint')} without {of}"
        for count, of in ((watched.without_grams, "grams"), (watched.without_dollars, "dollars"))
        if count
    )
    sums = f"A month: {grams(watched.gco2e_month)} CO2e and {usd(watched.usd_month)}"
    return sums + "".join(missing)


def _notice(notice: Notice) -> Text:
    mark = ("blocks", "bad") if notice.blocks else ("new", "warn") if notice.is_new else ("", "")
    where = f" in {notice.region}" if notice.region else ""
    return Text.assemble(
        (f"{notice.stack}: {notice.resource}", "name"),
        where,
        *([("  ", ""), mark] if mark[0] else []),
        f"\n  {notice.what}.",
        f"\n  Fix: {notice.fix}." if notice.fix else "",
        (f"\n  {notice.saves.text}", "good") if notice.saves.text else "",
    )


def _unsaid(watched: Watched) -> list[tuple[str, int]]:
    counted = Counter(each.because for each in watched.unsaid)
    first = {each.because: each for each in reversed(watched.unsaid)}
    return [
        (f"{first[because].stack}: {first[because].resource}: {because}", count)
        for because, count in counted.most_common(MOST_LEFT)
    ]


def _utilisation(rows: Sequence[Utilisation]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("endpoint", "declared peak", "actual peak", "actual mean", "GPU", "CPU", ""):
        table.add_column(name, justify="left" if name in ("endpoint", "") else "right")
    for row in rows:
        table.add_row(
            row.endpoint,
            *(_rate(rate) for rate in (row.declared_peak_rps, row.peak_rps, row.mean_rps)),
            *(_percent(share) for share in (row.gpu_pct, row.cpu_pct)),
            row.differs,
        )
    return table


def _rate(rps: float | None) -> str:
    return UNKNOWN if rps is None else f"{figure(rps)} /s"


def _percent(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.0f} %"


class _Beside:
    """What a provider reports of a region in a month, beside the estimate of what runs there."""

    def __init__(self, watched: Watched) -> None:
        self.estimated: dict[str, float] = defaultdict(float)
        for each in watched.running:
            if each.region and each.gco2e_month:
                self.estimated[each.region] += each.gco2e_month.likely

    def row(self, each: Reported) -> tuple[str, ...]:
        estimate = self.estimated.get(each.region)
        return (
            each.month,
            each.region or "all regions",
            each.service or "all services",
            UNKNOWN if each.location_based_gco2e is None else grams(each.location_based_gco2e),
            UNKNOWN if each.market_based_gco2e is None else grams(each.market_based_gco2e),
            UNKNOWN if estimate is None else grams(estimate),
        )


_REPORTED = ("month", "region", "service", "by location", "by market", "estimate")
"""What a provider reports of a service, by both methods, and what Lichen estimates of all that runs
in that region."""


def _reported(watched: Watched) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in _REPORTED:
        table.add_column(
            name, justify="left" if name in _REPORTED[:3] else "right", overflow="fold"
        )
    beside = _Beside(watched)
    for each in watched.reported:
        table.add_row(*beside.row(each))
    return table


def trend(runs: Sequence[RunTotals]) -> str:
    """The grams of the latest runs as bars, with the first and the last figure."""
    runs = runs[-_MOST_BARS:]
    values = [run.gco2e_month for run in runs]
    most = max(values) or 1.0
    bars = "".join(_BARS[min(7, int(value / most * 7.999))] for value in values)
    first, last = runs[0], runs[-1]
    return (
        f"CO2e a month  {grams(first.gco2e_month)} {bars} {grams(last.gco2e_month)}\n"
        f"Cost a month  {usd(first.usd_month)} to {usd(last.usd_month)}, "
        f"{first.at:%Y-%m-%d} to {last.at:%Y-%m-%d}, {many(len(runs), 'run')}"
    )


def as_markdown(watched: Watched) -> str:
    """A run as an issue or a job's summary."""
    lines = [
        f"### Lichen: {escaped(summary(watched))}",
        "",
        f"{escaped(_month(watched))}.",
        "",
    ]
    for kind, title in TITLES.items():
        of_kind = [notice for notice in watched.notices if notice.kind == kind]
        if not of_kind:
            continue
        lines += [f"#### {title}", ""]
        for notice in of_kind:
            new = "**new** " if notice.is_new and watched.previous else ""
            fix = f" Fix: {escaped(notice.fix)}." if notice.fix else ""
            lines.append(
                f"- {new}{code(f'{notice.stack}: {notice.resource}')}: {escaped(notice.what)}.{fix}"
                f" {escaped(notice.saves.text)}".rstrip()
            )
        lines.append("")
    if watched.utilisation:
        lines += ["#### Predicted and actual", "", "| endpoint | declared peak | actual peak | |"]
        lines += ["| --- | ---: | ---: | --- |"]
        lines += [
            f"| {code(row.endpoint)} | {_rate(row.declared_peak_rps)} | {_rate(row.peak_rps)} "
            f"| {escaped(row.differs)} |"
            for row in watched.utilisation
        ]
        lines.append("")
    if watched.reported:
        beside = _Beside(watched)
        lines += ["#### Reported by the provider, beside the estimate", ""]
        lines += [f"| {' | '.join(_REPORTED)} |", "| --- | --- | --- | ---: | ---: | ---: |"]
        lines += [f"| {' | '.join(map(escaped, beside.row(each)))} |" for each in watched.reported]
        lines.append("")
    if watched.unsaid:
        lines += ["#### Not known", ""]
        lines += [f"- {escaped(text)} ({count:,})" for text, count in _unsaid(watched)]
    return "\n".join(lines) + "\n"
