"""The models of a show at work: each has a thread of its own, hears everything, and answers what it is asked.

A voice is played by the model that it names; where that cannot be had, by the show's first; where that cannot be had, by the one that a show has by
itself, and then by the echo.
"""

import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from performer.assets import find_model, model_names
from performer.clock import Clock
from performer.effects import Ask, AskChords, Drop, Expect, Feed, Forget, Load, Say, Wonder
from performer.errors import ModelError
from performer.events import ChordAnswer, Loaded, Timed
from performer.inference.chords import Harmonist, Plain, load_harmonist
from performer.inference.echo import Echo
from performer.inference.lstm import load_mind
from performer.inference.thinker import Mind, Thinker
from performer.inference.thinking import Thinking
from performer.show import Models, Show
from performer.worker import Worker

ECHO = "echo"
STANDARD = Models().notes
PRIMED = 256  # notes that a model hears which is loaded while the show plays
UNLOAD_S = 10.0  # seconds after which a model goes that another has replaced: what it was asked before that is answered
NO_HURRY_S = 3600.0  # between two looks for such models where there are none
Thought = Feed | Ask | Expect | Wonder | Drop | Forget
MOST_LOADING = 4  # models that wait to be loaded; one more is refused


def open_mind(name: str, folders: Sequence[str] = ()) -> Mind:
    """The model of this name, 'echo' among them. Raises ModelError, one sentence, where it cannot be had."""
    if name == ECHO:
        return Echo()
    return load_mind(_found(name, folders))


def open_harmonist(name: str, folders: Sequence[str] = ()) -> Harmonist:
    """The chord model of this name, 'plain' among them. Raises ModelError, one sentence, where it cannot be had."""
    if name == Plain.name:
        return Plain()
    return load_harmonist(_found(name, folders))


def _found(name: str, folders: Sequence[str]) -> Path:
    there = tuple(map(Path, folders))
    folder = find_model(name, there)
    if folder is None:
        raise ModelError(f"No model '{name}' was found.", f"There are: {', '.join(model_names(there))}.")
    return folder


