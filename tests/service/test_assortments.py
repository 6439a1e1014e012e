"""Buyers' pages and API of a real service; runs are finished ones, or of a category that nobody sells."""

import io
import json
import time
import zipfile
from datetime import UTC, datetime

import httpx
import openpyxl
import pytest

from serving.buyers import runs
from serving.buyers.accounts import Buyers
from tests.helpers.finished_runs import ROWS, finished
from tests.helpers.json_schema import violations

PASSWORD = "correct horse battery"  # noqa: S105 - of a test
AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
API = "/v1/assortments"


@pytest.fixture(scope="module")
def token(shop):
    buyers = Buyers(shop.work / "buyers")
    buyers.add("ada", PASSWORD)
    return buyers.token("ada")


@pytest.fixture(scope="module")
def done(shop, token):
    return finished(shop.work, AT)


@pytest.fixture
def tool(shop, token):
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=shop.url, headers=headers, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def browser(shop, token):
    with httpx.Client(base_url=shop.url, timeout=30, trust_env=False, follow_redirects=True) as client:
        yield client


@pytest.fixture
def signed_in(browser):
    page = browser.post("/buyers/sign-in", data={"name": "ada", "password": PASSWORD})
    assert page.status_code == 200
    return browser


def fits(shop, answer, path, method):
    document = shop.client.get("/openapi.json").json()
    response = document["paths"][path][method]["responses"][str(answer.status_code)]
    schema = response["content"][answer.headers["content-type"]]["schema"]
    return violations(document, schema, answer.json(), closed=True) == []


@pytest.mark.parametrize("authorization", [None, "Bearer nobody", "Basic YWRhOnB3", "Bearer"])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", API), ("POST", API), ("GET", API + "/x"), ("GET", API + "/x/decisions")]
)
def test_without_a_token_nothing(shop, token, authorization, method, path):
    headers = {"Authorization": authorization} if authorization else {}
    answer = shop.client.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert fits(shop, answer, path.replace("/x", "/{id}"), method.lower())


def test_a_finished_run_and_its_decisions_by_pages(shop, tool, done):
    listed = tool.get(API)
    assert done.id in {run["id"] for run in listed.json()["assortments"]}
    assert fits(shop, listed, API, "get")
    one = tool.get(f"{API}/{done.id}")
    assert (one.json()["state"], one.json()["request"]["category"]) == ("done", "COFFEE")
    assert fits(shop, one, API + "/{id}", "get")
    seen, cursor = [], "0"
    while cursor is not None:
        answer = tool.get(f"{API}/{done.id}/decisions", params={"cursor": cursor, "page_size": 2})
        assert fits(shop, answer, API + "/{id}/decisions", "get")
        seen += answer.json()["decisions"]
        cursor = answer.json()["next_cursor"]
    assert seen == ROWS


@pytest.mark.parametrize(("path", "status"), [
    (f"{API}/nothing0", 404),
    (f"{API}/nothing0/decisions", 404),
    (f"{API}/DONE/decisions?cursor=6", 422),
    (f"{API}/DONE/decisions?cursor=-1", 422),
    (f"{API}/DONE/decisions?page_size=2000", 422),
])  # fmt: skip
def test_what_is_not_there_is_told(tool, done, path, status):
    assert tool.get(path.replace("DONE", done.id)).status_code == status


@pytest.mark.parametrize(("body", "field"), [
    ({}, "category"),
    ({"category": ""}, "category"),
    ({"category": "X", "stores": [1]}, "stores[0]"),
    ({"category": "X", "horizon_weeks": 0}, "horizon_weeks"),
    ({"category": "X", "colour": "red"}, "colour"),
    ({"category": "X", "rules": "x" * 70_000}, "rules"),
])  # fmt: skip
def test_a_field_at_fault_is_named(shop, tool, body, field):
    answer = tool.post(API, json=body)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert fits(shop, answer, API, "post")


def test_a_run_of_nothing_is_started_followed_and_told_as_failed(shop, tool):
    started = tool.post(API, json={"category": "NOTHING OF THE KIND"})
    assert started.status_code == 202
    assert fits(shop, started, API, "post")
    place = started.headers["location"]
    until = time.monotonic() + 120
    while (run := tool.get(place).json())["state"] in {"queued", "running"}:
        assert time.monotonic() < until, run
        time.sleep(0.2)
    assert run["state"] == "failed"
    assert "Next:" in run["error"]
    assert tool.get(f"{place}/decisions").status_code == 409


def test_the_queue_has_an_end(shop, tool):
    folder, asked = shop.work / "assortments", runs.AssortmentRequest(category="X")
    now = datetime.now(UTC)
    open_ones = [runs.ask(folder, asked, "ada", now) for _ in range(20)]
    answer = tool.post(API, json={"category": "X"})
    for run in open_ones:
        runs.tell(run, runs.FAILED, "", 0.0, now, "given up")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")


