"""What it sounds like: a process of its own that hears the audio input and says six numbers about it, some ninety times a second."""
