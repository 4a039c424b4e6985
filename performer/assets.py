"""Where the files that travel with Performer lie: in the installed package, or in the checkout beside it."""

import tempfile
from pathlib import Path

import platformdirs

from performer.text import text_problem

_PACKAGE = Path(__file__).resolve().parent
_NO_HOME = _PACKAGE / "no-home"  # is not there: nobody else may lay models where a user without a home looks for them


def asset(name: str) -> Path:
    """The folder `name` (models/onnx, patches) of the installed wheel, or of the checkout where there is no wheel."""
    packed = _PACKAGE / "_assets" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def shaders_dir() -> Path:
    """The folder of the shaders, which the window and the pages of browsers share."""
    return _PACKAGE / "shaders"


def models_dir() -> Path:
    """The folder of the models that Performer ships."""
    return asset("models/onnx")


def user_dir() -> Path | None:
    """The user's own data folder; None where the system knows no home folder (a service without HOME and without an entry in passwd)."""
    try:
        folder = Path(platformdirs.user_data_dir("performer", appauthor=False))
    except RuntimeError:  # the word of platformdirs 4.4 and later; earlier ones leave the ~ in the path
        return None
    return folder if folder.is_absolute() else None


def own_models_dir() -> Path:
    """The folder of the models that belong to the user (learned, or brought along)."""
    return (user_dir() or _NO_HOME) / "models"


def takes_dir() -> Path:
    """The folder that takes are written to where the show names none."""
    return (user_dir() or Path(tempfile.gettempdir()) / "performer") / "takes"


def pictures_dir() -> Path:
    """The folder of the user's own pictures, from which the light may start, where the show names none."""
    return (user_dir() or _NO_HOME) / "pictures"


def find_picture(name: str, folder: Path) -> Path | None:
    """The file of this name in `folder`; None if it is not there. A name is one word, and a link that leads out of the folder is none."""
    if not is_file_name(name):
        return None
    path = (folder / name).resolve()
    return path if path.is_file() and path.is_relative_to(folder.resolve()) else None


def is_file_name(name: str) -> bool:
    """Whether it names a file in a folder and no way out of it, on any system."""
    return bool(name) and not name.startswith(".") and not set(name) & set("/\\:") and not text_problem(name)


def file_name(name: str) -> str:
    """A name as a part of a file's."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name) or "show"


def demo_performance() -> Path:
    """The recorded human performance of `performer demo`."""
    return _PACKAGE / "demo.mid"


def model_names(folders: tuple[Path, ...] = ()) -> list[str]:
    """The names of all models that `find_model` finds."""
    return sorted({card.parent.name for folder in (*folders, own_models_dir(), models_dir()) for card in folder.glob("*/card.toml")})


def model_at(name: str) -> Path | None:
    """The folder that is named where it holds a model, else that of the model of this name; None if neither is there."""
    return Path(name) if (Path(name) / "card.toml").is_file() else find_model(name)


def find_model(name: str, folders: tuple[Path, ...] = ()) -> Path | None:
    """The folder of the model of this name: in the show's own folders, the user's, the shipped ones; None if it is nowhere.

    A name is one word: anything with a separator in it is not looked for."""
    if not is_file_name(name):
        return None
    for folder in (*folders, own_models_dir(), models_dir()):
        if (folder / name / "card.toml").is_file():
            return folder / name
    return None
