//! 对账单: what a right owes as of a day, 总额 = 到期已缴 + 到期欠缴 + 未到期待缴, with the late fee of each item.

use chrono::NaiveDate;

use super::paper::{Orientation, Paper, Printable, Table, center, left, right, row, total};
use super::payment::{Payer, RightOnPaper, share_rows};
use super::seal::{Check, Content};
use super::words::{capitals, chinese_day, grouped};
use crate::domain::money::{MoneyError, Yuan};
use crate::domain::revenue_split::Shares;

/// One debt with what became of it until the day of the statement.
#[derive(Clone, Debug)]
pub struct StatementItem {
    /// What it is.
    pub name: String,
    /// The article behind it, as it is cited.
    pub basis: String,
    /// The last day for it, where it has one already.
    pub due_on: Option<NaiveDate>,
    /// How much it was.
    pub amount: Yuan,
    /// Paid of it, on time or before.
    pub paid: Yuan,
    /// Past its due date and not paid.
    pub overdue: Yuan,
    /// Not due yet.
    pub not_due: Yuan,
    /// Late fee until the day, not paid yet; none where it is not known.
    pub late_fee: Option<Yuan>,
    /// Paid beyond the amount and the late fee.
    pub overpaid: Yuan,
}

impl StatementItem {
    /// Its amounts in the order of [`AMOUNTS`].
    fn amounts(&self) -> [Option<Yuan>; 6] {
        let [amount, paid, overdue, not_due] = [self.amount, self.paid, self.overdue, self.not_due].map(Some);
        [amount, paid, overdue, not_due, self.late_fee, Some(self.overpaid)]
    }
}

/// Names of the amounts, as the content calls them. All but the last have a column.
const AMOUNTS: [&str; 6] = ["amount", "paid", "overdue", "not_due", "late_fee", "overpaid"];

/// What stands where an amount is not known.
const UNKNOWN: &str = "未知";

/// What a statement is made of.
#[derive(Clone, Debug)]
pub struct StatementParts {
    /// Its number, if it has one.
    pub number: Option<String>,
    /// The office that issues it.
    pub issuer: Option<String>,
    /// The day of issue.
    pub issued_on: Option<NaiveDate>,
    /// The day whose end it describes.
    pub as_of: NaiveDate,
    /// The moment whose knowledge it gives, in UTC; left out, all that is recorded.
    pub known_at: Option<String>,
    /// Who pays.
    pub payer: Payer,
    /// What for.
    pub right: RightOnPaper,
    /// The debts.
    pub items: Vec<StatementItem>,
    /// What the treasuries have of what was paid, where that is known.
    pub shares: Option<Shares>,
    /// The account (art. 25).
    pub account: String,
    /// What has to be known about the late fees: parameters that were not read in the text of their instrument.
    pub warnings: Vec<String>,
    /// The dataset behind the late fees.
    pub dataset: String,
}

/// A statement whose figures agree with each other.
#[derive(Clone, Debug)]
pub struct Statement {
    parts: StatementParts,
    totals: [Option<Yuan>; 6],
}

/// Why a statement cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// A sum is too large.
    #[error("a sum: {0}")]
    Money(#[from] MoneyError),
    /// An item is not the sum of what was paid, is overdue and is not due.
    #[error("{0}: the parts do not add up")]
    Parts(String),
}

impl Statement {
    /// A statement in which every item is the sum of its parts.
    pub fn new(parts: StatementParts) -> Result<Statement, StatementError> {
        let mut totals = [Some(Yuan::ZERO); 6];
        for item in &parts.items {
            if Yuan::sum([item.paid, item.overdue, item.not_due])? != item.amount {
                return Err(StatementError::Parts(item.name.clone()));
            }
            for (total, amount) in totals.iter_mut().zip(item.amounts()) {
                // What is not known makes the sum unknown.
                *total = total.zip(amount).map(|(total, amount)| total.plus(amount)).transpose()?;
            }
        }
        Ok(Statement { parts, totals })
    }

    /// A statement for trying out templates.
    pub(super) fn sample() -> Option<Statement> {
        let yuan = |fen| Yuan::from_fen(fen).ok();
        let item = |name: &str, day, amounts: [i64; 6]| {
            let [amount, paid, overdue, not_due, late_fee, overpaid] = amounts.map(yuan);
            Some(StatementItem {
                name: name.to_owned(),
                basis: "财综〔2023〕10号 第十二条".to_owned(),
                due_on: day,
                amount: amount?,
                paid: paid?,
                overdue: overdue?,
                not_due: not_due?,
                late_fee: Some(late_fee?),
                overpaid: overpaid?,
            })
        };
        Statement::new(StatementParts {
            number: Some("DZ-2024-1".to_owned()),
            issuer: Some("国家税务总局某市税务局".to_owned()),
            issued_on: NaiveDate::from_ymd_opt(2024, 5, 6),
            as_of: NaiveDate::from_ymd_opt(2024, 4, 30)?,
            known_at: None,
            payer: Payer::sample()?,
            right: RightOnPaper {
                name: Some("某某金矿".to_owned()),
                kind: "采矿权",
                licence: None,
                contract: None,
                minerals: vec!["金矿".to_owned()],
                area: None,
            },
            items: vec![
                item("首次缴纳", NaiveDate::from_ymd_opt(2024, 3, 1), [1_000_000, 1_000_000, 0, 0, 0, 5_000])?,
                item("第 1 期", NaiveDate::from_ymd_opt(2024, 4, 1), [2_000_000, 500_000, 1_500_000, 0, 87_000, 0])?,
                item("第 2 期", NaiveDate::from_ymd_opt(2025, 4, 1), [2_000_000, 0, 0, 2_000_000, 0, 0])?,
            ],
            shares: Some(Shares { central: yuan(602_000)?, local: yuan(903_000)?, levels: None }),
            account: "103071404".to_owned(),
            warnings: vec!["样本".to_owned()],
            dataset: "builtin".to_owned(),
        })
        .ok()
    }
}

