"""Measures of one series of numbers, such as the surprisal of a text's tokens, or the loss of a training."""
