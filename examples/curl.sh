#!/usr/bin/env bash
# Batches by curl: few rows at once, many by a job.  examples/curl.sh http://127.0.0.1:8080 [directory]
set -euo pipefail
base=${1:-http://127.0.0.1:8080}
work=${2:-$(mktemp -d)}
# curl reads Authorization from a file, so that a key stands in no list of processes:
#   printf 'header = "Authorization: Bearer %s"\n' "$LODE_KEY" >key.conf; curl --config key.conf …

# 1. A table, answered at once. --fail-with-body shows the problem of a refused request and ends with 22.
printf '行号,年度,出让方式,矿种,产品,销售收入（万元）\nA-1,2024,协议出让,铁,选矿产品,1234.56\nA-2,2024,协议出让,什么矿,选矿产品,1\n' \
  >"$work/sales.csv"
curl -sS --fail-with-body --retry 3 -D "$work/head" -o "$work/answers.csv" \
  -H 'Content-Type: text/csv' --data-binary @"$work/sales.csv" "$base/v1/batches/annual-income"
cat "$work/answers.csv"
# Rows that were refused do not change the status; how many there are stands in a header.
refused=$(tr -d '\r' <"$work/head" | sed -n 's/^batch-refused: //p')
test "$refused" = 1

# 2. JSON lines, by a job: the answer names its path.
for row in 1 2 3; do
  printf '{"line_id": %s, "identified": "430.88", "mined": "43.73", "paid_for": "108.52", "unit": "万吨"}\n' "$row"
done >"$work/reserves.jsonl"
curl -sS --fail-with-body -D "$work/head" -o "$work/job.json" -H 'Prefer: respond-async' \
  -H 'Content-Type: application/x-ndjson' -T "$work/reserves.jsonl" -X POST "$base/v1/batches/unpaid-reserves?steps=false"
job=$(tr -d '\r' <"$work/head" | sed -n 's/^location: //p')
# The events end with the job; -N shows them as they come.
curl -sSN --fail-with-body "$base$job/events" | tee "$work/events"
grep -q '^event: done' "$work/events"
curl -sS --fail-with-body "$base$job/result" -o "$work/reserves.answers.jsonl"
test "$(wc -l <"$work/reserves.answers.jsonl")" = 3
curl -sS --fail-with-body -X DELETE "$base$job"

# 3. The same table, answered as a workbook, and the workbook sent again: every form may come in, every form may go out.
xlsx=application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
curl -sS --fail-with-body -o "$work/answers.xlsx" -H 'Content-Type: text/csv' -H "Accept: $xlsx" \
  --data-binary @"$work/sales.csv" "$base/v1/batches/annual-income"
curl -sS --fail-with-body -o "$work/again.csv" -H "Content-Type: $xlsx" -H 'Accept: text/csv' \
  --data-binary @"$work/answers.xlsx" "$base/v1/batches/annual-income"
cmp "$work/answers.csv" "$work/again.csv"

# 4. What is refused says why.
if curl -sS --fail-with-body -H 'Content-Type: text/csv' --data-binary 'what' "$base/v1/batches/late-fee?lang=en"; then exit 1; fi
echo
