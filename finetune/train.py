"""Teaching a model to word acts: LoRA by transformers' Trainer and peft, made quick on two CPU cores.

Takes a JSONL file, one prompt and its wordings a line (examples.py), leaves an adapter (adapters.py).
Knows nothing of shops, records or what a good wording is. Little is spent on padding or repetition:
examples are packed as trees of tokens, in which every shared beginning (the constant prompt, a
prompt with several wordings) stands once and each token sees its own ancestors only. That is
exactly the loss of the examples one by one, on the replies' tokens and their end token.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import operator
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from assistant.models.unpacking import unpack_gguf
from assistant.models.weights import Progress, Weights, find_weights, unpack
from finetune.adapters import Card, TrainConfig, draft_card, seal
from shop.errors import ConfigError, ModelUnavailable, StoreError

__all__ = ["TrainConfig", "TrainResult", "read_examples", "train"]
SAY_EVERY_S = 15.0
TREE_TOKENS = 256  # measured: smaller ones cost padding, larger ones attention
RESUMABLE = ("max_minutes", "save_every_s", "threads")
"""Settings that may differ between a run and its continuation."""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """Where the adapter lies and how training went.

    `steps` count a resumed run's as well; `tokens` (shared ones once), `reply_tokens` (those with
    loss) and `seconds` this part only. Losses are nats a token of reply: of the first step, of the
    last ten, and of the test examples, None without any. `finished` is false if time ran out.
    """

    adapter: Path
    steps: int
    tokens: int
    reply_tokens: int
    seconds: float
    first_loss: float
    last_loss: float
    test_loss_before: float | None
    test_loss_after: float | None
    finished: bool


class ChatPart(BaseModel):
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class Example(BaseModel):
    """One line of the examples: a prompt and wordings of its answer; other keys are ignored."""

    prompt: Annotated[list[ChatPart], Field(min_length=1)]
    replies: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=4)]
    act: str
    family: str
    split: Literal["train", "test"]
    origin: str


def read_examples(path: Path) -> list[Example]:
    """The examples in `path`. Raises ConfigError naming file, line and field of the first bad one."""
    examples = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                examples.append(Example.model_validate_json(line))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        spot = ".".join(map(str, first["loc"])) or "(all of it)"
        raise ConfigError(
            f"{path}, line {number}, field {spot}: {first['msg']}; correct it or make the examples anew"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the examples in {path} cannot be read ({error}); name another file") from error
    if not any(example.split == "train" for example in examples):
        raise ConfigError(f"{path} has no example of the split 'train'; make the examples anew")
    return examples


class Group(NamedTuple):
    """An example as tokens: the prompt's, and each reply's with the end token."""

    prompt: tuple[int, ...]
    replies: tuple[tuple[int, ...], ...]


class Tree:
    """Groups with every shared beginning held once: token i has depth `positions[i]`, sees itself and
    the chain of `parents` up from it (-1: none). `targets` counts what replies say next: (node, token).
    """

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.parents: list[int] = []
        self.positions: list[int] = []
        self.targets: Counter[tuple[int, int]] = Counter()
        self._next: dict[tuple[int, int], int] = {}

    def add(self, group: Group) -> None:
        """Put the group's tokens in, save those that stand here already."""
        end = (-1, *self._path(group.prompt, -1))[-1]
        for reply in group.replies:
            # The last token is only ever a target: nothing comes after it.
            self.targets.update(zip((end, *self._path(reply[:-1], end)), reply, strict=True))

    def cost(self, group: Group) -> int:
        """How many tokens `add` would put in, at most."""
        node, new = -1, len(group.prompt) + sum(len(reply) - 1 for reply in group.replies)
        for token in group.prompt:
            if (node := self._next.get((node, token), -2)) == -2:
                break
            new -= 1
        return new

    def _path(self, tokens: Iterable[int], node: int) -> Iterator[int]:
        for token in tokens:
            parent, node = node, self._next.setdefault((node, token), len(self.ids))
            if node == len(self.ids):
                self.ids.append(token)
                self.parents.append(parent)
                self.positions.append(self.positions[parent] + 1 if parent >= 0 else 0)
            yield node


Step = list[Tree]


