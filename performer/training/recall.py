"""What followed the last time: the places of the same piece where the latest notes were played before, the longest likeness first.

A network with a few hundred cells cannot hold a song note by note, and songs come back note by note. So beside the network's own memory lies what
was played, in tensors of fixed size that roll over, and how many notes before each place are the same as the newest ones; the note after
the place with the most of them is what the network is told, and may copy. The idea is the Continuator's (Pachet 2003: continue as the longest
suffix was continued), told to a network as a pointer is (See et al. 2017, "Get to the point"). Nothing here is learned.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from performer.encoding import ATTRIBUTES, CLASSES, PITCH, UNKNOWN, VOICE

PLACES = 2  # that are told: the one most alike, and the one most alike after which another pitch came
LONGEST = 32  # notes: longer likenesses count as this
NEAREST = 16  # notes back to the nearest place that is told: shorter figures a network knows by itself, and told of them it would go round in them
WIDTH = PLACES * (len(ATTRIBUTES) + 1)  # of what is told at each event


class Past(NamedTuple):
    """What was played before the newest event. float32, zeros before anything was heard."""

    played: Tensor  # (batch, window, 5) classes of each event's attributes plus one, the oldest first; 0 where nothing was played
    alike: Tensor  # (batch, window) events in a row, up to each and back, that are those up to the newest one


def nothing(window: int, batch: int, device: torch.device | str = "cpu") -> Past:
    return Past(torch.zeros(batch, window, len(ATTRIBUTES), device=device), torch.zeros(batch, window, device=device))


@torch.no_grad()
def recall(events: Tensor, past: Past) -> tuple[Tensor, Past]:
    """events (batch, time, 7) -> what followed the last time after each of them (batch, time, WIDTH) float32, and the past with them.

    Of each of PLACES come the classes of the five attributes, -1 where there is no such place, and the length of the likeness, 0 to LONGEST.
    Pitch and voice make a likeness: how long and how loud a note was may differ. An event BEGIN forgets all before it."""
    window, time = past.played.shape[1], events.shape[1]
    begins = (events[..., VOICE] == UNKNOWN[VOICE]).float()
    piece = torch.cat([torch.zeros_like(past.alike), begins.cumsum(1)], 1)  # (batch, window + time)
    played = torch.cat([past.played, events[..., : len(ATTRIBUTES)].float() + 1], 1)
    pitch = played[..., PITCH]
    key = played[..., VOICE] * (UNKNOWN[PITCH] + 2) + pitch
    order = torch.arange(window, device=events.device, dtype=torch.float32)
    far = (order <= window - NEAREST).float()
    alike, told = past.alike, []
    for t in range(time):
        now, before, after = window + t, slice(t, t + window), slice(t + 1, t + window + 1)
        there = (piece[:, before] == piece[:, now : now + 1]) & (played[:, before, VOICE] > 0)
        alike = ((key[:, before] == key[:, now : now + 1]) & there).float() * (alike + 1).clamp(max=LONGEST)
        told_of = alike * far
        first, follower = _best(told_of * window + order, told_of, played[:, after])  # of places as much alike the latest
        other = told_of * (pitch[:, after] != follower[:, PITCH : PITCH + 1]).float()
        second, second_follower = _best(other * window + order, other, played[:, after])
        told.append(torch.cat([follower - 1, first, second_follower - 1, second], 1))
    return torch.stack(told, 1), Past(
        played[:, time:] * (piece[:, time:] == piece[:, -1:]).float().unsqueeze(2),
        alike * (piece[:, time : time + window] == piece[:, -1:]).float(),
    )


def _best(score: Tensor, alike: Tensor, followers: Tensor) -> tuple[Tensor, Tensor]:
    """Likeness (batch, 1) of the place with the best score, and the classes plus one (batch, 5) of the event after it, 0 where there is none."""
    place = score.argmax(1, keepdim=True)  # (batch, 1)
    length = alike.gather(1, place)
    found = followers.gather(1, place.unsqueeze(2).expand(-1, -1, len(ATTRIBUTES))).squeeze(1)
    return length, found * (length > 0)


def columns(told: Tensor) -> Tensor:
    """told (batch, WIDTH) -> integers (batch, PLACES, 6): the classes of the five attributes, -1 for none, and the length."""
    return told.unflatten(1, (PLACES, len(ATTRIBUTES) + 1)).long()


_SIZES = (*(classes + 1 for classes in CLASSES), LONGEST + 1)
STARTS = tuple(sum(_SIZES[:k]) for k in range(len(_SIZES)))  # where each column begins in a table of them all
EACH = sum(_SIZES)
