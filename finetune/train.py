"""Teaching a model to word acts: LoRA by transformers' Trainer and peft, made quick on two CPU cores.

Takes a JSONL file, one prompt and its wordings a line (examples.py), leaves an adapter (adapters.py).
Knows nothing of shops, records or what a good wording is. Nothing is spent on padding or repetition:
the examples of a step become one tree of tokens in which every shared beginning (the constant
prompt, a prompt with several wordings) stands once and each token sees its own ancestors only.
That is exactly the loss of the examples one by one, on the replies' tokens and their end token.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import random
import shutil
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.models.weights import Weights, find_weights, unpack
from finetune.adapters import Card, seal
from prompts.loader import PromptMismatch, load
from shop.errors import ConfigError, StoreError

Progress = Callable[[str], None]
SAY_EVERY_S = 15.0
LOG_STEPS = 10
REPLIES_AT_MOST = 4
RESUMABLE = frozenset({"max_minutes", "save_every_s", "threads"})
"""Settings that may change between a run and its continuation."""


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"help": meaning})


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One training run: the command's flags, and what its card records. Raises ConfigError if absurd."""

    examples: Path = _setting(Path("examples.jsonl"), "examples, one prompt and its wordings a line")
    out: Path = _setting(Path("adapter-run"), "folder for the adapter, its checkpoints and curves")
    base: str = _setting("smollm2", "model to teach: smollm2, or a folder in Hugging Face's form")
    prompt: str = _setting("word_act", "prompt file the examples were made with; its digest is recorded")
    rank: int = _setting(16, "LoRA rank; the adapter's size grows with it")
    alpha: int = _setting(32, "LoRA scale, in units of the rank: alpha / rank multiplies what it adds")
    dropout: float = _setting(0.0, "share of LoRA inputs dropped; above 0 costs a fifth of the speed")
    targets: str = _setting("all-linear", "layers adapted: all-linear, or names with commas between")
    first_layer: int = _setting(10, "adapt from this layer on; 0 adapts all and takes longer")
    epochs: int = _setting(3, "times every example is seen")
    learning_rate: float = _setting(5e-4, "peak learning rate; warmed up to, then a cosine down to 0")
    warmup_ratio: float = _setting(0.03, "share of the steps spent warming up")
    weight_decay: float = _setting(0.0, "AdamW weight decay")
    tokens_per_batch: int = _setting(1024, "tokens in one step's tree")
    gradient_accumulation: int = _setting(1, "trees between two updates of the weights")
    max_tokens: int = _setting(768, "longer examples (a prompt with a reply) are left out and counted")
    replies_per_prompt: int = _setting(4, "wordings of a prompt shown in one epoch, 1 to 4")
    eval_groups: int = _setting(200, "test prompts whose loss is measured before, between epochs and after")
    precision: str = _setting("auto", "bf16, fp32, or auto: bf16 where the hardware multiplies it")
    seed: int = _setting(0, "order of examples and first weights")
    save_every_s: float = _setting(300.0, "seconds between checkpoints; the last is gone on from")
    max_steps: int = _setting(0, "stop after this many steps; 0 goes through all")
    max_minutes: float = _setting(0.0, "save and stop after this many minutes; 0 goes through all")
    threads: int = _setting(2, "CPU threads")

    def __post_init__(self) -> None:
        least = {"rank": 1, "alpha": 1, "epochs": 1, "tokens_per_batch": 16, "gradient_accumulation": 1}
        least |= {"max_tokens": 16, "replies_per_prompt": 1, "threads": 1}
        for spot in fields(self):
            value = getattr(self, spot.name)
            if isinstance(value, int | float) and value < least.get(spot.name, 0):
                raise ConfigError(f"{spot.name} is {value}; give at least {least.get(spot.name, 0)}")
        for name in ("dropout", "warmup_ratio"):
            if getattr(self, name) >= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; give a share below 1")
        if self.precision not in ("auto", "bf16", "fp32"):
            raise ConfigError(f"precision is {self.precision!r}; give auto, bf16 or fp32")

    def as_card(self) -> dict[str, Any]:
        """The settings as JSON, without this machine's folders."""
        named = asdict(self) | {"examples": self.examples.name, "out": self.out.name}
        return named | {"base": Path(self.base).name}


