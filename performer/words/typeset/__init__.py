"""Typesetting: lines of verse become words with a place in the picture, drawn once, and shown word by word.

`clean` makes any text fit to be drawn, `layout` sets it, `transitions` says what is seen of each word at a
moment, and `coverage` draws that moment without a graphics card. Pillow is imported late, in `glyphs` only.
"""
