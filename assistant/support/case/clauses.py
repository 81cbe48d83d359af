"""What a customer's message asks for, clause by clause: verb, condition, and the words about each product.

Knows English ways of asking to cancel, send back, exchange or change; decides nothing about orders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.support.case.mentions import Mention
from assistant.support.case.roles import (
    is_aside,
    is_other_one,
    order_contexts,
    spared_in,
    without_spared,
)
from assistant.support.case.sentences import PARTIAL, Condition, Part, split_parts, split_sentences
from assistant.support.case.verbs import Family, verbs_in
from assistant.support.case.wants import (
    is_carried,
    is_to_be,
    moves_in,
    wants_in,
)

ORDER_ID = re.compile(r"#?\b[A-Za-z]{0,3}\d{4,}\b|#[\w-]+")


_REGRET = re.compile(
    r"\b(?:regret|keep (?:it|them|everything|the)|do not want to|don't want to|decide not to|never ?mind|"
    r"no longer want"
    r"|do not proceed|don't proceed)\b",
    re.I,
)


_ONLY_LOOKING = re.compile(
    r"(?:don't|do not|not) (?:actually |want to )?(?:process|proceed|do) (?:anything|it)|not sure yet|"
    r"just curious"
    r"|\bdo (?:it|that|this) (?:your|my)self\b"
    r"|\b(?:thought|thinking|considered|considering)\b[^.]*\bbut\b[^.]*(?:n't|\bnot|against|chang)",
    re.I,
)


_META = re.compile(r"\bmake sure (?:you |to |that you )?(?:\w+ )?mention\b|^\W*mention\b", re.I)


_ALL = re.compile(
    r"\W*(?:or \w+ )?(?:everything|all(?: of)?(?: (?:the|your|my|these|those|possible|pending|other|"
    r"delivered))* "
    r"(?:items?|things?|orders?|products?|stuff))\b",
    re.I,
)


@dataclass(slots=True)
class Ask:
    """One thing asked for: `family` of what, about `mention` (None: the orders named), under `condition`.

    `before` and `after` are the words around the product; `only` says "this and nothing else of it",
    `everything` that all lines are meant, `spared` which products not. `another` asks for a second one.
    `implied` where no verb says to change it, only what is wanted; `within` are products that tell the order,
    `names_order` says that this product does.
    `text` is the whole stretch, `if_text` its condition's words.
    """

    family: Family
    sentence: int
    condition: Condition = ""
    mention: Mention | None = None
    before: str = ""
    after: str = ""
    order_ids: tuple[str, ...] = ()
    only: bool = False
    partial: bool = False
    everything: bool = False
    plural_orders: bool = False
    spared: list[Mention] = field(default_factory=list)
    another: bool = False
    regret: bool = False
    implied: bool = False
    within: list[Mention] = field(default_factory=list)
    names_order: bool = False
    text: str = ""
    if_text: str = ""


def read_asks(text: str, mentions: Sequence[Mention]) -> list[Ask]:
    """Everything `text` asks for, in order; products only described further are asks of family ''."""
    asks: list[Ask] = []
    sticky: tuple[str, ...] = ()
    for number, (start, end) in enumerate(split_sentences(text)):
        ids = tuple(dict.fromkeys(ORDER_ID.findall(text[start:end])))
        for part in split_parts(text, number, start, end):
            part = _told_in_condition(text, part)
            part_ids = tuple(dict.fromkeys(ORDER_ID.findall(text[part.start : part.end])))
            found = _part_asks(text, part, mentions, part_ids or ids or sticky)
            words = text[part.start : part.end]
            listed = text[:start].endswith(";") and re.search(r"\bto\b|->", words)
            goes_on = listed or _GOES_ON.match(words)
            if goes_on and asks:
                # "…; and another kettle to …" goes on with what was asked before.
                for ask in found:
                    ask.family = asks[-1].family if ask.mention and not ask.family else ask.family
            asks += found
        if ids:
            sticky = ids if len(ids) == 1 else ()
    return asks


_AND_WANT = re.compile(r"\b(?:and|but)\b.*\b(?:want|like|need|have)\b", re.I)

_HAVE = re.compile(r"\b(?:received|bought|ordered|have|got|own|purchased) (?:\w+ ){0,3}$", re.I)

_OTHER_ORDER = re.compile(r"\bfrom (?:the|your|my) other\b", re.I)

_PASSIVE = re.compile(r"^[^,;]*\b(?:should|must|shall|to) be (?:\w+ )?$", re.I)

_TAKE_IT = re.compile(r"\b(?:want|take|like|prefer|choose|have) (?:that|it|this)(?: one)?\b", re.I)

_GOES_ON = re.compile(r"\W*(?:(?:oh|ah|well)\b\W*)?(?:and|also|plus)\b", re.I)

_DO_SO = re.compile(
    r"(?<!not to )(?<!not )\b(?:do (?:that|so|it|this)|go ahead|have (?:that|it|this) done)\b", re.I
)


def _told_in_condition(text: str, part: Part) -> Part:
    """ "If the lamp can be exchanged for …, do so": what to do stands in the condition."""
    wish = text[part.start : part.end]
    if part.condition == "worked" and _DO_SO.search(wish) and verbs_in(text, part.if_start, part.if_end):
        return Part(part.sentence, part.if_start, part.end, "")
    return part


def _part_asks(text: str, part: Part, mentions: Sequence[Mention], ids: tuple[str, ...]) -> list[Ask]:
    words = text[part.start : part.end]
    inside = [each for each in mentions if part.start <= each.start < part.end]
    in_condition = [each for each in mentions if part.if_start <= each.start < part.if_end]
    verbs = _verbs_of(text, part, inside)
    wants = wants_in(text, part.start, part.end)
    looking = bool(_ONLY_LOOKING.search(words) or _META.search(words))
    if_text = text[part.if_start : part.if_end]
    base = {
        "sentence": part.sentence,
        "condition": part.condition,
        "order_ids": ids,
        "text": words,
        "if_text": if_text,
    }
    found: list[Ask] = []
    described = len(in_condition)
    takes = bool(_TAKE_IT.search(words)) and part.condition == "worked"
    for mention in in_condition:
        rest = text[part.if_start : part.if_end]
        meant: Family = "swap" if takes else ""
        found.append(Ask(meant, part.sentence, "", mention, "", rest, ids, implied=takes, text=rest))
    if not looking:
        found += _it_too(text, part, verbs, inside, base)
    spared = spared_in(text, inside)
    named = [each for each in inside if each not in spared]
    # "Return the white helmet and keep the other helmet" takes nothing out of what is returned.
    spared = [each for each in spared if not is_other_one(text, each, named)]
    within = order_contexts(text, named)
    sweeping = [] if looking else _sweeping(text, part, inside, verbs)
    goods = [each for each in named if each not in within]
    for position, mention in enumerate(named):
        family, implied = _wanted(text, part, named, position, verbs, wants)
        if (
            looking
            or is_aside(text, part, mention, verbs)
            or (mention in within and (family == "swap" or (family == "return" and len(named) > len(within))))
        ):
            family, implied = "look", False
        apart = _OTHER_ORDER.search(text[part.start : mention.start])
        if not apart and any(
            begin == max((b for b, *_ in verbs if b < mention.start), default=-1) for begin, _ in sweeping
        ):
            family = ""  # "upgrade all items …, the shoe in the same size": says more of one of them
        before = _before(text, part, named, position, [*verbs, *((a, b, "") for a, b in wants)])
        near = (goods, goods.index(mention)) if mention in goods else (named, position)
        after = without_spared(_after(text, part, *near, verbs), text, mention, spared)
        found.append(
            Ask(
                family,
                mention=mention,
                before=before,
                after=after,
                only=not apart
                and bool(re.search(r"\b(?:only|just|rather)\b", words[: mention.start - part.start], re.I)),
                partial=bool(PARTIAL.search(words)),
                another=bool(re.search(r"\b(?:another|other|second)\b", before, re.I)),
                spared=spared,
                implied=implied,
                within=[each for each in within if each is not mention],
                names_order=mention in within,
                **base,  # type: ignore[arg-type]
            )
        )
    if not looking:
        used = {ask.family for ask in found if ask.mention} - {family for _, family in sweeping}
        found += _unnamed(text, part, verbs, used, within, spared, base)
    if wants and not looking and not any(ask.family not in {"", "look"} for ask in found) and not inside:
        found.append(
            Ask("swap", after=text[wants[0][1] : part.end], implied=True, **base)  # type: ignore[arg-type]
        )
    if spared and not found:
        found.append(Ask("", spared=spared, **base))  # type: ignore[arg-type]
    if (
        _REGRET.search(words)
        and part.condition == "asked"
        and not spared
        and all(ask.family in {"look", ""} for ask in found)
    ):
        found = [Ask("", regret=True, **base)]  # type: ignore[arg-type]
    elif not any(ask.family != "look" for ask in found[described:]) and not inside:
        found.append(Ask("", after=words, **base))  # type: ignore[arg-type]
    return found


def _verbs_of(text: str, part: Part, inside: Sequence[Mention]) -> list[tuple[int, int, Family]]:
    """Every verb of asking in a part; those whose object is an address told apart."""
    moves: list[tuple[int, int, Family]] = [
        (begin, stop, "address") for begin, stop in moves_in(text, part.start, part.end)
    ]
    verbs = sorted([*verbs_in(text, part.start, part.end), *moves])
    if not re.search(r"\baddress", text[part.start : part.end], re.I):
        return verbs
    return [(a, b, _address_family(text, part, a, b, inside, verbs, family)) for a, b, family in verbs]


def _it_too(
    text: str,
    part: Part,
    verbs: Sequence[tuple[int, int, Family]],
    inside: Sequence[Mention],
    base: Mapping[str, object],
) -> Iterator[Ask]:
    """ "Return it, and the laptop as well": what was named before, beside what is named now."""
    for begin, stop, family in verbs:
        match = re.match(
            r" (?:it|them|these|those|this one)\b(?=,? (?:and|plus|together|along)\b)", text[stop:]
        )
        if match and family in {"return", "cancel"} and any(each.start > stop for each in inside):
            yield Ask(family, after=text[begin : stop + match.end()], **base)  # type: ignore[arg-type]


def _unnamed(
    text: str,
    part: Part,
    verbs: Sequence[tuple[int, int, Family]],
    used: set[Family],
    within: list[Mention],
    spared: list[Mention],
    base: Mapping[str, object],
) -> Iterator[Ask]:
    """Asks of verbs that govern no product: of an order, of everything, of "it"."""
    words = text[part.start : part.end]
    for begin, _, family in verbs:
        if family in {"look", ""} or family in used:
            continue
        used.add(family)
        if any(each.start < begin for each in within) and family == "swap":
            continue  # "in the order with the lamp, change …": what is changed was found before
        rest = text[begin : part.end]
        yield Ask(
            family,
            everything=bool(re.search(r"\b(?:everything|all|both|entire|whole|each|every)\b", rest, re.I)),
            plural_orders=bool(re.search(r"\borders\b|\b(?:all|every|each)\b[^.]*\border", rest, re.I)),
            within=within,
            only=not _OTHER_ORDER.search(words) and bool(re.search(r"\b(?:only|just|rather)\b", words, re.I)),
            partial=bool(PARTIAL.search(words)),
            spared=spared,
            after=rest,
            **base,  # type: ignore[arg-type]
        )


def _wanted(
    text: str,
    part: Part,
    named: Sequence[Mention],
    position: int,
    verbs: Sequence[tuple[int, int, Family]],
    wants: Sequence[tuple[int, int]],
) -> tuple[Family, bool]:
    """What is asked about a product where no verb before it says so, and whether that is only implied."""
    mention = named[position]
    until = named[position + 1].start if position + 1 < len(named) else part.end
    last = max((stop for begin, stop, each in verbs if begin < mention.start and each != "look"), default=-1)
    behind = [
        each
        for begin, _, each in verbs
        if mention.end <= begin < until and each != "look" and not _AND_WANT.search(text[mention.end : begin])
    ]
    if behind and is_carried(text[max(last, part.start) : mention.start]):
        return behind[0], False
    passive = [
        each for begin, _, each in verbs if _PASSIVE.search(text[mention.end : begin]) and begin < until
    ]
    if passive:
        return passive[0], False  # "the watch should be returned"
    wanted = max((stop for begin, stop in wants if begin < mention.start), default=-1)
    if wanted > last or (last < 0 and is_to_be(text[mention.end : until])):
        return "swap", True
    return _governing(verbs, mention, text), False


def _sweeping(
    text: str, part: Part, inside: Sequence[Mention], verbs: Sequence[tuple[int, int, Family]]
) -> list[tuple[int, Family]]:
    """Verbs whose object is everything: "return all items", "cancel everything"."""
    found: list[tuple[int, Family]] = []
    for begin, stop, family in verbs:
        until = min([part.end, *(each.start for each in inside if each.start > stop)])
        if family not in {"look", "address", ""} and _ALL.match(text[stop:until]):
            found.append((begin, family))
    return found


def _address_family(
    text: str,
    part: Part,
    begin: int,
    stop: int,
    inside: Sequence[Mention],
    verbs: Sequence[tuple[int, int, Family]],
    family: Family,
) -> Family:
    """A verb of changing whose object is an address, up to the next verb or product."""
    if family != "swap":
        return family
    if re.search(r"\baddress\W+(?:\w+\W+){0,3}$", text[part.start : begin], re.I):
        return "address"  # "have the address changed"
    # "my laptop order to the new address": the product only says which order.
    goods = [
        each.start
        for each in inside
        if each.start > stop and not re.match(r"\W+orders?\b", text[each.end : each.end + 9])
    ]
    edges = goods + [a for a, _, f in verbs if a > stop and f != "look"]
    return "address" if re.search(r"\baddress", text[stop : min([*edges, part.end])], re.I) else family


def _governing(verbs: Sequence[tuple[int, int, Family]], mention: Mention, text: str) -> Family:
    before = [family for begin, _, family in verbs if begin < mention.start]
    if before:
        return before[-1]
    if _HAVE.search(text[max(0, mention.start - 48) : mention.start]):
        return "look"  # "I received two lamps and want to return …": the verb has another object
    after = [
        family
        for begin, _, family in verbs
        if begin >= mention.end and family != "look" and ":" not in text[mention.end : begin]
    ]
    return after[0] if after else ("look" if verbs else "")


def _before(
    text: str, part: Part, named: Sequence[Mention], position: int, verbs: Sequence[tuple[int, int, Family]]
) -> str:
    mention = named[position]
    start = named[position - 1].end if position else part.start
    start = max([start, *(stop for _, stop, _ in verbs if stop <= mention.start)])
    words = text[start : mention.start]
    if position:
        cut = [match.end() for match in re.finditer(r",|;|\band\b", words)]
        words = words[cut[-1] :] if cut else words[-24:]
    return words


def _after(
    text: str, part: Part, named: Sequence[Mention], position: int, verbs: Sequence[tuple[int, int, Family]]
) -> str:
    mention = named[position]
    if position + 1 < len(named):
        following = named[position + 1].start
        words = text[mention.end : following]
        if (
            re.search(r"\b(?:to|for|into|with|than)\b[^,;]*$", words)
            and named[position + 1].titles == mention.titles
        ):
            return words  # the next mention is what this one is exchanged for
        cut = [match.start() for match in re.finditer(r",|;|\band\b", words)]
        words = words[: cut[-1]] if cut else words
    else:
        words = text[mention.end : part.end]
    stops = [
        begin - mention.end
        for begin, _, family in verbs
        if begin >= mention.end
        and family in {"cancel", "return", "address"}
        and begin - mention.end <= len(words)
    ]
    return words[: min(stops)] if stops else words
