"""A shipped model as a network again: weights are read out of the ONNX graphs that its card names, so that training can go on from it."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from performer.card import Card, read_card
from performer.encoding import ENCODING

GATES = {"onnx": "iofc", "torch": "ifco"}  # the order of an LSTM's four gates in the two formats


def read_weights(folder: Path) -> tuple[Card, dict[str, Tensor]]:
    """The card in `folder` and the weights of its graphs by PyTorch's names ("step.lstm.weight_ih_l0", "heads.out.bias").

    Raises ModelError for a folder that is no whole model of this encoding."""
    card = read_card(folder)
    card.require("notes", ENCODING, "step", "heads")
    found: dict[str, Tensor] = {}
    for name, graph in card.graphs.items():
        found |= _weights_of(onnx.load(graph.path).graph, name)
    return card, found


def _weights_of(graph: onnx.GraphProto, name: str) -> dict[str, Tensor]:
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    prefix = "" if name in ("prepare", "step") else f"{name}."
    out = {f"{prefix}{key}": torch.from_numpy(value.copy()) for key, value in arrays.items() if "." in key}
    if "step.lstm.bias_ih_l0" in out:  # a graph that was exported as it is
        return out
    for layer, node in enumerate(node for node in graph.node if node.op_type == "LSTM"):  # an optimised one: two biases became one
        biases = np.split(arrays[node.input[3]].reshape(8, -1), 2)
        folded = {f"bias_{key}": bias for key, bias in zip(("ih", "hh"), biases, strict=True)}
        for key, name_in in zip(("weight_ih", "weight_hh"), node.input[1:3], strict=True):  # and small weights into what the node reads
            if name_in in arrays:
                folded[key] = arrays[name_in].reshape(4, -1, arrays[name_in].shape[-1])
        order = [GATES["onnx"].index(gate) for gate in GATES["torch"]]
        for key, value in folded.items():
            gates = value[order]  # (4, cells) or (4, cells, inputs)
            out[f"step.lstm.{key}_l{layer}"] = torch.from_numpy(gates.reshape(-1, *gates.shape[2:]).copy())
    return out
