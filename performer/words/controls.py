"""What a player may ask of the verse, as one value."""

import math
from dataclasses import dataclass

from performer.errors import PerformerError

TEMPERATURE, TOP_P, REPETITION, LENGTH = (0.0, 2.0), (0.05, 1.0), (0.0, 1.0), (2, 16)
# Words that colour a poem, by mood.
MOODS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "calm": ("still", "soft", "quiet", "peace", "gentle", "slow", "rest"),
        "dark": ("night", "shadow", "grave", "black", "cold", "blind", "dust"),
        "joy": ("bright", "laughing", "glad", "dance", "sing", "golden", "spring"),
        "longing": ("far", "away", "alone", "remember", "lost", "wait", "dream"),
        "anger": ("blood", "fire", "storm", "break", "burn", "iron", "rage"),
        "wonder": ("star", "strange", "heaven", "light", "deep", "wide", "moon"),
    },
    "zh": {
        "calm": tuple("静闲清幽云眠"),
        "dark": tuple("夜暗寒冷暮愁"),
        "joy": tuple("春花笑喜欢醉"),
        "longing": tuple("远思忆别梦归"),
        "anger": tuple("怒剑火风雷血"),
        "wonder": tuple("天星月仙奇海"),
    },
}
# Poets whose lines hold together best when nobody is asked for.
POETS = {
    "en": (
        "John Keats", "Percy Bysshe Shelley", "William Wordsworth", "Christina Georgina Rossetti",
        "Sara Teasdale", "Emily Elizabeth Dickinson", "Algernon Charles Swinburne", "Alfred Edward Housman",
        "Henry Wadsworth Longfellow", "Thomas Hardy", "Archibald Lampman", "William Butler Yeats",
    ),
    "zh": ("",),
}  # fmt: skip
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls of verse."""

    language: str = "en"
    """"en" or "zh"."""
    form: str = "free"
    """A name of `verse_forms.FORMS`."""
    lines: int = 0
    """0: as many as the form usually has."""
    temperature: float = 0.85
    """0 takes the likeliest, 1 draws as the model would, more is wilder."""
    top_p: float = 0.9
    """The share of the chances that is drawn from."""
    line_length: int = 8
    """Words of a free English line at most; Chinese lines take twice as many characters."""
    theme: tuple[str, ...] = ()
    """Words that the poem turns around."""
    mood: str = ""
    """A name of `MOODS`."""
    prompt: str = ""
    """Text that the poem goes on from; it is not said again."""
    word: str = ""
    """What an acrostic spells."""
    author: str = ""
    """A poet whom the model knows by name; empty: one of `POETS` by the seed, "nobody": none of them."""
    repetition: float = 0.6
    """How strongly tokens that came lately are avoided."""
    safe_list: tuple[str, ...] = ()
    """Words that never appear."""

    def check(self) -> None:
        """Raise PerformerError, with the value and the bounds, for what cannot be."""
        bounds = {"temperature": TEMPERATURE, "top_p": TOP_P, "repetition": REPETITION, "line_length": LENGTH}
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise PerformerError(f"The {name} of verse cannot be {value}.", f"Give {low:g} to {high:g}.")
        if self.language in MOODS and self.mood and self.mood not in MOODS[self.language]:
            raise PerformerError(
                f"There is no mood '{self.mood[:40]}'.", f"Choose one of {', '.join(MOODS[self.language])}."
            )
