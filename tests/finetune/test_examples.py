"""What a model is taught: families that pass the audit, splits that share nothing, consent respected."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.delivery import TALK, passable
from assistant.plan import Act, Plan, Record
from assistant.writers.base import Voice, Wording
from assistant.writers.coded import TAKES_UP, CodedDialect, quoted_slots
from assistant.writers.composer import PLACEHOLDER, load_phrases
from finetune.examples import (
    FOCUS_PASSES,
    REHEARSED,
    Example,
    conversation_examples,
    fill,
    near_duplicates,
    phrasing_examples,
    write_examples,
)
from finetune.families import load_families, load_messages, words_of
from prompts.asks import CODE, code_of
from prompts.loader import load
from shop.errors import ConfigError, StoreError
from shop.store import Store
from shop.types import Consent, Customer, Turn

FAMILIES = load_families()
LEXICON = words_of(family.line for family in FAMILIES)
EXAMPLES = list(phrasing_examples())
# Said by the composer alone: rules of ours, and what only staff read.
FIXED = {"sign_in", "not_yours", "not_yours_person", "refuse", "search_failed", "introduce"}


def test_every_variant_of_every_family_passes_the_audit() -> None:
    rng = random.Random(5)
    record = Record("1", "product", "p", {slot: "Value" for family in FAMILIES for slot in family.slots})
    voice = Voice("Shop", message="something for your dad")
    faults = []
    for family in FAMILIES:
        slots = {slot: f"[1.{slot}]" for slot in family.slots}
        act = Act(family.act, slots, tuple(slots))
        for variant in family.variants(12, rng):
            text = variant.replace("{purpose}", "your dad")
            for slot in family.slots:
                text = text.replace(f"{{{slot}}}", slots[slot])
            for slot in quoted_slots(family.act, "en_GB") & family.slots:
                text = text.replace(slots[slot], f"“{slots[slot]}”")
            _, fault = passable(Plan((act,), (record,)), act, voice, Wording(text), lexicon=LEXICON)
            if fault and not fault.startswith("said twice"):
                faults.append(f"{family.act}: {fault}: {text}")
    assert not faults, "\n".join(faults)


def test_every_act_a_model_may_word_is_taught_with_the_slots_it_is_asked_with() -> None:
    taught = {(family.act, family.slots) for family in FAMILIES if not family.test}
    acts = {family.act for family in FAMILIES}
    assert acts >= TALK and acts >= TAKES_UP
    phrases = load_phrases("en")
    missing = [
        f"{act}: {sorted(names)}"
        for act in acts & phrases.keys()
        for names in {frozenset(PLACEHOLDER.findall(phrase)) for phrase in phrases[act]}
        if (act, names) not in taught and act not in FIXED and not act.startswith(("brief", "step"))
    ]
    assert not missing, "\n".join(missing)


def test_a_prompt_taught_is_the_prompt_asked() -> None:
    act = Act("answer_price", {"product": "[1]", "price": "[1.price]"}, ("product", "price"))
    dialect = CodedDialect(load("word_act"))
    asked = [(message.role, message.content) for message in dialect.ask(act, Voice("Shop")).messages]
    taught = {tuple((m["role"], m["content"]) for m in example.prompt) for example in EXAMPLES}
    swapped = [*asked[:-1], ("user", "answer price: [price] [product]")]
    assert tuple(asked) in taught or tuple(swapped) in taught


def test_wordings_hold_each_code_asked_for_once() -> None:
    for example in EXAMPLES:
        asked = sorted(CODE.findall(example.prompt[-1]["content"].split("\n")[-1]))
        for reply in example.replies:
            assert sorted(CODE.findall(reply)) == asked, reply
            assert reply.startswith(" ") and "{" not in reply


def test_what_is_tested_on_was_not_trained_on() -> None:
    trained = {reply for example in EXAMPLES if example.split == "train" for reply in example.replies}
    tested = {reply for example in EXAMPLES if example.split == "test" for reply in example.replies}
    assert len(trained) > 4000 and len(tested) > 500
    alike = near_duplicates(EXAMPLES)
    assert alike["same"] < 0.01 and alike["near"] < 0.03
    messages = load_messages()
    assert not set(messages.half(test=True).purposes) & set(messages.half(test=False).purposes)
    assert not set(messages.half(test=True).lines["find"]) & set(messages.half(test=False).lines["find"])


def test_near_duplicates_are_found() -> None:
    prompt = ({"role": "user", "content": "show: [product]"},)
    examples = [
        Example(
            prompt, (" Have a look at [product] first if you like.",), "show", "say", "train", "phrasings"
        ),
        Example(
            prompt, (" Have a look at [product] first if you like!",), "show", "say", "test", "phrasings"
        ),
        Example(prompt, (" My own pick would be [product].",), "show", "say", "test", "phrasings"),
    ]
    assert near_duplicates(examples) == {"wordings": 2, "same": 0.0, "near": 0.5}


def test_the_same_seed_makes_the_same_examples() -> None:
    assert list(phrasing_examples(3)) == list(phrasing_examples(3))


def test_a_second_course_is_of_its_focus_and_a_little_of_all_else() -> None:
    once, focused = (
        [one for one in phrasing_examples(3, focus=focus) if one.split == "train"]
        for focus in ("", "mail_cta$")
    )
    counts = [Counter(one.act == "mail_cta" for one in made) for made in (once, focused)]
    assert counts[1][True] == FOCUS_PASSES * counts[0][True]
    assert counts[1][False] == pytest.approx(counts[0][False] / REHEARSED, rel=0.2)
    assert {one.act for one in focused} > {"show", "mail_cta"}
    with pytest.raises(ConfigError, match="no act's name begins with 'male'"):
        list(phrasing_examples(focus="male"))


def test_purposes_are_taken_up_only_where_the_shopper_named_one() -> None:
    wording = "For {purpose}, take {product}."
    assert fill(wording, "your dad") == "For your dad, take [product]."
    assert fill("{cheaper_price}") == f"[{code_of('cheaper_price')}]" == "[min]"


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
    wordings = [["show", "Shopper: a mug?\nshow: [product]", f"Take [product] {turn_id}."]]
    store.add_turn(
        Turn(
            turn_id,
            conversation,
            customer_id,
            datetime(2011, 9, 9, tzinfo=UTC),
            f"mug {turn_id}?",
            "Take Café mug.",
            "find",
            "model",
            trace={"words": {"wordings": wordings}},
        )
    )
    store.set_vote(turn_id, vote, "")


def test_only_liked_wordings_of_consenting_customers_are_taken(store: Store, tmp_path: Path) -> None:
    (example,) = conversation_examples(store)
    assert example.replies == (" Take [product] t1.",) and example.family == "t1"
    assert example.prompt[-1]["content"] == "Shopper: a mug?\nshow: [product]"
    file = tmp_path / "out" / "examples.jsonl"
    counts = write_examples([example], file)
    assert counts[example.split] == 1
    assert json.loads(file.read_text(encoding="utf-8"))["origin"] == "conversations"


def test_a_file_that_cannot_be_written_leaves_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="name another file"):
        write_examples(conversation_examples(store), tmp_path / "file" / "examples.jsonl")
