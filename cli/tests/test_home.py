"""The data folder: private, of one version, held by one `up` at a time."""

import stat
from pathlib import Path

import pytest

from chassis.errors import StartupRefused
from cli.home import kept_secret, locked, open_home


def test_the_folder_is_private(tmp_path: Path) -> None:
    home = open_home(tmp_path / "deep" / "home")
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    assert (home.root / "VERSION").read_text() == "1"


def test_a_folder_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("99")
    with pytest.raises(StartupRefused, match="has version 99, this program needs version 1"):
        open_home(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["VERSION"]


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    with locked(home), pytest.raises(StartupRefused, match="Another `mededbot up` is running"):
        locked(home).__enter__()
    with locked(home):
        assert (home.root / "lock").exists()


def test_a_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    first = kept_secret(home, "example")
    assert len(first) >= 32
    assert kept_secret(home, "example") == first
    assert stat.S_IMODE((home.secrets / "example").stat().st_mode) == 0o600
