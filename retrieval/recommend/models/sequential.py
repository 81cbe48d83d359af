"""What comes next in a row of products: SASRec (Kang, McAuley 2018, arXiv:1808.09781), served by NumPy.

Trained with a softmax over the batch's own targets and uniformly drawn products instead of the paper's
one negative: with it the same network is much better (Klenitskiy, Vasilev 2023, arXiv:2309.07602).
Training is in sequential_training.py, the only one that needs torch; this file runs the trained network,
so that serving loads no torch. Knows products as columns and their order, neither days nor texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.recommend.histories import Histories
from retrieval.recommend.scorers import Floats

EPSILON = 1e-5


@dataclass(frozen=True)
class Sequential:
    """`weights`: the network's arrays by their names in torch; `heads`: attention heads.

    Row -1 of `items.weight` is the padding and is never scored.
    """

    name: str
    weights: Mapping[str, Floats]
    heads: int

    def scores_many(self, histories: Histories) -> Floats:
        """Rows by products: log-probability of being next, less the row's mean; 0 for an empty history."""
        table = self.weights["items.weight"]
        length = len(self.weights["places.weight"])
        found = np.zeros((len(histories), histories.products), dtype=np.float32)
        filled = np.flatnonzero(np.diff(histories.start))
        if not len(filled):
            return found
        padded = last_entries(histories, length)[filled]
        state = self._encode(padded)[:, -1]
        logits = state @ table[:-1].T
        found[filled] = logits - logits.mean(axis=1, keepdims=True)
        return found

    def _encode(self, padded: NDArray[np.int64]) -> Floats:
        """Columns (rows, length), left-padded with `products`, to states (rows, length, dimensions)."""
        table, places = self.weights["items.weight"], self.weights["places.weight"]
        size = padded.shape[1]
        state = table[padded] + places[-size:]
        later = np.triu(np.ones((size, size), dtype=bool), 1)
        padding = (padded == len(table) - 1)[:, None, None, :] & ~np.eye(size, dtype=bool)
        hidden = np.where(later | padding, np.float32(-1e9), np.float32(0))
        block = 0
        while f"blocks.{block}.mix.weight" in self.weights:
            state = self._block(state, f"blocks.{block}.", hidden)
            block += 1
        return self._norm(state, "norm.")

    def _block(self, state: Floats, name: str, hidden: Floats) -> Floats:
        rows, size, dimensions = state.shape
        mixed = self._linear(self._norm(state, f"{name}before."), f"{name}mix.")
        query, key, value = np.moveaxis(
            mixed.reshape(rows, size, 3, self.heads, dimensions // self.heads), (2, 3), (0, 2)
        )
        weight = query @ key.swapaxes(-1, -2) / np.float32(np.sqrt(dimensions // self.heads)) + hidden
        weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
        weight /= weight.sum(axis=-1, keepdims=True)
        heard = (weight @ value).swapaxes(1, 2).reshape(rows, size, dimensions)
        state = state + self._linear(heard, f"{name}out.")
        inner = np.maximum(self._linear(self._norm(state, f"{name}between."), f"{name}widen."), 0)
        return state + self._linear(inner, f"{name}narrow.")

    def _linear(self, state: Floats, name: str) -> Floats:
        return np.asarray(state @ self.weights[f"{name}weight"].T + self.weights[f"{name}bias"])

    def _norm(self, state: Floats, name: str) -> Floats:
        centred = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
        return np.asarray(centred / spread * self.weights[f"{name}weight"] + self.weights[f"{name}bias"])


def last_entries(histories: Histories, length: int) -> NDArray[np.int64]:
    """The last columns of each row, at most `length` and at least one, left-padded with `products`."""
    sizes = np.minimum(np.diff(histories.start), length)
    width = max(1, int(sizes.max(initial=0)))
    padded = np.full((len(histories), width), histories.products, dtype=np.int64)
    offset = np.arange(width) - (width - sizes)[:, None]
    row, place = np.nonzero(offset >= 0)
    ends = histories.start[1:]
    padded[row, place] = histories.item[ends[row] - width + place]
    return padded
