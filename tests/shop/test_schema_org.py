"""schema.org's vocabulary: JSON-LD files, saved pages, and the many shapes of an offer."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shop.errors import SourceError
from shop.sources import import_file, read_products, sniff_format
from shop.store import Store
from shop.types import Money, Product, Rating, Review

OUTDOOR = Path(__file__).parent / "catalogues" / "schema_outdoor.jsonld"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: Any, name: str = "products.jsonld") -> Path:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return file

    return put


def node(**fields: Any) -> dict[str, Any]:
    offer = {"@type": "Offer", "price": "5.00", "priceCurrency": "GBP"}
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "sku": "A",
        "name": "Mug",
        "offers": offer,
    } | fields


def only(file: Path, currency: str = "GBP") -> Product:
    (product,) = read_products(file, "auto", currency).products
    return product


def page(*blocks: Any) -> str:
    scripts = "".join(
        f'<script type="application/ld+json">{b if isinstance(b, str) else json.dumps(b)}</script>'
        for b in blocks
    )
    return f"<!doctype html><html><head>{scripts}</head><body></body></html>"


def test_a_whole_catalogue() -> None:
    imported = read_products(OUTDOOR)
    report = imported.report
    products = {product.id: product for product in imported.products}
    assert (report.format, report.taken) == ("schema_org", 34)
    assert {reason: example for reason, _, example in report.skipped} == {
        "product given before": "product 99 (PK-TOTE)",
        "product without a name": "product 100",
        "product that a page only mentions": "product 101 (A related thing)",
    }
    assert "fields not used: 'petFriendly'" in report.notes
    (unread,) = [note for note in report.notes if "could not be read" in note]
    assert "MP-LAKES ('on request')" in unread
    assert "MP-KNOTS ('-8.99')" in unread
    lamp = products["LM-HEAD"]
    assert lamp.reviews == (Review("Bright."),)
    assert lamp.rating == Rating(4.7, 213)
    assert dict(lamp.attributes) == {
        "gtin": "5060111230080",
        "weight": "0.07 kg",
        "battery life": "40 hours",
        "dimmable": "yes",
    }
    assert products["GF-SOAP"].price is None  # a price of nothing is none
    assert products["HB-CHAIR"].in_stock is None
    assert products["ST-FILTER"].price == Money(Decimal("44.0"), "GBP")  # the cheaper of two sellers
    assert [dict(v.options) for v in products["LM-HEAD"].variants] == [{}]
    assert len(products["WK-MERINO"].variants) == 8


@pytest.mark.parametrize(
    ("offers", "price", "list_price", "stock"),
    [
        ({"price": 12, "priceCurrency": "EUR"}, "12", None, None),
        ({"price": "1,299.00", "priceCurrency": "eur"}, "1299.00", None, None),
        ({"price": "€ 12,50"}, "12.50", None, None),
        ({"lowPrice": "7.5", "priceCurrency": "EUR", "@type": "AggregateOffer"}, "7.5", None, None),
        ({"price": 5, "priceCurrency": "EUR", "availability": "http://schema.org/SoldOut"}, "5", None, False),
        ({"price": 5, "priceCurrency": "EUR", "availability": ["InStock"]}, "5", None, True),
        ([{"price": 9, "priceCurrency": "EUR", "availability": "InStock"},
          {"price": 5, "priceCurrency": "EUR", "availability": "SoldOut"}], "9", None, True),
        ({"priceSpecification": [
            {"price": 3, "priceCurrency": "EUR", "referenceQuantity": {"value": 1, "unitCode": "KGM"}},
            {"price": 8, "priceCurrency": "EUR"},
            {"price": 10, "priceCurrency": "EUR", "priceType": "schema:ListPrice"}]}, "8", "10", None),
        ({"@type": "AggregateOffer", "priceCurrency": "EUR", "offers": {"price": 4}}, "4", None, None),
        ("https://x.example/offers", None, None, None),
    ],
)  # fmt: skip
def test_offers(
    write: Write, offers: Any, price: str | None, list_price: str | None, stock: bool | None
) -> None:
    product = only(write(node(offers=offers)), "EUR")
    assert product.price == (price and Money(Decimal(price), "EUR"))
    assert product.list_price == (list_price and Money(Decimal(list_price), "EUR"))
    assert product.in_stock is stock


def test_offers_with_numbers_of_their_own_are_forms(write: Write) -> None:
    offers = [
        {
            "price": 20,
            "priceCurrency": "GBP",
            "sku": f"A-{size}",
            "name": f"Blue / {size}",
            "availability": word,
        }
        for size, word in (("S", "InStock"), ("M", "OutOfStock"))
    ]
    product = only(write(node(offers=offers)))
    assert [(v.id, dict(v.options), v.available) for v in product.variants] == [
        ("A-S", {"Version": "Blue / S"}, True),
        ("A-M", {"Version": "Blue / M"}, False),
    ]


@pytest.mark.parametrize(
    ("given", "rating"),
    [
        ({"ratingValue": 4.5, "reviewCount": 10}, Rating(4.5, 10)),
        ({"ratingValue": "8,8", "bestRating": "10", "ratingCount": "5"}, Rating(4.4, 5)),
        ({"ratingValue": 4.5}, None),
        ({"ratingValue": 4.5, "reviewCount": 0}, None),
        ({"ratingValue": 7, "reviewCount": 3}, None),
    ],
)
def test_ratings(write: Write, given: Any, rating: Rating | None) -> None:
    assert only(write(node(aggregateRating=given))).rating == rating


def test_reviews_keep_words_and_stars_and_not_who_wrote_them(write: Write) -> None:
    given = [
        {
            "@type": "Review",
            "author": {"@type": "Person", "name": "Jo Field"},
            "name": "Good mug",
            "reviewBody": "<p>Holds the heat &amp; fits the cup holder.</p>",
            "reviewRating": {"@type": "Rating", "ratingValue": "8", "bestRating": "10"},
        },
        {"@type": "Review", "reviewBody": "Chipped.", "reviewRating": {"ratingValue": 9, "bestRating": 5}},
        {"@type": "Review", "reviewRating": {"ratingValue": 5}},
        {"@type": "Review", "reviewBody": "Chipped.", "reviewRating": {"ratingValue": 9, "bestRating": 5}},
        "https://shop.example/reviews",
    ]
    file = write(node(review=given))
    mug = only(file)
    assert mug.reviews == (
        Review("Good mug. Holds the heat & fits the cup holder.", 4.0),
        Review("Chipped.", None),  # nine of five is no rating
    )
    with Store("sqlite://") as store:
        store.put_products([mug])
        assert list(store.products()) == [mug]


@pytest.mark.parametrize(
    ("category", "path"),
    [
        ("Home > Kitchen &amp; Dining", ("Home", "Kitchen & Dining")),
        (["Home", "Mugs"], ("Home", "Mugs")),
        (["Home > Mugs", "Gifts"], ("Home", "Mugs")),
        ({"@type": "Thing", "name": "Mugs"}, ("Mugs",)),
        ("https://www.google.com/basepages/producttype/taxonomy", ()),
    ],
)
def test_categories(write: Write, category: Any, path: tuple[str, ...]) -> None:
    product = only(write(node(category=category, name="Zorblax")))
    assert product.categories == path


@pytest.mark.parametrize(
    "brand", ["Acme", {"name": "Acme"}, [{"@type": "Brand", "name": "Acme"}], {"@value": "Acme"}]
)
def test_brands(write: Write, brand: Any) -> None:
    assert only(write(node(brand=brand))).brand == "Acme"


def test_one_product_a_line_an_array_and_a_graph_are_the_same(write: Write) -> None:
    two = [node(), node(sku="B", name="Jug")]
    shapes = [
        write(two, "array.json"),
        write({"@context": "https://schema.org", "@graph": two}, "graph.json"),
        write("\n".join(map(json.dumps, two)), "lines.jsonl"),
        write(page(*two), "page.html"),
        write(
            {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": n} for n in two]},
            "list.json",
        ),
    ]
    assert {sniff_format(file, "products") for file in shapes} == {"schema_org"}
    first, *others = [list(read_products(file).products) for file in shapes]
    assert [product.id for product in first] == ["A", "B"]
    assert all(other == first for other in others)


def test_forms_on_pages_of_their_own_are_one_product(write: Write, tmp_path: Path) -> None:
    for colour in ("Red", "Blue"):
        group = {"@type": "ProductGroup", "productGroupID": "MUG", "name": "Mug"}
        form = node(sku=f"MUG-{colour}", name=f"Mug {colour}", color=colour, isVariantOf=group)
        write(page(form), f"site/{colour}.html")
    imported = read_products(tmp_path / "site")
    (mug,) = imported.products
    assert (mug.id, mug.title) == ("MUG", "Mug")
    assert sorted(v.options["Color"] for v in mug.variants) == ["Blue", "Red"]


def test_forms_that_only_their_names_tell_apart(write: Write) -> None:
    """As some shop software writes it: no number for the group, no options, no numbers for the forms."""
    offer = node()["offers"]
    forms = [
        {"@type": "Product", "name": f"Phone X - {memory}", "offers": offer} for memory in ("64 GB", "1 TB")
    ]
    group = {"@type": "ProductGroup", "name": "Phone X", "hasVariant": forms}
    phone = only(write(page(group)))
    assert (phone.id, phone.title) == ("phone-x", "Phone X")
    assert [(v.id, dict(v.options)) for v in phone.variants] == [
        ("phone-x-64-gb", {"Version": "64 GB"}),
        ("phone-x-1-tb", {"Version": "1 TB"}),
    ]


def test_pages_of_a_folder_that_cannot_be_read_are_skipped(write: Write, tmp_path: Path) -> None:
    write(page(node()), "site/mug.html")
    write("", "site/empty.html")
    write("{nonsense", "site/manifest.json")
    write(b"\x00\x01".decode(), "site/binary.htm")
    report = read_products(tmp_path / "site").report
    assert report.taken == 1
    assert report.skipped == (("page that cannot be read", 3, "binary.htm"),)


def test_a_list_of_categories_is_no_catalogue(write: Write) -> None:
    shelf = {"@type": "ProductGroup", "name": "Mugs", "description": "All our mugs", "url": "/mugs"}
    report = read_products(write([shelf, node()])).report
    assert (report.taken, report.skipped) == (
        1,
        (("product that a page only mentions", 1, "product 1 (Mugs)"),),
    )


def test_the_fuller_of_two_mentions_counts(write: Write, tmp_path: Path) -> None:
    write(page(node(description="Big and blue.", brand="Acme")), "site/a.html")
    write(page(node()), "site/z.html")
    imported = read_products(tmp_path / "site")
    assert [product.brand for product in imported.products] == ["Acme"]
    assert imported.report.skipped == (("product given before", 1, "z.html (A)"),)


def test_a_breadcrumb_trail_is_a_pages_category_only_where_it_shows_one_product(write: Write) -> None:
    names = ("Home", "Kitchen", "Mugs", "Mug")
    steps = [{"@type": "ListItem", "position": n, "name": name} for n, name in enumerate(names)]
    trail = {"@type": "BreadcrumbList", "itemListElement": steps[::-1]}
    assert only(write(page(trail, node()), "one.html")).categories == ("Kitchen", "Mugs")
    products = read_products(write(page(trail, node(), node(sku="B", name="Zorblax")), "two.html")).products
    assert all(not product.categories or product.categories_derived for product in products)


def test_text_that_no_database_takes_is_mended(write: Write, tmp_path: Path) -> None:
    file = write('{"@type": "Product", "sku": "A\\ud83d", "name": "Mug\\u0000", "offers": {"price": 5}}')
    with Store(f"sqlite:///{tmp_path / 'shop.db'}") as store:
        import_file(store, "products", file)
        assert [(product.id, product.title) for product in store.products()] == [("A?", "Mug")]


def test_broken_blocks_of_a_page_are_skipped_and_said(write: Write) -> None:
    report = read_products(write(page("{nonsense", node()), "page.html")).report
    assert (report.taken, report.skipped) == (1, (("JSON-LD block that is no JSON", 1, "page.html, line 1"),))


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ('{"@type": "Product", "name": "Mug",\n}', "p.json", "row 2: is no JSON"),
        ('[{"@type": "Product"', "p.json", "is no JSON"),
        (page({"@type": "WebSite", "name": "Shop"}), "p.html", "holds no product as JSON-LD"),
        (page(), "p.html", "holds no product as JSON-LD"),
        ('{"@type": ' + "[" * 100 + "]" * 100 + "}", "p.json", "levels deep"),
        ('{"@type": ' + "[" * 100_000, "p.json", "nested too deeply"),
        (json.dumps(node(offers={"price": "ask"})), "p.json", "none of its prices can be read"),
    ],
)
def test_what_cannot_be_taken_is_one_sentence(write: Write, content: str, name: str, said: str) -> None:
    file = write(content, name)
    with pytest.raises(SourceError) as caught:
        read_products(file)
    assert said in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
