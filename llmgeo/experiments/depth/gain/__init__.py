"""Gain: how much what a layer holds is amplified on its way to the last."""
