"""A workload's facts as tags or labels on a resource, and back, exactly.

The components write them, a person may write them by hand, the rules judge size by them, and they
can be read after deployment. Each cloud accepts other characters and lengths, which its module in
:mod:`lichen.clouds` states: a character that is not accepted is written as its UTF-8 bytes in
hexadecimal behind a mark (``=2A``, ``_2a``), and a value too long for one tag continues in a second
one (``<key>.2``, ``<key>_2``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from lichen.clouds import CLOUDS, Spelling
from lichen.document import convert
from lichen.input_error import InputError, nearest
from lichen.words import Architecture, Environment, Mode, Precision
from lichen.workload import (
    Availability,
    Confidence,
    Latency,
    ModelCard,
    Positive,
    Rate,
    Replicas,
    Traffic,
    Workload,
)


class Passport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a rule needs to judge the size of what is deployed; None is not stated.

    Rates are requests per second. Each field is a tag of its own: ``peak_rps`` is
    ``lichen:peak-rps`` or ``lichen-peak-rps``, as the cloud spells it. ``evaluated`` has a variant,
    an evaluation's name and its score in one text: ``fp8 MMLU-Pro 0.71``. ``measured`` has of each
    benchmark record the machine or its chip, and the day: ``g6e.xlarge 2026-11-26``.
    ``image_architecture`` is the processor that the serving image is built for, as its owner says.
    """

    workload: str | None = None
    model: str | None = None
    precision: Precision | None = None
    environment: Environment | None = None
    mode: Mode | None = None
    peak_rps: Rate | None = None
    mean_rps: Rate | None = None
    input_tokens: Annotated[int, Meta(ge=0)] | None = None
    output_tokens: Annotated[int, Meta(ge=0)] | None = None
    longest_tokens: Annotated[int, Meta(ge=1)] | None = None
    items: Annotated[int, Meta(ge=1)] | None = None
    time_to_first_token_ms: Positive | None = None
    time_per_output_token_ms: Positive | None = None
    p95_ms: Positive | None = None
    minimum_replicas: Replicas | None = None
    confidence: Confidence | None = None
    evidence: tuple[str, ...] = ()
    evaluated: tuple[str, ...] = ()
    measured: tuple[Annotated[str, Meta(pattern=r"^\S.* \d{4}-\d{2}-\d{2}$")], ...] = ()
    image_architecture: Architecture | None = None

    def __post_init__(self) -> None:
        if None not in (self.peak_rps, self.mean_rps) and self.mean_rps > self.peak_rps:  # type: ignore[operator]
            raise ValueError("mean-rps is above peak-rps")

    @classmethod
    def of(
        cls,
        workload: Workload,
        precision: Precision,
        *,
        measured: tuple[str, ...] = (),
        image_architecture: Architecture | None = None,
    ) -> Passport:
        """The passport of a workload that is served at a precision."""
        traffic = workload.traffic
        model = workload.model
        return cls(
            workload=workload.name,
            model=model.name if isinstance(model, ModelCard) else model,
            precision=precision,
            environment=workload.environment,
            mode=workload.mode,
            peak_rps=traffic.peak_rps,
            # A sum of 24 rates has digits that nobody gave, and may be above a peak that it equals.
            mean_rps=min(traffic.peak_rps, float(f"{sum(traffic.profile_rps) / 24:.4g}")),
            input_tokens=traffic.input_tokens,
            output_tokens=traffic.output_tokens,
            longest_tokens=traffic.longest_tokens,
            items=traffic.items if traffic.output_tokens is None else None,
            time_to_first_token_ms=workload.latency.time_to_first_token_ms,
            time_per_output_token_ms=workload.latency.time_per_output_token_ms,
            p95_ms=workload.latency.p95_ms,
            minimum_replicas=workload.availability.minimum_replicas,
            confidence=workload.confidence,
            evidence=workload.evidence,
            evaluated=tuple(each.tag for each in workload.evaluations),
            measured=measured,
            image_architecture=image_architecture,
        )

    @property
    def _typical_tokens(self) -> int:
        return (self.input_tokens or 0) + (self.output_tokens or 0)

    def as_workload(self, environment: Environment) -> Workload | None:
        """The workload as far as sizing needs it; None without a model and a peak rate.

        ``environment`` is that of the resource, for a passport that does not state its own.
        """
        if self.model is None or self.peak_rps is None:
            return None
        return Workload(
            name=self.workload or "declared",
            model=self.model,
            traffic=Traffic(
                peak_rps=self.peak_rps,
                mean_rps=self.mean_rps,
                input_tokens=self.input_tokens,
                output_tokens=self.output_tokens,
                # A typical request must fit; of longer ones nothing is known without the tag.
                longest_tokens=max(self.longest_tokens or 0, self._typical_tokens) or None,
                items=1 if self.items is None else self.items,
            ),
            precisions=None if self.precision is None else (self.precision,),
            latency=Latency(
                time_to_first_token_ms=self.time_to_first_token_ms,
                time_per_output_token_ms=self.time_per_output_token_ms,
                p95_ms=self.p95_ms,
            ),
            mode=self.mode or "real-time",
            environment=self.environment or environment,
            confidence=self.confidence,
            availability=Availability(minimum_replicas=self.minimum_replicas),
        )