impl Printable for Statement {
    fn identity(&self) -> (&'static str, Option<String>) {
        ("statement", self.parts.number.clone())
    }

    fn content(&self) -> Content {
        let StatementParts {
            number,
            issuer,
            issued_on,
            as_of,
            known_at,
            payer,
            right,
            items,
            shares,
            account,
            warnings,
            dataset,
        } = &self.parts;
        let mut content = Content::new("statement/1");
        content.add_known("number", number.as_ref());
        content.add_known("issuer", issuer.as_ref());
        content.add_known("issued_on", issued_on.as_ref());
        content.add("as_of", as_of);
        content.add_known("known_at", known_at.as_ref());
        payer.add_to(&mut content);
        right.add_to(&mut content);
        for (at, item) in items.iter().enumerate() {
            content.add(format!("item.{at}.name"), &item.name);
            content.add(format!("item.{at}.basis"), &item.basis);
            content.add_known(format!("item.{at}.due_on"), item.due_on);
            for (name, amount) in AMOUNTS.iter().zip(item.amounts()) {
                content.add_known(format!("item.{at}.{name}"), amount);
            }
        }
        for (treasury, amount) in shares.iter().flat_map(share_rows) {
            content.add(format!("share.{treasury}"), amount);
        }
        content.add("account", account);
        for (at, warning) in warnings.iter().enumerate() {
            content.add(format!("warning.{at}"), warning);
        }
        content.add("dataset", dataset);
        content
    }

    fn paper(&self, check: Check) -> Paper {
        let StatementParts {
            issuer,
            issued_on,
            as_of,
            known_at,
            payer,
            right: mining_right,
            items,
            shares,
            account,
            warnings,
            dataset,
            ..
        } = &self.parts;
        let mut paper = Paper::blank(self.identity(), "矿业权出让收益对账单", issuer.clone(), *issued_on, check);
        paper.orientation = Orientation::Landscape;
        let known = known_at.as_ref().map(|moment| format!("（按 {moment} 已知的记录）"));
        paper.subtitle = Some(format!("截至 {}{}", chinese_day(*as_of), known.unwrap_or_default()));
        let payer_fields =
            [("缴款人", Some(payer.name.clone())), ("统一社会信用代码", Some(payer.credit_code.to_string()))];
        paper.tables.push(Table::of_paired_fields("矿业权", payer_fields.into_iter().chain(mining_right.fields())));
        let shown = |amount: Option<Yuan>| amount.map_or_else(|| UNKNOWN.to_owned(), grouped);
        let amounts = |amounts: [Option<Yuan>; 6]| amounts.map(shown).into_iter().take(AMOUNTS.len() - 1);
        let mut rows: Vec<_> = items
            .iter()
            .zip(1..)
            .map(|(item, at): (_, u32)| {
                let due = item.due_on.map_or_else(|| "未定".to_owned(), |day| day.to_string());
                let name = format!("{}\n{}", item.name, item.basis);
                row([at.to_string(), name, due].into_iter().chain(amounts(item.amounts())))
            })
            .collect();
        let sums = [String::new(), "合计".to_owned(), String::new()];
        rows.push(total(sums.into_iter().chain(amounts(self.totals))));
        let columns = vec![
            center("序号", 4),
            left("款项和依据", 23),
            left("到期日", 9),
            right("总额", 13),
            right("到期已缴", 13),
            right("到期欠缴", 13),
            right("未到期待缴", 13),
            right("未缴滞纳金", 12),
        ];
        paper.tables.push(Table { heading: "款项（元）".to_owned(), columns, rows });
        let [_, _, overdue, _, late_fee, overpaid] = self.totals;
        let overpaid = overpaid.filter(|overpaid| *overpaid > Yuan::ZERO);
        let overdue = overdue.unwrap_or_default();
        paper.tables.push(Table::of_paired_fields(
            "应即缴纳",
            [
                ("到期欠缴（大写）", Some(capitals(overdue))),
                ("未缴滞纳金（大写）", Some(late_fee.map_or_else(|| UNKNOWN.to_owned(), capitals))),
                ("收入科目", Some(format!("矿业权出让收益（{account}）"))),
                ("多缴（元），可退", overpaid.map(grouped)),
            ],
        ));
        if let Some(shares) = shares {
            let rows = share_rows(shares).into_iter().map(|(name, amount)| row([name.to_owned(), grouped(amount)]));
            let columns = vec![left("国库", 60), right("已缴（元），退库后的净额", 40)];
            paper.tables.push(Table { heading: "分成".to_owned(), columns, rows: rows.collect() });
        }
        paper.closing = vec![
            "总额 = 到期已缴 + 到期欠缴 + 未到期待缴；提前缴纳的列入到期已缴。未缴滞纳金计至截止日。".to_owned(),
            format!("数据集：{dataset}"),
        ];
        paper.closing.extend(warnings.iter().map(|warning| format!("提示：{warning}")));
        paper.essentials.extend([
            payer.name.clone(),
            grouped(overdue),
            capitals(overdue),
            account.clone(),
            chinese_day(*as_of),
        ]);
        paper
    }
}
