"""The catalogue's entries of measures of one token through all layers. Knows names and words; no tensor.

A step belongs to the layer that it arrives at, an angle to the layer where the path turns, a write to its block.
"""

from __future__ import annotations

from llmgeo.measures.measure import Measure

_STEPS = "llmgeo.measures.paths.steps"
_DEPTH = "llmgeo.measures.paths.depth"
_OF_PATHS = {"kind": "depth", "axis": "depth", "null": "other_texts"}
_BESIDE_NOTHING = {"kind": "depth", "axis": "depth", "first": 1}
_MAPS = "llmgeo.measures.pairs.linear_maps"
_GROWTH = "llmgeo.measures.paths.growth"
_DIVERGENCE = "llmgeo.measures.distributions.divergence"
_GAINS = "llmgeo.measures.maps.gains"
_MHC = "Xie et al. 2025 (arXiv 2512.24880)"
_OF_TOKENS = {"kind": "depth", "axis": "depth"}
_SARFATI = "Sarfati et al. 2024 (arXiv 2410.01545)"
_DI_SIPIO = "Di Sipio et al. 2025 (arXiv 2511.03060)"

DEPTH_ENTRIES = (
    Measure(
        "depth_turning_angle", words="turning angle through the layers", function=f"{_STEPS}:turning_angle", unit="°",
        first=1, least=0, most=180,
        meaning="Angle between what one block adds to a token's state and what the next adds: 0° is straight on.",
        source=f"{_DI_SIPIO}: arccos of the cosine of x[l] − x[l−1] and x[l+1] − x[l]",
        **_OF_PATHS,
    ),
    Measure(
        "turns_back", words="turns back", function=f"{_DEPTH}:turns_back", unit="%", scale=100, first=1,
        least=0, most=1,
        meaning="How often a block takes back some of what the block before added: turns by more than 90°.",
        source=f"ours, after {_DI_SIPIO}: the turning angle is above 90°",
        **_OF_PATHS,
    ),
    Measure(
        "beyond_chance", words="turns beyond chance", function=f"{_DEPTH}:beyond_chance", unit="%", scale=100, first=1,
        least=0, most=1,
        meaning="How often a turn lies two standard deviations of random directions' angles from 90°, or farther.",
        source=f"ours, after {_DI_SIPIO}: |angle − 90°| > 2 · (180°/π)/√D",
        **_OF_PATHS,
    ),
    Measure(
        "small_angle", words="small turns", function=f"{_DEPTH}:small_angle", unit="%", scale=100, first=1,
        least=0, most=1,
        meaning="How often a turn lies so far below 90°: the next block goes on with what the last one added.",
        source=f"ours, after {_DI_SIPIO}, who count small and large angles: angle < 90° − 2 · (180°/π)/√D",
        **_OF_PATHS,
    ),
    Measure(
        "large_angle", words="large turns", function=f"{_DEPTH}:large_angle", unit="%", scale=100, first=1,
        least=0, most=1,
        meaning="How often a turn lies so far above 90°: the next block undoes what the last one added.",
        source=f"ours, after {_DI_SIPIO}, who count small and large angles: angle > 90° + 2 · (180°/π)/√D",
        **_OF_PATHS,
    ),
    Measure(
        "depth_length_to_chord", words="length-to-chord ratio through the layers", function=f"{_STEPS}:length_to_chord",
        least=1,
        meaning="Length of a token's path through all layers over the distance from its first state to its last.",
        source=f"{_DI_SIPIO}: Σ|x[l] − x[l−1]| / |x[L] − x[0]|",
        **_OF_PATHS,
    ),
    Measure(
        "depth_step_length", words="step length through the layers", function=f"{_STEPS}:step_length", least=0,
        meaning="Distance between a token's state before a block and after it.",
        source="the Euclidean distance |x[l] − x[l−1]|",
        **_BESIDE_NOTHING,
    ),
    Measure(
        "layer_cosine", words="cosine to the layer before", function=f"{_DEPTH}:layer_cosine", least=-1, most=1,
        meaning="Cosine between a token's state before a block and after it, seen from the origin.",
        source="⟨x[l−1], x[l]⟩ / (|x[l−1]| |x[l]|)",
        **_BESIDE_NOTHING,
    ),
    Measure(
        "attention_write", words="write of attention", function=f"{_DEPTH}:write_ratio", least=0,
        meaning="Length of what a block's attention adds, beside the length of the state that the block was given.",
        source="|a| / |x[l−1]|, where block l computes x + a + m",
        **_BESIDE_NOTHING,
    ),
    Measure(
        "mlp_write", words="write of the MLP", function=f"{_DEPTH}:write_ratio", least=0,
        meaning="Length of what a block's MLP adds, beside the length of the state that the block was given.",
        source="|m| / |x[l−1]|, where block l computes x + a + m",
        **_BESIDE_NOTHING,
    ),
    Measure(
        "rotation_stretch_left", words="left by rotation and stretch", function=f"{_MAPS}:left_over", unit="%",
        scale=100, least=0,
        meaning="What the map U(t+τ) Λ U(t)ᵀ of other texts leaves of a later layer's states, of their variance.",
        source=f"{_SARFATI}: mean |x(t+τ) − U(t+τ) Λ U(t)ᵀ x(t)|² over the variance of x(t+τ), components matched",
        **_BESIDE_NOTHING,
    ),
    Measure(
        "ridge_left", words="left by ridge regression", function=f"{_MAPS}:left_over", unit="%", scale=100,
        least=0,
        meaning="The same of the best linear map from layer to layer, with a penalty: what any linear map can do.",
        source="Hoerl & Kennard 1970 (Technometrics 12:55); penalty by Golub et al. 1979 (Technometrics 21:215)",
        **_BESIDE_NOTHING,
    ),
    Measure(
        "no_change_left", words="left by no change", function=f"{_MAPS}:left_over", unit="%", scale=100, least=0,
        meaning="The same where the earlier state itself is the prediction: what any map must be better than.",
        source="ours: mean |x(t+τ) − x(t)|² over the variance of x(t+τ)",
        **_BESIDE_NOTHING,
    ),
    Measure(
        "residual_growth", words="growth of what the map leaves", function=f"{_GROWTH}:growth_rate",
        unit="a layer",
        meaning="Slope over layers of the log of what rotation and stretch leave: the paper's λ.",
        source=f"{_SARFATI}: noise of variance α exp(λ(t+τ))",
        kind="depth", axis="depth",
    ),
    Measure(
        "truncation_divergence", words="divergence of the truncated output", function=f"{_DIVERGENCE}:kullback_leibler",
        unit="nats", least=0,
        meaning="How far the next token's probabilities move when the last state keeps few dimensions in every layer.",
        source=f"{_SARFATI}: KL(p_K ‖ p), the last token projected on the top K components after each block",
        kind="depth", axis="depth",
    ),
    Measure(
        "truncation_same_top", words="same most probable token", function=f"{_DIVERGENCE}:unshifted_share", unit="%",
        scale=100, least=0, most=1,
        meaning="How often the most probable next token stays the same when the last state is so cut down.",
        source=f"ours, beside {_SARFATI}",
        kind="depth", axis="depth",
    ),
    Measure(
        "norm_growth", words="growth of the states", function=f"{_DEPTH}:norm_growth", least=0,
        meaning="How many times as long a token's state is as at the embedding: geometric mean over tokens.",
        source="|x[l]| / |x[0]|",
        **_OF_TOKENS,
    ),
    Measure(
        "jacobian_gain", words="largest gain", function=f"{_GAINS}:largest_gain", least=0,
        meaning="How much a small change of a token's state at a layer is amplified up to the last layer, at most.",
        source="σ_max of ∂x[L]/∂x[l], keys and values of earlier tokens held fixed",
        **_OF_TOKENS,
    ),
    Measure(
        "random_jacobian_gain", words="gain of a random direction", function=f"{_GAINS}:random_gain", least=0,
        meaning="The same of a change in a random direction.",
        source="‖∂x[L]/∂x[l]‖_F / √D",
        **_OF_TOKENS,
    ),
    Measure(
        "relative_jacobian_gain", words="largest relative gain", function=f"{_GAINS}:relative_gain", least=0,
        meaning="The largest gain where change and outcome are each measured by the length of the state there.",
        source="σ_max of ∂x[L]/∂x[l], times |x[l]| / |x[L]|",
        **_OF_TOKENS,
    ),
    Measure(
        "relative_random_gain", words="relative gain of a random direction", function=f"{_GAINS}:relative_gain",
        least=0,
        meaning="The same of a change in a random direction.",
        source="‖∂x[L]/∂x[l]‖_F / √D, times |x[l]| / |x[L]|",
        **_OF_TOKENS,
    ),
    Measure(
        "composite_forward_gain", words="composite gain forward", function=f"{_GAINS}:forward_gain", least=0,
        meaning="Largest row sum of all maps between residual streams from one sub-layer on, multiplied.",
        source=f"{_MHC}: Amax gain magnitude of H[L−1] ⋯ H[l], mean over tokens",
        **_OF_TOKENS,
    ),
    Measure(
        "composite_backward_gain", words="composite gain backward", function=f"{_GAINS}:backward_gain", least=0,
        meaning="Largest column sum of all maps between residual streams from one sub-layer on, multiplied.",
        source=f"{_MHC}: Amax gain magnitude of H[L−1] ⋯ H[l], mean over tokens",
        **_OF_TOKENS,
    ),
    Measure(
        "deflection", words="deflection", function=f"{_DEPTH}:deflection", unit="°", first=1, least=0, most=180,
        meaning="Angle between the ways that one token's two paths have gone, where an earlier word is another.",
        source=f"{_DI_SIPIO}: the angle of x_a[l] − x_a[0] and x_b[l] − x_b[0]",
        **_OF_TOKENS,
    ),
    Measure(
        "path_distance", words="distance of the paths", function=f"{_DEPTH}:path_distance", least=0, most=2,
        meaning="How far the two states of such a token are apart, beside their mean length.",
        source="|x_a[l] − x_b[l]| / ½(|x_a[l]| + |x_b[l]|)",
        **_OF_TOKENS,
    ),
)  # fmt: skip
"""Measured on every token's path through the layers."""
