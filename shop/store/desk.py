"""What the support desk keeps: who looked at whom, what was suggested and used, ready-made replies.

Knows their queries; decides nothing about who may look or what is learnt from.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from sqlalchemy import delete, func, select, update

from shop.errors import NotFound
from shop.store import schema as schema
from shop.store.conversations import new_id
from shop.store.database import Database

Looked = Literal["record", "contact", "question"]


class CustomerView(NamedTuple):
    """One look at a customer's data: `what` is "record", "contact" (unmasked) or "question"."""

    customer_id: str
    staff: str
    what: str
    at: datetime


class Suggestion(NamedTuple):
    """Something staff were suggested about a customer, and what became of it.

    `asked` is what it answers, `used_text` what staff made of it ('' while unused); `vote` is 1, -1 or 0.
    """

    id: str
    customer_id: str
    kind: str
    staff: str
    at: datetime
    asked: str
    text: str
    used_text: str
    vote: int
    reason: str


class Macro(NamedTuple):
    """A ready-made reply; `text` may hold placeholders such as {{customer.first_name}}."""

    name: str
    text: str
    tags: str = ""


class Desk(Database):
    """Reads and writes of the support desk's own tables."""

    def add_view(self, customer_id: str, staff: str, what: Looked = "record") -> None:
        """Keep that `staff` looked at this customer now."""
        row = {"customer_id": customer_id, "staff": staff, "what": what, "at": datetime.now(UTC)}
        with self.writing() as connection:
            connection.execute(schema.customer_views.insert(), row)

    def views_of(self, customer_id: str) -> list[CustomerView]:
        """Every look at a customer, newest first."""
        table = schema.customer_views
        query = (
            select(table.c.customer_id, table.c.staff, table.c.what, table.c.at)
            .where(table.c.customer_id == customer_id)
            .order_by(table.c.position.desc())
        )
        with self.reading() as connection:
            return [CustomerView(*row) for row in connection.execute(query)]

    def recent_customers(self, staff: str, limit: int = 8) -> list[str]:
        """Ids of the customers whom `staff` looked at last, latest first."""
        table = schema.customer_views
        latest = func.max(table.c.position)
        query = (
            select(table.c.customer_id)
            .where(table.c.staff == staff, table.c.what == "record")
            .group_by(table.c.customer_id)
            .order_by(latest.desc())
            .limit(limit)
        )
        with self.reading() as connection:
            return list(connection.scalars(query))

    def add_suggestion(self, customer_id: str, kind: str, staff: str, asked: str, text: str) -> str:
        """Keep what was suggested; its id."""
        row = Suggestion(new_id(), customer_id, kind, staff, datetime.now(UTC), asked, text, "", 0, "")
        with self.writing() as connection:
            connection.execute(schema.suggestions.insert(), row._asdict())
        return row.id

    def judge_suggestion(
        self, suggestion_id: str, *, vote: int = 0, reason: str = "", used_text: str = ""
    ) -> None:
        """Keep a thumb and, where it was used, the words that were; NotFound for an unknown suggestion."""
        table = schema.suggestions
        changes: dict[str, object] = {"vote": vote, "reason": reason}
        if used_text:
            changes["used_text"] = used_text
        with self.writing() as connection:
            done = connection.execute(update(table).where(table.c.id == suggestion_id).values(changes))
            if done.rowcount == 0:
                raise NotFound(f"there is no suggestion {suggestion_id}; suggest it again, then vote")

    def suggestions(self) -> list[Suggestion]:
        """Every suggestion, oldest first."""
        table = schema.suggestions
        with self.reading() as connection:
            rows = connection.execute(select(table).order_by(table.c.at, table.c.id))
            return [Suggestion(*row) for row in rows]

    def put_macros(self, macros: Iterable[Macro], *, replace: bool = False) -> int:
        """Keep ready-made replies, by name; with `replace` these are all there are. Rows written."""
        with self.writing() as connection:
            if replace:
                connection.execute(delete(schema.macros))
            return self.upsert(connection, schema.macros, [macro._asdict() for macro in macros])

    def macros(self) -> list[Macro]:
        """Every ready-made reply, by name."""
        table = schema.macros
        with self.reading() as connection:
            return [Macro(*row) for row in connection.execute(select(table).order_by(table.c.name))]
