"""The page's files, read once: they travel with the package, and no path that a visitor writes ever reaches the disk."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from performer.assets import shaders_dir

FOLDER = Path(__file__).parent / "page"
CONTENT_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".glsl": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One file: what it is and what is in it."""

    content: bytes
    content_type: str
    etag: str


def read_shelf() -> Mapping[str, Item]:
    """Every file of the page, and the shaders that it shares with the window, by the name in the address."""
    return {path.name: _read(path) for folder in (FOLDER, shaders_dir()) for path in sorted(folder.iterdir()) if path.suffix in CONTENT_TYPES}


def _read(path: Path) -> Item:
    content = path.read_bytes()
    return Item(content, CONTENT_TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:16]}"')
