"""Makes the folder the quick engine reads, once per base and adapter: unpack, merge, convert.

Knows transformers, peft and CTranslate2's converter, but only in a process of its own
(`python -m assistant.models.converting`): the one that answers shoppers then never loads torch, nor
keeps the gigabyte that merging takes. Nothing is written but the finished folder; what is in
between stays in memory or in a temporary folder.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from assistant.models.weights import Progress, Weights, make_folder
from shop.cache import cache_folder, stamp_weights
from shop.errors import ModelUnavailable

FORMAT = 1
"""Raised when what this file writes changes; folders of another number are made anew."""
UNSUPPORTED = 3
"""How the process ends where CTranslate2 does not know the architecture."""
READY = "chat.json"
"""The file written last into a finished folder."""


def converted_folder(weights: Weights, adapter: Path | None, quantization: str) -> Path:
    """Where the engine's form of these weights lies, named by their content; it may not exist yet."""
    digest = hashlib.blake2b(f"{FORMAT} {quantization}".encode(), digest_size=8)
    if weights.packed is not None:
        digest.update(weights.folder.name.encode())
    else:
        digest.update(_digest(weights.folder, "*.json", "*.jinja", "*.model"))
        digest.update(stamp_weights(weights.folder))
    if adapter is not None:
        digest.update(_digest(adapter, "adapter_*"))
    kind = "plain" if adapter is None else "adapted"
    return cache_folder() / f"{weights.name}-{kind}-{quantization}-{digest.hexdigest()}"


def convert(weights: Weights, adapter: Path | None, quantization: str, say: Progress) -> Path:
    """The engine's folder, made where it is missing; `say` is told the steps. Raises ModelUnavailable."""
    folder = converted_folder(weights, adapter, quantization)
    if not (folder / READY).is_file():
        say("Preparing the language model; this is done once and takes about half a minute.")
        source = weights.folder if weights.ready else weights.packed or weights.folder
        argv = [sys.executable, "-m", "assistant.models.converting", str(source)]
        argv += ["--adapter", str(adapter.resolve())] if adapter is not None else []
        argv += ["--quantization", quantization, "--into"]
        make_folder(folder, READY, lambda made: _run([*argv, str(made)], weights, say))
    return folder


def _run(argv: list[str], weights: Weights, say: Progress) -> None:
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": paths, "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as log,
        subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            say(line.strip())
        if process.wait() == UNSUPPORTED:
            raise ModelUnavailable(
                f"the quick engine does not know the architecture of {weights.name!r}; "
                f"set the model to reference:{weights.folder if weights.packed is None else weights.name}"
            )
        if process.returncode != 0:
            log.seek(0)
            *_, last = log.read().strip().splitlines() or ["it was ended from outside"]
            raise ModelUnavailable(
                f"the language model {weights.name!r} cannot be prepared ({last[:200]}); "
                "free 3 GB of memory, or correct its folder or adapter, and start again"
            )


def _digest(folder: Path, *patterns: str) -> bytes:
    digest = hashlib.blake2b()
    for file in sorted(file for pattern in patterns for file in folder.glob(pattern)):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.digest()


def main() -> int:
    """Fill --into with the engine's files; prints one sentence a step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="a GGUF file or a model folder")
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--quantization", default="int8")
    parser.add_argument("--into", type=Path, required=True)
    chosen = parser.parse_args()
    if chosen.source.is_dir():
        return _write(chosen.source, chosen.adapter, chosen.quantization, chosen.into)
    from assistant.models.unpacking import unpack_gguf

    _say("Unpacking its weights.")
    with tempfile.TemporaryDirectory(dir=chosen.into.parent, prefix="plain-") as scratch:
        unpack_gguf(chosen.source, Path(scratch))
        return _write(Path(scratch), chosen.adapter, chosen.quantization, chosen.into)


def _write(source: Path, adapter: Path | None, quantization: str, into: Path) -> int:
    import torch
    from ctranslate2.converters import TransformersConverter
    from transformers.utils import logging

    logging.disable_progress_bar()
    loaded: list[Any] = []

    class Converter(TransformersConverter):  # type: ignore[misc]
        """CTranslate2's, with the adapter merged in memory: no second copy of the weights on disk."""

        def load_model(self, model_class: Any, path: str, **options: Any) -> Any:
            options |= {"dtype": torch.float32, "local_files_only": True}
            model = super().load_model(model_class, path, **options)
            if adapter is not None:
                from peft import PeftModel

                _say("Merging its adapter.")
                model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
            _say("Converting it for this machine's processor.")
            # Garbage is collected after every layer; without a million modules' objects it is quick.
            gc.freeze()
            loaded.append(model.eval())
            return model

        def load_tokenizer(self, tokenizer_class: Any, path: str, **options: Any) -> Any:
            tokenizer = super().load_tokenizer(tokenizer_class, path, local_files_only=True, **options)
            loaded.append(tokenizer)
            return tokenizer

    quantized = None if quantization == "float32" else quantization
    try:
        Converter(str(source)).convert(str(into), quantization=quantized, force=True)
    except (ValueError, NotImplementedError) as error:
        if isinstance(error, NotImplementedError) or "No conversion is registered" in str(error):
            return UNSUPPORTED
        raise
    model, tokenizer = loaded
    if not tokenizer.chat_template:
        raise ValueError("it has no chat template")
    tokenizer.save_pretrained(str(into))
    _write_chat(into, tokenizer, model)
    return 0


def _write_chat(into: Path, tokenizer: Any, model: Any) -> None:
    """What the engine needs to know to render chats, beside the tokenizer itself."""
    configured = model.generation_config.eos_token_id
    ends = {*(configured if isinstance(configured, list) else [configured]), tokenizer.eos_token_id}
    chat = {
        "template": tokenizer.chat_template,
        "names": {name: str(token) for name, token in tokenizer.special_tokens_map.items() if token},
        "control": sorted(set(tokenizer.all_special_tokens)),
        "ends": sorted(tokenizer.convert_ids_to_tokens(token) for token in ends if token is not None),
        "context_tokens": model.config.max_position_embeddings,
    }
    (into / READY).write_text(json.dumps(chat, indent=2) + "\n", encoding="utf-8")


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main())
