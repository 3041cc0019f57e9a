"""What an endpoint is, found by asking it: its kind, the model it serves, tokens of a word."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace

from lichen.document import InputError
from lichen.figures import whole
from lichen_practices.bench.exchange import Outcome, Target, exchange
from lichen_practices.bench.measure import is_encrypted, is_loopback
from lichen_practices.bench.protocols import PATHS, Protocol, Shape

_WORDS = """
river stone window garden letter winter market engine forest island mirror bridge candle pocket
silver thunder valley harbor kitchen ladder meadow needle orange paper quiet rabbit saddle table
umbrella village water yellow anchor basket copper dinner evening feather glass hammer iron jacket
kettle lemon morning night ocean pencil quarter road summer tower under voice wagon circle desert
expert future growth honest
"""
PROBE_S = 60.0
"""The first request may wait for a model that is loaded when it comes."""
_MOST_PROBE = 1 << 20
"""Bytes of what a server says of itself: more is no list of models."""
TOKENS_PER_WORD = 1.3
"""English under the tokenizers of today, where the server does not say how many it read."""


class Answering(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint that has answered: where, how it is asked, and how long prompts become.

    ``tokens_per_word`` and ``tokens_around`` are those of the words here, and of what the server
    puts around a prompt; ``counted`` says whether the server reported them.
    """

    target: Target
    shape: Shape
    tokens_per_word: float
    tokens_around: float
    counted: bool

    def words_for(self, tokens: int) -> int:
        """Words whose prompt has so many tokens."""
        return max(1, round((tokens - self.tokens_around) / self.tokens_per_word))


def endpoint_of(
    url: str,
    *,
    protocol: Protocol | None,
    served_model: str,
    headers: Mapping[str, str],
    timeout_s: float,
    is_embedding: bool,
    output_tokens: int,
    body: Any = None,
) -> Answering:
    """Ask an endpoint what it is; :class:`InputError` where it does not answer as one should."""
    try:
        base = httpx.URL(url)
    except httpx.InvalidURL:
        base = httpx.URL()
    if base.scheme not in ("http", "https") or not base.host:
        raise InputError(
            "is not the address of an endpoint", fix="write http://HOST:PORT", field="URL"
        )
    with httpx.Client(
        timeout=min(timeout_s, PROBE_S), trust_env=not is_loopback(url), headers=dict(headers)
    ) as client:
        if body is not None:
            protocol = "template"
        if protocol is None:
            protocol = _by_path(base) or _asked(client, base, is_embedding)
        if not served_model and protocol in ("chat", "completions", "embeddings"):
            served_model = _served(client, base)
    shape = Shape(
        protocol=protocol,
        served_model=served_model,
        output_tokens=output_tokens,
        body=body,
    )
    target = Target(_whole(base, protocol), headers, timeout_s)
    return _tried(target, shape)


def _by_path(base: httpx.URL) -> Protocol | None:
    """The kind that a whole address names."""
    path = base.path.rstrip("/")
    for protocol, ending in PATHS.items():
        if ending and path.endswith(ending):
            return protocol
    return None


def _root(base: httpx.URL) -> str:
    """The address without the path of a kind, and without /v1."""
    path = base.path.rstrip("/")
    for ending in (*filter(None, PATHS.values()), "/v1"):
        path = path.removesuffix(ending)
    return str(base.copy_with(path=path or "/", query=None)).rstrip("/")


def _whole(base: httpx.URL, protocol: Protocol) -> str:
    return str(base) if protocol == "template" else f"{_root(base)}{PATHS[protocol]}"


def _asked(client: httpx.Client, base: httpx.URL, is_embedding: bool) -> Protocol:
    """The kind, by what the server says of itself."""
    if isinstance(_json(client, f"{_root(base)}/info").get("model_id"), str) and is_embedding:
        return "tei"
    models = _json(client, f"{_root(base)}/v1/models")
    if isinstance(models.get("data"), list):
        return "embeddings" if is_embedding else "chat"
    if is_embedding:
        return "tei"
    raise InputError(
        "does not say which models it serves (/v1/models)",
        fix="name the kind of server by --protocol, or give the request by --template",
        field="URL",
    )


