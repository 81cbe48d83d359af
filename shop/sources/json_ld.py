"""JSON-LD out of a JSON file, an HTML page or a folder of them, to its product nodes.

Knows where JSON-LD stands and how its nodes point to each other (`@graph`, `@id`); knows only of
the vocabulary which nodes are products. schema_org.py knows the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from shop.errors import SourceError
from shop.sources.files import read_text
from shop.sources.imported import Skips
from shop.sources.values import without_sections

PAGES = (".html", ".htm", ".xhtml")
DOCUMENTS = (".json", ".jsonld")
PRODUCTS = frozenset({"Product", "ProductGroup", "IndividualProduct", "SomeProducts", "Book", "Vehicle"})
PREFIX = re.compile(r"^(?:schema:|https?://schema\.org/)")
MAX_DEPTH = 60

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """The JSON-LD of one page or file: its product nodes, and its nodes by `@id`."""

    path: Path
    place: str
    products: tuple[Node, ...]
    by_id: Mapping[str, Node]
    trail: tuple[str, ...] = ()

    def resolved(self, value: Any) -> Any:
        """The node that `{"@id": …}` points to, or the value itself."""
        if isinstance(value, dict) and "@id" in value and len(value) <= 2:
            return self.by_id.get(str(value["@id"]), value)
        return value


def is_json_ld(head: str) -> bool:
    """Whether the beginning of a file looks like JSON-LD or a page that may hold some."""
    start = head.lstrip()[:400].casefold()
    if start.startswith(("{", "[")):
        return re.search(r'"@(?:context|graph|type)"', head) is not None
    return start.startswith("<") and ("<html" in start or "<!doctype html" in start or "ld+json" in start)


def saved_pages(folder: Path) -> list[Path]:
    """The pages and JSON-LD files in a folder and those below, by name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in PAGES + DOCUMENTS)


def read_pages(path: Path, skips: Skips) -> Iterator[Page]:
    """The pages of a file or folder that hold a product.

    Raises SourceError for a file that cannot be read; in a folder such a file is skipped, and so is a
    broken block of an HTML page.
    """
    found = False
    if not path.is_dir():
        page = _read_page(path, "", skips)
        found = bool(page.products)
        if found:
            yield page
    for file in saved_pages(path) if path.is_dir() else ():
        place = file.relative_to(path).as_posix()
        try:
            page = _read_page(file, place, skips)
        except SourceError:
            skips.add("page that cannot be read", place)
            continue
        if page.products:
            found = True
            yield page
        else:
            skips.add("page that holds no product", place)
    if not found:
        what = "holds no product as JSON-LD in schema.org's vocabulary"
        raise SourceError(f"{what}; save the products' own pages or export a product feed", file=path)


def _read_page(file: Path, place: str, skips: Skips) -> Page:
    text = read_text(file)
    is_page = text.lstrip()[:1] == "<"
    blocks = _page_blocks(text, place or file.name, skips) if is_page else _documents(text, file)
    nodes: list[Node] = []
    by_id: dict[str, Node] = {}
    trail: tuple[str, ...] = ()
    for block in blocks:
        for node in _walk(_plain(block, file)):
            types = types_of(node)
            if name := node.get("@id"):
                by_id[str(name)] = max(by_id.get(str(name), {}), node, key=len)
            if types & PRODUCTS and len(node) > 2:  # not a mere pointer
                nodes.append(node)
            elif "BreadcrumbList" in types:
                trail = trail or _trail(node)
    return Page(file, place, tuple(nodes), by_id, trail)


def types_of(node: Node) -> frozenset[str]:
    """The node's types, without the vocabulary's address."""
    given = node.get("@type")
    return frozenset(PREFIX.sub("", one) for one in as_list(given) if isinstance(one, str))


def as_list(value: Any) -> list[Any]:
    """JSON-LD says one value or a list of them; here always a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def text_of(value: Any) -> str:
    """A text, number, `{"@value": …}` or named thing as text; the first of a list."""
    if isinstance(value, list):
        return next((text for text in map(text_of, value) if text), "")
    if isinstance(value, dict):
        return text_of(value.get("@value", value.get("name", value.get("value"))))
    if value is None or isinstance(value, bool):
        return ""
    # Half of a surrogate pair ("\\ud83d" cut off) or a NUL is no text that can be stored.
    return str(value).encode("utf-8", "replace").decode("utf-8").replace("\x00", "").strip()


def _documents(text: str, file: Path) -> Iterator[Any]:
    """One JSON value, or one on every line."""
    try:
        yield json.loads(text, strict=False)
        return
    except RecursionError as error:
        raise SourceError("is nested too deeply; export it again", file=file) from error
    except ValueError as error:
        failed = error
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, strict=False)
        except ValueError as error:
            whole = failed if number == 1 and isinstance(failed, json.JSONDecodeError) else None
            row = whole.lineno if whole else number
            reason = whole.msg if whole else getattr(error, "msg", "bad value")
            raise SourceError(f"is no JSON ({reason}); export it again", file=file, row=row) from error
        yield value


def _page_blocks(text: str, place: str, skips: Skips) -> Iterator[Any]:
    """What stands in a page's `<script type="application/ld+json">`."""
    reader = _Scripts()
    reader.feed(without_sections(text))
    reader.close()
    for line, script in reader.found:
        bare = re.sub(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$", "", script)
        try:
            yield json.loads(bare.strip().rstrip(";"), strict=False)
        except (ValueError, RecursionError):
            skips.add("JSON-LD block that is no JSON", f"{place}, line {line}")


class _Scripts(HTMLParser):
    """Collects the JSON-LD scripts of a page, each with its line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self.open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("type") or ""
        self.open = tag == "script" and kind.split(";")[0].strip().casefold() == "application/ld+json"
        if self.open:
            self.found.append((self.getpos()[0], ""))

    def handle_endtag(self, tag: str) -> None:
        self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            line, before = self.found[-1]
            self.found[-1] = (line, before + data)


def _plain(value: Any, file: Path, depth: int = 0) -> Any:
    """The value with names and types without the vocabulary's address ("schema:name" is "name")."""
    if depth > MAX_DEPTH:
        raise SourceError(f"is nested more than {MAX_DEPTH} levels deep; export it again", file=file)
    if isinstance(value, list):
        return [_plain(one, file, depth + 1) for one in value]
    if isinstance(value, dict):
        return {PREFIX.sub("", str(name)): _plain(one, file, depth + 1) for name, one in value.items()}
    return value


def _walk(value: Any) -> Iterator[Node]:
    """Every node in the document's order, but of a product's only its forms.

    What else a product names (similar ones, reviews of others) is not for sale on its page.
    """
    if isinstance(value, list):
        for one in value:
            yield from _walk(one)
    elif isinstance(value, dict):
        yield value
        inside = (
            {"hasVariant", "isVariantOf"} if types_of(value) & PRODUCTS else value.keys() - {"itemReviewed"}
        )
        for name, one in value.items():
            if name == "itemOffered" and isinstance(one, dict) and "offers" not in one:
                terms = {name: term for name, term in value.items() if name != "itemOffered"}
                yield from _walk({**one, "offers": terms})
            elif name in inside and isinstance(one, dict | list):
                yield from _walk(one)


def _trail(node: Node) -> tuple[str, ...]:
    """The names of a breadcrumb trail, widest first."""
    steps = [step for step in as_list(node.get("itemListElement")) if isinstance(step, dict)]
    steps.sort(key=lambda step: str(step.get("position", "")).zfill(3))
    return tuple(name for step in steps if (name := text_of(step) or text_of(step.get("item"))))
