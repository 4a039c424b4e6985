"""A trained verse model as a folder: one graph `step.onnx` with weights of 8 bits and the vocabulary inside,
and a card.

    python -m performer.training.verse.export --checkpoint .work/verse-en/best.pt --out models/onnx/verse-en

The folder takes its place only when ONNX Runtime and PyTorch agree: on the graph of 32 bits in every logit,
and on that of 8 bits within TOLERANCE_BITS of divergence a token, on the same random poem. The weights are
stored in 8 bits, with one scale a row; ONNX Runtime makes them 32 again when it opens the graph.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from performer.errors import ModelError, PerformerError
from performer.training.card_writer import replacing, write_card
from performer.training.checkpoint import load
from performer.training.export import entry, write_graph
from performer.training.verse.evaluate import parameters_of
from performer.training.verse.model import Shape, Verse, empty_cache
from performer.training.verse.storage import quantise
from performer.words.tokenizer import Tokenizer
from performer.words.verse import ENCODING, VOCABULARY, VerseModel

STATE = ("state_keys", "state_values", "state_position")
TOLERANCE, TOLERANCE_BITS = 1e-3, 0.01
SENTENCES = {
    "en": "Writes English verse in sub-words, as one of 60 poets or nobody.",
    "zh": "Writes Chinese quatrains and ci in characters, as one of 200 poets or nobody.",
}
DATA = {
    "en": {
        "name": "poems_en",
        "licence": "public domain; collection Apache-2.0",
        "credit": "facjure/public-domain-poetry: poets who died before 1955",
    },
    "zh": {
        "name": "poems_zh",
        "licence": "public domain; collection MIT",
        "credit": "chinese-poetry: quatrains and ci in simplified characters",
    },
}


class Step(torch.nn.Module):
    """`Verse.step` as the module that is exported."""

    def __init__(self, net: Verse) -> None:
        super().__init__()
        self.blocks, self.table, self._step = net.blocks, net.table, net.step

    def forward(self, tokens, keys, values, position):
        return self._step(tokens, keys, values, position)


def export(net: Verse, tokenizer: Tokenizer, language: str, out: Path, facts: dict[str, Any]) -> float:
    """Put the model at `out` and return the divergence of its 8 bits in bits a token. Raises ModelError,
    `out` untouched, where the two runtimes disagree. `facts` are the tables `training` and `metrics` of the
    card."""
    net = net.eval()
    with replacing(out) as new:
        path = new / "step.onnx"
        example = (torch.zeros(1, 5, dtype=torch.long), *empty_cache(net.shape))
        sizes = ({1: torch.export.Dim("time", min=1, max=net.shape.window)}, None, None, None)
        write_graph(
            Step(net),
            example,
            ("tokens", *STATE),
            ("logits", *(f"new_{name}" for name in STATE)),
            path,
            sizes,
        )
        _store(path, tokenizer)
        poem = np.random.default_rng(0).integers(0, net.shape.vocabulary, net.shape.window + 70).tolist()
        apart = np.abs(_written(new, out.name, net, language, facts).feed(poem) - _logits(net, poem)).max()
        if not apart <= TOLERANCE:
            raise ModelError(
                f"ONNX Runtime and PyTorch are {apart:.1e} apart.", "The model was not exported."
            )
        quantise(path)
        bits = divergence_bits(_written(new, out.name, net, language, facts).feed(poem), _logits(net, poem))
        if not bits <= TOLERANCE_BITS:
            raise ModelError(
                f"The model of 8 bits is {bits:.3f} bits a token from the original.", "It was not exported."
            )
    return bits


@torch.no_grad()
def _logits(net: Verse, tokens: list[int]) -> np.ndarray:
    """What PyTorch says, a few tokens at a time."""
    cache, rows = empty_cache(net.shape), []
    for part in torch.tensor([tokens]).split(7, 1):
        logits, *cache = net.step(part, *cache)
        rows.append(logits.numpy())
    return np.concatenate(rows)


def _written(folder: Path, name: str, net: Verse, language: str, facts: dict[str, Any]) -> VerseModel:
    """Write the card of the graph that lies in `folder` and open the model."""
    shape = {name: getattr(net.shape, name) for name in Shape.__dataclass_fields__}
    card = {
        "model": {"name": name, "role": "words", "encoding": ENCODING, "sentence": SENTENCES[language]},
        "shape": {"kind": "transformer", "language": language, **shape, "parameters": parameters_of(net)},
        "graphs": {"step": entry(folder, "step.onnx")},
        "data": [DATA[language]],
    }
    write_card(folder, card | facts)
    return VerseModel(folder)


def _store(path: Path, tokenizer: Tokenizer) -> None:
    """Put the vocabulary into the graph."""
    model = onnx.load(path)
    model.metadata_props.append(onnx.StringStringEntryProto(key=VOCABULARY, value=tokenizer.to_json()))
    onnx.save(model, path)


def divergence_bits(one: np.ndarray, other: np.ndarray) -> float:
    """Mean Kullback-Leibler divergence in bits of the chances in `one` from those in `other`, both logits
    (tokens, vocabulary)."""
    logs = [
        rows.astype(np.float64) - np.logaddexp.reduce(rows.astype(np.float64), axis=1, keepdims=True)
        for rows in (other, one)
    ]
    return float((np.exp(logs[0]) * (logs[0] - logs[1])).sum(1).mean() / np.log(2))


def training_facts(saved: dict[str, Any], log: Iterable[str] = ()) -> dict[str, Any]:
    """The table `training` of the card: how long it trained, and the learning curve on valid poems."""
    progress = saved["progress"]
    curve = ["{tokens} tokens: {valid_bits:.3f} bits a character".format(**json.loads(line)) for line in log]
    numbers = {
        "seconds": round(progress["seconds"]),
        "steps": progress["steps"],
        "tokens": progress["tokens"],
    }
    return {"training": numbers | ({"curve": curve} if curve else {})}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--checkpoint",
        type=Path,
        required=True,
        help="a best.pt or last.pt of performer.training.verse.train",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="the model's folder; its last part is the model's name"
    )
    parser.add_argument(
        "--metrics", type=Path, help="what `performer eval --json` printed, and its command, as a JSON object"
    )
    options = parser.parse_args(arguments)
    try:
        saved = load(options.checkpoint)
        net = Verse(Shape(**saved["shape"]))
        net.load_state_dict(saved["weights"])
        log = options.checkpoint.with_name("log.jsonl")
        facts = training_facts(saved, log.read_text().splitlines() if log.is_file() else ())
        if options.metrics:
            facts["metrics"] = json.loads(options.metrics.read_text(encoding="utf-8"))
        bits = export(net, Tokenizer(json.loads(saved["vocabulary"])), saved["language"], options.out, facts)
    except (PerformerError, OSError, ValueError, KeyError) as error:
        print(f"{options.out} was not written: {error}", file=sys.stderr)
        return 1
    size = (options.out / "step.onnx").stat().st_size
    print(f"{options.out}: {size / 1e6:.1f} MB, {bits:.5f} bits a token from the weights of 32 bits.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
