"""How well a model knows music it has not seen, and what it plays itself: likelihood, baseline, overlap, key, copies. On the caller's thread.

No PyTorch: models run as they do in a show. `python -m performer.training` uses the same measures.
"""
