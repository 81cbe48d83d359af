"""Reading a product's page for the answer to a question: yes, no, the sentence that tells, or silence.

`Reader.read` is the entry. A page answers only in its own words: a sentence has to hold what is
asked (`page.py`, with the ways of saying the same in `<language>.toml`), and whether it affirms or
denies is read off its words (`stance.py`). Where no sentence does, the page is silent, and that is
never a no. Knows no plans and no records beyond the product.
"""

from __future__ import annotations

from assistant.reading.answers import Reader, Reading
from assistant.reading.contrast import Contrast, read_contrast

__all__ = ["Contrast", "Reader", "Reading", "read_contrast"]
