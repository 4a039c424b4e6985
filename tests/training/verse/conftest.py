"""A tiny verse model with random weights, and the poems its vocabulary comes from."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from performer.training.verse.export import export  # noqa: E402
from performer.training.verse.model import Shape, Verse  # noqa: E402
from performer.training.verse.vocabulary import LANGUAGES, make_tokenizer  # noqa: E402
from performer.words.poems import Poem  # noqa: E402
from performer.words.tokenizer import Tokenizer  # noqa: E402

POEMS = [
    Poem(
        "The moon is in the water still,\nThe water keeps the moon;\n\n"
        "A bird that sings upon the hill\nWill leave it very soon.",
        "A. Nonesuch",
    ),
    Poem("O wind, O rain, O weary road,\nWhat is it that you want of me?", "B. Nobody"),
]
QUATRAINS = [Poem("明月照山山照月，清风入水水入风。\n山月不知风水意，风清月明山水中。", "某", "7-jueju")] * 5


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return make_tokenizer("zh", QUATRAINS)


@pytest.fixture(scope="session")
def net(tokenizer: Tokenizer) -> Verse:
    torch.manual_seed(0)
    net = Verse(Shape(len(tokenizer), width=16, layers=2, heads=2, window=8))
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return net


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, net: Verse, tokenizer: Tokenizer) -> Path:
    out = tmp_path_factory.mktemp("models") / "verse-tiny"
    export(net, tokenizer, "zh", out, {})
    return out


assert LANGUAGES.keys() == {"en", "zh"}
