"""One training run: what was asked for (the command's flags, the card's record) and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from shop.errors import ConfigError


def _flag(default: Any, meaning: str, least: float = 0) -> Any:
    return field(default=default, metadata={"help": meaning, "least": least})


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One training run: the command's flags and the card's record. Raises ConfigError if absurd."""

    examples: Path = _flag(Path("examples.jsonl"), "examples, one prompt and its wordings a line")  # noqa: RUF009
    out: Path = _flag(Path("adapter-run"), "folder for the adapter, its checkpoints and curves")  # noqa: RUF009
    base: str = _flag("smollm2", "model to teach: smollm2, or a folder in Hugging Face's form")
    prompt: str = _flag("word_act", "prompt file the examples were made with; the card has its digest")
    start_from: str = _flag("", "an adapter to go on from, whose shape it keeps; without: fresh weights")
    rank: int = _flag(16, "LoRA rank; the adapter's size grows with it", 1)
    alpha: int = _flag(32, "LoRA scale; what is learnt is added alpha / rank times", 1)
    dropout: float = _flag(0.0, "share of LoRA inputs dropped; any costs a fifth of the speed")
    targets: str = _flag("all-linear", "layers' parts adapted: all-linear, or names with commas between")
    first_layer: int = _flag(10, "adapt from this layer on; 0 adapts all and takes longer")
    epochs: int = _flag(3, "times every example is seen", 1)
    learning_rate: float = _flag(8e-4, "peak learning rate: warmed up to, then a cosine down to 0")
    warmup_ratio: float = _flag(0.03, "share of the steps spent warming up")
    weight_decay: float = _flag(0.0, "AdamW's weight decay")
    tokens_per_batch: int = _flag(1024, "tokens in one step's tree", 16)
    gradient_accumulation: int = _flag(1, "trees between two updates of the weights", 1)
    max_tokens: int = _flag(768, "longer examples (a prompt with a reply) are left out and counted", 16)
    replies_per_prompt: int = _flag(4, "wordings of a prompt shown in one epoch", 1)
    eval_groups: int = _flag(200, "test prompts whose loss is measured before, between epochs and after")
    precision: str = _flag("auto", "bf16, fp32, or auto: bf16 where the hardware multiplies it")
    seed: int = _flag(0, "order of examples and first weights")
    save_every_s: float = _flag(300.0, "seconds between checkpoints; the next run goes on from the last", 1)
    max_steps: int = _flag(0, "stop after this many steps; 0 goes through all")
    max_minutes: float = _flag(0.0, "save and stop after this many minutes; 0 goes through all")
    threads: int = _flag(2, "CPU threads", 1)

    def __post_init__(self) -> None:
        _check_least(self)
        for name in ("dropout", "warmup_ratio"):
            if getattr(self, name) >= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; give a share below 1")
        if self.precision not in ("auto", "bf16", "fp32"):
            raise ConfigError(f"precision is {self.precision!r}; give auto, bf16 or fp32")

    def as_card(self) -> dict[str, Any]:
        """The settings as JSON, without this machine's folders."""
        named = {"examples": self.examples.name, "out": self.out.name, "base": Path(self.base).name}
        named |= {"start_from": Path(self.start_from).name}
        return asdict(self) | named


@dataclass(frozen=True, slots=True)
class EmbedderConfig:
    """One training run of an embedder: the command's flags and the card's record."""

    out: Path = _flag(Path("embedder-run"), "folder for the embedder")  # noqa: RUF009
    epochs: int = _flag(1, "times every pair is seen", 1)
    learning_rate: float = _flag(2e-5, "peak learning rate: warmed up to, then down to 0")
    warmup_ratio: float = _flag(0.1, "share of the steps spent warming up")
    batch: int = _flag(32, "pairs in one step; the others of a step are what each is told from", 2)
    seed: int = _flag(0, "order of the pairs")
    max_steps: int = _flag(0, "stop after this many steps; 0 goes through all")
    threads: int = _flag(2, "CPU threads", 1)

    def __post_init__(self) -> None:
        _check_least(self)
        if self.warmup_ratio >= 1:
            raise ConfigError(f"warmup_ratio is {self.warmup_ratio}; give a share below 1")

    def as_card(self) -> dict[str, Any]:
        """The settings as JSON, without this machine's folders."""
        return asdict(self) | {"out": self.out.name}


def _check_least(config: TrainConfig | EmbedderConfig) -> None:
    for spot in fields(config):
        value, least = getattr(config, spot.name), spot.metadata["least"]
        if isinstance(value, int | float) and not value >= least:
            raise ConfigError(f"{spot.name} is {value}; give at least {least}")


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


@dataclass(frozen=True, slots=True)
class EmbedderResult:
    """Where the embedder lies and how training went; losses are of the first step and the last ten."""

    embedder: Path
    pairs: int
    steps: int
    seconds: float
    first_loss: float
    last_loss: float
