"""Cuts the fonts of the words from their packages.

    python -m performer.training.cut_fonts SPECTRAL GARAMOND NOTO OUT [--more FOLDER ...]

The folders are what these packages hold once they are unpacked: `fontpkg-spectral` and `fontpkg-eb-garamond`
(PyPI) and `@fontsource/noto-serif-sc` (npm). `--more` names folders of sister packages
(`@fontsource/noto-serif-tc`, `-jp`, `-hk`): characters of old poems that the font for simplified Chinese
lacks are copied from these. Needs fonttools.

Noto Serif SC comes as one large piece and a hundred slices. What the large piece lacks is copied from the
slices, glyph by glyph. Every font keeps what the verse models can write and what people type.
"""

import argparse
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from performer.assets import models_dir

WEIGHT = 600  # semi-bold: thin strokes of a book weight drown in a bright picture
LATIN = (
    (0x20, 0x7E), (0xA0, 0x24F), (0x259, 0x25A), (0x2B0, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F),
    (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20CF), (0x2100, 0x215F), (0x2190, 0x2193),
    (0x2200, 0x22FF), (0xFB00, 0xFB06),
)  # fmt: skip
# CJK punctuation, kana, forms for vertical lines, full-width forms, boxes and circles.
CHINESE = (
    (0x20, 0x7E), (0xB7, 0xB7), (0x2014, 0x2026), (0x25A0, 0x25EF), (0x3000, 0x30FF), (0xFE10, 0xFE1F),
    (0xFE30, 0xFE4F), (0xFF00, 0xFFEF),
)  # fmt: skip
FEATURES = ["kern", "liga", "clig", "calt", "ccmp", "locl", "mark", "mkmk", "rlig"]
LATIN_FACES = {
    "Spectral-SemiBold.ttf": "Spectral-SemiBold.ttf",
    "Spectral-SemiBoldItalic.ttf": "Spectral-SemiBoldItalic.ttf",
}


def characters_in(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {code for first, last in ranges for code in range(first, last + 1)}


def chinese_characters() -> set[int]:
    """The Chinese model's vocabulary, the 6,763 characters of GB 2312 and the marks of CHINESE."""
    import onnx

    graph = onnx.load(str(models_dir() / "verse-zh" / "step.onnx"), load_external_data=False)
    vocabulary = json.loads({entry.key: entry.value for entry in graph.metadata_props}["vocabulary"])
    codes = {ord(letter) for piece in vocabulary["pieces"] for letter in piece}
    for row in range(0xB0, 0xF8):
        text = bytes(each for cell in range(0xA1, 0xFF) for each in (row, cell)).decode("gb2312", "ignore")
        codes |= {ord(letter) for letter in text}
    return codes | characters_in(CHINESE)


def cut(font: TTFont, codes: set[int], out: Path) -> None:
    """Keep only the glyphs of these characters, without hints, and write the font."""
    options = subset.Options(
        layout_features=FEATURES, hinting=False, glyph_names=False, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14]
    )
    options.drop_tables += ["STAT", "DSIG", "BASE", "vhea", "vmtx", "VORG"]
    worker = subset.Subsetter(options)
    worker.populate(unicodes=codes)
    worker.subset(font)
    font.save(out)
    print(f"{out.name}: {len(font.getBestCmap())} characters, {out.stat().st_size / 1e6:.2f} MB")


def slices(folder: Path) -> Iterator[tuple[Path, set[int]]]:
    """The slices of this weight, each with the characters that the style sheet gives it."""
    sheet = (folder / f"{WEIGHT}.css").read_text(encoding="utf-8")
    rule = rf"files/(noto-serif-\w\w-\d+-{WEIGHT}-normal\.)woff2.*?unicode-range:\s*([^;]+);"
    for name, ranges in re.findall(rule, sheet, re.S):
        ends = [part.strip()[2:].split("-") for part in ranges.split(",")]
        yield folder / "files" / name, characters_in((int(end[0], 16), int(end[-1], 16)) for end in ends)


