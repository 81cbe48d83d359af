"""The prepared search: it follows the store, survives being killed, and has one writer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from retrieval import indexing, prepared
from retrieval.embedding import HashEmbedder
from retrieval.indexing import PRODUCTS as COLLECTION
from retrieval.indexing import build_index, open_search, open_shop_vectors
from retrieval.library import content_hash, product_text
from retrieval.prepared import MANIFEST, writing_index
from retrieval.search import Search
from shop.errors import SearchError
from shop.settings import Settings
from shop.sources import import_file
from shop.store import Store
from shop.types import Money, Product
from tests.retrieval.conftest import POLICIES, PRODUCTS, product

ROOT = Path(__file__).parents[2]


def shop_settings(folder: Path, vectors: str = "") -> Settings:
    spec = vectors or f"file:{folder / 'vectors'}"
    return Settings(shop=folder, embedder="hash:", vectors=spec)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return shop_settings(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings.database_url) as found:
        found.put_products(PRODUCTS)
        found.put_policies(POLICIES)
        yield found


def ids(search: Search, text: str) -> list[str]:
    return [hit.product.id for hit in search.search(text, k=50).hits]


def priced(one: Product, amount: str) -> Product:
    return replace(one, price=Money(Decimal(amount), "GBP"))


QUESTIONS = ["lunch bag", "red mug under £3", "belt without buckle", "how many candles", "blue t-shirt M"]


def test_prepared_answers_as_built_in_memory(store: Store, settings: Settings) -> None:
    build_index(store, settings)
    opened = open_search(store, settings)
    products, policies = (open_shop_vectors(settings, name) for name in ("products", "policies"))
    search = Search(store.products(), store.policies(), HashEmbedder(), products, policies)
    for text in [*QUESTIONS, "", "espresso machine", "candles under £1", "mugs rated 4 stars", "cheap belts"]:
        assert opened.search(text) == search.search(text)
    assert opened.similar("b1", 3) == search.similar("b1", 3)
    assert opened.policies("return a product") == search.policies("return a product")
    assert list(opened.products) == sorted(p.id for p in PRODUCTS)
    assert opened.products["b1"] == PRODUCTS[0]
    assert list(opened.products.values()) == [opened.products[id_] for id_ in opened.products]


def test_unprepared_answers_too_and_says_so(store: Store, settings: Settings) -> None:
    result = open_search(store, settings).search("lunch bag")
    assert {hit.product.id for hit in result.hits} == {"b1", "b2", "b3"}
    assert any("run `regulars index`" in note for note in result.degraded)


@pytest.mark.parametrize("whole_below", [0, 10_000])
def test_a_running_search_follows_the_store(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, whole_below: int
) -> None:
    monkeypatch.setattr(prepared, "WHOLE_BELOW", whole_below)
    monkeypatch.setattr(prepared, "SECOND_SHELF", 0.5)
    build_index(store, settings)
    running = open_search(store, settings)
    assert set(ids(running, "lunch bag under £2")) == {"b1", "b2"}

    store.put_products([priced(PRODUCTS[0], "2.50")])
    assert ids(running, "lunch bag under £2") == ["b2"], "a new price counts in the next search"
    assert running.products["b1"].price == Money(Decimal("2.50"), "GBP")

    store.put_products([product("n1", "Zebrawood Lunch Bag", "1.00", brand="Quagga", colour="Green")])
    assert set(ids(running, "lunch bag under £2")) == {"b2", "n1"}
    assert ids(running, "zebrawood bag by quagga") == ["n1"], "new words and brands are understood"
    assert running.search("zebrawood").degraded == (), "and a single new text is embedded at once"

    assert store.remove_products(["b2", "never there"]) == 1
    assert ids(running, "lunch bag under £2") == ["n1"]
    assert "b2" not in running.products
    assert running.search("how many lunch bags").total == 3

    report = build_index(store, settings)
    assert (report.embedded, report.removed) == (1, 1), "a price is no new text"
    assert ids(running, "lunch bag under £2") == ["n1"]
    fresh = open_search(store, settings)
    assert len(fresh._library.latest.shelves) == (2 if whole_below == 0 else 1)  # type: ignore[attr-defined]
    for text in QUESTIONS:
        assert sorted(ids(fresh, text)) == sorted(ids(running, text))

    store.put_products([PRODUCTS[1]])
    assert set(ids(running, "lunch bag under £2")) == {"b2", "n1"}, "what was removed may come back"
    assert set(ids(fresh, "lunch bag under £2")) == {"b2", "n1"}


def test_a_file_may_be_the_whole_catalogue(store: Store, settings: Settings) -> None:
    build_index(store, settings)
    running = open_search(store, settings)
    file = settings.shop / "products.jsonl"
    file.write_text('{"asin": "b1", "title": "Lunch Bag"}\n{"asin": "b9", "title": "Lunch Bag Nine"}\n')
    report = import_file(store, "products", file, "esci", settings)
    assert len(running.search("how many lunch bags", k=50).hits) == 4, "b1 is replaced, b9 is new"
    report = import_file(store, "products", file, "esci", settings, replace=True)
    assert f"{len(PRODUCTS) - 1} products that the file does not have were removed" in report.notes
    assert sorted(ids(running, "lunch bag")) == ["b1", "b9"]
    assert running.search("red mug").outcome == "not_stocked"


def test_nothing_is_written_where_nothing_changed(store: Store, settings: Settings) -> None:
    build_index(store, settings)
    before = (settings.shop / "index" / MANIFEST).stat().st_mtime_ns
    revision = store.product_revision()
    store.put_products(PRODUCTS)
    assert store.product_revision() == revision
    report = build_index(store, settings)
    assert (report.embedded, report.kept, report.removed) == (0, len(PRODUCTS) + len(POLICIES), 0)
    assert (settings.shop / "index" / MANIFEST).stat().st_mtime_ns == before


def test_a_damaged_or_foreign_index_is_noticed(store: Store, settings: Settings) -> None:
    build_index(store, settings)
    (rows,) = (settings.shop / "index").glob("*/text_rows.npy")
    rows.write_bytes(rows.read_bytes()[:-8])
    with pytest.raises(SearchError, match=r"damaged .*; run `regulars index`"):
        open_search(store, settings)
    build_index(store, settings)
    assert ids(open_search(store, settings), "lunch bag")
    # Another database in the place of the first: the same revision numbers, not the same products.
    with Store(f"sqlite:///{settings.shop / 'other.db'}") as other:
        for one in PRODUCTS[:3]:
            other.put_products([one])
        assert len(open_search(other, settings).products) == 3


def test_lost_vectors_are_made_again(store: Store, settings: Settings) -> None:
    build_index(store, settings)
    vectors = open_shop_vectors(settings, COLLECTION)
    vectors.delete(["b1", "b2"])
    vectors.close()
    assert build_index(store, settings).embedded == 2


def test_a_large_catalogue_moves_from_chroma_to_a_file(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(shop=tmp_path, embedder="hash:")
    build_index(store, settings)
    assert not (tmp_path / "vectors" / "products.sqlite").exists()
    monkeypatch.setattr(indexing, "CHROMA_MOST", 5)
    report = build_index(store, settings)
    assert report.embedded == 0, "vectors are taken over, not made again"
    assert (tmp_path / "vectors" / "products.sqlite").exists()
    assert set(ids(open_search(store, settings), "lunch bag")) == {"b1", "b2", "b3"}


def test_a_second_writer_is_told(store: Store, settings: Settings) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom retrieval.indexing import build_index\n"
        "from shop.errors import SearchError\nfrom shop.settings import Settings\n"
        "from shop.store import Store\n"
        "s = Settings(shop=Path(sys.argv[1]), embedder='hash:', vectors='memory:')\n"
        "try:\n    build_index(Store(s.database_url), s)\nexcept SearchError as error:\n    print(error)"
    )
    with writing_index(settings.shop):
        told = subprocess.run(
            [sys.executable, "-c", script, str(settings.shop)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        ).stdout
    assert f"being written by another process (pid {os.getpid()}); wait for it to end" in told


TALKING_INDEX = """
import sys, time
from pathlib import Path
from retrieval import indexing, prepared
from shop.settings import Settings
from shop.store import Store

