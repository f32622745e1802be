//! 计算依据表: a calculation as it was answered, with what was asked, every step, every article and every data version.

use chrono::NaiveDate;

use super::paper::{Paper, Printable, Table, center, left, row};
use super::seal::{Check, Content};
use super::words::{capitals, grouped};
use crate::domain::money::Yuan;

/// A name and its value, as it is printed. The depth says how far inside an object it stands.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is, with its unit.
    pub label: String,
    /// Its value; empty above a list or an object.
    pub value: Value,
    /// 0 for the fields of the whole.
    pub depth: usize,
}

/// A value as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// What stands below says it.
    Below,
    /// A text.
    Text(String),
    /// An amount of a result: with its thousands apart, at depth 0 in capitals too.
    Money(Yuan),
}

/// One step.
#[derive(Clone, Debug, Default)]
pub struct SheetStep {
    /// Stable id of the rule.
    pub rule: String,
    /// The article, as it is cited.
    pub law: String,
    /// The expression.
    pub formula: String,
    /// What its names stand for.
    pub inputs: Vec<(String, String)>,
    /// What it gives.
    pub result: String,
    /// How that was rounded.
    pub rounding: Option<String>,
    /// The data behind it.
    pub version: Option<String>,
}

/// One data file.
#[derive(Clone, Debug, Default)]
pub struct SheetVersion {
    /// Id.
    pub id: String,
    /// The instrument, as it is cited.
    pub instrument: String,
    /// From when until when it is in force.
    pub in_force: String,
    /// How its values are known, in Chinese.
    pub provenance: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// A calculation sheet.
#[derive(Clone, Debug, Default)]
pub struct CalculationSheet {
    /// The topic in Chinese.
    pub topic: String,
    /// Its name in paths.
    pub slug: String,
    /// Number of the sheet.
    pub number: Option<String>,
    /// The right or mine that it is about.
    pub subject: Option<String>,
    /// Who issues it.
    pub issuer: Option<String>,
    /// The day of issue.
    pub issued_on: Option<NaiveDate>,
    /// Remark.
    pub remark: Option<String>,
    /// What was asked.
    pub request: Vec<Line>,
    /// What came out.
    pub results: Vec<Line>,
    /// How.
    pub steps: Vec<SheetStep>,
    /// By which data.
    pub versions: Vec<SheetVersion>,
    /// What the reader has to know, each with its article where it has one.
    pub warnings: Vec<String>,
    /// Id and SHA-256 of the dataset.
    pub dataset: (String, String),
    /// Request and answer as they went over the wire, for the check code.
    pub record: (String, String),
}

impl CalculationSheet {
    /// A sheet for trying out templates.
    pub(super) fn sample() -> CalculationSheet {
        let amount = Yuan::from_fen(1_080_000).unwrap_or_default();
        let line = |label: &str, value| Line { label: label.to_owned(), value, depth: 0 };
        let text = |text: &str| Value::Text(text.to_owned());
        CalculationSheet {
            topic: "滞纳金".to_owned(),
            slug: "late-fee".to_owned(),
            number: Some("JS-2024-1".to_owned()),
            subject: Some("某某金矿".to_owned()),
            issuer: Some("某市自然资源局".to_owned()),
            issued_on: NaiveDate::from_ymd_opt(2024, 5, 6),
            remark: Some("无".to_owned()),
            request: vec![line("应缴本金（元）", text("100000.00"))],
            results: vec![line("滞纳金（元）", Value::Money(amount))],
            steps: vec![SheetStep {
                rule: "late-fee.fee".to_owned(),
                law: "财综〔2023〕10号 第三十三条".to_owned(),
                formula: "min(cap, round2(uncapped))".to_owned(),
                inputs: vec![
                    ("cap".to_owned(), "100000.00".to_owned()),
                    ("uncapped".to_owned(), "10800.00".to_owned()),
                ],
                result: "10800.00".to_owned(),
                rounding: Some("四舍五入到分".to_owned()),
                version: Some("late-fee/2023-05-01".to_owned()),
            }],
            versions: vec![SheetVersion {
                id: "late-fee/2023-05-01".to_owned(),
                instrument: "财综〔2023〕10号".to_owned(),
                in_force: "2023-05-01 起".to_owned(),
                provenance: "见于文本".to_owned(),
                sha256: "0".repeat(64),
            }],
            warnings: vec!["样本".to_owned()],
            dataset: ("builtin".to_owned(), "0".repeat(64)),
            record: ("{}".to_owned(), "{}".to_owned()),
        }
    }
}

/// How many hexadecimal digits of a checksum are printed.
const CHECKSUM_DIGITS: usize = 16;

fn shortened(checksum: &str) -> String {
    checksum.chars().take(CHECKSUM_DIGITS).collect()
}

fn of_lines(heading: &str, lines: &[Line]) -> Table {
    let rows = lines.iter().map(|Line { label, value, depth }| {
        let value = match value {
            Value::Below => String::new(),
            Value::Text(text) => text.clone(),
            Value::Money(amount) if *depth == 0 => format!("{}\n{}", grouped(*amount), capitals(*amount)),
            Value::Money(amount) => grouped(*amount),
        };
        row(["　".repeat(*depth) + label, value])
    });
    Table { heading: heading.to_owned(), columns: vec![left("项目", 36), left("内容", 64)], rows: rows.collect() }
}

impl Printable for CalculationSheet {
    fn identity(&self) -> (&'static str, Option<String>) {
        ("calculation-sheet", self.number.clone())
    }

