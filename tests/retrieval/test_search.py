from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from retrieval.embedding import HashEmbedder
from retrieval.ranking import WORDS_ONLY_GATE, Evidence, Gate, may_be
from retrieval.search import Search, SearchResult
from retrieval.vectors import MemoryVectors
from retrieval.words import stem
from shop.errors import SearchError
from shop.types import Product
from tests.retrieval.conftest import POLICIES, PRODUCTS


def ids(result: SearchResult) -> list[str]:
    return [hit.product.id for hit in result.hits]


def test_compounds_both_ways(search: Search) -> None:
    assert ids(search.search("retro spot lunch bag under £2")) == ["b1"]
    assert ids(search.search("retrospot lunchbag")) == ["b1"]
    assert set(ids(search.search("tea lights"))) == {"c1"} or "c1" in ids(search.search("tea light holder"))


def test_every_hit_passes_every_filter(search: Search) -> None:
    result = search.search("red lunch bag under £2")
    assert ids(result) == ["b1"]
    assert all(result.query.filters.matches(hit.product) for hit in result.hits)


def test_not_stocked_needs_evidence(search: Search) -> None:
    result = search.search("espresso machine")
    assert (result.outcome, result.hits, result.total) == ("not_stocked", (), 0)
    assert set(result.missing) == {"espresso", "machine"}


def test_another_word_for_it_is_no_denial(search: Search) -> None:
    assert "d1" in ids(search.search("xmas decoration"))
    assert "m3" in ids(search.search("cups"))


def test_filtered_out_says_what_to_drop_and_shows_the_nearest(search: Search) -> None:
    result = search.search("candles under £1")
    assert result.outcome == "filtered_out"
    assert result.relaxed == ("price",)
    assert result.nearest[0].product.id == "c2"


def test_not_in_data(search: Search) -> None:
    result = search.search("mugs rated 4 stars")
    assert (result.outcome, result.relaxed) == ("not_in_data", ("rating",))
    assert search.search("belts with at least 4 stars").outcome == "found"


def test_a_candle_holder_is_no_candle(search: Search) -> None:
    assert ids(search.search("most expensive candle"))[0] == "c3"
    assert search.search("how many candles do you have").total == 2
    assert search.search("candle holder").hits[0].product.id == "c4"


def test_things_named_after_it_are_no_denial(search: Search) -> None:
    """A shop with lunch bags has something for "lunch", and no lunch by that."""
    result = search.search("lunch")
    assert {hit.product.id for hit in result.hits} == {"b1", "b2", "b3"}


def test_one_variant_has_to_meet_all(search: Search) -> None:
    assert ids(search.search("red t-shirt size L in stock")) == ["t1"]
    assert search.search("red t-shirt size M in stock").outcome == "filtered_out"
    assert search.search("blue t-shirt size M under £11").total == 1


def test_without(search: Search) -> None:
    assert set(ids(search.search("belt without buckle"))) == {"l1", "l3"}


def test_unpriced_never_passes_a_price_and_sorts_last(search: Search) -> None:
    assert "l3" not in ids(search.search("belts under £100"))
    assert ids(search.search("cheap belts"))[-1] == "l3"


def test_exclude_and_k(search: Search) -> None:
    result = search.search("lunch bag", k=1, exclude=frozenset({"b1"}))
    assert len(result.hits) == 1
    assert result.total == 2
    assert "b1" not in ids(result)


def test_similar(search: Search) -> None:
    found = [hit.product.id for hit in search.similar("b1", 3)]
    assert "b1" not in found
    assert found[0] in ("b2", "b3", "b4")
    assert search.similar("nobody") == []


def test_policies(search: Search) -> None:
    first = search.policies("can I return this product?")[0]
    assert first.passage.id == "p1"
    assert first.coverage > 0
    assert search.policies("zebra")[0].coverage == 0


def test_words_alone_when_the_vector_store_is_down() -> None:
    down = SearchError("the vector store is down; start it")
    search = Search(PRODUCTS, POLICIES, HashEmbedder(), down, down)
    result = search.search("lunch bag")
    assert {hit.product.id for hit in result.hits} == {"b1", "b2", "b3"}
    assert any("vector store is down" in text for text in result.degraded)
    assert search.search("laptop").outcome == "not_stocked"
    assert search.policies("return")[0].passage.id == "p1"


def test_words_alone_when_the_embedder_fails() -> None:
    class Broken(HashEmbedder):
        def embed(self, texts: object) -> np.ndarray:
            raise SearchError("no weights; install them")

    vectors = MemoryVectors()
    vectors.upsert(
        [p.id for p in PRODUCTS], HashEmbedder().embed([p.title for p in PRODUCTS]), [{}] * len(PRODUCTS)
    )
    result = Search(PRODUCTS, [], Broken(), vectors, MemoryVectors()).search("mug")
    assert result.outcome == "found"
    assert any("no weights" in text for text in result.degraded)


def test_an_empty_catalogue_fails_and_does_not_deny() -> None:
    empty = Search([], [], HashEmbedder(), MemoryVectors(), MemoryVectors())
    assert empty.search("mug").outcome == "failed"


