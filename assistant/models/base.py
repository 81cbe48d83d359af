"""The contract of a language model, and the one place that reads model specs.

Knows nothing of prompts, plans or shops. A model is text in, text out; whatever it runs on is its
own file's business, imported only when that file's spec is asked for.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from shop.errors import ConfigError, ModelTimeout
from shop.types import Message

SPECS = "local:NAME, reference:NAME, openai:URL#NAME, scripted:, none: or package.module:Class"


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing to be worded. `codes` are the words that may stand in square brackets, `opening` is
    what the answer begins with, included in the result."""

    messages: tuple[Message, ...]
    codes: tuple[str, ...] = ()
    opening: str = ""


class ChatModel(Protocol):
    """Answers chats. Implementations are safe to call from several threads."""

    @property
    def name(self) -> str:
        """What logs and traces call this model; never holds a secret."""
        ...

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        timeout_s: float,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the answer as pieces of text, none of them empty.

        Ends before the first of the `stop` strings, which is not yielded, or after `max_tokens`.
        Work starts with the first piece asked for; `timeout_s` runs from there to the last piece.
        Closing the generator stops the work. Raises ModelTimeout or ModelUnavailable.
        """
        ...

    def close(self) -> None:
        """Give back memory and connections."""
        ...


def phrase(
    model: ChatModel,
    asks: Sequence[Ask],
    *,
    count: int,
    max_tokens: int,
    timeout_s: float,
    temperature: float,
    seed: int = 0,
    stop: Sequence[str] = (),
) -> list[list[str]]:
    """For each ask up to `count` different wordings, best first; none where the model found none.

    A model with a `phrase` method of its own writes all asks at once and holds to their codes. Any
    other is asked for one wording after the other, at its own temperature, and may say anything.
    `timeout_s` is for all asks together. `seed` 0 lets chance decide. Raises as `stream` does.
    """
    own = getattr(model, "phrase", None)
    if own is not None:
        options = {"count": count, "max_tokens": max_tokens, "timeout_s": timeout_s, "stop": stop}
        return cast(list[list[str]], own(asks, temperature=temperature, seed=seed, **options))
    deadline = time.monotonic() + timeout_s
    found: list[list[str]] = []
    for ask in asks:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise ModelTimeout(f"not all was worded within {timeout_s:g} s; allow more time")
        pieces = model.stream(ask.messages, max_tokens=max_tokens, timeout_s=left_s, stop=stop)
        text = begin_with(ask.opening, "".join(pieces))
        found.append([text] if text else [])
    return found


def begin_with(opening: str, text: str) -> str:
    """`text` after `opening`, unless it begins so by itself; nothing stays nothing."""
    text = text.strip()
    if not text or text.startswith(opening.strip()):
        return text
    space = "" if text[0] in ",.:;!?" else " "
    return f"{opening.strip()}{space}{text}"


def prepare_model(model: ChatModel, progress: Callable[[str], None] | None = None) -> None:
    """Do now what the first answer would wait for (unpacking, loading), where there is such a thing."""
    prepare = getattr(model, "prepare", None)
    if prepare is not None:
        prepare(progress)


def open_model(spec: str) -> ChatModel | None:
    """The model behind `spec`, None for `none:` (or nothing); weights load with its first answer.

    Raises ConfigError where the spec cannot be read, ModelUnavailable where what it names is missing.
    """
    scheme, _, rest = spec.strip().partition(":")
    match scheme:
        case "" | "none":
            return None
        case "local":
            from assistant.models.local import open_local

            return open_local(rest)
        case "reference":
            from assistant.models.reference import open_reference

            return open_reference(rest)
        case "openai":
            from assistant.models.openai_http import open_openai

            return open_openai(rest)
        case "scripted":
            from assistant.models.scripted import ScriptedModel

            return ScriptedModel.from_spec(rest)
        case _ if "." in scheme and rest.isidentifier():
            return _open_class(scheme, rest)
        case _:
            raise ConfigError(f"the model setting {spec!r} is not understood; use one of {SPECS}")


def _open_class(module: str, name: str) -> ChatModel:
    """An owner's own class, called without arguments."""
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"the model class {module}:{name} cannot be imported ({error}); "
            "install its package or correct the model setting"
        ) from error
    model = found()
    if not callable(getattr(model, "stream", None)):
        raise ConfigError(
            f"{module}:{name} has no stream method; see assistant/models/base.py for the contract"
        )
    return cast(ChatModel, model)
