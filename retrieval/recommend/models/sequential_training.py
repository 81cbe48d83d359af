"""Trains the network of sequential.py; the only file of the recommenders that needs torch.

Same seed: the same network, to the rounding of threads that add up in any order. Knows rows of columns;
knows nothing of evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.recommend.histories import Histories
from retrieval.recommend.models.sequential import Sequential, last_entries

Progress = Callable[[int, int], None]
POOL = 20
"""Batches that are sorted by length together."""


@dataclass(frozen=True)
class Recipe:
    """How to train; usual values of the literature, not tuned to any file."""

    dimensions: int = 64
    blocks: int = 2
    heads: int = 2
    length: int = 30
    dropout: float = 0.25
    negatives: int = 512
    batch: int = 128
    rate: float = 2e-3
    epochs: int = 12
    least_steps: int = 300
    seed: int = 1


class _Block(nn.Module):  # type: ignore[misc]
    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        size = recipe.dimensions
        self.heads = recipe.heads
        self.mix, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.before, self.between = nn.LayerNorm(size), nn.LayerNorm(size)
        self.widen, self.narrow = nn.Linear(size, size), nn.Linear(size, size)
        self.drop = nn.Dropout(recipe.dropout)

    def forward(self, state: Tensor, hidden: Tensor) -> Tensor:
        rows, length, size = state.shape
        mixed = self.mix(self.before(state)).view(rows, length, 3, self.heads, size // self.heads)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        weight = query @ key.transpose(-1, -2) / math.sqrt(size // self.heads) + hidden
        heard = (self.drop(weight.softmax(-1)) @ value).transpose(1, 2).reshape(rows, length, size)
        state = state + self.drop(self.out(heard))
        inner = self.drop(functional.relu(self.widen(self.between(state))))
        return state + self.drop(self.narrow(inner))


class _Network(nn.Module):  # type: ignore[misc]
    def __init__(self, products: int, recipe: Recipe) -> None:
        super().__init__()
        size = recipe.dimensions
        self.items = nn.Embedding(products + 1, size, padding_idx=products)
        self.places = nn.Embedding(recipe.length, size)
        self.blocks = nn.ModuleList(_Block(recipe) for _ in range(recipe.blocks))
        self.norm, self.drop = nn.LayerNorm(size), nn.Dropout(recipe.dropout)
        nn.init.normal_(self.items.weight, std=0.02)
        nn.init.normal_(self.places.weight, std=0.02)
        self.items.weight.data[products] = 0

    def forward(self, padded: Tensor) -> Tensor:
        length = padded.shape[1]
        state = self.drop(self.items(padded) + self.places.weight[-length:])
        later = torch.triu(torch.ones(length, length, dtype=torch.bool), 1)
        padding = (padded == self.items.num_embeddings - 1)[:, None, None, :]
        blocked = later | (padding & ~torch.eye(length, dtype=torch.bool))
        hidden = torch.zeros(blocked.shape).masked_fill(blocked, -1e9)
        for block in self.blocks:
            state = block(state, hidden)
        return self.norm(state)


def _batches(sizes: Tensor, batch: int, draw: torch.Generator) -> list[Tensor]:
    """All rows once, in random batches of rows of like length: little is spent on padding."""
    shuffled = torch.randperm(len(sizes), generator=draw)
    batches = []
    for pool in shuffled.split(batch * POOL):
        ordered = pool[torch.argsort(sizes[pool])]
        batches += ordered.split(batch)
    return [batches[int(place)] for place in torch.randperm(len(batches), generator=draw)]


def train_sequential(log: Histories, recipe: Recipe, progress: Progress | None = None) -> Sequential | None:
    """Learn to tell each entry from those before it; None where no row has two entries."""
    long = np.flatnonzero(np.diff(log.start) > 1)
    if not len(long):
        return None
    entries = torch.from_numpy(last_entries(log, recipe.length + 1)[long])
    before, after = entries[:, :-1], entries[:, 1:]
    sizes = (before != log.products).sum(1)
    draw = torch.Generator().manual_seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    network = _Network(log.products, recipe)
    counts = torch.from_numpy(np.bincount(log.item, minlength=log.products)).float()
    share = counts / counts.sum()
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.rate, betas=(0.9, 0.98))
    batch = min(recipe.batch, max(16, len(long) // 50))
    in_epoch = math.ceil(len(long) / batch)
    epochs = max(recipe.epochs, math.ceil(recipe.least_steps / in_epoch))
    steps = epochs * in_epoch
    warm_up = min(200, steps // 10 + 1)
    done = 0
    for _ in range(epochs):
        for chosen in _batches(sizes, batch, draw):
            width = int(sizes[chosen].max())
            targets = after[chosen, -width:]
            known = targets != log.products
            states = network(before[chosen, -width:])[known]
            drawn = torch.randint(0, log.products, (recipe.negatives,), generator=draw)
            columns, places = torch.unique(torch.cat([targets[known], drawn]), return_inverse=True)
            # A drawn column counts by how often it is drawn, or popular products are pushed down (logQ).
            expected = len(states) * share[columns] + recipe.negatives / log.products
            logits = states @ network.items(columns).T - expected.log()
            loss = functional.cross_entropy(logits, places[: len(states)])
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * min(1.0, (done + 1) / warm_up) * (1 - done / steps)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            done += 1
            if progress and done % 20 == 0:
                progress(done, steps)
    weights = {name: value.detach().numpy().copy() for name, value in network.state_dict().items()}
    return Sequential("sequential", weights, recipe.heads)
