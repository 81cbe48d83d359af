"""Every bad file gives one sentence that says where and what to do, and writes nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shop.errors import SourceError, StoreError
from shop.sources import import_file
from shop.store import Store

RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
LINE = "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n"
SHOPIFY = "Handle,Title,Body (HTML),Vendor,Variant Price\n"

Write = Callable[[str | bytes], Path]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'shop.db'}") as opened:
        yield opened


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def put(content: str | bytes, name: str = "file.csv") -> Path:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return put


def refused(store: Store, file: Path, kind: str = "products", format: str = "auto") -> SourceError:
    with pytest.raises(SourceError) as caught:
        import_file(store, kind, file, format)
    assert "\n" not in str(caught.value)
    assert file.name in str(caught.value)
    for counted in ("products", "customers", "orders", "returns", "policies"):
        assert store.count(counted) == 0
    assert store.meta(f"report:{kind}") is None
    return caught.value


def test_missing_file(store: Store, tmp_path: Path) -> None:
    assert "no such file" in str(refused(store, tmp_path / "none.csv"))


def test_a_folder(store: Store, tmp_path: Path) -> None:
    assert "is a folder; name a file" in str(refused(store, tmp_path))


@pytest.mark.parametrize("content", ["", "\n \n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_empty_file(store: Store, write: Write, content: str | bytes) -> None:
    assert "is empty" in str(refused(store, write(content)))


def test_header_only(store: Store, write: Write) -> None:
    assert "header and no rows" in str(refused(store, write(RETAIL)))


def test_wrong_columns_names_missing_and_found(store: Store, write: Write) -> None:
    error = refused(store, write("InvoiceNo,StockCode,Description,Amount,When\n1,2,3,4,5\n"))
    for name in ("'Quantity'", "'InvoiceDate'", "'UnitPrice'", "'Amount'", "'When'"):
        assert name in str(error)
    assert "'StockCode'" in str(error).split("found")[1]


@pytest.mark.parametrize("price", ["two pounds", "2.5.5.5,1", "NaN", "1e5", "£", "99999999999999"])
def test_bad_price_says_row_and_column(store: Store, write: Write, price: str) -> None:
    error = refused(store, write(RETAIL + LINE + LINE.replace("2.55", f'"{price}"')), "orders")
    assert (error.row, error.column) == (3, "UnitPrice")
    assert "price" in str(error)


def test_bad_shopify_price_counts_records_not_lines(store: Store, write: Write) -> None:
    rows = 'a,A,"<p>two\nlines</p>",V,1.00\nb,B,,V,abc\n'
    error = refused(store, write(SHOPIFY + rows))
    assert (error.row, error.column) == (3, "Variant Price")
    negative = refused(store, write(SHOPIFY + "a,A,,V,-1.00\n"))
    assert "less than nothing" in str(negative)


def test_bad_quantity_and_date(store: Store, write: Write) -> None:
    error = refused(store, write(RETAIL + LINE.replace(",6,", ",six,")), "orders")
    assert (error.row, error.column) == (2, "Quantity")
    error = refused(store, write(RETAIL + LINE.replace("2010-12-01 08:26:00", "yesterday")), "orders")
    assert (error.row, error.column) == (2, "InvoiceDate")


def test_mixed_encodings_name_the_row(store: Store, write: Write) -> None:
    content = (RETAIL + LINE.replace("WHITE", "CAFÉ")).encode() + LINE.replace("WHITE", "CAFÉ").encode(
        "latin-1"
    )
    error = refused(store, write(content))
    assert error.row == 3
    assert "row 2 is UTF-8, row 3 is not" in str(error)


def test_nul_bytes(store: Store, write: Write) -> None:
    error = refused(store, write((RETAIL + LINE).encode() + b"\x00\x01"))
    assert error.row == 3
    assert "NUL" in str(error)
    assert "NUL" in str(refused(store, write((RETAIL + LINE).encode("utf-16-le"))))
    assert "NUL" in str(refused(store, write((RETAIL + LINE + "\x00").encode("utf-16"))))


def test_duplicate_ids(store: Store, write: Callable[..., Path]) -> None:
    error = refused(store, write(SHOPIFY + "a,A,,V,1.00\nb,B,,V,1\na,Another,,V,2.00\n"))
    assert error.row == 4
    assert "already used on row 2" in str(error)
    again = refused(store, write(SHOPIFY + "a,A,,V,1.00\na,A,,V,2.00\n"))
    assert "already on row 2" in str(again)
    line = json.dumps({"asin": "B1", "title": "Thing"})
    error = refused(store, write(f"{line}\n{line}\n", "products.jsonl"))
    assert (error.row, error.column) == (2, "asin")
    error = refused(store, write('{"1": {"name": "a"}, "1": {"name": "b"}}', "p.json"))
    assert "'1' stands twice" in str(error)


def test_duplicate_order(store: Store, write: Write) -> None:
    header = "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price\n"
    one = "#1,a@example.com,2026-01-01 10:00:00 +0000,1,Mug,5\n"
    error = refused(store, write(header + one + one.replace("#1", "#2") + one), "orders")
    assert error.row == 4
    assert "order #1 was already on row 2" in str(error)


def test_a_huge_cell(store: Store, write: Callable[..., Path]) -> None:
    error = refused(store, write(SHOPIFY + f"a,A,{'x' * 5_000_000},V,1\n"))
    assert (error.row, error.column) == (2, "Body (HTML)")
    assert "5,000,000 characters" in str(error)
    line = json.dumps({"asin": "B1", "title": "x" * 5_000_000})
    assert refused(store, write(line, "products.jsonl")).row == 1


def test_an_open_quote_and_a_row_too_long(store: Store, write: Write) -> None:
    assert "inside quotes" in str(refused(store, write(SHOPIFY + 'a,"A,,V,1\nb,B,,V,1\n')))
    error = refused(store, write(SHOPIFY + "a,A,red, green,V,1\n"))
    assert error.row == 2
    assert "6 cells under 5 headers" in str(error)


def test_not_gzip_cut_off_and_damaged(store: Store, write: Callable[..., Path]) -> None:
    assert "not gzip" in str(refused(store, write(RETAIL + LINE, "file.csv.gz")))
    packed = gzip.compress((RETAIL + LINE * 500).encode())
    assert "cut off" in str(refused(store, write(packed[:-20], "file.csv.gz")))
    damaged = packed[:30] + bytes(byte ^ 0xFF for byte in packed[30:60]) + packed[60:]
    assert "damaged gzip" in str(refused(store, write(damaged, "file.csv.gz")))
    assert "is empty" in str(refused(store, write(gzip.compress(b""), "file.csv.gz")))


def test_bad_json(store: Store, write: Callable[..., Path]) -> None:
    good = json.dumps({"asin": "B1", "title": "Thing"})
    error = refused(store, write(f'{good}\n{{"asin": \n', "p.jsonl"))
    assert error.row == 2
    assert "is no JSON" in str(error)
    assert "one object a line" in str(refused(store, write(f"{good}\n[1]\n", "p.jsonl")))
    assert "lacks 'title'" in str(refused(store, write(good + '\n{"asin": "B2"}\n', "p.jsonl")))
    assert "JSON list" in str(refused(store, write("[1, 2]", "p.json")))
    assert "is no JSON" in str(refused(store, write('{"1": ' * 100_000, "p.json"), format="tau2"))
    assert "no JSON object" in str(refused(store, write("[]", "p.json"), format="tau2"))


@pytest.mark.parametrize("field", [{"price": "cheap"}, {"price": -1}, {"rating": 9, "rating_count": 2}])
def test_bad_json_values_name_their_field(
    store: Store, write: Callable[..., Path], field: dict[str, object]
) -> None:
    error = refused(store, write(json.dumps({"asin": "B1", "title": "T"} | field), "p.jsonl"))
    assert (error.row, error.column) == (1, next(iter(field)))


def test_unknown_format_and_kind(store: Store, write: Write) -> None:
    file = write(RETAIL + LINE)
    assert "use one of auto, online_retail" in str(refused(store, file, format="excel"))
    assert "import one of products, orders" in str(refused(store, file, kind="unicorns"))


def test_nothing_that_can_be_sold(store: Store, write: Write) -> None:
    assert "no product" in str(refused(store, write(RETAIL + LINE.replace("85123A", "POST"))))
    assert "names no customer" in str(refused(store, write(RETAIL + LINE.replace("17850", "")), "customers"))
    assert "no text" in str(refused(store, write("# Only\n## Headings\n", "policy.md"), "policies"))


def test_a_good_shop_stays_as_it_was(store: Store, write: Callable[..., Path]) -> None:
    import_file(store, "products", write(RETAIL + LINE))
    before = (store.products(), store.meta("report:products"))
    with pytest.raises(SourceError):
        import_file(
            store,
            "products",
            write(RETAIL + LINE.replace("85123A", "1") + LINE.replace("2.55", "x"), "b.csv"),
        )
    assert (store.products(), store.meta("report:products")) == before


def test_an_unwritable_shop_folder_for_a_sample(tmp_path: Path) -> None:
    from shop.samples import load_sample

    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        load_sample("support_desk", tmp_path / "file" / "shop")
