import pytest

from assistant.audit import Audit, split_sentences
from assistant.plan import Act, Plan, Record

PRODUCT = Record("1", "product", "p1", {"name": "Red Lunch Bag", "price": "£1.65", "colour": "Red"})
ASK = Record("ask", "ask", "", {"topic": "lunch bag", "attribute": "dishwashers"})
SHOW = Plan(
    acts=(Act("show", {"product": "[1]", "price": "[1.price]"}, ("product",)),), records=(PRODUCT, ASK)
)
NOT_STATED = Plan(
    acts=(Act("not_stated", {"product": "[1]", "attribute": "[ask.attribute]"}, ("product", "attribute")),),
    records=(PRODUCT, ASK),
)
YES = Plan(acts=(Act("answer_in_stock", {"product": "[1]"}, ("product",)),), records=(PRODUCT,))


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("Have a look at [2].", "unknown handle"),
        ("Have a look at [1.weight].", "unknown handle"),
        ("[1] is only £1.65!", "typed figure"),
        ("[1] costs 2 pounds.", "typed figure"),
        ("[1] holds five sandwiches.", "typed number word"),
        ("[1] comes with free delivery.", "typed promise"),
        ("[1] by Samsung is lovely.", "typed name"),
        ("The blue [1] is lovely.", "typed attribute"),
        ("Yes, [1] fits.", "yes not in the plan"),
        ("No, [1] will not do.", "no not in the plan"),
        ("[1] isn't for sale.", "typed promise"),
        ("[1] is not for you.", "denial not in the plan"),
        ("Would you like [1]?", "question not in the plan"),
        ("[1] is rated highly.", "rating without its record"),
        ("[1] costs very little.", "price without its record"),
        ("One fits [1]: [1] at [1.price].", "said twice"),
        ("[1] is in stock.", "stock without its record"),
        ("It is a lovely thing.", "refers to no record"),
        ("See [1 for more.", "refers to no record"),
        ("See [1] at www.example.com for more.", "typed link or markup"),
        ("[1] <b>now</b>", "typed link or markup"),
    ],
)
def test_a_sentence_with_something_of_its_own_is_dropped(sentence, rule):
    violation = Audit(SHOW, frozenset({"red", "blue"})).check(sentence)
    assert violation is not None and violation.rule == rule


@pytest.mark.parametrize(
    "sentence",
    ["Have a look at [1] at [1.price].", "I'd start with [1]; it costs [1.price].", "The red [1] fits best."],
)
def test_a_sentence_that_only_refers_passes(sentence):
    assert Audit(SHOW, frozenset({"red", "blue"})).check(sentence) is None


def test_not_stated_may_never_be_said_as_a_plain_statement():
    violation = Audit(NOT_STATED).check("[1] is great for [ask.attribute].")
    assert violation is not None and violation.rule == "denial left out"
    assert Audit(NOT_STATED).check("The page for [1] doesn't mention [ask.attribute].") is None


def test_a_reason_is_said_as_the_clause_it_is():
    bag = Record("1", "product", "p1", {"name": "Red Lunch Bag", "why": "38 customers bought it last month"})
    act = Act("recommend", {"product": "[1]", "why": "[1.why]"}, ("product", "why"))
    plan = Plan(acts=(act,), records=(bag,))
    violation = Audit(plan).check("[1] is where I'd start, and it's [1.why].")
    assert violation is not None and violation.rule == "a reason said as a part of a clause"
    for sentence in ("I'd start with [1]: [1.why].", "[1] is one to look at, because [1.why]."):
        assert Audit(plan).check(sentence) is None


COMPARED = Plan(
    acts=(
        Act(
            "compare_price",
            {"cheaper": "[1]", "dearer": "[2]", "cheaper_price": "[1.price]", "dearer_price": "[2.price]"},
            ("cheaper", "dearer"),
        ),
    ),
    records=(
        PRODUCT,
        Record("2", "product", "p2", {"name": "Tin", "price": "£4.00", "rating": "4 of 5"}),
    ),
)


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("[1] at [2.price] beats [2].", "field of another record"),
        ("[1] is [1.price], yes [1.price].", "said twice"),
        ("[2] has [2.rating].", "handle of another act"),
    ],
)
def test_a_field_stands_beside_its_own_record(sentence, rule):
    violation = Audit(COMPARED).check(sentence)
    assert violation is not None and violation.rule == rule
    assert Audit(COMPARED).check("[1] is [1.price] and [2] is [2.price].") is None


def test_not_knowing_is_never_said_as_not_selling():
    violation = Audit(NOT_STATED).check("We don't sell [1] with [ask.attribute].")
    assert violation is not None and violation.rule == "silence said as a refusal"


def test_yes_is_allowed_where_the_plan_says_yes():
    assert Audit(YES).check("Yes, [1] can be had.") is None


def test_a_repeated_sentence_is_dropped():
    audit = Audit(SHOW)
    assert audit.check("Have a look at [1].") is None
    assert audit.check("Have a look at [1].").rule == "repeated"


def test_unsaid_acts_are_those_whose_must_say_is_missing():
    plan = Plan(
        acts=(*SHOW.acts, Act("greet", {}), Act("nearest", {"product": "[2]"}, ("product",))),
        records=(PRODUCT, Record("2", "product", "p2", {"name": "Tin"})),
    )
    audit = Audit(plan)
    audit.check("Have a look at [1].")
    assert [act.kind for act in audit.unsaid()] == ["nearest"]


def test_sentences_come_as_soon_as_they_are_whole():
    pieces = iter(["Have a look at [1", ".price]. The", " next one", " is [2]"])
    assert [s.strip() for s in split_sentences(pieces)] == [
        "Have a look at [1.price].",
        "The next one is [2]",
    ]
