#!/bin/sh
# Writes the lock files: names, versions and hashes only, valid from Python 3.11 on.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .tools/uv/bin/uv)

lock() { # output, input
    "$uv" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
        --no-annotate --no-header --output-file "$1" "$2"
}

lock requirements.txt requirements.in
lock requirements-dev.txt requirements-dev.in
echo uv | lock scripts/uv.txt -
