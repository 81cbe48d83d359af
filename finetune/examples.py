"""Training examples: prompts exactly as the assistant sends them, each with wordings to learn.

From two sources: our phrasing families, and a shop's own conversations (the model's wordings in
turns that got a thumb up from a customer who allows training; guests have given no leave). Wordings
hold codes in place of facts and stored messages are redacted, so no name or figure is learnt. One
example a line of JSON; knows nothing of training.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from finetune.families import HELD_OUT_EVERY, SLOT, Family, Messages, load_families, load_messages
from prompts.asks import code_of, put_act, put_reply
from prompts.loader import Prompt, load
from shop.errors import ConfigError, StoreError
from shop.store import Store
from shop.types import Customer, Turn

PAGE = 500
WORDINGS_A_FAMILY = 8
WORDINGS_A_POOL = 60
"""The most wordings of one act with the same codes and tone, so that no act outweighs the others."""
PASSES = 3
WORDINGS_AN_ACT = 90
"""The families of an act that answers to the shopper's message are gone through `PASSES` times, with other
messages; those of others until the act has `WORDINGS_AN_ACT` wordings, with codes in another order."""
SHARING = 3
"""Wordings of one prompt that are trained on together, so that the prompt is read once."""
WITHOUT_MESSAGE = 0.15
FOCUS_PASSES = 3
REHEARSED = 8
"""Of a second course's examples: acts in its focus are gone through so often more, of the others one
prompt in so many is kept, so that what the first course taught is not lost."""


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and wordings of it. `family` is the tone or kind of phrasing, or the turn's id; `split` is
    "train" or "test", `origin` "phrasings" or "conversations"."""

    prompt: tuple[dict[str, str], ...]
    replies: tuple[str, ...]
    act: str
    family: str
    split: str
    origin: str


def phrasing_examples(seed: int = 0, prompt: Prompt | None = None, focus: str = "") -> Iterator[Example]:
    """Examples of every act out of our families; test ones use families, products and purposes no
    training example does.

    With `focus`, a regular expression that acts' names begin with: a second course on those acts, for
    an adapter that knows them all (TrainConfig.start_from). Raises ConfigError where no act has it.
    """
    prompt = prompt or load("word_act")
    buckets: dict[tuple[str, bool], list[Family]] = defaultdict(list)
    for family in load_families():
        buckets[family.act, family.test].append(family)
    if focus and not any(re.match(focus, act) for act, _ in buckets):
        raise ConfigError(f"no act's name begins with {focus!r}; name some of finetune/phrasings")
    messages = load_messages()
    for (act, test), families in buckets.items():
        rng = random.Random(f"{seed}/{act}/{test}")
        make = _Maker(prompt, messages.half(test=test), rng, "test" if test else "train")
        if not focus or test:
            yield from make.examples_of(act, families)
        elif re.match(focus, act):
            for _ in range(FOCUS_PASSES):
                yield from make.examples_of(act, families)
        else:
            yield from (one for one in make.examples_of(act, families) if rng.random() < 1 / REHEARSED)


def conversation_examples(store: Store, prompt: Prompt | None = None) -> Iterator[Example]:
    """Examples out of liked turns of customers who allow training, a customer wholly in one split."""
    prompt = prompt or load("word_act")
    for customer in customers_who_allow_training(store):
        kept_out = zlib.crc32(customer.id.encode()) % HELD_OUT_EVERY == 0
        for turn in turns_of(store, customer.id):
            if turn.vote == 1:
                yield from _examples_of_turn(turn, prompt, "test" if kept_out else "train")


def customers_who_allow_training(store: Store) -> Iterator[Customer]:
    """Whose records may be learnt from; guests have given no leave and are none of them."""
    offset = 0
    while page := store.customers(limit=PAGE, offset=offset):
        yield from (customer for customer in page if customer.consent.training)
        offset += len(page)


def turns_of(store: Store, customer_id: str) -> Iterator[Turn]:
    """A customer's turns, conversation by conversation."""
    for head in store.conversations_of(customer_id):
        yield from store.turns(head.conversation_id)


