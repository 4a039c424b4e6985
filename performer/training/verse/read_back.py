"""An exported verse model as a network again, so that training can go on from it where its checkpoint was not
kept."""

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from performer.card import read_card
from performer.training.verse.export import SCALE
from performer.training.verse.model import Shape, Verse
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
    whole = {
        name: arrays[f"{name}.int8"].astype(np.float32) * arrays[name + SCALE] for name in net.state_dict()
    }
    net.load_state_dict({name: torch.from_numpy(value) for name, value in whole.items()})
    texts = {each.key: each.value for each in model.metadata_props}
    return net, Tokenizer(json.loads(texts[VOCABULARY]))
