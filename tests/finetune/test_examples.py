"""Which turns become training examples, on a real store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from finetune.examples import export_examples
from shop.errors import StoreError
from shop.store import Store
from shop.types import Consent, Customer, Turn


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'shop.db'}") as opened:
        opened.put_customers(
            [Customer("yes", consent=Consent(training=True)), Customer("no", consent=Consent(training=False))]
        )
        add_turn(opened, "yes", "t1", vote=1)
        add_turn(opened, "yes", "t2", vote=-1)
        add_turn(opened, "yes", "t3", vote=0)
        add_turn(opened, "no", "t4", vote=1)
        add_turn(opened, "", "t5", vote=1)
        yield opened


def add_turn(store: Store, customer_id: str, turn_id: str, vote: int) -> None:
    conversation = store.start_conversation(customer_id)
    at = datetime(2011, 9, 9, tzinfo=UTC)
    store.add_turn(
        Turn(turn_id, conversation, customer_id, at, f"mug {turn_id}?", "Café mug: £1.", "find", "composer")
    )
    store.set_vote(turn_id, vote, "")


def test_only_liked_turns_of_those_who_allow_it(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "out" / "examples.jsonl"
    counts = export_examples(store, file)
    assert counts == {"customers": 2, "consenting": 1, "turns": 3, "examples": 1}
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["turn_id"] for row in rows] == ["t1"]
    assert rows[0]["messages"] == [
        {"role": "user", "content": "mug t1?"},
        {"role": "assistant", "content": "Café mug: £1."},
    ]
    assert [entry.name for entry in file.parent.iterdir()] == ["examples.jsonl"]


def test_leave_withdrawn_takes_the_examples_away(store: Store, tmp_path: Path) -> None:
    store.put_customers([Customer("yes", consent=Consent(training=False))])
    assert export_examples(store, tmp_path / "examples.jsonl")["examples"] == 0


def test_a_place_that_cannot_be_written_is_one_sentence(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="name another file"):
        export_examples(store, tmp_path / "file" / "examples.jsonl")
    with pytest.raises(StoreError, match="name another file"):
        export_examples(store, tmp_path)
