"""Tables of texts: every format gives the same rows, and every fault is one message that says where it stands."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.errors import RecipeError
from llmgeo.texts import table_files, text_table
from llmgeo.texts.text_table import read_texts

ROWS = [
    {"text": 'He said "no",\nand left.', "label": "human", "group": "ann", "score": 0.5},
    {"text": "Ünïcode 🙂, \u2028 kept", "label": "model", "group": "ben", "score": 2.0},
    {"text": "=1+1", "label": "human", "group": "ann", "score": -1.0},
]


def written(folder, suffix):
    path = folder / f"texts{suffix}"
    frame = pd.DataFrame(ROWS)
    if suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n", encoding="utf-8")
    elif suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep={".csv": ",", ".tsv": "\t"}[suffix])
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".tsv", ".parquet"])
def test_every_format_gives_the_same_texts(tmp_path, suffix):
    table = read_texts(written(tmp_path, suffix))
    assert [row.text for row in table.rows] == [row["text"] for row in ROWS]
    assert [(row.label, row.group) for row in table.rows] == [(row["label"], row["group"]) for row in ROWS]
    assert [float(row.further["score"]) for row in table.rows] == [0.5, 2.0, -1.0]
    assert table.labels == ("human", "model")
    assert [row.id for row in table.rows] == ["row-1", "row-2", "row-3"]


def test_a_pandas_table_a_list_and_a_file_are_the_same_table(tmp_path):
    of_file = read_texts(written(tmp_path, ".jsonl"))
    assert read_texts(pd.DataFrame(ROWS)).digest == read_texts(ROWS).digest == of_file.digest
    assert read_texts(pa.Table.from_pylist(ROWS)).digest == of_file.digest
    changed = [dict(ROWS[0], score=0.25), *ROWS[1:]]
    assert read_texts(changed).digest != of_file.digest, "what is kept is part of what a run was made of"


def test_a_folder_has_a_text_a_file_and_a_label_a_folder(tmp_path):
    for label, name, text in (("a", "one", "First.\n"), ("b", "one", "Second.\n"), ("b", "two", "Third.")):
        (tmp_path / label).mkdir(exist_ok=True)
        (tmp_path / label / f"{name}.txt").write_text(text)
    (tmp_path / "a" / ".hidden.txt").write_text("no")
    (tmp_path / "a" / "notes.md").write_text("no")
    rows = read_texts(tmp_path).rows
    assert [(row.id, row.label, row.text) for row in rows] == [
        ("a/one", "a", "First."),
        ("b/one", "b", "Second."),
        ("b/two", "b", "Third."),
    ]


@pytest.mark.parametrize(
    ("row", "text", "prompt"),
    [({"prompt": "Why?", "answer": "So."}, "So.", "Why?"), ({"text": "So.", "prompt": None}, "So.", "")],
)
def test_a_row_may_have_its_text_in_several_forms(row, text, prompt):
    [found] = read_texts([row]).rows
    assert (found.text, found.prompt, found.messages) == (text, prompt, None)


def test_messages_come_as_lists_as_parquet_keeps_them_and_as_json_in_a_csv(tmp_path):
    messages = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    pq.write_table(pa.Table.from_pylist([{"messages": messages}]), tmp_path / "chat.parquet")
    pd.DataFrame({"messages": [json.dumps(messages)]}).to_csv(tmp_path / "chat.csv", index=False)
    frame = pd.read_parquet(tmp_path / "chat.parquet")  # in which a list is an array
    for source in ([{"messages": messages}], frame, tmp_path / "chat.parquet", tmp_path / "chat.csv"):
        [row] = read_texts(source).rows
        assert list(row.messages) == messages


def test_labels_of_any_kind_are_words():
    frame = pd.DataFrame({"text": list("abcd"), "label": [1, 0, 1, 0], "group": [1.0, 2.0, np.float32(3), 4]})
    table = read_texts(frame)
    assert table.labels == ("1", "0")
    assert [row.group for row in table.rows] == ["1", "2", "3", "4"]
    assert read_texts([{"text": "a", "label": True}, {"text": "b", "label": False}]).labels == ("true", "false")


FAULTS = {
    'one": 1}': "texts.jsonl:1: this is not JSON: ",
    '{"text": "a"}\n{"text": "b"\n': "texts.jsonl:2: this is not JSON: ",
    "[1, 2]": "texts.jsonl:1: [1, 2] is not an object",
    '{"text": "a", "text": "b"}': "texts.jsonl:1: the key 'text' stands twice",
    '{"text": ' + "[" * 5000 + "]" * 5000 + "}": "nested too deeply",
    '{"id": "a", "response": "b"}': "no column is called text (or messages, or prompt and answer). There are: 'id', "
    "'response'; rename 'response' to text",
    '{"answer": "b"}': "the column answer has no prompt beside it",
    '{"text": "a"}\n{"txt": "b"}': "texts.jsonl:2: there is no text here",
    '{"text": "a"}\n{"text": "  "}': "texts.jsonl:2: text is empty",
    '{"text": 3}': "texts.jsonl:1: text = 3 must be a text",
    '{"text": "\\ud800"}': "half of a surrogate pair",
    '{"text": "a", "messages": [{"role": "user", "content": "b"}]}': "the row has text and messages, and only one",
    '{"text": "a", "prompt": "b"}': "the row has text and prompt, and only one",
    '{"prompt": "b", "answer": null}': "the prompt has no answer",
    '{"messages": "no"}': "messages = 'no' is not JSON",
    '{"messages": []}': "must be a list of messages",
    '{"messages": [{"role": "user"}]}': "needs a role and a content",
    '{"messages": [{"role": "user", "content": ""}]}': "the last message is empty",
    '{"text": "a", "label": ["x"]}': "label = ['x'] must be a word or a number",
    '{"text": "a", "label": "two\\nlines"}': "must be one printable line",
    '{"text": "a", "id": "x"}\n{"text": "b", "id": "x"}': "texts.jsonl:2: the id 'x' stands already at ",
    '{"text": "a", "label": "x"}\n{"text": "b", "label": NaN}': "texts.jsonl:2: there is no label here, and 1",
    '{"text": "a", "group": "x"}\n{"text": "b"}': "texts.jsonl:2: there is no group here",
    '{"text": "a", "more": "' + "x" * 30_000 + '"}': "take out the column 'more'",
    "\n\n": "holds no text",
}


@pytest.mark.parametrize(("content", "said"), FAULTS.items(), ids=range(len(FAULTS)))
def test_a_faulty_row_is_one_message_with_its_line(tmp_path, content, said):
    (tmp_path / "texts.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        read_texts(tmp_path / "texts.jsonl")
    message = str(caught.value)
    assert said in message
    assert "\n" not in message


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path):
    (tmp_path / "texts.csv").write_bytes(b"text\ngood\nb\xffd\n")
    with pytest.raises(RecipeError, match=r"texts\.csv:3: the byte 0xff is not UTF-8"):
        read_texts(tmp_path / "texts.csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text,label\na,x\nb,y,z\n", "texts.csv:3: 3 fields, and the first line names 2 columns"),
        ('text,label\n"a\nb",x\nc\n', "texts.csv:4: 1 fields, and the first line names 2 columns"),
        ('text\n"a"b\n', "texts.csv:2: this is not CSV"),
        ('text\n"never closed\n', "texts.csv:2: this is not CSV"),
        ("text,text\na,b\n", "the column 'text' stands twice"),
        ("text;label\na;b\n", "no column is called text"),
        ("text,label\n ,x\n", "texts.csv:2: there is no text here"),
        ("", "there is no column at all"),
        ("text\n", "holds no text"),
    ],
)
def test_a_faulty_csv_is_told_with_its_line(tmp_path, content, said):
    (tmp_path / "texts.csv").write_text(content)
    with pytest.raises(RecipeError) as caught:
        read_texts(tmp_path / "texts.csv")
    assert said in str(caught.value)


def test_a_csv_may_hold_texts_of_any_length_and_leaves_pythons_own_limit_alone(tmp_path):
    import csv

    (tmp_path / "texts.csv").write_text(f"text\n{'x' * 200_000}\n")
    before = csv.field_size_limit()
    assert len(read_texts(tmp_path / "texts.csv").rows[0].text) == 200_000
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "none.jsonl", "there is no file"),
        (lambda folder: folder / "none", "is not there"),
        (lambda folder: folder, "holds no .txt file"),
        (lambda folder: folder / "a.parquet", "is no parquet file that can be read"),
        (lambda folder: folder / "a.toml", "is no table of texts"),
        (lambda folder: 3, "give the path of a file or folder"),
        (lambda folder: [3], "text 1 is 3; give a text, or a row"),
        (lambda folder: [], "holds no text"),
        (lambda folder: pd.DataFrame({"body": ["a"]}), "rename 'body' to text"),
    ],
)
def test_what_is_no_table_of_texts_is_told(tmp_path, make, said):
    for name in ("a.parquet", "a.toml"):
        (tmp_path / name).write_bytes(b"PAR1 nothing of the kind")
    with pytest.raises(RecipeError) as caught:
        read_texts(make(tmp_path))
    assert said in str(caught.value)


def test_a_table_that_would_not_fit_is_refused(tmp_path, monkeypatch):
    # A parquet file of a few kilobytes may hold gigabytes: it is read a piece at a time, and counted.
    pq.write_table(pa.table({"text": ["x" * 1000] * 3000}), tmp_path / "bomb.parquet")
    monkeypatch.setattr(text_table, "MOST_BYTES", 100_000)
    with pytest.raises(RecipeError, match="split it"):
        read_texts(tmp_path / "bomb.parquet")
    monkeypatch.setattr(table_files, "MOST_ROWS", 10)
    with pytest.raises(RecipeError, match="at most 10 are read"):
        read_texts(tmp_path / "bomb.parquet")
    monkeypatch.setattr(table_files, "MOST_BYTES", 100)
    (tmp_path / "large.jsonl").write_text('{"text": "' + "x" * 200 + '"}')
    with pytest.raises(RecipeError, match="at most 100 are read"):
        read_texts(tmp_path / "large.jsonl")


def test_a_message_cannot_drive_a_terminal(tmp_path):
    (tmp_path / "texts.jsonl").write_text(json.dumps({"\x1b[2J": 1, "text": "a", "label": "\u202eevil"}))
    with pytest.raises(RecipeError) as caught:
        read_texts(tmp_path / "texts.jsonl")
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)


def test_a_relative_path_starts_at_the_recipe_and_then_here(tmp_path, monkeypatch):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "texts.jsonl").write_text('{"text": "here"}')
    monkeypatch.chdir(tmp_path)
    assert read_texts("texts.jsonl", beside=tmp_path / "recipes" / "mine.toml").rows[0].text == "here"
    (tmp_path / "recipes" / "texts.jsonl").write_text('{"text": "beside"}')
    assert read_texts("texts.jsonl", beside=tmp_path / "recipes" / "mine.toml").rows[0].text == "beside"


def test_rows_that_are_not_independent_are_told_of_unless_groups_tie_them():
    twice = [{"text": "a"}, {"text": "a"}, {"text": "b"}]
    [said] = read_texts(twice).remarks
    assert said.startswith("1 text repeats another word for word")
    assert read_texts([{**row, "group": 1} for row in twice]).remarks == ()
    asked = [{"prompt": "Why?", "answer": word} for word in "abc"]
    [said] = read_texts(asked).remarks
    assert said.startswith("3 texts share their prompt with another")
    assert read_texts([{"text": "a"}, {"text": "b"}]).remarks == ()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_any_text_comes_back_as_it_was(texts):
    assert [row.text for row in read_texts(texts).rows] == texts
    assert [row.text for row in read_texts(pd.DataFrame({"text": texts})).rows] == texts
