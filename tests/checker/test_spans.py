"""Sets of time, compared with sets of whole seconds."""

from hypothesis import given
from hypothesis import strategies as st

from tests.checker.spans import Spans, both, covers, lasting, late, minus, union

stretches = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 8)).map(lambda s: (float(s[0]), float(s[0] + s[1]))), max_size=5
)


def seconds(spans: Spans) -> set[int]:
    return {second for begin, end in spans for second in range(int(begin), int(end))}


@given(stretches, stretches)
def test_they_are_sets(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> None:
    a, b = union(one), union(other)
    assert seconds(a) == {second for span in one for second in seconds((span,))}
    assert seconds(union(a, b)) == seconds(a) | seconds(b)
    assert seconds(minus(a, b)) == seconds(a) - seconds(b)
    assert seconds(both(a, b)) == seconds(a) & seconds(b)
    assert all(covers(a, *span) for span in one)


def test_excuses_put_off_what_is_due_and_only_while_they_hold() -> None:
    excuse = ((10.0, 20.0),)
    assert late(((8.0, 40.0),), 5.0, excuse) == ((20.0, 40.0),)
    assert late(((2.0, 40.0),), 5.0, excuse) == ((7.0, 40.0),)
    assert late(((8.0, 15.0),), 5.0, excuse) == ()
    assert lasting(((2.0, 8.0),), 5.0, excuse) == ((2.0, 20.0),)
    assert lasting(((2.0, 30.0),), 5.0, excuse) == ((2.0, 35.0),)
