"""Adapters as folders: versions, registering whole or not at all, the one in use and the way back."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from finetune import adapters
from finetune.adapters import draft_card, seal
from finetune.config import TrainConfig
from finetune.shelf import CARD as CARD_FILE
from finetune.shelf import VERSION, Card, Shelf, write_card
from shop.errors import ConfigError, NotFound

SHELF = replace(adapters.SHELF, shipped=None)
CARD = Card(name="smollm2, rank 2", base_model="smollm2", made="2026-11-23", prompt="0a1b2c3d")


def make_adapter(folder: Path, content: bytes = b"\0\0\0\0", made: str = "2026-11-23") -> Path:
    """What peft leaves, around `content` as the only tensor, sealed."""
    folder.mkdir(parents=True)
    lora = {"base_model_name_or_path": "/home/someone/models/x", "target_modules": ["v_proj", "q_proj"]}
    (folder / "adapter_config.json").write_text(json.dumps(lora))
    head = json.dumps(
        {"a": {"dtype": "F16", "shape": [len(content) // 2], "data_offsets": [0, len(content)]}}
    ).encode()
    (folder / "adapter_model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + content)
    (folder / "README.md").write_text("base_model: /home/someone/models/x")
    seal(folder, replace(CARD, made=made))
    return folder


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return tmp_path / "shop"


def test_sealing_gives_a_version_and_leaves_no_trace_of_the_machine(tmp_path: Path) -> None:
    one, again = (make_adapter(tmp_path / name) for name in ("one", "again"))
    other = make_adapter(tmp_path / "other", b"\1\0\0\0")
    assert VERSION.fullmatch(SHELF.read(one).version)
    assert SHELF.read(one).version.startswith("20261123-")
    assert SHELF.read(one).version == SHELF.read(again).version != SHELF.read(other).version
    assert "someone" not in "".join(file.read_text(errors="replace") for file in one.iterdir())
    lora = json.loads((one / "adapter_config.json").read_text())
    assert lora == {"base_model_name_or_path": "smollm2", "target_modules": ["q_proj", "v_proj"]}
    assert sorted(file.name for file in one.iterdir()) == sorted(
        (adapters.CONFIG, adapters.WEIGHTS, CARD_FILE)
    )


def test_metrics_are_added_without_changing_the_version(tmp_path: Path) -> None:
    folder = make_adapter(tmp_path / "made")
    before = SHELF.read(folder)
    write_card(folder, replace(before.card, metrics={"valid_handles": 0.995}))
    after = SHELF.read(folder)
    assert after.version == before.version
    assert after.card.metrics == {"valid_handles": 0.995}


def test_a_card_of_a_later_release_is_read(tmp_path: Path) -> None:
    folder = make_adapter(tmp_path / "made")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"mood": "sunny"}))
    assert SHELF.read(folder).card.name == "smollm2, rank 2"


def test_register_promote_and_roll_back(shop: Path, tmp_path: Path) -> None:
    assert SHELF.current(shop) is None
    assert SHELF.versions(shop) == []
    first = SHELF.register(make_adapter(tmp_path / "a", made="2026-11-22"), shop)
    second = SHELF.register(make_adapter(tmp_path / "b", b"\1\0\0\0"), shop)
    assert [adapter.version for adapter in SHELF.versions(shop)] == [first, second]
    assert SHELF.current(shop) is None, "registering is not promoting"
    SHELF.promote(first, shop)
    SHELF.promote(second, shop)
    SHELF.promote(second, shop)
    assert (using := SHELF.current(shop)) is not None
    assert using.folder == shop / "adapters" / second
    assert SHELF.roll_back(shop) == first
    assert (using := SHELF.current(shop)) is not None
    assert using.version == first
    assert SHELF.roll_back(shop) == "shipped"
    assert SHELF.current(shop) is None
    with pytest.raises(NotFound, match="promote the one you want"):
        SHELF.roll_back(shop)


def test_the_shipped_one_is_used_until_another_is_promoted(shop: Path, tmp_path: Path) -> None:
    shelf = replace(SHELF, shipped=make_adapter(tmp_path / "shipped"))
    assert (using := shelf.current(shop)) is not None
    assert using.folder == tmp_path / "shipped"
    own = shelf.register(make_adapter(tmp_path / "own", b"\1\0\0\0"), shop)
    shelf.promote(own, shop)
    shelf.promote("shipped", shop)
    assert (using := shelf.current(shop)) is not None
    assert using.folder == tmp_path / "shipped"
    assert shelf.roll_back(shop) == own


def test_a_promotion_cut_short_between_its_two_files_can_still_be_rolled_back(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = SHELF.register(make_adapter(tmp_path / "a"), shop)
    second = SHELF.register(make_adapter(tmp_path / "b", b"\1\0\0\0"), shop)
    SHELF.promote(first, shop)
    with monkeypatch.context() as broken:
        broken.setattr(Shelf, "_choose", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            SHELF.promote(second, shop)
    assert (using := SHELF.current(shop)) is not None
    assert using.version == first
    assert SHELF.roll_back(shop) == "shipped"


def test_registering_again_takes_the_new_metrics_and_copies_nothing(shop: Path, tmp_path: Path) -> None:
    folder = make_adapter(tmp_path / "a")
    version = SHELF.register(folder, shop)
    write_card(folder, replace(SHELF.read(folder).card, metrics={"right_act": 1.0}))
    assert SHELF.register(folder, shop) == version
    assert SHELF.find(version, shop).card.metrics == {"right_act": 1.0}
    assert len(list((shop / "adapters").iterdir())) == 1


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors", "card.json"])
def test_an_adapter_that_lacks_a_file_is_refused(shop: Path, tmp_path: Path, name: str) -> None:
    folder = make_adapter(tmp_path / "a")
    (folder / name).unlink()
    with pytest.raises(ConfigError, match=name):
        SHELF.register(folder, shop)


def test_weights_cut_short_or_exchanged_are_refused(shop: Path, tmp_path: Path) -> None:
    folder = make_adapter(tmp_path / "a")
    weights = folder / "adapter_model.safetensors"
    whole = weights.read_bytes()
    for part in (whole[:-2], whole[:20], whole[:3], b""):
        weights.write_bytes(part)
        with pytest.raises(ConfigError, match="train it again"):
            SHELF.read(folder)
    weights.write_bytes(whole[:-1] + b"\7")
    with pytest.raises(ConfigError, match="not those its card was written for"):
        SHELF.register(folder, shop)


@pytest.mark.parametrize("version", ["../../etc", "20261123", "", "20261123-ABCDEF", "20261123-0a1b2c/.."])
def test_a_version_is_never_a_path(shop: Path, version: str) -> None:
    with pytest.raises(NotFound, match="version"):
        SHELF.promote(version, shop)


def test_an_unknown_version_names_the_known_ones(shop: Path, tmp_path: Path) -> None:
    version = SHELF.register(make_adapter(tmp_path / "a"), shop)
    with pytest.raises(NotFound, match=f"shipped, {version}"):
        SHELF.promote("20200101-000000", shop)


def test_a_current_file_edited_by_hand_is_an_error(shop: Path) -> None:
    (shop / "adapters").mkdir(parents=True)
    (shop / "adapters" / "current").write_text("../elsewhere\n")
    with pytest.raises(ConfigError, match="promote an adapter again"):
        SHELF.current(shop)


def test_the_card_counts_the_examples_and_names_no_folder(tmp_path: Path) -> None:
    examples = tmp_path / "private" / "examples.jsonl"
    examples.parent.mkdir()
    examples.write_text("{}\n")
    config = TrainConfig(examples=examples, out=tmp_path / "private" / "run")
    label = {"act": "show", "origin": "phrasings", "split": "train", "family": "x"}
    card = draft_card(config, [label, label, label | {"split": "test"}])
    assert card.data["counts"] == {
        "act": {"show": 3},
        "origin": {"phrasings": 3},
        "split": {"train": 2, "test": 1},
    }
    assert len(card.data["sha256"]) == 64
    write_card(tmp_path, card)
    assert "private" not in (tmp_path / "card.json").read_text()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"rank": 0}, "rank is 0; give at least 1"),
        ({"max_minutes": -1.0}, "max_minutes"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"dropout": 1.0}, "share below 1"),
        ({"precision": "fp8"}, "give auto, bf16 or fp32"),
        ({"prompt": "nowhere"}, "nowhere.md"),
    ],
)
def test_absurd_settings_are_refused(tmp_path: Path, wrong: dict[str, object], says: str) -> None:
    (tmp_path / "examples.jsonl").write_text("{}\n")
    with pytest.raises(ConfigError, match=says):
        draft_card(TrainConfig(examples=tmp_path / "examples.jsonl", **wrong), [])  # type: ignore[arg-type]


def test_adapters_are_managed_without_torch() -> None:
    code = (
        "import sys, finetune.adapters, finetune.train; "
        "print([n for n in ('torch', 'transformers', 'peft') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
