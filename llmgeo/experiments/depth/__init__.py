"""The room of the depth axis: one token followed through the layers of one model, and what papers say of such paths."""
