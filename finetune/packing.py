"""Examples packed as trees of tokens, so that no shared beginning is computed twice.

The constant prompt, a prompt with several wordings, wordings that open alike: each stands once, and
each token sees only its ancestors. The loss is exactly that of the examples one by one, on the
replies' tokens. Knows tokens and a model to score them, nothing of words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

TREE_TOKENS = 256  # measured: smaller ones cost padding, larger ones attention


class Group(NamedTuple):
    """An example as tokens: the prompt's, and each reply's with the end token."""

    prompt: tuple[int, ...]
    replies: tuple[tuple[int, ...], ...]


class Tree:
    """Groups with every shared beginning held once: token i has depth `positions[i]`, sees itself and
    the chain of `parents` up from it (-1: none). `targets` counts what replies say next: (node, token).
    """

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.parents: list[int] = []
        self.positions: list[int] = []
        self.targets: Counter[tuple[int, int]] = Counter()
        self._next: dict[tuple[int, int], int] = {}

    def add(self, group: Group) -> None:
        """Put the group's tokens in, save those that stand here already."""
        end = (-1, *self._path(group.prompt, -1))[-1]
        for reply in group.replies:
            # The last token is only ever a target: nothing comes after it.
            self.targets.update(zip((end, *self._path(reply[:-1], end)), reply, strict=True))

    def cost(self, group: Group) -> int:
        """How many tokens `add` would put in, at most."""
        node, new = -1, len(group.prompt) + sum(len(reply) - 1 for reply in group.replies)
        for token in group.prompt:
            if (node := self._next.get((node, token), -2)) == -2:
                break
            new -= 1
        return new

    def _path(self, tokens: Iterable[int], node: int) -> Iterator[int]:
        for token in tokens:
            parent, node = node, self._next.setdefault((node, token), len(self.ids))
            if node == len(self.ids):
                self.ids.append(token)
                self.parents.append(parent)
                self.positions.append(self.positions[parent] + 1 if parent >= 0 else 0)
            yield node


def pack(groups: Iterable[Group], tokens: int) -> list[list[Tree]]:
    """The groups as steps of trees that make at most `tokens` tokens together, padding included.

    Trees are small, as attention's cost grows with their square; only a larger group makes a larger one.
    """
    steps: list[list[Tree]] = []
    width = wide = min(TREE_TOKENS, tokens)
    for group in groups:
        trees = steps[-1] if steps else []
        tree = next((tree for tree in trees if len(tree.ids) + tree.cost(group) <= wide), None)
        if tree is None:
            tree = Tree()
            wide = max(wide, tree.cost(group))
            if not trees or (len(trees) + 1) * wide > tokens:
                steps.append([])
                wide = max(width, tree.cost(group))
            steps[-1].append(tree)
        tree.add(group)
    return steps


def step_loss(model: Any, step: list[Tree]) -> Any:
    """The mean loss (nats) of a step's reply tokens under `model`, a tensor with gradient.

    Scores cost as much as eight layers, so they are computed only where a reply's token comes next.
    """
    import torch

    width = max(len(tree.ids) for tree in step)
    ids, positions = torch.zeros((2, len(step), width), dtype=torch.long)
    sees = torch.eye(width, dtype=torch.bool).repeat(len(step), 1, 1)  # padding sees itself
    said = []
    for at, tree in enumerate(step):
        ids[at, : len(tree.ids)] = torch.tensor(tree.ids)
        positions[at, : len(tree.ids)] = torch.tensor(tree.positions)
        said += [(at * width + node, token, times) for (node, token), times in tree.targets.items()]
        for node, parent in enumerate(tree.parents):
            if parent >= 0:
                sees[at, node] |= sees[at, parent]
    device = next(model.parameters()).device
    places, tokens, times = torch.tensor(said, device=device).T
    asked = torch.zeros(ids.numel(), dtype=torch.bool, device=device).index_fill(0, places, True)
    scores = model(
        input_ids=ids.to(device),
        attention_mask=sees[:, None].to(device),
        position_ids=positions.to(device),
        logits_to_keep=asked.view(ids.shape),
        use_cache=False,
    ).logits.float()
    which = (asked.cumsum(0) - 1)[places]
    loss = scores.logsumexp(-1)[which] - scores[which, tokens]
    return (loss * times).sum() / times.sum()