@pytest.mark.parametrize("text", ["", "?", "under £2", "red"])
def test_filters_alone_browse(search: Search, text: str) -> None:
    result = search.search(text, k=50)
    assert result.outcome == "found"
    assert all(result.query.filters.matches(hit.product) for hit in result.hits)


@pytest.mark.parametrize(
    ("terms", "cosine", "close"),
    [(1, 0.6, False), (2, 0.44, False), (2, 0.46, True), (3, 0.31, True), (3, 0.29, False)],
)
def test_what_comes_close_is_not_denied(terms: int, cosine: float, close: bool) -> None:
    nothing = np.zeros(3, dtype=np.float32)
    cosines = np.array([0.0, cosine, 0.1], dtype=np.float32)
    evidence = Evidence(nothing, nothing, nothing > 0, nothing, cosines, terms)
    assert may_be(evidence, Gate()) is close
    assert not may_be(evidence, WORDS_ONLY_GATE)
    assert not may_be(replace(evidence, terms=2, head_known=False), Gate())


def evidence_of(coverage: float, cosine: float, *, head: bool, **changes: object) -> Evidence:
    one = np.array([coverage], dtype=np.float32)
    made = Evidence(
        one, one, np.array([head]), one, np.array([cosine], dtype=np.float32), 2, plainly=np.array([head])
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_thing_the_shop_lacks_is_denied_though_its_like_is_there() -> None:
    bed = evidence_of(0.45, 0.63, head=True, absent=1)  # a pet bed, where a sofa bed was asked for
    assert may_be(bed, Gate())
    assert not may_be(replace(bed, lacks_a_thing=True), Gate())


def test_half_of_what_was_asked_is_no_reason_to_waver() -> None:
    apron = evidence_of(0.52, 0.66, head=False)  # printed with a microwave; an oven glove is no oven
    assert not may_be(apron, Gate())
    assert may_be(replace(apron, coverage=np.array([0.6], dtype=np.float32)), Gate())


def test_the_thing_itself_is_not_denied_for_whom_it_is_for() -> None:
    plasters = evidence_of(0.73, 0.2, head=True)
    assert not may_be(plasters, Gate())
    assert may_be(replace(plasters, for_whom=0.19), Gate())


def test_things_are_told_from_mere_words() -> None:
    vocabulary = Search([], [], HashEmbedder(), MemoryVectors(), MemoryVectors()).vocabulary
    sofa, curling, shampoo = (vocabulary.terms([word])[0] for word in ("sofa", "curling", "shampoo"))
    assert vocabulary.is_thing(sofa) and vocabulary.is_thing(shampoo) and not vocabulary.is_thing(curling)
    assert vocabulary.lacks_thing([sofa, curling], [sofa], 1)
    assert not vocabulary.lacks_thing([sofa, curling, shampoo], [sofa], 1)
    assert vocabulary.lacks_thing([sofa, curling, shampoo], [sofa], 0)


def test_an_oven_glove_is_no_oven() -> None:
    products = [Product(id="g", title="Tea Time Oven Glove"), Product(id="o", title="Round Pizza Oven")]
    search = Search(products, [], HashEmbedder(), MemoryVectors(), MemoryVectors())
    assert ids(search.search("how many ovens do you have")) == ["o"]
    assert ids(search.search("oven glove"))[0] == "g"


def test_what_only_its_category_calls_so_is_not_the_cheapest() -> None:
    kind = ("Golf", "Putting Mats")
    products = [
        Product(id="cup", title="Automatic Putting Cup, Black", categories=kind),
        Product(id="mat", title="Green Putting Mat", categories=kind),
        Product(id="green", title="Indoor Putting Green", categories=kind),
    ]
    search = Search(products, [], HashEmbedder(), MemoryVectors(), MemoryVectors())
    found = search.search("how many putting mats do you have")
    assert found.total == len(found.hits) and "cup" not in ids(found) and "mat" in ids(found)


def test_what_is_named_is_found_by_its_words_alone() -> None:
    products = [
        Product(id="sock", title="Nimbus Ankle Socks"),
        Product(id="pillow", title="Throw Pillow", bullets=("Machine washable.",)),
    ]
    search = Search(products, [], HashEmbedder(), MemoryVectors(), MemoryVectors())
    stems = [stem(word) for word in ("nimbus", "ankle", "socks", "machine", "washable")]
    assert [product.id for product in search.by_words(stems, 5)] == ["sock", "pillow"]


def test_a_name_that_is_also_a_brand() -> None:
    products = [
        Product(id="b", title="Dog Bowl", brand="Sparkle"),
        *(Product(id=str(n), title=f"Sparkle Lamp {n}", brand="Other") for n in range(3)),
    ]
    search = Search(products, [], HashEmbedder(), MemoryVectors(), MemoryVectors())
    assert set(ids(search.search("sparkle lamp"))) == {"0", "1", "2"}
    assert search.search("lamp by sparkle").outcome == "filtered_out"
