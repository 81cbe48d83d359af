"""WooCommerce's product export: variations, escapes, localised numbers, what is not on sale."""

# The exports are given as they are, long lines and all.
# ruff: noqa: E501

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from shop.errors import SourceError
from shop.sources import Imported, read_products, sniff_format
from shop.types import Money, Product

OUTDOOR = Path(__file__).parent / "catalogues" / "woocommerce_outdoor.csv"
GERMAN = """\
ID;Typ;Artikelnummer;Name;Veröffentlicht;Kurzbeschreibung;Beschreibung;Vorrätig?;Bestand;Gewicht (kg);Angebotspreis;Regulärer Preis;Kategorien;Schlagwörter;Bilder;Übergeordnetes Produkt;Attribut 1 Name;Attribut 1 Wert(e);Attribut 1 Sichtbar;Attribut 1 Global
7;variable;KISSEN;Kissen „Wiese“;1;Weich.;<p>Aus Leinen.</p>;1;;1,5;;;Wohnen > Kissen, Unkategorisiert;;https://x.example/k.jpg;;Farbe;Grün, Blau;1;1
8;variation;;Kissen - Grün;1;;;1;4;;19,90;24,90;;;;KISSEN;Farbe;Grün;;1
9;variation;;Kissen - Blau;1;;;backorder;;;;1.024,90;;;;id:7;Farbe;Blau;;1
"""
PLAIN = "Type,SKU,Name,Published,Regular price,Sale price\n"


