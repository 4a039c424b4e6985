"""A shipped light as a checkpoint again: its weights are read out of the ONNX graphs, so that training can go on from it and grow it.

    python -m performer.training.gan_read_back --model models/onnx/light-64 --out .work/light

A graph that was exported as it is has all weights by name. An optimised one (light-64) has most of them; biases, grain strengths and the
weights of the place maps were reshaped and renamed, and those are found by what reads them.
The reader and the critic are not shipped: they begin anew.
"""

import argparse
import sys
import tomllib
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from performer.card import CARD, Card, read_card
from performer.errors import ModelError, PerformerError
from performer.training import checkpoint
from performer.training.critic import Projected
from performer.training.gan import CRITIC, EMA, GENERATOR
from performer.training.gan_export import ENCODING, TOLERANCE, TRIALS, SynthesisGraph
from performer.training.generator import Light, Shape


def shape_of(card: Card) -> Shape:
    """The architecture that a card tells. Raises ModelError where it lacks a number."""
    try:
        told = {each.name: card.shape[each.name] for each in fields(Shape) if each.name in card.shape}
        return Shape(**{name: tuple(value) if isinstance(value, list) else value for name, value in told.items()})
    except TypeError as error:
        raise ModelError(f"The card of '{card.name}' tells no shape of a light: {error}.", "Export it again.") from None


def read_light(folder: Path) -> tuple[Card, Light]:
    """The card and the networks in `folder`; the reader's weights are random. Raises ModelError where a weight is not found."""
    card = read_card(folder)
    card.require("pictures", ENCODING, "mapping", "synthesis")
    light = Light(shape_of(card))
    found = {name: array for graph in card.graphs.values() for name, array in _weights_of(onnx.load(graph.path).graph).items()}
    wanted = {name: value for name, value in light.state_dict().items() if not name.startswith("reader.")}
    if "w_mean" in found:
        found["mapping.w_mean"] = found["w_mean"]
    lacking = [name for name in wanted if name not in found or found[name].size != wanted[name].numel()]
    if lacking:
        raise ModelError(f"{folder} does not hold {', '.join(lacking[:4])}.", "Only a light that gan_export wrote is read back.")
    read = {name: torch.from_numpy(found[name].copy()).reshape(value.shape) for name, value in wanted.items()}
    light.load_state_dict(read, strict=False)
    return card, light.eval().requires_grad_(False)


def _weights_of(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """Weights by PyTorch's names."""
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    out = {name: array for name, array in arrays.items() if "." in name and not name.endswith(".place")} | {
        name: array for name, array in arrays.items() if name == "w_mean"
    }
    makers = {name: node for node in graph.node for name in node.output}
    owner = ""
    for node in graph.node:
        if node.op_type == "Gemm" and node.input[1].endswith("style.weight"):
            owner = node.input[1].removesuffix("style.weight").rstrip(".")  # "...levels.0.first", or "...levels.0.place_"
        elif node.op_type == "Conv" and owner.endswith("place_") and _reads(node, makers, "Mul") and node.input[1] in arrays.keys() - out.keys():
            out.setdefault(owner.replace("place_", "place_in"), arrays[node.input[1]])
        elif node.op_type == "Add" and owner.endswith((".first", ".second")):
            for name in node.input:
                maker = makers.get(name)
                if name in arrays and arrays[name].ndim == 3:
                    out.setdefault(f"{owner}.bias", arrays[name])
                elif maker is not None and maker.op_type == "Mul" and maker.input[1] in arrays and arrays[maker.input[1]].ndim == 3:
                    out.setdefault(f"{owner}.noise", arrays[maker.input[1]])
    for name in [name for name in out if name.endswith(".second.bias")]:
        out.setdefault(name.replace("bias", "noise"), np.zeros_like(out[name]))  # the second convolution gets no grain
    return out


def _reads(node: onnx.NodeProto, makers: dict[str, onnx.NodeProto], kind: str) -> bool:
    maker = makers.get(node.input[0])
    return maker is not None and maker.op_type == kind


@torch.no_grad()
def disagreement(folder: Path, light: Light) -> float:
    """The largest difference between the graphs in `folder` and this light: of w, and of the picture in -1 ... 1 beyond its rounding."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors arrive as exceptions
    mapping, synthesis = (
        onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]) for name in ("mapping", "synthesis")
    )
    shape, generator, worst = light.synthesis.shape, torch.Generator().manual_seed(3), 0.0
    graph, noise = SynthesisGraph(light.synthesis).eval(), np.ones((1, len(shape.channels)), np.float32)
    for _ in range(TRIALS):
        z, labels = torch.randn(1, shape.z_dim, generator=generator), torch.randn(1, shape.label_dim, generator=generator)
        w = mapping.run(["w"], {"z": z.numpy(), "labels": labels.numpy()})[0]
        styles = np.repeat(w[:, None], shape.layers, 1)
        picture = synthesis.run(["picture"], {"styles": styles, "noise": noise})[0].astype(int)
        ours = graph(torch.from_numpy(styles), torch.from_numpy(noise))[0].numpy().astype(int)
        beyond = max(0, int(np.abs(picture - ours).max()) - 1) / 127.5
        worst = max(worst, beyond, float(np.abs(w - light.mapping(z, labels).numpy()).max()))
    return worst


def write_checkpoint(folder: Path, card: Card, light: Light, out: Path) -> None:
    """The three files that gan.py resumes from and gan_whole begins with; the optimisers remember nothing."""
    out.mkdir(parents=True, exist_ok=True)
    training = tomllib.loads((folder / CARD).read_text(encoding="utf-8")).get("training", {})
    data = card.data[0] if card.data else {}
    facts = {"steps": 0, "seen": 0, "seconds": 0.0, **training, "galleries": []}
    kept = {family: int(count) for family, count in data.get("kept_by_family", {}).items()}
    rejected = int(data.get("rejected", 0))
    facts |= {"kept": kept, "rejected": rejected, "drawn": {**kept, "rejected": rejected}}
    whole = {"shape": asdict(light.synthesis.shape), "facts": facts, "labels": torch.tensor(card.shape["labels"])}
    checkpoint.save(out / EMA, {**whole, "weights": checkpoint.weights(light)})
    for name, net in ((GENERATOR, light), (CRITIC, Projected(light.synthesis.shape.label_dim))):
        checkpoint.save(out / name, {"weights": checkpoint.weights(net), "squares": {}})


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="the folder that gan_export wrote")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint's folder")
    options = parser.parse_args(arguments)
    try:
        card, light = read_light(options.model)
        apart = disagreement(options.model, light)
        if not apart <= TOLERANCE:
            raise ModelError(f"What was read paints otherwise than {options.model}: {apart:.1e} apart.", "Nothing was written.")
        write_checkpoint(options.model, card, light, options.out)
    except (PerformerError, OSError, ValueError) as error:
        print(f"{options.model} was not read back: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: as {options.model} to {apart:.1e}; reader and critic begin anew.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
