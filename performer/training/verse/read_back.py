"""An exported verse model as a network again, so that training can go on from it where its checkpoint was not
kept."""

import json
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

from performer.card import read_card
from performer.training.verse.model import Shape, Verse
from performer.training.verse.storage import read_matrix
from performer.words.tokenizer import Tokenizer
from performer.words.verse import ENCODING, VOCABULARY


def read_back(folder: Path, dropout: float = 0.0) -> tuple[Verse, Tokenizer]:
    """The network and the tokenizer of the model in `folder`. Raises ModelError for a folder that holds no
    verse model."""
    card = read_card(folder)
    card.require("words", ENCODING, "step")
    model = onnx.load(card.graphs["step"].path)
    arrays = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    sizes = {name: card.shape[name] for name in Shape.__dataclass_fields__}
    net = Verse(Shape(**sizes | {"dropout": dropout}))
    net.load_state_dict({name: torch.from_numpy(read_matrix(arrays, name)) for name in net.state_dict()})
    texts = {each.key: each.value for each in model.metadata_props}
    return net, Tokenizer(json.loads(texts[VOCABULARY]))
