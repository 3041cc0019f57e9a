"""Other ways to serve a workload's model: what each would save, and what evidence it needs.

A lower precision and a smaller model of the family are placed again, in the chosen region and on
the chosen hosting: the best there that costs no more than the choice. A cache of prefixes and
speculative decoding change the times of the machines that do the work there already. Nothing here
knows how well a variant answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import get_args

import msgspec
from msgspec.structs import replace

from lichen.emissions import effective_gco2e_kwh
from lichen.evaluation import PREFIX_CACHING, SPECULATIVE_DECODING, Evaluation
from lichen.figures import figure, many, percent
from lichen.holding import power_of
from lichen.interval import Interval
from lichen.placing.billing import paid_of
from lichen.placing.candidates import Candidate, JudgedOffers, judge_offers
from lichen.placing.objective import AIMS
from lichen.placing.option import option_of
from lichen.placing.placement import Option, Variant
from lichen.placing.question import Question
from lichen.placing.ranking import rank_of
from lichen.sizing import Layout, Misfit
from lichen.sizing.arrangement import Arrangement
from lichen.sizing.coefficients import knowledge
from lichen.sizing.memory import most_sequences
from lichen.sizing.narrower import NARROWER
from lichen.sizing.need import Need, as_released, need_of
from lichen.sizing.speculation import Speculation, acceptance_for
from lichen.words import Precision
from lichen.workload import ModelCard

MUCH_SMALLER = 0.6
"""A smaller model of the family has at most so many times the parameters (design choice)."""
DRAFTS_WITH = 0.15
"""A model that drafts has at most so many times the parameters (design choice): a draft of the
model's own size saves nothing."""
AHEAD = 4
"""Tokens that are drafted for each step (design choice)."""

ACCEPTED = Interval(0.53, 0.65, 0.75)
"""Drafted tokens that are kept, where a small model of the family drafts: T5-small for T5-XXL,
0.75 and 0.62 in translation, 0.65 and 0.53 in summaries, greedy and sampled (Leviathan, Kalman,
Matias 2023, arXiv 2211.17192, table 2: read in public texts that quote it, not in the paper). The
likely one is a choice among these. Other models and texts differ: that is why it is measured."""

WORTH = 0.05
"""The least share of dollars or grams that a variant saves where it is asked what it needs for
that."""
SHARES = tuple(share / 10.0 for share in range(1, 10))
RIVALS = 4
"""Machines that are tried for a cache or for drafts, the chosen one among them."""

OWN_SERVERS = frozenset({"vllm", "sglang", "tensorrt-llm"})
"""Serving stacks with a cache of prefixes and with speculative decoding (their documentation)."""


def variants_of(question: Question, chosen: Candidate, judged: JudgedOffers) -> Iterator[Variant]:
    """Each variant of the chosen way, with what it saves or why no figure is known."""
    compare = _Comparison(question, chosen, judged)
    yield from compare.precisions()
    yield from compare.smaller_models()
    yield from compare.prefix_caching()
    yield from compare.speculative_decoding()


