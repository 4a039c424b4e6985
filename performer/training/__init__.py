"""Beforehand: corpora to arrays, networks, export and measurement. The only place that imports PyTorch; nothing imports this package."""
