"""Lensing: how far a changed word bends the path of a later one."""
