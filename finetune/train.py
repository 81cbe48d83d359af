"""Teaching a model to word acts: LoRA by transformers' Trainer and peft, made quick on two CPU cores.

Takes a JSONL file, one prompt and its wordings a line (examples.py), leaves an adapter (adapters.py).
Loss is on the replies alone; how examples share a step is packing.py's. Knows nothing of shops,
records or what a good wording is.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import random
import re
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from operator import mul
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from assistant.models.unpacking import unpack_gguf
from assistant.models.weights import Progress, Weights, find_weights, unpack
from finetune.adapters import SHELF, draft_card, seal
from finetune.config import TrainConfig, TrainResult
from finetune.families import words_of
from finetune.packing import Group, Tree, pack, step_loss
from finetune.shelf import Card, Taught
from prompts.asks import fingerprint
from shop.errors import ConfigError, ModelUnavailable, StoreError
from shop.types import Message

SAY_EVERY_S = 15.0
RESUMABLE = ("max_minutes", "save_every_s", "threads")
"""Settings that may differ between a run and its continuation."""


class Example(BaseModel):
    """One line of the examples: a prompt and wordings of its answer; other keys are ignored."""

    prompt: Annotated[list[Message], Field(min_length=1)]
    replies: Annotated[list[Annotated[str, Field(pattern=r"\S")]], Field(min_length=1, max_length=4)]
    act: str
    family: str
    split: Literal["train", "test"]
    origin: str


def read_examples(path: Path) -> list[Example]:
    """The examples in `path`. Raises ConfigError naming file, line and field of the first bad one."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the examples in {path} cannot be read ({error}); name another file") from error
    examples = []
    for number, line in enumerate(lines, start=1):
        try:
            if line.strip():
                examples.append(Example.model_validate_json(line))
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False)[0]
            spot = ".".join(map(str, wrong["loc"])) or "all of it"
            raise ConfigError(f"{path}, line {number}, {spot}: {wrong['msg']}; mend or remove it") from error
    if not any(example.split == "train" for example in examples):
        raise ConfigError(f"{path} has no example of the split 'train'; make the examples anew")
    return examples


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
    before = SHELF.read(Path(config.start_from)) if config.start_from else None
    lexicon, wordings = _teaching([one for one in examples if one.split == "train"], before)
    card = replace(card, lexicon=lexicon, wordings=wordings)
    tokenizer, model = _load(find_weights(config.base), config, say, before)
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
        # As 16-bit floats: half the size, and losses the same to three digits. Left to itself peft
        # would ask Hugging Face's server whether the vocabulary grew.
        state = {name: part.half() for name, part in model.state_dict().items() if "lora_" in name}
        model.save_pretrained(str(result.adapter), state_dict=state, save_embedding_layers=False)
        figures = {name: value for name, value in asdict(result).items() if name != "adapter"}
        if before is not None:
            first = asdict(before.card)
            figures["before"] = {name: first[name] for name in ("version", "config", "data", "training")}
        seal(result.adapter, replace(card, training=figures))
        if result.finished:
            shutil.rmtree(config.out / "checkpoints", ignore_errors=True)
    except OSError as error:
        raise StoreError(f"training cannot write to {config.out} ({error}); free space there") from error
    return result


def _teaching(examples: Iterable[Example], before: Taught | None) -> tuple[str, str]:
    """The card's `lexicon` and `wordings`, with those of the adapter gone on from."""
    said = [(one.act, reply) for one in examples for reply in one.replies]
    wordings = {fingerprint(act, reply) for act, reply in said}
    words = set(words_of(reply for _, reply in said))
    if before is not None:
        words.update(before.card.lexicon.split())
        wordings.update(before.card.wordings.split())
    return " ".join(sorted(words)), " ".join(sorted(wordings))


