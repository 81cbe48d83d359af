"""A catalogue measured on chosen rows answers as one measured on all rows."""

from __future__ import annotations

import random
from pathlib import Path

import bm25s
import numpy as np
import pytest

from retrieval import catalogue, nearest, shelf
from retrieval.indexing import build_index, open_search
from retrieval.lexical import TITLE_SHARE, Lexical, read_words
from retrieval.nearest import Matrix, lay_in_cells
from retrieval.search import Search
from retrieval.vocabulary import read_text
from shop.settings import Settings
from shop.sources import read_products
from shop.store import Store
from shop.types import Product

ROOT = Path(__file__).parents[2]
SIZE = 800


@pytest.fixture(scope="module")
def products() -> list[Product]:
    sample = ROOT / "shop" / "samples" / "marketplace" / "products.jsonl.gz"
    return sorted(read_products(sample, "auto", "USD").products, key=lambda p: p.id)[:SIZE]


@pytest.fixture(scope="module")
def both(products: list[Product], tmp_path_factory: pytest.TempPathFactory) -> tuple[Search, Search]:
    """(exact, on chosen rows) over the same products."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("small", "large"):
            folder = tmp_path_factory.mktemp(name)
            settings = Settings(shop=folder, embedder="hash:", vectors=f"file:{folder}")
            if name == "large":
                for module in (catalogue, shelf):
                    patch.setattr(module, "EXACT_ROWS", 100)
            store = Store(settings.database_url)
            store.put_products(products)
            build_index(store, settings)
            search = open_search(store, settings)
            assert search.products and search._library.latest.is_large == (name == "large")
            # Asked once here, while the limit is what it is for this one.
            found.append((search, {text: search.search(text, k=5) for text in questions(products)}))
    return tuple(found)  # type: ignore[return-value]


def questions(products: list[Product]) -> list[str]:
    chance = random.Random(4)
    found = ["", "under 10", "in red", "cheapest", "how many in black", "rated 4 stars"]
    forms = "{}|{} under 20|{} in black|how many {}|cheapest {}|{} not blue|{} without batteries|best {}"
    for form in forms.split("|"):
        for _ in range(8):
            words = chance.choice(products).title.split()
            at = chance.randrange(max(1, len(words) - 2))
            found.append(form.format(" ".join(words[at : at + chance.randint(1, 3)])))
    return found


def test_chosen_rows_answer_as_all_rows(both) -> None:  # type: ignore[no-untyped-def]
    (_, exact), (_, chosen) = both
    same_total = [text for text in exact if exact[text].total == chosen[text].total]
    assert all(text in same_total for text in exact if text.startswith(("how many", "cheapest")))
    assert len(same_total) >= 0.97 * len(exact), set(exact) - set(same_total)
    outcomes = [exact[text].outcome == chosen[text].outcome for text in exact]
    assert np.mean(outcomes) >= 0.98
    first = [
        exact[text].hits[0].product.id == chosen[text].hits[0].product.id
        for text in exact
        if exact[text].hits and chosen[text].hits
    ]
    assert len(first) > 30
    assert np.mean(first) >= 0.95


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.01, 0.001])
def test_cells_find_the_nearest_whatever_the_filter_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr(nearest, "SCANNED", 2_000)
    monkeypatch.setattr(nearest, "SCANNED_OF_MASK", 2_000)
    chance, size = np.random.default_rng(2), 20_000
    centres = chance.standard_normal((100, 64))
    rows = centres[chance.integers(0, 100, size)] + 0.8 * chance.standard_normal((size, 64))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    matrix = Matrix(lay_in_cells(vectors, tmp_path))
    mask = None if share == 1 else chance.random(size) < share
    hits = wanted = 0
    for query in vectors[chance.integers(0, size, 30)]:
        query = query + 0.05 * chance.standard_normal(64).astype(np.float32)
        cosines = vectors @ query
        assert np.allclose(matrix.cosines(query), cosines, atol=1e-5)
        kept = np.arange(size) if mask is None else np.flatnonzero(mask)
        best = kept[np.argsort(-cosines[kept], kind="stable")[:10]]
        found, close = matrix.nearest(query, 10, mask)
        assert np.allclose(close, cosines[found], atol=1e-5)
        assert mask is None or mask[found].all()
        hits, wanted = hits + len(np.intersect1d(found, best)), wanted + len(best)
    assert hits / wanted >= (0.95 if share > 0.2 else 0.999)


def test_bm25_is_bm25(products: list[Product]) -> None:
    texts = [read_text(product) for product in products]
    lexical = Lexical([read_words(texts)])
    title, everything = bm25s.BM25(), bm25s.BM25()
    title.index([list(text.strong) for text in texts], show_progress=False)
    everything.index([[*text.strong, *text.weak] for text in texts], show_progress=False)
    for stems in (["bag"], ["led", "light", "strip"], ["without", "men", "shoe", "leather"]):
        known = [word for word in stems if word in title.vocab_dict]
        expected = TITLE_SHARE * title.get_scores(known) + (1 - TITLE_SHARE) * everything.get_scores(stems)
        assert np.allclose(lexical.scores(stems), expected, atol=1e-5)
        rows = np.arange(0, SIZE, 7)
        place = np.full(SIZE, -1, dtype=np.int32)
        place[rows] = np.arange(len(rows))
        assert np.allclose(lexical.scores(stems, place, len(rows)), expected[rows], atol=1e-5)
        assert np.allclose(lexical.text_scores(stems), everything.get_scores(stems), atol=1e-5)
    assert lexical.titles(np.array([3, 0])) == [texts[3].title, texts[0].title]
