"""Arrays on disk are read as they were saved; whatever else is given is one message, and nothing is unpickled."""

import pickle
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from llmgeo.errors import MeasureError, UsageError
from llmgeo.states_file import read_states

STATES = np.random.default_rng(0).normal(size=(3, 20, 8)).astype("float32")


class Trap:
    """Unpickled, it would say so."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was opened",)


def test_every_format_gives_the_array_that_was_saved(tmp_path):
    np.save(tmp_path / "a.npy", STATES)
    np.savez(tmp_path / "a.npz", states=STATES, other=STATES[0])
    save_file(
        {"states": torch.from_numpy(STATES), "half": torch.from_numpy(STATES).bfloat16()}, tmp_path / "a.safetensors"
    )
    assert np.array_equal(read_states(tmp_path / "a.npy").states, STATES)
    assert np.array_equal(read_states(tmp_path / "a.npz", "states").states, STATES)
    assert np.array_equal(read_states(tmp_path / "a.safetensors", "states").states, STATES)
    assert read_states(tmp_path / "a.safetensors", "half").states.dtype == torch.bfloat16


def test_what_is_not_finite_is_told_with_its_place_in_the_file(tmp_path):
    states = STATES.copy()
    states[2, 4, 3] = np.inf
    np.save(tmp_path / "a.npy", states)
    chosen, numbers = read_states(tmp_path / "a.npy").layers("0,2")
    with pytest.raises(MeasureError, match="holds inf at layer 2, point 4, coordinate 3"):
        chosen.check_finite(numbers)
    save_file({"x": torch.from_numpy(states[2])}, tmp_path / "a.safetensors")
    with pytest.raises(MeasureError, match="holds inf at point 4, coordinate 3"):
        read_states(tmp_path / "a.safetensors").check_finite()


def test_layers_and_points_are_those_that_were_asked_for(tmp_path):
    np.save(tmp_path / "a.npy", STATES)
    chosen, numbers = read_states(tmp_path / "a.npy").layers("0,2")
    assert numbers == (0, 2)
    drawn = chosen.some_points(5, seed=1).states
    places = [int(np.flatnonzero((STATES[0] == point).all(-1))[0]) for point in drawn[0]]
    assert places == sorted(set(places))  # no point twice, in their order
    assert np.array_equal(drawn, STATES[[0, 2]][:, places])  # the same of every layer
    assert chosen.some_points(20, seed=1) is chosen


def header(shape, more=b""):
    """The beginning of a .npy file that says it is of this shape, and nothing else."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode() + more + b"\n"
    return b"\x93NUMPY\x02\x00" + len(text).to_bytes(4, "little") + text + bytes(100)


def broken(folder):
    """Files that are none, by name, with what must be said of each."""
    np.save(folder / "objects.npy", np.array([{}]), allow_pickle=True)
    np.save(folder / "whole.npy", STATES)
    (folder / "cut.npy").write_bytes((folder / "whole.npy").read_bytes()[:400])
    (folder / "empty.npz").write_bytes(b"")
    (folder / "cut.safetensors").write_bytes(b"\xff" * 20)
    np.save(folder / "flat.npy", STATES[0, 0])
    np.save(folder / "none.npy", STATES[:, :0])
    np.save(folder / "whole_numbers.npy", np.ones((4, 4), int))
    np.save(folder / "complex.npy", np.ones((4, 4), complex))
    np.savez(folder / "two.npz", a=STATES, b=STATES)
    save_file({"f8": torch.ones(4, 4).to(torch.float8_e4m3fn)}, folder / "f8.safetensors")
    (folder / "trap.pt").write_bytes(pickle.dumps(Trap()))
    (folder / "trap.npy").write_bytes(pickle.dumps(Trap()))
    (folder / "array.npz").write_bytes((folder / "whole.npy").read_bytes())
    (folder / "archive.npy").write_bytes((folder / "two.npz").read_bytes())
    with zipfile.ZipFile(folder / "raw.npz", "w") as archive:
        archive.writestr("x.txt", "hello")
    np.savez_compressed(folder / "deflated.npz", x=np.random.default_rng(0).normal(size=(300, 4)))
    deflated = bytearray((folder / "deflated.npz").read_bytes())
    deflated[200:260] = b"\xaa" * 60
    (folder / "deflated.npz").write_bytes(deflated)
    with zipfile.ZipFile(folder / "huge.npz", "w") as archive:
        archive.writestr("x.npy", header((10**9, 10**6)))
    (folder / "wide.npy").write_bytes(header((10**22, 4)))
    (folder / "long.npy").write_bytes(header((3, 4), more=b"(" * 20_000))
    (folder / "table.csv").write_text("1,2")
    return {
        "objects.npy": "Python objects", "cut.npy": "cut off", "empty.npz": "cut off", "cut.safetensors": "cut off",
        "flat.npy": r"shape \[8\]", "none.npy": r"shape \[3, 0, 8\]", "whole_numbers.npy": "int64",
        "complex.npy": "complex128",
        "two.npz": "2 arrays: 'a', 'b'", "f8.safetensors": "float8", "trap.pt": "is a pickle",
        "array.npz": "single array; rename it 'array.npy'", "archive.npy": "rename it 'archive.npz'",
        "raw.npz": "no array of numpy's", "deflated.npz": "cut off", "huge.npz": "does not fit into memory",
        "wide.npy": "cut off", "long.npy": "cut off", "x" * 5000 + ".npy": "does not exist",
        "trap.npy": "can run code", "table.csv": "none of .npy", "not_there.npy": "does not exist", "": "is a folder",
    }  # fmt: skip


def test_whatever_else_is_given_is_one_message(tmp_path):
    for name, said in broken(tmp_path).items():
        with pytest.raises(UsageError, match=said):
            read_states(tmp_path / name)


def test_names_and_layers_that_are_not_there_are_told(tmp_path):
    np.save(tmp_path / "one.npy", STATES[0])
    np.savez(tmp_path / "two.npz", states=STATES, b=STATES)
    with pytest.raises(UsageError, match="did you mean states"):
        read_states(tmp_path / "two.npz", "state")
    with pytest.raises(UsageError, match="without a name"):
        read_states(tmp_path / "one.npy", "states")
    with pytest.raises(UsageError, match="one cloud"):
        read_states(tmp_path / "one.npy").layers("0")
    with pytest.raises(UsageError, match="has 0 to 2"):
        read_states(tmp_path / "two.npz", "states").layers("3")


@pytest.mark.parametrize("name", ["x\x1b[2J.npy", "x\n.pt"])
def test_a_hostile_name_cannot_drive_a_terminal(tmp_path, name):
    with pytest.raises(UsageError) as caught:
        read_states(tmp_path / name)
    assert not set(str(caught.value)) & {"\x1b", "\n"}
