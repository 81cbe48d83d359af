"""Google's product feeds: tables, RSS and Atom, what they may hold and what they must not."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from shop.errors import SourceError
from shop.sources import Imported, import_file, read_products, sniff_format
from shop.sources.feed_xml import read_entries
from shop.store import Store
from shop.types import Money, Product

CATALOGUES = Path(__file__).parent / "catalogues"
RSS = '<?xml version="1.0"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n{}\n</channel></rss>'
ITEM = "<item><g:id>{id}</g:id><title>{title}</title><g:price>{price}</g:price>{more}</item>"
TSV = "id\ttitle\tprice\tavailability\titem_group_id\tcolor\tsize\n"

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def put(content: str | bytes, name: str = "feed.xml") -> Path:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return put


def item(id: str = "A", title: str = "Mug", price: str = "5.00 GBP", more: str = "") -> str:
    return ITEM.format(id=id, title=title, price=price, more=more)


def refused(file: Path, format: str = "auto") -> SourceError:
    with pytest.raises(SourceError) as caught:
        read_products(file, format)
    assert file.name in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.fixture(scope="module", params=["google_outdoor.tsv", "google_outdoor.xml"])
def outdoor(request: pytest.FixtureRequest) -> Imported:
    return read_products(CATALOGUES / request.param)


@pytest.fixture(scope="module")
def products(outdoor: Imported) -> dict[str, Product]:
    return {product.id: product for product in outdoor.products}


def test_a_whole_feed_with_what_was_skipped_and_left_out(outdoor: Imported) -> None:
    assert (outdoor.report.format, outdoor.report.taken) == ("google_feed", 34)
    reasons = {reason: example for reason, _, example in outdoor.report.skipped}
    assert set(reasons) == {
        "entry with an id given before",
        "entry without an id",
        "entry without a title",
    }
    assert "(PK-DRY10-ORANGE), first on " in reasons["entry with an id given before"]
    assert "fields not used: 'season'" in outdoor.report.notes
    (unread,) = [note for note in outdoor.report.notes if "could not be read" in note]
    assert unread.startswith("2 of the prices could not be read and were left out: ")
    place = "row 79" if outdoor.report.file.endswith("tsv") else "line 1,606"
    assert f"{place} ('14.95.00.1 GBP')" in unread


def test_forms_of_one_product(products: dict[str, Product]) -> None:
    bag = products["HB-SB-LITE"]
    assert bag.title == "Fell Lite Sleeping Bag"
    assert [dict(v.options) for v in bag.variants] == [
        {"Color": "Navy", "Size": "Regular"},
        {"Color": "Navy", "Size": "Long"},
        {"Color": "Rust", "Size": "Regular"},
        {"Color": "Rust", "Size": "Long"},
    ]
    assert bag.in_stock is False
    assert bag.description == "Comfort to 5 °C. Recycled fill; the zip opens from both ends."
    # One colour in two lengths: the colour is the product's.
    warm = products["HB-SB-WARM"]
    assert (warm.colour, [dict(v.options) for v in warm.variants]) == (
        "Navy",
        [{"Size": "Regular"}, {"Size": "Long"}],
    )


def test_prices_availability_and_details(products: dict[str, Product]) -> None:
    stove, tent, chair, lamp = (products[k] for k in ("ST-STOVE1", "HB-TENT2", "HB-CHAIR", "LM-HEAD"))
    assert (stove.price, stove.list_price) == (Money(Decimal("46.00"), "GBP"), None)  # the sale is over
    assert (tent.price, tent.list_price) == (
        Money(Decimal("219.00"), "GBP"),
        Money(Decimal("249.00"), "GBP"),
    )
    assert chair.in_stock is None
    assert chair.attributes["availability"] == "can be pre-ordered"
    assert chair.attributes["available from"] == "2099-03-01"
    assert lamp.bullets == ("300 lumens, dimmable", "Red light for maps", "USB-C charging")
    assert (lamp.attributes["battery life"], lamp.attributes["water protection"]) == ("40 hours", "IPX4")
    assert products["PK-TOTE"].attributes["condition"] == "refurbished"
    assert tent.url == "https://hollowbrook.example/ridgeway-2-person-tent"


def test_the_same_feed_as_table_and_as_xml() -> None:
    table, xml = (read_products(CATALOGUES / f"google_outdoor.{kind}").products for kind in ("tsv", "xml"))
    assert list(table) == list(xml)


@pytest.mark.parametrize(
    ("titles", "shared"),
    [
        (("Tee - Red / S", "Tee - Blue / M"), "Tee"),
        (("Red Linen Tee", "Blue Linen Tee"), "Linen Tee"),
        (("Linen Tee (Red, S)", "Linen Tee (Blue, M)"), "Linen Tee"),
        (("Linen Tee crimson", "Linen Tee sky"), "Linen Tee"),
        (("Linen Tee", "Wool Shirt"), "Linen Tee"),
    ],
)
def test_the_title_of_a_group(write: Callable[..., Path], titles: tuple[str, str], shared: str) -> None:
    rows = f"a\t{titles[0]}\t1 GBP\tin stock\tG\tRed\tS\nb\t{titles[1]}\t2 GBP\tin stock\tG\tBlue\tM\n"
    (product,) = read_products(write(TSV + rows, "feed.tsv")).products
    assert (product.id, product.title, len(product.variants)) == ("G", shared, 2)


def test_metas_catalogue_is_read_alike(write: Callable[..., Path]) -> None:
    text = (
        "id,title,description,availability,condition,price,link,image_link,brand,fb_product_category\n"
        'a,Mug,"Big, blue",available for order,new,"1.234,50 EUR",https://x.example/a,https://x.example/a.jpg,Acme,5\n'
    )
    file = write(text, "catalog_products.csv")
    assert sniff_format(file, "products") == "google_feed"
    imported = read_products(file)
    (mug,) = imported.products
    assert (mug.price, mug.in_stock) == (Money(Decimal("1234.50"), "EUR"), None)
    assert not [note for note in imported.report.notes if "not used" in note]


def test_expired_offers_and_googles_numbers(write: Write) -> None:
    old = item("OLD", more="<g:expiration_date>2020-01-01T00:00-0800</g:expiration_date>")
    numbered = item("NEW", more="<g:google_product_category>2169</g:google_product_category>")
    report = read_products(write(RSS.format(old + numbered))).report
    assert report.skipped == (("offer that has expired", 1, "line 3 (OLD)"),)
    assert "1 entries give Google's category only as a number, which names none" in report.notes


def test_what_stands_inside_an_element_is_not_the_entrys(write: Write) -> None:
    delivery = "<g:shipping><g:price>3.95 GBP</g:price><g:id>DHL</g:id></g:shipping>"
    plain = "<g:title>Good Mug</g:title><description><p>Two <b>big</b></p><p>handles</p></description>"
    (mug,) = read_products(write(RSS.format(item(more=delivery + plain)))).products
    assert (mug.id, mug.title, mug.price) == ("A", "Good Mug", Money(Decimal("5.00"), "GBP"))
    assert mug.description == "Two big handles"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-15", "cp1252"])
def test_encodings(write: Write, encoding: str) -> None:
    name = {"cp1252": "windows-1252", "utf-8-sig": "utf-8"}.get(encoding, encoding)
    text = RSS.format(item(title="Café 5 €")).replace('"1.0"?', f'"1.0" encoding="{name}"?', 1)
    (mug,) = read_products(write(text.encode(encoding))).products
    assert mug.title == "Café 5 €"


def test_windows_text_that_calls_itself_utf8(write: Write) -> None:
    file = write(RSS.format(item(title="Café 5 €")).encode("cp1252"))
    assert read_products(file).products[0].title == "Café 5 €"
    both = RSS.format(item("A", "Café") + "\n" + item("B", "Tea")).encode()
    error = refused(write(both.replace(b"Tea", "Thé".encode("cp1252"))))
    assert (error.row, "mixes encodings" in str(error)) == (4, True)


BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE rss [\n<!ENTITY a "ha">\n<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">\n]>\n'
    "<rss><channel><item><id>1</id><title>&b;</title></item></channel></rss>"
)
FETCH = (
    '<?xml version="1.0"?>\n<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
    "<rss><channel><item><id>1</id><title>&x;</title></item></channel></rss>"
)
PARAMETER = (
    '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]>\n'
    "<rss><channel><item><id>1</id><title>t</title></item></channel></rss>"
)


@pytest.mark.parametrize("text", [BOMB, FETCH, PARAMETER])
def test_entities_of_a_document_are_refused(write: Write, text: str) -> None:
    assert "declares entities of its own, which is refused as unsafe" in str(refused(write(text)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RSS.format(item())[:-20], "is cut off (unclosed token); fetch it again"),
        (RSS.format(item(title="Salt & Pepper")), "is no proper XML (not well-formed (invalid token))"),
        (RSS.format(item(title="caf&eacute;")), "is no proper XML (undefined entity)"),
        (RSS.format(""), "holds no <item> or <entry>"),
        (
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url/></urlset>',
            "begins with <urlset>",
        ),
        (RSS.format(item(title="x" * 1_000_001)), "more than 1,000,000 characters"),
        (RSS.format(item(more="<a>" * 60 + "</a>" * 60)), "or 50 levels"),
        (RSS.format(item()).replace("?>", ' encoding="klingon"?>', 1), "unknown encoding"),
        (RSS.format(item(price="free")), "none of its prices can be read, for example line 3 ('free')"),
    ],
)
def test_feeds_that_cannot_be_taken(write: Write, text: str, said: str) -> None:
    assert said in str(refused(write(text)))


def test_a_table_without_its_columns(write: Callable[..., Path]) -> None:
    error = refused(write("id\ttitle\tlink\nA\tMug\thttps://x.example\n", "feed.tsv"))
    assert "lacks the column 'price' of a Google product feed" in str(error)


def test_a_packed_feed_that_is_cut_off(write: Callable[..., Path]) -> None:
    packed = gzip.compress(RSS.format("\n".join(item(str(n), f"Mug {n * n}") for n in range(500))).encode())
    assert "cut off" in str(refused(write(packed[:-30], "feed.xml.gz"), "google_feed"))


def test_a_big_feed_is_not_held_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "big.xml"
    text = "word " * 400
    with file.open("w") as out:
        out.write("<rss><channel>")
        for number in range(4_000):
            out.write(f"<item><id>{number}</id><title>Mug</title><description>{text}</description></item>")
        out.write("</channel></rss>")
    assert file.stat().st_size > 8_000_000
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_entries(file))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 4_000
    assert peak < 4_000_000


def test_importing_again_changes_what_changed(tmp_path: Path, write: Write) -> None:
    with Store(f"sqlite:///{tmp_path / 'shop.db'}") as store:
        import_file(store, "products", write(RSS.format(item("A") + item("B", "Jug"))))
        import_file(store, "products", write(RSS.format(item("A", price="6.50 GBP"))))
        assert {p.id: p.price and p.price.amount for p in store.products()} == {
            "A": Decimal("6.50"),
            "B": Decimal("5.00"),
        }
