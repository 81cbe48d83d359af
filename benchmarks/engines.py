"""The engine of `local:` beside the reference it replaced: first text, decoding, batches, a crowd, memory.

Both answer the same short prompts in turns within one run, so that other work on the machine slows
both alike. Threads that wait do not spin: where two libraries take turns, the one's waiting would slow the
other (the reference sevenfold on a busy machine). Quality is not looked at here, but for how many
wordings come out fit to be audited.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.measure import Row, peak_memory_mb, percentile, run_part, spread_ms, stopwatch

ACTS = (
    ("recommend", ("product", "price", "why"), "something for my dad who likes gardening"),
    ("show", ("topic", "product", "price"), "a red mug under ten pounds"),
    ("answer_yes", ("product", "attribute"), ""),
    ("not_stated", ("product", "topic"), ""),
    ("not_stocked", ("topic",), ""),
    ("nearest", ("topic", "product", "price"), "do you have espresso machines?"),
    ("order_status", ("status", "date"), ""),
    ("superlative", ("superlative", "product", "price"), "what is your cheapest candle?"),
)
ROUNDS = 5
TOKENS = 32
SHOPPERS = 8
WORDINGS = 2


def make_asks(number: int) -> list:
    """So many asks, as the model's writer makes them."""
    from assistant.models.base import Ask
    from prompts.asks import code_of, put_act
    from prompts.loader import load
    from shop.types import Message

    prompt = load("word_act")
    asks = []
    for at in range(number):
        kind, slots, shopper = ACTS[at % len(ACTS)]
        rendered = prompt.render(ask=put_act(kind, slots, shopper=shopper))
        messages = tuple(Message(role, content) for role, content in rendered)
        asks.append(Ask(messages, tuple(code_of(slot) for slot in slots)))
    return asks


def word(model: object, asks: list, seed: int = 0) -> list[list[str]]:
    """All asks worded at once, as a turn or a campaign does it."""
    from assistant.models.base import phrase

    options = {"count": WORDINGS, "max_tokens": TOKENS, "timeout_s": 600, "temperature": 0.7, "seed": seed}
    return phrase(model, asks, **options)


def measure_prepare() -> Sequence[Row]:
    """Into an empty cache: making the engine's files, then loading them."""
    from assistant.models.local import open_local

    rows = []
    before = os.environ.get("REGULARS_CACHE")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["REGULARS_CACHE"] = cache
        for name in ("first start: files made and model loaded", "later starts: model loaded"):
            model = open_local("smollm2")
            with stopwatch() as seconds:
                model.prepare()
                word(model, make_asks(1))
                rows.append(Row(name, f"{seconds():.1f} s", f"with its first answer, {model.name}"))
            model.close()
    os.environ.pop("REGULARS_CACHE")
    if before is not None:
        os.environ["REGULARS_CACHE"] = before
    return rows


def measure_batches(model: object) -> Sequence[Row]:
    """Sixteen messages one by one and at once."""
    asks, alone, together, fit = make_asks(16), [], [], 0
    for _ in range(3):
        with stopwatch() as seconds:
            for ask in asks:
                word(model, [ask])
            alone.append(seconds())
        with stopwatch() as seconds:
            fit += sum(map(bool, word(model, asks)))
            together.append(seconds())
    slow, fast = percentile(alone, 0.5), percentile(together, 0.5)
    over = f"16 messages, {WORDINGS} wordings each, median of {len(alone)}"
    return [
        Row("messages a minute, one at a time", f"{60 * 16 / slow:.0f}", over),
        Row("messages a minute, 16 at once", f"{60 * 16 / fast:.0f} ({slow / fast:.1f} times)", over),
        Row("messages with a wording within bounds", f"{fit / 48:.0%}", over),
    ]


def measure_crowd(model: object) -> Sequence[Row]:
    """Eight shoppers ask at the same moment; a turn is two acts. One shopper alone beside them."""

    def turn(shopper: int) -> float:
        with stopwatch() as seconds:
            word(model, make_asks(SHOPPERS + 2)[shopper : shopper + 2])
            return seconds()

    alone = [turn(shopper) for shopper in range(SHOPPERS)]
    with ThreadPoolExecutor(SHOPPERS) as pool:
        crowd = [one for _ in range(ROUNDS) for one in pool.map(turn, range(SHOPPERS))]
    over = f"turns of two acts, {WORDINGS} wordings each, sent whole"
    return [
        Row("one shopper, wordings p50 / p95", spread_ms(alone), f"{over}: {len(alone)}"),
        Row(f"{SHOPPERS} shoppers at once, wordings p50 / p95", spread_ms(crowd), f"{over}: {len(crowd)}"),
    ]


def measure_stream(models: Sequence) -> Sequence[Row]:
    """First text and tokens a second of models in turns, greedily; the first beside each other one."""
    first: list[list[float]] = [[] for _ in models]
    speed: list[list[float]] = [[] for _ in models]
    for ask in make_asks(len(ACTS)):
        for at, model in enumerate(models):
            start = time.perf_counter()
            times = [
                time.perf_counter() for _ in model.stream(ask.messages, max_tokens=TOKENS, timeout_s=600)
            ]
            first[at].append(times[0] - start)
            if len(times) > 4:
                speed[at].append((len(times) - 1) / (times[-1] - times[0]))
    rows = []
    over = f"{len(ACTS)} prompts of acts, greedy, in turns"
    for model, firsts, speeds in zip(models, first, speed, strict=True):
        pace = f"{percentile(speeds, 0.5):.0f} pieces/s" if speeds else "answers too short"
        rows.append(
            Row(f"first text p50 / p95; decoding, {model.name}", f"{spread_ms(firsts)}; {pace}", over)
        )
        if model is not models[0]:
            sooner = percentile(firsts, 0.5) / percentile(first[0], 0.5)
            faster = percentile(speed[0], 0.5) / percentile(speeds, 0.5)
            name = f"{models[0].name} beside it: first text sooner; decoding faster"
            rows.append(Row(name, f"{sooner:.1f} times; {faster:.1f} times", over))
    return rows


def measure(work: Path) -> Sequence[Row]:
    """The engine alone first, so that its memory is not counted with the reference's."""
    os.environ |= {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}  # read when a library loads
    from assistant.models.base import open_model, prepare_model
    from assistant.models.reference import ReferenceModel

    rows = [*measure_prepare()]
    local = open_model("local:smollm2")
    prepare_model(local)
    word(local, make_asks(2))
    rows += [*measure_batches(local), *measure_crowd(local)]
    rows.append(Row("peak memory, engine, tokenizer and queue", f"{peak_memory_mb():,.0f} MB", local.name))
    reference = open_model("reference:smollm2")
    # transformers as it comes reads the constant part of each prompt again.
    plain = ReferenceModel(reference.weights, reference.adapter, reuse_prefix=False)
    plain.name = f"{reference.name}, no beginning kept"
    for model in (local, reference, plain):
        prepare_model(model)
        list(model.stream(make_asks(1)[0].messages, max_tokens=2, timeout_s=600))
    rows += measure_stream((local, reference, plain))
    for model in (local, reference, plain):
        model.close()
    for row in rows:
        print(f"{row.name:60} {row.value:36} {row.over}")
    return rows


if __name__ == "__main__":
    run_part(measure)
