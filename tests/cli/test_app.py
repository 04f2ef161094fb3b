"""Help, options, exit codes and messages: what a person meets who types something."""

import re
import warnings

import pytest

import llmgeo.cli.probe as probe_command
from llmgeo.cli.errors import say_remarks
from llmgeo.errors import CorruptRunError, LlmgeoError, ModelError, RecipeError, Remark, RunError, UsageError

COMMANDS = ("probe", "compare", "show", "report", "analyze", "list", "verify", "repair")


def test_help_names_every_command_and_the_exit_codes(llmgeo):
    result = llmgeo("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command}  ", result.stdout, re.MULTILINE)
    assert "130 interrupted" in " ".join(result.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples(llmgeo, command):
    result = llmgeo(command, "--help")
    assert result.exit_code == 0
    examples = re.findall(r"^    (llmgeo .+)$", result.stdout, re.MULTILINE)
    assert examples
    assert all(example.startswith(f"llmgeo {command}") for example in examples)


@pytest.mark.parametrize("command", ["probe", "compare"])
def test_options_are_in_groups_and_in_plain_words(llmgeo, command):
    help_text = llmgeo(command, "--help").stdout
    groups = ["What to run", "How much", "Model", "Speed and memory", "Output", "Options"]
    titles = re.findall(r"^(\w[\w ]+):$", help_text, re.MULTILINE)
    assert titles == ["Arguments", *groups]
    assert not re.search(r"<=|>=|x<|<\w+>|required|default:", help_text)
    of_group = dict(zip(titles, re.split(r"^\w[\w ]+:$", help_text, flags=re.MULTILINE)[1:], strict=True))
    assert "--limit N" in of_group["How much"]
    assert "--device NAME" in of_group["Speed and memory"]
    assert re.findall(r"^  (-\S+)", of_group["Options"], re.MULTILINE) == ["-h,"]


def test_short_help_is_not_cut_off(llmgeo):
    assert "..." not in llmgeo("--help").stdout.split("Commands:")[1]


def test_no_argument_shows_the_help(llmgeo):
    assert "Commands:" in llmgeo().output


def test_version(llmgeo):
    assert re.fullmatch(r"llmgeo \d+\.\d+\.\d+\n", llmgeo("--version").stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["prob"], "Did you mean 'probe'?"),
        (["probe", "--limt", "3"], "--limit"),
        (["probe", "--limit", "0"], "--limit"),
        (["probe", "--limit", "many"], "--limit"),
        (["probe", "--dtype", "float8"], "float32, bfloat16, float16 (or fp32, bf16, fp16)"),
        (["probe", "--seed", "-1"], "--seed"),
        (["probe", "--batch-size", "0"], "--batch-size"),
        (["probe", "--format", "yaml"], "'human', 'json', 'quiet'"),
        (["list", "colours"], "'probes', 'claims', 'measures', 'prompts'"),
        (["probe", "--limit", "many"], "Error: --limit 'many': give a whole number."),
        (
            ["probe", "toy", "gpt2"],
            "Error: gpt2: llmgeo probe takes [MODEL] and no more. A name with blanks needs quotes.",
        ),
        (["probe", "--limit", "-3"], "Error: --limit -3: give a whole number from 1."),
        (["probe", "--seed", str(2**70)], f"Error: --seed {2**70}: give a whole number up to {2**63 - 1}."),
        (
            ["probe", "--dtype", "int8"],
            "Error: --dtype int8 is not one of float32, bfloat16, float16 (or ",
        ),
        (["list", "nope"], "Error: what 'nope' is not one of 'probes', 'claims', 'measures', 'prompts'."),
        (["compare", "toy"], "needs two models"),
        (["compare", "toy", "toy", "--recipe", "rlfh"], "did you mean rlhf?"),
        (["compare", "toy", "toy", "--limit", "0"], "--limit"),
        (["probe", "toy", "--recipe", "rlhf"], "llmgeo compare BASE TUNED"),
        (["compare", "toy", "toy", "--recipe", "coherence"], "llmgeo probe MODEL"),
        (["probe", "toy", "--probe", "coherence"], "No such option: --probe"),
        (["analyze", "nowhere", "--probe", "coherence"], "No such option: --probe"),
        (["show"], "RUN"),
        (["show", "nowhere"], "nowhere does not exist"),
        (["verify", "nowhere"], "To make one: llmgeo probe"),
        (["repair", "nowhere"], "nowhere does not exist"),
        (["probe", "toy", "--recipe", "coherense"], "did you mean coherence?"),
        (["probe", "toy", "--recipe", "none.toml"], "there is no file none.toml"),
        (["probe", "toy", "--prompts", "none.jsonl"], "there is no file none.jsonl"),
        (["probe", "toy", "--out", "/dev/null/run"], "/dev/null"),
    ],
)
def test_wrong_usage_is_one_message_and_exit_2(llmgeo, monkeypatch, arguments, said):
    monkeypatch.setattr(probe_command, "_load", lambda: pytest.fail("nothing heavy may be loaded"))
    result = llmgeo(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_a_misspelt_key_is_named_with_its_line(llmgeo, tmp_path):
    (tmp_path / "mine.toml").write_text('kind = "probe"\nname = "mine"\ntitel = "x"\n')
    result = llmgeo("probe", "toy", "--recipe", "mine.toml")
    assert result.exit_code == 2
    assert "mine.toml:3" in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [(UsageError, 2), (RecipeError, 2), (ModelError, 1), (RunError, 1), (CorruptRunError, 1), (LlmgeoError, 1)],
)
def test_every_error_has_its_exit_code_and_is_escaped(llmgeo, monkeypatch, error, code):
    def refuse(*_):
        raise error("no\x1b[2J model '[red]'\n  second line")

    monkeypatch.setattr(probe_command, "check_before_loading", refuse)
    result = llmgeo("probe", "toy")
    assert result.exit_code == code
    assert result.stderr == "Error: no\\x1b[2J model '[red]'\n  second line\n"


def test_debug_shows_where_an_error_comes_from(llmgeo, monkeypatch):
    monkeypatch.setenv("LLMGEO_DEBUG", "1")
    result = llmgeo("show", "nowhere")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
    assert "nowhere does not exist" in result.stderr


def test_an_interruption_is_130(llmgeo, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(probe_command, "check_before_loading", interrupt)
    result = llmgeo("probe", "toy")
    assert result.exit_code == 130
    assert "the same command goes on from there" in result.stderr


def test_a_bug_keeps_its_traceback(llmgeo, monkeypatch):
    def stumble(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(probe_command, "check_before_loading", stumble)
    assert isinstance(llmgeo("probe", "toy").exception, ZeroDivisionError)


def test_what_the_library_remarks_is_a_sentence_on_stderr(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *where, **more: shown.append(str(message)))
    say_remarks()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("something was left out\x1b[2J", Remark, stacklevel=1)
        warnings.warn("something else", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "Remark: something was left out\\x1b[2J\n"
    assert shown == ["something else"]


@pytest.mark.parametrize(
    "arguments",
    [["show", ""], ["verify", ""], ["analyze", " "], ["probe", "toy", "--out", ""], ["report", "r", "--out", ""]],
)
def test_an_empty_path_is_not_the_current_folder(llmgeo, arguments):
    result = llmgeo(*arguments)
    assert result.exit_code == 2
    assert "it is empty" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(("seconds", "words"), [(1.0, "are not estimated"), (75.0, "1:15 or more, estimated")])
def test_a_plan_gives_no_time_that_says_nothing(seconds, words):
    from llmgeo.report.plan_view import _time

    assert words in _time(seconds)
