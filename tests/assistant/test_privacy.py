import pytest

from assistant.privacy import passes_luhn, redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("mail me at jo.bloggs+shop@example.co.uk please", "mail me at [email] please"),
        ("my card is 4111 1111 1111 1111", "my card is [card]"),
        ("IBAN DE89 3704 0044 0532 0130 00 thanks", "IBAN [iban] thanks"),
        ("call +44 20 7946 0958", "call [phone]"),
        ("call 020 7946 0958 after six", "call [phone] after six"),
    ],
)
def test_personal_data_is_replaced(text, redacted):
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "where is order #W2611340",
        "invoice 536365 from 2010",
        "a lamp under £20.50, 12 inch",
        "set of 6 for 4 people, model 1234567890123",
    ],
)
def test_orders_prices_and_sizes_stay(text):
    assert redact(text) == text


def test_luhn_rejects_a_mistyped_card():
    assert passes_luhn("4111111111111111")
    assert not passes_luhn("4111111111111112")