@dataclass(frozen=True, slots=True)
class TrainResult:
    """Where the adapter lies and how training went.

    `steps` are counted over all of a resumed run, `tokens` (trained on, shared ones once),
    `reply_tokens` (with loss) and `seconds` over this part. Losses are nats a token of reply; the
    test losses are None without test examples.
    """

    adapter: Path
    version: str
    steps: int
    tokens: int
    reply_tokens: int
    seconds: float
    first_loss: float
    last_loss: float
    test_loss_before: float | None
    test_loss_after: float | None
    finished: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One line of the examples: chat messages as role and content, and wordings of the answer."""

    prompt: tuple[tuple[str, str], ...]
    replies: tuple[str, ...]
    act: str
    family: str
    split: str
    origin: str


@dataclass(frozen=True, slots=True)
class Group:
    """An example as tokens: the prompt's, and each reply's with the end token."""

    prompt: tuple[int, ...]
    replies: tuple[tuple[int, ...], ...]


class Row:
    """One step's tree of tokens, laid out flat: token i has depth `positions[i]` and sees the chain of
    `parents` up from itself (-1: a root). `targets` counts what is to be said next: (node, token) pairs.
    """

    def __init__(self, groups: Sequence[Group] = ()) -> None:
        self.ids: list[int] = []
        self.parents: list[int] = []
        self.positions: list[int] = []
        self.targets: Counter[tuple[int, int]] = Counter()
        self._next: dict[tuple[int, int], int] = {}
        for group in groups:
            self.add(group)

    def add(self, group: Group) -> None:
        """Put the group's tokens in, save those that stand here already."""
        end = self._walk(group.prompt, -1)
        for reply in group.replies:
            # The last token is only ever a target: nothing comes after it.
            nodes = (end, *self._path(reply[:-1], end))
            self.targets.update(zip(nodes, reply, strict=True))

    def cost(self, group: Group) -> int:
        """How many tokens `add` would put in, at most."""
        node = -1
        for at, token in enumerate(group.prompt):
            if (node := self._next.get((node, token), -2)) == -2:
                return len(group.prompt) - at + sum(len(reply) - 1 for reply in group.replies)
        return sum(len(reply) - 1 for reply in group.replies)

    def mask(self) -> Any:
        """Which token sees which, booleans [tokens, tokens]."""
        import numpy as np

        sees = np.zeros((len(self.ids), len(self.ids)), dtype=bool)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                sees[node] = sees[parent]
            sees[node, node] = True
        return sees

    def _walk(self, tokens: Sequence[int], node: int) -> int:
        for node in self._path(tokens, node):
            pass
        return node

    def _path(self, tokens: Sequence[int], node: int) -> Iterator[int]:
        for token in tokens:
            before, node = node, self._next.setdefault((node, token), len(self.ids))
            if node == len(self.ids):
                self.ids.append(token)
                self.parents.append(before)
                self.positions.append(self.positions[before] + 1 if before >= 0 else 0)
            yield node


def read_examples(path: Path) -> list[Example]:
    """The examples in `path`. Raises ConfigError naming file, line and field of the first bad one."""
    examples = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    examples.append(_read_line(line, f"{path}, line {number}"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the examples in {path} cannot be read ({error}); name another file") from error
    if not any(example.split == "train" for example in examples):
        raise ConfigError(f"{path} has no example of the split 'train'; make the examples anew")
    return examples


def pack(groups: Sequence[Group], tokens: int) -> list[Row]:
    """The groups in rows of at most `tokens` tokens, in order; one too long for that stands alone."""
    rows: list[Row] = []
    for group in groups:
        if not rows or len(rows[-1].ids) + rows[-1].cost(group) > tokens:
            rows.append(Row())
        rows[-1].add(group)
    return rows


def row_loss(model: Any, row: Row) -> Any:
    """The summed loss (nats) of a row's reply tokens under `model`, as a tensor with gradient.

    Scores are computed where a reply's token is next, nowhere else: the vocabulary's 49,000 would
    cost as much as ten layers.
    """
    import torch

    pairs = list(row.targets)
    place: dict[int, int] = {}
    which = [place.setdefault(node, len(place)) for node, _ in pairs]
    device = next(model.parameters()).device

    def tensor(values: Sequence[int]) -> Any:
        return torch.tensor(values, device=device)

    logits = model(
        input_ids=tensor(row.ids)[None],
        attention_mask=torch.from_numpy(row.mask()).to(device)[None, None],
        position_ids=tensor(row.positions)[None],
        logits_to_keep=tensor(list(place)),
        use_cache=False,
    ).logits[0]
    said = torch.nn.functional.cross_entropy(
        logits.float()[tensor(which)], tensor([token for _, token in pairs]), reduction="none"
    )
    return (said * tensor(list(row.targets.values()))).sum()
