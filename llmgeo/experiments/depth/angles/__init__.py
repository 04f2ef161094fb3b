"""The question of angles: how a token's path through the layers turns, and how much of that is chance or drift."""