def _load(
    weights: Weights, config: TrainConfig, say: Progress, before: Taught | None = None
) -> tuple[Any, Any]:
    """The base model with LoRA weights, fresh or those of `before`, and its tokenizer."""
    try:
        import torch
        from peft import LoraConfig, PeftModel, get_peft_model
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
    if before is not None:
        return tokenizer, PeftModel.from_pretrained(model, str(before.folder), is_trainable=True)
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
        return re.sub("|".join(map(re.escape, tokenizer.all_special_tokens)), " ", text)

    def group(example: Example) -> Group:
        chat = [{"role": said.role, "content": defuse(said.content)} for said in example.prompt]
        prompt = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        replies = ((*tokens(defuse(reply)), tokenizer.eos_token_id) for reply in example.replies)
        return Group(tokens(prompt), tuple(replies))

    every = [group(example) for example in examples if example.split == split]
    fitting = [one for one in every if len(one.prompt) + max(map(len, one.replies)) <= config.max_tokens]
    if len(fitting) < len(every):
        say(f"{len(every) - len(fitting)} {split} examples, longer than max_tokens, are left out.")
    if not fitting and split == "train":
        raise ConfigError(f"no example fits into {config.max_tokens} tokens; raise max_tokens")
    return fitting


def _steps(groups: Sequence[Group], config: TrainConfig, epoch: int) -> list[list[Tree]]:
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
    model: Any,
    config: TrainConfig,
    epochs: Sequence[Sequence[list[Tree]]],
    tests: Sequence[list[Tree]],
    say: Progress,
) -> tuple[Any, Any]:
    """A Trainer over all epochs' steps in their order, and the callback that counts, saves and stops."""
    import torch
    from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
    from transformers.integrations import TensorBoardCallback

    class StepTrainer(Trainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: Any, *_: Any, **__: Any) -> Any:
            watch.tokens += sum(len(tree.ids) for tree in inputs["step"])
            watch.reply_tokens += sum(tree.targets.total() for tree in inputs["step"])
            return step_loss(model, inputs["step"])

        def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
            self.model.eval()
            with torch.no_grad():
                losses = [float(step_loss(self.model, step)) for step in tests]
            counts = [sum(tree.targets.total() for tree in step) for step in tests]
            loss = sum(map(mul, losses, counts)) / sum(counts)
            say(f"step {self.state.global_step}: test loss {loss:.4f}")
            figures = {"eval_loss": round(loss, 6)}
            self.log(figures)
            self.control: Any = self.callback_handler.on_evaluate(
                self.args, self.state, self.control, figures
            )
            return figures

    class Watch(TrainerCallback):  # type: ignore[misc]
        tokens = reply_tokens = 0

        def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            self.started = self.said = self.saved = time.monotonic()
            self.first_step = state.global_step

        def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> None:
            now, step = time.monotonic(), state.global_step
            late = config.max_minutes and now - self.started > 60 * config.max_minutes
            if late or now - self.saved > config.save_every_s:
                control.should_save, self.saved = True, now
            control.should_training_stop |= bool(late)
            last = late or step == state.max_steps
            control.should_log |= bool(last)
            control.should_evaluate |= bool(tests and (last or step in ends))
            if now - self.said > SAY_EVERY_S:
                self.said, spent = now, now - self.started
                left = spent / (step - self.first_step) * (state.max_steps - step) / 60
                loss = next((one["loss"] for one in reversed(state.log_history) if "loss" in one), 0.0)
                speed = f"{self.tokens / spent:.0f} tokens a second, {left:.0f} min left"
                say(f"step {step} of {state.max_steps}, loss {loss:.3f}, {speed}")

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
        eval_on_start=bool(tests) and not any((config.out / "checkpoints").glob("checkpoint-*")),
        save_strategy="no",  # by the clock instead, in Watch
        save_total_limit=1,
        logging_steps=10,
        logging_first_step=True,
        disable_tqdm=True,
        report_to="none",
    )
    trainer = StepTrainer(model, arguments, lambda steps: {"step": steps[0]}, steps, callbacks=[watch])
    trainer.remove_callback(PrinterCallback)
    if importlib.util.find_spec("tensorboard"):
        from torch.utils.tensorboard import SummaryWriter

        trainer.add_callback(TensorBoardCallback(SummaryWriter(str(config.out / "logs"))))
    return trainer, watch
