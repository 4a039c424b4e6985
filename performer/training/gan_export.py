"""A trained light as a folder that Performer paints from: mapping.onnx, synthesis.onnx, encoder.onnx where it has learned the way back, and a card.

    python -m performer.training.gan_export --checkpoint .work/light --out models/onnx/light-128 --metrics .work/light/metrics.json

`mapping`: z (1, z_dim), labels (1, label_dim) -> w (1, w_dim), w_mean (1, w_dim). `synthesis`: styles (1, layers, w_dim) -> picture
(px, px, 3) uint8; it also takes `noise` (1, levels), the strength of each level's grain, 1 where nothing is given, and, if its features are
bent, `bend` (1, 2 * bent_px, 2 * bent_px, 2), the place that each is taken from, its own where nothing is given. `encoder`: picture
(64, 64, 3) uint8 -> z (1, z_dim), labels (1, label_dim). The folder takes its place only when ONNX Runtime and PyTorch agree, on the picture
before it is rounded.
"""

import argparse
import json
import logging
import shutil
import sys
import warnings
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from performer.errors import ModelError, PerformerError
from performer.training import checkpoint
from performer.training.card_writer import replacing, write_card
from performer.training.encoder import PX as READ_PX
from performer.training.encoder import Encoder, EncoderGraph
from performer.training.gan import EMA
from performer.training.generator import Light, Mapping, Shape, Synthesis
from performer.training.pictures.labels import FAMILIES, LAYOUT, NAMES
from performer.visuals.bend import Fold, bend

ENCODING = "style-1"
ENCODER = "encoder.pt"  # of gan_encoder, beside the light
OPSET, IR_VERSION = 18, 10  # what ONNX Runtime 1.20 reads
TOLERANCE, TRIALS = 1e-3, 6  # of a picture in -1 ... 1; styles and grains tried
LIVELY = (-0.3, 0.0, 0.3)  # brightness and saturation of labels that are dim no more, bright, very bright
KINDS = 4  # label vectors of each family that the card offers to walk between


class MappingGraph(nn.Module):
    """The mapping with the mean of w beside each answer."""

    def __init__(self, mapping: Mapping) -> None:
        super().__init__()
        self.mapping = mapping

    def forward(self, z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return self.mapping(z, labels), self.mapping.w_mean[None] * 1.0


class SynthesisGraph(nn.Module):
    """The synthesis with its grain held still. styles (1, layers, w_dim), noise (1, levels), bend -> picture (px, px, 3) uint8, and the same
    as float in -1 ... 1, which the shipped graph leaves out."""

    def __init__(self, synthesis: Synthesis, seed: int = 0) -> None:
        super().__init__()
        self.synthesis = synthesis
        for i, level in enumerate(synthesis.levels):
            side = level.place.shape[-1]
            self.register_buffer(f"grain{i}", torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(seed + i)))

    def forward(self, styles: Tensor, noise: Tensor, bend: Tensor | None = None) -> tuple[Tensor, Tensor]:
        grains = [getattr(self, f"grain{i}") * noise[:, i, None, None, None] for i in range(len(self.synthesis.levels))]
        picture = self.synthesis(styles, grains, bend).clamp(-1, 1)[0].permute(1, 2, 0)
        return (picture * 127.5 + 128).clamp(0, 255).to(torch.uint8), picture


def restore(folder: Path, px: int = 0) -> tuple[Light, dict[str, Any]]:
    """The moving average of a checkpoint, in evaluation mode, and the file it lay in. `px`: another side of the picture than it was trained for, of
    a light with fields. Raises ValueError where it cannot be painted at that size."""
    saved = checkpoint.load(folder / EMA)
    shape = checkpoint.shape_of(saved)
    light = Light(shape)
    light.load_state_dict(saved["weights"])
    if px:
        light.synthesis.shape = replace(shape, enlarged=shape.times(px))
    return light.eval().requires_grad_(False), saved


def write_graphs(light: Light, folder: Path) -> tuple[SynthesisGraph, onnx.ModelProto]:
    """mapping.onnx and synthesis.onnx in `folder`; returns the synthesis in PyTorch, and as a graph that gives the float as well."""
    shape = light.synthesis.shape
    example = torch.zeros(1, shape.z_dim), torch.zeros(1, shape.label_dim)
    onnx.save_model(_graph(MappingGraph(light.mapping), example, ("z", "labels"), ("w", "w_mean")), folder / "mapping.onnx")
    graph = SynthesisGraph(light.synthesis).eval()
    example, names = (torch.zeros(1, shape.layers, shape.w_dim), torch.ones(1, len(shape.channels))), ("styles", "noise")
    if shape.bent_px:
        example, names = (*example, unbent(shape)), (*names, "bend")
    whole = _graph(graph, example, names, ("picture", "exact"))
    for name, usual in zip(names[1:], example[1:], strict=True):
        whole.graph.initializer.append(onnx.numpy_helper.from_array(usual.numpy(), name))  # an input that may be left out
    shipped = onnx.ModelProto()
    shipped.CopyFrom(whole)
    shipped.graph.output.remove(next(output for output in shipped.graph.output if output.name == "exact"))
    onnx.checker.check_model(shipped)
    onnx.save_model(shipped, folder / "synthesis.onnx")
    return graph, whole


