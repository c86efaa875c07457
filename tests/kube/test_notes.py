from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.kube.notes import LONGEST_NAME, LONGEST_NOTE, cut, name_for


@given(st.text(st.characters(exclude_categories=()), max_size=3000))
def test_a_note_is_cut_between_characters_and_no_earlier_than_it_must_be(text: str) -> None:
    note, whole = cut(text), text.encode(errors="replace").decode()
    if len(whole.encode()) <= LONGEST_NOTE:
        assert note == whole
    else:
        assert LONGEST_NOTE - 3 <= len(note.encode()) <= LONGEST_NOTE
        assert note.endswith("…")
        assert whole.startswith(note[:-1])


def test_names_are_valid_however_long_the_object_s_is() -> None:
    assert name_for("a", 255) == "a.ff"
    assert name_for("a" * 249 + ".b", 255) == f"{'a' * 249}.ff"
    assert len(name_for("a" * 253, 255)) == LONGEST_NAME
