"""A rig on the virtual clock: players, a DAW that sends back, and a receiver with a ledger of its own, around the real session and stage."""
