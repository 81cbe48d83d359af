"""Product nodes of schema.org's vocabulary by our own names.

Knows the one table of properties that are read; schema_items.py knows what their values mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from shop.sources.imported import Doubts, Skips
from shop.sources.json_ld import Node, Page, text_of, types_of
from shop.sources.values import plain_text

FIELDS = {
    "title": ("name",),
    "description": ("description",),
    "sku": ("sku",),
    "product_id": ("productID", "identifier"),
    "group_id": ("productGroupID", "inProductGroupWithID"),
    "gtin": ("gtin", "gtin13", "gtin14", "gtin12", "gtin8", "isbn"),
    "mpn": ("mpn",),
    "brand": ("brand", "manufacturer"),
    "category": ("category",),
    "color": ("color",),
    "size": ("size",),
    "material": ("material",),
    "pattern": ("pattern",),
    "image": ("image",),
    "url": ("url",),
    "offers": ("offers",),
    "rating": ("aggregateRating",),
    "reviews": ("review", "reviews"),
    "properties": ("additionalProperty",),
    "forms": ("hasVariant",),
    "form_of": ("isVariantOf",),
    "vary": ("variesBy",),
    "tags": ("keywords",),
    "condition": ("itemCondition",),
    "weight": ("weight",),
    "length": ("depth",),
    "width": ("width",),
    "height": ("height",),
    "model": ("model",),
    "origin": ("countryOfOrigin",),
    "audience": ("audience",),
}
# Properties about the page or delivery; any other that is not read is reported.
PLAIN = frozenset(
    "@id @type @context mainEntityOfPage potentialAction subjectOf isRelatedTo isSimilarTo sameAs "
    "isAccessoryOrSparePartFor hasMerchantReturnPolicy shippingDetails logo slogan thumbnailUrl".split()
)


@dataclass(frozen=True, slots=True)
class Record:
    """One product node, its properties by our names, on its page."""

    node: Node
    page: Page
    place: str

    def __getitem__(self, column: str) -> Any:
        given = (self.node[name] for name in FIELDS[column] if name in self.node)
        return next((self.page.resolved(value) for value in given if value not in (None, "", [])), None)

    def text(self, column: str) -> str:
        """A property as one line of text."""
        return " ".join(plain_text(text_of(self[column])).split())

    @property
    def id(self) -> str:
        """What its source calls it: the shop's own number first, its name where there is nothing else."""
        names = ("sku", "product_id", "gtin", "mpn", "url")
        own = next((text for name in names if (text := self.text(name))), "")
        own = own or str(self.node.get("@id", ""))
        return own or re.sub(r"\W+", "-", self.text("title").casefold()).strip("-")

    @property
    def is_group(self) -> bool:
        """Whether it stands for all forms of a product."""
        return "ProductGroup" in types_of(self.node) or "hasVariant" in self.node


@dataclass(slots=True)
class Reading:
    """What reading needs at every node, and the properties met that it does not know."""

    currency: str
    skips: Skips
    doubts: Doubts = field(default_factory=Doubts)
    unused: dict[str, None] = field(default_factory=dict)
