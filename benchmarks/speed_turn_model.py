"""How fast a turn is, worded by the local language model: first text and whole turn, alone and in a crowd."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.measure import Row, run_part, sample_folder, spread_ms
from benchmarks.speed_turn import CONVERSATIONS, measure_turns

MODEL = "local:smollm2"
SHOPPERS = 8


def measure(work: Path) -> Sequence[Row]:
    """With the model that is installed by default."""
    return [*measure_turns(work, MODEL, rounds=3), *_crowd(work)]


def _crowd(work: Path) -> Sequence[Row]:
    """Eight shoppers at once, each in a conversation of their own."""
    from assistant.chat import Assistant
    from shop.settings import load_settings

    assistant = Assistant.open(load_settings(sample_folder(work, "giftware"), model=MODEL))
    assistant.warm()

    def talk(number: int) -> list[tuple[float, float]]:
        found = []
        conversation = assistant.start_conversation()
        for text in CONVERSATIONS[number % len(CONVERSATIONS)]:
            *_, done = assistant.reply(conversation, text)
            found.append((done.first_text_ms / 1000, done.total_ms / 1000))  # type: ignore[union-attr]
        return found

    with ThreadPoolExecutor(SHOPPERS) as pool:
        each = list(pool.map(talk, range(SHOPPERS)))
    assistant.close()
    turns = [turn for found in each for turn in found]
    slowest = max(sum(total for _, total in found) / len(found) for found in each)
    over = f"giftware, {MODEL}, {SHOPPERS} shoppers at once: {len(turns)} turns"
    return [
        Row("first text, p50 / p95", spread_ms([first for first, _ in turns]), over),
        Row("whole turn, p50 / p95", spread_ms([total for _, total in turns]), over),
        Row("mean turn of the shopper who waited most", f"{slowest * 1000:,.0f} ms", over),
    ]


if __name__ == "__main__":
    run_part(measure)
