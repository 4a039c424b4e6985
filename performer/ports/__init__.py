"""Where MIDI comes in and leaves: the process `ports` owns the MIDI ports and nothing else, so that they outlive every other process."""