    fn content(&self) -> Content {
        let mut content = Content::new("calculation-sheet/1");
        content.add("topic", &self.slug);
        content.add_known("number", self.number.as_ref());
        content.add_known("subject", self.subject.as_ref());
        content.add_known("issuer", self.issuer.as_ref());
        content.add_known("issued_on", self.issued_on);
        content.add_known("remark", self.remark.as_ref());
        content.add("request", &self.record.0);
        content.add("answer", &self.record.1);
        content
    }

    fn paper(&self, check: Check) -> Paper {
        let mut paper = Paper::blank(self.identity(), "计算依据表", self.issuer.clone(), self.issued_on, check);
        paper.subtitle = Some(self.topic.clone());
        if self.subject.is_some() || self.remark.is_some() {
            let fields = [("矿业权（矿山）名称", self.subject.clone()), ("备注", self.remark.clone())];
            paper.tables.push(Table::of_fields("事项", fields));
        }
        paper.tables.push(of_lines("结果", &self.results));
        paper.tables.push(of_lines("计算条件", &self.request));
        let steps = self.steps.iter().zip(1..).map(|(step, at): (_, u32)| {
            let version = step.version.iter().map(|version| format!("数据：{version}"));
            let basis: Vec<String> = [step.law.clone(), step.rule.clone()].into_iter().chain(version).collect();
            let inputs = step.inputs.iter().map(|(name, value)| format!("{name} = {value}"));
            let formula: Vec<String> = std::iter::once(step.formula.clone()).chain(inputs).collect();
            let result = step.rounding.iter().fold(step.result.clone(), |result, how| format!("{result}\n（{how}）"));
            row([at.to_string(), basis.join("\n"), formula.join("\n"), result])
        });
        let columns = vec![center("序号", 7), left("依据、规则、数据", 31), left("公式与代入", 40), left("结果", 22)];
        paper.tables.push(Table { heading: "计算步骤".to_owned(), columns, rows: steps.collect() });
        let versions = self.versions.iter().map(|SheetVersion { id, instrument, in_force, provenance, sha256 }| {
            row([id.clone(), instrument.clone(), in_force.clone(), provenance.clone(), shortened(sha256)])
        });
        let columns = vec![
            left("数据版本", 28),
            left("文件", 20),
            left("施行", 18),
            left("出处", 10),
            left("SHA-256（前 16 位）", 24),
        ];
        if !self.versions.is_empty() {
            paper.tables.push(Table { heading: "所用数据".to_owned(), columns, rows: versions.collect() });
        }
        if !self.warnings.is_empty() {
            let warnings =
                self.warnings.iter().zip(1..).map(|(text, at): (_, u32)| row([at.to_string(), text.clone()]));
            let columns = vec![center("序号", 7), left("内容", 93)];
            paper.tables.push(Table { heading: "提示".to_owned(), columns, rows: warnings.collect() });
        }
        let (dataset, checksum) = &self.dataset;
        paper.closing = vec![format!(
            "数据集 {dataset}，SHA-256 前 16 位 {}。公式中的名称即“代入”所列的名称。",
            shortened(checksum)
        )];
        paper.signatures = vec!["计算人", "复核人", "负责人"];
        let money = self.results.iter().filter(|line| line.depth == 0).filter_map(|line| match line.value {
            Value::Money(amount) => Some(capitals(amount)),
            _ => None,
        });
        paper.essentials.extend(money.chain([self.topic.clone()]));
        paper
    }
}
