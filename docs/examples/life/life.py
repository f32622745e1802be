#!/usr/bin/env python3
"""一宗采矿权的一生：按 README.md 的次序向服务记账，逐格核对 README.md 中手算的数额，有一格不同即失败。
The life of one right: records it step by step and compares every cell of the tables of README.md, worked by hand.

    LODE_ASSESSOR=… LODE_CONFIRMER=… LODE_CASHIER=… python3 life.py http://127.0.0.1:8080 [--save 目录]

只用 Python 3 标准库。三个密钥由 lode keys create 发放，见 README.md。每个写请求的 Idempotency-Key 固定，重复运行不重复记账。
"""

import argparse
import json
import os
import pathlib
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from decimal import Decimal

HERE = pathlib.Path(__file__).resolve().parent
FIGURES = {
    "总额": "total",
    "到期已缴": "paid",
    "到期欠缴": "overdue",
    "未到期待缴": "pending",
    "多缴": "overpaid",
    "滞纳金": "late_fee",
    "未缴滞纳金": "late_fee_outstanding",
}


class Different(Exception):
    """与手算不符，或服务拒绝。"""


def tables_of(markdown):
    """README 中的表：左上角一格 → (其余列名, [(行名, 各格)])。"""
    tables, name, columns = {}, None, []
    for line in markdown.splitlines():
        if not line.startswith("|"):
            name = None
            continue
        cells = [cell.strip().replace("**", "") for cell in line.strip("|").split("|")]
        if set(line) <= set("|-: "):
            continue
        if name is None:
            name, columns = cells[0], cells[1:]
            if name in tables:
                raise Different(f"README 中有两张表“{name}”")
            tables[name] = (columns, [])
        else:
            tables[name][1].append((cells[0], cells[1:]))
    return tables


