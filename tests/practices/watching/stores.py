"""Object stores on this machine, as far as reading them goes: Google's Cloud Storage by its XML
API and Azure's Blob Storage by its REST API. Both answer on loopback only, refuse who shows no
credential, and page their lists.

Sources: Cloud Storage XML API, "GET Bucket (list objects)" version 2; Azure Storage REST API,
"List Blobs" and "Get Blob".
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 2
"""Entries in one answer of a list: a reader that takes the first page alone is found out."""
DATE = "Thu, 26 Nov 2026 10:00:00 GMT"
TIME = "2026-11-26T10:00:00.000Z"


@contextmanager
def _serving(answer: Callable[[BaseHTTPRequestHandler], tuple[int, bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self)
            self.send_response(status)
            for name, value in (
                ("Content-Length", str(len(body))),
                ("Last-Modified", DATE),
                ("ETag", '"1"'),
                ("x-ms-version", "2023-11-03"),
                ("x-ms-blob-type", "BlockBlob"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _page(names: list[str], after: str) -> tuple[list[str], str]:
    """A page of names behind a marker, and the marker of the next one."""
    left = [name for name in names if name > after]
    page = left[:PAGE]
    return page, page[-1] if len(left) > PAGE else ""


@contextmanager
def cloud_storage(buckets: Mapping[str, Mapping[str, bytes]], token: str) -> Iterator[str]:
    """Google's, or another that speaks S3, with the bucket in the path; its address. ``token`` is
    what a request's authorisation has in it."""

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        if token not in str(request.headers.get("Authorization")).replace("/", " ").split():
            return 401, b"<Error><Code>AuthenticationRequired</Code></Error>"
        address = urlsplit(request.path)
        bucket, _, name = unquote(address.path).lstrip("/").partition("/")
        objects = buckets.get(bucket)
        if objects is None:
            return 404, b"<Error><Code>NoSuchBucket</Code></Error>"
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        if not name and query.get("list-type") == "2":
            names = sorted(each for each in objects if each.startswith(query.get("prefix", "")))
            page, marker = _page(names, query.get("continuation-token", ""))
            entries = "".join(
                f"<Contents><Key>{escape(each)}</Key><Size>{len(objects[each])}</Size>"
                f'<LastModified>{TIME}</LastModified><ETag>"1"</ETag></Contents>'
                for each in page
            )
            following = f"<NextContinuationToken>{escape(marker)}</NextContinuationToken>"
            return 200, (
                f"<?xml version='1.0' encoding='UTF-8'?><ListBucketResult><Name>{bucket}</Name>"
                f"{entries}{following if marker else ''}</ListBucketResult>"
            ).encode()
        if name in objects:
            return 200, objects[name]
        return 404, b"<Error><Code>NoSuchKey</Code></Error>"

    with _serving(answer) as address:
        yield address


@contextmanager
def blob_storage(
    account: str, containers: Mapping[str, Mapping[str, bytes]], signature: str
) -> Iterator[str]:
    """Azure's, of one account, in whose path the account is as in Azurite's; its address.
    ``signature`` is what a shared access signature ends with."""

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        address = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        if query.get("sig") != signature:
            return 403, b"<Error><Code>AuthenticationFailed</Code></Error>"
        of, _, rest = unquote(address.path).lstrip("/").partition("/")
        container, _, name = rest.partition("/")
        blobs = containers.get(container) if of == account else None
        if blobs is None:
            return 404, b"<Error><Code>ContainerNotFound</Code></Error>"
        if query.get("comp") == "list":
            names = sorted(each for each in blobs if each.startswith(query.get("prefix", "")))
            page, marker = _page(names, query.get("marker", ""))
            entries = "".join(
                f"<Blob><Name>{escape(each)}</Name><Properties><Last-Modified>{DATE}"
                f"</Last-Modified><Etag>1</Etag><Content-Length>{len(blobs[each])}"
                "</Content-Length><Content-Type>application/json</Content-Type></Properties></Blob>"
                for each in page
            )
            return 200, (
                "<?xml version='1.0' encoding='utf-8'?><EnumerationResults><Blobs>"
                f"{entries}</Blobs><NextMarker>{escape(marker)}</NextMarker></EnumerationResults>"
            ).encode()
        if name in blobs:
            return 200, blobs[name]
        return 404, b"<Error><Code>BlobNotFound</Code></Error>"

    with _serving(answer) as address:
        yield address
