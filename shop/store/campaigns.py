"""Campaigns as kept: the plan, each customer's draft, what was sent to whom, and who approved it.

Knows their queries; decides nothing about who may be written to (that is the assistant's job).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from shop.store import rows as rows
from shop.store import schema as schema
from shop.store.conversations import new_id
from shop.store.database import Database
from shop.types import Event


@dataclass(frozen=True, slots=True)
class StoredCampaign:
    """A campaign as saved; `document` is the caller's own JSON-ready content."""

    id: str
    name: str
    goal: str
    created_at: datetime
    document: Any


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """One customer's draft of a campaign as saved."""

    campaign_id: str
    customer_id: str
    document: Any
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message that was handed over or sent. `status` is "exported" (to the shop's mailing
    service), "sending" (the mail server's answer is not known), "sent", "bounced" or "failed".
    `document` holds `subject`, and `body` of what was said."""

    campaign_id: str
    customer_id: str
    channel: str
    variant: str
    status: str
    at: datetime
    document: Any


@dataclass(frozen=True, slots=True)
class TakenStep:
    """Something done with a campaign: "approved", "exported" or "sent", by whom and when."""

    campaign_id: str
    step: str
    by: str
    at: datetime
    document: Any


class Campaigns(Database):
    """Reads and writes of campaigns."""

    def save_campaign(
        self, name: str, goal: str, document: object, members: Iterable[tuple[str, object]] = ()
    ) -> str:
        """Keep a new campaign with its JSON-ready `document` and its members, each a customer and a
        document; its id."""
        row = {
            "id": new_id(),
            "name": name,
            "goal": goal,
            "created_at": datetime.now(UTC),
            "document": document,
        }
        written = (
            {"campaign_id": row["id"], "customer_id": who, "position": position, "document": kept}
            for position, (who, kept) in enumerate(members)
        )
        with self.writing() as connection:
            connection.execute(schema.campaigns.insert(), row)
            self.upsert(connection, schema.campaign_members, written)
        return str(row["id"])

    def campaign(self, campaign_id: str) -> StoredCampaign | None:
        """One campaign, or None."""
        query = select(schema.campaigns).where(schema.campaigns.c.id == campaign_id)
        with self.reading() as connection:
            row = connection.execute(query).mappings().first()
        return StoredCampaign(**row) if row else None

    def members(self, campaign_id: str) -> list[tuple[str, Any]]:
        """Whom a campaign chose, in its order: customer and document."""
        table = schema.campaign_members
        query = (
            select(table.c.customer_id, table.c.document)
            .where(table.c.campaign_id == campaign_id)
            .order_by(table.c.position)
        )
        with self.reading() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def campaigns(self) -> list[StoredCampaign]:
        """Every campaign, newest first."""
        query = select(schema.campaigns).order_by(schema.campaigns.c.created_at.desc())
        with self.reading() as connection:
            return [StoredCampaign(**row) for row in connection.execute(query).mappings()]

    # -- drafts ----------------------------------------------------------------------------------

    def put_draft(self, campaign_id: str, customer_id: str, document: object, status: str) -> None:
        """Keep (or replace) one customer's draft."""
        self.put_drafts(campaign_id, [(customer_id, document, status)])

    def put_drafts(self, campaign_id: str, drafts: Iterable[tuple[str, object, str]]) -> None:
        """Keep (or replace) drafts, each a customer, a document and a status; all of them or none."""
        at = datetime.now(UTC)
        written = [
            {"campaign_id": campaign_id, "customer_id": who, "status": status, "at": at, "document": document}
            for who, document, status in drafts
        ]
        with self.writing() as connection:
            self.upsert(connection, schema.drafts, written)

    def draft(self, campaign_id: str, customer_id: str) -> StoredDraft | None:
        """One customer's draft, or None."""
        found = self._drafts(
            (schema.drafts.c.campaign_id == campaign_id) & (schema.drafts.c.customer_id == customer_id)
        )
        return found[0] if found else None

    def drafts(self, campaign_id: str) -> list[StoredDraft]:
        """A campaign's drafts, by customer id."""
        return self._drafts(schema.drafts.c.campaign_id == campaign_id)

    def _drafts(self, where: ColumnElement[bool]) -> list[StoredDraft]:
        query = select(schema.drafts).where(where).order_by(schema.drafts.c.customer_id)
        with self.reading() as connection:
            return [StoredDraft(**row) for row in connection.execute(query).mappings()]

    # -- what was sent ---------------------------------------------------------------------------

    def put_messages(self, messages: Iterable[SentMessage], *, replace: bool = True) -> None:
        """Keep messages, one per campaign and customer; without `replace` a kept one stays as it is."""
        written = (
            {name: getattr(message, name) for name in SentMessage.__dataclass_fields__}
            for message in messages
        )
        with self.writing() as connection:
            self.upsert(connection, schema.messages, written, replace)

    def messages(self, campaign_id: str) -> list[SentMessage]:
        """A campaign's messages, by customer id."""
        return self._messages(schema.messages.c.campaign_id == campaign_id)

    def messages_of(self, customer_id: str) -> list[SentMessage]:
        """The messages a customer was sent, newest first."""
        return sorted(
            self._messages(schema.messages.c.customer_id == customer_id),
            key=lambda message: message.at,
            reverse=True,
        )

    def _messages(self, where: ColumnElement[bool]) -> list[SentMessage]:
        query = select(schema.messages).where(where).order_by(schema.messages.c.customer_id)
        with self.reading() as connection:
            return [SentMessage(**row) for row in connection.execute(query).mappings()]

    def last_messages(self, channel: str, *, but: str = "") -> Mapping[str, datetime]:
        """When each customer was last written to by `channel`, leaving out the campaign `but`."""
        table = schema.messages
        query = (
            select(table.c.customer_id, func.max(table.c.at))
            .where(table.c.channel == channel, table.c.campaign_id != but)
            .where(table.c.status.in_(("exported", "sending", "sent")))
            .group_by(table.c.customer_id)
        )
        with self.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    # -- steps and results -----------------------------------------------------------------------

    def add_step(self, step: TakenStep) -> None:
        """Record that something was done with a campaign."""
        row = {name: getattr(step, name) for name in TakenStep.__dataclass_fields__}
        with self.writing() as connection:
            connection.execute(schema.campaign_steps.insert(), row)

    def steps(self, campaign_id: str) -> list[TakenStep]:
        """What was done with a campaign, oldest first."""
        table = schema.campaign_steps
        query = select(table).where(table.c.campaign_id == campaign_id).order_by(table.c.position)
        with self.reading() as connection:
            found = connection.execute(query).mappings().all()
        return [TakenStep(**{k: v for k, v in row.items() if k != "position"}) for row in found]

    def events_named(self, names: Iterable[str]) -> list[Event]:
        """Every customer's events of these names, oldest first."""
        table = schema.events
        query = select(table).where(table.c.name.in_(list(names))).order_by(table.c.at, table.c.id)
        with self.reading() as connection:
            return [rows.event_from_row(row) for row in connection.execute(query).mappings()]
