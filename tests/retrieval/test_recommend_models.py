"""The sums behind the scorers and the counts are those of their definitions."""

from __future__ import annotations

import sys
from datetime import date

import numpy as np
import pytest
from scipy import sparse

from retrieval.held_memory import hold_memory
from retrieval.recommend.counts import ALIKE, SHRINKAGE, Counts
from retrieval.recommend.histories import add_rows
from retrieval.recommend.models.factors import CONFIDENCE, REGULARISATION, _gram, _solve
from retrieval.recommend.models.pairs import find_pairs, fit_transitions, fit_two_steps, keep_largest
from retrieval.recommend.purchases import Purchases
from tests.retrieval.rows_of_purchases import baskets


def test_the_strongest_of_each_row_are_kept_and_of_equal_ones_the_first() -> None:
    dense = np.random.default_rng(4).integers(0, 5, size=(30, 40)).astype(np.float32)
    kept = keep_largest(sparse.csr_matrix(dense), 6).toarray()
    for row, own in zip(dense, kept, strict=True):
        best = [place for place in np.argsort(-row, kind="stable")[:6] if row[place]]
        np.testing.assert_array_equal(np.flatnonzero(own), np.sort(best))
        np.testing.assert_array_equal(own[best], row[best])


def test_two_steps_are_the_shares_followed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.recommend.models.pairs.BLOCK", 7)
    once = fit_transitions(find_pairs(baskets()), "transitions", 0.8, 0.8)
    strong = keep_largest(once.matrix, 30).toarray()
    shares = strong / strong.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fit_two_steps(once).matrix.toarray(), shares @ shares, rtol=1e-4)


def test_factors_solve_their_equations() -> None:
    # Rows of fewer entries than there are factors, and of more.
    observed = sparse.random(25, 12, 0.3, format="csr", random_state=5, dtype=np.float32)
    other = np.random.default_rng(4).normal(size=(12, 4)).astype(np.float32)
    found = _solve(observed, other, _gram(other))
    for row in range(25):
        confidence = CONFIDENCE * observed[row].toarray().ravel()
        left = other.T @ (other * (1 + confidence)[:, None]) + REGULARISATION * np.eye(4)
        right = other.T @ ((1 + confidence) * (confidence > 0))
        np.testing.assert_allclose(found[row], np.linalg.solve(left, right), rtol=1e-3, atol=1e-5)


def test_rows_are_added_up_as_a_product_of_matrices_does() -> None:
    table = sparse.random(20, 50, 0.2, format="csr", random_state=3, dtype=np.float32)
    places, weights = np.array([3, 7, 3], dtype=np.int32), np.array([0.5, 0.0, 2.0], dtype=np.float32)
    np.testing.assert_allclose(add_rows(table, places, weights)[0], 2.5 * table[3].toarray()[0], rtol=1e-6)
    assert not add_rows(table, places[1:2], weights[1:2]).any()


@pytest.fixture(scope="module")
def counts() -> Counts:
    draw = np.random.default_rng(4)
    rows = np.unique(draw.integers(0, [40, 15], size=(300, 2)), axis=0).astype(np.int32)
    zeros = np.zeros(len(rows), dtype=np.int32)
    names = [tuple(f"{letter}{n}" for n in range(size)) for letter, size in (("c", 40), ("p", 16))]
    return Counts(
        Purchases(names[0], names[1], ("",), rows[:, 0], rows[:, 1], zeros, zeros), date(2026, 9, 1)
    )


def buyers(counts: Counts, product: str) -> set[int]:
    bought = counts.purchases
    return set(bought.customer[bought.product == bought.products.index(product)].tolist())


def test_ties_are_counted_for_each_group_of_seeds(counts: Counts) -> None:
    groups = [{"p1": 1.0, "no such": 1.0}, {}, {"p2": 0.5, "p3": 1.0}]
    others = ["p2", "p5", "p15", "p9"]
    found = counts.together(groups, others)
    assert len(found) == 3 and found[1] == {} and found[0] and found[2]
    for group, ties in zip(groups, found, strict=True):
        for other in others:
            strengths = {}
            for seed in set(group) - {other, "no such"}:
                first, second = buyers(counts, seed), buyers(counts, other)
                both = len(first & second)
                if both >= 3:
                    cosine = both / (len(first) * len(second)) ** 0.5
                    strengths[seed] = (cosine * both / (both + SHRINKAGE) * group[seed], seed, both)
            best = max(strengths.values(), default=None)
            assert ties.get(other) == (pytest.approx(best[0]), *best[1:]) if best else other not in ties


def test_customers_alike_share_the_most(counts: Counts) -> None:
    bought = [f"p{n}" for n in range(12) if n not in (1, 7)]
    least, found = counts.alike("c3", bought, ["p1", "p15", "p7"])
    shared = {c: sum(c in buyers(counts, product) for product in bought) for c in range(40) if c != 3}
    assert least == sorted(shared.values(), reverse=True)[ALIKE - 1] >= 3
    like = {customer for customer, number in shared.items() if number >= least}
    assert found == {product: len(like & buyers(counts, product)) for product in ("p1", "p7")}, "p15 has none"


def test_what_goes_with_a_product_is_what_its_buyers_bought(counts: Counts) -> None:
    found = counts.going_with("p4")
    ties = counts.together([{"p4": 1.0}], [f"p{n}" for n in range(16)])[0]
    assert found == {other: pytest.approx(strength) for other, (strength, _, _) in ties.items()}


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc gives memory back so eagerly")
def test_freed_memory_is_held() -> None:
    import resource

    hold_memory()
    before = 0
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        _ = [np.ones(100_000, dtype=np.float32) for _ in range(14)]
        del _
    # Each time anew it would be a fault for each of 1,370 pages.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 300
