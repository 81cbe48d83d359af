"""What the quick engine is made from, how, and how close it stays to the reference."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from assistant.models.base import Ask, phrase
from assistant.models.chat_text import ChatText
from assistant.models.converting import convert, converted_folder
from assistant.models.local import LocalModel, open_local
from assistant.models.unpacking import unpack_gguf
from assistant.models.weights import Weights, find_weights, read_spec
from shop.errors import ModelUnavailable
from shop.types import Message

SYSTEM = Message("system", "Word the shop's reply. Say each [code] once.")
PROMPTS = (
    "recommend: [product] [price] [why]",
    "answer yes: [product] [feature]",
    "not stocked: [topic]",
    "order status: [status] [date]",
    "greet: [name]",
    "Say that the mug is sold out.",
    "Welcome the customer.",
    "compare: [less] [min] [more] [max]",
)


@pytest.mark.slow
def test_made_once_and_nothing_left_behind(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_CACHE", str(tmp_path / "cache"))
    said: list[str] = []
    model = open_local(str(tiny_model))
    assert not model.ready
    model.prepare(said.append)
    assert said[0].startswith("Preparing the language model")
    assert said[-1] == "Loading the language model."
    assert model.ready
    assert [file.name for file in (tmp_path / "cache").iterdir()] == [
        converted_folder(model.weights, None, "int8").name
    ]
    again = open_local(str(tiny_model))
    said.clear()
    again.prepare(said.append)
    assert said == ["Loading the language model."]
    model.close()
    again.close()


def test_other_content_is_another_folder(tiny_model: Path, tmp_path: Path) -> None:
    weights = Weights("tiny", shutil.copytree(tiny_model, tmp_path / "tiny"))
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text("{}", encoding="utf-8")
    names = {
        converted_folder(weights, None, "int8"),
        converted_folder(weights, None, "float32"),
        converted_folder(weights, adapter, "int8"),
    }
    (adapter / "adapter_model.safetensors").write_bytes(b"trained")
    names.add(converted_folder(weights, adapter, "int8"))
    (weights.folder / "chat_template.jinja").write_text("another", encoding="utf-8")
    names.add(converted_folder(weights, None, "int8"))
    assert len(names) == 5
    (adapter / "card.json").write_text("{}", encoding="utf-8")
    assert converted_folder(weights, adapter, "int8").name


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({"model_type": "mamba", "architectures": ["MambaForCausalLM"]}, "reference:"),
        ({"model_type": "no_such_thing"}, "correct its folder"),
    ],
)
@pytest.mark.slow
def test_what_cannot_be_converted_says_what_to_do(
    config: dict[str, object], match: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=match):
        open_local(str(tmp_path)).prepare()
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_shipped_adapter_is_the_default_and_can_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.models.weights.SHIPPED_ADAPTER", ("smollm2", "elsewhere", "adapter"))
    assert read_spec("smollm2")[1] is None
    shipped = tmp_path / "elsewhere" / "adapter"
    shipped.mkdir(parents=True)
    (tmp_path / "elsewhere" / "__init__.py").touch()
    (shipped / "adapter_config.json").write_text("{}", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert read_spec("smollm2")[1] == shipped
    assert read_spec("smollm2?adapter=none")[1] is None
    assert read_spec(f"smollm2?adapter={shipped}")[1] == shipped


@pytest.mark.slow
def test_unpacked_as_transformers_does(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    packed = find_weights("smollm2").packed
    assert packed is not None
    unpack_gguf(packed, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(
        str(packed.parent), gguf_file=packed.name, dtype=torch.float32
    ).state_dict()
    ours = AutoModelForCausalLM.from_pretrained(str(tmp_path), dtype=torch.float32).state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    tokenizers = (
        AutoTokenizer.from_pretrained(str(packed.parent), gguf_file=packed.name),
        AutoTokenizer.from_pretrained(str(tmp_path)),
    )
    text = "Hello [product], it's £3.99 \u2014 “nice”!\n\n  日本 <|im_end|> x\t1234"
    assert tokenizers[0](text)["input_ids"] == tokenizers[1](text)["input_ids"]
    assert tokenizers[0].chat_template == tokenizers[1].chat_template


@pytest.mark.slow
def test_chats_are_rendered_as_transformers_does() -> None:
    from transformers import AutoTokenizer

    weights = find_weights("smollm2")
    folder = convert(weights, None, "int8", lambda sentence: None)
    text, theirs = ChatText(folder), AutoTokenizer.from_pretrained(str(folder))
    for chat in (
        [SYSTEM, Message("user", "a")],
        [Message("user", "b")],
        [SYSTEM, *[Message("user", "c")] * 3],
    ):
        as_dicts = [{"role": message.role, "content": message.content} for message in chat]
        for begin in (True, False):
            rendered = theirs.apply_chat_template(as_dicts, tokenize=False, add_generation_prompt=begin)
            assert text.render(chat, begin_answer=begin) == rendered
        ids = theirs(theirs.apply_chat_template(as_dicts, tokenize=False, add_generation_prompt=True))
        head, rest = text.tokens(chat)
        assert [*head, *rest] == theirs.convert_ids_to_tokens(ids["input_ids"])


def random_adapter(base: Path, folder: Path) -> Path:
    """A LoRA adapter whose effect can be seen."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32),
        LoraConfig(r=8, lora_alpha=16, target_modules="all-linear"),
    )
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.01)
    model.save_pretrained(str(folder))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("adapted", [False, True])
def test_the_same_words_as_the_reference(
    adapted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """float32 says what transformers says, token by token; int8 mostly begins so (see docs/models.md)."""
    from assistant.models.reference import ReferenceModel

    weights = find_weights("smollm2")
    with_base = ReferenceModel(weights)
    with_base.prepare()
    with_base.close()
    adapter = random_adapter(weights.folder, tmp_path / "adapter") if adapted else None
    monkeypatch.setenv("REGULARS_CACHE", str(tmp_path / "cache"))  # nobody needs these files again
    models = (
        ReferenceModel(weights, adapter),
        LocalModel(weights, adapter, quantization="float32"),
        LocalModel(weights, adapter),
    )
    said = [
        [
            "".join(model.stream((SYSTEM, Message("user", prompt)), max_tokens=24, timeout_s=120))
            for prompt in PROMPTS
        ]
        for model in models
    ]
    for model in models:
        model.close()
    assert said[0] == said[1]
    begins = [int8.split()[:2] == exact.split()[:2] for int8, exact in zip(said[2], said[0], strict=True)]
    assert sum(begins) >= len(PROMPTS) // 2


@pytest.mark.slow
def test_bounds_hold_with_real_weights() -> None:
    model = open_local("smollm2")
    asks = [
        Ask((SYSTEM, Message("user", prompt)), tuple(prompt.replace("]", "[").split("[")[1::2]))
        for prompt in (*PROMPTS, "Count from 1 to 20.", "What is $5 plus £7 in %?")
    ]
    found = phrase(model, asks, count=4, max_tokens=32, timeout_s=120, temperature=1.0, seed=9)
    for ask, texts in zip(asks, found, strict=True):
        for text in texts:
            for code in ask.codes:
                text = text.replace(f"[{code}]", "")
            assert not set("[]%$€£¥0123456789\n") & set(text)
    assert sum(map(len, found)) > 20
    model.close()