def _served(client: httpx.Client, base: httpx.URL) -> str:
    """The first model that the server names; blank where it names none."""
    models = _json(client, f"{_root(base)}/v1/models").get("data")
    first = models[0] if isinstance(models, list) and models else None
    name = first.get("id") if isinstance(first, dict) else None
    return name if isinstance(name, str) else ""


def _json(client: httpx.Client, url: str) -> dict[str, Any]:
    """What an address answers, where that is a JSON object; else an empty one."""
    patience_s = client.timeout.read or PROBE_S
    until = time.monotonic() + patience_s
    content = bytearray()
    try:
        with client.stream("GET", url) as answer:
            if answer.status_code != 200:
                return {}
            for part in answer.iter_bytes():
                content += part
                if len(content) > _MOST_PROBE:
                    raise _refused("it answers more than a server of models says of itself")
                if time.monotonic() > until:
                    raise _refused(f"its answer was not whole after {whole(patience_s)} s")
        found = msgspec.json.decode(content)
    except httpx.ConnectError:
        raise _refused("nothing answers at this address") from None
    except httpx.TimeoutException:
        raise _refused(f"it did not answer in {whole(patience_s)} s") from None
    except (httpx.HTTPError, msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refused(why: str) -> InputError:
    return InputError(why, fix="start the server, and check host and port", field="URL")


def _tried(target: Target, shape: Shape) -> Answering:
    """The endpoint after two requests of different length; the shape is what it understood."""
    import asyncio

    few, many = 16, 80
    outcome = asyncio.run(_ask(target, shape, prompt_of(few, seed=-1)))
    if outcome.status in (400, 422) and shape.streams:
        shape = replace(shape, strict=True)
        outcome = asyncio.run(_ask(target, shape, prompt_of(few, seed=-1)))
    if outcome.status == 404 and shape.protocol == "chat":
        shape = replace(shape, protocol="completions")
        target = Target(target.url.replace(PATHS["chat"], PATHS["completions"]), target.headers,
                        target.timeout_s)  # fmt: skip
        outcome = asyncio.run(_ask(target, shape, prompt_of(few, seed=-1)))
    if outcome.failure is not None:
        raise InputError(
            f"the first request failed: {outcome.why}", fix=_FIXES.get(outcome.status or 0, _ASK),
            field="URL",
        )  # fmt: skip
    if outcome.input_tokens is None:
        return Answering(target=target, shape=shape, tokens_per_word=TOKENS_PER_WORD,
                        tokens_around=0.0, counted=False)  # fmt: skip
    longer = asyncio.run(_ask(target, shape, prompt_of(many, seed=-2)))
    if longer.input_tokens is None or longer.input_tokens <= outcome.input_tokens:
        return Answering(target=target, shape=shape, tokens_per_word=TOKENS_PER_WORD,
                        tokens_around=0.0, counted=False)  # fmt: skip
    slope = (longer.input_tokens - outcome.input_tokens) / (many - few)
    return Answering(
        target=target,
        shape=shape,
        tokens_per_word=slope,
        tokens_around=outcome.input_tokens - slope * few,
        counted=True,
    )


_ASK = "send it one request by hand (curl), and read the server's log"
_FIXES = {
    401: "give its key: --header 'Authorization: Bearer ...'",
    403: "give a key that may: --header 'Authorization: Bearer ...'",
    404: "name the model that it serves by --served-model, or the kind of server by --protocol",
}


async def _ask(target: Target, shape: Shape, prompt: str) -> Outcome:
    async with httpx.AsyncClient(
        timeout=PROBE_S,
        trust_env=not is_loopback(target.url),
        verify=is_encrypted(target.url),
    ) as client:
        patient = replace(target, timeout_s=max(PROBE_S, target.timeout_s))
        return await exchange(client, patient, shape, prompt, time.perf_counter(), output_tokens=4)


def prompt_of(words: int, seed: int) -> str:
    """A text of so many words that begins like no other: no cache has its prefix."""
    draw = random.Random(seed)
    return " ".join(
        (f"{draw.getrandbits(32):08x}", *draw.choices(_WORDS.split(), k=max(0, words - 1)))
    )
