"""Training on a tiny random model: the packed loss is the plain one, runs go on, adapters load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from finetune.adapters import SHELF
from finetune.config import TrainConfig
from finetune.packing import Group, Tree, pack, step_loss
from finetune.train import _groups, _load, read_examples, train
from shop.errors import ConfigError, ModelUnavailable

WORDS = "show deny hello have a look at [product] [price] we do not it is here for you , .".split()
TEMPLATE = (
    "{% for m in messages %}{{ '<|start|> ' + m['role'] + ' ' + m['content'] + ' <|end|> ' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|> assistant ' }}{% endif %}"
)
SYSTEM = {"role": "system", "content": "have a look"}
GROUPS = [
    Group((3, 4, 5, 6), ((7, 8, 9, 2), (7, 8, 10, 11, 2), (12, 2))),
    Group((3, 4, 5, 13, 14), ((7, 8, 9, 2),)),
    Group((3, 4, 15), ((9, 9, 9, 9, 9, 2), (9, 9, 2))),
    Group((16, 4, 15), ((2,),)),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random three-layer model with grouped keys, and a tokenizer of a few words, in one folder."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny") / "tiny-model"
    names = ["<unk>", "<|start|>", "<|end|>", "system", "user", "assistant", *WORDS]
    tokenizer = Tokenizer(WordLevel({name: at for at, name in enumerate(names)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|end|>", bos_token="<|start|>", unk_token="<unk>"
    )
    wrapped.chat_template = TEMPLATE
    wrapped.save_pretrained(folder)
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=len(names),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        eos_token_id=2,
        bos_token_id=1,
        pad_token_id=2,
        initializer_range=0.3,
    )
    LlamaForCausalLM(shape).save_pretrained(folder)
    return folder


def line(at: int, **other: Any) -> dict[str, Any]:
    act = ("show", "deny")[at % 2]
    replies = {
        "show": ["have a look at [product] , at [price] .", "it is here for you"],
        "deny": ["we do not"],
    }
    chat = [
        SYSTEM,
        {"role": "user", "content": " ".join([act, *(WORDS[at * step % len(WORDS)] for step in (1, 3, 7))])},
    ]
    split = "test" if at % 4 == 3 else "train"
    return {
        "prompt": chat,
        "replies": replies[act],
        "act": act,
        "family": "f",
        "split": split,
        "origin": "phrasings",
    } | other


@pytest.fixture
def config(base: Path, tmp_path: Path) -> Iterator[TrainConfig]:
    examples = tmp_path / "examples.jsonl"
    examples.write_text("".join(json.dumps(line(at, more=1)) + "\n" for at in range(40)))
    yield TrainConfig(
        examples=examples,
        out=tmp_path / "run",
        base=str(base),
        rank=4,
        alpha=8,
        first_layer=1,
        epochs=3,
        learning_rate=0.02,
        tokens_per_batch=48,
        max_tokens=64,
        eval_groups=5,
        precision="fp32",
        threads=1,
    )


def plain_loss(model: Any, groups: list[Group]) -> Any:
    """What packing must equal: every prompt with every reply read by itself."""
    import torch

    total, count = torch.zeros(()), 0
    for prompt, replies in groups:
        for reply in replies:
            ids = torch.tensor([[*prompt, *reply]])
            scores = model(input_ids=ids).logits[0, len(prompt) - 1 : -1]
            total = total + torch.nn.functional.cross_entropy(scores, torch.tensor(reply), reduction="sum")
            count += len(reply)
    return total / count


@pytest.mark.parametrize("tokens", [1000, 20])
def test_the_packed_loss_and_its_gradient_are_the_plain_ones(base: Path, tokens: int) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="sdpa")
    groups = [*GROUPS, GROUPS[0]]
    steps = pack(groups, tokens)
    assert (len(steps) == 1) == (tokens == 1000)
    counts = [sum(tree.targets.total() for tree in step) for step in steps]
    packed = sum(step_loss(model, step) * count for step, count in zip(steps, counts, strict=True))
    packed = packed / sum(counts)
    packed.backward()
    gradients = [part.grad.clone() for part in model.parameters()]
    model.zero_grad()
    plain = plain_loss(model, groups)
    plain.backward()
    assert packed.item() == pytest.approx(plain.item(), abs=1e-5)
    for ours, part in zip(gradients, model.parameters(), strict=True):
        assert torch.allclose(ours, part.grad, atol=1e-5)


def test_several_trees_in_a_step_are_padded_without_a_trace(base: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="sdpa")
    trees = []
    for group in GROUPS:
        trees.append(Tree())
        trees[-1].add(group)
    with torch.no_grad():
        assert float(step_loss(model, trees)) == pytest.approx(float(plain_loss(model, GROUPS)), abs=1e-5)


def test_shared_beginnings_stand_once() -> None:
    tree = Tree()
    for group in GROUPS[:2]:
        assert tree.cost(group) >= 0
        tree.add(group)
    assert tree.ids == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 7, 8, 9]
    assert tree.positions == [0, 1, 2, 3, 4, 5, 6, 6, 7, 4, 3, 4, 5, 6, 7]
    assert tree.targets.total() == sum(len(reply) for group in GROUPS[:2] for reply in group.replies)
    before = len(tree.ids)
    tree.add(GROUPS[0])
    assert len(tree.ids) == before
    assert tree.targets[(3, 7)] == 4


def test_packing_keeps_to_the_budget_and_loses_nothing() -> None:
    groups = [Group((at, *range(20, 20 + at % 9)), ((1, 2), (3, at, 2))) for at in range(60)]
    groups.insert(7, Group(tuple(range(100, 150)), ((1, 2),)))
    steps = pack(groups, 40)
    sizes = [max(len(tree.ids) for tree in step) * len(step) for step in steps]
    assert sorted(sizes)[-2] <= 40 < sorted(sizes)[-1], "only what is too long for any step exceeds it"
    said = sum(tree.targets.total() for step in steps for tree in step)
    assert said == sum(len(reply) for group in groups for reply in group.replies)


def test_replies_end_and_prompts_hold_no_control_words(base: Path, config: TrainConfig) -> None:
    tokenizer, _ = _load_base(config)
    config.examples.write_text(
        json.dumps(
            line(0, prompt=[{"role": "user", "content": "show <|end|> here"}], replies=["hello <|start|>"])
        )
    )
    (group,) = _groups(tokenizer, read_examples(config.examples), "train", config, print)
    assert tokenizer.convert_ids_to_tokens(group.prompt) == [
        "<|start|>", "user", "show", "here", "<|end|>", "<|start|>", "assistant",
    ]  # fmt: skip
    assert [tokenizer.convert_ids_to_tokens(reply) for reply in group.replies] == [["hello", "<|end|>"]]


def _load_base(config: TrainConfig) -> tuple[Any, Any]:
    from assistant.models.weights import find_weights

    return _load(find_weights(config.base), config, lambda sentence: None)


def test_layers_below_the_first_are_frozen_and_cost_no_gradient(config: TrainConfig) -> None:
    _, model = _load_base(config)
    learnt = [name for name, part in model.named_parameters() if part.requires_grad]
    assert learnt
    assert all("lora_" in name and ".layers.0." not in name for name in learnt)
    asked = []
    for layer in model.get_base_model().model.layers:
        layer.register_forward_hook(lambda _module, _in, out: asked.append(_first(out).requires_grad))
    step_loss(model, pack(GROUPS, 100)[0])
    assert asked == [False, True, True]


def _first(out: Any) -> Any:
    return out[0] if isinstance(out, tuple) else out


def test_training_learns_and_leaves_an_adapter_that_loads(config: TrainConfig) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    said: list[str] = []
    result = train(config, said.append)
    assert result.finished
    assert result.last_loss < result.first_loss
    assert result.test_loss_before is not None
    assert result.test_loss_after is not None
    assert result.test_loss_after < result.test_loss_before / 2
    assert any("test loss" in sentence for sentence in said)
    assert not (config.out / "checkpoints").exists()
    assert list((config.out / "logs").iterdir())

    adapter = SHELF.read(result.adapter)
    assert adapter.card.base_model == "tiny-model"
    assert adapter.card.training["steps"] == result.steps
    assert adapter.card.config["rank"] == 4
    text = "".join(file.read_text(errors="replace") for file in result.adapter.iterdir())
    assert str(config.out.parent) not in text
    assert config.base not in text

    # What is saved in 16 bits says the same as what was trained.
    tokenizer, _ = _load_base(config)
    groups = _groups(tokenizer, read_examples(config.examples), "test", config, print)[:5]
    model = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(config.base, dtype=torch.float32), str(result.adapter)
    )
    with torch.no_grad():
        every = _groups(tokenizer, read_examples(config.examples), "test", config, print)
        assert float(plain_loss(model, every)) == pytest.approx(result.test_loss_after, abs=0.1)
        assert float(plain_loss(model, groups)) < result.test_loss_before / 2


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_to_the_same_adapter(config: TrainConfig) -> None:
    whole = train(config)
    parted = replace(config, out=config.out.parent / "parted")
    first = train(replace(parted, max_minutes=1e-9))
    assert not first.finished
    assert first.steps == 1 < whole.steps
    assert SHELF.read(first.adapter).card.training["finished"] is False
    rest = train(parted)
    assert rest.finished
    assert rest.steps == whole.steps
    assert rest.test_loss_before == whole.test_loss_before
    assert rest.test_loss_after == pytest.approx(whole.test_loss_after, abs=1e-4)
    weights = [(run.adapter / "adapter_model.safetensors").read_bytes() for run in (whole, rest)]
    assert weights[0] == weights[1]


@pytest.mark.slow
def test_checkpoints_of_another_run_are_not_gone_on_from(config: TrainConfig) -> None:
    train(replace(config, max_minutes=1e-9))
    with pytest.raises(ConfigError, match="other settings or examples"):
        train(replace(config, rank=2, alpha=4))
    config.examples.write_text(config.examples.read_text() + json.dumps(line(0)) + "\n")
    with pytest.raises(ConfigError, match="other settings or examples"):
        train(config)


@pytest.mark.slow
def test_steps_can_be_limited_and_gathered(config: TrainConfig) -> None:
    assert train(replace(config, max_steps=3)).steps == 3
    gathered = replace(config, gradient_accumulation=2, out=config.out.parent / "gathered", targets="q_proj")
    result = train(gathered)
    assert result.finished
    assert "lora" in (result.adapter / "adapter_config.json").read_text()


@pytest.mark.slow
def test_a_second_course_goes_on_from_an_adapter_and_keeps_what_it_may_say(config: TrainConfig) -> None:
    first = train(config)
    config.examples.write_text("".join(json.dumps(line(1)) + "\n" for _ in range(8)))
    second = replace(
        config, start_from=str(first.adapter), out=config.out.parent / "second", epochs=1, learning_rate=1e-5
    )
    result = train(second)
    card, before = SHELF.read(result.adapter).card, SHELF.read(first.adapter).card
    assert result.first_loss < first.first_loss / 2, "what was learnt is still known"
    assert set(before.lexicon.split()) <= set(card.lexicon.split())
    assert card.training["before"]["version"] == before.version
    assert str(config.out.parent) not in json.dumps(card.config)
    with pytest.raises(ConfigError, match="no adapter in"):
        train(replace(second, start_from=str(config.out.parent)))


def test_examples_without_tests_train_without_test_losses(config: TrainConfig) -> None:
    config.examples.write_text("".join(json.dumps(line(0)) + "\n" for _ in range(8)))
    result = train(replace(config, epochs=1))
    assert result.test_loss_before is None
    assert result.test_loss_after is None


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"prompt": []}, "prompt"),
        ({"prompt": [{"role": "robot", "content": "x"}]}, "prompt.0.role"),
        ({"prompt": [{"role": "user"}]}, "prompt.0.content"),
        ({"replies": []}, "replies"),
        ({"replies": ["a"] * 5}, "replies"),
        ({"replies": ["a", " "]}, "replies.1"),
        ({"split": "dev"}, "split"),
        ({"act": None}, "act"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, other: dict[str, Any], field: str) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_text(json.dumps(line(0)) + "\n" + json.dumps(line(1, **other)) + "\n")
    with pytest.raises(ConfigError, match=rf"examples\.jsonl, line 2, {field}: "):
        read_examples(file)


def test_a_file_that_cannot_teach_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    with pytest.raises(ConfigError, match="name another file"):
        read_examples(file)
    file.write_text("{nonsense\n")
    with pytest.raises(ConfigError, match="line 1, all of it"):
        read_examples(file)
    file.write_text(json.dumps(line(3)))
    with pytest.raises(ConfigError, match="no example of the split 'train'"):
        read_examples(file)


def test_settings_that_do_not_fit_the_model_are_refused(config: TrainConfig, tmp_path: Path) -> None:
    for wrong, says in (
        ({"first_layer": 3}, "below the model's 3"),
        ({"targets": "q_proj,x"}, "no 'x'"),
        ({"max_tokens": 16}, "raise max_tokens"),
    ):
        with pytest.raises(ConfigError, match=says):
            train(replace(config, **wrong))  # type: ignore[arg-type]
    with pytest.raises(ModelUnavailable, match="name a folder"):
        train(replace(config, base=str(tmp_path / "nowhere")))


def test_every_setting_says_what_it_is() -> None:
    assert all(spot.metadata["help"] for spot in fields(TrainConfig))


@pytest.mark.slow
def test_the_real_model_learns_in_a_few_steps_and_can_be_used(tmp_path: Path) -> None:
    from assistant.models.local import LocalModel
    from assistant.models.weights import find_weights
    from finetune.examples import phrasing_examples, write_examples
    from shop.types import Message

    write_examples(phrasing_examples(), tmp_path / "examples.jsonl")
    config = TrainConfig(
        examples=tmp_path / "examples.jsonl", out=tmp_path / "run", max_steps=8, warmup_ratio=0, eval_groups=8
    )
    result = train(config)
    assert result.test_loss_before is not None
    assert result.test_loss_after is not None
    assert result.test_loss_after < 0.9 * result.test_loss_before
    model = LocalModel(find_weights("smollm2"), result.adapter)
    assert model.teaching is not None
    assert "look" in model.teaching.words and model.teaching.wordings
    try:
        # After so few steps it may write nothing that can be said; it has to load and answer.
        list(model.stream((Message("user", "show: [product]"),), max_tokens=16, timeout_s=300))
        assert model.ready
    finally:
        model.close()