def write_examples(examples: Iterable[Example], path: Path) -> dict[str, int]:
    """Write `examples` to `path`, whole or not at all; how many examples and wordings of each split."""
    counts = {"train": 0, "test": 0, "train wordings": 0, "test wordings": 0}
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as file:
            for example in examples:
                counts[example.split] += 1
                counts[f"{example.split} wordings"] += len(example.replies)
                file.write(json.dumps(asdict(example), ensure_ascii=False) + "\n")
        beside.replace(path)
    except OSError as error:
        raise StoreError(f"examples cannot be written to {path} ({error}); name another file") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    return counts


def near_duplicates(examples: Sequence[Example], alike: float = 0.8) -> dict[str, float]:
    """How close the test wordings come to training ones of the same act, word for word.

    "same" is the share found in training as it stands, "near" the share that has `alike` of its
    word triples in common with some training wording (Jaccard index).
    """
    trained: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for example in examples:
        if example.split == "train":
            trained[example.act].update((reply, _triples(reply)) for reply in example.replies)
    tested = {(x.act, reply) for x in examples if x.split == "test" for reply in x.replies}
    same = sum(reply in trained[act] for act, reply in tested)
    near = sum(
        any(_jaccard(_triples(reply), other) >= alike for other in trained[act].values())
        for act, reply in tested
    )
    count = max(1, len(tested))
    return {"wordings": len(tested), "same": same / count, "near": near / count}


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes one act's examples of one split."""

    prompt: Prompt
    messages: Messages
    rng: random.Random
    split: str

    def examples_of(self, act: str, families: list[Family]) -> Iterator[Example]:
        takes_up = any(family.takes_up for family in families)
        lines = sum(len(family.variants(WORDINGS_A_FAMILY, self.rng)) for family in families)
        enough = PASSES if takes_up else min(PASSES, -(-WORDINGS_AN_ACT // lines))
        for _ in range(1 if self.split == "test" else enough):
            pools: dict[tuple[str, bool, tuple[str, ...]], list[str]] = defaultdict(list)
            for family in families:
                key = family.tone, family.takes_up, tuple(sorted(family.slots))
                pools[key].extend(family.variants(WORDINGS_A_FAMILY, self.rng))
            for (tone, taking_up, slots), wordings in pools.items():
                self.rng.shuffle(wordings)
                del wordings[WORDINGS_A_POOL:]
                for at in range(0, len(wordings), SHARING):
                    kind = _message_kind(act) if takes_up else ""
                    yield self._example(act, tone, slots, wordings[at : at + SHARING], kind, taking_up)

    def _example(
        self, act: str, tone: str, slots: tuple[str, ...], wordings: list[str], kind: str, taking_up: bool
    ) -> Example:
        shopper, purpose = "", ""
        if kind and (taking_up or self.rng.random() >= WITHOUT_MESSAGE):
            shopper, purpose = self.messages.make(kind, self.rng, with_purpose=taking_up)
        # The order of the codes says nothing: a wording may say them in any.
        ask = put_act(act, self.rng.sample(slots, len(slots)), tone=tone, shopper=shopper)
        replies = dict.fromkeys(put_reply(fill(wording, purpose)) for wording in wordings)
        family = tone or ("for" if taking_up else "say")
        return Example(render(self.prompt, ask), tuple(replies), act, family, self.split, "phrasings")


def render(prompt: Prompt, ask: str) -> tuple[dict[str, str], ...]:
    """The chat that puts `ask` to the model."""
    return tuple({"role": role, "content": content} for role, content in prompt.render(ask=ask))


def fill(wording: str, purpose: str = "") -> str:
    """A family's variant as the model is to write it: codes for slots, the purpose in plain words."""
    return SLOT.sub(lambda m: purpose if m[1] == "purpose" else f"[{code_of(m[1])}]", wording)


def _message_kind(act: str) -> str:
    if act.startswith("recommend"):
        return "recommend"
    return "superlative" if act.startswith("superlative") else "find"


def _examples_of_turn(turn: Turn, prompt: Prompt, split: str) -> Iterator[Example]:
    words = turn.trace.get("words")
    said = words.get("wordings", ()) if isinstance(words, dict) else ()
    for act, ask, wording in said:
        yield Example(render(prompt, ask), (put_reply(wording),), act, turn.id, split, "conversations")


def _triples(reply: str) -> frozenset[str]:
    words = re.findall(r"\[?\w+(?:['’]\w+)?\]?", reply.lower())
    return frozenset(" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2)))


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b)
