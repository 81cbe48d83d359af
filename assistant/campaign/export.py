"""A campaign's approved messages as a file for the shop's mailing service, each recipient once.

    csv        one row per customer; the held-out stand in it too, without address and text
    listmonk   a zip: subscribers.csv to import, template.html and the subject line to paste
    klaviyo    a zip: profiles.csv to import, template.html and the subject line to paste
    eml        a zip: one ready-to-send e-mail per customer

A file is replaced whole or not at all, so a stop leaves the old one and the same command makes the
new one. Cells that a spreadsheet would run as a formula are disarmed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.campaign.base import Campaign
from assistant.campaign.checks import UNSUBSCRIBE
from assistant.campaign.drafts import Draft
from assistant.campaign.links import add_utm, unsubscribe_link
from assistant.campaign.outgoing import Departure, Outgoing, as_sent, find_outgoing, first_ten, record_step
from assistant.campaign.render import build_email, email_html, email_text, sender_of
from shop.errors import ConfigError, StoreError
from shop.settings import Settings

if TYPE_CHECKING:
    from assistant.chat import Assistant

COLUMNS = (
    *("email", "phone", "customer_id", "channel", "subject", "preheader", "body_html", "body_text", "cta"),
    *("link", "variant", "offer", "offer_code", "utm_campaign", "holdout"),
)
FORMS = {"csv": ".csv", "listmonk": ".zip", "klaviyo": ".zip", "eml": ".zip"}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written and what was not: `refused` holds customer ids and why."""

    path: Path
    form: str
    written: int
    held_out: int
    without_address: int
    refused: tuple[tuple[str, str], ...]

    def lines(self) -> list[str]:
        """The report for people."""
        found = [f"{self.written:,} messages written to {self.path}, {self.held_out:,} customers held out"]
        if self.without_address:
            found.append(
                f"{self.without_address:,} of them have no address in the data; match them by customer_id"
            )
        return found + first_ten(self.refused)


def disarm_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def export_campaign(
    assistant: Assistant, campaign: Campaign, path: Path | str, form: str = "csv", by: str = "staff"
) -> ExportReport:
    """Write the approved messages to `path` (replaced whole) and keep who was written to.

    Raises NotFound where nothing is drafted, NotAllowed without approval, ConfigError for a form that
    is not known or lacks a setting, StoreError where the file cannot be written.
    """
    if form not in FORMS:
        raise ConfigError(f"there is no form {form!r}; choose one of {', '.join(FORMS)}")
    if form != "csv" and campaign.channel != "email":
        raise ConfigError(f"{form} is for e-mail; export {campaign.channel} messages as csv")
    going = find_outgoing(assistant, campaign)
    settings = assistant.settings
    messages, refused = list(going.messages), list(going.refused)
    if form != "csv":
        refused += [(one.customer.id, "no e-mail address") for one in messages if not one.customer.email]
        messages = [one for one in messages if one.customer.email]
    makers: dict[str, Callable[[], bytes]] = {
        "csv": lambda: _table(COLUMNS, _csv_rows(settings, campaign, going)),
        "listmonk": lambda: _listmonk(settings, campaign, messages),
        "klaviyo": lambda: _klaviyo(settings, campaign, messages),
        "eml": lambda: _eml(settings, campaign, messages),
    }
    file = Path(path)
    _write_whole(file, makers[form]())
    assistant.store.put_messages(
        (as_sent(assistant, campaign, one, "exported") for one in messages), replace=False
    )
    held = len(going.held_out)
    record_step(
        assistant, campaign, "exported", by, {"form": form, "written": len(messages), "held_out": held}
    )
    address = "phone" if campaign.channel == "sms" else "email"
    lacking = sum(not getattr(one.customer, address) for one in messages) if campaign.channel != "push" else 0
    return ExportReport(file, form, len(messages), held, lacking, tuple(refused))


def _csv_rows(settings: Settings, campaign: Campaign, going: Departure) -> Iterable[dict[str, str]]:
    shared = {"channel": campaign.channel, "utm_campaign": campaign.name}
    ready = {one.customer.id: one for one in going.messages}
    held = {member.customer_id for member in going.held_out}
    for member in campaign.audience:
        row = {"customer_id": member.customer_id, "variant": member.variant} | shared
        if member.customer_id in held:
            yield row | {"holdout": "1"}
        elif (one := ready.get(member.customer_id)) is not None:
            yield row | {"holdout": "0"} | _filled(settings, campaign, one)


