"""How fast a turn is, worded by the templates: first text and whole turn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, memory_row, run_part, sample_folder, spread_ms, stopwatch

CONVERSATIONS = (
    ("retro spot lunch bag under £2", "something cheaper", "and in blue?"),
    ("do you have any espresso machines?", "a mug then", "the second one please, is it in stock?"),
    ("what is your cheapest candle?", "how many candles do you have?"),
    ("I need a birthday present for my sister, about £10", "not a bag", "compare the first two"),
    ("hello", "where is my order?", "can I speak to a person?"),
    ("white hanging heart t-light holder", "what goes with it?", "thanks, bye"),
)


def measure_turns(work: Path, model: str, rounds: int) -> Sequence[Row]:
    """All conversations `rounds` times over giftware with the given model."""
    from assistant.chat import Assistant
    from assistant.events import Done
    from shop.settings import load_settings

    settings = load_settings(sample_folder(work, "giftware"), model=model)
    with stopwatch() as seconds:
        assistant = Assistant.open(settings)
        list(assistant.reply(assistant.start_conversation(), "warm up: a red mug"))
        opened_s = seconds()
    first, total, own, asked = [], [], 0, 0
    for _ in range(rounds):
        for turns in CONVERSATIONS:
            conversation = assistant.start_conversation()
            for text in turns:
                *_, done = assistant.reply(conversation, text)
                assert isinstance(done, Done)
                first.append(done.first_text_ms / 1000)
                total.append(done.total_ms / 1000)
                asked += 1
                own += done.handled_by == "model"
    assistant.close()
    over = f"giftware, {model}: {asked} turns"
    rows = [
        Row("opening the assistant (with its first reply)", f"{opened_s:.1f} s", f"giftware, {model}"),
        Row("first text, p50 / p95", spread_ms(first), over),
        Row("whole turn, p50 / p95", spread_ms(total), over),
    ]
    if model != "none:":
        rows.append(Row("replies in the model's own words", f"{own / asked:.0%}", over))
    return [*rows, memory_row(f"conversation, {model}")]


def measure(work: Path) -> Sequence[Row]:
    """Without a language model."""
    return measure_turns(work, "none:", rounds=5)


if __name__ == "__main__":
    run_part(measure)
