"""Reading a product's page for the answer to a question: yes, no, the sentence that tells, or silence.

`Reader.read` is the entry. A page answers only in its own words: a sentence has to hold what is
asked (`page.py`, with the ways of saying the same in `<language>.toml`), and whether it affirms or
denies is read off its words (`stance.py`). Where no sentence does, the page is silent, and that is
never a no. What buyers wrote is counted and quoted apart from it (`reviews.py`). Knows no plans and
no records beyond the product.
"""

from __future__ import annotations

from assistant.reading.answers import Reader, Reading
from assistant.reading.contrast import Contrast, read_contrast
from assistant.reading.page import is_thin
from assistant.reading.reviews import Opinions, read_reviews

__all__ = ["Contrast", "Opinions", "Reader", "Reading", "is_thin", "read_contrast", "read_reviews"]
