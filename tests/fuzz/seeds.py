#!/usr/bin/env python3
"""Writes what the fuzzing starts from: `seeds.py FOLDER` makes a folder of seeds for each target from the cases and the
examples of the repository."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOPICS = [
    line.split('"')[1]
    for line in (ROOT / "src/api/topic.rs").read_text(encoding="utf-8").splitlines()
    if line.startswith("    ") and '= "' in line and ", by " in line
]


def main(folder):
    def seed(target, name, content):
        place = folder / target
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)

    number = 0
    files = [*(ROOT / "tests/cases").glob("*.jsonl"), *(ROOT.parent / "shared/cases").glob("*.jsonl")]
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if not line.startswith("{"):
                continue
            case = json.loads(line)
            slug = case.get("path", "").split("?")[0].rsplit("/", 1)[-1].removesuffix("s")
            topic = next((at for at, name in enumerate(TOPICS) if name.removesuffix("s") == slug), None)
            if topic is None or "request" not in case:
                continue
            number += 1
            body = json.dumps(case["request"], ensure_ascii=False).encode()
            seed("requests", f"case-{number}", bytes([topic, number % 8]) + body)
            if number % 8 == 0:
                seed("tables", f"lines-{number}", bytes([topic, 0x80 | number % 8]) + body + b"\n")
            flat = {key: value for key, value in case["request"].items() if not isinstance(value, (dict, list))}
            if flat and number % 8 == 1:
                table = ",".join(flat) + "\n" + ",".join(str(value) for value in flat.values()) + "\n"
                seed("tables", f"csv-{number}", bytes([topic, number % 8]) + table.encode())
                cells = lambda row, texts: "".join(
                    f'<c r="{chr(65 + at)}{row}" t="inlineStr"><is><t>{text}</t></is></c>' for at, text in enumerate(texts)
                )
                sheet = (
                    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
                    f'<row r="1">{cells(1, flat)}</row><row r="2">{cells(2, flat.values())}</row></sheetData></worksheet>'
                )
                seed("workbooks", f"sheet-{number}", bytes([topic, number % 8]) + sheet.encode())
            for at, value in enumerate(flat.values()):
                seed("values", f"value-{number}-{at}", str(value).encode())
    paths = sorted(file.relative_to(ROOT / "rates") for file in (ROOT / "rates").rglob("*") if file.is_file())
    for at, path in enumerate(paths):
        if at < 256:
            seed("rates", f"file-{at}", bytes([at]) + (ROOT / "rates" / path).read_bytes())
    formulas = [
        "round2(outstanding * daily_rate * late_days)\noutstanding=6846400.00\ndaily_rate=0.002\nlate_days=183",
        "min(base * cap, round2(sum(a * b, c * d)))\nbase=1\ncap=1\na=2\nb=3\nc=4\nd=5",
        "allocate(local, [30, 30])\nlocal=1.01",
        "days(after, until)\nafter=2024-01-10\nuntil=2024-02-09",
    ]
    for at, text in enumerate(formulas):
        seed("formulas", f"formula-{at}", text.encode())
    print(f"{number} requests")


main(Path(sys.argv[1]))
