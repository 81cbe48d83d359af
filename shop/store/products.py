"""The catalogue: products, and which of them changed since when.

Every write notes the products it changed under a new revision, so that an index or a running search
brings itself up to date by reading those alone. Knows nothing of indexes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, Text, bindparam, delete, insert, select, text, type_coerce

from shop.store import rows as rows
from shop.store import schema as schema
from shop.store.database import Database, batches
from shop.types import Product

QUERY_IDS = 500
PAGE = 2_000
REVISION = schema.product_changes.c.revision
# Asked at every turn, so they are built once.
_LAST_CHANGE = select(REVISION, schema.product_changes.c.mark).order_by(REVISION.desc()).limit(1)
_BY_ID = select(schema.products).where(schema.products.c.id.in_(bindparam("ids", expanding=True)))


class Products(Database):
    """Reads and writes of products."""

    def products(self) -> list[Product]:
        """Every product, by id."""
        return list(self.each_product())

    def each_product(self) -> Iterator[Product]:
        """Every product, by id, some thousand in memory at a time. What is written meanwhile may or may
        not be among them; `product_revision` read before tells what to look at again."""
        last: str | None = None
        while True:
            query = select(schema.products).order_by(schema.products.c.id).limit(PAGE)
            if last is not None:
                query = query.where(schema.products.c.id > last)
            with self.reading() as connection:
                page = [rows.product_from_row(row) for row in connection.execute(query).mappings()]
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1].id

    def product_ids(self) -> list[str]:
        """Every product's id."""
        with self.reading() as connection:
            return list(connection.scalars(select(schema.products.c.id).order_by(schema.products.c.id)))

    def product_titles(self) -> dict[str, str]:
        """Every product's title by its id."""
        with self.reading() as connection:
            found = connection.execute(select(schema.products.c.id, schema.products.c.title))
            return {id_: title for id_, title in found}

    def product(self, product_id: str) -> Product | None:
        """One product, or None."""
        return self.products_by_id([product_id]).get(product_id)

    def products_by_id(self, product_ids: Iterable[str]) -> dict[str, Product]:
        """Those of `product_ids` that exist, in the order asked for."""
        wanted = list(dict.fromkeys(product_ids))
        found: dict[str, Product] = {}
        with self.reading() as connection:
            for ids in batches(wanted, QUERY_IDS):
                for row in connection.execute(_BY_ID, {"ids": ids}).mappings().all():
                    found[row["id"]] = rows.product_from_row(row)
        return {id_: found[id_] for id_ in wanted if id_ in found}

    # -- writing -----------------------------------------------------------------------------------

    def remove_products(self, product_ids: Iterable[str]) -> int:
        """Take products out of the catalogue, unknown ids are ignored; products removed."""
        with self.writing() as connection:
            return self._remove_products(connection, product_ids)

    def _remove_products(self, connection: Connection, product_ids: Iterable[str]) -> int:
        self._hold_back_writers(connection)
        removed = 0
        for ids in batches(dict.fromkeys(product_ids), QUERY_IDS):
            known = connection.scalars(
                select(schema.products.c.id).where(schema.products.c.id.in_(ids))
            ).all()
            connection.execute(delete(schema.products).where(schema.products.c.id.in_(ids)))
            self._note_change(connection, known)
            removed += len(known)
        return removed

    def _write_products(self, connection: Connection, products: Iterable[Product]) -> int:
        """Insert or replace; what is the same already is neither written nor noted as changed."""
        written = 0
        for batch in batches(products):
            if not written:
                self._hold_back_writers(connection)
            found = {product.id: rows.product_to_row(product) for product in batch}
            same = self._unchanged(connection, found)
            changed = [row for id_, row in found.items() if id_ not in same]
            self.upsert(connection, schema.products, changed)
            self._note_change(connection, [row["id"] for row in changed])
            written += len(batch)
        return written

    def _unchanged(self, connection: Connection, found: dict[str, rows.Row]) -> set[str]:
        table, same = schema.products.c, set()
        as_text = schema.Document().process_bind_param
        for ids in batches(found, QUERY_IDS):
            query = select(table.id, table.title, type_coerce(table.document, Text)).where(table.id.in_(ids))
            for id_, title, document in connection.execute(query):
                new = found[id_]
                if title == new["title"] and document == as_text(new["document"], connection.dialect):
                    same.add(id_)
        return same

    # -- what changed ------------------------------------------------------------------------------

    def product_revision(self) -> tuple[int, str]:
        """(number, mark) of the last change to products; (0, "") before the first that was noted."""
        with self.reading() as connection:
            found = connection.execute(_LAST_CHANGE).first()
        return (found[0], found[1]) if found else (0, "")

    def products_changed_since(self, revision: int, mark: str) -> list[str] | None:
        """Ids written or removed after a revision; None where this database never had that revision or
        has forgotten what came after it, so that everything may have changed."""
        changes = schema.product_changes.c
        with self.reading() as connection:
            if revision and connection.scalar(select(changes.mark).where(REVISION == revision)) != mark:
                return None
            query = select(changes.ids).where(revision < REVISION).order_by(REVISION)
            found = [id_ for ids in connection.scalars(query) for id_ in ids]
        return list(dict.fromkeys(found))

    def forget_changes(self, before: int) -> None:
        """Drop the notes of revisions older than `before`, which nobody will ask for again."""
        with self.writing() as connection:
            connection.execute(delete(schema.product_changes).where(before > REVISION))

    def _hold_back_writers(self, connection: Connection) -> None:
        """Revisions must be seen in their order: where two may write at once, one waits for the other."""
        if not self.is_sqlite:
            connection.execute(text("LOCK TABLE product_changes IN EXCLUSIVE MODE"))

    def _note_change(self, connection: Connection, ids: Sequence[str]) -> None:
        if ids:
            values = {"mark": secrets.token_hex(8), "ids": list(ids)}
            connection.execute(insert(schema.product_changes).values(values))
