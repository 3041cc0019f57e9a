"""A busy publisher is asked again, as late as it asks to be; any other refusal is final."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from refresh.http import client, get_json, get_text, retry_after_s

Answer = tuple[int, dict[str, str]]


@pytest.fixture
def server() -> Iterator[Callable[..., tuple[str, list[float]]]]:
    """``server(answers)``: an address on loopback that answers so in turn, and when it was asked.

    After the last answer it says 200.
    """
    running: list[ThreadingHTTPServer] = []

    def serve(*answers: Answer) -> tuple[str, list[float]]:
        left, asked = list(answers), list[float]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(time.monotonic())
                status, headers = left.pop(0) if left else (200, {})
                body = b'{"is": "there"}'
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=http.serve_forever, daemon=True).start()
        running.append(http)
        return f"http://127.0.0.1:{http.server_address[1]}/", asked

    yield serve
    for http in running:
        http.shutdown()
        http.server_close()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_publisher_is_asked_again(
    server: Callable[..., tuple[str, list[float]]], status: int
) -> None:
    url, asked = server((status, {}))
    with client() as web:
        assert get_json(web, url) == {"is": "there"}
    assert len(asked) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_it_is_asked_again_when_it_says(
    server: Callable[..., tuple[str, list[float]]], status: int
) -> None:
    url, asked = server((status, {"Retry-After": "2"}), (status, {"Retry-After": "0"}))
    with client() as web:
        assert get_text(web, url) == '{"is": "there"}'
    first, second, third = asked
    assert second - first >= 2
    assert third - second < 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_any_other_refusal_is_final(
    server: Callable[..., tuple[str, list[float]]], status: int
) -> None:
    url, asked = server((status, {}))
    with client() as web, pytest.raises(httpx.HTTPStatusError) as refused:
        get_text(web, url)
    assert refused.value.response.status_code == status
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Wed, 25 Nov 2026 12:00:30 GMT", 30.0),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_how_long_it_asks_to_wait(value: str, seconds: float | None) -> None:
    noon = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
    answer = httpx.Response(503, headers={"Retry-After": value} if value else {})
    assert retry_after_s(answer, noon) == seconds
