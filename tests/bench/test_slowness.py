"""How joins among the sick are judged: the law's fifth, and the noise of those without them, can be broken."""

from tests.bench.slowness import Comparison, roughly

CALM = (0.190, 0.195, 0.200, 0.200, 0.205, 0.210) * 4
"""Of these 24 the median is 0.2 and the median distance from it 0.005: the noise of two such medians is 0.0054."""


def scaled(times: float) -> tuple[float, ...]:
    return tuple(one * times for one in CALM)


def laws(among: tuple[float, ...], without: tuple[float, ...] = CALM) -> list[str]:
    return [violation.law for violation in Comparison(without, among).violations()]


def test_a_fifth_is_allowed_and_a_quarter_is_not() -> None:
    assert laws(scaled(1.2)) == []
    assert laws(scaled(1.22)) == [], "a fifth and the noise"
    assert laws(scaled(1.25)) == ["L4"]
    assert laws(scaled(10.0)) == ["L4"]


def test_the_noise_is_that_of_the_joins_without_the_sick() -> None:
    assert 0.005 < Comparison(CALM, CALM).noise < 0.006
    assert Comparison(CALM, scaled(3.0)).noise == Comparison(CALM, CALM).noise
    assert Comparison(CALM * 4, CALM * 4).noise == Comparison(CALM, CALM).noise / 2, "four times as many joins"


def test_one_stray_join_widens_nothing() -> None:
    assert Comparison((*CALM[:-1], 5.0), CALM).noise < 0.006


def test_joins_that_differ_too_much_tell_nothing() -> None:
    wild = (0.1, 0.2, 0.3, 0.4)
    assert Comparison(CALM, CALM).tells
    assert not Comparison(wild, wild).tells


def test_roughly_still_sees_a_tenfold_slowdown() -> None:
    assert roughly(CALM, scaled(4.9), times=5) == ()
    assert [violation.law for violation in roughly(CALM, scaled(10.0), times=5)] == ["L4"]
