"""The pure parts of the benchmark: what is counted, compared, tabled and drawn."""

from xml.etree import ElementTree

import pytest

from tests.bench import table
from tests.bench.counting import predicted, ratios, shortfalls
from tests.bench.figures import WHOLE, Run, Sample, as_json
from tests.bench.plot import Line, Scale, plot


def run(who: str, seconds: float, execs: float) -> Run:
    sample = Sample(seconds, execs, 3, 0.01)
    events = {"start": (sample,), "join": (sample, Sample(seconds * 3, execs, 3, 0.01), sample)}
    return Run(who, "native", 100, events | {"leave": (Sample(seconds, 0, 3, 0.01),), "restart": (sample,)}, 50.0)


def test_what_counting_predicts() -> None:
    assert predicted("start", 100, agents=1) == (5 * 100 + 100 * 99) / 100
    assert predicted("start", 100, agents=2) == (5 * 100 + 100 * 99) / 200
    assert predicted("join", 100, agents=1) == (5 + 2 * 99) / 100
    assert (predicted("leave", 100, 1), predicted("restart", 100, 1)) == (2.0, 99.0)


def test_open_streams_spare_all_execs_but_those_of_new_agents() -> None:
    assert predicted("join", 100, agents=2, streams=True) == (5 + 2 * 99) / 2
    assert predicted("leave", 100, agents=1, streams=True) is None
    assert predicted("restart", 100, agents=1, streams=True) == 99.0


def test_medians_and_worst() -> None:
    assert (run("controller", 0.5, 1).seconds("join"), run("controller", 0.5, 1).worst("join")) == (0.5, 1.5)


def test_ratios_are_the_ancestor_by_us_and_none_where_we_need_no_exec() -> None:
    found = {ratio.event: ratio for ratio in ratios(run("controller", 0.5, 2), run("ancestor", 4.0, 10), agents=1)}
    assert (found["join"].seconds, found["join"].execs) == (8.0, 5.0)
    assert found["leave"].execs is None
    assert ("native", "100", "leave", "2.0", "ours: 0", "ours: 0", "8.0") in table.compared(found.values())
    assert all(len(row) == len(table.RATIOS) for row in table.compared(found.values()))


def test_a_restart_with_its_process_is_not_compared_since_the_ancestor_has_none() -> None:
    ours = run("controller", 0.5, 2)
    ours.samples[WHOLE] = (Sample(1.0, 2, 3, 0.01),)
    assert [ratio.event for ratio in ratios(ours, run("ancestor", 4.0, 10), agents=1)] == ["start", "join", "leave", "restart"]
    assert table.figures([ours])[4][:4] == ("native", "100", "whole restart", "1000")


def test_where_time_falls_short_of_counted_execs_is_said_with_what_an_exec_took() -> None:
    found = ratios(run("controller", 0.5, 100), run("ancestor", 4.0, 400), agents=1)
    said = {sentence.split()[1]: sentence for sentence in shortfalls(found)}
    assert said.keys() == {"start", "restart"}, "a join and a leave are eight times as fast, and two are predicted"
    assert "is 8.0 times as fast, short of the 99.0 that" in said["restart"]
    assert "the ancestor took 10 ms by the number of its execs and we 5 ms by that of ours" in said["restart"]
    assert list(shortfalls(ratios(run("controller", 0.5, 100), run("ancestor", 100.0, 400), agents=1))) == [
        "Nowhere does time fall short of what counting execs predicts for batches."
    ]


def test_tables() -> None:
    rows = table.figures([run("controller", 0.5, 1), run("ancestor", 4.0, 10)])
    assert rows[1] == ("native", "100", "join", "500", "1500", "1", "3", "10", "50")
    assert rows[4][0] == "ancestor"
    assert all(len(row) == len(table.FIGURES) for row in rows)
    assert table.markdown(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    assert table.table("t", table.FIGURES, rows).row_count == 8


def test_json_has_all_samples() -> None:
    found = as_json([run("controller", 0.5, 1)], [], {"cores": 2})
    assert [sample["seconds"] for sample in found["runs"][0]["samples"]["join"]] == [0.5, 1.5, 0.5]


def test_a_logarithmic_scale() -> None:
    scale = Scale(1, 100, 0, 10)
    assert [scale.at(value) for value in (1, 10, 100)] == pytest.approx([0, 5, 10])
    assert list(scale.decades) == [1, 10, 100]


def test_the_plot_is_an_svg_with_its_lines_and_their_names() -> None:
    lines = [Line("a < b", ((10, 20.0), (100, 2000.0))), Line("c", ((10, 30.0),), dashed=True)]
    found = ElementTree.fromstring(plot("title", ("pods", "ms"), lines))
    name = "{http://www.w3.org/2000/svg}"
    assert len(found.findall(f"{name}polyline")) == 2
    assert len(found.findall(f"{name}circle")) == 3
    assert {"title", "pods", "a < b", "c", "10", "100", "1,000"} <= {text.text for text in found.iter(f"{name}text")}
    heights = [float(circle.attrib["cy"]) for circle in found.findall(f"{name}circle")]
    assert heights[1] < heights[0]
