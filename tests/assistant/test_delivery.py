"""Who says a plan: the model where its words pass, the composer everywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.delivery import DRAWS, Line, Speaker, Spoken, passable
from assistant.plan import Act, Plan, Record
from assistant.writers.base import Asked, Voice, Wording
from shop.errors import ModelTimeout, ModelUnavailable

SHOW = Act("show", {"topic": "[ask.topic]", "product": "[1]", "price": "[1.price]"}, ("product",))
NEAREST = Act("nearest", {"product": "[2]"}, ("product",))
PLAN = Plan(
    acts=(SHOW, Act("ask_narrow"), NEAREST),
    records=(
        Record("1", "product", "p1", {"name": "Red Lunch Bag", "price": "£1.65"}),
        Record("2", "product", "p2", {"name": "Blue Tin", "price": "£4.00"}),
        Record("ask", "ask", "", {"topic": "lunch bags"}),
    ),
)
VOICE = Voice("Shop", "en_GB", seed=1)


class Says:
    """A writer that says what it is given, act by act; an exception among the texts is raised."""

    name = "model"

    def __init__(
        self, texts: dict[str, str | list[str] | Exception], lexicon: frozenset[str] | None = None
    ) -> None:
        self.texts = texts
        self.lexicon = lexicon
        self.asked: list[list[str]] = []

    def write(self, asked: Sequence[Asked], timeout_s: float) -> list[list[Wording]]:
        self.asked.append([act.kind for act, _ in asked])
        found = []
        for act, _ in asked:
            texts = self.texts[act.kind]
            if isinstance(texts, Exception):
                raise texts
            found.append(
                [Wording(text, "ask", text) for text in ([texts] if isinstance(texts, str) else texts)]
            )
        return found


def speak(writer: Says | None, plan: Plan = PLAN, times: int = 1, voice: Voice = VOICE) -> tuple[str, Spoken]:
    speaker = Speaker(lambda: writer)
    for _ in range(times):
        spoken = Spoken()
        pieces = list(speaker.speak(plan, voice, spoken))
    assert "".join(pieces) == spoken.text
    return spoken.text, spoken


def test_the_models_words_reach_the_reader_expanded():
    writer = Says({"show": "Do look at [1] for [1.price].", "nearest": "Or take [2]."})
    text, spoken = speak(writer)
    assert text.startswith("Do look at Red Lunch Bag for £1.65. ") and text.endswith(" Or take Blue Tin.")
    assert spoken.handled_by == "model" and [kind for kind, _ in spoken.by_model] == ["show", "nearest"]
    assert writer.asked == [["show"], ["nearest"]], (
        "the first act alone, so that the reader waits for no more"
    )


def test_an_act_that_fails_is_the_composers_and_the_next_is_still_the_models():
    text, spoken = speak(Says({"show": "[1] is only 99p.", "nearest": "Or take [2]."}))
    assert "99" not in text and "Red Lunch Bag" in text and text.endswith("Or take Blue Tin.")
    assert spoken.handled_by == "composer" and spoken.stopped_by.startswith("typed figure")


def test_the_first_wording_that_passes_is_said():
    text, spoken = speak(Says({"show": ["It's 99p.", "Take [1]."], "nearest": "Or take [2]."}))
    assert text.startswith("Take Red Lunch Bag.") and spoken.handled_by == "model"


def test_a_wording_that_begins_as_the_last_reply_did_is_passed_over():
    voice = Voice("Shop", "en_GB", recent=("Have a look at the Tin.",))
    texts = ["Have a look at [1].", "My pick is [1]."]
    text, _ = speak(Says({"show": texts, "nearest": "Or take [2]."}), voice=voice)
    assert text.startswith("My pick is")


def test_a_must_say_left_out_is_said_by_the_composer():
    text, spoken = speak(Says({"show": "That costs [1.price].", "nearest": "Or take [2]."}))
    assert "Red Lunch Bag" in text and spoken.handled_by == "composer"


def test_half_an_act_said_by_the_model_is_not_said_twice():
    text, spoken = speak(Says({"show": "It costs [1.price] today. [1] is [1.price].", "nearest": "[2]."}))
    assert text.count("£1.65") == 1 and spoken.handled_by == "composer"


def test_what_rambles_on_after_all_is_said_is_cut_off():
    text, _ = speak(Says({"show": "Take [1]. It is free today!", "nearest": "Or take [2]."}))
    assert text.startswith("Take Red Lunch Bag.") and "free" not in text


def test_a_model_out_of_time_does_not_cost_the_reply():
    text, spoken = speak(Says({"show": ModelTimeout("too slow"), "nearest": "Or take [2]."}))
    assert "Red Lunch Bag" in text and "Blue Tin" in text
    assert spoken.called_model and spoken.stopped_by == "the model: too slow"


def test_a_model_that_is_down_is_left_to_rest():
    writer = Says({"show": ModelUnavailable("nobody there")})
    text, spoken = speak(writer, times=3)
    assert "Red Lunch Bag" in text and not spoken.called_model
    assert writer.asked == [["show"]]


def test_without_a_model_the_composer_says_it_all():
    text, spoken = speak(None)
    assert "Red Lunch Bag" in text and "Blue Tin" in text
    assert spoken.handled_by == "composer" and not spoken.called_model


def test_small_talk_is_worded_only_by_a_model_that_was_taught_it():
    plan = Plan((Act("thanks"), Act("sign_in")))
    untaught = Says({})
    assert speak(untaught, plan)[1].handled_by == "composer" and not untaught.asked
    taught = Says({"thanks": "Any time."}, frozenset({"any", "time"}))
    text, spoken = speak(taught, plan)
    assert text.startswith("Any time.") and spoken.handled_by == "model"
    assert taught.asked == [["thanks"]], "rules of ours are not the model's to word"


def test_a_taught_model_may_type_only_what_it_was_taught_or_the_shopper_said():
    lexicon = frozenset({"for", "your", "take"})
    voice = Voice("Shop", "en_GB", message="something for my sister")
    said, fault = passable(PLAN, SHOW, voice, Wording("For your sister, take [1]."), lexicon=lexicon)
    assert said and not fault
    said, fault = passable(PLAN, SHOW, voice, Wording("For your brother, take [1]."), lexicon=lexicon)
    assert said is None and fault == "untaught word: brother"


SUBJECT = Act("mail_subject_product", {"product": "[1]"}, ("product",))


def test_many_parts_are_worded_at_once_and_must_fit():
    writer = Says({SUBJECT.kind: ["A very long line about [1]", "Still [1]"]})
    voice = replace(VOICE, seed=0)
    lines = [Line(SUBJECT, PLAN.records, voice, most_characters=20), Line(SUBJECT, PLAN.records, voice)]
    short, long = Speaker(lambda: writer).say_all(lines)
    assert (short.text, long.text) == ("Still Red Lunch Bag", "A very long line about Red Lunch Bag")
    assert writer.asked == [[SUBJECT.kind] * 2] and short.wording
    taught = Says(writer.texts, frozenset({"still"}))
    assert Speaker(lambda: taught).say_all(lines[:1])[0].wording
    assert taught.asked == [[SUBJECT.kind] * DRAWS[0]], "a chance to choose, for a single message too"
    assert Speaker(lambda: None).say_all(lines)[0].wording is None


def test_what_many_are_told_alike_is_asked_for_a_few_times_and_shared_out():
    writer = Says({SUBJECT.kind: ["Still [1]", "Once more, [1]"]})
    lines = [Line(SUBJECT, PLAN.records, replace(VOICE, seed=seed)) for seed in range(50)]
    said = Speaker(lambda: writer).say_all(lines)
    assert writer.asked == [[SUBJECT.kind] * DRAWS[1]]
    assert {one.text for one in said} == {"Still Red Lunch Bag", "Once more, Red Lunch Bag"}


def test_a_model_none_of_whose_wordings_may_be_said_is_asked_once_more():
    class Stutters(Says):
        def write(self, asked, timeout_s):
            found = super().write(asked, timeout_s)
            return found if len(self.asked) > 1 else [[Wording("It costs 5 pounds.")] for _ in asked]

    writer = Stutters({SHOW.kind: "Take [1]."})
    text, spoken = speak(writer, Plan((SHOW,), PLAN.records))
    assert text.startswith("Take Red Lunch Bag") and spoken.handled_by == "model"
    assert writer.asked == [[SHOW.kind], [SHOW.kind]]
    (line,) = Speaker(lambda: Says({SUBJECT.kind: []})).say_all([Line(SUBJECT, PLAN.records, VOICE)])
    assert line.wording is None, "the composer has the last word"
