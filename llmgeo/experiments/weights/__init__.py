"""One checkpoint's matrices: how many dimensions they have, beside what Gaussian rows of the same spectrum read."""
