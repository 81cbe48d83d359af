"""The contract of a language model, and the one place that reads model specs.

Knows nothing of prompts, plans or shops. A model is text in, text out; whatever it runs on is its
own file's business, imported only when that file's spec is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, cast

from shop.errors import ConfigError
from shop.types import Message

SPECS = "local:NAME, openai:URL#NAME, scripted:, none: or package.module:Class"


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
