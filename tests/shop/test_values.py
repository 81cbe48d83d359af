"""Cells to values: prices, numbers, dates, HTML, titles, colours, categories."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shop.sources.categories import category_of_title, derive_categories, plural, singular
from shop.sources.colours import colours_of_title, tidy_colour
from shop.sources.titles import readable_title
from shop.sources.values import (
    decimal_mark,
    parse_price,
    parse_time,
    parse_whole,
    parse_yes,
    plain_text,
)
from shop.types import Product


@pytest.mark.parametrize(
    ("text", "mark", "price"),
    [
        ("2.55", ".", "2.55"),
        ("£1,234.56", ".", "1234.56"),
        ("1.234,56", ".", "1234.56"),
        ("1.234,56 €", ",", "1234.56"),
        ("1 234,50", ".", "1234.50"),
        ("1'234.50", ".", "1234.50"),
        ("USD 12", ".", "12"),
        ("12 EUR", ".", "12"),
        ("$ .99", ".", "0.99"),
        ("4,95", ".", "4.95"),
        ("1,234", ".", "1234"),
        ("1,234", ",", "1.234"),
        ("1.234", ".", "1.234"),
        ("1.234", ",", "1234"),
        ("1.234.567", ".", "1234567"),
        ("-3.00", ".", "-3.00"),
        ("0", ".", "0"),
    ],
)
def test_prices(text: str, mark: str, price: str) -> None:
    assert parse_price(text, mark) == Decimal(price)


@pytest.mark.parametrize("text", ["abc", "1.2.3,4,5", "NaN", "inf", "1e5", "£", "12-5", "1" * 20, "--1"])
def test_what_is_no_price(text: str) -> None:
    with pytest.raises(ValueError, match="price"):
        parse_price(text)


def test_the_decimal_mark_is_read_from_the_column() -> None:
    assert decimal_mark(["1.234", "4,95"]) == ","
    assert decimal_mark(["1,234", "4.95"]) == "."
    assert decimal_mark(["1,234", "1.234"]) == "."
    assert parse_price("") is None


def test_whole_numbers() -> None:
    assert [parse_whole(text) for text in ("12", "-3", "12.0", "1,200", "")] == [12, -3, 12, 1200, None]
    with pytest.raises(ValueError, match="whole number"):
        parse_whole("1.5")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2010-12-01 08:26:00", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("12/1/2010 8:26", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("31/12/2010 08:26", datetime(2010, 12, 31, 8, 26, tzinfo=UTC)),
        ("2024-03-01 10:00:00 -0500", datetime(2024, 3, 1, 15, tzinfo=UTC)),
        ("2024-03-01 10:00:00 UTC", datetime(2024, 3, 1, 10, tzinfo=UTC)),
        ("2024-03-01T10:00:00Z", datetime(2024, 3, 1, 10, tzinfo=UTC)),
        ("01.03.2024", datetime(2024, 3, 1, tzinfo=UTC)),
        ("2024-03-01", datetime(2024, 3, 1, tzinfo=UTC)),
    ],
)
def test_times(text: str, at: datetime) -> None:
    assert parse_time(text) == at


def test_empty_and_bad_times_and_answers() -> None:
    assert parse_time(" ") is None
    with pytest.raises(ValueError, match="no date"):
        parse_time("soon")
    assert [parse_yes(text) for text in ("TRUE", "no", "")] == [True, False, None]


def test_html_becomes_text_and_scripts_vanish() -> None:
    markup = (
        "<style>p{}</style><p>A &amp; B</p><ul><li>one</li><li>two</li></ul><script>alert(1)</script>x<br>y"
    )
    assert plain_text(markup) == "A & B\none\ntwo\nx\ny"
    assert plain_text("size < 5 and &ldquo;big&rdquo;") == "size < 5 and “big”"
    assert plain_text("  plain   text\n\n here ") == "plain text\nhere"


@pytest.mark.parametrize(
    ("shouted", "title"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"),
        ("SET OF 3 CAKE TINS PANTRY DESIGN ", "Set of 3 Cake Tins Pantry Design"),
        ("3D VINTAGE CHRISTMAS STICKERS", "3D Vintage Christmas Stickers"),
        ("PAPER CHAIN KIT 50'S CHRISTMAS ", "Paper Chain Kit 50's Christmas"),
        ("S/6 WOODEN SKITTLES", "S/6 Wooden Skittles"),
        ("YOU'RE CONFUSING ME METAL SIGN ", "You're Confusing Me Metal Sign"),
        ("BAG 500g SWIRLY MARBLES", "Bag 500g Swirly Marbles"),
        ("GREEN GOOSE FEATHER TREE 60CM", "Green Goose Feather Tree 60cm"),
        ("FOLK ART GREETING CARD,pack/12", "Folk Art Greeting Card, pack/12"),
        ("UK FLAG LED LIGHT", "UK Flag LED Light"),
        ("THE KING GIFT BAG", "The King Gift Bag"),
        ("Dotcomgiftshop Gift Voucher £40.00", "Dotcomgiftshop Gift Voucher £40.00"),
        ("iPhone  case", "iPhone case"),
    ],
)
def test_shouted_titles_become_readable(shouted: str, title: str) -> None:
    assert readable_title(shouted) == title


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("White Hanging Heart T-Light Holder", "Candle holders"),
        ("Lunch Bag Red Retrospot", "Lunch bags & boxes"),
        ("White Skull Hot Water Bottle", "Hot water bottles & warmers"),
        ("Jam Clock Magnet", "Magnets"),
        ("S/4 Ivory Mini Rose Candle in Bowl", "Candles"),
        ("Set of 6 Snack Loaf Baking Cases", "Cake stands & tins"),
        ("Christmas Retrospot Angel Wood", "Christmas decorations"),
        ("Letter Y Bling Key Ring", "Keyrings"),
        ("Large White Heart of Wicker", "Ornaments"),
        ("Bluetooth Speaker", "Audio"),
        ("Zorblax", ""),
    ],
)
def test_categories_from_titles(title: str, category: str) -> None:
    path = category_of_title(title)
    assert (path[-1] if path else "") == category


def test_a_catalogues_own_repeated_nouns_become_categories() -> None:
    titles = [f"Model {n} Zorblax" for n in ("A", "B", "C", "D")] + ["Single Quux"]
    products = derive_categories([Product(str(n), title) for n, title in enumerate(titles)])
    assert [product.category for product in products] == ["Zorblaxes"] * 4 + [""]
    given = Product("g", "Red Mug", categories=("Ours",))
    assert derive_categories([given]) == [given]


def test_plurals() -> None:
    assert [singular(word) for word in ("mugs", "boxes", "glass", "candies", "dishes")] == [
        "mug",
        "box",
        "glass",
        "candy",
        "dish",
    ]
    assert [plural(word) for word in ("gnome", "box", "toy", "candy")] == [
        "gnomes",
        "boxes",
        "toys",
        "candies",
    ]


def test_colours() -> None:
    assert colours_of_title("3 Tier Cake Tin Red and Cream") == "Red/Cream"
    assert colours_of_title("Beach Hut Blackboard") == ""
    assert colours_of_title("Swiss Chocolate Bar") == ""
    assert [tidy_colour(text) for text in ("BLACK", "gray", "Black/White", "Brushed Nickel", "")] == [
        "Black",
        "Grey",
        "Black/White",
        "Brushed Nickel",
        "",
    ]
