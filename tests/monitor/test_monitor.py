"""The monitor inside transformers' `generate`: the same alarms alone, in a batch, and afterwards; no hook stays."""

import numpy as np
import pytest
import torch
from transformers import TextStreamer

import llmgeo
from llmgeo.errors import UsageError
from llmgeo.model.sources.toy import toy_tokenizer
from llmgeo.monitor import Monitor
from llmgeo.monitor.alarm import CHANNELS
from llmgeo.monitor.monitor import LOOP
from tests.model.families import BUILDERS, build

THRESHOLDS = {"text": 6.0, "masked": 8.0, "surprisal": -1.0, "entropy": -2.0, "states": 0.95, "step_length": -40.0}
LENGTHS = (5, 9, 3, 12, 7, 6, 10, 4)


@pytest.fixture(scope="module", params=sorted(BUILDERS))
def model(request):
    return llmgeo.load(build(request.param))


@pytest.fixture(scope="module")
def llama():
    return llmgeo.load(build("llama"))


def prompts():
    generator = torch.Generator().manual_seed(0)
    return [torch.randint(8, 200, (length,), generator=generator).tolist() for length in LENGTHS]


def padded(texts):
    longest = max(map(len, texts))
    ids = torch.full((len(texts), longest), 7)
    mask = torch.zeros_like(ids)
    for row, text in enumerate(texts):
        ids[row, longest - len(text) :] = torch.tensor(text)
        mask[row, longest - len(text) :] = 1
    return {"input_ids": ids, "attention_mask": mask}


def write(model, texts, monitor=None, tokens=40, **settings):
    if monitor is not None:
        settings.setdefault("stopping_criteria", [monitor])
    return model.hf.generate(**padded(texts), max_new_tokens=tokens, do_sample=False, **settings)


def facts(alarms):
    return [(alarm.channel, alarm.position, alarm.onset, alarm.period) for alarm in alarms]


def hooks(model):
    return [(len(module._forward_hooks), len(module._forward_pre_hooks)) for module in (model.hf, *model.blocks)]


def test_alarms_are_the_same_alone_in_a_batch_of_eight_and_afterwards(model):
    monitor = Monitor(model, channels=CHANNELS, thresholds=THRESHOLDS, on_alarm="note")
    texts = prompts()
    with monitor:
        together = write(model, texts, monitor)
    in_batch = [facts(row) for row in monitor.alarms]
    assert sum(map(len, in_batch)) > 8
    for row, text in list(enumerate(texts))[::3]:
        with monitor:
            [alone] = write(model, [text], monitor)
        own = together[row, len(together[row]) - 40 - len(text) :]
        assert own[: len(alone)].tolist() == alone.tolist()
        assert facts(monitor.alarms[0]) == in_batch[row]
        afterwards = monitor.replay(model.read(alone.tolist()), len(text)).alarms
        # The last token's states are computed by no pass of the generation.
        heard = [
            alarm for alarm in afterwards if alarm.position < len(alone) - len(text) - 1 or alarm.channel == "text"
        ]
        assert facts(heard) == in_batch[row]


def test_it_ends_the_rows_that_loop_and_no_others(llama):
    texts = prompts()
    free = write(llama, texts)
    monitor = Monitor(llama, thresholds={"text": 6.0})
    out = write(llama, texts, monitor)
    for row in range(len(texts)):
        start = free.shape[1] - 40
        if monitor.alarms[row]:
            end = start + monitor.alarms[row][0].position + 1
            assert out[row, :end].tolist() == free[row, :end].tolist()
            assert set(out[row, end:].tolist()) <= {7}
            assert monitor.outcome(row)["finish_reason"] == LOOP
            assert monitor.outcome(row)["reason"].startswith(
                f"loop at token {end - start - 1}: the text repeats itself"
            )
        else:
            assert monitor.outcome(row) == {"finish_reason": None}
    assert sum(map(bool, monitor.alarms)) > 0


def test_padding_after_a_row_has_ended_is_not_watched(llama):
    """A row's end token, and then only padding, in a batch that goes on."""
    monitor = Monitor(llama, thresholds={"text": 0.3}, on_alarm="note")
    ids = torch.tensor([[8, 9], [10, 11]])
    for step in range(40):
        ids = torch.cat([ids, torch.tensor([[5 if step == 0 else 7], [20 + step]])], 1)
        monitor(ids)
    assert monitor.alarms == ((), ())
    assert monitor.texts[0].tokens == 1


@pytest.mark.parametrize("channels", [["states"], ["surprisal"], CHANNELS])
def test_no_hook_stays_whatever_happens(llama, channels):
    before = hooks(llama)
    monitor = Monitor(llama, channels=channels, thresholds=THRESHOLDS)

    def fail(input_ids, scores, **kwargs):
        assert hooks(llama) != before
        raise RuntimeError("stop here")

    with pytest.raises(RuntimeError, match="stop here"), monitor:
        write(llama, [[8, 9, 10]], monitor, stopping_criteria=[monitor, fail])
    assert hooks(llama) == before
    with monitor:
        write(llama, [[8, 9, 10]], monitor, tokens=4)
    assert hooks(llama) == before


def test_texts_of_one_monitor_do_not_mix(llama):
    monitor = Monitor(llama, thresholds={"text": 6.0}, on_alarm="note")
    texts = prompts()
    alone = []
    for text in texts[:3]:
        write(llama, [text], Monitor(llama, thresholds={"text": 6.0}, on_alarm="note"))
        write(llama, [text], monitor)
        alone.append(facts(monitor.alarms[0]))
    fresh = Monitor(llama, thresholds={"text": 6.0}, on_alarm="note")
    write(llama, [texts[2]], fresh)
    assert facts(fresh.alarms[0]) == alone[2]