def _filled(settings: Settings, campaign: Campaign, one: Outgoing) -> dict[str, str]:
    draft = one.draft
    is_email = campaign.channel == "email"
    return {
        "email": one.customer.email if is_email else "",
        "phone": one.customer.phone if campaign.channel == "sms" else "",
        "subject": draft.text.subject,
        "preheader": draft.text.preheader,
        "body_html": email_html(draft, settings) if is_email else "",
        "body_text": draft.text.body,
        "cta": draft.text.cta,
        "link": add_utm(settings.url, campaign.channel, campaign.name, draft.variant),
        "variant": draft.variant,
        "offer": draft.offer,
        "offer_code": _fact(draft, "Code"),
    }


def _fact(draft: Draft, label: str) -> str:
    return next((fact.value for fact in draft.facts if fact.label == label), "")


def _listmonk(settings: Settings, campaign: Campaign, messages: Sequence[Outgoing]) -> bytes:
    rows = [
        {
            "email": one.customer.email,
            "name": one.customer.name or one.customer.id,
            "attributes": json.dumps(_profile(settings, one), ensure_ascii=False),
        }
        for one in messages
    ]
    return _zip(
        {
            "subscribers.csv": _table(("email", "name", "attributes"), rows),
            "subject.txt": b"{{ .Subscriber.Attribs.regulars_subject }}\n",
            "template.html": (
                b"{{ .Subscriber.Attribs.regulars_html | Safe }}\n"
                b'<p><a href="{{ UnsubscribeURL }}">Unsubscribe</a></p>\n'
            ),
        }
    )


def _klaviyo(settings: Settings, campaign: Campaign, messages: Sequence[Outgoing]) -> bytes:
    columns = ("Email", "First Name", *_profile(settings, messages[0])) if messages else ("Email",)
    rows = [
        {"Email": one.customer.email, "First Name": one.customer.first_name, **_profile(settings, one)}
        for one in messages
    ]
    return _zip(
        {
            "profiles.csv": _table(columns, rows),
            "subject.txt": b'{{ person|lookup:"regulars_subject" }}\n',
            "template.html": b'{{ person|lookup:"regulars_html"|safe }}\n<p>{% unsubscribe %}</p>\n',
        }
    )


def _profile(settings: Settings, one: Outgoing) -> dict[str, str]:
    """What a service keeps with the customer; its own template adds the way out."""
    draft = one.draft
    html = email_html(draft, settings).replace(f"Unsubscribe: {UNSUBSCRIBE}", "")
    text = email_text(draft).replace(f"Unsubscribe: {UNSUBSCRIBE}", "").rstrip()
    return {
        "regulars_subject": draft.text.subject,
        "regulars_preheader": draft.text.preheader,
        "regulars_html": html,
        "regulars_text": text,
        "regulars_variant": draft.variant,
        "regulars_customer_id": draft.customer_id,
    }


def _eml(settings: Settings, campaign: Campaign, messages: Sequence[Outgoing]) -> bytes:
    sender_of(settings)
    files = {}
    for number, one in enumerate(messages, 1):
        id_ = f"{campaign.id}.{number}"
        away = unsubscribe_link(settings, one.customer.id)
        mail = build_email(one.draft, settings, one.customer.email, one.customer.name, away, id_)
        files[f"{number:05}.eml"] = mail.as_bytes()
    return _zip(files)


def _table(columns: Sequence[str], rows: Iterable[dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows({name: disarm_cell(cell) for name, cell in row.items()} for row in rows)
    return out.getvalue().encode()


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _write_whole(file: Path, content: bytes) -> None:
    """The new file or the old one: a half-written list of people must not be mailed."""
    if file.is_dir():
        raise StoreError(f"{file} is a folder; name a file to write to")
    draft = ""
    try:
        handle, draft = tempfile.mkstemp(dir=file.parent, prefix=".campaign-", suffix=file.suffix)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.replace(draft, file)
    except OSError as error:
        if draft and os.path.exists(draft):
            os.unlink(draft)
        raise StoreError(
            f"{file} cannot be written ({error.strerror}); choose another place for the export"
        ) from error
