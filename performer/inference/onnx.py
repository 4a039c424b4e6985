"""Opening an ONNX graph. ONNX Runtime is imported here only, when a model is opened: before the show, never on the hot path.

Creating a session holds the GIL and may print from C++; both are over when `open_graph` returns. A graph is run on the caller's thread:
with one intra-op thread there is no pool to wake, which is what many small calls of a batch of one want.
"""

import contextlib
import ctypes
import io
import math
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.card import Graph
from performer.errors import ModelError
from performer.inference.run_limit import RUN_S, RunLimit

Array = npt.NDArray[Any]
Run = Callable[..., list[Array]]  # arrays in the order of the inputs -> arrays in the order of the outputs
KINDS = {"float": np.float32, "int64": np.int64, "uint8": np.uint8}
LARGEST = 1 << 24  # of a size in a card
BINDABLE = 1 << 18  # bytes that go in and come out of a graph whose buffers are bound: they are copied in 20 µs
DRIVER = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}  # what an NVIDIA driver brings; without it nothing of CUDA is tried
TOO_LONG = "Another model plays its part; `performer check` tells how long this one takes."
EXPORT_AGAIN = "Export the model again with this version's training scripts."


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a graph: its name, its kind as ONNX names it (a key of KINDS) and its shape."""

    name: str
    kind: str
    shape: tuple[int, ...]


def ports_of(graph: Graph, side: str) -> tuple[Port, ...]:
    """The `inputs` or `outputs` that the card tells of a graph. Raises ModelError where it tells none, or not as "float 2 x 1 x 448"."""
    words = graph.inputs if side == "inputs" else graph.outputs
    if not words:
        raise ModelError(f"The card does not tell the {side} of graph '{graph.name}'.", f"Add [graphs.{graph.name}.{side}] to it.")
    found = []
    for name, told in words.items():
        kind, _, sizes = told.partition(" ")
        shape = [int(size) if size.isdecimal() else 0 for size in sizes.split(" x ")]
        if kind not in KINDS or not all(0 < size <= LARGEST for size in shape):
            raise ModelError(
                f"The card tells '{told}' of '{name}' in graph '{graph.name}'.", f'Write it as "float 1 x 8": {" or ".join(KINDS)}, then the sizes.'
            )
        found.append(Port(name, kind, tuple(shape)))
    return tuple(found)


def _size(port: Port) -> int:
    """Bytes of one of its arrays."""
    return math.prod(port.shape) * np.dtype(KINDS[port.kind]).itemsize


class OpenGraph:
    """A graph ready to run: call it with the inputs in the order of its ports, and get the outputs in theirs. Inputs that have a value of their
    own in the graph are named, and those it does not have are passed over. `metadata`: texts that travel in the graph, by name. Thread-safe."""

    def __init__(
        self, session: Any, graph: Graph, inputs: tuple[Port, ...], outputs: tuple[Port, ...], limit: RunLimit,
        options: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self.device = "cuda" if "CUDAExecutionProvider" in session.get_providers() else "cpu"
        self.metadata: dict[str, str] = dict(session.get_modelmeta().custom_metadata_map)
        self._graph, self._ports = graph, inputs
        self._names = tuple(port.name for port in inputs)
        self._wanted = [port.name for port in outputs]
        self._session, self._outputs = session, outputs
        self._run, self._options = session.run, options
        self._limit = limit

    def __call__(self, *arrays: Array, **options: Array) -> list[Array]:
        named = {name: array for name, array in options.items() if name in self._options}
        inputs = dict(zip(self._names, arrays, strict=True)) | named
        out: list[Array] = self._limited(lambda run_options: self._run(self._wanted, inputs, run_options))
        return out

    def _limited(self, run: Callable[[Any], Any]) -> Any:
        """What the run gives. Raises ModelError where it takes too long, or did so twice not long ago."""
        limit = self._limit
        if limit.refuses():
            raise ModelError(f"Graph '{self._graph.path}' ran too long and rests.", TOO_LONG)
        options = limit.begins()
        try:
            return run(options)
        finally:
            if limit.ended():
                raise ModelError(f"Graph '{self._graph.path}' did not end within {limit.seconds:.0f} s and was stopped.", TOO_LONG) from None

    def bound(self) -> Run:
        """A way to run it over and over with less ado, for one thread at a time: the inputs and outputs lie in buffers that are bound once and
        used again. What goes in is copied and what comes out is a copy, so a fork of a memory may keep either. Where more is carried than is
        copied in no time, the graph itself."""
        if self._options or sum(_size(port) for port in (*self._ports, *self._outputs)) > BINDABLE:
            return self
        binding = self._session.io_binding()
        places = {port.name: np.zeros(port.shape, KINDS[port.kind]) for port in (*self._ports, *self._outputs)}
        for ports, bind in ((self._ports, binding.bind_input), (self._outputs, binding.bind_output)):
            for port in ports:
                place = places[port.name]
                bind(port.name, "cpu", 0, place.dtype.type, list(port.shape), place.ctypes.data)
        inputs, outputs = ([places[port.name] for port in ports] for ports in (self._ports, self._outputs))
        run_bound = self._session.run_with_iobinding

        def run(*arrays: Array) -> list[Array]:
            for place, array in zip(inputs, arrays, strict=True):
                place[...] = array
            self._limited(lambda run_options: run_bound(binding, run_options))
            return [place.copy() for place in outputs]

        return run

    def warm(self, times: int = 8, run: Run | None = None) -> None:
        """Run on halves (integers: zeros), by `run` where it is bound. Raises ModelError where the graph fails on them or gives numbers that are
        none."""
        plain = [np.full(port.shape, 0.5).astype(KINDS[port.kind]) for port in self._ports]
        run = run or self
        try:
            outputs = [run(*plain) for _ in range(times)][-1]
        except Exception as error:
            raise ModelError(f"Graph '{self._graph.path}' does not run: {_brief(error)}.", EXPORT_AGAIN) from None
        if not all(np.isfinite(output).all() for output in outputs):
            raise ModelError(f"Graph '{self._graph.path}' gives numbers that are not finite.", EXPORT_AGAIN)


def open_graph(
    graph: Graph, inputs: tuple[Port, ...], outputs: tuple[Port, ...], device: str = "cpu", options: tuple[Port, ...] = ()
) -> OpenGraph:
    """Load `graph`, hold its inputs and outputs against those expected, and run it once. Of the `options`, which may be left out at a call,
    it has those that it has.

    `device` "cuda" is a wish: without a working CUDA the graph runs on the CPU, and `OpenGraph.device` tells. For a batch of one through
    a small LSTM the CPU is the faster of the two. Raises ModelError for a file that is no graph, or another one."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # a stage is no place for it, and it writes to the user's folders
    with _quiet():
        import onnxruntime

        how = onnxruntime.SessionOptions()
        how.intra_op_num_threads = how.inter_op_num_threads = 1
        how.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        how.log_severity_level = 4  # errors arrive as exceptions
        try:
            session = onnxruntime.InferenceSession(str(graph.path), how, providers=_providers(onnxruntime, device))
        except Exception as error:
            raise ModelError(f"'{graph.path}' is not an ONNX graph that can be loaded: {_brief(error)}.", EXPORT_AGAIN) from None
    _check(graph, "input", inputs, session.get_inputs())
    _check(graph, "output", outputs, session.get_outputs())
    own = {each.name: each for each in session.get_overridable_initializers()}
    there = tuple(port for port in options if port.name in own)
    _check(graph, "input", there, [own[port.name] for port in there])
    limit = RunLimit(onnxruntime)
    opened = OpenGraph(session, graph, inputs, outputs, limit, frozenset(port.name for port in there))
    opened.warm(1)
    limit.seconds = RUN_S
    return opened


