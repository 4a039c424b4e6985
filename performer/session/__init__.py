"""What is going on: the sole owner of the show's state. Pure Python, no thread of its own; events go in, effects come out."""
