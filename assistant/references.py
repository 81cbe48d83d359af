"""Which products a message points at: "the second one", "the cheaper one", "that bag", "it".

Resolves against what was shown or found, never against the whole catalogue (that is search's job).
The pointing words are English; other languages add theirs here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.memory import State
from shop.types import Product

ORDINALS = {
    word: position
    for position, words in enumerate(
        (
            ("first", "1st"),
            ("second", "2nd"),
            ("third", "3rd"),
            ("fourth", "4th"),
            ("fifth", "5th"),
            ("sixth", "6th"),
            ("seventh", "7th"),
            ("eighth", "8th"),
        )
    )
    for word in words
}
ORDINAL = re.compile(rf"\b({'|'.join(ORDINALS)})\b(?! (?:time|order|aid|name|class))", re.I)
NUMBERED = re.compile(r"\b(?:number|no\.?|option|item|#)\s?([1-8])\b", re.I)
FIRST_FEW = re.compile(r"\b(?:first|top) (two|three|2|3)\b", re.I)
POINTER = re.compile(
    rf"\b(?:the|your|that|this) (?:(?:{'|'.join(ORDINALS)}|last|other|latter|former|next)\b"
    r"(?! (?:time|order|aid|name|class))(?: (?:one|item|product|option|two))?(?= )"
    r"(?: of (?:them|those|these))?|one)\b(?= )|\b(?:number|no\.?|#) ?\d\b",
    re.I,
)
LAST_ONE = re.compile(r"\b(?:the )?last (?:one|of them|product|item)\b", re.I)
PRICE_PICK = re.compile(
    r"\bthe (cheap(?:er|est)|(?:more|most) expensive|dearer|dearest) "
    r"(?:one|of (?:them|these|those|the two))\b",
    re.I,
)
BOTH = re.compile(r"\b(?:them|these|those|both|all of (?:them|these)|the two|the others?)\b", re.I)
SINGLE = re.compile(r"\b(?:it|its|it['’]s|this|that|the one|this one|that one|the same)\b", re.I)
THE_KIND = re.compile(r"\b(?:the|that|this) ((?:[a-z-]+ ){0,2}[a-z-]+?)(?: one)?\b", re.I)
# "it" here points at nothing: "is it possible", "that's all", "how does it work".
EMPTY_POINTERS = re.compile(
    r"\b(?:is it (?:possible|true|ok|okay)|that['’]s (?:all|it|fine|great|good)|does it cost to|"
    r"how is it going|something like that|this (?:shop|store|week|month|year|morning|site)|is it you)\b",
    re.I,
)

COMPARISON_OPENING = re.compile(
    r"^\W*(?:can you |could you |please )*compare\b|\b(?:what(?:['’]s| is) the )?difference between\b|"
    r"\bwhich (?:one )?(?:is|has|are) [^,:]*[,:]",
    re.I,
)
COMPARISON_JOINTS = tuple(
    re.compile(joint, re.I)
    for joint in (
        r"\b(?:versus|vs\.?)\b",
        r"\b(?:cheaper|better|dearer|more expensive|bigger) than\b",
        r"\bwith\b",
        r"\bto\b",
        r"\bor\b",
        r"\band\b",
    )
)


@dataclass(frozen=True, slots=True)
class Reference:
    """Product ids pointed at, and `cue`, the words that did; empty where nothing was."""

    ids: tuple[str, ...] = ()
    cue: str = ""


def _by_price(ids: Sequence[str], products: Mapping[str, Product], word: str) -> tuple[str, ...]:
    priced = [(product.price.amount, i) for i in ids if (product := products.get(i)) and product.price]
    if not priced:
        return ()
    pick = min if word.lower().startswith("cheap") else max
    return (pick(priced, key=lambda pair: pair[0])[1],)


def _by_words(text: str, ids: Sequence[str], products: Mapping[str, Product]) -> tuple[str, ...]:
    """The one shown product whose title or colour holds the words after "the"/"that"."""
    for match in THE_KIND.finditer(text):
        words = [w for w in re.findall(r"[a-z]+", match[1].lower()) if w not in {"one", "ones"}]
        for count in range(len(words), 0, -1):
            wanted = words[:count]
            fitting = [
                i
                for i in ids
                if (product := products.get(i))
                and all(w.rstrip("s") in f"{product.title} {product.colour}".lower() for w in wanted)
            ]
            if len(fitting) == 1:
                return (fitting[0],)
    return ()


def resolve(text: str, state: State, products: Mapping[str, Product]) -> Reference:
    """What `text` points at among the products shown or in focus."""
    plain = EMPTY_POINTERS.sub(" ", text)
    shown = state.shown or state.focus
    if not shown:
        return Reference((), "ordinal") if ORDINAL.search(plain) else Reference()
    steps: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, ...]]], ...] = (
        (FIRST_FEW, lambda m: shown[: 3 if m[1].lower() in {"three", "3"} else 2]),
        (PRICE_PICK, lambda m: _by_price(shown, products, m[1])),
        (LAST_ONE, lambda m: shown[-1:]),
    )
    for pattern, pick in steps:
        if (match := pattern.search(plain)) and (ids := pick(match)):
            return Reference(ids, match[0])
    positions = [ORDINALS[m[1].lower()] for m in ORDINAL.finditer(plain)]
    positions += [int(m[1]) - 1 for m in NUMBERED.finditer(plain)]
    if positions:
        return Reference(tuple(shown[p] for p in dict.fromkeys(positions) if p < len(shown)), "ordinal")
    if ids := _by_words(plain, shown, products):
        return Reference(ids, "named among those shown")
    if match := BOTH.search(plain):
        return Reference(shown[:4], match[0])
    if match := SINGLE.search(plain):
        return Reference((state.focus or shown)[:1], match[0])
    return Reference()


def without_pointers(text: str) -> str:
    """`text` with "it" for what points at something shown: for reading what is asked once it is known of
    which product."""
    return POINTER.sub("it", text)


def split_comparison(text: str) -> tuple[str, str] | None:
    """The two sides of "compare A with B", "is A cheaper than B", "A or B"; None where there are none."""
    plain = COMPARISON_OPENING.sub(" ", text)
    for joint in COMPARISON_JOINTS:
        sides = joint.split(plain, maxsplit=1)
        if len(sides) == 2 and all(re.search(r"[a-z]{3}", side, re.I) for side in sides):
            return sides[0], sides[1]
    return None
