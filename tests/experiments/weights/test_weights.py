"""`llmgeo weights`: a run over matrices, its nulls and claims, and what happens when it is stopped."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

import llmgeo
from llmgeo.cli import app as cli
from llmgeo.errors import OtherRunError, RecipeError, UsageError
from llmgeo.experiments.weights.analysis import table_of
from llmgeo.experiments.weights.claims import claim_tests
from llmgeo.experiments.weights.experiment import plan
from llmgeo.experiments.weights.unit import measure_joint
from llmgeo.experiments.weights.work import WeightsWork
from llmgeo.measures.matrices import row_dimension
from llmgeo.model.matrices import Matrix
from llmgeo.model.sources.toy import toy_model
from llmgeo.recipe import load_recipe
from llmgeo.report.page.provenance import command
from llmgeo.statistics.verdict import decide

RECIPE = load_recipe("weights")
QUICK = RECIPE.model_copy(
    update={
        "points": RECIPE.points.model_copy(update={"most": 64}),
        "nulls": RECIPE.nulls.model_copy(update={"draws": 1, "bits": (8,)}),
    }
)
MLP = "layers.*.mlp.*"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return llmgeo.weights("toy", recipe=QUICK, out=tmp_path_factory.mktemp("weights") / "run")


def test_every_matrix_is_measured_with_its_nulls(run):
    weights = table_of(run, "weights")
    assert run.manifest["notes"]["counts"] == {"matrices": 44, "refused": 0}
    assert run.manifest["vectors"] == 13
    raw = weights[(weights["measure"] == "two_nn") & (weights["kind"] == "gate")]
    assert set(raw["side"]) == {"rows", "columns"}
    assert raw[["value", "gaussian", "gaussian_low", "gaussian_high", "random", "rounded_8"]].notna().all(axis=None)
    assert raw["rounded_4"].isna().all()
    ranks = weights[weights["measure"] == "effective_rank"]
    assert ranks["gaussian"].isna().all()  # it is the matrix's own, by construction
    first = table_of(run, "matrices").set_index("matrix").loc["model.layers.0.mlp.up_proj.weight"]
    assert first["rms"] == pytest.approx(float(toy_model().model.layers[0].mlp.up_proj.weight.detach().std()), rel=0.01)


def test_values_are_those_of_the_measures_by_themselves(run):
    matrix = toy_model().model.layers[2].mlp.down_proj.weight.detach()
    weights = table_of(run, "weights").query("matrix == 'model.layers.2.mlp.down_proj.weight'")
    by = {(row["measure"], row["side"]): row for row in weights.to_dict("records")}
    assert by["two_nn", "rows"]["value"] == pytest.approx(row_dimension(matrix), rel=1e-6)
    singular = np.linalg.svd(matrix.double().numpy(), compute_uv=False)
    own = run.arrays("spectra")["model.layers.2.mlp.down_proj.weight"]
    np.testing.assert_allclose(own[0], singular, rtol=1e-5)
    assert np.square(own[1]).sum() == pytest.approx(np.square(singular).sum(), rel=1e-5)
    ranks = weights[weights["side"].isna()].set_index("measure")["value"]
    assert ranks["stable_rank"] == pytest.approx(np.square(singular / singular[0]).sum(), rel=1e-6)
    assert ranks["participation_ratio"] == pytest.approx(np.square(singular).sum() ** 2 / (singular**4).sum(), rel=1e-6)


def test_random_weights_decide_nothing(run):
    assert set(run.claims["verdict"]) == {"undecided"}
    ratio = run.claims.set_index("claim").loc["rows are low-dimensional"]
    assert ratio["low"] < 1 < ratio["high"]


def test_compare_reads_rows_by_the_same_function():
    from llmgeo.measures.catalogue import PAIR_MEASURES

    assert PAIR_MEASURES["row_dimension_base"].function == "llmgeo.measures.matrices:row_dimension"


def planted(folder, layers=10, shared=True, rows=96, columns=48):
    """A checkpoint whose rows lie on surfaces of two dimensions: of all layers the same one, or each of its own."""
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    common = torch.randn(8, columns, generator=generator)
    for layer in range(layers):
        own = common if shared else torch.randn(8, columns, generator=generator)
        for name in ("q_proj", "k_proj", "v_proj"):
            angle = 6 * torch.rand(rows, 2, generator=generator)
            both = torch.cat([(angle * power + phase).sin() for power in (1, 2) for phase in (0, 1.57)], 1)
            tensors[f"model.layers.{layer}.self_attn.{name}.weight"] = both @ own
    save_file(tensors, folder / "model.safetensors")
    config = {"model_type": "llama", "num_hidden_layers": layers, "hidden_size": columns}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_planted_surfaces_are_found_beyond_their_spectrum(tmp_path):
    run = llmgeo.weights(planted(tmp_path), recipe=QUICK, out=tmp_path / "run")
    claims = run.claims.set_index("claim")
    assert claims["verdict"]["rows are low-dimensional"] == "supported"
    assert claims["effect"]["rows are low-dimensional"] < 0.6
    assert claims["verdict"]["weights look full rank"] == "contradicted"  # eight of 48 directions
    joint = table_of(run, "joint").query("without.isna()")
    assert (joint["joint"] / joint["single"]).between(0.7, 1.4).all()  # one surface, however many layers


def test_layers_on_surfaces_of_their_own_are_no_one_cloud(tmp_path):
    run = llmgeo.weights(planted(tmp_path, shared=False), recipe=QUICK, out=tmp_path / "run")
    claims = run.claims.set_index("claim")
    assert claims["verdict"]["layers point in different directions"] == "supported"
    joint = table_of(run, "joint").query("without.isna()")
    assert (joint["joint"] / joint["turned"]).between(0.6, 1.6).all()  # unrelated they are


def test_what_cannot_be_measured_is_named_and_the_rest_is(tmp_path):
    tensors = {
        "model.layers.0.self_attn.q_proj.weight": torch.randn(40, 30, generator=torch.Generator().manual_seed(0)),
        "model.layers.0.self_attn.k_proj.weight": torch.full((40, 30), float("nan")),
        "model.layers.0.mlp.up_proj.qweight": torch.zeros(40, 30, dtype=torch.int32),
        "model.layers.0.mlp.down_proj.weight": torch.zeros(40, 30),
        "model.norm.weight": torch.ones(30),
    }
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text('{"model_type": "llama", "num_hidden_layers": 1, "hidden_size": 30}')
    run = llmgeo.weights(tmp_path, recipe=QUICK, out=tmp_path / "run", with_page=True)
    statuses = table_of(run, "matrices").set_index("kind")["status"]
    assert statuses.to_dict() == {"q": "ok", "k": "not_finite", "up": "quantised_codes", "down": "ok"}
    zeros = table_of(run, "weights").query("kind == 'down'")
    assert "ok" not in set(zeros["status"])
    assert "codes" in (run.path / "report.html").read_text()


@pytest.mark.parametrize(
    ("layers", "status"), [([1, 1, 2, 2], "several_a_layer"), ([4, 5], "few_layers"), ([4], "few_layers")]
)
def test_what_has_no_joint_cloud_says_why_and_of_how_many_layers(layers, status):
    matrices = [Matrix(f"e{at}", f"e{at}", "up", layer, 30, 20, "float32") for at, layer in enumerate(layers)]
    [row] = measure_joint("up", matrices, lambda matrix: torch.zeros(30, 20), QUICK).tables["joint"]
    assert (row["status"], row["layers"]) == (status, len(set(layers)))


def test_a_stopped_run_goes_on_with_the_next_matrix(tmp_path, monkeypatch, run):
    arguments = {"tensors": MLP, "recipe": QUICK, "out": tmp_path / "run"}
    measure, seen = WeightsWork.measure, []

    def stops(self, unit, *rest):
        seen.append(unit.name)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return measure(self, unit, *rest)

    monkeypatch.setattr(WeightsWork, "measure", stops)
    with pytest.raises(KeyboardInterrupt):
        llmgeo.weights("toy", **arguments)
    monkeypatch.setattr(
        WeightsWork, "measure", lambda self, unit, *rest: (seen.append(unit.name), measure(self, unit, *rest))[1]
    )
    finished = llmgeo.weights("toy", **arguments)
    assert seen.count("matrix-000000") == 1
    assert seen.count("matrix-000003") == 2
    whole = table_of(run, "weights")
    pd.testing.assert_frame_equal(
        table_of(finished, "weights"), whole[whole["matrix"].str.contains(".mlp.")].reset_index(drop=True)
    )
    with pytest.raises(OtherRunError):
        llmgeo.weights("toy", tensors="layers.0.*", recipe=QUICK, out=tmp_path / "run")


def test_layers_and_patterns_choose(tmp_path):
    run = llmgeo.weights("toy", tensors=MLP, layers="2,3", recipe=QUICK, out=tmp_path / "run")
    assert command(run) == "llmgeo weights toy --layers 2,3 --tensors 'layers.*.mlp.*'"
    assert set(table_of(run, "matrices")["layer"]) == {2, 3}
    assert set(table_of(run, "joint")["status"]) == {"few_layers"}  # two layers have no joint cloud, and it is said
    claims = run.claims.set_index("claim")
    assert claims["status"]["layers point in different directions"] == "few_layers"
    assert "fewer than five layers on a side" in claims["caveat"]["weights look full rank"]


def test_one_layer_is_no_want_of_matrices(tmp_path):
    run = llmgeo.weights("toy", tensors="up_proj", layers=3, recipe=QUICK, out=tmp_path / "run")
    [joint] = table_of(run, "joint").to_dict("records")
    assert (joint["kind"], joint["layers"], joint["status"]) == ("up", 1, "few_layers")
    assert run.claims.set_index("claim")["status"]["layers point in different directions"] == "few_layers"


def test_a_plan_reads_no_weights_and_says_its_minutes(tmp_path):
    shapes = {f"model.layers.{at}.mlp.up_proj.weight": (4096, 4096) for at in range(100)}
    header = {name: {"dtype": "BF16", "shape": list(shape), "data_offsets": [at * 2**25, (at + 1) * 2**25]}
              for at, (name, shape) in enumerate(shapes.items())}  # fmt: skip
    text = json.dumps(header).encode()
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + 100 * 2**25)  # a hole on the disk: nothing to read
    (tmp_path / "config.json").write_text('{"model_type": "llama", "num_hidden_layers": 100, "hidden_size": 4096}')
    planned = plan(str(tmp_path))
    assert planned.samples == 100
    assert planned.details["matrices"].startswith("100, the largest 4,096 × 4,096")
    assert planned.seconds > 60
    assert planned.model_bytes < 2**30


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"limit": 3}, TypeError, "limit"),
        ({"tensors": "blocks.*"}, UsageError, "fits none of the 57 tensors"),
        ({"layers": "40"}, UsageError, "names no layers"),
        ({"recipe": "no-such"}, RecipeError, "no recipe 'no-such'"),
    ],
)
def test_a_mistake_is_one_message(arguments, error, said, tmp_path):
    with pytest.raises(error, match=said):
        llmgeo.weights("toy", **({"recipe": QUICK, "out": tmp_path / "run"} | arguments))


def test_the_command_shows_what_it_found(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        "sys.argv", ["llmgeo", "weights", "toy", "--tensors", "layers.0.*", "--out", str(tmp_path / "r")]
    )
    with pytest.raises(SystemExit) as ended:
        cli.main()
    shown = capsys.readouterr().out
    assert not ended.value.code
    assert "effective rank" in shown
    assert "7 matrices" in shown


def test_a_figure_of_a_run(run):
    ax = llmgeo.plots.weights(run)
    assert "layer" in ax.get_xlabel()
    assert len(ax.lines) >= 7
    with pytest.raises(UsageError, match="two_nn"):
        llmgeo.plots.weights(run, "two_n")


def test_a_kind_that_some_layers_lack_counts_with_the_others():
    """Leaving out a layer that does not have a kind leaves that kind's cloud as it was."""
    whole = pd.DataFrame({"kind": ["q", "up"], "without": [None, None], "layers": [3, 6], "joint": [2.0, 4.0]})
    rows = [{"kind": "up", "without": at, "layers": 5, "joint": 4.0 + 0.1 * at} for at in range(1, 7)]
    rows += [{"kind": "q", "without": at, "layers": 2, "joint": 2.0 + 0.1 * at} for at in (2, 4, 6)]
    joint = pd.concat([whole, pd.DataFrame(rows)]).assign(single=1.0, turned=3.0, n=30, status="ok")
    [verdict] = [
        test
        for test in claim_tests(RECIPE, pd.DataFrame(columns=["layer"]), joint)
        if test.claim.startswith("layers p")
    ]
    means = [(np.log(4.0 + 0.1 * at) + np.log(2.0 + (0.1 * at if at % 2 == 0 else 0))) / 2 for at in range(1, 7)]
    error = np.sqrt(5 / 6 * np.square(np.array(means) - np.mean(means)).sum())
    assert verdict.status == "ok"
    assert np.log(verdict.high / verdict.effect) == pytest.approx(2.5706 * error, rel=1e-3)  # Student's, five degrees


def test_names_of_tensors_are_harmless(tmp_path):
    name = "model.layers.{}.mlp.\x1b[31m<b>proj.weight"
    tensors = {name.format(at): torch.randn(40, 30, generator=torch.Generator().manual_seed(at)) for at in range(3)}
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text('{"model_type": "llama", "num_hidden_layers": 3, "hidden_size": 30}')
    run = llmgeo.weights(tmp_path, recipe=QUICK, out=tmp_path / "run", with_page=True)
    page = (run.path / "report.html").read_text("utf-8")
    assert "\x1b" not in page
    assert "<b>proj" not in page
    assert "\\x1b[31m" in page


def test_claims_without_any_matrix_are_not_measured():
    empty = pd.DataFrame(columns=["layer", "measure", "side", "status", "kind"])
    verdicts = decide(claim_tests(RECIPE, empty, pd.DataFrame(columns=["status"])))
    assert {verdict.verdict for verdict in verdicts} == {"not measured"}
