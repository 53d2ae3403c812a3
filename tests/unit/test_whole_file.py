"""Files and folders that appear complete or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from dias_cbm.errors import OutputError
from dias_cbm.whole_file import check_place, whole_file, whole_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


def test_a_file_appears_with_its_suffix(folder: Path) -> None:
    target = folder / "a.csv"
    with whole_file(target) as aside:
        assert (aside.suffix, aside.parent) == (".csv", folder)
        aside.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert list(folder.iterdir()) == [target]


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_after_an_error_the_earlier_file_is_there(error: type[BaseException], folder: Path) -> None:
    target = folder / "a.gpkg"
    target.write_text("old")
    with pytest.raises(error), whole_file(target) as aside:
        aside.write_text("half")
        Path(f"{aside}-journal").write_text("beside it")
        raise error
    assert target.read_text() == "old"
    assert list(folder.iterdir()) == [target]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    with whole_file(tmp_path / "link.csv") as aside:
        aside.write_text("new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_a_full_disk_says_what_to_do(tmp_path: Path) -> None:
    target = tmp_path / "full.csv"
    target.symlink_to("/dev/full")
    sentence = r"full\.csv: cannot be written: No space left on device \(free some space"
    with pytest.raises(OutputError, match=sentence), whole_file(target) as aside:
        aside.write_text("x")
    assert target.is_symlink()


def test_any_error_of_the_disk_names_the_file(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"a\.csv: cannot be written: Input/output error"),
        whole_file(tmp_path / "a.csv"),
    ):
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "is a folder, not a file"),
        ("none/a.csv", "its folder does not exist"),
        ("file/a.csv", "its folder does not exist"),
        ("loop.csv", "cannot be written: "),
        ("x" * 300, "cannot be written: File name too long"),
    ],
)
def test_a_place_is_checked_before_the_work(name: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    with pytest.raises(OutputError, match=sentence):
        check_place(tmp_path / name)
    check_place(tmp_path / "file")
    check_place(tmp_path / "new.csv")


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_after_an_error_there_is_no_folder(error: type[BaseException], folder: Path) -> None:
    target = folder / "new" / "sample"
    with pytest.raises(error), whole_folder(target) as aside:
        (aside / "items.csv").write_text("half")
        assert not target.exists()
        raise error
    assert list(folder.iterdir()) == []


def test_a_folder_after_one_that_was_killed(folder: Path) -> None:
    target = folder / "sample"
    left = folder / ".sample.part"
    left.mkdir()
    (left / "items.csv").write_text("half")
    target.mkdir()
    with whole_folder(target) as aside:
        (aside / "draw.json").write_text("whole")
    assert [path.name for path in target.iterdir()] == ["draw.json"]
    assert list(folder.iterdir()) == [target]
    with pytest.raises(OutputError, match="it is not empty"), whole_folder(target):
        pass
    with pytest.raises(OutputError, match="Not a directory"), whole_folder(target / "draw.json"):
        pass
