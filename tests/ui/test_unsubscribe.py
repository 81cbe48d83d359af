"""The way out: one POST of a mail program is enough, a look at the page changes nothing."""

from __future__ import annotations

from typing import Any

from assistant.campaign.links import unsubscribe_link
from shop.types import Consent, Customer


def test_one_click_unsubscribes_and_a_look_does_not(assistant: Any, client: Any) -> None:
    agreed = Consent(marketing_email=True, marketing_sms=True)
    assistant.store.put_customers([Customer("ada", email="ada@example.com", consent=agreed)])
    settings = assistant.settings.model_copy(update={"unsubscribe_url": "https://a.example/unsubscribe"})
    path = unsubscribe_link(settings, "ada").removeprefix("https://a.example")
    page = client.get(path)
    assert page.status_code == 200 and "<button>" in page.text
    assert assistant.store.customer("ada").consent.marketing_email
    # What Gmail and Yahoo send (RFC 8058): no cookie, no origin, this form.
    done = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200 and "no more marketing e-mail" in done.text
    consent = assistant.store.customer("ada").consent
    assert not consent.marketing_email and consent.marketing_sms and "unsubscribed" in consent.source
    assert client.post(path).status_code == 200


def test_a_forged_link_is_refused(client: Any) -> None:
    assert client.post("/unsubscribe/ada.forged").status_code == 403
    assert client.get("/unsubscribe/x").status_code == 403