def pack(groups: Iterable[Group], tokens: int) -> list[Step]:
    """The groups as steps of trees that make `tokens` tokens together, padding included.

    Order is kept but for groups that fill a gap of their step. Trees are small, as attention's cost
    grows with their square, unless a single group is larger.
    """
    steps: list[Step] = [[]]
    wide = width = min(TREE_TOKENS, tokens)
    for group in groups:
        tree = next((one for one in steps[-1] if len(one.ids) + one.cost(group) <= wide), None)
        if tree is None:
            tree = Tree()
            wide = max(wide, tree.cost(group))
            if (len(steps[-1]) + 1) * wide > tokens and steps[-1]:
                steps.append([])
                wide = max(width, tree.cost(group))
            steps[-1].append(tree)
        tree.add(group)
    return steps


def step_loss(model: Any, step: Step) -> Any:
    """The mean loss (nats) of a step's reply tokens under `model`, a tensor with gradient.

    Scores are computed only where a reply's token comes next: a vocabulary's 49,000 for a token cost
    as much as eight layers.
    """
    import torch

    width = max(len(tree.ids) for tree in step)
    ids, positions = torch.zeros((2, len(step), width), dtype=torch.long)
    sees = torch.eye(width, dtype=torch.bool).repeat(len(step), 1, 1)  # padding sees itself
    asked = torch.zeros(len(step), width, dtype=torch.bool)
    for at, tree in enumerate(step):
        ids[at, : len(tree.ids)] = torch.tensor(tree.ids)
        positions[at, : len(tree.ids)] = torch.tensor(tree.positions)
        asked[at, [node for node, _ in tree.targets]] = True
        for node, parent in enumerate(tree.parents):
            if parent >= 0:
                sees[at, node] |= sees[at, parent]
    device = next(model.parameters()).device
    scores = model(
        input_ids=ids.to(device),
        attention_mask=sees[:, None].to(device),
        position_ids=positions.to(device),
        logits_to_keep=asked.to(device),
        use_cache=False,
    ).logits.float()
    place = {spot: at for at, spot in enumerate(map(tuple, asked.nonzero().tolist()))}
    said = [
        (place[at, node], token, times)
        for at, tree in enumerate(step)
        for (node, token), times in tree.targets.items()
    ]
    which, tokens, times = torch.tensor(said, device=device).T
    loss = scores.logsumexp(-1)[which] - scores[which, tokens]
    return (loss * times).sum() / times.sum()


def train(config: TrainConfig, progress: Progress | None = None) -> TrainResult:
    """Teach the base model the examples, going on from the last checkpoint if one lies in `config.out`.

    Raises ConfigError (settings, examples), ModelUnavailable (base model), StoreError (disk).
    """
    # Threads that spin while they wait take the time of those that work; read once, as torch starts.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    say, started = progress or (lambda sentence: None), time.monotonic()
    examples = read_examples(config.examples)
    card = draft_card(config, (example.model_dump() for example in examples))
    tokenizer, model = _load(find_weights(config.base), config, say)
    taught, tests = (_groups(tokenizer, examples, split, config, say) for split in ("train", "test"))
    epochs = [_steps(taught, config, epoch) for epoch in range(config.epochs)]
    tests = random.Random(config.seed).sample(tests, min(config.eval_groups, len(tests)))
    plain = sum(len(group.prompt) + len(reply) for group in taught for reply in group.replies)
    packed = sum(len(tree.ids) for step in epochs[0] for tree in step)
    say(f"{len(taught)} prompts, {plain} tokens packed into {packed}; {len(epochs[0])} steps an epoch.")
    try:
        checkpoint = _checkpoint(config, card)
        trainer, watch = _trainer(model, config, epochs, pack(tests, config.tokens_per_batch), say)
        trainer.train(resume_from_checkpoint=checkpoint)
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        on_test = [entry["eval_loss"] for entry in trainer.state.log_history if "eval_loss" in entry]
        result = TrainResult(
            adapter=config.out / "adapter",
            steps=trainer.state.global_step,
            tokens=watch.tokens,
            reply_tokens=watch.reply_tokens,
            seconds=round(time.monotonic() - started, 1),
            first_loss=losses[0],
            last_loss=losses[-1],
            test_loss_before=on_test[0] if on_test else None,
            test_loss_after=on_test[-1] if on_test else None,
            finished=trainer.state.global_step >= trainer.state.max_steps,
        )
        shutil.rmtree(result.adapter, ignore_errors=True)
        # As 16-bit floats: half the size, and losses the same to three digits. Left to itself peft
        # would ask Hugging Face's server whether the vocabulary grew.
        state = {name: part.half() for name, part in model.state_dict().items() if "lora_" in name}
        model.save_pretrained(str(result.adapter), state_dict=state, save_embedding_layers=False)
        figures = {name: value for name, value in asdict(result).items() if name != "adapter"}
        seal(result.adapter, replace(card, training=figures))
        if result.finished:
            shutil.rmtree(config.out / "checkpoints", ignore_errors=True)
    except OSError as error:
        raise StoreError(f"training cannot write to {config.out} ({error}); free space there") from error
    return result