def open_slice(stem: Path) -> TTFont:
    """The slice as woff, or as woff2 (for which fonttools needs the package `brotli`)."""
    return TTFont(next(path for ending in ("woff", "woff2") if (path := Path(f"{stem}{ending}")).is_file()))


def add_glyphs(font: TTFont, other: TTFont, codes: set[int]) -> int:
    """Copy the glyphs of these characters from a font of the same design. Returns how many it had."""
    there, glyphs = other.getBestCmap(), other.getGlyphSet()
    count = 0
    for code in sorted(codes & set(there)):
        name, source = f"u{code:05X}", there[code]
        font["glyf"][name] = plain_glyph(glyphs, source)
        for table in ("hmtx", "vmtx"):
            font[table][name] = other[table][source] if table in other else font[table][".notdef"]
        for table in font["cmap"].tables:
            if table.isUnicode() and (code < 0x10000 or table.format == 12):
                table.cmap[code] = name
        count += 1
    return count


def plain_glyph(glyphs: Any, name: str) -> Any:
    """The outline without components."""
    from fontTools.pens.recordingPen import DecomposingRecordingPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    recording, pen = DecomposingRecordingPen(glyphs), TTGlyphPen(None)
    glyphs[name].draw(recording)
    recording.replay(pen)
    return pen.glyph()


def cut_chinese(folder: Path, more: Sequence[Path], out: Path) -> None:
    """Put Noto Serif SC together, with what its sisters have more, and cut it."""
    font = TTFont(folder / "files" / f"noto-serif-sc-chinese-simplified-{WEIGHT}-normal.woff")
    font.flavor = None
    wanted = chinese_characters()
    for stem, codes in (each for source in (folder, *more) for each in slices(source)):
        if missing := (wanted & codes) - set(font.getBestCmap()):
            add_glyphs(font, open_slice(stem), missing)
    cut(font, wanted, out / "NotoSerifSC-SemiBold.ttf")
    lacking = "".join(chr(code) for code in sorted(wanted - set(font.getBestCmap())) if code > 0x3400)
    print(f"without a glyph: {lacking or 'none'}")


def write_licence(source: Path, font: Path, out: Path) -> None:
    """The OFL text with the copyright that stands in the font itself."""
    copyright_ = str(TTFont(font)["name"].getDebugName(0))
    text = source.read_text(encoding="utf-8")
    text = text[text.index("This Font Software is licensed") :]
    out.write_text(f"{copyright_}\n\n{text.strip()}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Cut the fonts of the words from their packages.")
    for name in ("spectral", "garamond", "noto", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--more", type=Path, nargs="*", default=[])
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for source, name in LATIN_FACES.items():
        cut(TTFont(chosen.spectral / "files" / source), characters_in(LATIN), chosen.out / name)
    garamond = TTFont(chosen.garamond / "files" / "EBGaramond[wght].ttf")
    instancer.instantiateVariableFont(garamond, {"wght": WEIGHT}, inplace=True, updateFontNames=False)
    cut(garamond, characters_in(LATIN), chosen.out / "EBGaramond-SemiBold.ttf")
    cut_chinese(chosen.noto, chosen.more, chosen.out)
    write_licence(
        chosen.spectral / "LICENSE", chosen.out / "Spectral-SemiBold.ttf", chosen.out / "OFL-Spectral.txt"
    )
    write_licence(
        chosen.garamond / "LICENSE", chosen.out / "EBGaramond-SemiBold.ttf", chosen.out / "OFL-EBGaramond.txt"
    )
    write_licence(
        chosen.noto / "LICENSE", chosen.out / "NotoSerifSC-SemiBold.ttf", chosen.out / "OFL-NotoSerifSC.txt"
    )


if __name__ == "__main__":
    main()
