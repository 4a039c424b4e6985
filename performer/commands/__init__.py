"""The sub-commands of `performer`, one file each: `add_parser` says what it takes, `run` does it. What is heavy is imported when it runs."""
