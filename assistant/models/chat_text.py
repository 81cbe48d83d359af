"""Chats as a model's tokens and back, without transformers: the tokenizer, and the template in Jinja.

Knows the files converting.py leaves (tokenizer.json, chat.json), nothing of the engine. A test holds
what is rendered here to transformers' own `apply_chat_template`.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Template
from jinja2.exceptions import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from shop.types import Message

HEADS_KEPT = 256  # texts of constant first parts whose tokens are remembered


class ChatText:
    """One model's tokenizer and chat template."""

    def __init__(self, folder: Path) -> None:
        chat = json.loads((folder / "chat.json").read_text(encoding="utf-8"))
        self.tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.context_tokens = int(chat["context_tokens"])
        self.ends = tuple(str(token) for token in chat["ends"])
        self.control = tuple(str(token) for token in chat["control"])
        self._names: dict[str, str] = chat["names"]
        self._template = _compile(chat["template"])
        self._heads: OrderedDict[str, list[str]] = OrderedDict()

    def tokens(
        self, messages: Sequence[Message], opening: str = ""
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The prompt in two parts: all messages but the last, and the rest up to `opening`, included.

        The first part is empty where the template does not allow the chat to be cut there.
        """
        text = self.render(messages, begin_answer=True)
        try:
            head = self.render(messages[:-1], begin_answer=False) if len(messages) > 1 else ""
        except TemplateError:  # e.g. templates that want a user's message
            head = ""
        # Where the head ends in white space its last token might merge with what follows it.
        if not head or not text.startswith(head) or not text[len(head) :].startswith(self.control):
            head = ""
        # The space that ends an opening belongs to the token that follows it.
        rest = text[len(head) :] + opening.rstrip()
        return tuple(self._head_tokens(head)), tuple(self._encode(rest))

    def render(self, messages: Sequence[Message], *, begin_answer: bool) -> str:
        """The chat as the model was taught to read it."""
        chat = [{"role": message.role, "content": self._defuse(message.content)} for message in messages]
        return self._template.render(messages=chat, add_generation_prompt=begin_answer, **self._names)

    def decode(self, numbers: Sequence[int]) -> str:
        """The text of tokens given by number, without control words."""
        return self.tokenizer.decode(list(numbers), skip_special_tokens=True)

    def _encode(self, text: str) -> list[str]:
        return self.tokenizer.encode(text, add_special_tokens=False).tokens

    def _head_tokens(self, head: str) -> list[str]:
        known = self._heads.pop(head, None)
        self._heads[head] = known if known is not None else self._encode(head)
        while len(self._heads) > HEADS_KEPT:
            self._heads.popitem(last=False)
        return self._heads[head]

    def _defuse(self, content: str) -> str:
        """`content` without control words, which could end a message and begin another."""
        for word in self.control:
            content = content.replace(word, " ")
        return content


def _compile(template: str | dict[str, str] | list[dict[str, str]]) -> Template:
    """As transformers compiles it; of several named templates the one called default."""
    if isinstance(template, list):
        template = {named["name"]: named["template"] for named in template}
    if isinstance(template, dict):
        template = template["default"]
    jinja = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    jinja.globals["raise_exception"] = _refuse
    jinja.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    jinja.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False, **options)
    return jinja.from_string(template)


def _refuse(message: str) -> Any:
    raise TemplateError(message)
