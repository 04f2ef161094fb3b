"""The loss of texts as a function of a model's weights: directions, displaced weights, second derivatives."""
