"""A training, or several: every checkpoint a point in the space of what models predict."""
