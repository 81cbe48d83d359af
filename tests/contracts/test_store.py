"""One contract, two databases: SQLite always, PostgreSQL where one listens on 127.0.0.1:5432."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from shop.errors import NotFound, StoreError
from shop.store import SentMessage, Store, TakenStep
from shop.store import schema as schema
from shop.types import (
    Consent,
    Customer,
    Event,
    Money,
    Order,
    OrderLine,
    PolicyPassage,
    Product,
    Rating,
    Return,
    Turn,
    Variant,
)

POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"
NOON = datetime(2011, 9, 1, 12, 30, 15, tzinfo=UTC)


def pounds(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'deep' / 'shop.db'}"
        return
    name = f"regulars_{uuid.uuid4().hex[:12]}"
    try:
        admin = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL listens on 127.0.0.1:5432 ({error})")
    with admin:
        admin.execute(f'CREATE SCHEMA "{name}"')
        try:
            yield f"postgresql+psycopg://postgres@127.0.0.1:5432/test?options=-csearch_path%3D{name}"
        finally:
            admin.execute(f'DROP SCHEMA "{name}" CASCADE')


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as opened:
        yield opened


PRODUCT = Product(
    id="85123A",
    title="White Hanging Heart T-Light Holder “ü”",
    description="Two\nlines",
    bullets=("one", "two"),
    brand="Rex",
    colour="White",
    categories=("Home", "Candle holders"),
    categories_derived=True,
    price=pounds("2.95"),
    list_price=pounds("3.455"),
    price_at=NOON,
    rating=Rating(4.5, 12),
    in_stock=False,
    image_url="https://example.com/a.jpg",
    url="https://example.com/a",
    variants=(Variant("v1", {"Size": "M"}, pounds("2.95"), True, "SKU", 3), Variant("v2")),
    attributes={"material": "glass"},
)
CUSTOMER = Customer(
    id="17850",
    first_name="Ann",
    last_name="O'Brien",
    email="Ann.OBrien@Example.com",
    phone="+44 1234 567 890",
    country="United Kingdom",
    address={"city": "Hull"},
    payment_methods=("credit card ending 9212",),
    since=NOON,
    consent=Consent(marketing_email=True, source="form"),
    tags=("vip",),
)


def order(
    id_: str,
    customer_id: str = "17850",
    at: datetime | None = NOON,
    *,
    price: str = "2.55",
    quantity: int = 6,
    returned: int = 0,
    status: str = "",
) -> Order:
    line = OrderLine("85123A", "Heart", quantity, pounds(price), "v1", {"Size": "M"}, returned)
    return Order(id_, customer_id, (line,), at, status, "paid", "France", ("TRACK1",), ("gift card",))


def turn(conversation_id: str, id_: str, **values: object) -> Turn:
    given: dict[str, object] = {
        "id": id_,
        "conversation_id": conversation_id,
        "customer_id": "17850",
        "at": NOON,
        "message": "hello",
        "reply": "Hi!",
        "intent": "smalltalk",
        "handled_by": "composer",
    }
    return Turn(**(given | values))  # type: ignore[arg-type]


def test_values_come_back_as_they_went_in(store: Store) -> None:
    assert store.put_products([PRODUCT, Product("bare", "Bare")]) == 2
    assert store.products() == [PRODUCT, Product("bare", "Bare")]
    assert store.product("85123A") == PRODUCT
    assert store.product("none") is None
    assert list(store.products_by_id(["bare", "none", "85123A"])) == ["bare", "85123A"]
    assert store.product_titles() == {"85123A": PRODUCT.title, "bare": "Bare"}
    store.put_customers([CUSTOMER])
    assert store.customer("17850") == CUSTOMER
    one = order("#W1", returned=2, status="delivered")
    store.put_orders([one])
    assert store.order("#W1") == one
    back = Return("C1", "17850", "85123A", "Heart", 2, pounds("5.1"), NOON, "#W1")
    store.put_returns([back])
    assert store.returns_of("17850") == [back]
    event = Event("Product Viewed", "17850", NOON, {"product_id": "85123A"})
    store.put_events([event, event])
    assert store.events_of("17850") == [event]
    passages = [PolicyPassage("b", "Returns", "30 days."), PolicyPassage("a", "Delivery", "Two days.")]
    store.put_policies(passages)
    assert store.policies() == passages
    counts = {kind: store.count(kind) for kind in ("products", "customers", "orders", "returns", "events")}
    assert counts == {"products": 2, "customers": 1, "orders": 1, "returns": 1, "events": 1}


def test_writing_again_replaces_by_id(store: Store) -> None:
    store.put_orders([Order("1", "c", (order("1").lines[0], order("1").lines[0]), NOON)])
    store.put_orders([order("1", quantity=1)])
    kept = store.order("1")
    assert kept is not None
    assert [line.quantity for line in kept.lines] == [1]
    store.put_policies([PolicyPassage("old", "Old", "gone")])
    store.put_policies([PolicyPassage("new", "New", "here")])
    assert [passage.id for passage in store.policies()] == ["new"]


def test_a_failing_source_writes_nothing(store: Store) -> None:
    def products() -> Iterator[Product]:
        for number in range(6_000):
            yield Product(f"p{number}", "Thing")
        raise ValueError("row 6001")

    with pytest.raises(ValueError, match="row 6001"):
        store.put_products(products())
    assert store.count("products") == 0
    with pytest.raises(ValueError, match="row 6001"):
        store.put_import(orders=[order("1")], products=products(), meta={"report:products": "{}"})
    assert (store.count("orders"), store.meta("report:products")) == (0, None)


def test_known_customers_survive_an_orders_file(store: Store) -> None:
    store.put_customers([CUSTOMER])
    store.put_import(customers=[Customer("17850"), Customer("new")], keep_known_customers=True)
    assert store.customer("17850") == CUSTOMER
    assert store.customer("new") == Customer("new")


@pytest.mark.parametrize("typed", ["#W1234", "W1234", "w1234", " #w1234 "])
def test_orders_are_found_however_they_are_typed(store: Store, typed: str) -> None:
    store.put_orders([order("#W1234")])
    found = store.order(typed)
    assert found is not None
    assert found.id == "#W1234"


def test_orders_come_newest_first_and_undated_last(store: Store) -> None:
    store.put_orders([order("a", at=None), order("b", at=NOON), order("c", at=NOON + timedelta(days=1))])
    store.put_orders([order("d", at=None), order("guest", "")])
    assert [one.id for one in store.orders_of("17850")] == ["c", "b", "a", "d"]
    assert store.orders_of("") == []


@pytest.mark.parametrize(
    "text",
    ["17850", "ann.obrien@example.com", "ANN O'BRIEN", "o'bri", "obrien@", "#W1", "w1", "1234567890", "1785"],
)
def test_customers_are_found_by_what_people_know(store: Store, text: str) -> None:
    store.put_customers([CUSTOMER, Customer("other", "Bob", "Smith", "bob@example.com")])
    store.put_orders([order("#W1")])
    assert [one.id for one in store.find_customers(text)] == ["17850"]


def test_exact_matches_come_before_parts_and_signs_are_plain_text(store: Store) -> None:
    store.put_customers([Customer("a1785"), Customer("17850"), Customer("1785"), Customer("100%")])
    assert [one.id for one in store.find_customers("1785")] == ["1785", "17850", "a1785"]
    assert [one.id for one in store.find_customers("1785", limit=1)] == ["1785"]
    assert [one.id for one in store.find_customers("0%")] == ["100%"]
    assert store.find_customers("_") == []
    assert store.find_customers("  ") == []
    assert [one.id for one in store.customers(limit=2, offset=1)] == sorted(
        ["a1785", "17850", "1785", "100%"]
    )[1:3]


def test_order_stats_count_what_was_kept(store: Store) -> None:
    store.put_orders(
        [
            order("1", quantity=6, returned=2),
            order("2", at=NOON + timedelta(days=3), price="0.1", quantity=3),
            order("3", status="cancelled"),
            order("g", customer_id=""),
        ]
    )
    store.put_returns([Return("r", "17850", "85123A", "Heart", 2, pounds("5.10"), NOON)])
    (stats,) = store.order_stats()
    assert (stats.customer_id, stats.orders, stats.returns) == ("17850", 2, 1)
    assert (stats.first_at, stats.last_at) == (NOON, NOON + timedelta(days=3))
    assert stats.spent == pounds("10.50")
    (earlier,) = store.order_stats(before=NOON + timedelta(days=1))
    assert (earlier.orders, earlier.spent) == (1, pounds("10.20"))


def test_order_stats_before_a_date_know_no_later_return(store: Store) -> None:
    store.put_orders([order("1", quantity=6, returned=5), order("2", at=NOON + timedelta(days=9))])
    back = [("r", 2, NOON + timedelta(hours=1)), ("s", 2, NOON + timedelta(days=3))]
    store.put_returns(
        [Return(id_, "17850", "85123A", "Heart", n, pounds("9.99"), at, "1") for id_, n, at in back]
    )
    (then,) = store.order_stats(before=NOON + timedelta(days=2))
    # Six bought; two came back by then, and one at a time that nobody wrote down.
    assert then.spent == pounds("7.65")
    (after,) = store.order_stats(before=NOON + timedelta(days=4))
    assert after.spent == pounds("2.55")


def test_predictions_are_kept_by_date_and_replaced_whole(store: Store) -> None:
    store.put_predictions(NOON.date(), 30, "m1", [("17850", 0.25), ("1785", 1.0)])
    store.put_predictions(NOON.date(), 90, "m2", [("17850", 0.5)])
    assert store.put_predictions(NOON.date(), 30, "m3", [("17850", 0.123457)]) == 1
    assert store.predictions(NOON.date(), 30) == {"17850": 0.123457}
    assert [(run.horizon_days, run.model, run.customers) for run in store.prediction_runs()] == [
        (30, "m3", 1),
        (90, "m2", 1),
    ]
    assert store.forget("17850")["predictions"] == 2
    assert store.prediction_runs() == []


def test_sales_and_acts_come_in_batches_with_days_and_worth(store: Store) -> None:
    store.put_orders([order("1"), order("g", ""), order("x", status="cancelled")])
    store.put_returns([Return("r", "17850", "85123A", "Heart", 2, pounds("5.10"), NOON)])
    store.put_events([Event("Product Viewed", "17850", NOON)])
    days = (NOON - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() / 86_400
    sales = [row for batch in store.sale_batches() for row in batch]
    assert sales == [("17850", "1", days, "France", "85123A", 6, 2.55, "GBP")]
    acts = [row for batch in store.act_batches() for row in batch]
    assert acts == [
        ("17850", "Product Viewed", days, 0.0, ""),
        ("17850", "Order Refunded", days, 5.1, "GBP"),
    ]


def test_purchases_stream_every_line_but_cancelled_ones(store: Store) -> None:
    store.put_orders([order("1"), order("g", ""), order("x", status="cancelled")])
    assert sorted(store.purchases()) == [
        ("", "85123A", 6, NOON, "g", "France"),
        ("17850", "85123A", 6, NOON, "1", "France"),
    ]


def test_a_conversation_is_kept_in_order(store: Store) -> None:
    talk = store.start_conversation("17850")
    assert store.conversation_customer(talk) == "17850"
    assert store.conversation_customer("none") is None
    assert store.conversation_customer(store.start_conversation()) == ""
    first = turn(
        talk,
        "t1",
        message="under £5?",
        acts=("show",),
        cards=({"id": "85123A", "price": {"amount": "2.95"}},),
        sources=({"kind": "product", "id": "85123A"},),
        quick_replies=("In blue",),
        state={"shown": ["85123A"]},
        trace={"ms": 3.5},
    )
    second = turn(talk, "t2", message="a person please", acts=("handoff",))
    store.add_turn(first)
    store.add_turn(second)
    assert store.turns(talk) == [first, second]
    assert store.turn("t1") == first
    assert store.turn("none") is None
    assert store.handed_off(5) == [second]
    ((id_, _, turns, last),) = store.conversations_of("17850")
    assert (id_, turns, last) == (talk, 2, "a person please")
    store.set_vote("t1", -1, "wrong price")
    voted = store.turn("t1")
    assert voted is not None
    assert (voted.vote, voted.vote_reason) == (-1, "wrong price")
    with pytest.raises(NotFound):
        store.set_vote("none", 1, "")
    with pytest.raises(NotFound):
        store.add_turn(turn("none", "t3"))
    with pytest.raises(StoreError, match="use an id"):
        store.add_turn(second)


def test_text_that_databases_refuse_is_cleaned(store: Store) -> None:
    talk = store.start_conversation()
    store.add_turn(turn(talk, "t", message="a\x00b\ud800 😀", state={"x": "\x00\ud800"}))
    (kept,) = store.turns(talk)
    assert kept.message == "ab? 😀"
    assert kept.state == {"x": "\x00\ud800"}


def test_memory_cart_and_campaign(store: Store) -> None:
    store.remember("17850", "likes", "blue", "t1")
    store.remember("17850", "dislikes", "blue", "t2")
    ((kind, value, _, source),) = store.memories("17850")
    assert (kind, value, source) == ("dislikes", "blue", "t2")
    talk = store.start_conversation()
    assert store.cart(talk) == {}
    store.put_cart(talk, {"b": 2, "a": 1})
    assert list(store.cart(talk).items()) == [("b", 2), ("a", 1)]
    campaign_id = store.save_campaign("Autumn", "win back", {"days": 90})
    saved = store.campaign(campaign_id)
    assert saved is not None
    assert (saved.name, saved.goal, saved.document) == ("Autumn", "win back", {"days": 90})
    assert store.campaign("none") is None
    store.put_draft(campaign_id, "17850", {"subject": "Hi"}, "drafted")
    store.put_draft(campaign_id, "17850", {"subject": "Hello"}, "approved")
    (draft,) = store.drafts(campaign_id)
    assert (draft.document, draft.status) == ({"subject": "Hello"}, "approved")
    assert [one.id for one in store.campaigns()] == [campaign_id]


def test_a_campaign_keeps_members_messages_and_steps(store: Store) -> None:
    id_ = store.save_campaign("Autumn", "win back", {}, [("b", {"n": 1}), ("a", {"n": 2})])
    assert store.members(id_) == [("b", {"n": 1}), ("a", {"n": 2})]
    sent = SentMessage(id_, "a", "email", "Warm", "sending", NOON, {"subject": "Hi"})
    store.put_messages([sent])
    store.put_messages([replace(sent, status="exported")], replace=False)
    assert store.messages(id_) == store.messages_of("a") == [sent]
    store.put_messages([replace(sent, status="bounced")])
    assert store.last_messages("email") == {} and store.messages(id_)[0].status == "bounced"
    store.put_messages([replace(sent, status="sent")])
    assert store.last_messages("email") == {"a": NOON}
    assert store.last_messages("email", but=id_) == store.last_messages("sms") == {}
    step = TakenStep(id_, "approved", "ada", NOON, {"green": 2})
    store.add_step(step)
    assert store.steps(id_) == [step] and store.steps("other") == []


def test_orders_in_time_and_events_by_name(store: Store) -> None:
    store.put_orders([order("A1", "ada"), order("A2", "bob", status="Cancelled"), order("A3", "")])
    assert [(who, id_) for who, _, id_ in store.order_times()] == [("ada", "A1")]
    later = NOON + timedelta(days=1)
    assert [(who, id_) for who, id_, _ in store.order_worth(NOON, later)] == [("ada", "A1")]
    assert store.order_worth(later, later + timedelta(days=1)) == []
    opened = Event("Email Opened", "ada", NOON, {"campaign": "c"})
    store.put_events([opened, opened, Event("Product Viewed", "ada", NOON)])
    assert store.events_named(["Email Opened"]) == [opened]


def test_forgetting_leaves_no_row_about_the_customer(store: Store) -> None:
    store.put_customers([CUSTOMER, Customer("other")])
    store.put_orders([order("#W1"), order("#W2", "other")])
    store.put_returns([Return("r", "17850", "85123A", "Heart", 1, pounds("1"))])
    store.put_events([Event("Customer Viewed", "17850", NOON)])
    talk = store.start_conversation("17850")
    store.add_turn(turn(talk, "t"))
    store.put_cart(talk, {"85123A": 1})
    store.note_visit(talk, "Product Viewed", "85123A", NOON)
    store.remember("17850", "likes", "blue", "t")
    campaign = store.save_campaign("A", "g", {}, [("17850", {})])
    store.put_draft(campaign, "17850", {}, "drafted")
    store.put_messages([SentMessage(campaign, "17850", "email", "A", "sent", NOON, {})])
    store.put_predictions(NOON.date(), 30, "m", [("17850", 0.5), ("other", 0.5)])
    store.add_view("17850", "mo")
    store.add_suggestion("17850", "reply", "mo", "Where is it?", "On its way.")
    counts = store.forget("17850")
    assert counts.pop("orders_kept_without_name") == 1
    assert set(counts.values()) == {1}
    kept = store.order("#W1")
    assert kept is not None
    assert (kept.customer_id, kept.tracking, kept.payments, kept.ship_to) == ("", (), (), {})
    with store.reading() as connection:
        for table in schema.tables.sorted_tables:
            assert "17850" not in str(connection.execute(select(table)).all()), table.name
    assert store.customer("other") is not None
    assert not any(store.forget("17850").values())
    assert store.forget("") == {}


def test_many_threads_may_write_and_read(store: Store) -> None:
    talk = store.start_conversation()
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            for step in range(5):
                store.add_turn(turn(talk, f"{number}-{step}"))
                store.turns(talk)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.turns(talk)) == 30


def test_a_newer_schema_is_refused(url: str) -> None:
    with Store(url) as store:
        store.set_meta("schema_version", "99")
    with pytest.raises(StoreError, match="schema version 99"):
        Store(url)


def test_it_is_still_there_after_closing(url: str) -> None:
    with Store(url) as store:
        store.put_products([PRODUCT])
        store.set_meta("note", "kept")
    with Store(url) as store:
        assert store.products() == [PRODUCT]
        assert (store.meta("note"), store.meta("none")) == ("kept", None)


def test_counting_something_unknown_says_what_can_be_counted(store: Store) -> None:
    with pytest.raises(StoreError, match="products, customers"):
        store.count("unicorns")


# -- databases that cannot be opened -------------------------------------------------------------


def test_a_corrupt_file_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    file.write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(StoreError, match="damaged or no Regulars database; move it away"):
        Store(f"sqlite:///{file}")


def test_a_damaged_page_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    with Store(f"sqlite:///{file}") as store:
        store.put_products([Product(f"p{n}", "Thing " * 20) for n in range(500)])
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(file.read_bytes())
    data[4096 : len(data)] = b"\xff" * (len(data) - 4096)
    file.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"), Store(f"sqlite:///{file}") as store:
        store.products()


def test_an_unwritable_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be made"):
        Store(f"sqlite:///{tmp_path / 'file' / 'deeper' / 'shop.db'}")
    with pytest.raises(StoreError, match="is a folder"):
        Store(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("url", ["nonsense", "oracle+nothing://x/y"])
def test_a_bad_url_is_one_sentence(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///"):
        Store(url)


def test_an_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match="check that it is there and running") as caught:
        Store("postgresql+psycopg://shop:hunter2@127.0.0.1:1/shop")
    assert "hunter2" not in str(caught.value)


def test_a_locked_database_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.store.database.BUSY_TIMEOUT_MS", 50)
    file = tmp_path / "shop.db"
    with Store(f"sqlite:///{file}") as store:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="busy with another process"):
            store.set_meta("a", "b")
        other.close()


# -- what changed ---------------------------------------------------------------------------------


def test_products_note_what_changed(store: Store) -> None:
    assert store.product_revision() == (0, "")
    store.put_products([Product("a", "Mug"), Product("b", "Cup"), Product("c", "Tea pot")])
    first = store.product_revision()
    assert store.products_changed_since(0, "") == ["a", "b", "c"]
    assert store.products_changed_since(*first) == []

    store.put_products([Product("a", "Mug"), Product("b", "Cup", price=pounds("2.50"))])
    assert store.products_changed_since(*first) == ["b"], "what is the same is not noted"
    second = store.product_revision()
    assert store.remove_products(["c", "unknown"]) == 1
    assert store.products_changed_since(*second) == ["c"]
    assert store.products_changed_since(*first) == ["b", "c"]
    assert store.product_ids() == ["a", "b"]
    assert [product.id for product in store.each_product()] == ["a", "b"]

    store.put_import(products=[Product("d", "Jug")], removed_products=["a"])
    assert store.product_ids() == ["b", "d"]
    assert store.products_changed_since(*second) == ["c", "d", "a"]

    assert store.products_changed_since(first[0], "of another database") is None
    store.forget_changes(second[0])
    assert store.products_changed_since(*second) == ["c", "d", "a"]
    assert store.products_changed_since(*first) is None, "what is forgotten may be anything"


def test_a_failed_write_notes_nothing(store: Store) -> None:
    def broken() -> Iterator[Product]:
        yield Product("a", "Mug")
        raise RuntimeError("the file ends here")

    with pytest.raises(RuntimeError):
        store.put_products(broken())
    assert store.product_revision() == (0, "")
    assert store.product_ids() == []


def test_a_database_of_before_gets_the_new_table(url: str) -> None:
    with Store(url) as store:
        store.put_products([Product("a", "Mug")])
        with store.writing() as connection:
            schema.product_changes.drop(connection)
    with Store(url) as store:
        assert store.product_revision() == (0, "")
        store.put_products([Product("b", "Cup")])
        assert store.products_changed_since(0, "") == ["b"]


def test_every_product_is_read_in_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.store.products.PAGE", 3)
    for count in (0, 2, 3, 7):
        store.put_products(Product(f"p{n}", f"Mug {n}") for n in range(count))
        assert [product.id for product in store.each_product()] == [f"p{n}" for n in range(count)]


def test_deeds_are_of_all_kinds_oldest_first_and_of_whom_they_are(store: Store) -> None:
    def at(day: int) -> datetime:
        return NOON + timedelta(days=day)

    def bought(id_: str, customer: str, product: str, **more: Any) -> Order:
        line = OrderLine(product, product, 2, pounds("1"), returned=more.pop("returned", 0))
        return Order(id_, customer, (line,), **more)

    store.put_orders(
        [
            bought("1", "ann", "late", placed_at=at(9)),
            bought("2", "ann", "back", placed_at=at(1), returned=1),
            bought("3", "ann", "undated"),
            bought("4", "ann", "never", placed_at=at(2), status="cancelled"),
            bought("5", "bob", "other", placed_at=at(3)),
            bought("6", "", "guest", placed_at=at(3)),
        ]
    )
    store.put_returns([Return("r", "ann", "late", "", 1, pounds("1"), at(12), "1")])
    store.put_events(
        [
            Event("Product Viewed", "ann", at(5), {"product_id": "seen"}),
            Event("Product Viewed", "ann", at(6), {}),
            Event("Page Viewed", "ann", at(6), {"product_id": "no deed"}),
            Event("Product Liked", "bob", at(2), {"product_id": "seen"}),
        ]
    )
    found = store.interactions(["ann", "bob", "nobody", ""])
    assert found == {
        "ann": [
            ("Order Completed", "undated", None),
            ("Order Completed", "back", at(1)),
            ("Order Refunded", "back", at(1)),
            ("Product Viewed", "seen", at(5)),
            ("Order Completed", "late", at(9)),
            ("Order Refunded", "late", at(12)),
        ],
        "bob": [("Product Liked", "seen", at(2)), ("Order Completed", "other", at(3))],
    }
