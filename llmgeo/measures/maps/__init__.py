"""Measures of linear maps: of the matrices that mix residual streams, and of Jacobians."""
