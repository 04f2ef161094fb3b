"""Two checkpoints of one model, or a ladder of them."""