def publish(folder, manifest):
    print("publishing", flush=True)
    time.sleep(60)

indexing.BATCH = 40
prepared._publish = publish
settings = Settings(shop=Path(sys.argv[1]), embedder="hash:", vectors=sys.argv[2])
indexing.build_index(
    Store(settings.database_url), settings, lambda done, total: print(f"{done} of {total}", flush=True)
)
"""


def kill_at(line: str, folder: Path, vectors: str) -> None:
    """Index in another process and kill it as soon as it says `line`."""
    argv = [sys.executable, "-c", TALKING_INDEX, str(folder), vectors]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for said in run.stdout:
            if said.strip() == line:
                break
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert run.returncode == -signal.SIGKILL, "it was at work still"


def count_vectors(vectors: str) -> int:
    """In another process: one that has Chroma's folder open does not see what others write to it."""
    code = (
        "import sys; from retrieval.vectors import open_vectors; "
        "print(open_vectors(sys.argv[1], 'products').count())"
    )
    done = subprocess.run([sys.executable, "-c", code, vectors], cwd=ROOT, capture_output=True, check=True)
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "chroma"])
def test_killed_half_way_nothing_is_lost_and_nothing_twice(tmp_path: Path, kind: str) -> None:
    settings = shop_settings(tmp_path, f"{kind}:{tmp_path / 'vectors'}")
    titles = ["Lunch Bag", "Red Mug", "Candle", "Tea Towel", "Money Box"]
    products = [product(f"p{n:04}", f"{titles[n % 5]} No {n}", "1.50") for n in range(2_000)]
    with Store(settings.database_url) as store:
        store.put_products(products)
        kill_at("400 of 2000", tmp_path, settings.vectors)
        kept = count_vectors(settings.vectors)
        assert 400 <= kept < 800, "what was written before the kill is there"
        kill_at(f"{kept + 400} of 2000", tmp_path, settings.vectors)
        kill_at("publishing", tmp_path, settings.vectors)
        report = build_index(store, settings)
        assert (report.embedded, report.kept, report.removed) == (0, 2_000, 0), "it went on where it was"
        vectors = open_shop_vectors(settings, COLLECTION)
        expected = {p.id: content_hash(HashEmbedder(), product_text(p)) for p in products}
        assert vectors.hashes() == expected
        assert vectors.count() == len(vectors.get([p.id for p in products])) == 2_000
        vectors.close()
        search = open_search(store, settings)
        assert search.search("how many lunch bags").total == 400
        assert search.search("lunch bag no 15").degraded == ()
        assert len(list((tmp_path / "index").glob("*/facts.json"))) == 1, "what was left half-way is gone"
