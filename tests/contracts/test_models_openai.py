"""The HTTP model against a real server on this machine."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import pytest
from model_server import CALLS, DISCONNECTED, SEEN, serve_model

from assistant.models.openai_http import OpenAIModel, open_openai
from shop.errors import ModelTimeout, ModelUnavailable
from shop.types import Message

CHAT = (Message("system", "Short."), Message("user", "a b c d"))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_model() as address:
        yield address


@pytest.fixture(autouse=True)
def forget() -> None:
    SEEN.clear()
    CALLS.clear()
    DISCONNECTED.clear()


def say(model: OpenAIModel, timeout_s: float = 5.0, stop: tuple[str, ...] = ()) -> str:
    return "".join(model.stream(CHAT, max_tokens=9, timeout_s=timeout_s, stop=stop))


def test_sends_the_chat_and_streams_the_answer(url: str) -> None:
    pieces = list(open_openai(f"{url}#echo").stream(CHAT, max_tokens=3, timeout_s=5, stop=["z"]))
    assert pieces == ["a", " b", " c"]
    body = SEEN[0]["body"]
    assert body["messages"] == [
        {"role": "system", "content": "Short."},
        {"role": "user", "content": "a b c d"},
    ]
    assert (body["max_tokens"], body["temperature"], body["stream"], body["stop"]) == (3, 0, True, ["z"])


def test_characters_split_over_chunks_arrive_whole(url: str) -> None:
    assert say(open_openai(f"{url}#bytes")) == "caf\u00e9 \U0001f381\u2028 \u00a31"


def test_total_time_is_bounded_though_bytes_keep_coming(url: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ModelTimeout):
        say(open_openai(f"{url}#slow"), timeout_s=0.6)
    assert time.perf_counter() - started < 20


def test_silence_after_the_first_piece_is_a_timeout(url: str) -> None:
    pieces = open_openai(f"{url}#hangs").stream(CHAT, max_tokens=9, timeout_s=1.5)
    assert next(pieces) == "first"
    started = time.perf_counter()
    with pytest.raises(ModelTimeout):
        next(pieces)
    assert time.perf_counter() - started < 20


def test_hanging_up_stops_the_server(url: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ModelTimeout):
        say(open_openai(f"{url}#slow"), timeout_s=0.3)
    assert DISCONNECTED.wait(20)
    assert time.perf_counter() - started < 20


def test_a_busy_server_is_asked_again(url: str) -> None:
    assert say(open_openai(f"{url}#busy once")) == "a b c d"
    assert CALLS["busy once"] == 2


def test_a_server_that_stays_busy_is_given_up(url: str) -> None:
    with pytest.raises(ModelUnavailable, match="429"):
        say(open_openai(f"{url}#busy"))
    assert CALLS["busy"] == 3


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("broken", "500; look at its log"),
        ("refused", "401; set REGULARS_OPENAI_KEY"),
        ("garbage", "no chat completion"),
        ("error inside", "reports an error"),
        ("cut short", "broke off"),
    ],
)
def test_failures_are_one_sentence(url: str, name: str, match: str) -> None:
    with pytest.raises(ModelUnavailable, match=match) as caught:
        say(open_openai(f"{url}#{name}"))
    assert "secret detail" not in str(caught.value)
    assert CALLS[name] == 1


def test_a_dead_port_fails_soon() -> None:
    started = time.perf_counter()
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        say(open_openai("http://127.0.0.1:9/v1#x"))
    assert time.perf_counter() - started < 20


def test_secrets_are_sent_and_never_shown(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("REGULARS_OPENAI_KEY", "sk-very-secret")
    address = url.replace("http://", "http://anna:hidden@")
    with caplog.at_level(logging.DEBUG):
        model = open_openai(f"{address}#echo")
        assert say(model) == "a b c d"
        with pytest.raises(ModelUnavailable) as caught:
            say(open_openai(f"{address}#broken"))
    assert SEEN[0]["authorization"] == "Bearer sk-very-secret"
    shown = model.name + str(caught.value) + repr(model.__dict__) + caplog.text
    assert "sk-very-secret" not in model.name + str(caught.value) + caplog.text
    assert "hidden" not in shown


def test_a_login_in_the_address_is_used(url: str) -> None:
    assert say(open_openai(f"{url.replace('http://', 'http://anna:hidden@')}#echo")) == "a b c d"
    assert SEEN[0]["authorization"].startswith("Basic ")