def restore_encoder(folder: Path, shape: Shape) -> tuple[Encoder | None, dict[str, Any]]:
    """The encoder that has learned beside this light, in evaluation mode, and how it went; none where there is none."""
    if not (folder / ENCODER).exists():
        return None, {}
    saved = checkpoint.load(folder / ENCODER)
    encoder = Encoder(shape)
    encoder.load_state_dict(saved["weights"])
    return encoder.eval().requires_grad_(False), saved["facts"]


def write_encoder(encoder: Encoder, folder: Path) -> float:
    """encoder.onnx in `folder`; returns how far ONNX Runtime and PyTorch are apart over TRIALS pictures."""
    import onnxruntime

    graph, worst = EncoderGraph(encoder).eval(), 0.0
    onnx.save_model(_graph(graph, (torch.zeros(READ_PX, READ_PX, 3, dtype=torch.uint8),), ("picture",), ("z", "labels")), folder / "encoder.onnx")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(folder / "encoder.onnx"), options, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    for trial in range(TRIALS):
        picture = torch.randint(0, 40 * (trial + 1), (READ_PX, READ_PX, 3), generator=generator).to(torch.uint8)
        theirs = session.run(["z", "labels"], {"picture": picture.numpy()})
        worst = max(worst, *(float(np.abs(a - b.numpy()).max()) for a, b in zip(theirs, graph(picture), strict=True)))
    return worst


def unbent(shape: Shape) -> Tensor:
    """The map that takes each feature from its own place."""
    return torch.from_numpy(bend(Fold(), 2 * shape.bent_px)[None])


def _graph(module: nn.Module, example: tuple[Tensor, ...], inputs: tuple[str, ...], outputs: tuple[str, ...]) -> onnx.ModelProto:
    for chatty in ("torch.onnx", "onnx_ir"):  # one misses torchvision, the other tells what it left alone
        logging.getLogger(chatty).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(), example, input_names=inputs, output_names=outputs, opset_version=OPSET, dynamo=True, verbose=False, optimize=False
        )  # fmt: skip
    model = program.model_proto
    model.ir_version = IR_VERSION
    made = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        del node.metadata_props[:]  # where in this machine's files each line came from
        if node.op_type == "Conv" and len(node.input) == 3 and node.input[2] in made and made[node.input[2]].op_type == "Expand":
            del node.input[2]  # the exporter's own noughts, which keep ONNX Runtime from its quickest convolutions
    onnx.checker.check_model(model)
    return model


