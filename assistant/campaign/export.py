"""A campaign's messages as a CSV file for the shop's mailing service, one row per customer.

Consent is asked again at the moment of export and red checks keep a message out. Held-out customers
stand in the file for the later report, without address and text, so that no service can mail them.
Cells that a spreadsheet would run as a formula are disarmed.
"""

from __future__ import annotations

import csv
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.campaign import Campaign, drafts_of
from assistant.campaign.checks import UNSUBSCRIBE
from shop.errors import NotFound, StoreError

if TYPE_CHECKING:
    from assistant.chat import Assistant

COLUMNS = (
    "email",
    "customer_id",
    "subject",
    "preheader",
    "body_text",
    "variant",
    "utm_campaign",
    "holdout",
)
VARIANT = "A"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written and what was not: `refused` holds customer ids and why."""

    path: Path
    written: int
    held_out: int
    without_email: int
    refused: tuple[tuple[str, str], ...]

    def lines(self) -> list[str]:
        """The report for people."""
        found = [f"{self.written} messages written to {self.path}, {self.held_out} customers held out"]
        if self.without_email:
            found.append(
                f"{self.without_email} of them have no e-mail address in the data; match them by customer_id"
            )
        found.extend(f"customer {customer_id} left out: {why}" for customer_id, why in self.refused)
        return found


def disarm_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def export_campaign(assistant: Assistant, campaign: Campaign, path: Path | str) -> ExportReport:
    """Write the drafted messages to `path` (UTF-8, replaced whole). Drafts come from `draft_campaign`.

    Raises NotFound where nothing is drafted yet, StoreError where the file cannot be written.
    """
    drafts = drafts_of(assistant, campaign.id)
    if not drafts:
        raise NotFound(f"campaign {campaign.name} has no drafted messages; draft it first")
    rows: list[dict[str, str]] = []
    refused: list[tuple[str, str]] = []
    written = held_out = without_email = 0
    for member in campaign.audience:
        row = {"customer_id": member.customer_id, "utm_campaign": campaign.name, "holdout": "0"}
        customer = assistant.store.customer(member.customer_id)
        if customer is None:
            refused.append((member.customer_id, "no longer known"))
            continue
        if member.held_out:
            rows.append(row | {"holdout": "1"})
            held_out += 1
            continue
        draft = drafts.get(member.customer_id)
        if draft is None:
            refused.append((member.customer_id, "not drafted"))
            continue
        red = [check.name for check in draft.checks if not check.ok]
        if not customer.consent.marketing_email:
            refused.append((member.customer_id, "no consent to marketing e-mail"))
        elif red or UNSUBSCRIBE not in draft.body:
            refused.append((member.customer_id, f"red: {', '.join(red) or 'Unsubscribe link'}"))
        else:
            written += 1
            without_email += not customer.email
            rows.append(
                row
                | {
                    "email": customer.email,
                    "subject": draft.subject,
                    "preheader": draft.preheader,
                    "body_text": draft.body,
                    "variant": VARIANT,
                }
            )
    file = Path(path)
    _write_rows(file, rows)
    return ExportReport(file, written, held_out, without_email, tuple(refused))


def _write_rows(file: Path, rows: list[dict[str, str]]) -> None:
    """All rows or the old file: a half-written list of people must not be mailed."""
    if file.is_dir():
        raise StoreError(f"{file} is a folder; name a file to write to")
    draft = ""
    try:
        handle, draft = tempfile.mkstemp(dir=file.parent, prefix=".campaign-", suffix=".csv")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, COLUMNS, restval="")
            writer.writeheader()
            writer.writerows({name: disarm_cell(cell) for name, cell in row.items()} for row in rows)
        os.replace(draft, file)
    except OSError as error:
        if draft and os.path.exists(draft):
            os.unlink(draft)
        raise StoreError(
            f"{file} cannot be written ({error.strerror}); choose another place for the export"
        ) from error
