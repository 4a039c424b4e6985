"""Text that a person gives to a verse model, made fit for it: what cannot be read is left out, and said."""

import re
import unicodedata

from performer.words.tokenizer import Tokenizer

LONGEST = 600  # characters at the end of a text that the model reads
ENGLISH = re.compile(r"[^A-Za-z0-9 \n,.;:!?'’\"“”()—–-]")


def clean_prompt(text: str, tokenizer: Tokenizer) -> tuple[str, list[str]]:
    """The end of the text in letters that the model can read, and a sentence for each thing left out."""
    remarks = []
    given = text
    if len(text) > LONGEST:
        text = text[-LONGEST:]
        remarks.append(f"The text has {len(given)} characters; only the last {LONGEST} are read.")
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if tokenizer.kind == "bpe":
        # Letters with marks stay as their base letters.
        bare = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
        kept = ENGLISH.sub("", bare.replace("\t", " "))
    else:
        known = {*tokenizer.pieces, "\n", " "}
        bare = text
        kept = "".join(c for c in text if c in known)
    if len(kept) < len(bare):
        remarks.append(f"{len(bare) - len(kept)} characters that the model cannot read were left out.")
    lines = [" ".join(line.split()) for line in kept.split("\n")]
    kept = "\n".join(line for line in lines if line)
    if given.strip() and not kept:
        remarks.append("Nothing is left of the text; the poem begins from nothing.")
    return kept, remarks
