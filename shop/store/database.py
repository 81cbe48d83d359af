"""One open database: engine, transactions, schema version, and foreign errors turned into ours.

Knows SQLAlchemy, SQLite's and PostgreSQL's manners; knows nothing of products or customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from shop.errors import StoreError
from shop.store import schema as schema

T = TypeVar("T")

BATCH_ROWS = 5_000
BUSY_TIMEOUT_MS = 15_000


class Database:
    """Open (and where needed create) the database at `url`; a context manager.

    Raises StoreError where it is corrupt, unreachable, unwritable or of a newer version.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise StoreError(
                f"database setting {url!r} is no URL; use sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
            ) from error
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        # The password never reaches a message.
        self.place = str(parsed.database) if self.is_sqlite else parsed.render_as_string(hide_password=True)
        if self.is_sqlite and parsed.database and parsed.database != ":memory:":
            _make_folder(Path(parsed.database))
        try:
            self._engine = create_engine(url, pool_pre_ping=not self.is_sqlite)
        except (NoSuchModuleError, ImportError) as error:
            raise StoreError(
                f"no driver for database {self.place!r}; use sqlite:///… or postgresql+psycopg://…"
            ) from error
        if self.is_sqlite:
            _set_sqlite_manners(self._engine)
        # Writers announce themselves, so that SQLite locks before their first read, not after it.
        self._writer = self._engine.execution_options(regulars_write=True)
        try:
            self._check_schema()
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Give all connections back; the store cannot be used afterwards."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_schema(self) -> None:
        with self.reading() as connection:
            known = self._engine.dialect.has_table(connection, "meta")
            found = (
                connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "schema_version"))
                if known
                else None
            )
        if found is None:
            with self.writing() as connection:
                schema.tables.create_all(connection)
                self.upsert(
                    connection,
                    schema.meta,
                    [{"key": "schema_version", "value": str(schema.SCHEMA_VERSION)}],
                )
        elif found != str(schema.SCHEMA_VERSION):
            raise StoreError(
                f"database {self.place} has schema version {found} and this Regulars knows "
                f"{schema.SCHEMA_VERSION}; install the newer Regulars or import into a new folder"
            )
        else:
            self._add_new_tables()

    def _add_new_tables(self) -> None:
        """Tables that came after this database was made."""
        with self.reading() as connection:
            known = set(inspect(connection).get_table_names())
        missing = [table for table in schema.tables.sorted_tables if table.name not in known]
        if missing:
            with self.writing() as connection:
                schema.tables.create_all(connection, tables=missing)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reads, all seeing one state of the database."""
        with self._mapped(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in one transaction: committed at the end, undone by any error."""
        with self._mapped(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise _explained(error, self.place) from error

    def upsert(
        self, connection: Connection, table: Table, rows: Iterable[dict[str, Any]], update: bool = True
    ) -> int:
        """Insert `rows` in batches, replacing (or, without `update`, keeping) those of the same key."""
        make = sqlite.insert if self.is_sqlite else postgresql.insert
        statement = make(table)
        keys = [column.name for column in table.primary_key]
        others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
        if update and others:
            statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
        else:
            statement = statement.on_conflict_do_nothing(index_elements=keys)
        written = 0
        for batch in batches(rows):
            connection.execute(statement, batch)
            written += len(batch)
        return written

    def set_meta(self, key: str, value: str) -> None:
        """Keep one text under `key` (import reports are kept so)."""
        with self.writing() as connection:
            self.upsert(connection, schema.meta, [{"key": key, "value": value}])

    def meta(self, key: str) -> str | None:
        """The text kept under `key`, or None."""
        with self.reading() as connection:
            return connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == key))


def batches(rows: Iterable[T], size: int = BATCH_ROWS) -> Iterator[Sequence[T]]:
    """`rows` in lists of at most `size`."""
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


def _make_folder(file: Path) -> None:
    if file.is_dir():
        raise StoreError(f"database {file} is a folder; name a file in the database setting")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"shop folder {file.parent} cannot be made ({error.strerror}); choose another with --shop"
        ) from error


def _set_sqlite_manners(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")  # forgotten customers leave no bytes behind

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("regulars_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _explained(error: SQLAlchemyError, place: str) -> StoreError:
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    words = cause.casefold()
    if "not a database" in words or "malformed" in words:
        return StoreError(
            f"database {place} is damaged or no Regulars database; move it away and import again"
        )
    if "unable to open" in words or "readonly" in words or "permission denied" in words:
        return StoreError(
            f"database {place} cannot be written ({cause}); mend its rights or choose another --shop"
        )
    if "locked" in words:
        return StoreError(f"database {place} is busy with another process; wait or stop it, then try again")
    if "disk is full" in words or "no space left" in words:
        return StoreError(f"database {place} has no room left on its disk; make room and try again")
    if isinstance(error, IntegrityError):
        return StoreError(f"database {place} refused a row ({cause}); use an id it does not hold yet")
    return StoreError(f"database {place} cannot answer ({cause}); check that it is there and running")
