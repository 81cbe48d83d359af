"""What becomes of earlier requests: held to a condition, narrowed, taken back.

Knows the message's requests so far; decides nothing about what policy or catalogue allow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.support.case.choosing import Chooser, spots_of
from assistant.support.case.clauses import Ask
from assistant.support.case.figures import figure_meant, is_met, read_bound
from assistant.support.case.mentions import Mention, Spot

_LEAVE_IT = re.compile(
    r"\b(?:forget|leave|keep|don't|do not|not (?:do|want|change|exchange)|nothing|never ?mind)\b", re.I
)
_EXCEPT = re.compile(r"\W*(?:\w+, )?(?:everything |all )?(?:except|but not|apart|besides|other than)\b", re.I)


class Reviser(Chooser):
    """One message's requests, and what later words do to them."""

    def _is_due(self, ask: Ask) -> bool:
        """Whether what an ask stands under is so: "if that is not possible", "if it costs less than $5"."""
        holds = self._holds(ask)
        if holds is not None:
            self.worked, ask.condition = holds, ""
            if holds and _LEAVE_IT.search(ask.text) and ask.family in {"", "look"}:
                self._drop_latest()
            return holds
        if ask.condition == "never" or (ask.condition == "failed" and self.worked and self.requests):
            return False
        return not (ask.condition == "worked" and not self.worked and ask.family not in {"", "look"})

    def _takes_back(self, ask: Ask) -> bool:
        """Take back what an ask withdraws; whether that was all it said."""
        self.is_fallback = ask.condition == "failed"
        self.kept += ask.spared
        late = ask.condition == "asked" and ask.family in {"", "look"}
        if ask.spared and (late or _EXCEPT.match(ask.text)):
            self._spare(ask.spared)
        if ask.regret:
            self._drop_latest()
            return True
        changes = re.search(r"change your mind|changed? (?:my|his|her) mind", ask.text, re.I)
        if changes and ask.mention and re.search(r"\bmind about (?:the |your |my )?$", ask.before, re.I):
            self._spare([ask.mention])
            return True
        if changes and ask.family not in {"", "look"} and not ask.only:
            self._drop_latest()
        return False

    def _holds(self, ask: Ask) -> bool | None:
        """Whether a condition on money is met; None where there is none, or the records do not tell."""
        bound = read_bound(ask.if_text)
        if bound is None:
            return None
        figure = figure_meant(ask.if_text, self.requests, self.last, self.products, self.asked_price)
        return None if figure is None else is_met(*bound, figure)

    def _mean_only(self, spots: set[Spot]) -> None:
        """ "… everything for gaming. It's just the keyboard and the mouse": what was meant by everything."""
        latest = max((request.sentence for request in self.requests), default=-1)
        for request in self.requests:
            if request.sentence == latest:
                request.spots = [spot for spot in request.spots if spot in spots]
        self.requests = [request for request in self.requests if request.spots]

    def _spare(self, mentions: Sequence[Mention]) -> None:
        """ "… well, except the boots": takes them out of what was asked before."""
        for request in self.requests:
            request.spots = [spot for spot in request.spots if spot not in spots_of(mentions)]
        self.requests = [request for request in self.requests if request.spots]

    def _drop_latest(self) -> None:
        if self.requests:
            number = self.requests[-1].sentence
            self.requests = [request for request in self.requests if request.sentence != number]

    def _keep_only(self, family: str, spots: Sequence[Spot]) -> None:
        """ "Only exchange the lamp": nothing else of what was to be exchanged."""
        for request in self.requests:
            if request.action == family or (family == "swap" and request.swaps):
                request.spots = [spot for spot in request.spots if spot in spots]
                request.replacements = {s: found for s, found in request.replacements.items() if s in spots}
        self.requests = [request for request in self.requests if request.spots]

    def _settle(self) -> None:
        """Whether what was asked last can be done, for an "if not" that may follow."""
        if self.requests:
            latest = max(request.sentence for request in self.requests)
            self.worked = all(request.possible for request in self.requests if request.sentence == latest)

    def _named_with(self, ask: Ask, group: Sequence[Ask]) -> list[Spot]:
        """What the same verb named before: "only the lamp and the boots" means both."""
        before = [each.mention for each in group[: group.index(ask)] if each.family == ask.family]
        named = spots_of([mention for mention in before if mention is not None])
        return [spot for spot in self.last if spot in named]
