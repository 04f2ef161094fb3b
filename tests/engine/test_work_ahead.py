"""What is left is counted from the unit that begins; of units that nobody has taken, each process has its share."""

import pytest

from llmgeo.engine.experiment import Unit
from llmgeo.engine.progress import SILENT, Silent
from llmgeo.engine.work_ahead import WorkAhead

UNITS = [Unit(f"{number:05d}", (), None) for number in range(4)]


class Work:
    """Each unit writes ten tokens and measures as many texts as its number."""

    rehearsals = 0

    def ahead(self, unit):
        return {"generating": 10, "measuring": int(unit.name)}

    def rehearse(self):
        self.rehearsals += 1
        return {"measuring": 0.5}


class Told(Silent):
    def ahead(self, amounts, seconds_each, steps):
        self.amounts, self.seconds_each, self.steps = dict(amounts), dict(seconds_each), steps


@pytest.mark.parametrize(
    ("unit", "processes", "generating", "measuring"),
    [(0, 1, 40, 6), (2, 1, 20, 5), (3, 1, 10, 3), (0, 2, 10 + 30 / 2, 6 / 2), (1, 3, 10 + 20 / 3, 1 + 5 / 3)],
)
def test_its_own_unit_and_a_share_of_the_others(unit, processes, generating, measuring):
    told = Told()
    WorkAhead(Work(), UNITS, processes, {"contrasting": 1.0}, told).say_from(UNITS[unit])
    assert told.amounts == pytest.approx({"generating": generating, "measuring": measuring, "contrasting": 1.0})
    assert told.seconds_each["measuring"] == 0.5
    assert told.seconds_each["contrasting"] > 0


def test_a_unit_that_is_begun_anew_has_all_its_work_again():
    told = Told()
    work_ahead = WorkAhead(Work(), UNITS[:1], 1, {}, told)
    for _ in range(2):
        work_ahead.say_from(UNITS[0])
        assert told.amounts["generating"] == 10


@pytest.mark.parametrize(("unit", "processes", "steps"), [(0, 1, 1 + 2 * 3 + 1), (3, 1, 2 + 1), (0, 2, 1 + 3 + 1)])
def test_each_phase_of_a_unit_is_a_step(unit, processes, steps):
    told = Told()
    WorkAhead(Work(), UNITS, processes, {"contrasting": 1.0}, told).say_from(UNITS[unit])
    assert told.steps == steps


def test_what_follows_the_last_unit_is_told_where_no_unit_is_left():
    told = Told()
    WorkAhead(Work(), [], 1, {"contrasting": 1.0, "drawing": 1.0}, told)
    assert (told.amounts, told.steps) == ({"contrasting": 1.0, "drawing": 1.0}, 2)


def test_nothing_is_tried_out_where_nobody_looks_on_or_nothing_is_left():
    work = Work()
    WorkAhead(work, UNITS, 1, {}, SILENT).say_from(UNITS[0])
    WorkAhead(work, [], 1, {}, Told())
    assert work.rehearsals == 0
