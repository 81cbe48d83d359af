"""What may be decoded when something is worded: no figures, no foreign brackets, no second line.

Knows a tokenizer's vocabulary, nothing of the engine or of what codes mean. Most is held while
decoding, by sequences of tokens that are never written:

* a token with a digit, a currency sign or % in any script, and a token that is only part of a
  character (else such a sign could be put together from parts);
* control words, and tokens with a line break that is not their beginning; one that begins with a
  line break, and the model's own end, end the wording;
* tokens with brackets, but for the one that opens a code (" [": a code follows a space, as in the
  training examples, where answers begin with one) and those that close it ("]", "].", "],", …);
* after " [" every token that could continue it but the first of an allowed code.

Tokens that begin with a space are left out of the last: they are two thirds of the vocabulary, and
listing them would double what a call costs (17,000 pairs: about 8 ms). `keeps_codes` stops a wording
that steps outside between tokens, and `allows` has the last word on the text, so nothing gets past.
"""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer

CLOSING = re.compile(r"\][.,:;!?)'\"’”…–—-]*")
FIGURES = "%‰$€£¥"
SETS_KEPT = 64  # about 150 kB each


class Bounds:
    """The bounds one model's vocabulary gives; not for several threads at once."""

    def __init__(self, tokenizer: Tokenizer, ends: Sequence[str], control: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        texts = _texts(tokenizer)
        self.ends = tuple(ends)
        """Tokens that end any answer."""
        self.line_ends = (*ends, *(token for token, text in texts.items() if text[:1] in ("\n", "\r")))
        """Tokens that end a wording, which is one line."""
        special = {*control, *(added.content for added in tokenizer.get_added_tokens_decoder().values())}
        banned = {token for token, text in texts.items() if _is_figure(text) or "\ufffd" in text}
        banned |= {token for token, text in texts.items() if "\n" in text or "\r" in text} | special
        self._openers = {token for token, text in texts.items() if text == " ["}
        self._closers = {token for token, text in texts.items() if CLOSING.fullmatch(text)}
        brackets = {token for token, text in texts.items() if "[" in text or "]" in text}
        self._banned = banned - set(self.line_ends) | (brackets - self._openers - self._closers)
        self._pairs = {
            token: [[opener, token] for opener in sorted(self._openers)]
            for token, text in texts.items()
            if not text.startswith(" ")
        }
        self._vocabulary = tokenizer.get_vocab()
        self._numbers = {number: token for token, number in self._vocabulary.items()}
        self._lists: OrderedDict[frozenset[str], list[list[str]]] = OrderedDict()

    def suppressed(self, codes: Iterable[str]) -> list[list[str]]:
        """Sequences never to be decoded where only `codes` may stand in brackets."""
        key = frozenset(codes)
        known = self._lists.pop(key, None)
        self._lists[key] = known if known is not None else self._suppressed(key)
        while len(self._lists) > SETS_KEPT:
            self._lists.popitem(last=False)
        return self._lists[key]

    def _suppressed(self, codes: frozenset[str]) -> list[list[str]]:
        if not codes:
            return [[token] for token in sorted(self._banned | self._openers | self._closers)]
        spelt = [self._spelling(code) for code in sorted(codes)]
        # A code may hold a figure ("price1"); then `allows` sees to it that it stays in the brackets.
        singles = self._banned - {token for tokens in spelt for token in tokens}
        firsts = {tokens[0] for tokens in spelt if tokens}
        pairs = (pair for token, all_of in self._pairs.items() if token not in firsts for pair in all_of)
        return [*([token] for token in sorted(singles)), *(pair for pair in pairs if pair[1] not in singles)]

    def _spelling(self, code: str) -> list[str]:
        tokens: list[str] = self._tokenizer.encode(f" [{code}", add_special_tokens=False).tokens
        return tokens[1:] if tokens[0] in self._openers else tokens[2:]

    def number(self, token: str) -> int:
        """The number of a token of this vocabulary."""
        return self._vocabulary[token]

    def keeps_codes(self, before: int, number: int) -> bool:
        """Whether token `number` may follow token `before`: nothing that begins with a space opens a code."""
        if self._numbers.get(before) not in self._openers:
            return True
        return self._numbers.get(number) in self._pairs

    @staticmethod
    def allows(text: str, codes: Sequence[str]) -> bool:
        """Whether `text` holds no brackets but `codes` in theirs, and outside of them no figure."""
        if codes:
            text = re.sub(rf"\[(?:{'|'.join(map(re.escape, codes))})\]", "", text)
        return not ("[" in text or "]" in text or _is_figure(text))


def _is_figure(text: str) -> bool:
    return any(sign in FIGURES or unicodedata.category(sign) in ("Nd", "Nl", "No", "Sc") for sign in text)


def _texts(tokenizer: Tokenizer) -> dict[str, str]:
    """Each token's text, a space before it kept."""
    vocabulary = tokenizer.get_vocab()
    if type(tokenizer.decoder).__name__ == "ByteLevel":
        texts = tokenizer.decode_batch([[n] for n in vocabulary.values()], skip_special_tokens=False)
        return dict(zip(vocabulary, texts, strict=True))
    # The other kind in use marks spaces with a sign of its own and bytes as <0x0A>.
    return {
        token: chr(int(token[3:5], 16))
        if re.fullmatch(r"<0x[0-7][0-9A-F]>", token)
        else "\ufffd"
        if re.fullmatch(r"<0x[8-F][0-9A-F]>", token)
        else token.replace("▁", " ")
        for token in vocabulary
    }
