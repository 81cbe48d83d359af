"""What the gate measures, and whom it turns away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from assistant.writers.base import Asked, Wording
from assistant.writers.composer import Composer
from finetune.evaluate import Report, certainty, try_writer
from finetune.gate import refusals
from finetune.plans import make_trials

TRIALS = make_trials(160, 3)
GOOD = {
    "trials": 1000,
    "valid_codes": 1.0,
    "all_said": 0.99,
    "right_act": 0.995,
    "typed_facts": 0.0,
    "silence_as_no": 0,
    "passes_audit": 0.97,
}


class Spoils:
    """The composer's words, spoilt for the acts `of`; audited as a model's are."""

    name = "model"
    lexicon: frozenset[str] | None = None

    def __init__(self, spoil: Callable[[str], str], of: str = "") -> None:
        self.spoil, self.of = spoil, of

    def write(self, asked: Sequence[Asked], timeout_s: float) -> list[list[Wording]]:
        said = [found[0].text for found in Composer().write(asked)]
        return [
            [Wording(self.spoil(text) if act.kind.startswith(self.of) else text)]
            for (act, _), text in zip(asked, said, strict=True)
        ]


def measured(spoil: Callable[[str], str], of: str = "") -> Report:
    return try_writer(Spoils(spoil, of), TRIALS)[0]


def test_trials_are_the_same_for_a_seed_and_others_for_another() -> None:
    assert make_trials(50, 3) == make_trials(50, 3) != make_trials(50, 4)
    assert len({trial.act.kind for trial in make_trials(300, 1)}) > 100


def test_the_composer_says_every_trial_rightly() -> None:
    report, results = try_writer(Composer(), TRIALS)
    assert report.valid_codes == report.all_said == 1 and report.typed_facts == 0
    assert report.right_act > 0.97 and report.silence_as_no == 0
    assert not any("[" in result.text for result in results)


def test_faults_are_seen() -> None:
    assert measured(lambda text: text.replace("]", "x]")).valid_codes < 0.4
    assert measured(lambda text: "Here you are.").all_said < 0.4
    assert measured(lambda text: f"{text} It's 5 pounds.").typed_facts > 0.9
    as_no = measured(lambda text: "No, [x.product] doesn't have “[x.attribute]”.", "not_stated")
    assert as_no.silence_as_no >= 1


def test_a_yes_said_of_a_no_is_not_the_right_act() -> None:
    report = measured(lambda text: text.replace("No", "Yes").replace("I'm afraid", "Sure,"), "answer_no")
    _, results = try_writer(Spoils(lambda text: "Yes, it is so.", "answer_no"), TRIALS)
    assert not any(result.right_act for result in results if result.act == "answer_no")
    assert report.trials == len(TRIALS)


@pytest.mark.slow
def test_the_judge_is_as_good_as_published() -> None:
    found = certainty()
    assert found["false_alarms"] < 0.01 and found["swaps_seen"] > 0.35


def test_what_measured_well_may_be_used() -> None:
    assert refusals(GOOD, None) == refusals(GOOD, GOOD) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"valid_codes": 0.99}, "valid_codes is 0.99, must be at least 0.995"),
        ({"typed_facts": 0.01}, "typed_facts is 0.01, must be at most 0.005"),
        ({"silence_as_no": 1}, "silence_as_no is 1, must be at most 0"),
        ({"passes_audit": 0.9}, "passes_audit is 0.9, the one in use has 0.97"),
    ],
)
def test_what_measured_worse_is_refused(change: dict[str, float], said: str) -> None:
    assert said in refusals(GOOD | change, GOOD)


def test_a_difference_that_may_be_chance_is_none() -> None:
    assert refusals(GOOD | {"passes_audit": 0.96}, GOOD) == []


def test_what_was_not_measured_is_refused() -> None:
    (reason,) = refusals({}, GOOD)
    assert "run regulars finetune evaluate" in reason