def to_tags(passport: Passport, cloud: str) -> dict[str, str]:
    """The passport as the tags, labels or annotations of a cloud, a name in :data:`CLOUDS`."""
    return _written(passport, CLOUDS[cloud].tags)


def read_tags(
    tags: Mapping[str, str], cloud: str
) -> tuple[Passport | None, tuple[InputError, ...]]:
    """The passport as far as its tags can be read, and what is wrong with the others.

    A mistake has the tag as its field: the tag's key begins as a passport's does but is not one of
    its fields, or its value cannot be read. No mistake repeats a value, which may be a secret.
    """
    spelling = CLOUDS[cloud].tags
    own = {
        key.removeprefix(spelling.prefix): value
        for key, value in tags.items()
        if key.startswith(spelling.prefix) and not key.startswith(spelling.prefix + EXEMPT)
    }
    return _read(own, spelling) if own else (None, ())


EXEMPT = "exempt"
"""How the keys of tags begin, after the prefix, that exempt a resource from a rule."""


def exempt_tags(tags: Mapping[str, str], cloud: str) -> Iterator[tuple[str, str, str]]:
    """Each tag that exempts a resource from a rule: its key, the rule's name and its text.

    The key is ``lichen:exempt.dirty-region`` on AWS, ``lichen-exempt-dirty-region`` on Google,
    whose labels take few characters: the text may be escaped there as a passport's is.
    """
    spelling = CLOUDS[cloud].tags
    begins = spelling.prefix + EXEMPT
    own = {key.removeprefix(spelling.prefix): key for key in tags if key.startswith(begins)}
    for key, text in _whole({key: tags[written] for key, written in own.items()}).items():
        if spelling.mark != "=":  # which stands between a part and its value
            text = _unescaped(text, spelling)
        yield spelling.prefix + key, key.removeprefix(EXEMPT).lstrip(".-_:"), text


def _written(passport: Passport, spelling: Spelling) -> dict[str, str]:
    tags: dict[str, str] = {}
    for name in passport.__struct_fields__:
        value = getattr(passport, name)
        if value is None or value == ():
            continue
        key = spelling.prefix + name.replace("_", "-")
        for part, text in enumerate(
            _parts(_escaped(_text_of(value), spelling), spelling.length), start=1
        ):
            tags[key if part == 1 else f"{key}{spelling.continued}{part}"] = text
    return tags


def _text_of(value: Any) -> str:
    if isinstance(value, tuple):
        import shlex

        return shlex.join(value)
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def _escaped(text: str, spelling: Spelling) -> str:
    def hexadecimal(match: re.Match[str]) -> str:
        return "".join(
            f"{spelling.mark}{byte:{spelling.hexadecimal}}" for byte in match[0].encode()
        )

    return re.sub(spelling.escaped, hexadecimal, text)


def _unescaped(text: str, spelling: Spelling) -> str:
    """Escapes back to characters; other text is itself, as a person writes it."""
    if spelling.mark not in text:
        return text

    def characters(match: re.Match[str]) -> str:
        digits = match[0].replace(spelling.mark, "")
        return bytes.fromhex(digits).decode(errors="replace")

    return re.sub(f"(?:{spelling.escape})+", characters, text)


