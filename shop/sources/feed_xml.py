"""Product feeds in XML, RSS 2.0 or Atom, to their entries one at a time.

Knows XML and where a feed's entries are; knows nothing of what their fields mean. The file is read
in pieces and never held whole. Entity declarations are refused, so nothing can be expanded or
fetched by a document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from shop.errors import SourceError
from shop.sources.files import UTF16_MARKS, is_windows_text, read_chunks, read_head
from shop.sources.tables import MAX_CELL_CHARS

GOOGLE = ("http://base.google.com/ns/1.0", "http://base.google.com/cns/1.0")
PLAIN = ("", "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", "http://purl.org/rss/1.0/")
ENTRIES = frozenset({"item", "entry"})
PARTS = frozenset({"product_detail"})
ROOTS = frozenset({"rss", "feed", "RDF", "channel"})
MAX_DEPTH = 50
DETAIL = ("section_name", "attribute_name", "attribute_value")


@dataclass(slots=True)
class Entry:
    """One entry: the texts of its elements by name ("id", "image_link"), and its first line.

    Where an element stands both in Google's namespace and outside, Google's counts.
    """

    line: int
    texts: dict[str, list[str]] = field(default_factory=dict)
    google: set[str] = field(default_factory=set)

    def add(self, name: str, text: str, google: bool) -> None:
        """One more text of the element `name`."""
        if google and name not in self.google:
            self.google.add(name)
            self.texts[name] = []
        if google or name not in self.google:
            self.texts.setdefault(name, []).append(text)


def read_entries(path: Path) -> Iterator[Entry]:
    """The entries of the feed, in its order. Raises SourceError where it is no safe, proper feed."""
    reader = _Reader(path)
    declared = re.match(r"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)", read_head(path))
    is_utf8 = not declared or declared[1].casefold() in {"utf-8", "utf8"}
    start = next(read_chunks(path), b"")
    windows = is_utf8 and not start.startswith(UTF16_MARKS) and is_windows_text(path)
    parser = reader.parser("windows-1252" if windows else None)
    taken, whole = 0, False
    try:
        for chunk in read_chunks(path):
            parser.Parse(chunk, False)
            taken += len(reader.done)
            yield from reader.done
            reader.done.clear()
        whole = True
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        what = f"is cut off ({reason}); fetch" if whole else f"is no proper XML ({reason}); export"
        raise SourceError(f"{what} it again", file=path, row=error.lineno) from error
    except (LookupError, ValueError) as error:
        raise SourceError(f"is in an unknown encoding ({error}); save it as UTF-8", file=path) from error
    if not taken:
        raise SourceError("holds no <item> or <entry>, so it is no product feed; export it again", file=path)


class _Reader:
    """Follows the parser's path through the document and keeps what is inside an entry."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: list[Entry] = []
        self.entry: Entry | None = None
        self.names: list[tuple[str, bool]] = []  # the path of elements inside the entry
        self.text: list[str] = []
        self.length = 0
        self.parts: dict[str, str] = {}
        self.depth = 0
        self.line: Callable[[], int] = lambda: 0

    def parser(self, encoding: str | None) -> expat.XMLParserType:
        """A parser that reports to this reader."""
        made = expat.ParserCreate(encoding, " ")
        made.buffer_text = True
        made.StartElementHandler = self._start
        made.EndElementHandler = self._end
        made.CharacterDataHandler = self._characters
        made.EntityDeclHandler = self._refuse_entity
        made.ExternalEntityRefHandler = self._refuse_entity
        made.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.line = lambda: made.CurrentLineNumber
        return made

    def _refuse_entity(self, *_: object) -> int:
        message = "declares entities of its own, which is refused as unsafe; export it without a DOCTYPE"
        raise SourceError(message, file=self.path, row=self.line())

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self.depth += 1
        if self.depth == 1 and local not in ROOTS:
            message = f"begins with <{local}>, which is no RSS or Atom product feed; export it again"
            raise SourceError(message, file=self.path, row=self.line())
        if self.entry is None:
            if local in ENTRIES:
                self.entry, self.length = Entry(self.line()), 0
            return
        self._count(1, local)
        if not self.names:
            self.text, self.parts = [], {}
        elif self.names[0][0] in PARTS:
            self.text = []
        else:
            self.text.append(" ")  # HTML that was not escaped
        google = space in GOOGLE
        self.names.append((local if google or space in PLAIN else f"{space}:{local}", google))
        if local == "link" and "href" in attributes and attributes.get("rel", "alternate") == "alternate":
            self.text.append(attributes["href"])  # Atom's

    def _characters(self, text: str) -> None:
        if self.names:
            self._count(len(text), self.names[0][0])
            self.text.append(text)

    def _count(self, size: int, name: str) -> None:
        """Nothing in a document makes an entry grow, or nest, without end."""
        self.length += size
        if self.length > MAX_CELL_CHARS or len(self.names) > MAX_DEPTH:
            message = f"holds an entry of more than 1,000,000 characters or {MAX_DEPTH} levels in <{name}>"
            raise SourceError(f"{message}; shorten it", file=self.path, row=self.line())

    def _end(self, _: str) -> None:
        self.depth -= 1
        if self.entry is None:
            return
        if not self.names:
            self.done.append(self.entry)
            self.entry = None
            return
        name, google = self.names.pop()
        if self.names:
            if self.names[0][0] in PARTS:
                self.parts[name] = "".join(self.text).strip()
            return
        text = "".join(self.text).strip()
        if name in PARTS and self.parts:
            section, *rest = (self.parts.get(part, "") for part in DETAIL)
            text = ":".join((section.replace(":", " "), *rest))
        if text:
            self.entry.add(name, text, google)
