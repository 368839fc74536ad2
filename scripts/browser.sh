#!/bin/sh
# Gives the browser tests a Chromium and a Chinese font where that needs no question: as root on
# Debian. Elsewhere those tests are skipped, with the reason in their summary.
set -eu
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then exit 0; fi
export DEBIAN_FRONTEND=noninteractive
echo "Installing Chromium for the browser tests" >&2
# Without a network this must not hold up the other tests.
patience="-o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20"
# shellcheck disable=SC2086  # the options are words
{
    apt-get $patience update -qq &&
        apt-get $patience install -qq --no-install-recommends chromium fonts-noto-cjk
} >/dev/null 2>&1 || echo "Chromium could not be installed: browser tests will be skipped." >&2
