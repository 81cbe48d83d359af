"""The same three products in every format of a catalogue are the same products once read.

What a format cannot say is left out of the comparison; an online retailer's list of sales is no
catalogue and is tested on its own.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.frame import run_app
from shop.sources import FORMATS, Imported, read_products, sniff_format
from shop.types import Money, Product, Rating, Variant
from ui.cli import program

FOLDER = Path(__file__).parent / "catalogues"
CATALOGUES = {
    "shopify.csv": "shopify",
    "woocommerce.csv": "woocommerce",
    "google.tsv": "google_feed",
    "google_rss.xml": "google_feed",
    "google_atom.xml": "google_feed",
    "schema_org.jsonld": "schema_org",
    "pages": "schema_org",
    "esci.jsonl": "esci",
    "tau2.json": "tau2",
}
UNSAID = {
    "esci": {"list_price", "in_stock", "variants"},
    "tau2": {"description", "brand", "colour", "categories", "list_price", "image_url"},
}


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def variant(sku: str, price: str, available: bool, **options: str) -> Variant:
    return Variant(id=sku, options=options, price=euros(price), available=available, sku=sku)


THREE = (
    Product(
        id="candle",
        title="Café Crème Candle",
        description="Burns 40 hours – hand-poured.",
        brand="Ü & Söhne",
        colour="Ivory",
        categories=("Home", "Candles"),
        price=euros("1234.50"),
        in_stock=True,
        image_url="https://cdn.example.com/candle.jpg",
        variants=(variant("CANDLE", "1234.50", True),),
    ),
    Product(
        id="mug",
        title="Enamel Mug",
        description="Keeps coffee warm.",
        brand="Acme",
        categories=("Home", "Mugs"),
        price=euros("8.50"),
        in_stock=False,
        image_url="https://cdn.example.com/mug.jpg",
        variants=(variant("MUG", "8.50", False),),
    ),
    Product(
        id="tee",
        title="Linen Tee",
        description="Soft & light.\n100% linen\nMade in Portugal",
        brand="Acme",
        categories=("Apparel", "Shirts", "T-shirts"),
        price=euros("27.00"),
        list_price=euros("35.00"),
        in_stock=True,
        image_url="https://cdn.example.com/tee.jpg",
        variants=(
            variant("TEE-B-M", "25.00", False, Color="Blue", Size="M"),
            variant("TEE-B-S", "29.00", True, Color="Blue", Size="S"),
            variant("TEE-R-S", "27.00", True, Color="Red", Size="S"),
        ),
    ),
)
COMPARED = (
    "id title description brand colour categories price list_price in_stock image_url categories_derived"
).split()


def told(product: Product, format: str) -> dict[str, Any]:
    """What is compared: ids in small letters, variants by SKU, no more than the format can say."""
    facts = {name: getattr(product, name) for name in COMPARED}
    facts["id"] = facts["id"].casefold()
    # A shop with one colour calls that an option or a property of the product.
    alone = len(product.variants) == 1
    facts["variants"] = sorted(
        (v.sku.upper() or v.id, {} if alone else dict(v.options), v.price, v.available)
        for v in product.variants
    )
    return {name: fact for name, fact in facts.items() if name not in UNSAID.get(format, ())}


@pytest.fixture(params=CATALOGUES)
def catalogue(request: pytest.FixtureRequest) -> Path:
    return FOLDER / str(request.param)


@pytest.fixture
def imported(catalogue: Path) -> Imported:
    return read_products(catalogue, "auto", "EUR")


def test_every_format_of_a_catalogue_is_here() -> None:
    assert set(CATALOGUES.values()) == set(FORMATS["products"]) - {"online_retail"}


def test_the_same_products(catalogue: Path, imported: Imported) -> None:
    format = CATALOGUES[catalogue.name]
    found = sorted(imported.products, key=lambda product: product.id.casefold())
    if format == "tau2":
        found = [_without_categories(product) for product in found]
    assert [told(product, format) for product in found] == [told(product, format) for product in THREE]


def _without_categories(product: Product) -> Product:
    """This format has none, so they are read out of titles."""
    return replace(product, categories=(), categories_derived=False)


def test_the_format_is_recognised_and_reported(catalogue: Path, imported: Imported) -> None:
    assert sniff_format(catalogue, "products") == imported.report.format == CATALOGUES[catalogue.name]
    assert imported.report.taken == 3


def test_naming_the_format_gives_the_same(catalogue: Path, imported: Imported) -> None:
    named = read_products(catalogue, CATALOGUES[catalogue.name], "EUR")
    assert list(named.products) == list(imported.products)


def test_reading_a_packed_file_gives_the_same(catalogue: Path, imported: Imported, tmp_path: Path) -> None:
    if catalogue.is_dir():
        pytest.skip("a folder is not packed")
    packed = tmp_path / f"{catalogue.name}.gz"
    packed.write_bytes(gzip.compress(catalogue.read_bytes()))
    assert list(read_products(packed, "auto", "EUR").products) == list(imported.products)


def test_nothing_in_these_files_is_lost_in_silence(imported: Imported) -> None:
    assert not [note for note in imported.report.notes if "not used" in note or "could not be read" in note]


def test_ratings_where_a_format_has_them() -> None:
    for name in ("schema_org.jsonld", "pages", "esci.jsonl"):
        products = {p.id.casefold(): p for p in read_products(FOLDER / name, "auto", "EUR").products}
        assert products["candle"].rating == Rating(4.6, 38)
        assert products["mug"].rating is None


def test_imported_and_indexed_it_is_found(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "shop.toml").write_text('currency = "EUR"\nembedder = "hash:"\nmodel = "none:"\n')

    def regulars(*argv: str) -> str:
        assert run_app(program, [*argv, "--shop", str(shop)]) == 0
        return capsys.readouterr().out

    assert "3 products taken" in regulars("import", "products", str(catalogue))
    regulars("index")
    found = json.loads(regulars("search", "linen tee under 28 euros", "--json"))
    assert [hit["id"].casefold() for hit in found["hits"]] == ["tee"]
    found = json.loads(regulars("search", "cafe creme candle", "--json"))
    assert found["hits"][0]["id"].casefold() == "candle"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "feed.xml",
            '<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel><item><id>&a;</id></item></channel></rss>',
        ),
        ("shop.csv", "Type,SKU,Name,Regular price\nsimple,A,Mug,soon\n"),
        ("page.html", "<html><body>Nothing here</body></html>"),
        ("data.jsonld", '{"@type": "Product", "name": }'),
    ],
)
def test_what_cannot_be_taken_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    argv = ["import", "products", str(tmp_path / name), "--shop", str(tmp_path / "shop")]
    assert run_app(program, argv) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1
    assert name in printed.err
