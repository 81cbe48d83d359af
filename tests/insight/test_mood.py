"""Mood by words, negation and cues: sentences a shop gets, each with what must be read out of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from insight.mood import MoodModel, features_of, load_cues, load_mood_model, read_mood
from insight.mood_fitting import evaluate_mood, fit_mood, is_held_out, read_reviews
from shop.errors import SourceError

UPSET = (
    "Still waiting after three weeks, this is ridiculous!",
    "my parcel never arrived and nobody answers my emails. I need it before Friday!!",
    "you charged me twice, give me my money back",
    "It's too small and the colour is wrong, very disappointed",
    "thanks for nothing",
    "the teapot arrived broken",
)
PLEASED = (
    "I love it, thank you so much",
    "Arrived quickly and it looks perfect, love it",
    "you have been very helpful, thank you",
)
PLAIN = (
    "do you have red mugs under £5",
    "where is my order 536365?",
    "what is your returns policy?",
    "show me something cheaper",
    "no, the other one",
    "hi",
    "can I speak to a person",
    "what's popular right now?",
    "is it a choking hazard for babies?",
    "",
    "!!!",
)
PRESSING = (
    "my parcel never arrived and nobody answers my emails. I need it before Friday!!",
    "you charged me twice, give me my money back",
    "This is unacceptable, I want it fixed immediately",
    "I have written three times and got no reply, I am furious",
)
ALARMS = (
    "the lamp caught fire last night",
    "someone used my card to place an order",
    "I did not make this payment",
    "my son got an electric shock from the fairy lights",
    "the glass cut my hand",
)


@pytest.mark.parametrize("text", UPSET)
def test_upset_messages_are_negative(text: str) -> None:
    mood = read_mood(text)
    assert mood.label == "negative"
    assert all(cause.effect < 0 for cause in mood.causes) and mood.causes


@pytest.mark.parametrize("text", PLEASED)
def test_pleased_messages_are_positive(text: str) -> None:
    assert read_mood(text).label == "positive"


@pytest.mark.parametrize("text", PLAIN)
def test_plain_questions_have_no_mood_and_need_no_person(text: str) -> None:
    mood = read_mood(text)
    assert mood.label == "neutral"
    assert not mood.wants_person


@pytest.mark.parametrize("text", PRESSING)
def test_angry_and_urgent_wants_a_person(text: str) -> None:
    mood = read_mood(text)
    assert mood.is_urgent and mood.wants_person and not mood.alarm
    assert mood.urgent_words


@pytest.mark.parametrize("text", ALARMS)
def test_danger_and_fraud_want_a_person_whatever_the_mood(text: str) -> None:
    mood = read_mood(text)
    assert mood.alarm and mood.wants_person


@pytest.mark.parametrize(
    "text",
    [
        "I need a gift by tomorrow asap",
        "It's urgent: do you have this in blue?",
        "WHERE IS MY ORDER",
        "not urgent, but it never arrived",
    ],
)
def test_hurry_alone_is_no_case_for_a_person(text: str) -> None:
    assert not read_mood(text).wants_person


def test_what_is_taken_back_is_no_cue() -> None:
    assert read_mood("it is not urgent").urgency == 0
    assert read_mood("it is urgent").urgency > 0.5
    assert read_mood("it is not broken").label == "neutral"


def test_negation_turns_the_word_round() -> None:
    good, bad = MoodModel({"great": 1.0}), MoodModel({"not_great": -1.0, "great": 1.0})
    assert good.score("this is great") == 1.0
    assert good.score("this is not great") == -0.5, "unknown negated: half, the other way"
    assert bad.score("this isn't so great") == -1.0
    assert good.score("not the size, but great") == 1.0, "a comma and a 'but' end the negation"


def test_a_word_counts_once_however_often_it_stands() -> None:
    assert MoodModel({"great": 1.0}).score("great great great") == 1.0


def test_causes_are_words_of_the_text() -> None:
    for text in (*UPSET, *PLEASED):
        plain = text.lower()
        for cause in read_mood(text).causes:
            for part in cause.text.split(" … "):
                assert all(word in plain for word in part.split()), (text, cause)


def test_features_know_words_pairs_and_negation() -> None:
    found = dict(features_of("I don’t like this colour. Lovely box"))
    assert found["not_like"] == "don't … like"
    assert "lovely box" in found and "colour lovely" not in found


def test_every_cue_compiles_is_lower_case_and_says_something() -> None:
    for cue in load_cues():
        assert cue.mood or cue.urgency or cue.alarm
        assert -3 <= cue.mood <= 3 and 0 <= cue.urgency < 1
        assert not re.search(r"(?<!\\)[A-Z]", cue.pattern.pattern), f"{cue.name} never meets a capital"


def test_shipped_weights_state_where_they_come_from() -> None:
    model = load_mood_model()
    assert len(model.weights) > 1000
    assert {"fitted_on", "held_out", "split", "language"} <= set(model.card)
    held_out = model.card["held_out"]
    assert isinstance(held_out, dict) and held_out["f1"] >= 0.95


def write_reviews(path: Path, products: int = 30) -> Path:
    lines = ["Clothing ID,Title,Review Text,Rating"]
    for n in range(products):
        lines += [f'{n},,"lovely and perfect, a joy {n}",5'] * 10
        lines += [f'{n},,"dreadful rag, a waste {n}",1'] * 5
        lines += [f"{n},,middling,3"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_fitting_is_reproducible_and_learns_the_words(tmp_path: Path) -> None:
    reviews = read_reviews(write_reviews(tmp_path / "reviews.csv"))
    assert len(reviews) == 450, "three-star reviews are left out"
    model = fit_mood(reviews)
    assert model == fit_mood(reviews)
    assert model.score("a lovely joy") > 0 > model.score("a dreadful waste")


def test_evaluation_holds_whole_products_out(tmp_path: Path) -> None:
    figures = evaluate_mood(read_reviews(write_reviews(tmp_path / "reviews.csv")))
    assert figures["models"]["words"]["f1"] == 1.0
    assert figures["models"]["majority"]["f1_negative"] == 0.0
    assert figures["base_rate"] == pytest.approx(2 / 3, abs=1e-3)
    shares = [is_held_out(str(n)) for n in range(2000)]
    assert 0.17 < sum(shares) / len(shares) < 0.23


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("Title,Rating\nx,5\n", "lacks the columns"),
        ("Review Text,Rating,Clothing ID\nnice,five,1\n", "row 2, column 'Rating'"),
        ("Review Text,Rating,Clothing ID\nnice,5,1\n", "1 good reviews"),
    ],
)
def test_bad_review_files_get_one_sentence(tmp_path: Path, content: str, wanted: str) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=re.escape(wanted)):
        read_reviews(file)
