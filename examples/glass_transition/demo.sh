#!/bin/sh
# The example campaign, from nothing to a report: sh demo.sh DIR (needs `polyloop` on the PATH; `make demo` sees to that).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: sh demo.sh DIR}
mark="$out/.made-by-the-polyloop-demo"

# Only what an earlier demonstration made is removed.
if [ -f "$mark" ]; then
    rm -rf "$out"
elif [ -e "$out" ] && [ -n "$(ls -A "$out")" ]; then
    echo "$out is there already and was not made by this demonstration: name a new folder, or remove it." >&2
    exit 2
fi
mkdir -p "$out"
: > "$mark"

say() { printf '\n$ %s\n' "$*"; "$@"; }

# Forty of the measured polymers, spread over the whole table, are what the campaign starts with.
awk 'NR == 1 || (NR % 5 == 2 && n++ < 40)' "$here/measured.csv" > "$out/start.csv"

say polyloop new "$out/campaign" --spec "$here/campaign.toml"
say polyloop ingest "$out/campaign" "$out/start.csv"
say polyloop propose "$out/campaign" -n 8 --seed 0
say polyloop report "$out/campaign"
say polyloop backtest "$here/measured.csv" --target tg:max --unit K --rounds 3 --batch 8 --start 20 --seeds 3 --out "$out/backtest"
