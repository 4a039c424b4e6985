"""Prints the texts of PNG files as rapidocr reads them, a JSON list: `python read_frames.py FILE...`.

Run by the Python that has rapidocr, which need not be the one that has Performer.
"""

import json
import sys


def main() -> None:
    from rapidocr import RapidOCR

    read = RapidOCR(params={"Global.log_level": "error"})
    texts = []
    for path in sys.argv[1:]:
        found = read(path)
        boxes, words = (found.boxes, found.txts) if found.txts else ([], [])
        rows = sorted(
            zip(boxes, words, strict=True),
            key=lambda each: (round(each[0][:, 1].mean() / 40), each[0][:, 0].min()),
        )
        texts.append(" ".join(word for _, word in rows))
    print(json.dumps(texts, ensure_ascii=False))


if __name__ == "__main__":
    main()
