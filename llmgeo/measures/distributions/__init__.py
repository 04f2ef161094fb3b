"""Measures of next-token distributions: divergence of two, correlation dimension of many."""
