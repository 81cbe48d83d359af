"""Prompts as files: a YAML head, a Jinja body split into messages by `## role` headings.

Knows nothing of models or of what the values mean. Strict both ways: what a body uses and what its
head declares must be the same names, and a rendering gets exactly these. A shop may put a file of
the same name into its own folder; it must declare the same inputs.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml
from jinja2 import meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

SHIPPED = Path(__file__).parent
HEADING = re.compile(r"^## (system|user|assistant)[ \t]*$", re.MULTILINE)
REQUIRED = ("name", "version", "purpose", "inputs", "max_tokens")

ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # models read plain text
    trim_blocks=True,
    lstrip_blocks=True,
)


class PromptMismatch(ValueError):
    """A prompt file is malformed, or a rendering's values are not what it declares."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. `digest` is 8 hex digits of the file's content, for logs and training rows."""

    name: str
    version: int
    purpose: str
    inputs: frozenset[str]
    max_tokens: int
    digest: str
    sections: tuple[tuple[str, jinja2.Template], ...]

    def render(self, **values: object) -> list[tuple[str, str]]:
        """Messages as (role, content). A value missing, or one too many, raises PromptMismatch."""
        if missing := self.inputs - values.keys():
            raise PromptMismatch(f"prompt {self.name!r} lacks {_names(missing)}; give every declared input")
        if extra := values.keys() - self.inputs:
            raise PromptMismatch(
                f"prompt {self.name!r} does not use {_names(extra)}; leave it out or declare it"
            )
        try:
            return [(role, template.render(**values).strip()) for role, template in self.sections]
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise PromptMismatch(
                f"prompt {self.name!r} cannot be filled in ({error}); mend its file"
            ) from error


def load(name: str, shop_folder: Path | None = None) -> Prompt:
    """The prompt `name`: the shop's own (`<shop_folder>/prompts/`) where it has one, else ours."""
    ours = _read(SHIPPED / f"{name}.md")
    own = shop_folder / "prompts" / f"{name}.md" if shop_folder is not None else None
    if own is None or not own.is_file():
        return ours
    theirs = _read(own)
    if theirs.inputs != ours.inputs:
        raise PromptMismatch(f"{own} must declare the inputs {_names(ours.inputs)}; correct its head")
    return theirs


def _read(file: Path) -> Prompt:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptMismatch(f"prompt file {file} cannot be read ({error}); restore it") from error
    head, body = _split_head(file, text)
    inputs = frozenset(map(str, head["inputs"] or ()))
    pieces = HEADING.split(body)
    if pieces[0].strip() or len(pieces) == 1:
        raise PromptMismatch(f"{file} must begin with a heading such as '## system'; add one")
    try:
        used = meta.find_undeclared_variables(ENVIRONMENT.parse(body))
        sections = tuple(
            (role, ENVIRONMENT.from_string(content.strip()))
            for role, content in zip(pieces[1::2], pieces[2::2], strict=True)
        )
    except jinja2.TemplateError as error:
        raise PromptMismatch(f"{file} is not valid Jinja ({error}); mend it") from error
    if used != inputs:
        raise PromptMismatch(
            f"{file} declares the inputs {_names(inputs)} but uses {_names(used)}; make them the same"
        )
    return Prompt(
        name=str(head["name"]),
        version=int(head["version"]),
        purpose=str(head["purpose"]),
        inputs=inputs,
        max_tokens=int(head["max_tokens"]),
        digest=hashlib.sha256(text.encode()).hexdigest()[:8],
        sections=sections,
    )


def _split_head(file: Path, text: str) -> tuple[dict[str, Any], str]:
    match = re.match(r"---\n(.*?)\n---\n", text.replace("\r\n", "\n"), re.DOTALL)
    try:
        head = yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError as error:
        raise PromptMismatch(f"the head of {file} is not valid YAML ({error}); mend it") from error
    if match is None or not isinstance(head, dict):
        raise PromptMismatch(f"{file} must begin with a YAML head between two lines of ---; add it")
    if missing := [key for key in REQUIRED if key not in head]:
        raise PromptMismatch(f"the head of {file} lacks {_names(missing)}; add it")
    if head["name"] != file.stem:
        raise PromptMismatch(f"{file} names itself {head['name']!r}; make name and file name the same")
    return head, text.replace("\r\n", "\n")[match.end() :]


def _names(names: Any) -> str:
    return ", ".join(sorted(map(str, names))) or "nothing"