def _load(weights: Weights, config: TrainConfig, say: Progress) -> tuple[Any, Any]:
    """The base model with fresh LoRA weights, and its tokenizer."""
    try:
        import torch
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        say("Loading the model to teach.")
        unpack(weights, unpack_gguf)
        tokenizer = AutoTokenizer.from_pretrained(str(weights.folder), local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            str(weights.folder), local_files_only=True, dtype=torch.float32, attn_implementation="sdpa"
        )
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        raise ModelUnavailable(f"{weights.folder} cannot be loaded ({error}); name another base") from error
    if not tokenizer.chat_template or tokenizer.eos_token_id is None:
        raise ModelUnavailable(f"{config.base} has no chat template or end token; name an instruct model")
    layers, scores = model.config.num_hidden_layers, model.get_output_embeddings()
    parts = [(name, part) for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)]
    linear = {name.rpartition(".")[2] for name, part in parts if part is not scores}
    targets = linear if config.targets == "all-linear" else set(config.targets.split(","))
    if config.first_layer >= layers:
        raise ConfigError(f"first_layer is {config.first_layer}; give one below the model's {layers}")
    if unknown := targets - linear:
        raise ConfigError(f"the model has no {min(unknown)!r}; choose among {', '.join(sorted(linear))}")
    lora = LoraConfig(
        task_type="CAUSAL_LM",
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=sorted(targets),
        # Layers below need no gradient: torch keeps nothing of them and goes back no further.
        layers_to_transform=list(range(config.first_layer, layers)) if config.first_layer else None,
    )
    return tokenizer, get_peft_model(model, lora)


def _groups(
    tokenizer: Any, examples: Iterable[Example], split: str, config: TrainConfig, say: Progress
) -> list[Group]:
    """The split's examples as tokens, cut where a prompt meets its answer when the model is asked."""

    def tokens(text: str) -> tuple[int, ...]:
        return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])

    def defuse(text: str) -> str:
        for word in tokenizer.all_special_tokens:
            text = text.replace(word, " ")
        return text

    groups, left_out = [], 0
    for example in examples:
        if example.split != split:
            continue
        chat = [{"role": part.role, "content": defuse(part.content)} for part in example.prompt]
        prompt = tokens(tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True))
        replies = tuple((*tokens(defuse(reply)), tokenizer.eos_token_id) for reply in example.replies)
        if len(prompt) + max(map(len, replies)) <= config.max_tokens:
            groups.append(Group(prompt, replies))
        else:
            left_out += 1
    if left_out:
        say(f"{left_out} {split} examples are longer than {config.max_tokens} tokens and left out.")
    if not groups and split == "train":
        raise ConfigError(f"no example fits into {config.max_tokens} tokens; raise max_tokens")
    return groups


def _steps(groups: Sequence[Group], config: TrainConfig, epoch: int) -> list[Step]:
    """One epoch: its own order of groups and choice of wordings."""
    dice = random.Random(f"{config.seed} {epoch}")
    shown = []
    for prompt, replies in dice.sample(groups, len(groups)):
        chosen = dice.sample(replies, min(config.replies_per_prompt, len(replies)))
        shown.append(Group(prompt, tuple(chosen)))
    return pack(shown, config.tokens_per_batch)