class Walk:
    def __init__(self, base, keys, save):
        self.base, self.keys, self.save = base.rstrip("/"), keys, save
        self.tables = tables_of((HERE / "README.md").read_text(encoding="utf-8"))
        self.used, self.compared, self.number = set(), 0, 0
        # 应缴项：名称 → 标识；缴款：名称 → 记录。
        self.items, self.payments = {}, {}
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    # 请求

    def send(self, method, path, body=None, who="assessor", accept="application/json", key=None):
        headers = {"Authorization": f"Bearer {self.keys[who]}", "Accept": accept}
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Different(f"{method} {path}：{error.code} {error.read().decode(errors='replace')}") from None

    def get(self, path, **query):
        query = "?" + urllib.parse.urlencode(query) if query else ""
        return json.loads(self.send("GET", urllib.parse.quote(path) + query))

    def ask(self, path, body):
        """计算，不记账。"""
        return json.loads(self.send("POST", path, body))

    def record(self, path, body, who="assessor"):
        """记一笔账；同一步的键不变。"""
        self.number += 1
        return json.loads(self.send("POST", path, body, who, key=f"life-{self.number:02}"))

    def refused(self, path, body, who, status):
        """该被拒绝的确实被拒绝。"""
        self.number += 1
        try:
            self.send("POST", path, body, who, key=f"life-{self.number:02}")
        except Different as refusal:
            if f"：{status} " in str(refusal):
                return
            raise
        raise Different(f"POST {path} 应为 {status}")

    # 核对

    def same(self, what, found, wanted):
        self.compared += 1
        if found != wanted:
            raise Different(f"{what}：服务为 {found}，手算为 {wanted}")

    def amount(self, what, found, cell):
        self.same(what, Decimal(found), Decimal(cell.replace(" ", "")))

    def table(self, name):
        if name not in self.tables:
            raise Different(f"README 中没有表“{name}”")
        self.used.add(name)
        return self.tables[name]

    def values(self, name, found):
        """两列的表：名称、值。"""
        _, rows = self.table(name)
        self.same(f"{name}的各行", [row for row, _ in rows], list(found))
        for row, cells in rows:
            value = found[row]
            if re.fullmatch(r"-?[\d ]+(\.\d+)?", cells[-1]) and not isinstance(value, int):
                self.amount(f"{name} {row}", value, cells[-1])
            else:
                self.same(f"{name} {row}", str(value), cells[-1])

    def statement(self, day):
        """某日的对账单，逐格；每笔滞纳金的算式另行列出。"""
        answer = self.get(f"/v1/rights/{self.right}/statement", as_of=day)
        columns, rows = self.table(f"对账单 {day}")
        by_id = {item["item"]: item for item in answer["items"]}
        seen = []
        for row, cells in rows:
            ids = list(by_id) if row == "合计" else self.ids(row)
            if row != "合计":
                seen += ids
            for column, cell in zip(columns, cells):
                name = FIGURES[column]
                total = sum((Decimal(by_id[id]["figures"][name]) for id in ids), Decimal(0))
                self.amount(f"对账单 {day} {row} {column}", total, cell)
                if row == "合计":
                    self.amount(f"对账单 {day} 合计 {column}", answer["sums"][name], cell)
        self.same(f"对账单 {day} 的各项", sorted(seen), sorted(by_id))
        sums = {name: Decimal(value) for name, value in answer["sums"].items()}
        self.same(f"{day} 总额", sums["paid"] + sums["overdue"] + sums["pending"], sums["total"])
        print(f"  {day} 总额 {sums['total']} = 到期已缴 {sums['paid']} + 到期欠缴 {sums['overdue']}"
              f" + 未到期待缴 {sums['pending']}；未缴滞纳金 {sums['late_fee_outstanding']}")
        for item in answer["items"]:
            if Decimal(item["figures"]["late_fee_outstanding"]) > 0:
                for step in item["steps"]:
                    print(f"    {step['law']['label']}：{step['formula']}，{step['inputs']} → {step['result']}")
        self.keep(f"statement-{day}", f"/v1/rights/{self.right}/statement/document?as_of={day}")
        return answer

    def ids(self, row):
        """一行所指的应缴项：“第 2 至 10 期”是九项。"""
        span = re.fullmatch(r"第 (\d+) 至 (\d+) 期", row)
        names = [f"第 {k} 期" for k in range(int(span[1]), int(span[2]) + 1)] if span else [row]
        return [self.items[name] for name in names]

    def shares(self, name, found):
        """分成表的一部分：每行金额、中央、自治区、盟市。"""
        columns, rows = self.table(name)
        self.same(f"{name}的各行", [row for row, _ in rows], list(found))
        for row, cells in rows:
            content = found[row]
            parts = {"金额": content["amount"], "中央": content["shares"]["central"],
                     "自治区": content["shares"]["province"], "盟市": content["shares"]["city"]}
            parts |= {"本金": content.get("to_principal"), "滞纳金": content.get("to_late_fee")}
            for column, cell in zip(columns, cells):
                self.amount(f"{name} {row} {column}", parts[column], cell)
            self.same(f"{name} {row} 分成之和", sum(Decimal(parts[p]) for p in ("中央", "自治区", "盟市")),
                      Decimal(parts["金额"]))

    def rules(self, name, answer):
        """判定适用的规则。"""
        _, rows = self.table(name)
        found = [(o["rule"], [o["kind"], o["law"]["label"]]) for o in answer["obligations"]]
        self.same(name, found, [(row, cells[:2]) for row, cells in rows])

    # 文书

    def keep(self, name, path):
        """--save 时把文书存成 PDF。"""
        if self.save:
            (self.save / f"{name}.pdf").write_bytes(self.send("GET", path, accept="application/pdf"))

    def sheet(self, name, topic, request):
        if self.save:
            body = {"topic": topic, "request": request, "number": name, "subject": "某某水泥用灰岩矿"}
            paper = self.send("POST", "/v1/documents/calculation-sheet", body, accept="application/pdf")
            (self.save / f"sheet-{name}.pdf").write_bytes(paper)

    # 记账的几种写法

    def party(self, code, name, day):
        return self.record("/v1/parties", {"effective_on": day, "code": code, "name": name})["subject"]

    def on_right(self, what, body, who="assessor"):
        return self.record(f"/v1/rights/{self.right}/{what}", body, who)

    def assess(self, topic, request, drafted, confirmed, planned):
        """两人核定：起草、起草人不能自己确认、另一人确认，然后成为应缴项。"""
        draft = self.on_right("assessments", {"effective_on": drafted, "topic": topic, "request": request})
        verdict = {"effective_on": confirmed, "verdict": "confirm"}
        path = f"/v1/assessment-records/{draft['entry']}/confirmation"
        self.refused(path, verdict, "assessor", 403)
        self.record(path, verdict, "confirmer")
        plan = self.on_right("plans", {"effective_on": planned, "assessment": draft["entry"]})
        return draft["entry"], plan["items"]

    def notice(self, day, received, items):
        issued = self.on_right("notices", {"effective_on": day, "items": items})["content"]
        self.keep(f"notice-{issued['number']}", f"/v1/notices/{issued['number']}/document")
        served = self.record(f"/v1/notices/{issued['number']}/service", {"received_on": received})["content"]
        return issued, served

    def declare(self, day, year, lines):
        filed = self.on_right("declarations", {"effective_on": day, "year": year, "lines": lines})
        self.items[f"{year} 年度"] = filed["items"][0]
        return filed["content"]

    def pay(self, name, item, day, amount, receipt):
        body = {"item": self.items[item], "paid_on": day, "amount": amount, "receipt": receipt}
        self.payments[name] = self.on_right("payments", body, "cashier")
        return self.payments[name]["content"]

    # 一生

    def live(self):
        for step in (self.granted, self.notified, self.first_paid, self.first_year, self.instalment,
                     self.second_year, self.mineral_added, self.transferred, self.cancelled,
                     self.last_year, self.refunded, self.price_refunded, self.closed_books):
            print(step.__doc__)
            step()
        unused = set(self.tables) - self.used
        if unused:
            raise Different(f"README 中没有核对的表：{'、'.join(sorted(unused))}")
        print(f"全部相符：{self.compared} 处 · all of {self.compared} figures agree")

    def granted(self):
        """一 协议出让"""
        self.rules("判定（出让）", self.ask("/v1/assessments", {
            "as_of": "2024-06-20", "event": "grant", "right": "mining", "acquired": "agreement",
            "registered_minerals": ["水泥用灰岩", "石膏"],
            "values": {"starting_price": "540000.00", "appraised_value": "34567890.12",
                       "benchmark_value": "31200000.00"}}))
        start = {"as_of": "2024-06-20", "province": "内蒙古", "mineral": "石膏", "right": "mining",
                 "geology": "simple", "area_km2": "1.7863"}
        benchmark = {"as_of": "2024-06-20", "province": "内蒙古", "items": [
            {"mineral": "水泥用灰岩", "quantity": "30000000", "unit": "吨", "unit_price": "1.04"}]}
        outside = {"as_of": "2024-06-20", "mineral": "水泥用灰岩", "transfer_mode": "agreement",
                   "appraised_value": "34567890.12", "benchmark_value": "31200000.00"}
        plan = {"right": "mining", "mineral": "水泥用灰岩", "signed_on": "2024-06-20", "total": "34567890.12",
                "province": "内蒙古", "mine_scale": "medium", "licence": {"from": "2024-07-01", "to": "2044-06-30"},
                "plan": {"first_payment_percent": "20"}}
        instalments = self.ask("/v1/calculations/instalments", plan)["result"]
        self.values("核定", {
            "石膏的起始价": self.ask("/v1/calculations/starting-price", start)["result"]["starting_price"],
            "灰岩的基准价测算值": self.ask("/v1/calculations/benchmark-value", benchmark)["result"]["benchmark_value"],
            "灰岩的出让收益": self.ask("/v1/calculations/transfer-income", outside)["result"]["price_part"],
            "首次缴纳": instalments["first_payment"]["amount"],
            "最低年限": instalments["minimum_years"],
            "每期": instalments["instalments"][0]["amount"],
            "第 1 期到期": instalments["instalments"][0]["due_date"],
            "第 10 期到期": instalments["instalments"][9]["due_date"],
        })
        self.same("各期相等", {part["amount"] for part in instalments["instalments"]}, {"2765431.21"})
        self.sheet("starting-price", "starting-price", start)
        self.sheet("instalments", "instalments", plan)
        holder = self.party("91150200MA0N000018", "内蒙古某某建材有限公司", "2024-06-20")
        self.right = self.record("/v1/rights", {
            "effective_on": "2024-06-20", "right": "mining", "holder": holder,
            "licence_number": "C1502002024067130000001", "contract_number": "蒙采出让〔2024〕06号",
            "contract_signed_on": "2024-06-20", "transfer_mode": "agreement", "division": "150221", "area": "land",
            "scheme": "whole_region", "minerals": ["水泥用灰岩", "石膏"], "area_km2": "1.7863",
            "term_from": "2024-07-01", "term_to": "2044-06-30", "mine_scale": "medium"})["subject"]
        days = ("2024-06-21", "2024-06-24", "2024-06-25")
        _, [gypsum] = self.assess("transfer-income", {
            "as_of": "2024-06-20", "mineral": "石膏", "transfer_mode": "agreement", "starting_price": "540000.00"}, *days)
        self.limestone, items = self.assess("instalments", plan, *days)
        self.items["石膏价款"] = gypsum
        self.items |= dict(zip(["首次缴纳"] + [f"第 {k} 期" for k in range(1, 11)], items))
        self.holder = holder
        self.same("缴款人", self.statement("2024-06-25")["payer"], holder)

    def notified(self):
        """二 通知书"""
        issued, served = self.notice("2024-06-26", "2024-06-28", [self.items["石膏价款"], self.items["首次缴纳"]])
        self.values("通知书", {
            "编号": issued["number"],
            "石膏价款": issued["items"][0]["amount"],
            "首次缴纳": issued["items"][1]["amount"],
            "合计": issued["total"],
            "中央": issued["shares"]["central"],
            "自治区": issued["shares"]["province"],
            "盟市": issued["shares"]["city"],
            "到期": served["due"][0]["due_on"],
        })
        self.statement("2024-06-28")

    def first_paid(self):
        """三 首次缴款"""
        price = self.pay("石膏价款", "石膏价款", "2024-07-15", "540000.00", "蒙票 0001")
        first = self.pay("首次缴纳", "首次缴纳", "2024-07-26", "6913578.02", "蒙票 0002")
        self.shares("分成（首次）", {"石膏价款": price, "首次缴纳": first})
        self.statement("2024-07-26")

    def first_year(self):
        """四 2024 年度申报，按时缴纳"""
        lines = [{"mineral": "石膏", "product": "raw_ore", "revenue": "3456789.01"}]
        filed = self.declare("2025-02-20", 2024, lines)
        self.values("申报 2024", {"石膏": filed["lines"][0]["income"], "合计": filed["income"], "到期": filed["due_on"]})
        self.pay("2024 年度", "2024 年度", "2025-02-26", "100246.88", "蒙票 0003")
        self.statement("2025-02-26")

    def instalment(self):
        """五 第 1 期，提前缴纳"""
        issued, served = self.notice("2025-06-05", "2025-06-06", [self.items["第 1 期"]])
        self.values("通知书（第 1 期）", {"编号": issued["number"], "合计": issued["total"]})
        self.same("通知书不改变已定的到期日", served["due"], [])
        paid = self.pay("第 1 期", "第 1 期", "2025-06-20", "2765431.21", "蒙票 0004")
        self.shares("分成（第 1 期）", {"第 1 期": paid})
        self.statement("2025-06-20")

    def second_year(self):
        """六 2025 年度申报，逾期二十日缴纳"""
        lines = [{"mineral": "石膏", "product": "raw_ore", "revenue": "8765432.10"}]
        filed = self.declare("2026-02-10", 2025, lines)
        self.values("申报 2025", {"石膏": filed["lines"][0]["income"], "合计": filed["income"], "到期": filed["due_on"]})
        late = {"principal": "254197.53", "due_date": "2026-02-28", "as_of": "2026-03-20"}
        self.sheet("late-fee", "late-fee", late)
        self.statement("2026-03-01")
        paid = self.pay("2025 年度", "2025 年度", "2026-03-20", "264365.43", "蒙票 0005")
        self.shares("分成（2025 年度）", {"2025 年度": paid})
        self.statement("2026-03-20")

    def mineral_added(self):
        """七 增列高岭土"""
        self.rules("判定（增列）", self.ask("/v1/assessments", {
            "as_of": "2026-04-01", "event": "mineral_change", "right": "mining",
            "registered_minerals": ["水泥用灰岩", "石膏"], "added_minerals": ["高岭土"]}))
        self.on_right("changes", {"effective_on": "2026-04-01", "added_minerals": ["高岭土"],
                                  "reason": "内自然资采变〔2026〕9号"})
        minerals = self.get(f"/v1/rights/{self.right}")["minerals"]
        self.same("矿种", minerals, ["cement_limestone", "gypsum", "kaolin"])
        self.statement("2026-04-01")

    def transferred(self):
        """八 转让：第 2 期逾期，由受让人缴清"""
        self.rules("判定（转让）", self.ask("/v1/assessments", {
            "as_of": "2026-07-11", "event": "transfer", "right": "mining", "transferee": "包头某某水泥有限公司",
            "registered_minerals": ["水泥用灰岩", "石膏", "高岭土"]}))
        to = self.party("91150200MA0N00002B", "包头某某水泥有限公司", "2026-07-01")
        self.on_right("transfers", {"effective_on": "2026-07-11", "to": to, "reason": "内自然资采转〔2026〕3号"})
        self.same("缴款人", self.statement("2026-07-11")["payer"], to)
        before = self.get(f"/v1/rights/{self.right}/statement", as_of="2026-07-10")["payer"]
        self.same("转让前一日的缴款人", before, self.holder)
        paid = self.pay("第 2 期", "第 2 期", "2026-07-21", "2876048.46", "蒙票 0006")
        self.shares("分成（第 2 期）", {"第 2 期": paid})
        self.statement("2026-07-21")

    def cancelled(self):
        """九 政策性关闭：注销，多退少补"""
        self.rules("判定（注销）", self.ask("/v1/assessments", {
            "as_of": "2026-10-15", "event": "cancellation", "right": "mining", "reason": "policy",
            "levy_form": "amount", "registered_minerals": ["水泥用灰岩", "石膏", "高岭土"],
            "values": {"total": "34567890.12", "reserves_assessed": "30000000", "reserves_used": "4500000",
                       "paid": "12444440.44"}}))
        quantities = {"reserves_assessed": "30000000", "reserves_used": "4500000"}
        settled = self.on_right("true-ups", {"effective_on": "2026-10-15", "assessment": self.limestone, **quantities})
        content = settled["content"]
        self.values("结算", {
            "应缴": content["due"], "差额": content["difference"],
            **{f"退 {name}": self.due_back(content, name) for name in ("第 2 期", "第 1 期", "首次缴纳")}})
        self.sheet("true-up", "true-up", {"total": "34567890.12", **quantities, "paid": "12444440.44"})
        self.on_right("closures", {"effective_on": "2026-10-15", "reason": "内政发〔2026〕31号"})
        self.statement("2026-10-15")

    def due_back(self, content, name):
        entry = self.payments[name]["entry"]
        return next(refund["amount"] for refund in content["refunds"] if refund["payment"] == entry)

    def last_year(self):
        """十 注销前的销售：2026 年度申报，提前缴纳"""
        lines = [{"mineral": "石膏", "product": "raw_ore", "revenue": "6543210.98"},
                 {"mineral": "高岭土", "product": "raw_ore", "revenue": "2345678.90"}]
        filed = self.declare("2026-10-26", 2026, lines)
        incomes = [line["income"] for line in filed["lines"]]
        self.values("申报 2026", {"石膏": incomes[0], "高岭土": incomes[1], "合计": filed["income"],
                                "到期": filed["due_on"]})
        self.pay("2026 年度", "2026 年度", "2026-10-30", "262469.17", "蒙票 0007")
        self.statement("2026-10-30")

    def refunded(self):
        """十一 退库"""
        back = {"第 2 期": "2765431.21", "第 1 期": "2765431.21", "首次缴纳": "1728394.50"}
        found = {}
        for name, amount in back.items():
            body = {"effective_on": "2026-11-10", "payment": self.payments[name]["entry"], "amount": amount,
                    "reason": "多退少补，内财退〔2026〕12号"}
            found[name] = self.on_right("refunds", body, "cashier")["content"]
        self.shares("分成（退库）", found)
        self.statement("2026-11-10")

    def price_refunded(self):
        """十二 石膏价款的退库：政策性关闭，分两笔"""
        found = {}
        for name, amount in {"第一笔": "333333.31", "第二笔": "152666.71"}.items():
            body = {"effective_on": "2026-11-20", "payment": self.payments["石膏价款"]["entry"], "amount": amount,
                    "reason": "政策性关闭，退还部分成交价", "cause": "policy_closure", "document": "内财退〔2026〕15号"}
            found[name] = self.on_right("refunds", body, "cashier")["content"]
        self.shares("分成（石膏退库）", found)
        self.statement("2026-11-20")

    def closed_books(self):
        """十三 各级国库"""
        balances = self.get("/v1/ledger/balances", as_of="2026-11-20", right=self.right)["balances"]
        net = {}
        for balance in balances:
            net[balance["account"]] = net.get(balance["account"], Decimal(0)) + Decimal(balance["amount"])
        self.same("余额合计", sum(net.values()), Decimal(0))
        paid = self.get(f"/v1/rights/{self.right}/statement", as_of="2026-11-20")["treasuries"]
        for account in ("central", "province", "city"):
            self.same(f"对账单的国库 {account}", Decimal(paid[account]), net[account])
        self.values("国库", {"中央": net["central"], "自治区": net["province"], "盟市": net["city"],
                           "合计": net["central"] + net["province"] + net["city"]})


def main():
    parser = argparse.ArgumentParser(description="一宗采矿权的一生 · the life of one right")
    parser.add_argument("base", help="服务的地址，如 http://127.0.0.1:8080")
    parser.add_argument("--save", type=pathlib.Path, metavar="目录", help="把通知书、计算依据表、对账单存成 PDF")
    options = parser.parse_args()
    keys = {who: os.environ.get(f"LODE_{who.upper()}", "") for who in ("assessor", "confirmer", "cashier")}
    missing = [f"LODE_{who.upper()}" for who, key in keys.items() if not key]
    if missing:
        parser.error(f"请在环境变量 {'、'.join(missing)} 中给出密钥，见 README.md")
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
    try:
        Walk(options.base, keys, options.save).live()
    except Different as error:
        print(f"不符 · different: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
