"""Approval and export: nothing goes out without it, nothing red, nobody twice, nobody held out."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from studio import MUG, customer

from assistant.campaign import (
    approve_campaign,
    draft_campaign,
    draft_message,
    drafts_of,
    edit_message,
    plan_campaign,
)
from assistant.campaign.approval import find_approval
from assistant.campaign.base import moment_of
from assistant.campaign.checks import UNSUBSCRIBE
from assistant.campaign.export import COLUMNS, disarm_cell, export_campaign
from assistant.campaign.links import add_utm, read_unsubscribe_token, unsubscribe_link
from assistant.campaign.render import blocks_of, email_html
from shop.errors import ConfigError, NotAllowed, NotFound, StoreError
from shop.store import SentMessage
from shop.types import Consent


def read_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def approved(studio: Any, **asked: Any) -> Any:
    found = plan_campaign(studio, **asked)
    draft_campaign(studio, found)
    approve_campaign(studio, found, "Ada")
    return found


def test_nothing_goes_out_without_approval(studio: Any, tmp_path: Path) -> None:
    found = plan_campaign(studio, holdout=0)
    with pytest.raises(NotFound, match="draft it first"):
        export_campaign(studio, found, tmp_path / "out.csv")
    with pytest.raises(NotFound, match="not drafted yet"):
        approve_campaign(studio, found, "Ada")
    draft_campaign(studio, found)
    with pytest.raises(NotAllowed, match="not approved yet"):
        export_campaign(studio, found, tmp_path / "out.csv")
    with pytest.raises(NotAllowed, match="who approves"):
        approve_campaign(studio, found, " ")
    approve_campaign(studio, found, "Ada")
    approval = find_approval(studio, found)
    assert approval is not None and (approval.by, approval.green, approval.red) == ("Ada", 30, 0)
    export_campaign(studio, found, tmp_path / "out.csv")
    assert [step.step for step in studio.store.steps(found.id)] == ["approved", "exported"]


def test_what_changes_after_approval_has_to_be_approved_again(studio: Any, tmp_path: Path) -> None:
    found = approved(studio, holdout=0)
    edit_message(studio, found, "c005", subject="Hello again")
    with pytest.raises(NotAllowed, match="changed since Ada"):
        export_campaign(studio, found, tmp_path / "out.csv")
    approve_campaign(studio, found, "Grace")
    draft_message(studio, found, "c006", again=True)
    with pytest.raises(NotAllowed, match="changed since Grace"):
        export_campaign(studio, found, tmp_path / "out.csv")


def test_export_asks_for_consent_again_and_cannot_reach_the_held_out(studio: Any, tmp_path: Path) -> None:
    found = approved(studio, holdout=0.3)
    withdrawn = found.recipients[0].customer_id
    studio.store.put_customers([replace(studio.store.customer(withdrawn), consent=Consent())])
    report = export_campaign(studio, found, tmp_path / "out.csv")
    rows = read_rows(report.path.read_bytes())
    assert list(rows[0]) == list(COLUMNS)
    assert report.refused == ((withdrawn, "no consent to marketing e-mail"),)
    assert withdrawn not in {row["customer_id"] for row in rows}
    held = [row for row in rows if row["holdout"] == "1"]
    sent = [row for row in rows if row["holdout"] == "0"]
    assert len(held) == len(found.held_out) and all(not row["email"] and not row["body_text"] for row in held)
    assert len(sent) == report.written == len(found.recipients) - 1
    assert all(UNSUBSCRIBE in row["body_text"] and row["utm_campaign"] == found.name for row in sent)
    assert all(UNSUBSCRIBE in row["body_html"] and "utm_content=a" in row["link"] for row in sent)
    assert len({row["customer_id"] for row in rows}) == len(rows)


def test_red_messages_stay_out(studio: Any, tmp_path: Path) -> None:
    found = plan_campaign(studio, limit=2, holdout=0)
    draft_campaign(studio, found)
    first = found.recipients[0].customer_id
    edit_message(studio, found, first, subject="Only £0.01 today")
    approve_campaign(studio, found, "Ada")
    report = export_campaign(studio, found, tmp_path / "out.csv")
    assert report.written == 1 and report.refused == ((first, "red: Figures backed"),)


def test_what_turned_red_after_approval_stays_out(studio: Any, tmp_path: Path) -> None:
    found = approved(studio, holdout=0)
    studio.store.put_products([replace(MUG, in_stock=False)])
    report = export_campaign(studio, found, tmp_path / "out.csv")
    assert report.written == 0 and len(report.refused) == 30


def test_somebody_written_to_meanwhile_is_left_out(studio: Any, tmp_path: Path) -> None:
    found = approved(studio, holdout=0)
    at = moment_of(studio.settings) - timedelta(hours=1)
    studio.store.put_messages([SentMessage("other", "c005", "email", "A", "sent", at, {})])
    report = export_campaign(studio, found, tmp_path / "out.csv")
    assert report.refused == (("c005", "written to in the last 16 hours"),)
    # Its own messages do not count against it: exporting again gives the same file.
    again = export_campaign(studio, found, tmp_path / "again.csv")
    assert again.path.read_bytes() == report.path.read_bytes()
    assert {message.customer_id for message in studio.store.messages(found.id)} == {
        member.customer_id for member in found.recipients
    } - {"c005"}
    (kept,) = studio.store.messages_of("c006")
    assert kept.document["subject"] == drafts_of(studio, found.id)["c006"].text.subject


def test_text_messages_go_to_phones(studio: Any, tmp_path: Path) -> None:
    found = approved(studio, channel="sms", holdout=0)
    rows = read_rows(export_campaign(studio, found, tmp_path / "out.csv").path.read_bytes())
    # Cells that begin with a plus are disarmed.
    assert all(row["phone"].startswith("'+44") and not row["email"] for row in rows)
    with pytest.raises(ConfigError, match="for e-mail"):
        export_campaign(studio, found, tmp_path / "out.zip", "eml")


def unzip(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_other_services_get_no_held_out_customers_and_their_own_tags(studio: Any, tmp_path: Path) -> None:
    studio.store.put_customers([customer(5, email="")])
    found = approved(studio, holdout=0.3)
    listmonk = export_campaign(studio, found, tmp_path / "l.zip", "listmonk")
    files = unzip(listmonk.path)
    rows = read_rows(files["subscribers.csv"])
    assert len(rows) == listmonk.written and ("c005", "no e-mail address") in listmonk.refused
    attributes = json.loads(rows[0]["attributes"])
    assert attributes["regulars_subject"] and UNSUBSCRIBE not in rows[0]["attributes"]
    assert b"{{ UnsubscribeURL }}" in files["template.html"]
    klaviyo = unzip(export_campaign(studio, found, tmp_path / "k.zip", "klaviyo").path)
    profiles = read_rows(klaviyo["profiles.csv"])
    assert {row["Email"] for row in profiles} == {row["email"] for row in rows}
    assert b"{% unsubscribe %}" in klaviyo["template.html"]


def test_eml_files_are_ready_to_send(studio: Any, tmp_path: Path) -> None:
    found = approved(studio, limit=3, holdout=0)
    files = unzip(export_campaign(studio, found, tmp_path / "e.zip", "eml").path)
    assert len(files) == 3
    for content in files.values():
        mail = message_from_bytes(content, policy=policy.default)
        assert mail["From"] == "Test Gifts <news@gifts.example>"
        link = str(mail["List-Unsubscribe"]).strip("<>")
        assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in content  # neither folded nor encoded
        who = read_unsubscribe_token(studio.settings, link.rpartition("/")[2])
        assert str(mail["To"]) == f"{who}@example.com"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        for kind in ("plain", "html"):
            body = mail.get_body((kind,)).get_content()
            assert link in body.replace("&amp;", "&") and UNSUBSCRIBE not in body
    lacking = studio.settings.model_copy(update={"mail_from": ""})
    studio.settings = lacking
    with pytest.raises(ConfigError, match="mail_from is not set"):
        export_campaign(studio, found, tmp_path / "e.zip", "eml")


def test_export_needs_a_place_and_a_form(studio: Any, tmp_path: Path) -> None:
    found = approved(studio, holdout=0)
    for place in (tmp_path, tmp_path / "missing" / "out.csv"):
        with pytest.raises(StoreError):
            export_campaign(studio, found, place)
    with pytest.raises(ConfigError, match="choose one of"):
        export_campaign(studio, found, tmp_path / "out.xls", "xls")
    assert not list(tmp_path.glob(".campaign-*"))


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-2", "@SUM(A1)", "\t=1"])
def test_cells_are_no_formulas(cell: str) -> None:
    assert disarm_cell(cell) == f"'{cell}"
    assert disarm_cell("plain = text") == "plain = text"


def test_links_keep_what_they_have() -> None:
    link = add_utm("https://a.example/p?id=1&utm_source=old#top", "email", "win back", "Very warm")
    assert link.startswith("https://a.example/p?id=1&utm_source=regulars&utm_medium=email")
    assert link.endswith("utm_campaign=win+back&utm_content=very-warm#top")
    assert add_utm("", "email", "c", "A") == ""


def test_an_unsubscribe_link_cannot_be_forged(studio: Any) -> None:
    link = unsubscribe_link(studio.settings, "c001")
    token = link.rpartition("/")[2]
    assert read_unsubscribe_token(studio.settings, token) == "c001"
    with pytest.raises(NotAllowed):
        read_unsubscribe_token(studio.settings, token[:-2] + "xx")


def test_the_html_escapes_records_and_has_every_part(studio: Any) -> None:
    found = plan_campaign(studio, holdout=0)
    draft = draft_message(studio, found, "c005")
    kinds = [block.kind for block in blocks_of(draft)]
    assert kinds.count("good") == 2 and kinds.count("button") == 1 and kinds[-1] == "foot"
    evil = replace(draft, text=replace(draft.text, subject="<script>", body=f"<script>\n\n{draft.text.body}"))
    html = email_html(evil, studio.settings)
    assert "<script" not in html and "&lt;script&gt;" in html
