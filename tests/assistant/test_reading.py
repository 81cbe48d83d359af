"""Questions read against pages: yes, no, the sentence that tells, or silence; never a guess."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.passages import PassageFinder
from assistant.reading import Reader, read_contrast
from assistant.reading.amounts import read_amount
from assistant.reading.language import load_language
from assistant.reading.named import find_name
from assistant.reading.page import read_terms, split_sentences
from assistant.reading.question import read_question
from assistant.reading.quoting import quote
from assistant.reading.stance import is_denied
from shop.types import Product


class Letters:
    """An embedder that knows letters alone: cosines are high between texts of like letters."""

    name, dimensions = "letters", 26

    def embed(self, texts):
        rows = np.array(
            [[text.lower().count(chr(97 + at)) for at in range(26)] for text in texts], dtype=np.float32
        )
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


WHISK = Product(
    "w",
    "Ardent Balloon Whisk with Oak Handle, 10 Inch",
    brand="Ardent",
    colour="Steel",
    bullets=(
        "The whisk is dishwasher safe.",
        "Oak handle; do not tumble dry, and never soak the handle.",
        "BPA free and made without nickel.",
        "Package includes one whisk, a silicone rest and a hook.",
        "Batteries (not included) are only for the light.",
        "Open the clip without needing to touch the wire.",
        "Holds up to 4 pounds of dough. Weight: 310 g.",
    ),
    description="A set of 12 wires. For ages 8 and up. Hand wash the handle. You will love the sturdy pouch.",
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(PassageFinder(Letters()))


@pytest.mark.parametrize(
    ("question", "kind", "quoted"),
    [
        ("Is the Ardent balloon whisk dishwasher safe?", "yes", "dishwasher safe"),
        ("Can I put the Ardent whisk in the dishwasher?", "yes", "dishwasher safe"),
        ("Can the Ardent balloon whisk go in the dryer?", "no", "do not tumble dry"),
        ("Is the Ardent balloon whisk BPA free?", "yes", "BPA free"),
        ("Does the Ardent balloon whisk contain nickel?", "no", "without nickel"),
        ("Does the Ardent balloon whisk come with a hook?", "yes", "a hook"),
        ("Are batteries included with the Ardent balloon whisk?", "no", "not included"),
        ("Is the Ardent whisk OK for a 9 year old?", "yes", "ages 8"),
        ("Is the Ardent whisk OK for a 5 year old?", "no", "ages 8"),
        ("Can the Ardent whisk hold 6 pounds of dough?", "no", "up to 4 pounds"),
        ("How heavy is the Ardent balloon whisk?", "tells", "310 g"),
        ("How many wires does the Ardent whisk have?", "tells", "12 wires"),
    ],
)
def test_a_page_answers_in_its_own_words(reader, question, kind, quoted):
    reading = reader.read(question, WHISK)
    assert reading.kind == kind and quoted in reading.quote


@pytest.mark.parametrize(
    "question",
    [
        "Is the Ardent balloon whisk microwave safe?",
        "Does the Ardent balloon whisk come with a lid?",
        "How wide is the Ardent balloon whisk?",
        "How many colours does the Ardent whisk come in?",
        "Is the Ardent balloon whisk ovenproof?",
    ],
)
def test_silence_is_neither_yes_nor_no(reader, question):
    reading = reader.read(question, WHISK)
    assert reading.kind == "silent" and not reading.quote


def test_what_is_only_mentioned_is_quoted_and_not_judged(reader):
    # A clip is not "included" and not "not included": the page merely speaks of one.
    assert reader.read("Does the Ardent balloon whisk come with a clip?", WHISK).kind == "tells"


def test_a_quotation_stands_in_the_page(reader):
    page = " ".join([WHISK.title, *WHISK.bullets, WHISK.description])
    for question in ("Is the Ardent whisk dishwasher safe?", "How heavy is the Ardent balloon whisk?"):
        assert reader.read(question, WHISK).quote.strip("… ") in page


@pytest.mark.parametrize(
    ("text", "word", "denied"),
    [
        ("gluten free and kosher", "gluten", True),
        ("gluten free and kosher", "kosher", False),
        ("not suitable for the oven", "oven", True),
        ("non-slip base, waterproof lid", "waterproof", False),
        ("mattress (sold separately)", "mattress", True),
        ("not only stylish but waterproof", "waterproof", False),
        ("works without needing to touch the straw", "straw", False),
        ("free from peanut, tree nut, milk or egg", "egg", True),
        ("print is unframed", "unframed", True),
        ("fully leak proof", "leak", True),
        ("slim fit, sleeveless and stretchy", "sleeveless", True),
        ("not for fresh cuts, tender heads or short hair", "tender", True),
        ("Zero Calorie, Zero Glycemic, Baking, Extract", "baking", False),
        ("contains no dairy, soy, wheat and no gluten", "soy", True),
    ],
)
def test_what_a_sentence_denies(text, word, denied):
    language = load_language()
    terms = [term for term in read_terms(text, language) if text[term.start : term.end].lower() == word]
    term = max(terms, key=lambda term: term.key.startswith("="))
    assert is_denied(text, [term], language) is denied


def test_the_name_is_told_from_what_is_asked():
    language = load_language()
    question = read_question("Is the oak handle of the Ardent balloon whisk waterproof?", WHISK, language)
    assert question.kind == "polar" and "=waterproof" in question.core
    assert not {"ardent", "balloon", "whisk"} & set(question.core)
    text = "Is the Ardent whisk memory steel?"
    start, end = find_name(text, WHISK, language, cut=True)
    assert "memory" not in text[start:end]


def test_a_number_counts_beside_its_word_only(reader):
    shoe = Product("s", "Rondo Ball, Size 7", bullets=("Comes in a box of 6 with a pump.",))
    assert reader.read("Is the Rondo ball available in size 6?", shoe).kind != "yes"


LAMP = Product(
    "l",
    "Corvo Desk Lamp with Stay-Cool Shade, 8 Inch, 2 Pack",
    brand="Corvo",
    categories=("Home", "Lamps"),
    bullets=(
        "Made of recycled steel; the shade always stays cool to the touch.",
        "Runs on 3 AAA batteries (not included), no charger required.",
        "The orange dimmer shown is for illustration only – NOT INCLUDED.",
        "Includes a fabric sleeve with a zip. It is washable and soft.",
        "For a warmer glow use a waterproof bulb.",
        "Indoor use only, not for campers, tent owners or pools.",
        "Safe from lead, nickel and latex.",
        "Battery life - Up to 40 hours on one set.",
        "6 lbs of oak, lamp feet of rubber.",
    ),
)


@pytest.mark.parametrize(
    ("question", "kind", "quoted"),
    [
        ("Does the shade of the Corvo desk lamp stay cool?", "yes", "stays cool"),
        ("Is the Corvo desk lamp made of recycled steel?", "yes", "recycled steel"),
        ("Is the Corvo lamp recyclable?", "silent", ""),  # recycled is another matter
        ("Does the Corvo lamp work without batteries?", "no", "3 AAA batteries"),
        ("Are batteries included with the Corvo desk lamp?", "no", "not included"),
        ("Does the Corvo desk lamp come with the orange dimmer?", "no", "NOT INCLUDED"),
        ("Is the Corvo lamp made for tent owners?", "no", "not for campers"),
        ("Can I use the Corvo desk lamp outdoors?", "no", "Indoor use only"),
        ("Is the Corvo lamp lead free?", "yes", "Safe from lead"),
        ("What is the battery life of the Corvo desk lamp?", "tells", "40 hours"),
        ("Can the sleeve of the Corvo lamp be washed?", "yes", "washable"),
    ],
)
def test_whose_property_it_is_and_how_far_a_denial_reaches(reader, question, kind, quoted):
    reading = reader.read(question, LAMP)
    assert reading.kind == kind and quoted in reading.quote


@pytest.mark.parametrize("question", ["Is the Corvo lamp waterproof?", "Is the Corvo desk lamp washable?"])
def test_another_things_sentence_is_no_yes(reader, question):
    # A bulb that one is told to buy, and the sleeve that comes with it.
    assert reader.read(question, LAMP).kind in {"tells", "silent"}


def test_a_number_with_a_unit_counts_nothing_else(reader):
    assert reader.read("How many lamps are in the Corvo pack?", LAMP).counted != "6"


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [
        ("Weighs 1.5 lb", "weight", 680.388),
        ("net 12 oz (340 g)", "weight", 340.194),
        ('11.8" x 4"', "length", 29.972),
        ("up to 1,200 ml", "volume", 1200.0),
        ("20 mins a charge", "time", 1200.0),
        ("ages 8 and up", "age", 8.0),
        ("no figure here", "power", None),
    ],
)
def test_amounts_are_read_with_their_units(text, kind, amount):
    assert read_amount(text, kind) == (None if amount is None else pytest.approx(amount))


def test_two_products_are_set_against_each_other_by_an_amount(reader):
    heavy = Product("h", "Grit Iron Pan", bullets=("Weight: 2 kg.",))
    light = Product("i", "Feather Pan", bullets=("It weighs 30 oz.",))
    for question, winner in (
        ("Which pan is heavier, the Grit or the Feather?", 0),
        ("Which pan is lighter, the Grit or the Feather?", 1),
    ):
        assert read_contrast(reader, question, (heavy, light)).winner == winner


def test_a_name_is_no_aspect(reader):
    cap = Product("c", "Ridge Mesh Cap")
    hat = Product("d", "Vale Straw Hat")
    assert (
        read_contrast(reader, "Compare the Ridge mesh cap for men with the Vale hat", (cap, hat)).kind
        == "whole"
    )


def test_two_pages_are_contrasted():
    other = Product(
        "o", "Brisk Flat Whisk, 8 Inch", brand="Brisk", bullets=("A set of 8 wires.", "Hand wash only.")
    )
    reader = Reader(PassageFinder(Letters()))
    which = "Which is dishwasher safe, the Ardent balloon whisk or the Brisk flat whisk?"
    found = read_contrast(reader, which, (WHISK, other))
    assert found.kind == "which" and [reading.kind for reading in found.readings] == ["yes", "no"]
    more = "Which has more wires, the Ardent balloon whisk or the Brisk flat whisk?"
    assert read_contrast(reader, more, (WHISK, other)).winner == 0
    fewer = "Which one has fewer wires, the Ardent balloon whisk or the Brisk flat whisk?"
    assert read_contrast(reader, fewer, (WHISK, other)).winner == 1
    assert (
        read_contrast(reader, "Compare the Ardent whisk with the Brisk whisk", (WHISK, other)).kind == "whole"
    )
    cheaper = "Which is cheaper, the Ardent balloon whisk or the Brisk flat whisk?"
    assert read_contrast(reader, cheaper, (WHISK, other)).kind == "price"


def test_a_long_sentence_is_cut_around_the_answer():
    text = "First a long clause about nothing much, " * 8 + "dishwasher safe, " + "and then more of it, " * 8
    start = text.index("dishwasher")
    language = load_language()
    terms = [term for term in read_terms(text, language) if term.start == start]
    said = quote(text, terms)
    assert "dishwasher safe" in said and len(said) <= 250 and said.startswith("…") and said.endswith("…")


def test_run_on_descriptions_are_split():
    text = "A 2 years warranty is offered.Simple installation.If unsure, ask. ★Washable cover ★Soft lining"
    assert split_sentences([text])[:2] == ["A 2 years warranty is offered", "Simple installation"]
    assert "Washable cover" in split_sentences([text])


FLASK = Product(
    "f",
    "Brook Steel Flask 16in.x12in. Sleeve, 500mg Cap, Large 20 oz, 2 Pack, 11 M US",
    brand="Brook",
    colour="Teal",
    categories=("Kitchen", "Drinkware"),
    bullets=(
        "Drain WITHOUT OVERFLOW is suitable for both vessel sink and undermount sink.",
        "Comes in a gift box.(small charms are not included)",
        "Soft base keeps shelves neat and will prevent scratching of floors.",
        "These travel beakers are perfectly machine-washable.",
        "Frameless rim, no self-adhesive tape on the back.",
        "Runs small, order a size up. Wireless lid, wireless charging pad.",
        "Lay flat to dry. Made with 2GB RAM, 360mg of Zinc and 16GB flash storage.",
        "Won't tear easily-Perfect grip-Rinsable and easy to stack.",
        "Sizes: S: Waist 28-30, M: Waist 32-34, L: Waist 36-38.",
        "4 fruit flavours – Cherry, Lime, Lemon, & Orange",
        "Easy take on and off: you do not need to take off your sleeve band.",
        "Backed by a 2-year manufacturer warranty. No hot liquids above 140 F.",
    ),
)


@pytest.mark.parametrize(
    ("question", "kind", "quoted"),
    [
        ("Does the Brook steel flask work with an undermount sink?", "yes", "undermount"),
        ("Does the Brook steel flask come in a gift box?", "yes", "gift box"),
        ("Will the Brook steel flask scratch my floors?", "no", "prevent scratching"),
        ("Can the Brook steel flask go in the washing machine?", "yes", "machine-washable"),
        ("Does the Brook flask have a frame?", "no", "Frameless"),
        ("Does the Brook steel flask have sticky tape on the back?", "no", "no self-adhesive"),
        ("Does the Brook steel flask run small?", "yes", "Runs small"),
        ("Is the Brook steel flask true to size?", "no", "Runs small"),
        ("Can I wirelessly charge with the Brook steel flask?", "yes", "wireless charging"),
        ("Can I tumble dry the Brook steel flask?", "no", "Lay flat"),
        ("Is the Brook steel flask rinsable?", "yes", "Rinsable"),
        ("Can I pour boiling water into the Brook steel flask?", "no", "140"),
        ("Can I use the Brook steel flask without removing the band?", "yes", "not need to take off"),
        ("I'm tidy - is the Brook steel flask stackable?", "yes", "stack"),
        ("Any zinc in the Brook steel flask?", "yes", "Zinc"),
        ("How much zinc is in the Brook steel flask?", "tells", "360mg"),
        ("how much ram does the Brook steel flask have", "tells", "2GB RAM"),
        ("How long is the Brook steel flask guaranteed by the manufacturer?", "tells", "2-year"),
        ("What waist is a medium in the Brook steel flask?", "tells", "M: Waist 32-34"),
        ("Which flavours does the Brook steel flask come in?", "tells", "Cherry"),
        ("How many pairs do I get with the Brook flask?", "tells", "2 Pack"),
        ("Are the Brook steel flask cups machine washable while they dry?", "yes", "machine-washable"),
    ],
)
def test_what_shoppers_say_in_other_words(reader, question, kind, quoted):
    reading = reader.read(question, FLASK)
    assert (reading.kind, quoted in reading.quote) == (kind, True), reading


def test_nothing_asked_is_nothing_answered(reader):
    # "Any good" asks nothing that a page could say, and the name's last word is not asked.
    assert reader.read("Is the Brook steel flask any good?", FLASK).kind == "silent"


def test_a_mistyped_word_is_read_as_the_catalogue_spells_it():
    spelled = {"peices": "pieces"}
    set_ = Product("p", "Morel Blocks", bullets=("A set of 48 pieces.",))
    question = "how many peices in the Morel blocks?"
    assert Reader(PassageFinder(Letters())).read(question, set_).kind == "silent"
    corrected = Reader(PassageFinder(Letters()), correct=lambda word: spelled.get(word, word))
    assert corrected.read(question, set_).counted == "48"


def test_a_row_of_names_goes_with_a_row_of_amounts(reader):
    tablets = Product("t", "Alder Calcium Magnesium Zinc 1000mg/400mg/25mg")
    assert reader.read("how much magnesium is in the Alder tablets?", tablets).counted == "400mg"
    single = Product("u", "Alder Drops 700mg Iron, Zinc")
    assert reader.read("how much zinc is in the Alder drops?", single).counted != "700mg"


def test_doses_are_set_against_each_other(reader):
    strong = Product("g", "Ash Drops", bullets=("1.5g of Zinc a day.",))
    weak = Product("h", "Elm Drops", bullets=("900 mg of zinc a day.",))
    asked = "Which has more zinc, the Ash drops or the Elm drops?"
    assert read_contrast(reader, asked, (strong, weak)).winner == 0


def test_more_of_something_is_counted_before_it_is_measured(reader):
    tall = Product("j", "Oak Cooler", bullets=("Holds up to 10 cans; 4 liter capacity.",))
    wide = Product("k", "Ash Cooler", bullets=("Holds 6 cans, with a 20 liter capacity.",))
    assert read_contrast(reader, "Which holds more cans, the Oak or the Ash one?", (tall, wide)).winner == 0
    assert read_contrast(reader, "Which holds more, the Oak or the Ash cooler?", (tall, wide)).winner == 1


def test_what_is_asked_is_said_back_in_whole_words():
    for text, said in (
        ("Does the Brook steel flask run off 12V in a truck?", "12V truck"),
        ("Is the Brook steel flask the 11th edition?", "11th edition"),
    ):
        assert said in read_question(text, FLASK, load_language()).words