class Minds:
    """What the show's voices think with. `post` gets their answers, `refuse(sender, sentence)` why a model could not be loaded, `tell` what a
    model says of the human's notes. `main`,
    `voices` (one for each voice) and `small` (empty: none) are the names that are really played; `remarks` are the sentences about those
    that could not be had."""

    def __init__(
        self,
        show: Show,
        clock: Clock,
        post: Callable[[Timed], object],
        refuse: Callable[[str, str], object],
        tell: Callable[[Say], object],
        clear_in: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.remarks: list[str] = []
        self._folders = show.models.folders
        self._clock, self._post, self._refuse, self._tell, self._clear_in = clock, post, refuse, tell, clear_in
        self._lately: deque[Feed] = deque(maxlen=PRIMED)
        self._lock = threading.Lock()  # who loads, and who feeds
        self._thinking: dict[str, Thinking] = {}
        self._replaced: dict[str, float] = {}  # model -> when another was loaded in its place
        self.main = self._first(show.models.notes, STANDARD, ECHO)
        self.voices = tuple(self._first(name, self.main) for name in show.voice_models)
        self._harmonist = self._chords(show.models.chords)
        self._harmony = Worker("chords", self._harmonise)
        self._loading = Worker("loading", self._load, limit=MOST_LOADING, idle=self._unload)
        self.small = "" if self.main in (show.models.small, ECHO) else self._first(show.models.small, rehearses=False)

    @property
    def hashes(self) -> Mapping[str, Mapping[str, str]]:
        """The hashes of each model's graphs, by the model's name."""
        return {name: dict(getattr(thinking.thinker.mind, "hashes", {})) for name, thinking in self._thinking.items()}

    @property
    def dropped(self) -> int:
        """Notes that were not heard, since a model's memory would have been no numbers."""
        return sum(thinking.thinker.dropped for thinking in self._thinking.values())

    @property
    def step_seconds(self) -> Mapping[str, Collection[float]]:
        """How long each of the last events took a model, by the model's name; none of those that do not tell. Thread-safe."""
        return {name: times for name, thinking in self._thinking.items() if (times := getattr(thinking.thinker.mind, "step_seconds", ()))}

    def start(self) -> None:
        self._harmony.start()
        self._loading.start()
        for thinking in self._thinking.values():
            thinking.start()

    def stop(self) -> None:
        self._harmony.stop()
        self._loading.stop()
        for thinking in self._thinking.values():
            thinking.stop()

    def post(self, effect: Thought, ring: bool = True) -> None:
        """All models hear everything; a question goes to the one that it names. Thread-safe, never waits."""
        if isinstance(effect, Ask | Expect | Wonder):
            self._asked(effect.model).post(effect, ring)
            return
        with self._lock:
            if isinstance(effect, Feed):
                self._lately.append(effect)
            elif isinstance(effect, Forget):
                self._lately.clear()
            for thinking in self._thinking.values():
                thinking.post(effect, ring)

    def take(self, thoughts: Sequence[Thought]) -> None:
        """The same with all thoughts of one event, and the first who waits for an answer gets its first note at once, on the calling thread. The
        others, and what is left to do, wait for `go_on`: each would want Python's lock while that note leaves. Thread-safe, never waits."""
        is_first = True
        for effect in thoughts:
            if is_first and isinstance(effect, Ask) and not effect.ahead:
                is_first = False
                self._asked(effect.model).bring(effect)
            else:
                self.post(effect, ring=False)

    def _asked(self, model: str) -> Thinking:
        """The model of this name; the show's first where it has none, or is unloaded."""
        thinking = self._thinking
        return thinking.get(model) or thinking[self.main]

    def go_on(self) -> None:
        """Every model goes on with what it has to do. Thread-safe."""
        for thinking in self._thinking.values():
            thinking.go_on()

    def rehearse(self) -> None:
        """Keep the first model warm, on the thread that is going to ask it. Thread-safe, never waits."""
        self._thinking[self.main].rehearse()

    def busy(self) -> bool:
        """Whether a model has answers to give, or notes to hear, before it can answer another key. Thread-safe."""
        return any(thinking.busy for thinking in self._thinking.values())

    def harmonise(self, effect: AskChords) -> None:
        """The chord model is asked, on a thread of its own. Thread-safe, never waits."""
        self._harmony.post(effect)

    def load(self, effect: Load) -> None:
        """Open another model, in a thread for this alone; `post` gets Loaded once it has heard what was played last. Thread-safe, never waits."""
        if not self._loading.post(effect):
            self._refuse(effect.sender, f"Model '{effect.model}' is not loaded: {MOST_LOADING} others wait to be. Ask again when they are.")

    def _load(self, effect: Load) -> None:
        if effect.model not in self._thinking:
            try:
                thinking = self._at_work(effect.model)
            except ModelError as error:
                self._refuse(effect.sender, str(error))
                return
            with self._lock:
                for feed in self._lately:
                    thinking.post(feed)
                self._thinking = self._thinking | {effect.model: thinking}
            thinking.start()
        self._replaced.pop(effect.model, None)
        for name in self._thinking.keys() - {effect.model, self.main, self.small, *self.voices}:
            self._replaced.setdefault(name, self._clock.now())
        self._post(Timed(self._clock.now(), Loaded(effect.model)))

    def _unload(self) -> float:
        """Let go the models that were replaced long enough ago; the show's own stay. Returns the seconds until the next look. On the thread that
        loads."""
        now = self._clock.now()
        over = [name for name, since in self._replaced.items() if now - since >= UNLOAD_S]
        for name in over:
            del self._replaced[name]
            with self._lock:
                unused = self._thinking[name]
                self._thinking = {each: thinking for each, thinking in self._thinking.items() if each != name}
            unused.stop()
            # A thread and its handler hold each other: without this the graphs stay until the collector comes.
            del unused.thinker
        return min((since + UNLOAD_S - now for since in self._replaced.values()), default=NO_HURRY_S)

    def _at_work(self, name: str, rehearses: bool = True) -> Thinking:
        return Thinking(Thinker(open_mind(name, self._folders)), self._clock, self._post, self._tell, rehearses, self._clear_in)

    def _harmonise(self, ask: AskChords) -> None:
        """Where the model fails the chords that need none go on."""
        try:
            chords = self._harmonist.answer(ask)
        except Exception as error:
            self._refuse("", f"{self._harmonist.name}: {error}; plain chords go on instead.")
            self._harmonist = Plain()
            chords = self._harmonist.answer(ask)
        self._post(Timed(self._clock.now(), ChordAnswer(ask.id, chords)))

    def _chords(self, name: str) -> Harmonist:
        try:
            return open_harmonist(name, self._folders)
        except ModelError as error:
            self.remarks.append(f"{error} Plain chords are played instead.")
            return Plain()

    def _first(self, *names: str, rehearses: bool = True) -> str:
        """The first of these models that can be had; empty if none can. An empty name stands for the next."""
        left = list(dict.fromkeys(filter(None, names)))
        while left:
            name = left.pop(0)
            if name in self._thinking:
                return name
            try:
                self._thinking[name] = self._at_work(name, rehearses)
                return name
            except ModelError as error:
                self.remarks.append(f"{error}{f' {left[0]!r} plays instead.' if left else ''}")
        return ""
