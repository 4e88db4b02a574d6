"""The doctor says that a folder of issues cannot be written before the worker finds out."""

from processor.app.doctor import of_folder
from processor.model import Grade


def test_a_folder_that_can_be_made_is_well(tmp_path):
    (found,) = of_folder("issues", tmp_path / "a/b")

    assert found.grade is Grade.WELL


def test_a_file_in_its_place_is_a_problem(tmp_path):
    (tmp_path / "issues").write_text("not a folder")

    (found,) = of_folder("issues", tmp_path / "issues")

    assert found.grade is Grade.PROBLEM
    assert "cannot be written" in found.text
