"""A workload as far as it is known, and the commented file that it becomes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from lichen.defaults import UNREAD
from lichen.visible import visible
from lichen.words import Environment, Mode, Precision

SCHEMA = ".lichen/workload.json"
"""Where the schema is written, beside the workload's file, so that editors need no network."""

PLACEHOLDERS: Mapping[str, int] = {"peak_rps": 1, "input_tokens": 600, "output_tokens": 200}
"""What takes the place of a number that nobody gave."""


class KnownWorkload(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a workload; None is not. ``model`` is a name of the catalogue, or the path
    of a config.json with ``is_config``. ``generates``: a language model, whose requests are tokens.
    ``came_from`` says where what is known was read, in words."""

    name: str
    model: str | None = None
    is_config: bool = False
    generates: bool = True
    precisions: tuple[Precision, ...] = ()
    peak_rps: float | None = None
    mean_rps: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    longest_tokens: int | None = None
    time_to_first_token_ms: float | None = None
    time_per_output_token_ms: float | None = None
    p95_ms: float | None = None
    mode: Mode | None = None
    clouds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    residency: str | None = None
    environment: Environment | None = None
    minimum_replicas: int | None = None
    came_from: str = ""
    runs_on: str = ""

    @property
    def unread(self) -> tuple[str, ...]:
        """Fields of the file that have a placeholder."""
        needed = ["model"] if self.model is None else []
        if self.peak_rps is None:
            needed.append("traffic.peak_rps")
        if self.generates:
            needed += [
                f"traffic.{name}"
                for name in ("input_tokens", "output_tokens")
                if getattr(self, name) is None
            ]
        return (*needed, *(["environment"] if self.environment is None else []))


def name_of(text: str) -> str:
    """A workload's name from any text: small letters, digits and hyphens."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
    plain = re.sub(r"^[^a-z]+", "", plain)[:40].strip("-")
    return plain or "workload"


def text_of_draft(draft: KnownWorkload, schema: str = SCHEMA) -> str:
    """The file, in YAML: each field with what it means."""
    came_from = visible(draft.came_from)
    lines = [
        f"# yaml-language-server: $schema={schema}",
        f"# What is served, for `lichen place`. Written by `lichen init`{came_from}.",
    ]
    if draft.unread:
        lines.append(f"# Replace each value that is marked {UNREAD}: nothing said it.")
    lines += [f"name: {draft.name}", *_model(draft)]
    if draft.precisions:
        said = ", ".join(draft.precisions)
        lines.append(_line(f"precisions: [{said}]", "what it may be served in, the best first"))
    lines += ["traffic:", *_traffic(draft)]
    latency = [
        _line(f"  {name}: {_plain(value)}", meaning)
        for name, meaning in _LATENCY.items()
        if (value := getattr(draft, name)) is not None
    ]
    lines += ["latency:", *latency] if latency else [
        "# latency: {p95_ms: 5000}   # without bounds, requests may wait: add them where users do"
    ]  # fmt: skip
    if draft.mode not in (None, "real-time"):
        lines.append(_line(f"mode: {draft.mode}", "real-time, asynchronous, batch or serverless"))
    lines += _where(draft)
    if draft.minimum_replicas is not None and draft.environment != "dev":
        lines.append(f"availability: {{minimum_replicas: {max(1, draft.minimum_replicas)}}}")
    environment = draft.environment or "prod"
    lines.append(
        _line(f"environment: {environment}", "dev, staging or prod", draft.environment is None)
    )
    return "\n".join(lines) + "\n"


_LATENCY = {
    "time_to_first_token_ms": "until the answer begins, in 95 requests of 100",
    "time_per_output_token_ms": "between two tokens: 80 is faster than people read",
    "p95_ms": "a whole request, in 95 of 100",
}


def _line(field: str, meaning: str, is_unread: bool = False) -> str:
    mark = f"{UNREAD}: " if is_unread else ""
    return f"{field:<33} # {mark}{meaning}"


def _model(draft: KnownWorkload) -> list[str]:
    if draft.model is None:
        return [_line("model: meta-llama/Llama-3.1-8B", "which model is served", True)]
    if draft.is_config:
        return [_line(f"model: {{config: {json.dumps(draft.model)}}}", "its own config.json")]
    return [_line(f"model: {_scalar(draft.model)}", "`lichen catalogue models` lists those known")]


def _scalar(text: str) -> str:
    """A text as YAML: quoted where YAML could read something else."""
    return text if re.fullmatch(r"[A-Za-z][\w./-]*", text) else json.dumps(text)


def _traffic(draft: KnownWorkload) -> list[str]:
    fields = [("peak_rps", "requests a second at the busiest")]
    if draft.mean_rps is not None:
        fields.append(("mean_rps", "on average over the day"))
    if draft.generates or draft.input_tokens is not None:
        fields.append(("input_tokens", "of a typical prompt"))
    if draft.generates:
        fields.append(("output_tokens", "of a typical answer"))
    lines = []
    for name, meaning in fields:
        value = getattr(draft, name)
        is_unread = value is None
        lines.append(_line(f"  {name}: {_plain(_typical(draft, name))}", meaning, is_unread))
    if draft.longest_tokens is not None:
        lines.append(
            _line(f"  longest_tokens: {draft.longest_tokens}", "the longest, prompt and answer")
        )
    return lines


def _plain(value: float) -> str:
    """All digits of a number, without an exponent."""
    text = f"{Decimal(str(value)):f}"
    return text.removesuffix(".0")


def _typical(draft: KnownWorkload, name: str) -> float:
    """The field's value, or its placeholder within what the longest request leaves."""
    value: float | None = getattr(draft, name)
    if value is not None:
        return value
    placeholder = PLACEHOLDERS[name]
    if draft.longest_tokens is None or name == "peak_rps":
        return placeholder
    share = 2 if name == "input_tokens" else 4
    return max(1, min(placeholder, draft.longest_tokens // share))


def _where(draft: KnownWorkload) -> list[str]:
    lines = []
    if draft.clouds:
        lines.append(f"  clouds: [{', '.join(draft.clouds)}]")
    if draft.regions:
        lines.append(f"  regions: [{', '.join(draft.regions)}]")
    if draft.residency:
        lines.append(f"  residency: {draft.residency}")
    head = ["where:", *lines] if lines else ["# where: {residency: EU}   # no restriction"]
    return [*head, *([f"# {visible(draft.runs_on)}"] if draft.runs_on else [])]
