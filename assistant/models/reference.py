"""A language model in this process by the book: transformers on PyTorch, with an optional LoRA adapter.

For GPUs, for architectures the quick engine (local.py) does not know, and as what tests hold that
engine to. Knows nothing of prompts or shops. `reference:NAME[?adapter=DIR]`, NAME and DIR as for
`local:`. Everything but a prompt's last message is taken to be constant: its keys and values are
computed once and reused. Greedy, one answer at a time, two threads, no constraint on what it says.
"""

from __future__ import annotations

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.models.loading import first_line, wait_for
from assistant.models.streaming import until_stop
from assistant.models.unpacking import unpack_gguf
from assistant.models.weights import Progress, Weights, read_spec, read_teaching, unpack
from shop.errors import ModelTimeout, ModelUnavailable
from shop.types import Message

THREADS = 2
PREFIXES_KEPT = 16  # 46 kB a token for smollm2, so about 100 MB
LOOP_TOKENS = 12  # longer than any handle or turn of phrase that may be said twice
CHUNK_TOKENS = 128  # the clock is looked at between chunks of a prompt


def open_reference(rest: str) -> ReferenceModel:
    """The model behind `reference:rest`; its weights load when first needed."""
    return ReferenceModel(*read_spec(rest))


class ReferenceModel:
    """A causal language model with a chat template, loaded by the first to need it."""

    def __init__(self, weights: Weights, adapter: Path | None = None, *, reuse_prefix: bool = True) -> None:
        self.name = f"reference:{weights.name}" + (f"?adapter={adapter.name}" if adapter else "")
        self.teaching = read_teaching(adapter)
        self.weights, self.adapter = weights, adapter
        self.reuse_prefix = reuse_prefix
        self._model: Any = None
        self._tokenizer: Any = None
        self._prefixes: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._loading = threading.Lock()
        self._speaking = threading.Lock()

    def prepare(self, progress: Progress | None = None) -> None:
        """Load the weights (unpacking them first, once per machine)."""
        with self._loading:
            if self._model is not None:
                return
            say = progress or (lambda sentence: None)
            try:
                if not self.weights.ready:
                    say("Unpacking the language model; this is done once and takes some seconds.")
                    unpack(self.weights, unpack_gguf)
                say("Loading the language model.")
                self._tokenizer, self._model = _load(self.weights.folder, self.adapter)
            except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
                raise ModelUnavailable(
                    f"the language model in {self.weights.folder} cannot be loaded ({first_line(error)}); "
                    "remove that folder to have it made anew, or set another model"
                ) from error

    def close(self) -> None:
        """Give back the memory; a later answer loads the weights again."""
        with self._speaking, self._loading:
            self._model = self._tokenizer = None
            self._prefixes.clear()

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        timeout_s: float,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """The answer, greedily; see ChatModel. Waiting for other answers counts as time."""
        return until_stop(self._pieces(tuple(messages), max_tokens, timeout_s), stop)

    def _pieces(self, messages: tuple[Message, ...], max_tokens: int, timeout_s: float) -> Iterator[str]:
        deadline = time.monotonic() + timeout_s
        if self._model is None:
            wait_for(self.prepare, deadline)
        if not self._speaking.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise ModelTimeout("the language model is busy with other answers; ask again in a moment")
        try:
            yield from self._generate(messages, max_tokens, deadline)
        except (RuntimeError, MemoryError) as error:
            raise ModelUnavailable(
                f"the language model failed ({first_line(error)}); use a smaller model or more memory"
            ) from error
        finally:
            self._speaking.release()

    def _generate(self, messages: tuple[Message, ...], max_tokens: int, deadline: float) -> Iterator[str]:
        prompt = self._tokens(messages, begin_answer=True)
        limit = self._model.config.max_position_embeddings
        if len(prompt) + max_tokens > limit:
            raise ModelUnavailable(
                f"a prompt of {len(prompt)} tokens does not fit the model's {limit}; shorten it"
            )
        cache, done = self._start(messages, prompt, deadline)
        logits = self._read(prompt[done:], cache, deadline)
        ends = _end_tokens(self._model, self._tokenizer)
        written: list[int] = []
        text = ""
        while len(written) < max_tokens:
            # No penalty on repetition: it turns "[1] at [1.price]" into "[1] at [2.price]".
            token = int(logits.argmax())
            if token in ends:
                break
            written.append(token)
            if _goes_round(written):
                break
            so_far = self._tokenizer.decode(written, skip_special_tokens=True)
            # A character may be spread over tokens; until it is whole it decodes to U+FFFD.
            if len(so_far) > len(text) and not so_far.endswith("\ufffd"):
                yield so_far[len(text) :]
                text = so_far
            if len(written) < max_tokens:
                logits = self._read([token], cache, deadline)

    def _start(self, messages: tuple[Message, ...], prompt: list[int], deadline: float) -> tuple[Any, int]:
        """A cache that holds the prompt's constant beginning, and how many tokens that is."""
        from transformers import DynamicCache

        prefix = self._constant_part(messages, prompt) if self.reuse_prefix else ()
        if not prefix:
            return DynamicCache(config=self._model.config), 0
        known = self._prefixes.pop(prefix, None)
        if known is None:
            known = DynamicCache(config=self._model.config)
            self._read(list(prefix), known, deadline)
        self._prefixes[prefix] = known
        while len(self._prefixes) > PREFIXES_KEPT:
            self._prefixes.popitem(last=False)
        return copy.deepcopy(known), len(prefix)

    def _constant_part(self, messages: tuple[Message, ...], prompt: list[int]) -> tuple[int, ...]:
        if len(messages) < 2:
            return ()
        try:
            start = self._tokens(messages[:-1], begin_answer=False)
        except Exception:  # templates raise their own errors on chats without a user message
            return ()
        same = next((at for at, (a, b) in enumerate(zip(start, prompt, strict=False)) if a != b), len(start))
        return tuple(prompt[: min(same, len(prompt) - 1)])

    def _tokens(self, messages: tuple[Message, ...], *, begin_answer: bool) -> list[int]:
        chat = [{"role": message.role, "content": self._defuse(message.content)} for message in messages]
        text = self._tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=begin_answer)
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _defuse(self, content: str) -> str:
        """`content` without the tokenizer's control words, which could end a message and begin another."""
        for word in self._tokenizer.all_special_tokens:
            content = content.replace(word, " ")
        return content

    def _read(self, tokens: list[int], cache: Any, deadline: float) -> Any:
        """Put `tokens` through the model; the scores of what comes next."""
        import torch

        logits = None
        for at in range(0, len(tokens), CHUNK_TOKENS):
            if time.monotonic() >= deadline:
                raise ModelTimeout("the language model took too long; allow more time or use a faster model")
            # Not around a yield: inference mode belongs to the thread, not to this generator.
            with torch.inference_mode():
                ids = torch.tensor([tokens[at : at + CHUNK_TOKENS]], device=self._model.device)
                out = self._model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
            logits = out.logits[0, -1]
        return logits


def _load(folder: Path, adapter: Path | None) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _hush_transformers()
    torch.set_num_threads(min(THREADS, torch.get_num_threads()))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    if not tokenizer.chat_template:
        raise ValueError("it has no chat template")
    model = AutoModelForCausalLM.from_pretrained(
        str(folder), local_files_only=True, dtype=torch.float32 if device == "cpu" else torch.bfloat16
    )
    if adapter is not None:
        from peft import PeftModel

        # Merged: the adapter then costs nothing per token.
        model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    return tokenizer, model.to(device).eval()


def _hush_transformers() -> None:
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()


def _end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    configured = model.generation_config.eos_token_id
    several = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in (*several, tokenizer.eos_token_id) if token is not None)


def _goes_round(written: list[int]) -> bool:
    """Whether the last tokens stand earlier in the answer as well: greedy writing never leaves a loop."""
    last, before = written[-LOOP_TOKENS:], written[:-1]
    return len(last) == LOOP_TOKENS and any(
        before[at : at + LOOP_TOKENS] == last for at in range(len(before) - LOOP_TOKENS + 1)
    )
