"""`performer verse`: a poem on standard output, line by line, in a form that it keeps."""

import json
import sys
from argparse import Namespace
from typing import Any

from performer.commands.values import number, whole

TEXT = "Writes a poem with a verse model, line by line, in a form that it keeps."
LANGUAGES = ("en", "zh")


def add_parser(commands: Any) -> None:
    command = commands.add_parser("verse", help="write a poem", description=TEXT)
    command.add_argument("--language", choices=LANGUAGES, default="en", help="English or Chinese (default en)")
    command.add_argument("--model", default="", metavar="NAME", help="a model's name, or its folder (default: the shipped one of the language)")
    command.add_argument("--form", default="free", metavar="NAME", help="such as haiku, couplets, tetrameter, acrostic, 7-jueju (default free)")
    command.add_argument("--lines", type=whole(0, 60), default=0, metavar="N", help="how many (default 0: as the form has)")
    command.add_argument("--theme", default="", metavar="WORDS", help="words that the poem turns around")
    command.add_argument("--mood", default="", metavar="NAME", help="calm, dark, joy, longing, anger or wonder")
    command.add_argument("--prompt", default="", metavar="TEXT", help="lines that the poem goes on from")
    command.add_argument("--word", default="", metavar="WORD", help="what an acrostic spells")
    command.add_argument("--author", default="", metavar="NAME", help="a poet whom the model knows, such as 'John Keats'")
    command.add_argument("--temperature", type=number(0.0, 2.0), default=None, metavar="T", help="0 is the likeliest, more is wilder")
    command.add_argument("--top-p", type=number(0.05, 1.0), default=None, metavar="P", help="the share of the chances that is drawn from")
    command.add_argument("--avoid", default="", metavar="WORDS", help="words that never appear, with commas between them")
    command.add_argument("--seed", type=whole(0, 2**31 - 1), default=0, metavar="N", help="another one writes another poem (default 0)")
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.assets import model_at
    from performer.errors import PerformerError
    from performer.words.controls import Controls
    from performer.words.verse import VerseModel
    from performer.words.verse_writer import VerseWriter

    name = options.model or f"verse-{options.language}"
    folder = model_at(name)
    if folder is None:
        raise PerformerError(f"There is no model '{name}'.", "Give a name that `performer doctor` lists, or a folder.")
    drawn = {key: value for key in ("temperature", "top_p") if (value := getattr(options, key)) is not None}
    controls = Controls(
        options.language, options.form, options.lines, theme=tuple(options.theme.replace(",", " ").split()), mood=options.mood,
        prompt=options.prompt, word=options.word, author=options.author, safe_list=tuple(options.avoid.split(",")), **drawn,
    )  # fmt: skip
    writer = VerseWriter(VerseModel(folder))
    told = 0
    for line in writer.write(controls, options.seed):
        for remark in writer.remarks[told:]:
            print(f"performer: {remark}", file=sys.stderr)
        told = len(writer.remarks)
        if options.json:
            fields = {"line": line.text, "source": line.source, "seconds": round(line.seconds, 3), "stanza": line.stanza}
            print(json.dumps(fields, ensure_ascii=False), flush=True)
        else:
            print(f"{line.text}\n" if line.stanza else line.text, flush=True)
    return 0
