"""`llmgeo watch`: a model writes and is watched, or its alarm is calibrated. Hands over to the monitor."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmgeo.cli.errors import INTERRUPTED
from llmgeo.cli.help import HOW_MUCH, WHAT
from llmgeo.cli.options import (
    BlocksOption,
    DeviceMapOption,
    DeviceOption,
    DtypeOption,
    Format,
    FormatOption,
    ModelArgument,
    QuantizationOption,
    RevisionOption,
    SeedOption,
    TrustRemoteCodeOption,
    path,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from llmgeo.model.language_model import LanguageModel
    from llmgeo.monitor.thresholds import Thresholds


class OnAlarm(StrEnum):
    """What an alarm does."""

    note = "note"
    stop = "stop"
    steer = "steer"


class SteerBy(StrEnum):
    """What leads a text while a monitor is alarmed."""

    dry = "dry"
    temperature = "temperature"


PromptArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="PROMPT", help="What the model goes on from. Left out, or -: read from stdin.", show_default=False
    ),
]
OnAlarmOption = Annotated[
    OnAlarm,
    typer.Option(
        "--on-alarm",
        help="note: say it and go on. stop: end the text. steer: lead it until the loop is over.",
        rich_help_panel=WHAT,
    ),
]
SteerByOption = Annotated[
    SteerBy | None,
    typer.Option(
        "--steer-by",
        help="With --on-alarm steer: dry makes repeats less likely; temperature draws at 1. Left out: dry.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
ChannelsOption = Annotated[
    str,
    typer.Option(
        "--channels",
        metavar="LIST",
        help="What to watch: text, masked, surprisal, entropy, states, step_length, joined by commas.",
        rich_help_panel=WHAT,
    ),
]
TokensOption = Annotated[
    int, typer.Option("--tokens", metavar="N", min=1, help="New tokens at most.", rich_help_panel=HOW_MUCH)
]
TemperatureOption = Annotated[
    float,
    typer.Option(
        "--temperature",
        metavar="T",
        help="0: always the most probable token; 1: as the model would have it.",
        rich_help_panel=WHAT,
    ),
]
TopPOption = Annotated[
    float,
    typer.Option(
        "--top-p", metavar="P", help="Draw from the most probable tokens that make up this much.", rich_help_panel=WHAT
    ),
]
CalibrateOption = Annotated[
    bool,
    typer.Option(
        "--calibrate",
        help="Write nothing; set each channel's threshold for this model, once. It is kept in llmgeo's cache.",
        rich_help_panel=WHAT,
    ),
]
TextsOption = Annotated[
    Path | None,
    typer.Option(
        "--texts",
        metavar="FILE",
        help="With --calibrate: fluent text of your own (.txt or .jsonl). Left out: the model's own.",
        show_default=False,
        parser=path,
        rich_help_panel=WHAT,
    ),
]
RateOption = Annotated[
    float,
    typer.Option("--rate", metavar="N", help="With --calibrate: false alarms in 1,000 tokens.", rich_help_panel=WHAT),
]


def watch(
    model: ModelArgument = None,
    prompt: PromptArgument = None,
    on_alarm: OnAlarmOption = OnAlarm.note,
    steer_by: SteerByOption = None,
    channels: ChannelsOption = "text",
    tokens: TokensOption = 512,
    temperature: TemperatureOption = 0.7,
    top_p: TopPOption = 0.95,
    seed: SeedOption = None,
    calibrate: CalibrateOption = False,
    texts: TextsOption = None,
    rate: RateOption = 1.0,
    dtype: DtypeOption = None,
    device: DeviceOption = None,
    device_map: DeviceMapOption = None,
    quantization: QuantizationOption = None,
    revision: RevisionOption = None,
    blocks: BlocksOption = None,
    trust_remote_code: TrustRemoteCodeOption = False,
    format: FormatOption = Format.human,
) -> int:
    """Watch a model while it writes; alarm when it loops.

    The text goes to stdout, alarms to stderr; with --format json both are events, one a line. Only --calibrate makes
    the rate of false alarms known; the default model is calibrated already, the others say that they are not.

    \b
    Examples:
      llmgeo watch default "The best way to learn is"
      llmgeo watch default --on-alarm stop --temperature 0 < prompt.txt
      llmgeo watch gpt2 --calibrate
      llmgeo watch gpt2 "Once upon a time" --channels text,surprisal,states
      llmgeo watch default "Once" --format json | jq 'select(.event == "alarm")'
    """
    from llmgeo.cli.experiment import quiet_libraries
    from llmgeo.errors import UsageError

    if texts is not None and not calibrate:
        raise UsageError("--texts is what a model is calibrated on; add --calibrate, or leave it out")
    if steer_by is not None and on_alarm is not OnAlarm.steer:
        raise UsageError(f"--steer-by {steer_by.value} is how a text is led; add --on-alarm steer, or leave it out")
    if calibrate and prompt is not None:
        raise UsageError("--calibrate writes no text, and a prompt was given; leave one of them out")
    loading = {
        "dtype": dtype, "device": device, "device_map": device_map, "quantization": quantization, "revision": revision,
        "blocks": blocks, "trust_remote_code": trust_remote_code,
    }  # fmt: skip
    if calibrate:
        quiet_libraries()
        return _calibrate(_load(model, loading, format), texts, rate, seed or 0, format)
    wanted = tuple(name.strip() for name in channels.split(",") if name.strip())
    _check(wanted, temperature, top_p)
    begun = _prompt(prompt)
    quiet_libraries()
    loaded = _load(model, loading, format)
    how = steer_by or SteerBy.dry if on_alarm is OnAlarm.steer else None
    return _write(loaded, begun, wanted, on_alarm is OnAlarm.stop, how, (tokens, temperature, top_p), seed or 0, format)


def _prompt(given: str | None) -> str:
    """The prompt, from the command line or from stdin, without the line end that an editor leaves."""
    from llmgeo.errors import UsageError

    if given is None or given == "-":
        if sys.stdin.isatty():
            raise UsageError('watch needs a prompt: llmgeo watch MODEL "Once upon a time", or a text on stdin')
        given = sys.stdin.read().removesuffix("\n")
    if not given:
        raise UsageError('the prompt is empty; give a text: llmgeo watch MODEL "Once upon a time"')
    return given


def _check(channels: tuple[str, ...], temperature: float, top_p: float) -> None:
    """Raises what can be known to be wrong before a model is loaded."""
    from llmgeo.errors import UsageError
    from llmgeo.messages import pick
    from llmgeo.monitor.alarm import CHANNELS

    if not channels:
        raise UsageError(f"--channels is empty; name one of {', '.join(CHANNELS)}")
    for name in channels:
        pick("channel", name, CHANNELS)
    if not 0 <= temperature < float("inf"):
        raise UsageError(f"--temperature {temperature:g}: it must be 0 or above")
    if not 0 < top_p <= 1:
        raise UsageError(f"--top-p {top_p:g}: it must be above 0, and at most 1")


def _load(model: str | None, loading: dict[str, object], format: Format) -> "LanguageModel":
    from llmgeo.cli.experiment import announce_to
    from llmgeo.cli.progress import on_stderr
    from llmgeo.model.loading import load

    with on_stderr(is_silent=format is Format.quiet) as progress:
        announce_to(progress)
        progress.phase("loading", 1, "model")
        loaded = load(model, **loading)
        progress.done()
    return loaded


def _write(
    model: "LanguageModel",
    prompt: str,
    channels: tuple[str, ...],
    stops: bool,
    steer_by: SteerBy | None,
    decoding: tuple[int, float, float],
    seed: int,
    format: Format,
) -> int:
    """Writes a text and watches it; the exit code."""
    from llmgeo.cli.watching import writer
    from llmgeo.model.decoding import Decoding
    from llmgeo.monitor.monitor import Monitor
    from llmgeo.monitor.steering import Dry, Hotter

    monitor = Monitor(model, channels=channels, on_alarm="stop" if stops else "note")
    ways = {SteerBy.dry: lambda: Dry(monitor), SteerBy.temperature: lambda: Hotter(monitor, seed=seed)}
    steering = ways[steer_by]() if steer_by is not None else None
    watched = monitor.stream(prompt, Decoding(*decoding), seed, steering)
    out = writer(format, monitor)
    out.begin(prompt)
    reason, steered = "length", 0
    try:
        for each in watched:
            out.token(each)
            reason = each.finish_reason or reason
            steered += steer_by is not None and monitor.texts[0].is_alarmed and each.finish_reason is None
    except KeyboardInterrupt:
        out.end("interrupted", steered)
        return INTERRUPTED
    finally:
        watched.close()
    out.end(reason, steered)
    return 0


def _calibrate(model: "LanguageModel", texts: Path | None, rate: float, seed: int, format: Format) -> int:
    """Sets thresholds, keeps them and shows them; the exit code."""
    from llmgeo.cli.output import write
    from llmgeo.cli.progress import on_stderr
    from llmgeo.model.sources.gguf import cache_folder
    from llmgeo.monitor.fit import fit
    from llmgeo.monitor.thresholds import keep

    with on_stderr(is_silent=format is Format.quiet) as progress:
        doing = "writing" if texts is None else "reading"
        progress.phase(doing, 12_288, "tokens")
        thresholds = fit(model, texts, asked=rate, seed=seed, on_token=progress.advance)
        progress.done()
    file = keep(thresholds, cache_folder())
    write(
        format,
        human=lambda width: _table(thresholds, file),
        data=lambda: {**thresholds.record(), "file": str(file)},
        path=str(file),
    )
    return 0


def _table(thresholds: "Thresholds", file: Path) -> "RenderableType":
    """The calibration, for reading."""
    from rich.console import Group
    from rich.text import Text

    from llmgeo.messages import counted
    from llmgeo.report.screen import columns, indented, place, text

    table = columns("channel", "threshold", "false alarms in 1,000 tokens, held out")
    for name, found in thresholds.calibrations.items():
        rate = f"{found.rate:.2f} [{found.low:.2f}, {found.high:.2f}]"
        table.add_row(*map(text, (name, f"{found.threshold:.4g}", rate)))
    left = f", {counted(thresholds.left_out, 'repetitive text')} left out" if thresholds.left_out else ""
    return Group(
        text(f"{thresholds.model}: {thresholds.sentence}{left}", "bold"),
        text(
            f"for {thresholds.asked:g} false alarms in 1,000 tokens; each half of the texts was counted with the other "
            f"half's threshold; states of layer {thresholds.layer}",
            "dim",
        ),
        indented(table),
        Text(),
        place("kept", file),
    )
