"""The loss around a model's weights, and on the way from one model to another."""