def pounds(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


def put(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "export.csv"
    file.write_text(text, encoding=encoding)
    return file


@pytest.fixture(scope="module")
def outdoor() -> Imported:
    return read_products(OUTDOOR)


@pytest.fixture(scope="module")
def products(outdoor: Imported) -> dict[str, Product]:
    return {product.id: product for product in outdoor.products}


def test_a_whole_export_in_windows_1252_with_semicolons(outdoor: Imported) -> None:
    assert outdoor.report.format == "woocommerce"
    assert outdoor.report.taken == 35
    assert {reason: (count, example) for reason, count, example in outdoor.report.skipped} == {
        "product that is a draft": (1, "row 100"),
        "product that is not published": (1, "row 101"),
        "product that is hidden in the catalogue": (1, "row 102"),
        "group of products that are sold one by one": (1, "row 103"),
        "product given before": (1, "row 104, first on row 21"),
        "row without a SKU or an ID": (1, "row 107"),
        "variation of a product that is not in the file": (1, "row 105"),
        "variation of a product that is skipped": (1, "row 106"),
    }


def test_what_was_not_used_or_not_read_is_said(outdoor: Imported) -> None:
    notes = outdoor.report.notes
    assert "columns not used: 'Meta: care_instructions'" in notes
    assert (
        "2 of the prices could not be read and were left out: row 96 ('call us'), row 97 ('8,99,')" in notes
    )


def test_prices_left_out_leave_the_product(products: dict[str, Product]) -> None:
    assert products["MP-LAKES"].price is products["MP-KNOTS"].price is products["GF-SOAP"].price is None
    assert products["MP-LAKES"].title == "Lake District Walking Map 1:25,000"


def test_variations_their_choices_and_their_stock(products: dict[str, Product]) -> None:
    jacket = products["WK-JACKET-W"]
    assert [(v.sku, dict(v.options), v.available, v.quantity) for v in jacket.variants][:3] == [
        ("WK-JACKET-W-TEAL-S", {"Color": "Teal", "Size": "S"}, True, 3),
        ("WK-JACKET-W-TEAL-M", {"Color": "Teal", "Size": "M"}, True, 1),
        ("WK-JACKET-W-TEAL-L", {"Color": "Teal", "Size": "L"}, False, 0),
    ]
    assert (len(jacket.variants), jacket.colour, jacket.in_stock) == (6, "", True)
    # What does not vary is the product's.
    assert dict(jacket.attributes) == {"material": "Recycled nylon", "weight": "0.41 kg"}
    assert products["PK-TREK55"].in_stock is False


def test_a_sale_counts_from_its_first_to_its_last_day(products: dict[str, Product]) -> None:
    prices = {key: (products[key].price, products[key].list_price) for key in ("ST-STOVE1", "HB-BLANKET")}
    assert prices == {
        "ST-STOVE1": (pounds("46.00"), None),  # over since 2020
        "HB-BLANKET": (pounds("45.00"), pounds("55.00")),
    }


def test_categories_descriptions_and_escapes(products: dict[str, Product]) -> None:
    tote, kettle, tent = products["PK-TOTE"], products["ST-KETTLE"], products["HB-TENT2"]
    assert tote.categories == ("Bags", "Totes")
    assert tote.attributes["also in"] == "Gifts > For gardeners, walkers & cooks"
    assert tote.description == '12" deep, lined with an old sail. Every one looks a little different.'
    assert kettle.description.startswith("A kettle for two.\nHard-anodised")
    assert "poles.\nHydrostatic head 4,000 mm\nPacks to 45 × 16 cm" in tent.description
    assert tent.brand == "Hollow Brook"
    assert products["ST-KETTLE"].brand == "Stokes & Tarn"
    assert tent.image_url == "https://cdn.hollowbrook.example/ridgeway-2-person-tent.jpg"


def test_back_orders_are_neither_in_stock_nor_sold_out(products: dict[str, Product]) -> None:
    chair = products["HB-CHAIR"]
    assert (chair.in_stock, chair.attributes["availability"], chair.variants[0].quantity) == (
        None,
        "on back order",
        0,
    )


def test_virtual_and_external_products(products: dict[str, Product]) -> None:
    assert products["GC-50"].price == pounds("50.00")
    assert products["EXT-COURSE"].url == "https://fellside.example/course"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_german_headers_and_numbers(tmp_path: Path, encoding: str) -> None:
    file = put(tmp_path, GERMAN, encoding)
    assert sniff_format(file, "products") == "woocommerce"
    (cushion,) = read_products(file, currency="EUR").products
    assert (cushion.id, cushion.title, cushion.description) == (
        "KISSEN",
        "Kissen „Wiese“",
        "Weich.\nAus Leinen.",
    )
    assert cushion.categories == ("Wohnen", "Kissen")
    assert [(v.id, dict(v.options), v.price and v.price.amount, v.available) for v in cushion.variants] == [
        ("8", {"Farbe": "Grün"}, Decimal("19.90"), True),
        ("9", {"Farbe": "Blau"}, Decimal("1024.90"), None),
    ]
    assert cushion.list_price == Money(Decimal("24.90"), "EUR")
    assert cushion.attributes["weight"] == "1.5 kg"


def test_hidden_attributes_are_not_the_pages_but_the_colour_is_known(tmp_path: Path) -> None:
    header = "SKU,Name,Regular price,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,Attribute 2 name,Attribute 2 value(s),Attribute 2 visible\n"
    (mug,) = read_products(
        put(tmp_path, header + 'M,Mug,5,Supplier,Acme Ltd,0,pa_color,"Red, White",0\n')
    ).products
    assert (mug.colour, dict(mug.attributes)) == ("Red/White", {})


def test_a_variation_of_any_size(tmp_path: Path) -> None:
    text = (
        "Type,SKU,Name,Regular price,Parent,Weight (lbs),Attribute 1 name,Attribute 1 value(s),Attribute 2 name,Attribute 2 value(s),Download 1 URL\n"
        'variable,tee,Tee,,,.5,Color,"Blue, Red",Size,"Small, Large",https://x.example/a\n'
        "variation,tee-red,Tee - Red,20,tee,,Color,Red,Size,,\n"
    )
    imported = read_products(put(tmp_path, text))
    (tee,) = imported.products
    assert [dict(v.options) for v in tee.variants] == [{"Color": "Red"}]
    assert dict(tee.attributes) == {"size": "Small, Large", "weight": "0.5 lbs"}
    assert not [note for note in imported.report.notes if "not used" in note]


def test_a_variable_product_without_its_variations(tmp_path: Path) -> None:
    imported = read_products(put(tmp_path, PLAIN + "variable,A,Tee,1,,\nsimple,B,Mug,1,5,\n"))
    assert [(p.id, p.price, p.variants != ()) for p in imported.products] == [
        ("A", None, False),
        ("B", pounds("5"), True),
    ]
    assert "1 variable products have no variations in the file, so no price either" in imported.report.notes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Type,Name,Regular price\nsimple,Mug,5\n", "lacks both 'SKU' and 'ID'"),
        ("Type,SKU,Name,Published\nsimple,A,Mug,1\n", "lacks the column 'Regular price'"),
        (PLAIN + "simple,A,Mug,1,five,\n", "none of its prices can be read, for example row 2 ('five')"),
        (PLAIN + "simple,A,Mug,1,-5,\n", "none of its prices can be read, for example row 2 ('-5')"),
        (PLAIN + "simple,A,Mug,-1,5,\n", "holds no product that can be sold"),
        (PLAIN, "has a header and no rows"),
    ],
)
def test_what_cannot_be_taken_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_products(put(tmp_path, text), "woocommerce")
    assert said in str(caught.value)
    assert "export.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
