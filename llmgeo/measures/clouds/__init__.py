"""Measures of a cloud of points: dimension and spectrum."""
