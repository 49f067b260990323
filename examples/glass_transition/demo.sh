#!/bin/sh
# The example campaign, from nothing to a report: sh demo.sh DIR (needs `polyloop` on the PATH; `make demo` sees to that).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: sh demo.sh DIR}
rm -rf "$out"
mkdir -p "$out"

say() { printf '\n$ %s\n' "$*"; "$@"; }

# Forty of the measured polymers, spread over the whole table, are what the campaign starts with.
awk 'NR == 1 || (NR % 5 == 2 && n++ < 40)' "$here/measured.csv" > "$out/start.csv"

say polyloop new "$out/campaign" --spec "$here/campaign.toml"
say polyloop ingest "$out/campaign" "$out/start.csv"
say polyloop propose "$out/campaign" -n 8 --seed 0
say polyloop report "$out/campaign"
say polyloop backtest "$here/measured.csv" --target tg:max --unit K --rounds 3 --batch 8 --start 20 --seeds 3 --out "$out/backtest"
