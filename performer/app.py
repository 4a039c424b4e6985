"""The engine's process: builds the graph that a show describes, starts it, stops it. The only file that knows every part.

Order of starting: what listens last. Order of stopping: what listens first, and the scheduler ends in silence before the outputs close.
"""

import contextlib
import json
import logging
import math
import random
import signal
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from performer.assets import takes_dir
from performer.awake import Awake
from performer.clock import SystemClock
from performer.effects import Ask, AskChords, Drop, Effect, Expect, Feed, Forget, Join, Load, Propose, Say, Soon, Wake, Wonder
from performer.errors import PerformerError
from performer.events import Loaded, NoteOn, Progression, Store, Sync, Tick, Timed
from performer.heartbeat import LOOPS
from performer.housekeeping import Housekeeping
from performer.inputs.link import LinkInput
from performer.inputs.osc import OscInput, Source
from performer.inputs.port_limits import PortLimits
from performer.inputs.replay import Replay
from performer.loopback import LISTENING, Loopback, watch_lifeline
from performer.minds import Minds, Thought
from performer.outputs.clients import client_address
from performer.outputs.features import Features
from performer.outputs.health import Health
from performer.outputs.osc import OscOutput
from performer.outputs.show_health import ShowHealth
from performer.outputs.take import Opening
from performer.outputs.take_folder import TakeFolder
from performer.outputs.take_writer import Plan, TakeWriter
from performer.parameters import COMMANDS
from performer.port_link import PortLink
from performer.priority import raise_priority
from performer.scheduler import Output, Planned, Report, Scheduler, Stage
from performer.session.lane import RUNG
from performer.session.parts import Parts
from performer.session.state import Session
from performer.show import Show
from performer.show_midi import Handlers, ShowMidi
from performer.state_keeper import SAVE, StateKeeper, StateMemory
from performer.worker import Worker

