"""The recommender keeps its rules, and every reason is true in the orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from retrieval.embedding import HashEmbedder
from retrieval.query import Filters
from retrieval.recommend import Context, Recommender, open_recommender
from retrieval.search import Search
from retrieval.vectors import MemoryVectors
from shop.settings import Settings
from shop.store import Store
from shop.types import Consent, Customer, Event, Money, Order, OrderLine, Product

TODAY = date(2011, 9, 9)
TITLES = {
    "teapot": "Rose Teapot",
    "cup": "Rose Tea Cup",
    "saucer": "Rose Saucer",
    "soap": "Lavender Soap",
    "towel": "Blue Hand Towel",
    "gone": "Sold Out Vase",
    "late": "Future Lamp",
    "rare": "Rare Clock",
}


def money(text: str) -> Money:
    return Money(Decimal(text), "GBP")


def order(number: int, customer: str, products: list[str], days_ago: int) -> Order:
    at = datetime(2011, 9, 9, 12, tzinfo=UTC) - timedelta(days=days_ago)
    lines = tuple(OrderLine(id_, TITLES[id_], 1, money("2.00")) for id_ in products)
    return Order(str(number), customer, lines, placed_at=at, country="United Kingdom")


class Shop(NamedTuple):
    store: Store
    search: Search
    settings: Settings

    def opened(self, **settings: object) -> Recommender:
        return open_recommender(self.store, self.search, self.settings.model_copy(update=settings))


ORDERS = [
    *(order(n, f"c{n}", ["teapot", "cup"], 5 + n) for n in range(1, 6)),
    *(order(10 + n, f"d{n}", ["teapot", "saucer", "towel"], 8) for n in range(1, 4)),
    *(order(20 + n, f"e{n}", ["gone", "towel"], 3) for n in range(1, 5)),
    order(30, "regular", ["teapot", "soap"], 65),
    order(31, "regular", ["soap"], 32),
    order(32, "private", ["teapot"], 20),
    order(33, "c1", ["rare", "cup"], 2),
    *(order(40 + n, f"f{n}", ["late"], -3) for n in range(1, 6)),
    *(order(60 + n, f"g{n}", ["soap"], 4) for n in range(1, 4)),
]


@pytest.fixture(scope="module")
def recommender(shop: Shop) -> Recommender:
    return open_recommender(shop.store, shop.search, shop.settings)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("shop")
    settings = Settings(shop=folder, today=TODAY, embedder="hash:", vectors="memory:")
    products = [
        Product(id_, title, price=money("2.00"), in_stock=False if id_ == "gone" else None)
        for id_, title in TITLES.items()
    ]
    vectors = MemoryVectors()
    vectors.upsert(list(TITLES), HashEmbedder().embed(list(TITLES.values())), [{}] * len(TITLES))
    with Store(settings.database_url) as store:
        store.put_products(products)
        names = sorted({o.customer_id for o in ORDERS})
        store.put_customers(
            Customer(n, country="United Kingdom", consent=Consent(personalisation=n != "private"))
            for n in names
        )
        store.put_orders(ORDERS)
        search = Search(products, [], HashEmbedder(), vectors, MemoryVectors())
        yield Shop(store, search, settings)


def by_id(found: list) -> dict:
    return {recommendation.product.id: recommendation for recommendation in found}


def reason(recommendation: object, code: str) -> dict:
    return next(dict(r.evidence) for r in recommendation.reasons if r.code == code)


def test_goes_with_counts_customers(recommender: Recommender) -> None:
    found = by_id(recommender.recommend(Context(seeds=("teapot",))))
    assert reason(found["cup"], "bought_together") == {"title": "Rose Teapot", "customers": 5}
    assert reason(found["saucer"], "bought_together")["customers"] == 3
    assert "rare" not in found
    assert "teapot" not in found


def test_a_guest_gets_what_is_popular_with_evidence(recommender: Recommender) -> None:
    found = by_id(recommender.recommend(Context()))
    evidence = reason(found["teapot"], "popular")
    assert (evidence["customers"], evidence["days"]) == (9, 30)
    assert all(r.reasons for r in found.values())


def test_never_sold_out_excluded_or_from_the_future(recommender: Recommender) -> None:
    for context in (Context(), Context(seeds=("towel",)), Context(customer_id="e1")):
        found = by_id(recommender.recommend(context, 20))
        assert not {"gone", "late"} & set(found)
    assert "teapot" not in by_id(recommender.recommend(Context(exclude=frozenset({"teapot"}))))
    assert "cup" not in by_id(recommender.recommend(Context(basket=("cup",))))


def test_due_again_and_because_bought(recommender: Recommender) -> None:
    found = by_id(recommender.recommend(Context(customer_id="regular")))
    assert reason(found["soap"], "due_again") == {
        "title": "Lavender Soap",
        "date": "2011-08-08",
        "every_days": 33,
    }
    assert reason(found["cup"], "because_bought")["title"] == "Rose Teapot"
    assert reason(found["cup"], "because_bought")["date"] == "2011-07-06"
    assert "teapot" not in found


def test_what_to_buy_again_is_what_was_bought_before_and_what_is_due_leads(recommender: Recommender) -> None:
    found = recommender.recommend(Context(customer_id="regular", again=True))
    assert found[0].product.id == "soap" and "teapot" in by_id(found)
    leading = {each.product.id: each.reasons[0].code for each in found}
    assert leading.pop("soap") == "due_again" and set(leading.values()) == {"bought_before"}
    evidence = {"title": "Rose Teapot", "times": 0, "date": "2011-07-06"}
    assert reason(by_id(found)["teapot"], "bought_before") == evidence
    assert recommender.recommend(Context(again=True)), "who bought nothing gets what many buy"


def test_what_was_just_said_counts(recommender: Recommender) -> None:
    liked = by_id(recommender.recommend(Context(said=(("likes", "soap"),))))
    assert reason(liked["soap"], "said_like")["words"] == "soap"
    assert "teapot" not in by_id(recommender.recommend(Context(said=(("dislikes", "teapot"),))))


@pytest.mark.parametrize(
    "context", [Context(customer_id="regular", use_history=False), Context(customer_id="private")]
)
def test_history_stays_out_where_it_must(recommender: Recommender, context: Context) -> None:
    found = recommender.recommend(context)
    assert found
    assert not {r.code for each in found for r in each.reasons} & {"because_bought", "due_again", "similar"}
    assert "teapot" in by_id(found)


def test_filters_hold_and_are_a_reason(recommender: Recommender) -> None:
    found = recommender.recommend(Context(filters=Filters(colours=("blue",))))
    assert [r.product.id for r in found] == ["towel"]
    assert found[0].reasons[-1].code == "matches_request"
    assert recommender.recommend(Context(filters=Filters(max_price=Decimal("1")))) == []


def test_unknown_customer_and_product(recommender: Recommender) -> None:
    stranger = recommender.recommend(Context(customer_id="nobody", seeds=("no such",)))
    assert all(r.reasons and r.product.id != "no such" for r in stranger)
    assert recommender.recommend(Context(), 0) == []


NOW = datetime(2011, 9, 9, 12, tzinfo=UTC)


def did(shop: Shop, customer: str, name: str, product: str) -> None:
    shop.store.put_events([Event(name, customer, NOW, {"product_id": product})])


def codes(found: list) -> set[str]:
    return {reason.code for one in found for reason in one.reasons}


def test_an_event_changes_the_next_recommendation(shop: Shop, recommender: Recommender) -> None:
    shop.store.put_customers([Customer("fresh", country="United Kingdom")])
    before = recommender.recommend(Context(customer_id="fresh"))
    assert before and codes(before) <= {"popular"}
    did(shop, "fresh", "Product Viewed", "teapot")
    after = by_id(recommender.recommend(Context(customer_id="fresh")))
    assert reason(after["cup"], "because_viewed") == {
        "title": "Rose Teapot",
        "date": "2011-09-09",
        "customers": 5,
    }
    did(shop, "fresh", "Product Disliked", "cup")
    assert "cup" not in by_id(recommender.recommend(Context(customer_id="fresh"), 20))
    shop.store.remember("fresh", "likes", "towels")
    said = by_id(recommender.recommend(Context(customer_id="fresh")))
    assert reason(said["towel"], "said_like")["words"] == "towels"
    shop.store.remember("fresh", "dislikes", "towels")
    assert "towel" not in by_id(recommender.recommend(Context(customer_id="fresh"), 20))


def test_whether_orders_changed_is_looked_at_every_half_minute(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender, seconds, counted = shop.opened(), [0.0], []
    count = shop.store.count
    monkeypatch.setattr(shop.store, "count", lambda kind: counted.append(kind) or count(kind))
    monkeypatch.setattr("retrieval.recommend.blend.time", SimpleNamespace(monotonic=lambda: seconds[0]))
    looks = []
    for seconds[0] in (0.0, 29.0, 31.0, 32.0, 60.0, 62.0):
        counted.clear()
        assert recommender.recommend(Context())
        looks.append(bool(counted))
    assert looks == [True, False, True, False, False, True]


def test_what_was_sent_back_stays_away(shop: Shop, recommender: Recommender) -> None:
    shop.store.put_customers([Customer("unhappy")])
    back = replace(
        order(90, "unhappy", ["towel"], 40),
        lines=(OrderLine("towel", "Blue Hand Towel", 2, money("2.00"), returned=2),),
    )
    shop.store.put_orders([back])
    assert "towel" not in by_id(recommender.recommend(Context(customer_id="unhappy"), 20))
    assert "towel" not in by_id(recommender.recommend(Context(customer_id="unhappy", seeds=("teapot",)), 20))


def test_a_guest_is_known_by_the_visit_alone(shop: Shop, recommender: Recommender) -> None:
    talk = shop.store.start_conversation()
    other = shop.store.start_conversation()
    shop.store.note_visit(talk, "Product Viewed", "teapot", NOW)
    found = by_id(recommender.recommend(Context(conversation_id=talk)))
    assert reason(found["cup"], "because_viewed")["customers"] == 5
    assert "because_viewed" not in codes(recommender.recommend(Context(conversation_id=other)))
    assert "because_viewed" not in codes(
        recommender.recommend(Context(conversation_id=talk, use_history=False))
    )


def test_a_guests_country_counts(shop: Shop, recommender: Recommender) -> None:
    here = by_id(recommender.recommend(Context(country="United Kingdom")))
    assert reason(here["teapot"], "popular") == {"customers": 9, "country": "United Kingdom", "days": 30}
    there = by_id(recommender.recommend(Context(country="Atlantis")))
    assert reason(there["teapot"], "popular")["country"] == ""


def test_pins_lead_where_no_rule_refuses_them_and_what_is_blocked_never_comes(shop: Shop) -> None:
    pinned = shop.opened(recommend_pins=("rare", "gone"))
    found = pinned.recommend(Context(), 3)
    assert found[0].product.id == "rare" and codes(found[:1]) == {"pinned"}
    assert "gone" not in by_id(found)
    assert "rare" not in by_id(pinned.recommend(Context(seeds=("teapot",)), 20)), "goes with is not for sale"
    assert "rare" not in by_id(pinned.recommend(Context(exclude=frozenset({"rare"})), 20))
    blocked = shop.opened(recommend_block=("teapot",))
    for context in (Context(), Context(seeds=("cup",)), Context(customer_id="e1")):
        assert "teapot" not in by_id(blocked.recommend(context, 20))


def test_a_deleted_customer_is_a_stranger_at_once(shop: Shop, recommender: Recommender) -> None:
    assert "because_bought" in codes(recommender.recommend(Context(customer_id="d1")))
    shop.store.forget("d1")
    assert codes(recommender.recommend(Context(customer_id="d1"))) <= {"popular", "well_rated"}


def test_a_turned_down_product_takes_its_like_with_it(recommender: Recommender) -> None:
    found = by_id(recommender.recommend(Context(turned_down=("cup",)), 20))
    assert found and "cup" not in found


def test_what_is_new_is_what_was_first_sold_lately(shop: Shop) -> None:
    later = date(2011, 10, 9)
    (found,) = shop.opened(today=later).recommend(Context(new=True, today=later))
    assert found.product.id == "late" and found.reasons[0].code == "new"
    assert reason(found, "new") == {"date": "2011-09-12"}
    known = shop.opened().recommend(Context(new=True))
    assert known, "a young shop's products are all new: then it is what many buy"
    assert "new" not in {each.code for one in known for each in one.reasons}
