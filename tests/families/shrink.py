"""Make the configuration of any causal language model family tiny, by rules on the names of its settings.

Knows transformers' configurations. Builds nothing, runs nothing. There are more families than one would write out by
hand, and new ones appear: a rule names a setting, not a family, and the few families that need more are listed below.
"""

from __future__ import annotations

from typing import Any

from transformers import CONFIG_MAPPING, PreTrainedConfig

VOCABULARY = 211
BLOCKS = 4
WIDTH = 64
HEADS = 4
"""As many heads, experts and blocks: a list of anything else has the length of the list of blocks, on purpose."""

RULES: dict[str, Any] = {
    **dict.fromkeys(["vocab_size", "vocab_size_per_layer_input"], VOCABULARY),
    **dict.fromkeys(
        ["num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers", "encoder_layers",
         "num_decoder_layers", "num_encoder_layers"], BLOCKS
    ),
    **dict.fromkeys(
        ["hidden_size", "d_model", "n_embd", "dim", "emb_dim", "embedding_size", "word_embed_proj_dim", "dim_model",
         "lru_width", "input_embedding_size"], WIDTH
    ),
    **dict.fromkeys(
        ["intermediate_size", "ffn_dim", "decoder_ffn_dim", "encoder_ffn_dim", "n_inner", "dff", "d_inner", "dim_ff",
         "ffn_hidden_size", "expert_ffn_hidden_size", "feed_forward_size", "ffn_intermediate_size",
         "intermediate_size_mlp"], 2 * WIDTH
    ),
    **dict.fromkeys(
        ["moe_intermediate_size", "shared_expert_intermediate_size", "expert_intermediate_size", "moe_ffn_dim",
         "shared_intermediate_size", "moe_shared_expert_intermediate_size"], WIDTH
    ),
    **dict.fromkeys(
        ["num_attention_heads", "n_head", "n_heads", "decoder_attention_heads", "encoder_attention_heads", "num_heads",
         "num_decoder_attention_heads", "num_encoder_attention_heads"], HEADS
    ),
    **dict.fromkeys(["num_key_value_heads", "n_head_kv", "num_kv_heads"], 2),
    **dict.fromkeys(["head_dim", "d_kv", "kv_channels", "global_head_dim"], WIDTH // HEADS),
    **dict.fromkeys(
        ["num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts", "num_routed_experts"], 4
    ),
    **dict.fromkeys(["num_experts_per_tok", "top_k_experts", "moe_k", "moe_topk", "num_experts_per_token"], 2),
    "n_group": 1,
    "topk_group": 1,
    "n_shared_experts": 1,
    "max_position_embeddings": 128,
    "n_positions": 128,
    "n_ctx": 128,
    "context_length": 128,
    "max_target_positions": 128,
    "max_source_positions": 128,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 1,
    # The BERT kind reads both ways unless it is told to be a decoder, and XLM unless it is told to be causal.
    "is_decoder": True,
    "causal": True,
    # Recurrent blocks; their pure PyTorch form pads every text to whole chunks.
    **dict.fromkeys(["chunk_size", "mamba_chunk_size"], 8),
    **dict.fromkeys(["mamba_d_state", "ssm_state_size", "state_size"], 16),
    **dict.fromkeys(["mamba_n_heads", "mamba_num_heads", "n_mamba_heads"], HEADS),
    **dict.fromkeys(["linear_key_head_dim", "linear_value_head_dim"], 16),
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    # Latent attention and its index.
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_rope_head_dim": 16,
    "qk_nope_head_dim": 16,
    "v_head_dim": 16,
    "index_n_heads": 2,
    "index_head_dim": 16,
    "index_topk": 64,
}  # fmt: skip


def tiny_config(family: str, **settings: Any) -> PreTrainedConfig:
    """A configuration of a key of ``MODEL_FOR_CAUSAL_LM_MAPPING``."""
    if family in DRAFTS:
        text, own = DRAFTS[family]
        return CONFIG_MAPPING[family](text_config=shrink(CONFIG_MAPPING[text], own), backbone_hidden_size=WIDTH)
    return shrink(CONFIG_MAPPING[family], FAMILIES.get(family, {}) | settings)


def shrink(kind: type[PreTrainedConfig], settings: dict[str, Any]) -> PreTrainedConfig:
    """A small configuration of this class; its parts are made small by the same rules."""
    known = kind().to_dict()
    chosen = {name: value for name, value in RULES.items() if name in known}
    for name in kind.sub_configs:
        whole = getattr(kind(), name, None)
        if isinstance(whole, PreTrainedConfig):
            chosen[name] = shrink(type(whole), settings.get(name, {}))
    return kind(**chosen | {name: value for name, value in settings.items() if name not in kind.sub_configs})


_FULL_AT_2 = ["linear_attention", "linear_attention", "full_attention", "linear_attention"]
_MLA = {"num_key_value_heads": HEADS}
_ROPE = {"rope_type": "default", "rope_theta": 10000.0}
_DOTS = _MLA | {
    "swa_num_attention_heads": HEADS,
    "swa_num_key_value_heads": HEADS,
    "swa_q_lora_rank": 16,
    "swa_kv_lora_rank": 16,
    "swa_head_dim": 32,
    "swa_qk_nope_head_dim": 16,
    "swa_v_head_dim": 16,
    "shared_experts_intermediate_size": WIDTH,
}
_DOTS_VISION = {"mlp_layer_types": ["dense"] * BLOCKS, "adapter_in_dim": WIDTH, "adapter_out_dim": WIDTH}
_DOTS_AUDIO = {"adapter_input_size": WIDTH, "adapter_out_dim": WIDTH}
_INDEXED = {
    "indexer_n_heads": 2,
    "indexer_kv_heads": 1,
    "indexer_head_dim": 16,
    "indexer_budget": 64,
    "indexer_compress_ratio": 4,
    "hc_lowrank": 8,
}
_BLT_PARTS = {name: {"hidden_size_global": WIDTH} for name in ("encoder_config", "decoder_config")}
_NOTHING = {"intermediate_size": 8, "num_blocks": 1, "hidden_size": 16, "num_attention_heads": 2}

_ALL_FULL = {"num_kv_shared_layers": BLOCKS, "layer_types": ["full_attention"] * BLOCKS}
DRAFTS: dict[str, tuple[str, dict[str, Any]]] = {
    "gemma4_assistant": (
        "gemma4_text",
        {"hidden_size_per_layer_input": 0, "vocab_size_per_layer_input": 0, "enable_moe_block": False, **_ALL_FULL},
    ),
    "gemma4_unified_assistant": ("gemma4_unified_text", _ALL_FULL),
}
"""Models that guess ahead for a larger one: their defaults alone are no valid configuration."""

FAMILIES: dict[str, dict[str, Any]] = {
    "axk1": _MLA,
    "axk2": _MLA,
    "bailing_hybrid": {"layer_group_size": 3, "n_group": 1, "topk_group": 1, **_MLA},
    "bamba": {"attn_layer_indices": [2]},
    "blt": {"encoder_hash_byte_group_vocab": 50, **_BLT_PARTS},
    "cohere_compass_text": {"rope_parameters": {"full_attention": _ROPE | {"mrope_section": [4, 2, 2]}}},
    "codegen": {"rotary_dim": 8},
    "dbrx": {
        "attn_config": {"kv_n_heads": 2, "rope_theta": 10000.0, "clip_qkv": 8.0},
        "ffn_config": {"ffn_hidden_size": WIDTH},
    },
    "dots3_note": {"text_config": _DOTS, "vision_config": _DOTS_VISION, "audio_config": _DOTS_AUDIO},
    "dots3_note_text": _DOTS,
    "deepseek_v2": _MLA,
    "deepseek_v3": _MLA,
    "deepseek_v32": _MLA,
    "falcon_h1": {"mamba_d_ssm": 2 * WIDTH},
    "gemma3n_text": {"num_kv_shared_layers": 0, "hidden_size_per_layer_input": 16, "laurel_rank": 8},
    "glm4_moe_lite": _MLA,
    "glm_moe_dsa": _MLA,
    "gpt_neo": {"attention_types": [[["global", "local"], 2]]},
    "gptj": {"rotary_dim": 8},
    "granitemoehybrid": {"layer_types": _FULL_AT_2},
    "inkling2_text": {"rel_extent": 32},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "kimi_linear": {"layer_types": _FULL_AT_2, "linear_head_dim": 16, "linear_num_heads": HEADS, **_MLA},
    "lfm2_moe": {"layer_types": ["conv", "full_attention", "conv", "full_attention"]},
    "longcat_flash": _MLA | {"zero_expert_num": 1, "expert_ffn_hidden_size": WIDTH, "ffn_hidden_size": 2 * WIDTH},
    "mamba2": {"num_heads": 8, "head_dim": 16},
    "minicpm3": _MLA,
    "nemotron_h": {"mamba_head_dim": 32, "n_groups": 2},
    "phi4_multimodal": {"audio_config": _NOTHING, "vision_config": _NOTHING},
    "qwen4_exp": {"text_config": _INDEXED},
    "qwen4_exp_text": _INDEXED,
    "reformer": {
        "attn_layers": ["local", "lsh", "local", "lsh"],
        "axial_pos_shape": [16, 8],
        "axial_pos_embds_dim": [WIDTH // 4, 3 * WIDTH // 4],
        "attention_head_size": WIDTH // HEADS,
        "num_buckets": 4,
        "hash_seed": 1,
    },
    "roc_bert": {"pronunciation_embed_dim": 8, "shape_embed_dim": 8, "shape_vocab_size": 50},
    "xlstm": {"qk_dim_factor": 1.0},
    "xmod": {"default_language": "en_XX"},
    "youtu": _MLA,
    "zamba": {
        "layers_block_type": ["linear_attention", "linear_attention", "hybrid", "hybrid"],
        "attention_hidden_size": 2 * WIDTH,
    },
    "zamba2": {"layers_block_type": ["linear_attention", "hybrid", "linear_attention", "hybrid"]},
    "zaya": {"num_experts_per_tok": 1},
}
