"""Models nobody has seen, and block outputs of every kind: captured or refused, never copied in silence."""

import pytest
import torch
from torch import nn

import llmgeo
from llmgeo.errors import ModelError
from llmgeo.model.capture.hooks import Capture, Layout, hidden_of
from llmgeo.model.capture.store import Extent, InMemory
from tests.model.unseen import VOCABULARY, WIDTH, unseen

PROMPTS = [[11, 12, 13], [21, 22, 23, 24, 25], [31]]
SAMPLED = llmgeo.Decoding(max_new_tokens=8, temperature=1.5, top_p=1.0)


@pytest.mark.parametrize("returns", ["tensor", "tuple", "list", "dataclass"])
@pytest.mark.parametrize("blocks", ["tower.floors", None], ids=["named", "found"])
def test_a_model_without_hidden_states_mask_and_cache_is_captured(returns, blocks):
    hf = unseen(returns=returns)
    model = llmgeo.load(hf, blocks=blocks)
    record = model.verified.record()
    assert record["verified_by"] == "chain"
    assert record["offset"] is None
    ids = [3, 1, 4, 1, 5, 9]
    states = [hf.words(torch.tensor([ids]))]
    for block in hf.tower["floors"]:
        count = torch.arange(1, len(ids) + 1)[:, None]
        states.append(states[-1] + torch.tanh(block.mix(states[-1].cumsum(1) / count)))
    torch.testing.assert_close(model.read(ids).states, torch.cat(states))
    for trajectory in model.generate(PROMPTS, SAMPLED, batch_size=3):
        torch.testing.assert_close(trajectory.states, model.read(trajectory.token_ids).states)
        assert trajectory.states.shape == (4, trajectory.prompt_length + 8, WIDTH)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"runs": "twice"}, "run 6 times in one pass"),
        ({"runs": "never"}, "none of these modules runs"),
        ({"returns": "flat"}, r"give \[35, 16\]"),
        ({"returns": "nothing"}, "holds no hidden states"),
    ],
)
def test_blocks_without_one_state_a_token_are_refused(settings, message):
    with pytest.raises(ModelError, match=message):
        llmgeo.load(unseen(**settings), blocks="tower.floors")


def test_blocks_that_are_no_chain_must_be_named():
    """Only calls and shapes can be checked then, and the record says so."""
    hf = unseen()
    hf.tower["floors"][1].register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    with pytest.raises(ModelError, match=r"blocks='model\.layers'"):
        llmgeo.load(hf)
    assert llmgeo.load(hf, blocks="tower.floors").verified.record()["verified_by"] == "none"


def test_blocks_may_be_a_sequential():
    hf = unseen()
    hf.tower["floors"] = nn.Sequential(*hf.tower["floors"])
    assert llmgeo.load(hf, blocks="tower.floors").layers == 3


def test_a_path_that_names_nothing_lists_what_there_is():
    with pytest.raises(ModelError, match=r"tower\.floors \(3\)"):
        llmgeo.load(unseen(), blocks="model.layers")


def room(rows, layers, tokens):
    return InMemory(Extent(rows, tuple(range(layers)), 0, tokens, width=4, dtype=torch.float32))


def test_a_step_that_computes_the_whole_text_again_adds_what_is_new():
    blocks = nn.ModuleList([nn.Identity(), nn.Linear(4, 4)])
    x = torch.randn(2, 6, 4)
    store = room(rows=2, layers=3, tokens=6)
    with Capture(blocks, store, one_by_one=True), torch.no_grad():
        for stop in (4, 5, 6):
            whole = blocks[1](blocks[0](x[:, :stop]))
    assert torch.equal(store.states[:, 0], x)
    torch.testing.assert_close(store.states[:, 2], whole)


def test_a_step_of_neither_one_token_nor_the_whole_text_is_refused():
    blocks = nn.ModuleList([nn.Identity()])
    with Capture(blocks, room(rows=1, layers=2, tokens=9), one_by_one=True):
        blocks[0](torch.ones(1, 4, 4))
        with pytest.raises(ModelError, match="computed 3 positions after 4"):
            blocks[0](torch.ones(1, 3, 4))


@pytest.mark.parametrize("shape", [(2, 4), (2, 3, 5), (3, 3, 4), (2, 2, 4), (2, 3, 2, 4)])
def test_an_output_of_an_unexpected_shape_is_never_copied(shape):
    block = nn.Identity()
    block.register_forward_hook(lambda module, args, output: torch.ones(shape))
    store = room(rows=2, layers=2, tokens=3)
    with pytest.raises(ModelError, match="not measured"), Capture(nn.ModuleList([block]), store):
        block(torch.ones(2, 3, 4))


@pytest.mark.parametrize("order", [[1, 0], [0, 0], [0]])
def test_blocks_out_of_order_are_refused(order):
    blocks = nn.ModuleList([nn.Identity(), nn.Identity()])

    def run():
        with Capture(blocks, room(rows=1, layers=3, tokens=3)):
            for place in order:
                blocks[place](torch.ones(1, 3, 4))

    with pytest.raises(ModelError, match="not measured"):
        run()


@pytest.mark.parametrize(("shape", "order"), [((5, 7, 2, 3), (0, 1, 2)), ((2, 5, 7, 3), (1, 2, 0))])
def test_streams_are_found_and_averaged(shape, order):
    layout = Layout.of(shape, batch=5, positions=7)
    assert (layout.streams, layout.order) == (2, order)
    hidden = torch.randn(shape)
    torch.testing.assert_close(layout.read(hidden), hidden.mean(order[2]))


@pytest.mark.parametrize("output", [None, (), "text", (None, torch.ones(2)), {"a": 1}, torch.ones(2, dtype=torch.int)])
def test_outputs_that_hold_no_hidden_states(output):
    with pytest.raises(ModelError, match="no hidden states"):
        hidden_of(output)


def test_a_model_that_reads_fewer_tokens_than_are_tried():
    hf = unseen()
    hf.config.max_position_embeddings = 4
    with pytest.raises(ModelError, match="reads at most 4 tokens"):
        llmgeo.load(hf)


def test_ids_stay_within_the_vocabulary():
    assert llmgeo.load(unseen(), blocks="tower.floors").encode([VOCABULARY - 1]) == (VOCABULARY - 1,)
