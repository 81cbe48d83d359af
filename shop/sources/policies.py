"""A written policy, in Markdown or plain text, to passages short enough to quote.

Knows headings and paragraphs. A passage never crosses a heading; a long section is cut between
paragraphs.
"""

from __future__ import annotations

import re
from pathlib import Path

from shop.errors import SourceError
from shop.sources.files import read_text
from shop.types import PolicyPassage

MAX_PASSAGE_CHARS = 900
HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")

EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
"""Markdown's bold marks: a passage is quoted as people read it."""


def read_policy(path: Path) -> list[PolicyPassage]:
    """The passages of one document, in its order."""
    sections = _sections(read_text(path).replace("\r\n", "\n").replace("\r", "\n"))
    # One title over everything says what the document is, not what a passage is about.
    tops = {heading[0] for heading, _ in sections if heading}
    deeper = any(len(heading) > 1 for heading, _ in sections)
    passages: list[PolicyPassage] = []
    used: dict[str, int] = {}
    for heading, text in sections:
        shown = heading[1:] if len(tops) == 1 and deeper and len(heading) > 1 else heading
        name = " > ".join(shown) or path.name.split(".")[0].replace("_", " ").replace("-", " ")
        for part in _parts(EMPHASIS.sub(r"\2", text)):
            slug = re.sub(r"\W+", "-", name.casefold()).strip("-") or "policy"
            used[slug] = used.get(slug, 0) + 1
            id_ = slug if used[slug] == 1 else f"{slug}-{used[slug]}"
            passages.append(PolicyPassage(id_, name, part))
    if not passages:
        raise SourceError("has headings and no text; write the policy under them", file=path)
    return passages


def _sections(text: str) -> list[tuple[tuple[str, ...], str]]:
    """(heading path, text) for each heading's own text."""
    sections: list[tuple[tuple[str, ...], list[str]]] = [((), [])]
    path: list[tuple[int, str]] = []
    lines = text.split("\n")
    position = 0
    while position < len(lines):
        line = lines[position]
        below = lines[position + 1].strip() if position + 1 < len(lines) else ""
        level, title = _heading(line, below)
        if level:
            path = [(depth, name) for depth, name in path if depth < level] + [(level, title)]
            sections.append((tuple(name for _, name in path), []))
            position += 2 if re.fullmatch(r"={3,}|-{3,}", below) and not line.startswith("#") else 1
            continue
        sections[-1][1].append(line)
        position += 1
    joined = [(heading, "\n".join(body).strip()) for heading, body in sections]
    return [(heading, body) for heading, body in joined if body]


def _heading(line: str, below: str) -> tuple[int, str]:
    """(level, title) of a Markdown heading, an underlined line or a short line in capitals."""
    words = line.strip()
    if match := HEADING.match(words):
        return len(match[1]), match[2].replace("**", "").strip()
    if words and re.fullmatch(r"={3,}", below):
        return 1, words
    if words and re.fullmatch(r"-{3,}", below) and not words.startswith(("|", "-", "*")):
        return 2, words
    if (
        3 < len(words) <= 60
        and words == words.upper()
        and re.search(r"[A-Z]{3}", words)
        and words[-1] not in ".!?"
    ):
        return 2, words.capitalize()
    return 0, ""


def _parts(text: str) -> list[str]:
    """The text in parts of whole paragraphs; only a single longer paragraph exceeds the limit."""
    parts: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        paragraph = paragraph.strip()
        if not paragraph:
            continue
        if parts and len(parts[-1]) + len(paragraph) < MAX_PASSAGE_CHARS:
            parts[-1] += "\n\n" + paragraph
        else:
            parts.append(paragraph)
    return parts
