"""Measures of points in order: steps, angles, jumps, returns."""