class _Comparison:
    """The chosen offer, and what is placed beside it in the same region on the same hosting."""

    def __init__(self, question: Question, chosen: Candidate, judged: JudgedOffers) -> None:
        self.question = question
        self.chosen = chosen
        self.layout = chosen.sized.layout
        beside = judged.able if chosen.sized.unmade is None else [*judged.able, *judged.unmade]
        self.beside = list(self._here(beside))
        self.now = self._option(chosen)

    def precisions(self) -> Iterator[Variant]:
        """Narrower precisions that the workload does not allow yet: those that are tried, and those
        that somebody evaluated."""
        known, card = knowledge(self.question.catalogue), self.question.card
        kind, work = self.layout.arrangement.chips.kind, self.layout.arrangement.need.work
        now = known.formats.row(self.layout.precision, kind, work)
        allowed = {self.layout.precision, *(self.question.workload.precisions or ())}
        evaluated = [each for each in get_args(Precision) if each in self._evaluated()]
        for precision in dict.fromkeys((*NARROWER, *evaluated)):
            row = known.formats.row(precision, kind, work)
            if precision in allowed or now is None or (row is not None and row.bits >= now.bits):
                continue
            yield self._variant(
                "precision",
                precision,
                self._placed(card, (precision,)),
                needs=f"an evaluation of {precision} on your own task: its name and score",
            )

    def smaller_models(self) -> Iterator[Variant]:
        """The next smaller model of the family, none where no family is known; and smaller ones of
        any family that somebody evaluated."""
        card = self.question.card
        smaller = [
            other
            for other in self.question.catalogue.siblings(card.name)
            if other.kind == card.kind and other.parameters <= MUCH_SMALLER * card.parameters
        ]
        models = self.question.catalogue.models
        evaluated = [models[name] for name in self._evaluated() if name in models]
        evaluated = [other for other in evaluated if other.parameters < card.parameters]
        for other in {other.name: other for other in (*smaller[-1:], *evaluated)}.values():
            yield self._variant(
                "smaller-model",
                other.name,
                self._placed(other, self.question.workload.precisions_of(other)),
                assumes=f"{_size(other)} parameters in place of {_size(card)}",
                needs=f"an evaluation of {other.name} on your own task: its name and score",
            )

    def prefix_caching(self) -> Iterator[Variant]:
        """A cache of prefixes, with the share of the prompt that it is known to have, else with the
        least that saves something."""
        read = self.question.workload.traffic.input_tokens
        if not read or self.layout.arrangement.stack.stack not in OWN_SERVERS:
            return
        needs = "the hit rate of the server's cache of prefixes: its share of input tokens"
        measured = self._measured(PREFIX_CACHING)
        prefix = self.question.prefix_tokens
        if measured is not None:
            share, assumes = measured.score, f"a measured hit rate of {measured.score:g}"
        elif prefix is not None and not prefix:
            yield self._variant(
                PREFIX_CACHING,
                "prefix caching",
                None,
                assumes="the prompts begin with something that varies, so a cache has nothing of "
                "them",
                breaks_even="fixed text that is put in front of it would be kept",
                needs=needs,
            )
            return
        elif prefix is not None:
            share = min(1.0, prefix / read)
            assumes = (
                f"the {prefix:,.0f} tokens before anything that varies, {percent(share)} of the "
                "input, "
                "are in the cache"
            )
        else:
            yield self._at_the_least(
                PREFIX_CACHING,
                "prefix caching",
                lambda arrangement, share: replace(arrangement, cached_tokens=share * read),
                "a hit rate of {:g}",
                needs,
            )
            return
        yield self._variant(
            PREFIX_CACHING,
            "prefix caching",
            self._changed(lambda one: replace(one, cached_tokens=share * read)),
            assumes=assumes,
            needs=needs,
        )

    def speculative_decoding(self) -> Iterator[Variant]:
        """Drafts of the smallest model of the family, or of the text itself where none is small
        enough; the answers stay as they are."""
        if self.layout.arrangement.stack.stack not in OWN_SERVERS:
            return
        needs = "the acceptance rate on your own traffic: its share of drafted tokens"
        drafting = self._drafting()
        name = (
            "speculative decoding, drafts by n-grams"
            if drafting is None
            else f"speculative decoding, drafts by {drafting.name}"
        )

        def drafted(arrangement: Arrangement, acceptance: float) -> Arrangement | None:
            return _drafted(arrangement, self._draft_need(drafting), acceptance)

        measured = self._measured(SPECULATIVE_DECODING)
        if measured is None and drafting is None:
            yield self._at_the_least(
                SPECULATIVE_DECODING, name, drafted, "an acceptance rate of {:g}", needs
            )
            return
        rate = ACCEPTED.likely if measured is None else measured.score
        yield self._variant(
            SPECULATIVE_DECODING,
            name,
            self._changed(lambda one: drafted(one, rate)),
            assumes=f"{many(AHEAD, 'token')} drafted a step, {rate:g} of them kept ("
            + (
                f"{ACCEPTED.low:g} to {ACCEPTED.high:g} were seen: arXiv 2211.17192, table 2)"
                if measured is None
                else "measured)"
            ),
            breaks_even=self._breaks_even(drafted),
            needs=needs,
        )

    def _drafting(self) -> ModelCard | None:
        """The smallest model of the family that is small enough: a family has one vocabulary,
        unless its cards say otherwise."""
        card = self.question.card
        most = DRAFTS_WITH * card.parameters
        for other in self.question.catalogue.siblings(card.name):
            vocabularies = {other.vocabulary, card.vocabulary} - {None}
            alike = other.kind == card.kind and len(vocabularies) < 2
            if alike and other.parameters <= most:
                return other
        return None

    def _draft_need(self, drafting: ModelCard | None) -> Need | None:
        if drafting is None:
            return None
        catalogue = self.question.catalogue
        known = knowledge(catalogue)
        chip = known.chips.of_machine(catalogue.machine(self.chosen.offer.machine))
        if chip is None:
            return None
        form = known.formats.on(self.layout.precision, chip, self.layout.arrangement.need.work)
        if isinstance(form, Misfit):
            return None
        need = need_of(drafting, as_released(drafting, self.layout.precision, form))
        return None if isinstance(need, Misfit) else need

    def _breaks_even(self, drafted: Callable[[Arrangement, float], Arrangement | None]) -> str:
        """The acceptance at which a step with drafts takes as long for each token as one without,
        with as many requests in flight as at the capacity now."""
        capacity = self.layout.capacity
        crowd = capacity.curve.crowd(capacity.point.in_flight)
        changed = drafted(capacity.arrangement, 0.5)
        if changed is None or changed.speculation is None:
            return ""
        with_drafts_s = changed.step_s(crowd) * changed.speculation.tokens
        rate = acceptance_for(with_drafts_s / capacity.arrangement.step_s(crowd), AHEAD)
        requests = f"{figure(crowd)} requests in flight"
        if rate is None:
            return f"with {requests} it saves no time at any acceptance rate"
        return f"with {requests} it saves time above an acceptance rate of {rate:.2g}"

    def _at_the_least(
        self,
        kind: str,
        name: str,
        change: Callable[[Arrangement, float], Arrangement | None],
        said: str,
        needs: str,
    ) -> Variant:
        """The variant at the least share that saves WORTH of the dollars or the grams."""
        for share in SHARES:
            found = self._changed(lambda one, share=share: change(one, share))  # type: ignore[misc]
            if found is not None and self._saves(found):
                at = said.format(share)
                least = f"at {at}, the least that saves {percent(WORTH)}"
                return self._variant(kind, name, found, assumes=least, needs=needs)
        return self._variant(
            kind,
            name,
            None,
            breaks_even=f"not even {said.format(SHARES[-1])} saves {percent(WORTH)}",
            needs=needs,
        )

    def _saves(self, then: Candidate) -> bool:
        now = self.chosen
        return (
            then.usd_hour <= (1 - WORTH) * now.usd_hour
            or then.gco2e_hour <= (1 - WORTH) * now.gco2e_hour
        )

    def _here(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        """Those in the chosen region and on the chosen hosting."""
        for one in candidates:
            same = one.sized.hosting.name == self.chosen.sized.hosting.name
            if same and one.offer.region == self.chosen.offer.region:
                yield one

    def _placed(self, card: ModelCard, precisions: tuple[Precision, ...]) -> Candidate | None:
        """The best offer here of another model or precision. Where the choice can be made, one that
        cannot is no variant of it: it would save by what nobody builds."""
        workload = replace(self.question.workload, precisions=precisions, compiled=None)
        asked = replace(self.question, workload=workload, card=card)
        judged = judge_offers(asked, self.chosen.offer.region)
        may_be_unmade = self.chosen.sized.unmade is not None
        found = [*judged.able, *judged.unmade] if may_be_unmade else judged.able
        return self._best(list(self._here(found)))

    def _changed(self, change: Callable[[Arrangement], Arrangement | None]) -> Candidate | None:
        """The best machine here once its times are changed, of those that do the work already."""
        found = (self._with(one, change) for one in self._rivals())
        return self._best([one for one in found if one is not None])

    def _rivals(self) -> Sequence[Candidate]:
        """The chosen machine and the next best here."""
        rank = rank_of(self.question, self.chosen.usd_hour)
        others = [one for one in self.beside if one.offer.machine != self.chosen.offer.machine]
        cheaper = sorted(others, key=lambda one: (one.bought.usd_hour, one.usd_hour))
        return [self.chosen, *sorted(cheaper[: 2 * RIVALS], key=rank)[: RIVALS - 1]]

    def _with(
        self, one: Candidate, change: Callable[[Arrangement], Arrangement | None]
    ) -> Candidate | None:
        arrangement = change(one.sized.layout.arrangement)
        if arrangement is None or arrangement.stack.stack not in OWN_SERVERS:
            return None
        layout = one.sized.layout.at(one.sized.layout.capacity.confidence, arrangement)
        return None if isinstance(layout, Misfit) else self._holding(one, layout)

    def _holding(self, one: Candidate, layout: Layout) -> Candidate | None:
        """The candidate with another layout of its machine."""
        catalogue = self.question.catalogue
        mean, draw = paid_of(layout, one.sized.hosting)
        power = power_of(catalogue.machine(one.offer.machine), mean, draw)
        grid = effective_gco2e_kwh(catalogue.regions[one.offer.region])
        if power is None or grid is None:
            return None
        return msgspec.structs.replace(
            one,
            sized=replace(one.sized, layout=layout, replicas_mean=mean, power=power),
            usd_hour=one.bought.usd_hour * mean,
            gco2e_hour=power.likely_gco2e_hour(grid),
        )

    def _best(self, candidates: Sequence[Candidate]) -> Candidate | None:
        """The first by the objective of those that cost no more than the choice: a variant that
        saves dollars and emits more is no saving to who asks for little carbon. Else the
        cheapest."""
        if not candidates:
            return None
        within = [one for one in candidates if one.usd_hour <= self.chosen.usd_hour]
        if not within:
            return min(candidates, key=lambda one: one.usd_hour)
        aim = AIMS[self.question.objective]
        return min(within, key=lambda one: aim.score(one.gco2e_hour, one.usd_hour))

    def _evaluated(self) -> dict[str, None]:
        """The variants that have an evaluation, each once."""
        return dict.fromkeys(each.variant for each in self.question.workload.evaluations)

    def _measured(self, variant: str) -> Evaluation | None:
        """The last evaluation of a variant that is on record, by its day; one without a day is
        older than all that have one."""
        found = [each for each in self.question.workload.evaluations if each.variant == variant]
        last_first = reversed(found)
        return max(last_first, key=lambda each: each.evaluated_on or date.min, default=None)

    def _variant(
        self,
        kind: str,
        name: str,
        then: Candidate | None,
        *,
        assumes: str = "",
        breaks_even: str = "",
        needs: str,
    ) -> Variant:
        if then is None and not breaks_even:
            place = f"{self.chosen.offer.region} on {self.chosen.sized.hosting.title}"
            breaks_even = f"nothing in {place} serves it within the bounds, or can be made"
        key = kind if kind in (PREFIX_CACHING, SPECULATIVE_DECODING) else name
        evaluations = tuple(
            each for each in self.question.workload.evaluations if each.variant == key
        )
        said = [each.is_enough for each in evaluations]
        option = None if then is None else self._option(then)
        return Variant(
            kind=kind,  # type: ignore[arg-type]
            name=name,
            then=option,
            usd_month_less=None if option is None else self.now.usd_month - option.usd_month,
            gco2e_month_less=None
            if option is None
            else self.now.gco2e_month.likely - option.gco2e_month.likely,
            assumes=assumes,
            breaks_even=breaks_even,
            needs=needs,
            evaluations=evaluations,
            is_shown=None if not said or None in said else all(said),
        )

    def _option(self, candidate: Candidate) -> Option:
        asked = self.question
        return option_of(candidate, asked.workload, asked.card, asked.catalogue)


def _drafted(arrangement: Arrangement, draft: Need | None, acceptance: float) -> Arrangement | None:
    """The arrangement with drafts; None where the drafting model does not fit beside the model."""
    need = arrangement.need
    most = arrangement.at_most
    if draft is not None:
        both = replace(
            need,
            weight_bytes=need.weight_bytes + draft.weight_bytes,
            kv_bytes_per_token=need.kv_bytes_per_token + draft.kv_bytes_per_token,
        )
        tokens = arrangement.sequence_tokens
        most = min(most, most_sequences(both, arrangement.chips, arrangement.stack, tokens))
        if most < 1:
            return None
    speculation = Speculation(ahead=AHEAD, acceptance=acceptance, draft=draft)
    return replace(arrangement, at_most=most, speculation=speculation)


def _size(card: ModelCard) -> str:
    """A model's parameters: ``8.03 billion``."""
    if card.parameters >= 1e9:
        return f"{figure(card.parameters / 1e9)} billion"
    return f"{figure(card.parameters / 1e6)} million"
