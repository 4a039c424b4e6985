"""A verse model trained from nothing on poems: data, tokens, the Transformer, its training, its export and
its measurement."""