@pytest.mark.parametrize("path", ["/buyers", "/buyers/runs/x", "/buyers/runs/x/report.html"])
def test_pages_ask_who_is_there(browser, path):
    page = browser.get(path)
    assert page.status_code == 401
    assert 'action="/buyers/sign-in"' in page.text


def test_a_wrong_password_is_refused(browser):
    page = browser.post("/buyers/sign-in", data={"name": "ada", "password": "wrong"})
    assert (page.status_code, "Name or password is wrong" in page.text) == (401, True)
    assert not browser.cookies


def test_a_buyer_sees_runs_reads_a_report_and_takes_files_home(signed_in, done):
    assert "COFFEE" in signed_in.get("/buyers").text
    assert "Excel workbook" in signed_in.get(f"/buyers/runs/{done.id}").text
    report = signed_in.get(f"/buyers/runs/{done.id}/report.html")
    assert report.text == "<h1>The report</h1>"
    assert "default-src 'none'" in report.headers["content-security-policy"]
    book = signed_in.get(f"/buyers/runs/{done.id}/report.xlsx")
    assert f'filename="{done.id}-report.xlsx"' in book.headers["content-disposition"]
    assert signed_in.get(f"/buyers/runs/{done.id}/state.json").status_code == 404
    assert signed_in.get(f"/buyers/runs/{done.id}/..%2Frequest.json").status_code == 404


def test_signing_out_ends_it(signed_in):
    assert signed_in.post("/buyers/sign-out").status_code == 401
    assert signed_in.get("/buyers").status_code == 401


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}], ids=str
)
def test_a_form_of_another_site_is_refused(signed_in, headers):
    answer = signed_in.post("/buyers/runs", data={"category": "X"}, headers=headers)
    assert answer.status_code == 403
    assert "category" not in json.dumps(answer.json())


def workbook(*parts):
    """A workbook with one sheet, and further parts in its archive."""
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "Notes"
    book.save(content)
    with zipfile.ZipFile(content, "a") as archive:
        for name, text in parts:
            archive.writestr(name, text)
    return content.getvalue()


def given_back(browser, run, content, **headers):
    return browser.post(f"/buyers/runs/{run.id}/workbook", files={"workbook": ("mine.xlsx", content)}, headers=headers)


def test_the_page_of_a_finished_run_takes_a_workbook_back(signed_in, done):
    page = signed_in.get(f"/buyers/runs/{done.id}").text
    assert f'action="/buyers/runs/{done.id}/workbook" enctype="multipart/form-data"' in page


def test_what_is_wrong_with_a_workbook_stands_on_the_page_of_its_run(signed_in, done):
    page = given_back(signed_in, done, workbook())
    assert page.url.path.startswith("/buyers/runs/")
    assert page.url.path != f"/buyers/runs/{done.id}"
    until = time.monotonic() + 120
    while "progress" in page.text:
        assert time.monotonic() < until, page.text
        time.sleep(0.2)
        page = signed_in.get(page.url)
    assert "overrides.xlsx has no sheet 2 Decisions" in page.text
    assert "Edited workbook" in page.text


@pytest.mark.parametrize(("content", "said"), [
    (b"", "no .xlsx workbook"),
    (b"PK but no archive", "no .xlsx workbook"),
    (workbook(("xl/vbaProject.bin", "macros")), "holds macros"),
])  # fmt: skip
def test_what_is_no_workbook_is_told_and_starts_nothing(shop, signed_in, done, content, said):
    before = len(list((shop.work / "assortments").iterdir()))
    page = given_back(signed_in, done, content)
    assert (page.status_code, said in page.text) == (400, True)
    assert len(list((shop.work / "assortments").iterdir())) == before


def test_workbooks_are_taken_from_buyers_and_our_own_pages_only(signed_in, browser, done):
    assert given_back(signed_in, done, workbook(), Origin="https://elsewhere.example").status_code == 403
    assert signed_in.post(f"/buyers/runs/{done.id}/workbook", data={"workbook": "x"}).status_code == 400
    signed_in.cookies.clear()
    assert given_back(browser, done, workbook()).status_code == 401


def test_a_workbook_has_a_limit_of_its_own(signed_in, done):
    assert given_back(signed_in, done, bytes(300_000)).status_code == 400
    assert given_back(signed_in, done, bytes(16 * 1024 * 1024 + 1)).status_code == 413


def test_the_cookie_is_out_of_reach(browser):
    answer = browser.post("/buyers/sign-in", data={"name": "ada", "password": PASSWORD}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/buyers"))