def _parts(text: str, length: int) -> Iterator[str]:
    yield text[:length]
    for start in range(length, len(text), length):
        yield text[start : start + length]


_ONE_WORD = re.compile(r"[A-Za-z0-9_./:-]+")
"""What a shell takes as it is."""
_ONE_QUOTED = re.compile(r"'[^']*'")
_CONTINUATION = re.compile(r"^(?P<key>[a-z0-9-]+)[._](?P<part>[0-9]+)$")
_NUMBERS = {
    "peak_rps",
    "mean_rps",
    "time_to_first_token_ms",
    "time_per_output_token_ms",
    "p95_ms",
    "input_tokens",
    "output_tokens",
    "longest_tokens",
    "items",
    "minimum_replicas",
    "confidence",
}


def _read(tags: Mapping[str, str], spelling: Spelling) -> tuple[Passport, tuple[InputError, ...]]:
    texts = {key: _unescaped(text, spelling) for key, text in _whole(tags).items()}
    with suppress(InputError):  # nearly always, nothing is wrong with any
        every = {_name(key): _parsed(key, text) for key, text in texts.items()}
        return convert(every, Passport), ()
    fields: dict[str, Any] = {}
    mistakes: list[InputError] = []
    for key, text in texts.items():
        try:
            value = _parsed(key, text)
            convert({_name(key): value}, Passport)
        except InputError as error:
            mistakes.append(_mistake(key, error, spelling))
        else:
            fields[_name(key)] = value
    if fields.get("mean_rps", 0) > fields.get("peak_rps", math.inf):
        del fields["mean_rps"]
        tag = f"{spelling.prefix}mean-rps"
        peak = f"{spelling.prefix}peak-rps"
        mistakes.append(InputError(f"is above {peak}", fix=f"correct {tag} or {peak}", field=tag))
    return convert(fields, Passport), tuple(mistakes)


def _name(key: str) -> str:
    """The field of a tag's key."""
    return key.replace("-", "_")


def _whole(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags' texts, each with the tags that continue it."""
    texts: dict[str, list[tuple[int, str]]] = {}
    for key, text in tags.items():
        continued = _CONTINUATION.match(key)
        whole, part = (continued["key"], int(continued["part"])) if continued else (key, 1)
        texts.setdefault(whole, []).append((part, text))
    return {key: "".join(part for _, part in sorted(parts)) for key, parts in texts.items()}


def _mistake(key: str, error: InputError, spelling: Spelling) -> InputError:
    """What is wrong with a tag and what to write, without its value."""
    tag = f"{spelling.prefix}{key}"
    fields = [name.replace("_", "-") for name in Passport.__struct_fields__]
    if key in fields:
        return InputError("has a value that cannot be read", fix=_right_value(error), field=tag)
    near = nearest(key, fields)
    fix = f"write {spelling.prefix}{near[0]}" if near else f"remove {tag}, or use another prefix"
    return InputError("is not a tag that Lichen knows", fix=fix, field=tag)


def _right_value(error: InputError) -> str:
    """The fix as an instruction: ``write bf16``."""
    near = re.fullmatch(r"did you mean '(.+)'\?", error.fix)
    if near:
        return f"write {near[1]}"
    return f"use {error.fix.rstrip(', .')}" if error.fix.startswith("one of") else error.fix


def _parsed(key: str, text: str) -> Any:
    name = _name(key)
    if name in ("evaluated", "measured") and not {"'", '"'} & set(text):
        return (text,)  # as a person writes one
    if name in ("evidence", "evaluated", "measured"):
        if _ONE_WORD.fullmatch(text):
            return (text,)
        if _ONE_QUOTED.fullmatch(text):
            return (text[1:-1],)
        import shlex

        try:
            return tuple(shlex.split(text))
        except ValueError:
            return (text,)
    if name in _NUMBERS:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise InputError("is not a number", fix="write a number such as 12 or 0.5")
        return int(number) if number.is_integer() else number
    return text
