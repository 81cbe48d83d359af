"""Adapters of the language model: what one is made of, and the card of a training about to begin.

An adapter is a folder of adapter_config.json, adapter_model.safetensors and card.json; its versions
are kept as shelf.py says. Files only: nothing here loads a model, trains or judges one.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from finetune.config import TrainConfig
from finetune.shelf import Card, Shelf, Taught
from prompts.loader import PromptMismatch, load
from shop.errors import ConfigError
from shop.versions import ADAPTERS, write_file

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
SHELF = Shelf("adapter", ADAPTERS, (CONFIG, WEIGHTS), shipped=Path(__file__).parent / "adapter")


def draft_card(config: TrainConfig, labels: Iterable[Mapping[str, str]]) -> Card:
    """The card of a training about to begin; `labels` are each example's act, origin and split.

    Raises ConfigError if the examples cannot be read or the prompt is none of ours.
    """
    counts = {name: Counter[str]() for name in ("act", "origin", "split")}
    for label in labels:
        for name, count in counts.items():
            count[label[name]] += 1
    try:
        digest = hashlib.sha256(config.examples.read_bytes()).hexdigest()
        prompt = load(config.prompt).digest
    except (OSError, PromptMismatch) as error:
        raise ConfigError(f"training cannot begin: {error}") from error
    base = Path(config.base).name
    return Card(
        name=f"{base}, rank {config.rank}",
        base_model=base,
        made=datetime.now(UTC).date().isoformat(),
        prompt=prompt,
        config=config.as_card(),
        data={
            "file": config.examples.name,
            "sha256": digest,
            "counts": {name: dict(count.most_common()) for name, count in counts.items()},
        },
    )


def seal(folder: Path, card: Card) -> Taught:
    """Make an adapter of what peft saved in `folder`: no trace of this machine, a version, the card."""
    lora = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    lora["base_model_name_or_path"] = card.base_model
    # peft saves a set: unsorted, the same training would get another digest every time.
    lora["target_modules"] = sorted(lora["target_modules"])
    write_file(folder / CONFIG, json.dumps(lora, indent=2, sort_keys=True) + "\n")
    return SHELF.seal(folder, card)
