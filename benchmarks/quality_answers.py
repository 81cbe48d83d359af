"""How good the answers are: the published cases, said by the templates, by the local model, and with
the model's server gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, memory_row, run_part

HERE = Path(__file__).parent / "answers"
MODELS = {
    "templates": "none:",
    "local model": "local:smollm2",
    "dead server": "openai:http://127.0.0.1:9/v1#gone",
}


PRODUCTS = ("products.jsonl", "products_fresh.jsonl", "products_new.jsonl", "products_next.jsonl")
TALK = ("recommend.jsonl", "recommend_fresh.jsonl")
WITHOUT_SERVER = ("cases.jsonl", "heldout.jsonl")
"""Files asked with the model's server gone: of products and of recommendations the templates say the same."""


def rows_of(found: dict[str, Any], over: str) -> Iterator[Row]:
    """What is published of one run."""
    yield Row("answers passed", f"{found['pass_rate']:.1%}", over)
    yield Row("figures and names nothing backs", str(found["unbacked_facts"]), over)
    yield Row("text and cards disagree", str(found["text_card_mismatches"]), over)
    yield Row("another customer's data shown", str(found["leaks"]), over)
    yield Row("denied what is there", f"{found['wrong_denials']:.1%}", over)
    if found["own_words_rate"] is not None:
        yield Row("replies in the model's own words", f"{found['own_words_rate']:.1%}", over)
    for name, what in (("first_text_ms", "first text"), ("total_ms", "whole turn")):
        spread = found[name]
        yield Row(f"{what} p50 / p95", f"{spread['p50']:.0f} / {spread['p95']:.0f} ms", over)


def product_rows(found: dict[str, Any], over: str) -> Iterator[Row]:
    """Of product questions: each kind, and each half."""
    parts = {**found["by_kind"], **{f"{half} half": part for half, part in found["by_half"].items()}}
    for name, part in parts.items():
        share = f"{part['passed'] / part['cases']:.1%} ({part['passed']} of {part['cases']})"
        yield Row(f"answers passed, {name}", share, over)


def measure(work: Path) -> Sequence[Row]:
    """Every case file beside this one with every model; see WITHOUT_SERVER."""
    from assistant.evaluation import evaluate_answers

    rows: list[Row] = []
    for who, model in MODELS.items():
        for name in WITHOUT_SERVER if who == "dead server" else (*WITHOUT_SERVER, *PRODUCTS, *TALK):
            found = evaluate_answers(HERE / name, {"model": model}, work=work)
            over = f"{who}, {name}: {found['cases']} cases"
            rows += rows_of(found, over)
            if name in PRODUCTS:
                rows += product_rows(found, over)
    return [*rows, memory_row("answers evaluation")]


if __name__ == "__main__":
    run_part(measure)
