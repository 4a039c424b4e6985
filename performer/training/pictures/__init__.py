"""Pictures made by rule, with the rule's own numbers as labels: what the light is trained on. No outside data.

    labels.py      what a label vector holds, and its layout
    fields.py      noise, folds, palettes, tone: the brushes
    flame.py       fractal flames by chaos game
    families.py    the other families: smoke, mandala, streams, crystal, rings, julia
    gallery.py     draws, rejects, counts and keeps thousands of them; contact sheets; the command line
"""
