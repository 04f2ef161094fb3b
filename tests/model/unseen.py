"""A causal LM of a kind nobody has seen: no hidden states asked for, no mask, no cache, an odd place for its blocks."""

import torch
from torch import nn
from transformers import GenerationMixin, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

VOCABULARY = 101
WIDTH = 16


class UnseenConfig(PreTrainedConfig):
    model_type = "unseen"

    def __init__(self, returns="tensor", runs="once", **settings):
        self.returns = returns
        self.runs = runs
        self.hidden_size = WIDTH
        self.num_hidden_layers = 3
        self.vocab_size = VOCABULARY
        super().__init__(**settings)


class Block(nn.Module):
    """A running mean over the text so far, mixed in."""

    def __init__(self, config):
        super().__init__()
        self.returns = config.returns
        self.mix = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        count = torch.arange(1, x.shape[1] + 1, device=x.device)[:, None]
        x = x + torch.tanh(self.mix(x.cumsum(1) / count))
        if self.returns == "tuple":
            return x, None
        if self.returns == "list":
            return [x]
        if self.returns == "dataclass":
            return CausalLMOutput(loss=None, logits=None, hidden_states=x)
        if self.returns == "flat":
            return x.flatten(0, 1)
        if self.returns == "nothing":
            return {"x": x}
        return x


class UnseenForCausalLM(PreTrainedModel, GenerationMixin):
    config_class = UnseenConfig

    def __init__(self, config):
        super().__init__(config)
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.tower = nn.ModuleDict({"floors": nn.ModuleList([Block(config) for _ in range(3)])})
        self.norm = nn.LayerNorm(WIDTH)
        self.out = nn.Linear(WIDTH, VOCABULARY)
        self.post_init()

    def get_input_embeddings(self):
        return self.words

    def prepare_inputs_for_generation(self, input_ids, **anything):
        return {"input_ids": input_ids}

    def forward(self, input_ids, return_dict=None):
        x = self.words(input_ids)
        order = {"once": [0, 1, 2], "twice": [0, 1, 2, 0, 1, 2], "never": []}[self.config.runs]
        for place in order:
            x = self._tensor(self.tower["floors"][place](x), x)
        return CausalLMOutput(logits=self.out(self.norm(x)))

    @staticmethod
    def _tensor(output, given):
        if isinstance(output, torch.Tensor):
            return output.view_as(given)
        if isinstance(output, dict):
            return output.get("x", output.get("hidden_states"))
        return output[0]


def unseen(**settings):
    torch.manual_seed(1)
    return UnseenForCausalLM(UnseenConfig(**settings)).eval()