def _checkpoint(config: TrainConfig, card: Card) -> str | None:
    """Where to go on from, if anywhere. Checkpoints of other settings or examples are not mixed in."""
    from transformers.trainer_utils import get_last_checkpoint

    folder = config.out / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {name: value for name, value in card.config.items() if name not in RESUMABLE}
    run, known = json.dumps([settings, card.data["sha256"]]), folder / "run.json"
    last: str | None = get_last_checkpoint(str(folder))
    if last and not (known.is_file() and known.read_text(encoding="utf-8") == run):
        raise ConfigError(f"{folder} is of other settings or examples; remove it or name another out")
    known.write_text(run, encoding="utf-8")
    return last


def _trainer(
    model: Any, config: TrainConfig, epochs: Sequence[Sequence[Step]], tests: Sequence[Step], say: Progress
) -> tuple[Any, Any]:
    """A Trainer over all epochs' rows in their order, and the callback that counts, saves and stops."""
    import torch
    from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
    from transformers.integrations import TensorBoardCallback

    class RowTrainer(Trainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: Any, *_: Any, **__: Any) -> Any:
            watch.tokens += sum(len(tree.ids) for tree in inputs["step"])
            watch.reply_tokens += sum(tree.targets.total() for tree in inputs["step"])
            return step_loss(model, inputs["step"])

        def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
            if not tests:
                return {}
            self.model.eval()
            with torch.no_grad():
                losses = [float(step_loss(self.model, step)) for step in tests]
            counts = [sum(tree.targets.total() for tree in step) for step in tests]
            loss = sum(map(operator.mul, losses, counts)) / sum(counts)
            say(f"step {self.state.global_step}: test loss {loss:.4f}")
            figures = {"eval_loss": round(loss, 6)}
            self.log(figures)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, figures)
            return figures

    class Watch(TrainerCallback):  # type: ignore[misc]
        tokens = reply_tokens = 0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.started = self.said = self.saved = time.monotonic()
            self.first_step = state.global_step

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            now, step = time.monotonic(), state.global_step
            late = config.max_minutes and now - self.started > 60 * config.max_minutes
            if late or now - self.saved > config.save_every_s:
                control.should_save, self.saved = True, now
            if late:
                control.should_training_stop = True
            control.should_evaluate |= bool(late or step in ends or step == state.max_steps)
            if now - self.said > SAY_EVERY_S:
                self.said, spent = now, now - self.started
                left = spent / (step - self.first_step) * (state.max_steps - step) / 60
                loss = next((one["loss"] for one in reversed(state.log_history) if "loss" in one), 0.0)
                say(
                    f"step {step} of {state.max_steps}, loss {loss:.3f}, "
                    f"{self.tokens / spent:.0f} tokens a second, {left:.0f} min left"
                )

    watch, steps = Watch(), [step for epoch in epochs for step in epoch]
    ends = {count // config.gradient_accumulation for count in itertools.accumulate(map(len, epochs))}
    cuda, able = torch.cuda.is_available(), torch.cpu.get_capabilities()
    fast = torch.cuda.is_bf16_supported() if cuda else able.get("avx512_bf16") or able.get("amx_bf16")
    arguments = TrainingArguments(
        output_dir=str(config.out / "checkpoints"),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=config.gradient_accumulation,
        num_train_epochs=1,
        max_steps=config.max_steps or -1,
        train_sampling_strategy="sequential",
        learning_rate=config.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=config.warmup_ratio,
        weight_decay=config.weight_decay,
        bf16=config.precision == "bf16" or (config.precision == "auto" and bool(fast)),
        use_cpu=not cuda,
        seed=config.seed,
        eval_on_start=not any((config.out / "checkpoints").glob("checkpoint-*")),
        save_strategy="no",  # by the clock instead, in Watch
        save_total_limit=1,
        logging_steps=10,
        logging_first_step=True,
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        report_to="none",
    )
    trainer = RowTrainer(model, arguments, lambda steps: {"step": steps[0]}, steps, callbacks=[watch])
    trainer.remove_callback(PrinterCallback)
    if importlib.util.find_spec("tensorboard"):
        from torch.utils.tensorboard import SummaryWriter

        trainer.add_callback(TensorBoardCallback(SummaryWriter(str(config.out / "logs"))))
    return trainer, watch
