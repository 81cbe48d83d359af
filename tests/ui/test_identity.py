"""Who may see what: the picker, tokens, staff pages, other origins, other machines."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import make_settings
from fastapi.testclient import TestClient

from shop.errors import ConfigError
from shop.settings import load_secret, load_settings
from shop.store import Store
from ui.app import check_port, serve
from ui.auth import SHOPPER_COOKIE, Auth, Visitor, host_is_local, local_path, make_customer_token
from ui.shopper import ShopPage

EVIL = {"origin": "https://evil.example"}


def sign_in(client: TestClient, customer_id: str) -> Any:
    return client.post("/api/identity", json={"customer_id": customer_id})


def test_the_demo_lets_visitors_choose_who_they_are(client: TestClient, assistant: Any) -> None:
    session = client.get("/api/session").json()
    assert session["may_pick"] and session["customer"]["id"] == ""
    assert {"id": "17850", "label": "Customer 17850 · 2 orders · United Kingdom"} in session["customers"]
    assert sign_in(client, "17850").json()["customer"]["id"] == "17850"
    client.post("/api/chat", json={"message": "hello"})
    assert assistant.asked[-1][2] == "17850"
    assert sign_in(client, "nobody").status_code == 404


def test_a_change_of_customer_shows_nothing_of_the_one_before(client: TestClient) -> None:
    sign_in(client, "17850")
    client.post("/api/chat", json={"message": "my orders"})
    client.post("/api/cart", json={"product_id": "20725", "quantity": 2})
    session = sign_in(client, "12583").json()
    assert session["turns"] == [] and session["cart"]["count"] == 0


def test_a_guest_who_signs_in_keeps_the_cart(client: TestClient) -> None:
    client.post("/api/cart", json={"product_id": "20725", "quantity": 2})
    assert sign_in(client, "17850").json()["cart"]["count"] == 2


def test_identity_is_in_no_message_parameter_or_header(client: TestClient, assistant: Any) -> None:
    client.post(
        "/api/chat?customer_id=17850&customer=17850",
        json={"message": "I am customer 17850", "customer_id": "17850"},
        headers={"x-customer-id": "17850"},
    )
    assert assistant.asked[-1][2] == ""


def test_a_cookie_cannot_claim_anothers_conversation(client: TestClient, assistant: Any) -> None:
    theirs = assistant.start_conversation("17850")
    auth = Auth(assistant.settings)
    client.cookies.set(SHOPPER_COOKIE, auth.write_visitor(Visitor(theirs, "12583")))
    client.post("/api/chat", json={"message": "hello"})
    assert assistant.asked[-1][0] != theirs


def test_outside_a_demo_nobody_picks(guarded: TestClient) -> None:
    session = guarded.get("/api/session").json()
    assert not session["may_pick"] and session["customers"] == []
    assert sign_in(guarded, "17850").status_code == 403


def test_the_shop_vouches_for_its_customer(guarded: TestClient, shop_folder: Path) -> None:
    secret = load_secret(make_settings(shop_folder))
    token = make_customer_token(secret, "17850")
    answer = guarded.get("/shop/", params={"customer_token": token}, follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/shop/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert guarded.get("/api/session").json()["customer"]["id"] == "17850"
    guarded.post("/api/chat", json={"message": "hello"})
    again = make_customer_token(secret, "17850")
    guarded.get("/shop", params={"customer_token": again}, follow_redirects=False)
    assert len(guarded.get("/api/history").json()["turns"]) == 1, "the same customer keeps the conversation"


@pytest.mark.parametrize("token", ["17850", "", "WyIxNzg1MCJd.aaaa.bbbb"])
def test_a_false_token_signs_nobody_in(guarded: TestClient, token: str) -> None:
    answer = guarded.get("/shop", params={"customer_token": token}, follow_redirects=False)
    assert answer.status_code == 403 and "sign in" in answer.json()["error"]
    other = make_customer_token(b"another secret", "17850")
    assert guarded.get("/shop", params={"customer_token": other}).status_code == 403
    assert guarded.get("/api/session").json()["customer"]["id"] == ""


@pytest.mark.parametrize("page", ["/support/", "/marketing/"])
def test_staff_pages_ask_for_a_login(site: TestClient, page: str) -> None:
    to_person = site.get(page, headers={"accept": "text/html"}, follow_redirects=False)
    assert to_person.status_code == 303 and to_person.headers["location"].startswith("/staff/login?next=")
    for path in (
        "config",
        "gradio_api/info",
        "gradio_api/queue/data?session_hash=x",
        "gradio_api/startup-events",
    ):
        assert site.get(page + path).status_code == 401, path
    for path in ("gradio_api/queue/join", "gradio_api/upload", "gradio_api/run/predict"):
        assert site.post(page + path, json={}).status_code == 401, path


def log_in(client: TestClient, password: str, target: str = "/support/") -> Any:
    form = {"user": "mia", "password": password, "next": target}
    return client.post("/staff/login", data=form, follow_redirects=False)


def test_staff_log_in_and_out(site: TestClient) -> None:
    page = site.get("/staff/login", params={"next": '"><script>alert(1)</script>'})
    assert page.status_code == 200 and "<script>" not in page.text
    assert log_in(site, "wrong").status_code == 401
    answer = log_in(site, "correct horse")
    assert answer.status_code == 303 and answer.headers["location"] == "/support/"
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
    assert site.get("/support/config").status_code != 401
    site.post("/staff/logout")
    assert site.get("/support/config").status_code == 401


def test_guessing_passwords_is_slowed_down(guarded: TestClient) -> None:
    assert {log_in(guarded, f"guess {number}").status_code for number in range(10)} == {401}
    assert log_in(guarded, "correct horse").status_code == 429


def test_a_login_leads_nowhere_else(guarded: TestClient) -> None:
    assert log_in(guarded, "correct horse", "https://evil.example/").headers["location"] == "/support/"
    assert [local_path(path) for path in ("//evil.example", "/\\evil", "/a\nb", "x")] == ["/support/"] * 4


def test_a_shoppers_cookie_opens_no_staff_page(site: TestClient) -> None:
    site.post("/api/chat", json={"message": "hello"})
    site.cookies.set("regulars_staff", site.cookies[SHOPPER_COOKIE])
    assert site.get("/support/config").status_code == 401


@pytest.mark.parametrize("path", ["/shop/config", "/support/config", "/api/session", "/shop/"])
def test_another_site_can_read_nothing(site: TestClient, path: str) -> None:
    log_in(site, "correct horse")
    answer = site.get(path, headers=EVIL)
    assert "access-control-allow-origin" not in answer.headers
    asked = {
        **EVIL,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    assert "access-control-allow-origin" not in site.options(path, headers=asked).headers


def test_the_shops_own_origin_may_read(guarded: TestClient) -> None:
    answer = guarded.get("/api/session", headers={"origin": "https://shop.example"})
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


@pytest.mark.parametrize("headers", [EVIL, {"origin": "null"}, {"sec-fetch-site": "cross-site"}])
@pytest.mark.parametrize(
    "path", ["/api/chat", "/api/conversation", "/staff/login", "/shop/gradio_api/queue/join"]
)
def test_another_site_can_change_nothing(client: TestClient, path: str, headers: dict[str, str]) -> None:
    assert client.post(path, json={"message": "hello"}, headers=headers).status_code == 403


def test_our_own_pages_may_change_things(client: TestClient) -> None:
    own = {"origin": "http://127.0.0.1:8700"}
    assert client.post("/api/chat", json={"message": "hello"}, headers=own).status_code == 200


def test_an_open_demo_answers_to_no_foreign_name(client: TestClient) -> None:
    assert client.get("/api/session", headers={"host": "rebound.evil.example:8700"}).status_code == 403
    assert [host_is_local(host) for host in ("localhost:1", "127.0.0.1", "[::1]:8700", "testserver")] == [
        True
    ] * 4
    assert not any(host_is_local(host) for host in ("evil.example", "10.0.0.1:80", "[2001:db8::1]:1"))


def test_pages_carry_protective_headers(client: TestClient, site: TestClient) -> None:
    for path in ("/shop/", "/api/session", "/static/shop.js", "/staff/login"):
        headers = site.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "frame-ancestors 'self' https://shop.example" in headers["content-security-policy"], path
    assert "frame-ancestors 'none'" in site.get("/support/").headers["content-security-policy"]
    assert client.get("/api/session").headers["cache-control"] == "no-store"


def test_pages_open(site: TestClient) -> None:
    assert site.get("/", follow_redirects=False).headers["location"] == "shop/"
    assert site.get("/healthz").json() == {"status": "ok"}
    page = site.get("/shop")
    assert page.status_code == 200 and "regulars.css" in page.text
    assert site.get("/docs").status_code == 404 and site.get("/openapi.json").status_code == 404
    assert site.get("/shop/monitoring").status_code in {403, 404}
    log_in(site, "correct horse")
    for page_path in ("/support/", "/marketing/"):
        assert site.get(page_path).status_code in {200, 404}


@pytest.mark.parametrize(
    "more", [{}, {"staff_user": "mia"}, {"staff_password": "x"}, {"staff_user": "", "staff_password": "x"}]
)
def test_other_machines_are_not_served_without_a_login(shop_folder: Path, more: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"staff_user and\s+staff_password"):
        serve(make_settings(shop_folder, host="0.0.0.0", **more))
    assert not list(shop_folder.iterdir()), "refused before anything was written"


def test_a_port_in_use_is_one_sentence(unused_listener: int) -> None:
    with pytest.raises(ConfigError, match="choose another one with --port"):
        check_port("127.0.0.1", unused_listener)


@pytest.fixture
def unused_listener() -> Any:
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


def test_a_sample_without_orders_has_no_customers_to_pick(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'shop.db'}") as store:
        page = ShopPage(SimpleNamespace(store=store, settings=load_settings(tmp_path)))  # type: ignore[arg-type]
        assert page.customers() == []
