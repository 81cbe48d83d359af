"""Specs, stop strings, the scripted model, and where weights are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.models.base import open_model
from assistant.models.scripted import ScriptedModel
from assistant.models.streaming import until_stop
from assistant.models.weights import Weights, find_weights, unpack
from shop.errors import ConfigError, ModelTimeout, ModelUnavailable
from shop.types import Message

CHAT = (Message("user", "hello there"),)


OWN = """
class OwnModel:
    name = "own"

    def stream(self, messages, **options):
        return ["own words"]


class NotAModel:
    pass
"""


@pytest.fixture(autouse=True)
def own_package(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A package of the shop owner's, with a model class in it."""
    folder = tmp_path_factory.mktemp("path")
    (folder / "owners_package").mkdir()
    (folder / "owners_package" / "models.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))


def say(spec: str, **options: object) -> str:
    model = open_model(spec)
    assert model is not None
    return "".join(model.stream(CHAT, **{"max_tokens": 9, "timeout_s": 5.0, **options}))  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", ["none:", "", " none: "])
def test_no_model(spec: str) -> None:
    assert open_model(spec) is None


def test_own_class_is_opened_by_its_name() -> None:
    assert say("owners_package.models:OwnModel") == "own words"


@pytest.mark.parametrize(
    ("spec", "error", "match"),
    [
        ("gpt-4", ConfigError, "use one of"),
        ("http://host", ConfigError, "use one of"),
        ("no.such.module:Class", ConfigError, "cannot be imported"),
        ("owners_package.models:Missing", ConfigError, "cannot be imported"),
        ("owners_package.models:NotAModel", ConfigError, "no stream method"),
        ("openai:host/v1#name", ConfigError, "use openai:http"),
        ("openai:http://host:8000/v1", ConfigError, "use openai:http"),
        ("openai:http://host:99999/v1#x", ConfigError, "use openai:http"),
        ("local:/no/such/folder", ModelUnavailable, "name a folder"),
        ("local:", ModelUnavailable, "name a folder"),
        ("local:smollm2?adapter=/no/such", ModelUnavailable, "adapter_config.json"),
        ("local:smollm2?temperature=2", ConfigError, "temperature"),
        ("scripted:/no/such.json", ConfigError, "name a JSON file"),
    ],
)
def test_bad_specs_say_what_to_do(spec: str, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        open_model(spec)


def test_scripted_answers_come_in_order_and_the_last_stays() -> None:
    model = ScriptedModel(["one", "two"])
    said = ["".join(model.stream(CHAT, max_tokens=9, timeout_s=1)) for _ in range(3)]
    assert said == ["one", "two", "two"]
    assert model.calls == [CHAT] * 3


def test_scripted_specs(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text('["from a file"]', encoding="utf-8")
    assert say("scripted:") == ""
    assert say("scripted:echo") == "hello there"
    assert say("scripted:=always this") == "always this"
    assert say(f"scripted:{answers}") == "from a file"
    with pytest.raises(ModelTimeout):
        say("scripted:slow", timeout_s=0.05)


def test_scripted_counts_who_hung_up() -> None:
    model = ScriptedModel(["one two three"])
    pieces = model.stream(CHAT, max_tokens=9, timeout_s=1)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert model.closed == 1


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_stop_strings_are_found_across_pieces(size: int) -> None:
    text = "a < b <| c"
    pieces = iter([text[at : at + size] for at in range(0, len(text), size)])
    assert "".join(until_stop(pieces, ["<|", "\n"])) == "a < b "


def test_what_only_began_like_a_stop_string_is_said() -> None:
    assert "".join(until_stop(iter(["ends with <"]), ["<|"])) == "ends with <"


def test_packaged_weights_go_to_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REGULARS_CACHE", str(tmp_path))
    weights = find_weights("smollm2")
    assert weights.folder.parent == tmp_path
    assert weights.packed is not None
    assert weights.packed.suffix == ".gguf"


def test_unpacking_is_whole_or_not_at_all(tmp_path: Path) -> None:
    weights = Weights("m", tmp_path / "cache" / "m", tmp_path / "m.gguf")

    def half(packed: Path, folder: Path) -> None:
        (folder / "model.safetensors").write_text("half", encoding="utf-8")
        raise OSError("disk full")

    def whole(packed: Path, folder: Path) -> None:
        (folder / "config.json").write_text("{}", encoding="utf-8")

    with pytest.raises(ModelUnavailable, match="REGULARS_CACHE"):
        unpack(weights, half)
    assert list((tmp_path / "cache").iterdir()) == []
    unpack(weights, whole)
    assert weights.ready
    unpack(weights, half)  # ready: nothing is done, so nothing fails
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == ["m"]


def test_two_processes_may_unpack_at_once(tmp_path: Path) -> None:
    weights = Weights("m", tmp_path / "m", tmp_path / "m.gguf")

    def other_is_first(packed: Path, folder: Path) -> None:
        weights.folder.mkdir()
        (weights.folder / "config.json").write_text('"first"', encoding="utf-8")
        (folder / "config.json").write_text('"second"', encoding="utf-8")

    unpack(weights, other_is_first)
    assert (weights.folder / "config.json").read_text(encoding="utf-8") == '"first"'
