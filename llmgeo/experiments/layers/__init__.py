"""Clouds of many texts: one state of each, at every layer, beside shuffled texts and random weights."""
