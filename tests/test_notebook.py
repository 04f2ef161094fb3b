"""What shows itself in a notebook: no text of a model's becomes markup, hides, or reorders what stands beside it."""

from html.parser import HTMLParser

import pytest
import torch

from llmgeo.trajectory import Trajectory
from tests.page.runs import make_run
from tests.test_escape import HOSTILE


class Reader(HTMLParser):
    """The tags and the text that a browser would find."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def trajectory(prompt, said):
    size = len(prompt + said)
    numbers = torch.zeros(size)
    return Trajectory(
        torch.zeros(2, size, 3), tuple(range(size)), (*prompt, *said), "".join(prompt + said), "".join(said),
        len(prompt), numbers, numbers, "length", "generate",
    )  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("in_prompt", [True, False])
def test_a_trajectory_shows_hostile_text_literally(text, in_prompt):
    plain, hostile = (" a", " b"), (text, " c")
    shown = trajectory(hostile, plain) if in_prompt else trajectory(plain, hostile)
    html = shown._repr_html_()
    read = Reader(html)
    assert all(c.isprintable() for c in html)
    assert set(read.tags) <= {"p", "b", "i", "br"}
    expected = HOSTILE[text].replace("\\n", "")  # a line end stays one: <br>
    assert expected in read.text
    assert read.tags.count("br") == text.count("\n")
    assert repr(shown).isprintable()


def test_a_run_of_a_hostile_model_shows_its_name_literally(tmp_path):
    run = make_run(tmp_path / "run", states=False, model="<img src=x>\u202e\x1b[2J")
    html = run._repr_html_()
    assert "<img" not in html
    assert all(c.isprintable() for c in html)
    assert "<img src=x>\\u202e\\x1b[2J" in Reader(html).text
