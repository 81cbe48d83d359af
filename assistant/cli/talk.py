"""Commands that talk: ask, chat, recommend, customer, evaluate answers.

Thin: each calls one function of the library and prints what came back.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.frame import (
    JsonOption,
    ShopOption,
    load_shop,
    opened_assistant,
    print_json,
    shown_progress,
)

if TYPE_CHECKING:
    from assistant.chat import Assistant
    from assistant.events import Card, Done

CustomerOption = Annotated[
    str, typer.Option("--customer", metavar="ID", help="The customer who is signed in; a guest otherwise.")
]


def _require_customer(assistant: Assistant, customer_id: str) -> None:
    from shop.errors import NotFound

    if customer_id and assistant.store.customer(customer_id) is None:
        raise NotFound(f"no customer has the id {customer_id!r}; leave --customer out to ask as a guest.")


def _require_text(text: str) -> str:
    from shop.errors import ConfigError

    if not text.strip():
        raise ConfigError('there is nothing to answer; write a message, e.g. regulars ask "a red mug".')
    return text


def _card_line(card: Card, locale: str) -> str:
    from shop.formats import format_money

    facts = [format_money(card.price, locale) if card.price else "price not known"]
    facts += [card.category] if card.category else []
    facts += [] if card.in_stock is None else ["in stock" if card.in_stock else "out of stock"]
    return f"  - {card.title} ({', '.join(facts)})" + (f"\n      {card.why}" if card.why else "")


def _say(assistant: Assistant, conversation_id: str, text: str, customer_id: str, *, quiet: bool) -> Done:
    """One turn; unless `quiet`, what the shopper would see appears as it arrives."""
    from assistant.events import Done, Handoff, QuickReplies, TextDelta

    done: Done | None = None
    replies: tuple[str, ...] = ()
    for event in assistant.reply(conversation_id, text, customer_id=customer_id):
        match event:
            case TextDelta(piece) if not quiet:
                typer.echo(piece, nl=False)
            case Handoff(_, contact, _) if not quiet and contact:
                typer.echo(f"\n  A person answers at {contact}", nl=False)
            case QuickReplies(options):
                replies = options
            case Done():
                done = event
    if done is None:
        raise RuntimeError("a reply ended without its last event")
    if not quiet:
        typer.echo()
        for card in done.cards:
            typer.echo(_card_line(card, assistant.settings.locale))
        if replies:
            typer.echo("  [" + "] [".join(replies) + "]")
    return done


def ask(
    text: Annotated[str, typer.Argument(help="What the shopper says.")],
    customer: CustomerOption = "",
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """One question, one answer."""
    from assistant.wire import done_json

    _require_text(text)
    with opened_assistant(load_shop(shop)) as assistant:
        _require_customer(assistant, customer)
        conversation = assistant.start_conversation(customer)
        done = _say(assistant, conversation, text, customer, quiet=as_json)
    if as_json:
        print_json(done_json(done))


def chat(customer: CustomerOption = "", shop: ShopOption = None) -> None:
    """A conversation; an empty line or Ctrl-D ends it."""
    with opened_assistant(load_shop(shop)) as assistant:
        _require_customer(assistant, customer)
        conversation = assistant.start_conversation(customer)
        typer.echo(f"You are talking to {assistant.settings.name}'s AI assistant; an empty line ends it.")
        while True:
            try:
                text = input("\n> ").strip()
            except EOFError:
                typer.echo()
                return
            if not text:
                return
            _say(assistant, conversation, text, customer, quiet=False)


def recommend(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many products at most.")] = 8,
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Products for one customer, each with the reasons it was picked for."""
    from assistant.planning.reasons import say_reasons
    from assistant.wire import recommendation_json
    from retrieval.recommend.base import Context

    with opened_assistant(load_shop(shop)) as assistant:
        _require_customer(assistant, customer)
        context = Context(customer_id=customer, today=assistant.settings.current_date)
        found = assistant.recommender.recommend(context, k)
        locale = assistant.settings.locale
    if as_json:
        rows = [recommendation_json(one) for one in found]
        print_json({"customer": customer, "recommendations": rows})
        return
    for number, one in enumerate(found, start=1):
        typer.echo(f"{number:>3}. {one.product.title}  ({one.product.id})")
        for line in say_reasons(one.reasons, locale)[1].splitlines():
            typer.echo(f"       {line}")


def customer(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    question: Annotated[str, typer.Option("--ask", help="A question about this customer.")] = "",
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """The support brief on one customer, or the answer to one question about them."""
    from assistant import support
    from assistant.wire import plain_json

    with opened_assistant(load_shop(shop)) as assistant:
        if question:
            answer = support.ask(assistant, customer, question)
            if as_json:
                print_json(plain_json(answer))
            else:
                typer.echo(answer.text)
            return
        brief = support.brief(assistant, customer, staff="command line")
        if as_json:
            print_json(plain_json(brief))
            return
        for sentence in brief.summary:
            typer.echo(f"{sentence.text}  [{sentence.source}]")
        typer.echo(f"Next: {brief.next_step.text}  [{brief.next_step.rule}]")


def evaluate_answers_file(
    cases: Annotated[Path, typer.Option(help="One case a line (benchmarks/answers/README.md).")],
    work: Annotated[Path | None, typer.Option(help="Where sample shops are kept between runs.")] = None,
    pass_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Exit with 1 where a smaller share of the cases passes.")
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Run conversation cases over the samples and say which passed; cases assert state, not wording."""
    from assistant.evaluation import run_answers

    with shown_progress("Asking") as progress:
        report = run_answers(cases, work=work, progress=lambda done, total, case: progress(done, total))
    totals = report.as_json()
    if as_json:
        print_json(totals)
    else:
        for line in report.lines():
            typer.echo(line)
    if totals["pass_rate"] < pass_rate:
        raise typer.Exit(1)
