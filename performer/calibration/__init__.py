"""`performer calibrate`: how long a note is on its way, learned by a loop-back of MIDI or by a click through audio, and kept in the show file.

midi_loop.py and audio_loop.py measure, each in a process of its own; findings.py makes figures and sentences of it; show_line.py writes
the one line into the show file; calibrate.py is the command.
"""
