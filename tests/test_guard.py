"""The guard alone, around an app that says yes to everything that reaches it."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from backinstride.web import guard

TOKEN = "a-token-of-the-test"


async def _yes(request):
    if request.method == "POST":
        return PlainTextResponse(f"{len(await request.body())} bytes")
    return PlainTextResponse("yes")


@pytest.fixture
def client():
    routes = [
        Route(path, _yes, methods=["GET", "POST"])
        for path in ("/", "/import", "/plan.ics", "/tell")
    ]
    app = Starlette(routes=routes, middleware=[Middleware(guard.Guard, token=TOKEN)])
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as made:
        yield made


def signed_in(client):
    client.get(f"/?token={TOKEN}")
    return client


def test_without_the_token_nothing_is_shown(client):
    assert client.get("/").status_code == 403
    assert client.get("/?token=wrong").status_code == 403
    assert client.get("/", headers={"cookie": f"{guard.COOKIE}=wrong"}).status_code == 403


def test_the_first_address_sets_a_strict_cookie_and_leaves_the_token_behind(client):
    answer = client.get(f"/?token={TOKEN}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/").text == "yes"


def test_the_token_serves_a_second_browser_too(client):
    signed_in(client)
    client.cookies.clear()
    assert client.get(f"/?token={TOKEN}").status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7:8000", ""])
def test_other_host_names_are_refused(client, host):
    assert signed_in(client).get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000"])
def test_names_of_this_machine_pass(client, host):
    cookie = {"cookie": f"{guard.COOKIE}={TOKEN}", "host": host}
    assert client.get("/", headers=cookie).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8000"]
)
def test_posts_of_other_pages_are_refused(client, origin):
    answer = signed_in(client).post("/tell", data={"a": "b"}, headers={"origin": origin})
    assert answer.status_code == 403


def test_posts_of_our_own_page_pass(client):
    answer = signed_in(client).post(
        "/tell", data={"a": "b"}, headers={"origin": "http://127.0.0.1:8000"}
    )
    assert answer.status_code == 200


def test_a_post_that_the_browser_calls_cross_site_is_refused(client):
    answer = signed_in(client).post("/tell", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


def test_too_much_at_once_is_refused(client):
    answer = signed_in(client).post("/tell", content=b"x" * (guard.FORM_LIMIT_BYTES + 1))
    assert answer.status_code == 413


def test_an_upload_may_be_larger_than_a_form(client):
    answer = signed_in(client).post("/import", content=b"x" * (guard.FORM_LIMIT_BYTES + 1))
    assert answer.status_code == 200


def test_the_calendar_takes_the_token_itself_and_nothing_else_does(client):
    assert client.get(f"/plan.ics?token={TOKEN}").text == "yes"
    assert client.get("/plan.ics").status_code == 403
    assert client.get(f"/tell?token={TOKEN}").status_code == 303


def test_every_answer_is_sealed(client):
    for answer in (client.get("/"), signed_in(client).get("/")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
