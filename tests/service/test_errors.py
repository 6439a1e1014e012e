"""Every way in which a caller can be wrong, against the real server: the status, the problem, the count."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest

from serving.web.middleware import MAX_BODY_BYTES

PATH = "/v1/recommendations"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(("method", "path", "headers", "content", "status", "slug"), [
    ("POST", PATH, JSON, b"{", 400, "malformed-json"),
    ("POST", PATH, JSON, b"", 400, "malformed-json"),
    ("GET", "/v2", {}, None, 404, "not-found"),
    ("POST", "/v1", JSON, b"{}", 404, "not-found"),
    ("GET", "/docs.json", {}, None, 404, "not-found"),
    ("GET", "/static_content/index.html", {}, None, 404, "not-found"),
    ("GET", "/%2e%2e/%2e%2e/etc/passwd", {}, None, 404, "not-found"),
    ("GET", "/readyz/", {}, None, 404, "not-found"),
    ("GET", PATH, {}, None, 405, "method-not-allowed"),
    ("DELETE", "/healthz", {}, None, 405, "method-not-allowed"),
    ("POST", "/metrics", JSON, b"{}", 405, "method-not-allowed"),
    ("POST", PATH, JSON, b" " * (MAX_BODY_BYTES + 1), 413, "body-too-large"),
    ("POST", "/recommend", JSON, b" " * (MAX_BODY_BYTES + 1), 413, "body-too-large"),
    ("POST", PATH, {}, b'{"placement":"home"}', 415, "unsupported-media-type"),
    ("POST", PATH, {"Content-Type": "text/plain"}, b'{"placement":"home"}', 415, "unsupported-media-type"),
    ("POST", PATH, {"Content-Type": "application/json; charset=latin-1"}, b"{}", 415, "unsupported-media-type"),
    ("POST", PATH, JSON | {"Content-Encoding": "gzip"}, b"{}", 415, "unsupported-media-type"),
    ("POST", PATH, JSON, b"{}", 422, "invalid-field"),
])  # fmt: skip
def test_a_wrong_request_is_answered_with_its_problem_and_counted(shop, method, path, headers, content, status, slug):
    before = shop.metric("omnishelf_errors_total", status=str(status))
    answer = shop.client.request(method, path, headers=headers, content=content)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (status, f"/docs#problem-{slug}")
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert shop.metric("omnishelf_errors_total", status=str(status)) == before + 1


def test_the_methods_that_an_address_takes_are_listed(shop):
    assert shop.client.get(PATH).headers["allow"] == "POST"
    assert set(shop.client.delete("/healthz").headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_a_field_at_fault_is_named(shop):
    answer = shop.client.post(PATH, json={"placement": "home", "page_size": 500, "fulfilment": {}})
    assert answer.json()["errors"] == [
        {"field": "page_size", "message": "must be less than or equal to 100"},
        {"field": "fulfilment", "message": "is not supported by this version"},
    ]


def test_charset_and_case_of_the_media_type_do_not_matter(shop):
    for media_type in ("application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'):
        answer = shop.client.post(PATH, content=b'{"placement":"home"}', headers={"Content-Type": media_type})
        assert answer.status_code == 200


def test_a_request_id_is_echoed_where_it_is_safe_and_replaced_where_not(shop):
    assert shop.client.get("/healthz", headers={"X-Request-Id": "shop-42"}).headers["x-request-id"] == "shop-42"
    for unsafe in ("two words", "x" * 129, "<script>"):
        echoed = shop.client.get("/healthz", headers={"X-Request-Id": unsafe}).headers["x-request-id"]
        assert echoed != unsafe
        assert len(echoed) == 32


def test_a_body_in_chunks_beyond_the_limit_is_refused(shop):
    answer = shop.client.post(PATH, content=(b" " * 65536 for _ in range(5)), headers=JSON)
    assert (answer.status_code, answer.json()["type"]) == (413, "/docs#problem-body-too-large")


def test_a_body_in_chunks_within_the_limit_is_read(shop):
    answer = shop.client.post(PATH, content=iter([b'{"place', b'ment":"home"}']), headers=JSON)
    assert answer.status_code == 200


def test_bytes_that_are_not_http_do_not_disturb_the_next_caller(shop):
    where = urlsplit(shop.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as caller:
        caller.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        assert caller.recv(100).startswith(b"HTTP/1.1 400")
    with socket.create_connection((where.hostname, where.port), timeout=10) as caller:
        caller.sendall(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
    assert shop.client.get("/healthz").status_code == 200


def test_a_connection_is_kept_after_a_problem(shop):
    where = urlsplit(shop.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    own_ports = set()
    for body, status in ((b"{", 400), (b'{"placement":"home"}', 200), (b"{}", 422)):
        connection.request("POST", PATH, body, JSON)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        own_ports.add(connection.sock.getsockname()[1])
    connection.close()
    assert len(own_ports) == 1
