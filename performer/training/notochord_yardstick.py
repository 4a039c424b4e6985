"""Run by the Python of an environment with Notochord: the seconds that it takes for an event, as JSON. Random weights, default size, one thread.
Where the newest PyTorch is installed pip takes an older Notochord, which does not run: name the version, as bench/notochord.py does.

    PYTHON performer/training/notochord_yardstick.py 200
"""

import json
import random
import sys
import time

import torch
from notochord import Notochord  # type: ignore[import-not-found,unused-ignore]

WARM_UP = 20


def main(events: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    chance = random.Random(0)
    model = Notochord()
    model.eval()
    model.reset()
    seconds = []
    with torch.inference_mode():
        for _ in range(events + WARM_UP):
            pitch, velocity = chance.randrange(40, 90), chance.randrange(30, 110)
            begun = time.perf_counter()
            model.feed(1, pitch, 0.1, velocity)
            model.query()
            seconds.append(time.perf_counter() - begun)
    print(json.dumps({"parameters": sum(parameter.numel() for parameter in model.parameters()), "seconds": seconds[WARM_UP:]}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
