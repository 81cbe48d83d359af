"""The samples as shipped, the formats they come in, policies and the report."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from shop.errors import ConfigError
from shop.report import catalogue_gaps
from shop.samples import CONSENT_SOURCE, SAMPLES, load_sample, sample_folder
from shop.settings import load_settings
from shop.sources import import_file, read_policies, read_products
from shop.store import Store
from shop.types import Money, Rating


def test_every_sample_says_where_it_comes_from() -> None:
    for name in SAMPLES:
        source = (sample_folder(name) / "SOURCE.md").read_text(encoding="utf-8")
        assert "Licen" in source
        assert "http" in source


def test_the_support_desk(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    settings = load_sample("support_desk", tmp_path / "shop", lambda done, total: steps.append((done, total)))
    assert steps[-1] == (1, 1)
    assert (settings.name, settings.currency, settings.locale) == ("Everyday Store", "USD", "en_US")
    assert settings == load_settings(tmp_path / "shop")
    with Store(settings.database_url) as store:
        assert (store.count("products"), store.count("customers"), store.count("orders")) == (50, 500, 1000)
        order = store.order("w2611340")
        assert order is not None
        assert (order.status, order.tracking, order.placed_at) == ("processed", ("357962501027",), None)
        assert order.ship_to["city"] == "New York"
        assert order.total == Money(Decimal("536.65"), "USD")
        assert order.lines[0].options == {"capacity": "1000ml", "material": "glass", "color": "blue"}
        (noah,) = store.find_customers("noah.brown7922@example.com")
        assert noah.payment_methods == ("PayPal", "credit card ending 9212")
        assert noah.consent.source == CONSENT_SOURCE
        share = sum(c.consent.marketing_email for c in store.customers(1000)) / 500
        assert 0.62 < share < 0.78
        kettle = store.product("1075968781")
        assert kettle is not None
        prices = [v.price.amount for v in kettle.variants if v.price and v.available]
        assert kettle.price == Money(min(prices), "USD")
        assert kettle.in_stock is True
        gaps = catalogue_gaps(store)
        assert (gaps.stock, gaps.ratings, gaps.categories, gaps.options) == (True, False, "derived", True)
        headings = [passage.heading for passage in store.policies()]
        assert "Modify pending order > Modify items" in headings
        cancel = next(p for p in store.policies() if p.heading == "Cancel pending order")
        assert "no longer needed" in cancel.text
        report = json.loads(store.meta("report:orders") or "")
        assert report["missing"] == ["order dates"]
        assert any("invented" in c.consent.source for c in store.customers(1))
    customers = json.loads(Store(settings.database_url).meta("report:customers") or "")
    assert "70%" in customers["notes"][0]


def test_a_second_start_changes_nothing_and_another_sample_is_refused(tmp_path: Path) -> None:
    settings = load_sample("support_desk", tmp_path)
    (tmp_path / "shop.toml").write_text('name = "Mine"\ncurrency = "USD"\n', encoding="utf-8")
    with Store(settings.database_url) as store:
        store.put_products([])
        store.set_meta("mine", "kept")
    assert load_sample("support_desk", tmp_path).name == "Mine"
    with Store(settings.database_url) as store:
        assert store.meta("mine") == "kept"
    with pytest.raises(ConfigError, match="already holds the sample support_desk; choose another folder"):
        load_sample("marketplace", tmp_path)
    with pytest.raises(ConfigError, match="giftware, marketplace, support_desk"):
        load_sample("unicorns", tmp_path)


def test_a_shop_of_ones_own_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("Handle,Title,Variant Price\na,Mug,1\n", encoding="utf-8")
    with Store(load_settings(tmp_path).database_url) as store:
        import_file(store, "products", file)
    with pytest.raises(ConfigError, match="a shop of its own"):
        load_sample("support_desk", tmp_path)


def test_the_marketplace(tmp_path: Path) -> None:
    settings = load_sample("marketplace", tmp_path)
    with Store(settings.database_url) as store:
        assert store.count("products") == 6764
        headphones = store.product("B071HMM81V")
        assert headphones is not None
        assert headphones.price == Money(Decimal("29.97"), "USD")
        assert headphones.rating == Rating(4.2, 724)
        assert headphones.category == "Earbud Headphones"
        assert headphones.colour == "Black/Silver"
        assert len(headphones.bullets) == 5
        kindle = store.product("B07CXG6C9W")
        assert kindle is not None
        assert (kindle.price, kindle.in_stock, kindle.categories) == (None, None, ())
        assert kindle.attributes == {"book": "no"}
        assert not any("&rdquo;" in product.title for product in store.products())
        gaps = catalogue_gaps(store)
        assert (gaps.categories, gaps.stock, gaps.ratings) == ("given", False, True)
        assert 0.29 < gaps.prices < 0.30
        report = json.loads(store.meta("report:products") or "")
        assert "prices of 71% of the products" in report["missing"]
        assert "how delivery, returns, refunds and payment work" in report["cannot_answer"]


@pytest.mark.slow
def test_giftware_whole(tmp_path: Path) -> None:
    settings = load_sample("giftware", tmp_path)
    assert str(settings.current_date) == "2011-09-09"
    with Store(settings.database_url) as store:
        counts = {kind: store.count(kind) for kind in ("products", "customers", "orders", "returns")}
        assert counts == {"products": 3570, "customers": 3402, "orders": 12897, "returns": 5702}
        bag = store.product("20725")
        assert bag is not None
        assert (bag.title, bag.price) == ("Lunch Bag Red Retrospot", Money(Decimal("1.65"), "GBP"))
        products = store.products()
        assert sum(1 for product in products if product.categories) > 0.96 * len(products)
        assert sum(1 for _ in store.purchases()) == 322_038
        assert len(store.order_stats()) == 3368


def test_a_policy_in_plain_text_and_markdown(tmp_path: Path) -> None:
    file = tmp_path / "our_policy.txt"
    file.write_text(
        "We are kind.\n\nDELIVERY\n\nTwo days.\n\nReturns\n-------\nThirty days.\n", encoding="utf-8"
    )
    assert [(p.id, p.heading, p.text) for p in read_policies(file).policies] == [
        ("our-policy", "our policy", "We are kind."),
        ("delivery", "Delivery", "Two days."),
        ("returns", "Returns", "Thirty days."),
    ]
    long = "\n\n".join(f"Paragraph {n} " + "word " * 60 for n in range(8))
    file.write_text(f"# Policy\n## Returns\n{long}\n## Returns\nAgain.\n", encoding="utf-8")
    passages = read_policies(file).policies
    assert all(len(passage.text) <= 900 for passage in passages)
    assert len({passage.id for passage in passages}) == len(passages) > 3
    assert "".join(p.text for p in passages).count("Paragraph") == 8


def test_the_report_in_words(tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("Handle,Title,Variant Price,Status\na,Red Mug,1,active\nb,Cup,,draft\n", encoding="utf-8")
    imported = read_products(file)
    lines = imported.report.lines()
    assert lines[0] == "products.csv (shopify): 1 products taken."
    assert "Skipped 1: product that is draft, for example b." in lines
    assert "Note: categories of 1 products were read out of their titles." in lines
    assert "  - which product is rated best" in lines
    document = imported.report.as_json()
    assert document["skipped"] == [{"reason": "product that is draft", "count": 1, "example": "b"}]
    assert json.loads(json.dumps(document)) == document
