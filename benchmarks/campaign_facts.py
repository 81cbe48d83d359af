"""An independent reader of campaign e-mails: every claim looked up in the database by plain SQL.

Shares no code with what wrote the message or its own red and green list: prices, titles, dates,
counts of customers and names are found in the text by their form, and each must stand in the shop's
tables. Understands the giftware sample's wordings of reasons; a sentence with a figure that it does
not understand is a wrong fact too.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

PRODUCT = re.compile(r"^\* (?P<title>.+?)(?:, £(?P<price>[\d,]+\.\d\d))?$")
DAY = re.compile(r"\b(\d{1,2}) (January|February|March|April|May|June|July|August|September|October|"
                 r"November|December) (\d{4})\b")  # fmt: skip
MONTHS = "January February March April May June July August September October November December".split()
LINK = re.compile(r"https?://\S+")
RECENT = re.compile(r"(?P<n>[\d,]+) customers bought it in the last (?P<days>\d+) days")
EVER = re.compile(r"(?P<n>[\d,]+) customers have bought it")
TOGETHER = re.compile(
    r"(?P<n>[\d,]+) customers bought it together with (?P<title>.+)|"
    r"Bought together with (?P<other>.+) by (?P<m>[\d,]+) customers"
)
OWN = re.compile(r"(?:Because you|You last) bought (?P<title>.+?)(?: on (?P<day>\d.*))?$")
NAMED = (
    re.compile(r"^(?:Much like|Close to) (?P<title>.+)$"),
    OWN,
)


class Ledger:
    """The shop's tables, read once."""

    def __init__(self, shop: Path, today: date) -> None:
        self.today = today
        connection = sqlite3.connect(f"file:{shop / 'shop.db'}?mode=ro", uri=True)
        self.products = {
            id_: (title, json.loads(document)) for id_, title, document in
            connection.execute("select id, title, document from products")
        }  # fmt: skip
        self.titles = defaultdict(set)
        for id_, (title, _) in self.products.items():
            self.titles[title].add(id_)
        self.bought = defaultdict(set)  # customer -> (product, day)
        self.buyers = defaultdict(set)  # product -> (customer, day)
        self.countries = {}
        rows = connection.execute(
            "select o.customer_id, l.product_id, o.placed_at, o.country from orders o join order_lines l "
            "on l.order_id = o.id where o.customer_id != '' and o.status not like 'cancel%'"
        )
        for customer, product, at, country in rows:
            day = date.fromisoformat(at[:10])
            if day <= today:
                self.bought[customer].add((product, day))
                self.buyers[product].add((customer, day))
                self.countries[customer] = country
        connection.close()

    def find(self, shown: str) -> set[str]:
        """Products whose title is, or begins with, what is shown."""
        exact = self.titles.get(shown)
        return exact or {id_ for id_, (title, _) in self.products.items() if title.startswith(shown)}

    def price(self, product: str) -> str:
        """The price as a plain number, '' where none is on record."""
        found = self.products[product][1].get("price")
        return f"{float(found[0] if isinstance(found, list) else found['amount']):,.2f}" if found else ""


def wrong_facts(ledger: Ledger, customer: str, subject: str, preheader: str, body: str) -> Iterator[str]:
    """Each claim of a message that the tables do not bear out."""
    days = {day for _, day in ledger.bought[customer]}
    lines = body.splitlines()
    understood = set()
    for at, line in enumerate(lines):
        if not (match := PRODUCT.match(line)):
            continue
        understood.add(at)
        ids = ledger.find(match["title"].rstrip("."))
        if not ids:
            yield f"no product {match['title']!r}"
            continue
        if (match["price"] or "") not in {ledger.price(id_) for id_ in ids}:
            yield f"{match['title']} does not cost £{match['price']}"
        if at + 1 < len(lines) and lines[at + 1].startswith("  ") and not LINK.search(lines[at + 1]):
            understood.add(at + 1)
            if fault := _reason(ledger, customer, ids, lines[at + 1].strip()):
                yield fault
    rest = [line for at, line in enumerate(lines) if at not in understood]
    for line in [subject, preheader, *rest]:
        plain = LINK.sub("", line)
        for number, month, year in DAY.findall(plain):
            if date(int(year), MONTHS.index(month) + 1, int(number)) not in days:
                yield f"no order on {number} {month} {year}"
        plain = DAY.sub("", plain)
        for title in _titles_in(ledger, customer, plain):
            plain = plain.replace(title, "")
        if re.search(r"\d|£|%", plain):
            yield f"not understood: {plain.strip()!r}"


def _titles_in(ledger: Ledger, customer: str, line: str) -> list[str]:
    """Titles of the whole catalogue that stand in a line, the longest first."""
    found = [title for title in ledger.titles if title in line and re.search(r"\d|£|%", title)]
    return sorted(found, key=len, reverse=True)


def _reason(ledger: Ledger, customer: str, ids: set[str], text: str) -> str:
    """What is wrong with a reason, or ''."""
    if match := RECENT.search(text):
        since = ledger.today - timedelta(days=int(match["days"]))
        counts = set()
        for id_ in ids:
            recent = {c for c, day in ledger.buyers[id_] if day > since} | set()
            edge = {c for c, day in ledger.buyers[id_] if day >= since}
            home = ledger.countries.get(customer)
            counts |= {len(recent), len(edge)}
            counts |= {sum(ledger.countries[c] == home for c in group) for group in (recent, edge)}
        return "" if int(match["n"].replace(",", "")) in counts else f"popular: {text} (counted {counts})"
    if match := EVER.search(text):
        counts = {len({c for c, _ in ledger.buyers[id_]}) for id_ in ids}
        home = ledger.countries.get(customer)
        counts |= {len({c for c, _ in ledger.buyers[id_] if ledger.countries[c] == home}) for id_ in ids}
        return "" if int(match["n"].replace(",", "")) in counts else f"ever: {text} (counted {counts})"
    if match := TOGETHER.search(text):
        others = ledger.find((match["title"] or match["other"]).rstrip("."))
        wanted = int((match["n"] or match["m"]).replace(",", ""))
        both = {
            len({c for c, _ in ledger.buyers[id_]} & {c for c, _ in ledger.buyers[other]})
            for id_ in ids
            for other in others
        }
        return "" if wanted in both else f"together: {text} (counted {both})"
    for pattern in NAMED:
        if match := pattern.search(text):
            title = match["title"]
            if title == "it":
                mentioned = ids
            else:
                mentioned = ledger.find(title.rstrip("."))
            if pattern is not OWN:
                return "" if mentioned else f"no product {title!r}"
            own = [(p, day) for p, day in ledger.bought[customer] if p in mentioned]
            if not own:
                return f"never bought {title!r}"
            if match["day"]:
                told = DAY.search(match["day"])
                when = date(int(told[3]), MONTHS.index(told[2]) + 1, int(told[1])) if told else None
                return "" if when in {day for _, day in own} else f"not on that day: {text}"
            return ""
    if match := re.search(r"^You last bought it on (.+)$", text):
        told = DAY.search(match[1])
        last = max((day for p, day in ledger.bought[customer] if p in ids), default=None)
        when = date(int(told[3]), MONTHS.index(told[2]) + 1, int(told[1])) if told else None
        return "" if when == last else f"last bought on {last}: {text}"
    return f"reason not understood: {text!r}"
