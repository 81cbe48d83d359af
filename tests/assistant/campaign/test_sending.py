"""Real delivery to a real SMTP server on this machine: headers, bounces, stops, and never twice."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr
from studio import customer

from assistant.campaign import approve_campaign, draft_campaign, plan_campaign
from assistant.campaign.export import export_campaign
from assistant.campaign.sending import read_server, send_campaign
from shop.errors import ConfigError, NotAllowed, StoreError


class Inbox:
    """A mail server's handler: takes mail, refuses some addresses, may stop working."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.dead = {"c003@example.com"}
        self.busy_from = 10**9

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.dead:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if len(self.mails) >= self.busy_from:
            return "451 4.3.0 try again later"
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


@pytest.fixture
def inbox(studio: Any) -> Iterator[Inbox]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    studio.settings = studio.settings.model_copy(update={"smtp": SecretStr(f"smtp://127.0.0.1:{port}")})
    yield handler
    controller.stop()


def approved(studio: Any, **asked: Any) -> Any:
    found = plan_campaign(studio, **asked)
    draft_campaign(studio, found)
    approve_campaign(studio, found, "Ada")
    return found


def test_each_recipient_gets_one_mail_and_a_bounce_stops_nobody(studio: Any, inbox: Inbox) -> None:
    studio.store.put_customers([customer(4, email=""), customer(5, email="no address", first_name="Ada")])
    found = approved(studio, holdout=0.2)
    with pytest.raises(NotAllowed, match="--really"):
        send_campaign(studio, found)
    assert not inbox.mails
    report = send_campaign(studio, found, really=True)
    wanted = {m.customer_id for m in found.recipients} - {"c003", "c004", "c005"}
    assert sorted(to[0] for to, _ in inbox.mails) == sorted(f"{id_}@example.com" for id_ in wanted)
    assert report.sent == len(wanted) and not report.stopped_by
    refused = dict(report.refused)
    assert {"c003", "c004", "c005"} & {m.customer_id for m in found.recipients} == set(refused)
    for _, mail in inbox.mails:
        assert str(mail["List-Unsubscribe"]).startswith("<https://assistant.gifts.example/unsubscribe/")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["Message-ID"] and mail.get_body(("html",)) and "{{" not in mail.as_string()
    held = {f"{member.customer_id}@example.com" for member in found.held_out}
    assert not held & {to[0] for to, _ in inbox.mails}
    statuses = {message.customer_id: message.status for message in studio.store.messages(found.id)}
    assert {statuses[id_] for id_ in wanted} == {"sent"}
    again = send_campaign(studio, found, really=True)
    assert again.sent == 0 and again.before == len(statuses) and len(inbox.mails) == len(wanted)


def test_a_server_that_is_not_well_ends_the_run_and_the_rest_goes_out_later(
    studio: Any, inbox: Inbox
) -> None:
    inbox.dead, inbox.busy_from = set(), 7
    found = approved(studio, holdout=0)
    report = send_campaign(studio, found, really=True)
    assert report.sent == 7 and report.failed == 5 and "5 in a row" in report.stopped_by
    inbox.busy_from = 10**9
    later = send_campaign(studio, found, really=True)
    assert later.sent == 23 and len({to[0] for to, _ in inbox.mails}) == len(inbox.mails) == 30


def test_what_may_have_gone_out_is_not_sent_again(studio: Any, inbox: Inbox) -> None:
    from assistant.campaign.outgoing import as_sent, find_outgoing

    found = approved(studio, holdout=0)
    one = next(each for each in find_outgoing(studio, found).messages if each.customer.id == "c010")
    studio.store.put_messages([as_sent(studio, found, one, "sending")])
    report = send_campaign(studio, found, really=True)
    assert report.unsure == ("c010",) and not any(to == ["c010@example.com"] for to, _ in inbox.mails)


def test_exported_messages_are_not_sent_too(studio: Any, inbox: Inbox, tmp_path: Any) -> None:
    found = approved(studio, holdout=0)
    export_campaign(studio, found, tmp_path / "out.csv")
    with pytest.raises(NotAllowed, match="twice"):
        send_campaign(studio, found, really=True)
    assert not inbox.mails


def test_settings_that_are_missing_are_named(studio: Any) -> None:
    found = approved(studio, holdout=0)
    with pytest.raises(ConfigError, match="smtp is not set"):
        send_campaign(studio, found, really=True)
    studio.settings = studio.settings.model_copy(update={"smtp": SecretStr("smtp://127.0.0.1:1")})
    with pytest.raises(StoreError, match="cannot be reached"):
        send_campaign(studio, found, really=True)
    studio.settings = studio.settings.model_copy(update={"unsubscribe_url": ""})
    with pytest.raises(ConfigError, match="unsubscribe_url is not set"):
        send_campaign(studio, found, really=True)


def test_the_server_setting_is_read(studio: Any) -> None:
    spec = SecretStr("smtps://me:p%40ss@mail.example")
    settings = studio.settings.model_copy(update={"smtp": spec})
    assert read_server(settings) == ("mail.example", 465, "me", "p@ss", True)
    assert "p%40ss" not in repr(settings)
