"""Plain HTTP: one client, and requests that wait and ask again while a publisher is busy."""

from __future__ import annotations

import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

ATTEMPTS = 6
WAIT_MAX_S = 120.0
"""The longest wait before the next attempt, also where the publisher asks for more."""

BUSY = frozenset({429, 502, 503, 504})
"""Answers that say: ask again later."""


def client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client that follows to where a file has moved."""
    return httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(60, connect=20),
        follow_redirects=True,
        headers={"User-Agent": "lichen-refresh"},
    )


def get(
    web: httpx.Client,
    url: str,
    params: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """A page. A busy publisher or a broken connection is asked again, at most ATTEMPTS times.

    :class:`httpx.HTTPError` where the page cannot be had.
    """
    import stamina  # only a page that is asked for needs it

    for attempt in stamina.retry_context(
        on=_wait_s, attempts=ATTEMPTS, timeout=None, wait_max=WAIT_MAX_S
    ):
        with attempt:
            answer = web.get(url, params=_given(params), headers=headers)
            answer.raise_for_status()
    return answer


def get_text(
    web: httpx.Client,
    url: str,
    params: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> str:
    """The body of a page; errors as of :func:`get`."""
    return get(web, url, params, headers).text


def get_json(
    web: httpx.Client,
    url: str,
    params: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    """The body of a page as plain values; errors as of :func:`get`."""
    return get(web, url, params, headers).json()


def _wait_s(error: Exception) -> bool | float:
    """Whether to ask again after an error, or the seconds that the publisher asks to wait."""
    if isinstance(error, httpx.TransportError):
        return True
    if not isinstance(error, httpx.HTTPStatusError) or error.response.status_code not in BUSY:
        return False
    seconds = retry_after_s(error.response)
    return True if seconds is None else min(seconds, WAIT_MAX_S)


def retry_after_s(answer: httpx.Response, now: datetime.datetime | None = None) -> float | None:
    """The seconds of an answer's ``Retry-After``, given as a number or as a date; None without."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    now = now or datetime.datetime.now(datetime.UTC)
    return max(0.0, (until - now).total_seconds())


def _given(params: dict[str, str] | None) -> dict[str, str] | None:
    return {name: value for name, value in params.items() if value} if params else None
