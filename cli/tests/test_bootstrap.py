"""`scripts/bootstrap.sh`: what it tells uv, and what it does when uv is of no use."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt", "pyproject.toml")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a test a checkout of the script alone, with nothing in its locks."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "bootstrap.sh", tmp_path / "scripts")
    for lock in LOCKS:
        (tmp_path / lock).touch()
    return tmp_path


def bootstrap(checkout: Path, uv: str) -> str:
    """Run it with a uv that does as told; return what uv and the .venv's pip were asked."""
    programs = checkout / "programs"
    programs.mkdir()
    notes = checkout / "notes"
    _script(programs / "uv", f'[ "$1" = --version ] && exit 0\n{uv}')
    # Stands in for a Python that a probe finds fit, and whose venv holds itself.
    python = programs / "python"
    _script(
        python,
        f"""case "$*" in
    "-m venv"*) for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python" ;;
    "-m pip install"*) echo "pip $*" >>"{notes}" ;;
    "-m"*) ;;
    *) echo "0311000 {python}" ;;
esac""",
    )
    environ = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(checkout)}
    environ |= {"MEDEDBOT_PYTHON": str(python), "NOTES": str(notes)}
    subprocess.run(["sh", "scripts/bootstrap.sh"], cwd=checkout, env=environ, check=True)
    return notes.read_text()


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)


def test_uv_trusts_whom_the_system_trusts(checkout: Path):
    said = bootstrap(checkout, 'echo "$UV_SYSTEM_CERTS $UV_NATIVE_TLS" >>"$NOTES"')
    assert set(said.splitlines()) == {"1 1"}


def test_pip_installs_what_uv_could_not(checkout: Path):
    said = bootstrap(checkout, "exit 1")
    assert "--require-hashes -r requirements.txt" in said
    assert "--no-deps --no-build-isolation -e ." in said


def test_what_services_import_is_compiled_where_the_environment_forbids_python_to_keep_it(
    tmp_path: Path,
):
    checkout = tmp_path / "clone"
    for folder in ("chassis", "cli", "contracts", "sandbox", "scripts", "services"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns("__py*"))
    text = (checkout / "scripts" / "bootstrap.sh").read_text()
    function = text[text.index("compiled() {") : text.index("finish() {")]
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(["sh", "-c", f"{function}\ncompiled"], cwd=checkout, env=environ, check=True)
    assert list((checkout / "services" / "notifier" / "__pycache__").glob("courier.*.pyc"))
