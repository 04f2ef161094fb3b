"""What is stored in a file behind a small buffer is what is stored in memory."""

import tempfile

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.errors import RunError
from llmgeo.model.capture.disk_store import OnDisk
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.capture.store import Extent, InMemory


@settings(deadline=None, max_examples=60)
@given(
    prefill=st.integers(1, 5),
    steps=st.integers(0, 9),
    leave_after=st.integers(0, 9),
    buffer_steps=st.integers(1, 4),
    start=st.integers(0, 6),
    layers=st.sets(st.integers(0, 3), min_size=1),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
)
def test_a_file_holds_what_memory_holds(prefill, steps, leave_after, buffer_steps, start, layers, dtype):
    stop = prefill + steps
    extent = Extent(rows=3, layers=tuple(sorted(layers)), start=min(start, stop), stop=stop, width=2, dtype=dtype)
    step_bytes = 3 * len(layers) * 2 * dtype.itemsize
    memory, disk = InMemory(extent), OnDisk(extent, tempfile.gettempdir(), buffer_bytes=buffer_steps * step_bytes)
    memory.states.zero_()
    generator = torch.Generator().manual_seed(0)

    def both(at, positions):
        for layer in range(4):
            states = torch.randn(len(memory.running), positions, 2, generator=generator).to(dtype)
            for store in (memory, disk):
                store.write(layer, at, states)

    both(0, prefill)
    for step in range(steps):
        if step == leave_after:
            for store in (memory, disk):
                store.keep(torch.tensor([0, 2]))
        both(prefill + step, 1)
    written = {1: min(stop, prefill + leave_after)}
    for row in range(3):
        last = max(extent.start, written.get(row, stop))
        assert torch.equal(memory.row(row, extent.start, last), disk.row(row, extent.start, last))
    disk.close()


def test_a_window_is_cut_from_the_new_tokens():
    keeping = Keeping(window=(2, 4))
    assert keeping.of_text(prompt_length=10, length=100) == slice(12, 16)
    assert keeping.of_text(prompt_length=10, length=14) == slice(12, 14)
    assert keeping.of_text(prompt_length=10, length=11) == slice(11, 11)
    assert Keeping().of_text(prompt_length=10, length=11) == slice(0, 11)


def test_states_that_were_not_kept_are_never_given():
    store = InMemory(Extent(rows=1, layers=(0,), start=3, stop=5, width=2, dtype=torch.float32))
    with pytest.raises(ValueError, match="positions 2 to 5"):
        store.row(0, 2, 5)


def test_positions_that_were_never_written_are_no_states(tmp_path):
    store = OnDisk(Extent(rows=1, layers=(0,), start=0, stop=4, width=2, dtype=torch.float32), tmp_path)
    store.write(0, 0, torch.ones(1, 2, 2))
    with pytest.raises(ValueError, match="never written"):
        store.row(0, 1, 4)


def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    store = OnDisk(Extent(rows=1, layers=(0,), start=0, stop=2, width=2, dtype=torch.float32), tmp_path)

    class Full:
        def seek(self, offset):
            pass

        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.file, "_file", Full())
    with pytest.raises(RunError, match=r"No space left on device.*batch_size="):
        store.write(0, 0, torch.ones(1, 2, 2))


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(RunError, match="No such file"):
        OnDisk(Extent(rows=1, layers=(0,), start=0, stop=2, width=2, dtype=torch.float32), tmp_path / "none")


def test_what_a_pass_leaves_not_finite_is_remembered_kept_or_not():
    """Three texts, the prompt's four positions not kept; what lies in another text or in padding is nobody's."""
    store = InMemory(Extent(rows=3, layers=(2,), start=4, stop=6, width=5, dtype=torch.float32))
    states = torch.zeros(3, 4, 5)
    states[1, 2, 3] = torch.inf
    states[2, 0, 0] = torch.nan
    store.write(0, 0, torch.zeros(3, 4, 5))
    store.write(1, 0, states)
    store.write(1, 4, torch.full((3, 1, 5), torch.nan))  # one position: looked at where it is kept
    assert store.first_lost(0, 0, 6) is None
    assert store.first_lost(1, 1, 6) == (1, 2)
    assert store.first_lost(1, 3, 6) is None
    assert store.first_lost(2, 0, 6) == (1, 0)
    assert store.first_lost(2, 1, 6) is None
