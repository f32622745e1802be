"""Opens workbooks by openpyxl: the answers have to be those of the CSV, bad cells red with a comment, a template complete.

usage: workbooks.py ANSWERS.xlsx ANSWERS.csv TEMPLATE.xlsx
"""

import csv
import datetime
import decimal
import sys

import openpyxl


def plain(value):
    """A cell as the CSV writes it, numbers by their value."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    text = str(value)
    try:
        return decimal.Decimal(text).normalize()
    except decimal.InvalidOperation:
        return text


answers, table, template = sys.argv[1:]
book = openpyxl.load_workbook(answers)
sheet = book.worksheets[0]
rows = list(sheet.iter_rows())
heads = [cell.value for cell in rows[0]]
with open(table, encoding="utf-8-sig", newline="") as file:
    expected = list(csv.reader(file))
assert len(rows) == len(expected), (len(rows), len(expected))
at = {head: heads.index(head) for head in expected[0]}
bad = 0
for row, texts in zip(rows[1:], expected[1:]):
    for head, text in zip(expected[0], texts):
        text = text[1:] if text.startswith("'") else text
        assert plain(row[at[head]].value) == plain(text or None), (row[0].value, head, row[at[head]].value, text)
    if row[at["错误"]].value:
        bad += 1
        # What is refused for a field that the table has is marked at its cell.
        places = [place for place in (row[at["错误位置"]].value or "").split("、") if place in heads]
        for place in places:
            cell = row[heads.index(place)]
            assert cell.comment and cell.fill.fgColor.rgb == "FFFFC7CE", (row[0].value, place)
assert bad >= len(rows) // 100
assert "步骤" in book.sheetnames and book["步骤"].max_row > len(rows)
assert sheet.freeze_panes == "A2"

book = openpyxl.load_workbook(template)
assert book.sheetnames == ["数据", "示例", "说明", "选项"], book.sheetnames
sheet = book["数据"]
assert book["选项"].sheet_state == "hidden" and sheet.freeze_panes == "B2"
assert all(cell.comment for cell in sheet[1])
assert len(sheet.data_validations.dataValidation) >= 10
print(f"openpyxl: {len(rows) - 1} rows as in the CSV, {bad} of them refused; the template is complete")
