import re

import pytest

from assistant.audit import FIGURE
from assistant.plan import Act, Plan, Record
from assistant.writers.base import Voice
from assistant.writers.composer import PLACEHOLDER, Composer, eligible_templates, load_phrases
from shop.errors import ConfigError

PHRASES = load_phrases("en")


def test_no_phrase_types_a_fact():
    for kind, templates in PHRASES.items():
        for template in templates:
            assert not FIGURE.search(PLACEHOLDER.sub("", template)), f"{kind}: {template}"
            assert "[" not in template, f"{kind}: {template}"


def test_every_act_of_the_planning_code_has_phrases():
    from pathlib import Path

    import assistant.planning

    folder = Path(assistant.planning.__file__).parent
    code = "\n".join(file.read_text() for file in folder.glob("*.py"))
    said = set(re.findall(r"builder\.say\(\s*\"(\w+)\"", code)) | set(re.findall(r"kind = \"(\w+)\"", code))
    said |= set(re.findall(r"else \"(\w+)\"$", code, re.M)) & set(PHRASES)
    assert len(said) > 30
    assert not {kind for kind in said if kind not in PHRASES}


def test_common_acts_have_several_phrasings():
    for kind in ("show", "recommend", "not_stated", "not_stocked", "order_status", "superlative", "greet"):
        assert len(PHRASES[kind]) >= 3


def test_the_template_that_says_most_of_what_is_given_wins():
    act = Act("x", {"product": "[1]", "price": "[1.price]"}, ("product",))
    templates = ("{product} at {price}", "{product}", "{product} by {brand}", "nothing")
    assert eligible_templates(act, templates) == ["{product} at {price}"]


def test_a_plan_is_said_with_handles_lists_and_spaces():
    records = tuple(Record(str(n), "order", f"o{n}", {"name": f"o{n}"}) for n in (1, 2, 3))
    records += (Record("search", "search", "", {"count": "3"}),)
    acts = (
        Act("apologise"),
        Act("order_list", {"count": "[search.count]", "orders": ("[1]", "[2]", "[3]")}, ("orders",)),
    )
    voice = Voice("Shop", "en_GB", seed=1)
    text = " ".join(said[0].text for said in Composer().write([(act, voice) for act in acts]))
    assert "[1], [2] and [3]" in text
    assert "o1, o2 and o3" in Plan(acts, records).expand(text)
    assert not text.startswith(" ") and "  " not in text


def test_the_same_seed_says_the_same_and_recent_phrases_are_passed_over():
    act = Act("thanks")
    first = Composer().say(act, Voice("Shop", seed=4))
    assert first == Composer().say(act, Voice("Shop", seed=4))
    assert first != Composer().say(act, Voice("Shop", seed=4, recent=(first,)))


def test_an_act_without_phrases_says_which_slots_it_had():
    with pytest.raises(ConfigError, match="no phrase says act 'nonsense'"):
        Composer().write([(Act("nonsense"), Voice("Shop"))])
