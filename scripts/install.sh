#!/bin/sh
# Install this project with the extras named in $1 into .venv, at the tested versions.
# PYTHON, when set, names the interpreter to use; VENV, another folder than .venv; CONSTRAINTS,
# a file of other versions.
set -eu

extras=$1
venv=${VENV:-.venv}
needed_gb=6 # the environment takes 4.5 with CPU builds; unpacking takes the rest for a while

free_mb() { df -Pk . | awk 'NR == 2 { print int($4 / 1024) }'; }
works() { "$1" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if [ ! -d "$venv" ] || ! works "$venv/bin/python"; then
    python=
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if works "$candidate"; then python=$candidate && break; fi
    done
    if [ -z "$python" ]; then
        echo "error: needs Python 3.11 or newer with its venv module; tried" \
            "${PYTHON:-python3.13, python3.12, python3.11, python3} (choose one with make PYTHON=...)" >&2
        exit 1
    fi
    if [ "$(free_mb)" -lt $((needed_gb * 1024)) ]; then
        echo "error: needs $needed_gb GB of free disk space here, found $(free_mb) MB" >&2
        exit 1
    fi
    echo "Creating $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
fi

echo "Installing mmref[$extras]; the first time takes some minutes"
if ! "$venv/bin/python" -m pip install -qq --disable-pip-version-check \
    --constraint "${CONSTRAINTS:-constraints.txt}" --editable ".[$extras]"; then
    if [ "$(free_mb)" -lt 1024 ]; then
        echo "error: the disk filled up while installing. Free some space, or install PyTorch's" \
            "CPU build, which is smaller (see book/setup.md), then run make again" >&2
    else
        echo "error: the installation failed; pip's message is above" >&2
    fi
    exit 1
fi