def disagreement(light: Light, folder: Path, graph: SynthesisGraph, whole: onnx.ModelProto, labels_of: Tensor) -> float:
    """The largest difference between PyTorch and ONNX Runtime over TRIALS random latents, with labels out of `labels_of` (count, label_dim): w,
    w_mean, the picture in -1 ... 1."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors arrive as exceptions
    mapping, synthesis = (
        onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        for source in (str(folder / "mapping.onnx"), whole.SerializeToString())
    )
    shape, generator, worst = light.synthesis.shape, torch.Generator().manual_seed(0), [0.0]
    for trial in range(TRIALS):
        z, labels = torch.randn(1, shape.z_dim, generator=generator), labels_of[trial % len(labels_of)][None]
        w, w_mean = mapping.run(["w", "w_mean"], {"z": z.numpy(), "labels": labels.numpy()})
        worst += [np.abs(w - light.mapping(z, labels).numpy()).max(), np.abs(w_mean[0] - light.mapping.w_mean.numpy()).max()]
        styles = w[:, None] + 0.3 * torch.randn(1, shape.layers, shape.w_dim, generator=generator).numpy()
        noise = np.full((1, len(shape.channels)), trial / 2, np.float32)
        given = {"styles": styles, "noise": noise}
        if shape.bent_px:
            given["bend"] = bend(Fold({1.0 + trial: 1.0, 2.0: 0.5}, 0.3, 0.2 * trial, 0.1, 0.0, 0.9), 2 * shape.bent_px)[None]
        picture, exact = synthesis.run(["picture", "exact"], given)
        rounded, theirs = graph(*map(torch.from_numpy, given.values()))
        worst += [np.abs(exact - theirs.numpy()).max(), (np.abs(picture.astype(int) - rounded.numpy()).max() > 1) * 1.0]
    return float(np.max(worst))  # a number that is none stays none


def kinds(labels: Tensor) -> list[list[float]]:
    """KINDS label vectors of each family out of (count, label_dim): bright and colourful ones before others, symmetries by turns."""
    least = torch.minimum(*(labels[:, LAYOUT[name][0]] for name in ("brightness", "saturation")))
    lively = (least[:, None] > torch.tensor(LIVELY)).sum(1).tolist()
    orders = labels[:, slice(*LAYOUT["symmetry"])].argmax(1).tolist()
    chosen = []
    for family in range(*LAYOUT["family"]):
        ranked = sorted(torch.nonzero(labels[:, family] > 0.5)[:, 0].tolist(), key=lambda place: -lively[place])
        first = {orders[place]: place for place in reversed(ranked)}
        others = [place for place in ranked if first[orders[place]] != place]
        chosen.append(labels[[*(place for place in ranked if first[orders[place]] == place), *others][:KINDS]])
    return [[round(float(x), 4) for x in rows[i]] for i in range(KINDS) for rows in chosen if i < len(rows)]


def card_of(name: str, light: Light, saved: dict[str, Any]) -> dict[str, Any]:
    """The card's tables."""
    shape, facts = light.synthesis.shape, saved["facts"]
    kept, drawn = sum(facts["kept"].values()), sum(facts["drawn"].values())
    sizes = {"px": shape.px, "layers": shape.layers, "levels": len(shape.channels)}
    parameters = sum(p.numel() for net in (light.mapping, light.synthesis) for p in net.parameters())
    return {
        "model": {
            "name": name,
            "role": "pictures",
            "encoding": ENCODING,
            "sentence": f"A style-based generator, {shape.px} px, that knows {', '.join(FAMILIES)}, palettes and symmetries by name.",
        },
        "shape": {**asdict(shape), **sizes, "parameters": parameters, "label_names": list(NAMES), "labels": kinds(saved["labels"])},
        "graphs": {graph: {"file": f"{graph}.onnx"} for graph in ("mapping", "synthesis")},
        "training": {key: facts[key] for key in ("seconds", "steps", "seen", "fields", "between") if key in facts},
        "data": [{
            "name": "pictures made by performer.training.pictures", "licence": "CC0-1.0", "credit": "none needed: made by rule",
            "kept": kept, "rejected": drawn - kept, "kept_by_family": facts["kept"],
        }],
    }  # fmt: skip


def export(source: Path, out: Path, metrics: dict[str, Any], sheets: Path | None = None, px: int = 0) -> float:
    """Put the model at `out`, with the PNG files of `sheets`, and return how far the two runtimes were apart. `px` as `restore` takes it, and
    refuses it. Raises ModelError, `out` untouched, where they disagree."""
    light, saved = restore(source, px)
    with replacing(out) as new:
        graph, whole = write_graphs(light, new)
        apart = disagreement(light, new, graph, whole, saved["labels"])
        if not apart <= TOLERANCE:
            raise ModelError(f"ONNX Runtime and PyTorch are {apart:.1e} apart, more than {TOLERANCE:.0e}.", "The model was not exported.")
        card = card_of(out.name, light, saved)
        encoder, facts = restore_encoder(source, light.synthesis.shape)
        if encoder is not None:
            apart = max(apart, off := write_encoder(encoder, new))
            if not off <= TOLERANCE:
                raise ModelError(f"ONNX Runtime and PyTorch read a picture {off:.1e} apart.", "The model was not exported.")
            card["graphs"]["encoder"] = {"file": "encoder.onnx"}
            card["shape"]["encoder_px"] = READ_PX
            card["training"] |= {f"encoder_{name}": facts[name] for name in ("seconds", "steps", "read")}
            metrics = {**metrics, **({"encoder": facts["metrics"]} if facts["metrics"] else {})}
        named = {path.stem: path.name for path in sorted(sheets.glob("*.png"))} if sheets else {}
        for name in named.values():
            shutil.copyfile((sheets or new) / name, new / name)
        write_card(new, {**card, "metrics": metrics, **({"sheets": named} if named else {})})
    return apart


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, required=True, help="the folder that performer.training.gan wrote")
    parser.add_argument("--out", type=Path, required=True, help="the model's folder; its last part is the model's name")
    parser.add_argument("--metrics", type=Path, help="what performer.training.gan_evaluate wrote with --json")
    parser.add_argument("--px", type=int, default=0, help="side of the picture (0: as trained); a light with fields is painted at twice as much too")
    parser.add_argument("--sheets", type=Path, help="the folder of pictures that performer.training.gan_sheet wrote")
    options = parser.parse_args(arguments)
    try:
        metrics = json.loads(options.metrics.read_text(encoding="utf-8")) if options.metrics else {}
        apart = export(options.checkpoint, options.out, metrics, options.sheets, options.px)
    except (PerformerError, OSError, ValueError, KeyError, RuntimeError) as error:
        print(f"{options.out} was not written: {error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in options.out.glob("*.onnx"))
    print(f"{options.out}: {size / 1e6:.1f} MB; ONNX Runtime and PyTorch agree to {apart:.1e} over {TRIALS} pictures.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
