"""Performer: a real-time performance server. It plays music back, paints and speaks; the folder listing is the diagram.

     MIDI ─┐                                                   ┌── inference (ONNX, own thread) ──┐
     OSC  ─┴▶ inputs ─▶ [inbox] ─▶ session ──Ask──▶ [in order]                       Answer ──┘
     audio ─▶ listening ──OSC──▲       │ ▲──────────────────────────────────────[inbox]◀───────┘
              (own process)            ├──Play(time, note)──▶ scheduler ─▶ outputs ─▶ MIDI / OSC / take
                                       └──state, features, notes (OSC over loopback UDP)──▶ visuals, desk   (own processes)

A key is answered on the thread that heard it, through session, model and scheduler in one go, where each of them is free (`worker`); where one is
not, it goes from thread to thread as drawn.

The supervisor is the parent of five processes: engine (inputs, session, inference, scheduler, outputs), listening, visuals,
screen, desk.
Imports point one way: cli -> supervisor, app -> {inputs, outputs, listening, visuals, desk, offline} -> {session, inference, scheduler, worker}
-> {encoding, parameters, clock, events, show, errors}. Nothing imports `training`; the runtime never imports torch.
"""

__version__ = "0.1.0"
