"""Plain HTTP: one client, patient with publishers that are busy."""

from __future__ import annotations

from typing import Any

import httpx


def client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client that connects again when it must, and follows to where a file has moved."""
    return httpx.Client(
        transport=transport or httpx.HTTPTransport(retries=4),
        timeout=httpx.Timeout(60, connect=20),
        follow_redirects=True,
        headers={"User-Agent": "lichen-refresh"},
    )


def get_text(web: httpx.Client, url: str, params: dict[str, str] | None = None) -> str:
    """The body of a page; :class:`httpx.HTTPError` where it is not to be had."""
    answer = web.get(url, params=_given(params))
    answer.raise_for_status()
    return answer.text


def get_json(
    web: httpx.Client,
    url: str,
    params: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    """The same, as plain values."""
    answer = web.get(url, params=_given(params), headers=headers)
    answer.raise_for_status()
    return answer.json()


def _given(params: dict[str, str] | None) -> dict[str, str] | None:
    return {name: value for name, value in params.items() if value} if params else None