def test_what_the_user_says_next_is_not_watched(llama):
    monitor = Monitor(llama, thresholds={"text": 6.0}, on_alarm="note")
    first = write(llama, [[8, 9, 10]], monitor, tokens=5)
    again = first[0].tolist() + [30, 31, 32, 33, 34, 35, 36, 37] * 3
    write(llama, [again], monitor, tokens=5)
    assert monitor.texts[0].tokens == 5


def test_a_streamer_hands_on_and_tells(llama):
    told = []
    monitor = Monitor(llama, thresholds={"text": 6.0})
    text = prompts()[2]

    class Tokens:
        def __init__(self):
            self.put_, self.ended = [], 0

        def put(self, value):
            self.put_ += value.flatten().tolist()

        def end(self):
            self.ended += 1

    inner = Tokens()
    out = write(llama, [text], monitor, stopping_criteria=[], streamer=monitor.streamer(inner, told.append))
    assert inner.put_ == out[0].tolist()
    assert inner.ended == 1
    assert len(told) == 1
    assert facts(told) == facts(monitor.alarms[0])


def test_a_streamer_alone_watches_and_leaves_transformers_own_as_it_is(capsys):
    toy = llmgeo.load("toy")
    monitor = Monitor(toy, thresholds={"text": 3.0}, on_alarm="note")
    inner = TextStreamer(toy.tokenizer, skip_prompt=True)
    out = toy.hf.generate(torch.tensor([list(toy.encode("Once"))]), max_new_tokens=12, do_sample=False,
                          streamer=monitor.streamer(inner))  # fmt: skip
    assert monitor.texts[0].tokens == out.shape[1] - 4
    assert capsys.readouterr().out


def test_ids_alone_need_no_model():
    monitor = Monitor()
    ids = [*range(50), *list(range(60, 90)) * 2]
    alarms = [alarm for token in ids for alarm in monitor.push(token)]
    assert facts(alarms) == facts(monitor.replay(ids).alarms) == [("text", 99, 50, 30)]
    monitor.reset()
    assert monitor.outcome() == {"finish_reason": None}
    two = [monitor.push(token, row=token % 2) for token in range(4)]
    assert len(monitor.texts) == 2
    assert two == [[]] * 4


def test_a_tokenizer_tells_words_from_marks():
    tokenizer = toy_tokenizer()
    table = "| " + "--- | " * 12
    assert Monitor().replay(tokenizer.encode(table)).alarm is not None
    assert Monitor(tokenizer).replay(table).alarm is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"channels": ["txt"]}, "txt"),
        ({"channels": []}, "channels is empty"),
        ({"channels": ["states"]}, "is read from a model"),
        ({"on_alarm": "shout"}, "shout"),
        ({"thresholds": {"txt": 3}}, "txt"),
        ({"thresholds": {"text": "high"}}, "must be a number"),
        ({"thresholds": {"text": float("nan")}}, "must be a number"),
        ({"model": 3}, "Monitor was given 3"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(arguments, said):
    with pytest.raises(UsageError, match=said):
        Monitor(**arguments)


def test_what_a_model_does_not_allow_is_said(llama):
    with pytest.raises(UsageError, match="not calibrated"):
        Monitor(llama, channels=["states"])
    with pytest.raises(UsageError, match="layers 0 to 3"):
        Monitor(llama, channels=["states"], thresholds=THRESHOLDS, layer=9)
    outside = Monitor(llama, channels=["states"], thresholds=THRESHOLDS)
    with pytest.raises(UsageError, match="with monitor"):
        write(llama, [[8, 9]], outside)
    beams = Monitor(llama, thresholds=THRESHOLDS, on_alarm="note")
    beams(torch.tensor([[8, 1], [8, 2]]))
    with pytest.raises(UsageError, match="num_beams=1"):
        beams(torch.tensor([[8, 2, 3], [8, 1, 4]]))


def test_scores_of_a_replay_stand_at_their_tokens(llama):
    monitor = Monitor(llama, channels=CHANNELS, thresholds=THRESHOLDS)
    trajectory = llama.read(list(range(10, 60)))
    scores = monitor.replay(trajectory, 10).scores
    assert {name: len(each) for name, each in scores.items()} == dict.fromkeys(CHANNELS, 40)
    assert np.isnan(scores["states"][:4]).all()
    assert np.isfinite(scores["states"][4:]).all()
    steps = (trajectory.states_at(1)[11:] - trajectory.states_at(1)[10:-1]).norm(dim=-1).numpy()
    assert np.isnan(scores["step_length"][15])
    assert -scores["step_length"][16] == pytest.approx(steps[:16].mean(), rel=1e-4)


def test_a_model_in_memory_without_a_tokenizer_counts_tokens_and_says_so(llama):
    bare = Monitor(build("llama"))
    assert bare.thresholds.by_channel == {"text": 20.0}
    tokenizer = toy_tokenizer()
    told = Monitor(build("llama"), tokenizer=tokenizer)
    assert told.thresholds.by_channel == {"text": 6.0}
    table = "| " + "--- | " * 12
    assert told.replay(table).alarm is None
    assert bare.replay(tokenizer.encode(table)).alarm is not None