def _check(graph: Graph, side: str, expected: tuple[Port, ...], found: list[Any]) -> None:
    """A dimension that the graph leaves open fits any number."""
    there = {each.name: each for each in found}
    if there.keys() != {port.name for port in expected}:
        names = ", ".join(port.name for port in expected)
        raise ModelError(f"Graph '{graph.path}' has the {side}s {', '.join(there)} where {names} are expected.", EXPORT_AGAIN)
    for port in expected:
        shape, kind = there[port.name].shape, there[port.name].type.removeprefix("tensor(").removesuffix(")")
        fits = len(shape) == len(port.shape) and all(a == b for a, b in zip(shape, port.shape, strict=True) if isinstance(a, int))
        if kind != port.kind or not fits:
            raise ModelError(
                f"The {side} '{port.name}' of '{graph.path}' is {kind} {shape} where {port.kind} {list(port.shape)} is expected.",
                EXPORT_AGAIN,
            )


def _providers(onnxruntime: Any, device: str) -> list[str]:
    """CUDA where it is asked for, built in and a driver is there; always the CPU behind it."""
    cpu = ["CPUExecutionProvider"]
    if device != "cuda" or "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        return cpu
    try:
        ctypes.CDLL(DRIVER.get(sys.platform, ""))
    except OSError:
        return cpu
    if hasattr(onnxruntime, "preload_dlls"):  # the CUDA libraries of pip's own wheels
        onnxruntime.preload_dlls()
    return ["CUDAExecutionProvider", *cpu]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nothing that ONNX Runtime prints reaches the terminal, be it C++ or Python: the GPU wheel grumbles where it finds no GPU."""
    try:
        kept = os.dup(2)
    except OSError:  # a process without a terminal has nothing to keep quiet
        yield
        return
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)


def _brief(error: Exception) -> str:
    """The first line of what ONNX Runtime says, without its code and its end."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rsplit("] : ", 1)[-1].rstrip(". ")[:160]
