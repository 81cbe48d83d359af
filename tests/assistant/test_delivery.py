"""Who says a plan: the model where its words pass, the composer everywhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.delivery import Speaker, Spoken
from assistant.plan import Act, Plan, Record
from assistant.writers.base import Voice
from shop.errors import ModelTimeout, ModelUnavailable

PLAN = Plan(
    acts=(
        Act("show", {"topic": "[ask.topic]", "product": "[1]", "price": "[1.price]"}, ("product",)),
        Act("ask_narrow"),
        Act("nearest", {"product": "[2]"}, ("product",)),
    ),
    records=(
        Record("1", "product", "p1", {"name": "Red Lunch Bag", "price": "£1.65"}),
        Record("2", "product", "p2", {"name": "Blue Tin", "price": "£4.00"}),
        Record("ask", "ask", "", {"topic": "lunch bags"}),
    ),
)


class Says:
    """A writer that says what it is given, act by act; an exception among the texts is raised."""

    name = "model"

    def __init__(self, texts: dict[str, str | Exception]) -> None:
        self.texts = texts
        self.asked: list[str] = []

    def write(self, plan: Plan, voice: Voice) -> Iterator[str]:
        kind = plan.acts[0].kind
        self.asked.append(kind)
        text = self.texts[kind]
        if isinstance(text, Exception):
            raise text
        yield from (text[i : i + 7] for i in range(0, len(text), 7))


def speak(writer: Says | None, plan: Plan = PLAN, times: int = 1) -> tuple[str, Spoken]:
    speaker = Speaker(lambda: writer)
    for _ in range(times):
        spoken = Spoken()
        pieces: Sequence[str] = list(speaker.speak(plan, Voice("Shop", "en_GB", seed=1), spoken))
    assert "".join(pieces) == spoken.text
    return spoken.text, spoken


def test_the_models_words_reach_the_reader_expanded():
    text, spoken = speak(Says({"show": "Do look at [1] for [1.price].", "nearest": "Or take [2]."}))
    assert text.startswith("Do look at Red Lunch Bag for £1.65. ") and text.endswith(" Or take Blue Tin.")
    assert spoken.handled_by == "model" and spoken.sentences_by_model == 2


def test_a_sentence_that_fails_is_said_by_the_composer_and_the_model_is_left_alone():
    writer = Says({"show": "[1] is only 99p.", "nearest": "Or take [2]."})
    text, spoken = speak(writer)
    assert "99" not in text and "Red Lunch Bag" in text and "Blue Tin" in text
    assert spoken.handled_by == "composer" and spoken.stopped_by.startswith("typed figure")
    assert writer.asked == ["show"]


def test_a_must_say_left_out_is_said_by_the_composer():
    text, spoken = speak(Says({"show": "That costs [1.price].", "nearest": "Or take [2]."}))
    assert "Red Lunch Bag" in text and spoken.handled_by == "composer"


def test_half_an_act_said_by_the_model_is_not_said_twice():
    text, spoken = speak(Says({"show": "It costs [1.price] today. [1] is [1.price].", "nearest": "[2]."}))
    assert text.count("£1.65") == 1 and spoken.handled_by == "composer"


def test_a_model_out_of_time_does_not_cost_the_reply():
    text, spoken = speak(Says({"show": ModelTimeout("too slow"), "nearest": "Or take [2]."}))
    assert "Red Lunch Bag" in text and "Blue Tin" in text
    assert spoken.called_model and spoken.stopped_by == "too slow"


def test_a_model_that_is_down_is_left_to_rest():
    writer = Says({"show": ModelUnavailable("nobody there")})
    text, spoken = speak(writer, times=3)
    assert "Red Lunch Bag" in text and not spoken.called_model
    assert writer.asked == ["show"]


def test_without_a_model_the_composer_says_it_all():
    text, spoken = speak(None)
    assert "Red Lunch Bag" in text and "Blue Tin" in text
    assert spoken.handled_by == "composer" and not spoken.called_model


def test_a_plan_without_facts_does_not_call_the_model():
    writer = Says({})
    _, spoken = speak(writer, Plan((Act("thanks"),)))
    assert not writer.asked and spoken.handled_by == "composer"
