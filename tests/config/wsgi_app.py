"""A site for tests of the server alone: it reports what it read, and sends as much as requested."""

from __future__ import annotations


def application(environ, start_response):
    size = int(environ["QUERY_STRING"] or 0)
    left = int(environ.get("CONTENT_LENGTH") or 0)
    if environ["PATH_INFO"] != "/unread":
        left = len(environ["wsgi.input"].read(left))
    answer = b"x" * size if size else str(left).encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
