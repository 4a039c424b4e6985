"""What may know what, as tables held against the code: layers, third-party libraries, the size of a module."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "performer"

# A module imports from the layers before its own, and a module of a folder from that folder.
LAYERS: tuple[str, ...] = (
    "text",
    ". addresses agenda assets awake bucket chords clock console constraints endings errors events heartbeat jack log_limit loopback midi_parser",
    "movers packages port_link priority progress saved_state schema shared_value worker",
    "apart card effects encoding housekeeping midi_backends midi_connections music parameter process_report show_names show_text show_values",
    "ledger midi_system parameters rest_ledger show_check",
    "crash_memory show_ports",
    "desk inference listening midi_port probe scheduler session show",
    "port_owner words",
    "evaluation folders inputs minds outputs visuals",
    "devices doctor offline ports show_midi state_keeper",
    "app",
    "bench calibration check preflight render supervisor",
    "commands",
    "cli",
    "__main__",
)
LAYER = {place: number for number, layer in enumerate(LAYERS) for place in layer.split()}
# No port, no model; of the clock the values only.
SESSION_KNOWS = {"session", "chords", "clock", "effects", "encoding", "events", "parameters", "rest_ledger"}
TELLING = ("Clock", "SystemClock", "VirtualClock")  # what tells the time
LIBRARIES: dict[str, str] = {
    "PIL": "bench.eye visuals.camera visuals.page visuals.sitter words.typeset",
    "av": "visuals.video",
    "cyndilib": "visuals.share",
    "pyvirtualcam": "visuals.share",
    "syphon": "visuals.share",
    "SpoutGL": "visuals.share",
    "aalink": "inputs.link",
    "glfw": "visuals.displays",
    "moderngl": "visuals.compositor",
    "mido": "render",
    "numpy": "bench calibration.audio_loop check encoding evaluation inference listening visuals words",
    "onnxruntime": "inference.onnx",
    "platformdirs": "assets",
    "rtmidi": "midi_backends",
    "supriya_midi": "midi_backends",
    "pythonosc": "loopback",
    "sounddevice": "listening.audio",
    "starlette": "desk",
    "uvicorn": "desk.process",
    "websockets": "bench.eye bench.idle",
}
HEAVY = ("numpy", "glfw", "moderngl", "av", "rtmidi", "supriya_midi", "sounddevice", "onnxruntime", "starlette", "torch")
LONGEST = 400  # lines


def name_of(path: Path) -> str:
    """A module's name inside the package, `.` for the package itself."""
    parts = [part for part in path.relative_to(PACKAGE).with_suffix("").parts if part != "__init__"]
    return ".".join(parts) or "."


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that the code imports, wherever in it; `from performer import x` counts as performer.x."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            if node.module == "performer":
                yield from (f"performer.{each.name}" if _is_module(each.name) else "performer.." for each in node.names)
            else:
                yield str(node.module)


def _is_module(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def within(module: str, places: str) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places.split())


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
IMPORTS = {name: set(imports(ast.parse(path.read_text(encoding="utf-8")))) for name, path in MODULES.items()}
STAGE = [name for name in MODULES if not within(name, "training")]  # what plays; training stands apart
each_module = pytest.mark.parametrize("module", STAGE)


def own_imports(module: str) -> set[str]:
    return {name.removeprefix("performer.") for name in IMPORTS[module] if name.split(".")[0] == "performer"}


@each_module
def test_what_plays_knows_nothing_of_training(module: str):
    assert not [name for name in IMPORTS[module] if within(name, "torch performer.training")]


@each_module
def test_imports_go_down(module: str):
    place = module.split(".", maxsplit=1)[0] or "."
    for name in own_imports(module):
        other = name.split(".")[0] or "."
        assert other == place or LAYER[other] < LAYER[place], f"{module} imports {name}"


@pytest.mark.parametrize("module", [name for name in STAGE if within(name, "session")])
def test_the_session_knows_no_clock_no_port_and_no_model(module: str):
    assert {name.split(".")[0] for name in own_imports(module)} <= SESSION_KNOWS
    names = {node.id for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))) if isinstance(node, ast.Name)}
    assert not names & set(TELLING)


@each_module
def test_a_library_is_known_where_the_table_says(module: str):
    for name in IMPORTS[module]:
        library = name.split(".")[0]
        if library not in sys.stdlib_module_names and library != "performer":
            assert library in LIBRARIES and within(module, LIBRARIES[library]), f"{module} imports {name}"


def test_the_tables_name_only_what_is_there():
    used = {(name.split(".")[0], module) for module in STAGE for name in IMPORTS[module]}
    for library, places in LIBRARIES.items():
        for place in places.split():
            assert any(by == library and within(module, place) for by, module in used), f"{place} does not use {library}"
    assert set(LAYER) == {name.split(".")[0] or "." for name in STAGE}


def test_the_command_line_begins_light():
    code = f"import sys, performer, performer.cli; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is_and_is_short(module: str):
    text = MODULES[module].read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert len(text.splitlines()) <= LONGEST


def test_an_import_inside_a_function_is_seen():
    tree = ast.parse("def late():\n    from torch.nn import Linear\n    from performer import jack, __version__\n    import mido.midifiles")
    assert set(imports(tree)) == {"torch.nn", "performer.jack", "performer..", "mido.midifiles"}