log = logging.getLogger("performer")
SWITCH_INTERVAL = 0.0001  # seconds that one Python thread may keep the others waiting
TURN_S = 0.0005  # seconds that the models leave to a session that is at work
READY = b"ready"
NO_PICTURE = {command.address: "This show has no picture: [visuals] enabled = false." for command in COMMANDS if "/visuals/" in command.address}
PLAYED = 10.0  # seconds since the last key in which the models are kept warm
QUIET, CALM = 1.0, 0.1  # seconds since the player's last key that make a long pause, and a short one


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What the supervisor tells the engine besides the show: a performance to be played into it, and at what channel."""

    show: Show
    play: Path | None = None


class Engine:
    """Inputs, session, inference, scheduler and outputs of one show, in one process. `output` stands in for the MIDI ports."""

    def __init__(
        self, options: EngineOptions, loopback: Loopback, public: socket.socket, link: PortLink | None = None, output: Output | None = None,
        memory: StateMemory | None = None,
    ) -> None:  # fmt: skip
        self.clock = SystemClock()
        self._keeper = StateKeeper(memory, self.clock.origin)
        show = self._keeper.apply_to(options.show)
        # By the origin others on this machine tell our times by their own monotonic clock.
        self.facts: dict[str, Any] = {"show": show.general.name, "clock_origin": self.clock.origin}
        seed = show.general.seed or random.SystemRandom().randrange(1, 2**31)
        self._minds = Minds(
            show, self.clock, self.play, lambda sender, sentence: self._osc.refuse(sender, "/performer/model", sentence), self._tell,
            self._thinking_clear_in,
        )  # fmt: skip
        self._remarks = [*show.notices, *self._minds.remarks]
        self.facts["model"] = self._minds.main
        self.facts["band"] = show.band(self._minds.voices)
        parts = Parts.named(show.instruments, self._minds.voices, self._minds.small, self._minds.main)
        self.session = Session(show.table, parts, seed, show.values, show.scenes, show.midi.port_delays)
        self._save = partial(self._keeper.save, self.session, self.clock, self.facts)
        self._progression = self._keeper.chords = show.progression
        self._heard = -math.inf  # when a key of the human last went down
        self._audio_named = bool(show.audio.enabled and show.audio.input)  # one that is wanted by its name and not there is told as a mistake
        self._worker = Worker("session", self._handle, rest=self._do_later, watched=True)
        self._later: deque[tuple[Callable[..., object], Any]] = deque()  # what is done when the turn is over, and with what
        clients = [client_address(text, public.family, show.osc.host) for text in show.osc.clients]
        self._osc = OscOutput(
            loopback, public, clients, show.osc.reply_port, show.table.rows, self._minds.busy,
            self._clear_in,
        )  # fmt: skip
        self._features = Features(self.clock, self._osc.say)
        self._osc.noticed = self._features.notice
        handlers = Handlers(self.play, self.hear, self._minds.rehearse, self._is_played)
        self._midi = ShowMidi(show.midi, self.clock, handlers, output, link)
        self.facts |= self._midi.facts
        stage = Stage(self._midi.outputs, self._left, self._due, self.session.delay, show.midi.port_delays)
        self._scheduler = Scheduler(stage, self.clock)
        self._takes_folder = Path(show.takes.folder) if show.takes.folder else takes_dir()
        self.take = self._take(show, seed) if show.takes.record else None
        self._own_health = ShowHealth(self._takes_folder, (self._worker, self._osc.worker), self.take, self.facts)
        awake = Awake() if show.general.awake else None
        self._housekeeping = Housekeeping(self._pause, self._is_silent, awake, keep=partial(self._keeper.offer, self._pause, self._worker))
        self._health = Health(self._osc.say, self._more_health, lambda: self._minds.step_seconds)
        self._net = OscInput(
            [Source(loopback.sock, "loopback"), Source(public, "osc")], show.table, self.clock, self.hear, self._osc.refuse,
            {"/performer/listening/features": self._features.from_audio, "/performer/listening/status": self._audio_status,
             **{f"/performer/listening/{word}": partial(self._heard_sound, word) for word in ("tone", "pulse")},
             "/performer/visuals/status": partial(self._picture_status, "visuals"),
             "/performer/screen/status": partial(self._picture_status, "screen"), "/performer/screen/saved": self._saved,
             **self._own_health.handlers,
             "/performer/visuals/granted": self._granted}, self._osc.spoke,
            self._osc.stated, self._osc.asked, self._osc.own, {} if show.visuals else NO_PICTURE, lambda: self._worker.backlog,
            PortLimits(len(show.midi.input_ports), len(show.midi.output_ports)),
            lambda sentence: self._osc.say(Say("/performer/error", ("osc", sentence))),
        )  # fmt: skip
        self._link = LinkInput(self.clock, self.hear, lambda sentence: self._osc.say(Say("/performer/error", ("link", sentence))))
        self._refused = ""  # the last sentence of the picture that went to the one who asked
        self._running = threading.Event()
        self._net_thread = threading.Thread(target=self._listen, name="net", daemon=True)
        self._replay = Replay(options.play, self.clock, self.hear, self._someone_answers) if options.play else None
        self._remarks += [*self._midi.remarks, *(self._replay.remarks if self._replay else [])]
        self._routes: dict[type, Callable[[Any], object]] = {
            AskChords: self._minds.harmonise,
            Say: self._say, Join: self._link.handle, Propose: self._link.handle, Load: self._minds.load,
        }  # fmt: skip

    def start(self) -> None:
        """Warm the model, start every thread; the ports listen last."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._minds.start()
        self._osc.start()
        self._features.start()
        self._scheduler.start()
        if self.take is not None:
            self.take.start()
        self._worker.start()
        self._keeper.resume(self.clock.now(), self.hear)  # before anybody asks where the song is
        self._health.start()
        self._housekeeping.start()
        self._running.set()
        self._net_thread.start()
        self._midi.start(self._ports_changed)
        if self._progression:
            self.hear(Timed(self.clock.now(), Progression(self._progression)))
        self.hear(Timed(self.clock.now(), Sync("desk")))
        self._tell_facts()
        for remark in self._remarks:
            log.warning(remark)
            self._osc.say(Say("/performer/error", ("start", remark)))
        if self._replay is not None:
            self._replay.start()

    def stop(self) -> None:
        """End in silence, then close."""
        if self._replay is not None:
            self._replay.stop()
        self._housekeeping.stop()
        self._health.stop()
        self._link.stop()
        self._midi.stop_inputs()
        self._running.clear()
        self._net_thread.join(1.0)
        self._worker.stop()
        self._minds.stop()
        ended = self._scheduler.stop()
        self._features.stop()
        self._osc.stop()
        if self.take is not None:
            self.take.stop(ended, self._scheduler.stage.done)

    def raise_priority(self) -> None:
        """Ask the system to let this process go first."""
        self.facts["priority"] = raise_priority(real_time=self._midi.allows_real_time)

    def hear(self, timed: Timed) -> None:
        """An event for the session. Thread-safe, never waits."""
        self._note(timed)
        self._worker.post(timed)

    def play(self, timed: Timed) -> None:
        """An event that is answered at once: where the session is free the calling thread does all that there is to do, to the sending of the
        answer. Thread-safe, never waits."""
        self._note(timed)
        self._worker.bring(timed)

    def _note(self, timed: Timed) -> None:
        if isinstance(timed.event, NoteOn):
            self._heard = timed.time
            self._health.heard(timed.time)

    def _handle(self, timed: Timed) -> None:
        """What is due leaves first, then the models think; whoever only looks on is told when the answer has left: it would want Python's lock."""
        if timed is SAVE:
            self._later.append((self._save, timed.event))
            return
        planned: list[Effect] = []
        thoughts: list[Thought] = []
        for effect in self.session.handle(timed) if self.take is None else self.take.handle(self.session, timed):
            if isinstance(effect, Planned):
                planned.append(effect)
            elif isinstance(effect, Feed | Ask | Drop | Expect | Forget):
                thoughts.append(effect)
            elif isinstance(effect, Wonder):
                self._later.append((self._minds.post, effect))
            elif isinstance(effect, Soon):
                self._due(self.clock.now(), effect.tag)
            else:
                self._later.append((self._routes[type(effect)], effect))
        if planned:
            self._scheduler.post(planned)
        self._later.append((self.session.learn, None))
        if thoughts:
            self._minds.take(thoughts)
            self._later.append((self._minds.go_on, None))
        if isinstance(timed.event, Loaded):
            self.facts["model"] = timed.event.model
            self._later += [(self._tell_facts, ""), (self._save, timed.event)]
        elif isinstance(timed.event, Store | Progression):
            self._later.append((self._save, timed.event))
        elif isinstance(timed.event, Sync):
            self._later.append((self._tell_facts, timed.event.sender))

    def _do_later(self) -> None:
        while self._later:
            do, what = self._later.popleft()
            do() if what is None else do(what)

    def _say(self, say: Say) -> None:
        if say.address == RUNG:
            self._health.stands(*say.arguments)
        self._osc.say(say)

    def _more_health(self) -> dict[str, object]:
        """Beside how well time is kept: collections of garbage, questions that models could not answer, notes that they could not hear, frames of
        the picture's model that showed nothing, MIDI that made no sense or could not be sent."""
        return {
            "collections": self._housekeeping.collections, "model_failed": self.session.failed, "model_dropped": self._minds.dropped,
            "held_frames": self._held(), "osc": {**self._net.figures, **self._osc.figures},
            **self._midi.figures, "sysex_ignored": self.session.ignored, **self._own_health.figures,
        }  # fmt: skip

    def _left(self, report: Report) -> None:
        if self.take is not None:
            self.take.left(report)
        self._health.left(report)
        if self._worker.is_mine:
            self._later.append((self._osc.say, report))
        else:
            self._osc.say(report)

    def _is_played(self) -> bool:
        """Whether somebody has played a key in the last seconds, wherever."""
        return self.clock.now() - self._heard < PLAYED

    def _is_silent(self) -> bool:
        """Whether nothing sounds and nobody has played just now."""
        return not len(self._scheduler.stage.ledger) and self.clock.now() - self._heard >= QUIET

    def _pause(self) -> float:
        """Seconds in which nothing will leave: none while notes sound or the player plays."""
        now, due = self.clock.now(), self._scheduler.stage.agenda.first(lambda item: not isinstance(item, Wake))
        if not self._is_silent():
            return min(QUIET, max(0.0, due - now)) if due is not None and now - self._heard > CALM else 0.0
        return math.inf if due is None else max(0.0, due - now)

    def _due(self, moment: float, tag: str) -> None:
        self.hear(Timed(moment, Tick(tag)))

    def _listen(self) -> None:
        went_round = LOOPS.watch("net")
        while self._running.is_set():
            went_round()
            try:
                self._net.turn(0.2)
            except Exception:
                log.exception("the network thread met an error; it goes on")
        LOOPS.forget("net")

    def _ports_changed(self) -> None:
        if "priority" in self.facts:
            self.raise_priority()
        self.facts |= self._midi.facts
        self._tell_facts()

    def _take(self, show: Show, seed: int) -> TakeWriter | None:
        """The take, begun; None where it cannot be written: the show plays all the same."""
        keep = show.takes
        folder = TakeFolder(self._takes_folder, show.general.name, seed, keep.keep_gb, keep.keep_days)
        path, minds = folder.new_path(), self._minds

        def opening() -> Opening:
            return Opening(
                seed, len(show.instruments), show.instruments, dict(self.session.values), minds.main, minds.hashes, show.scenes,
                minds.voices, minds.small, port_delays=show.midi.port_delays,
            )  # fmt: skip

        plan = Plan(folder, opening, lambda: self._scheduler.stage.done, keep.pause_minutes * 60.0)
        try:
            writer = TakeWriter(path, opening(), lambda sentence: self._osc.say(Say("/performer/error", ("take", sentence))), plan)
        except OSError as error:
            problem = f"The take '{path}' cannot be written ({error.strerror}): nothing is recorded."
            self._remarks.append(f"{problem} Name another folder under [takes].")
            return None
        self._remarks += [writer.problem] if writer.problem else []
        self.facts["take"] = str(path)
        return writer

    def _clear_in(self) -> float:
        return self._scheduler.clear_in()

    def _thinking_clear_in(self) -> float:
        """The same for the models, which leave the processor to the session too: Python runs one thread at a time."""
        return max(self._clear_in(), TURN_S if self._worker.is_at_work else 0.0)

    def _tell(self, said: Say) -> None:
        self._osc.say(said)

    def _audio_status(self, arguments: Sequence[Any]) -> None:
        said = str(arguments[0]) if arguments else ""
        if self.facts.get("audio") != said:
            self.facts["audio"] = said
            self._tell_facts()
            if self._audio_named and not said.startswith(LISTENING):
                log.warning(said)
                self._osc.say(Say("/performer/error", ("audio", said)))

    def _heard_sound(self, word: str, arguments: Sequence[Any]) -> None:
        """What the listening process says of pitch, chroma and beat, for whoever wants to move with it."""
        self._osc.say(Say(f"/performer/{word}", tuple(arguments)))

    def _picture_status(self, who: str, arguments: Sequence[Any]) -> None:
        with contextlib.suppress(ValueError, IndexError, TypeError, AttributeError):
            before, self.facts[who] = self.facts.get(who) or {}, json.loads(arguments[0])
            remark = self.facts[who].get("remark", "")
            if remark and remark != before.get("remark", "") and remark != self._refused:
                self._osc.say(Say("/performer/error", (who, remark)))
        self._tell_facts()

    def _granted(self, arguments: Sequence[Any]) -> None:
        """The picture did what somebody asked for, and all clients hear of it; or it says to the one who asked why it cannot."""
        word, name, sender, refusal = map(str, arguments)
        if refusal:
            self._refused = refusal
            self._osc.refuse(sender, f"/performer/visuals/{word}", refusal)
        else:
            self._osc.tell_clients(f"/performer/visuals/{word}", (name,), sender)

    def _held(self) -> int:
        """Frames of the picture's model that showed nothing and were held back."""
        picture = self.facts.get("visuals")
        return int(picture.get("held", 0)) if isinstance(picture, dict) else 0

    def _saved(self, arguments: Sequence[Any]) -> None:
        self._osc.say(Say("/performer/visuals/saved", (str(arguments[0]) if arguments else "",)))

    def _tell_facts(self, sender: str = "") -> None:
        self._osc.say(Say("/performer/status", (json.dumps(self.facts | {"osc_accepted": self._net.accepted}),), sender))

    def _someone_answers(self) -> bool:
        return self.session.answering


def run(
    options: EngineOptions, loopback: Loopback, public: socket.socket, link: PortLink | None, memory: StateMemory | None, lifeline: Connection
) -> None:
    """The engine's process: play until the lifeline ends. A mistake that a person can mend goes up the lifeline as its sentence."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: done.set())
    try:
        engine = Engine(options, loopback, public, link, memory=memory)
        engine.start()
        engine.raise_priority()
    except PerformerError as error:
        lifeline.send_bytes(str(error).encode(errors="backslashreplace"))
        raise SystemExit(2) from None
    LOOPS.has_begun = True
    lifeline.send_bytes(READY + json.dumps(engine.facts).encode())
    watch_lifeline(lifeline, done.set)
    done.wait()
    engine.stop()
