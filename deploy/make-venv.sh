#!/bin/sh
# Makes the virtual environment $1 with the newest suitable Python that is there.
# PYTHON=/path/to/python chooses one.
set -eu

for python in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        if "$python" -m venv "$1" 2>/dev/null; then
            exit 0
        fi
        rm -rf "$1"
        echo "$python cannot make virtual environments. On Debian or Ubuntu: apt install python3-venv" >&2
        exit 1
    fi
done

found=$(${PYTHON:-python3} --version 2>/dev/null || echo "no Python at all")
echo "Inledger needs Python 3.11 or newer, but found $found." >&2
echo "Install one, or name it: make run PYTHON=/path/to/python3.11" >&2
exit 1
