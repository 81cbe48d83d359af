"""One suite over every language model: the contract of assistant/models/base.py."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from model_server import serve_model

from assistant.models.base import Ask, ChatModel, begin_with, open_model, phrase, prepare_model
from shop.errors import ModelTimeout, ModelUnavailable
from shop.types import Message

CHAT = (Message("system", "You repeat."), Message("user", "One two three STOP four five"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serve_model() as url:
        yield url


@pytest.fixture(
    scope="module",
    params=[
        "scripted",
        "openai",
        "tiny",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("local", "reference")),
    ],
)
def model(request: pytest.FixtureRequest, server: str, tiny_cache: Path) -> Iterator[ChatModel]:
    specs: dict[str, Callable[[], str]] = {
        "scripted": lambda: "scripted:echo",
        "openai": lambda: f"openai:{server}#echo",
        "tiny": lambda: f"local:{request.getfixturevalue('tiny_model')}",
        "local": lambda: "local:smollm2?adapter=none",
        "reference": lambda: "reference:smollm2?adapter=none",
    }
    with pytest.MonkeyPatch.context() as environment:
        if request.param == "tiny":
            environment.setenv("REGULARS_CACHE", str(tiny_cache))
        opened = open_model(specs[request.param]())
        assert opened is not None
        prepare_model(opened)
        yield opened
        opened.close()


def test_has_a_name(model: ChatModel) -> None:
    assert model.name
    assert not isinstance(model.name, property)


def test_pieces_are_text_and_none_is_empty(model: ChatModel) -> None:
    pieces = list(model.stream(CHAT, max_tokens=12, timeout_s=60))
    assert pieces
    assert all(isinstance(piece, str) and piece for piece in pieces)


def test_same_question_same_answer(model: ChatModel) -> None:
    first = "".join(model.stream(CHAT, max_tokens=12, timeout_s=60))
    assert first == "".join(model.stream(CHAT, max_tokens=12, timeout_s=60))


def test_max_tokens_bounds_the_answer(model: ChatModel) -> None:
    short = "".join(model.stream(CHAT, max_tokens=2, timeout_s=60))
    long = "".join(model.stream(CHAT, max_tokens=12, timeout_s=60))
    assert len(short) < len(long)
    assert long.startswith(short.rstrip())


def test_stop_string_ends_the_answer_and_is_not_said(model: ChatModel) -> None:
    whole = "".join(model.stream(CHAT, max_tokens=12, timeout_s=60))
    middle = whole[len(whole) // 2 : len(whole) // 2 + 3]
    cut = "".join(model.stream(CHAT, max_tokens=12, timeout_s=60, stop=["never said", middle]))
    assert cut == whole[: whole.index(middle)]


def test_no_time_is_a_timeout(model: ChatModel) -> None:
    with pytest.raises(ModelTimeout):
        list(model.stream(CHAT, max_tokens=12, timeout_s=0.0))


def test_nothing_happens_before_the_first_piece_is_asked_for(model: ChatModel) -> None:
    pieces = model.stream(CHAT, max_tokens=12, timeout_s=0.0)
    with pytest.raises(ModelTimeout):
        next(pieces)


def test_closed_early_it_answers_again(model: ChatModel) -> None:
    pieces = model.stream(CHAT, max_tokens=12, timeout_s=60)
    first = next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    again = "".join(model.stream(CHAT, max_tokens=12, timeout_s=60))
    assert again.startswith(first)


def test_two_threads_get_the_same_answer(model: ChatModel) -> None:
    answers: list[str] = []

    def ask() -> None:
        answers.append("".join(model.stream(CHAT, max_tokens=8, timeout_s=60)))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    assert answers[0] == answers[1]


def test_every_ask_is_phrased(model: ChatModel) -> None:
    asks = [Ask(CHAT), Ask(CHAT, ("product",), "Yes,"), Ask(CHAT[1:])]
    found = phrase(model, asks, count=3, max_tokens=12, timeout_s=60, temperature=0.7, stop=["\n"])
    assert len(found) == 3
    for wordings in found:
        assert len(wordings) == len(set(wordings)) <= 3
        assert all(wording == wording.strip() != "" for wording in wordings)
        assert not any("\n" in wording for wording in wordings)
    assert all(wording.startswith("Yes,") for wording in found[1])


def test_nothing_asked_nothing_phrased(model: ChatModel) -> None:
    assert phrase(model, [], count=2, max_tokens=12, timeout_s=60, temperature=0.7) == []


def test_no_time_to_phrase_is_a_timeout(model: ChatModel) -> None:
    with pytest.raises(ModelTimeout):
        phrase(model, [Ask(CHAT)], count=1, max_tokens=12, timeout_s=0.0, temperature=0)


@pytest.mark.parametrize(
    ("opening", "text", "whole"),
    [
        ("", " so ", "so"),
        (" Yes", ", it is.", "Yes, it is."),
        ("Yes", "Yes, it is.", "Yes, it is."),
        ("No", " ", ""),
    ],
)
def test_an_opening_stands_once_before_the_answer(opening: str, text: str, whole: str) -> None:
    assert begin_with(opening, text) == whole


@pytest.mark.parametrize("spec", ["scripted:fail", "openai:http://127.0.0.1:9/v1#gone"])
def test_what_cannot_answer_says_so(spec: str) -> None:
    broken = open_model(spec)
    assert broken is not None
    with pytest.raises(ModelUnavailable, match=r"; "):
        list(broken.stream(CHAT, max_tokens=4, timeout_s=5))
