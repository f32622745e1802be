//! 缴款通知书, by which the payer learns what is due (art. 24): what, by which article, how much, until when.

use chrono::NaiveDate;

use super::paper::{Paper, Printable, Table, center, left, right, row, total};
use super::seal::{Check, Content};
use super::words::{capitals, chinese_day, grouped};
use crate::domain::identity::{CreditCode, NoticeNumber};
use crate::domain::money::{MoneyError, Yuan};
use crate::domain::revenue_split::Shares;

/// Who pays.
#[derive(Clone, Debug)]
pub struct Payer {
    /// Full name.
    pub name: String,
    /// 统一社会信用代码.
    pub credit_code: CreditCode,
}

/// The right that the income is for.
#[derive(Clone, Debug)]
pub struct RightOnPaper {
    /// Its name (矿业权名称), where it is known.
    pub name: Option<String>,
    /// 探矿权 or 采矿权.
    pub kind: &'static str,
    /// The licence as it was recorded, where there is one already; old ones have forms of their own.
    pub licence: Option<String>,
    /// The contract as it was recorded, where there is one.
    pub contract: Option<String>,
    /// Chinese names of its minerals, the main one first.
    pub minerals: Vec<String>,
    /// Area as it is printed, with its unit.
    pub area: Option<String>,
}

impl RightOnPaper {
    /// As rows of names and values.
    pub(super) fn fields(&self) -> [(&'static str, Option<String>); 6] {
        [
            ("矿业权名称", self.name.clone()),
            ("类别", Some(self.kind.to_owned())),
            ("许可证号", self.licence.clone()),
            ("出让合同编号", self.contract.clone()),
            ("矿种", Some(self.minerals.join("、"))),
            ("面积", self.area.clone()),
        ]
    }

    pub(super) fn add_to(&self, content: &mut Content) {
        content.add_known("right.name", self.name.as_ref());
        content.add("right.kind", self.kind);
        content.add_known("right.licence", self.licence.as_ref());
        content.add_known("right.contract", self.contract.as_ref());
        content.add("right.minerals", self.minerals.join("、"));
        content.add_known("right.area", self.area.as_ref());
    }
}

impl Payer {
    /// A payer for trying out templates; the code is the example of the standard.
    pub(super) fn sample() -> Option<Payer> {
        let credit_code = CreditCode::new("91350100M000100Y43").ok()?;
        Some(Payer { name: "某某矿业有限公司".to_owned(), credit_code })
    }

    pub(super) fn add_to(&self, content: &mut Content) {
        content.add("payer.name", &self.name);
        content.add("payer.credit_code", &self.credit_code);
    }
}

/// Until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueBy {
    /// This day at the latest.
    Day(NaiveDate),
    /// So many days after the notice was received (art. 24), whose day is not known when it is printed.
    AfterReceipt {
        /// Calendar days.
        days: u32,
    },
}

impl DueBy {
    fn text(self) -> String {
        match self {
            DueBy::Day(day) => day.to_string(),
            DueBy::AfterReceipt { days } => format!("收到之日起 {days} 日内"),
        }
    }
}

/// One thing to pay.
#[derive(Clone, Debug)]
pub struct NoticeItem {
    /// What it is: 首次缴纳, 第 2 期, 滞纳金.
    pub name: String,
    /// The article behind it, as it is cited.
    pub basis: String,
    /// How much.
    pub amount: Yuan,
    /// Until when.
    pub due: DueBy,
}

/// A payment notice. The total and the shares are checked against each other when it is made.
#[derive(Clone, Debug)]
pub struct PaymentNotice {
    number: NoticeNumber,
    issuer: Option<String>,
    contact: Option<String>,
    issued_on: NaiveDate,
    payer: Payer,
    right: RightOnPaper,
    items: Vec<NoticeItem>,
    total: Yuan,
    shares: Option<Shares>,
    account: String,
}

/// Why a notice cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// Nothing to pay.
    #[error("no item")]
    Empty,
    /// An item is not above zero.
    #[error("an amount is not above zero")]
    NotPositive,
    /// The total is too large.
    #[error("the total: {0}")]
    Money(#[from] MoneyError),
    /// The shares do not add up to the total.
    #[error("the shares do not add up")]
    Shares,
}

/// What a notice is made of.
#[derive(Clone, Debug)]
pub struct NoticeParts {
    /// Its number.
    pub number: NoticeNumber,
    /// The office that issues it; left out, the seal says it.
    pub issuer: Option<String>,
    /// How to reach it.
    pub contact: Option<String>,
    /// The day of issue.
    pub issued_on: NaiveDate,
    /// Who pays.
    pub payer: Payer,
    /// What for.
    pub right: RightOnPaper,
    /// The amounts.
    pub items: Vec<NoticeItem>,
    /// How the total is shared between the treasuries, where that is known.
    pub shares: Option<Shares>,
    /// The account (art. 25).
    pub account: String,
}

/// Whether local levels add up to local, and both treasuries to the total.
fn add_up(shares: &Shares, total: Yuan) -> bool {
    let levels = shares.levels.map_or(Ok(shares.local), Yuan::sum);
    shares.central.plus(shares.local) == Ok(total) && levels == Ok(shares.local)
}

impl PaymentNotice {
    /// A notice whose figures agree with each other.
    pub fn new(parts: NoticeParts) -> Result<PaymentNotice, NoticeError> {
        let NoticeParts { number, issuer, contact, issued_on, payer, right, items, shares, account } = parts;
        if items.is_empty() {
            return Err(NoticeError::Empty);
        }
        if items.iter().any(|item| item.amount <= Yuan::ZERO) {
            return Err(NoticeError::NotPositive);
        }
        let total = Yuan::sum(items.iter().map(|item| item.amount))?;
        if shares.is_some_and(|shares| !add_up(&shares, total)) {
            return Err(NoticeError::Shares);
        }
        Ok(PaymentNotice { number, issuer, contact, issued_on, payer, right, items, total, shares, account })
    }

    /// What is to be paid in all.
    pub fn total(&self) -> Yuan {
        self.total
    }

    /// A notice for trying out templates.
    pub(super) fn sample() -> Option<PaymentNotice> {
        let yuan = |fen| Yuan::from_fen(fen).ok();
        PaymentNotice::new(NoticeParts {
            number: NoticeNumber::new("370600", 2024, 7).ok()?,
            issuer: Some("国家税务总局某市税务局".to_owned()),
            contact: Some("0531-00000000".to_owned()),
            issued_on: NaiveDate::from_ymd_opt(2024, 5, 6)?,
            payer: Payer::sample()?,
            right: RightOnPaper {
                name: Some("某某金矿".to_owned()),
                kind: "采矿权",
                licence: Some("C3706002023067110155432".to_owned()),
                contract: Some("鲁采让〔2024〕3号".to_owned()),
                minerals: vec!["金矿".to_owned()],
                area: Some("3.5784 平方千米".to_owned()),
            },
            items: vec![NoticeItem {
                name: "首次缴纳".to_owned(),
                basis: "财综〔2023〕10号 第十二条".to_owned(),
                amount: yuan(10_700_053)?,
                due: DueBy::AfterReceipt { days: 30 },
            }],
            shares: Some(Shares { central: yuan(4_280_021)?, local: yuan(6_420_032)?, levels: None }),
            account: "103071404".to_owned(),
        })
        .ok()
    }
}

/// The shares as rows: treasury and amount.
pub(super) fn share_rows(shares: &Shares) -> Vec<(&'static str, Yuan)> {
    let mut rows = vec![("中央", shares.central)];
    match shares.levels {
        None => rows.push(("地方", shares.local)),
        Some([province, city, county]) => {
            rows.extend([("省级", province), ("市级", city), ("县级", county)]);
        }
    }
    rows
}

impl Printable for PaymentNotice {
    fn identity(&self) -> (&'static str, Option<String>) {
        ("payment-notice", Some(self.number.to_string()))
    }

    fn content(&self) -> Content {
        let mut content = Content::new("payment-notice/1");
        content.add("number", &self.number);
        content.add_known("issuer", self.issuer.as_ref());
        content.add_known("contact", self.contact.as_ref());
        content.add("issued_on", self.issued_on);
        self.payer.add_to(&mut content);
        self.right.add_to(&mut content);
        for (at, item) in self.items.iter().enumerate() {
            let due = match item.due {
                DueBy::Day(day) => day.to_string(),
                DueBy::AfterReceipt { days } => format!("receipt+{days}"),
            };
            for (name, value) in
                [("name", &item.name), ("basis", &item.basis), ("amount", &item.amount.to_string()), ("due", &due)]
            {
                content.add(format!("item.{at}.{name}"), value);
            }
        }
        content.add("total", self.total);
        for (treasury, amount) in self.shares.iter().flat_map(share_rows) {
            content.add(format!("share.{treasury}"), amount);
        }
        content.add("account", &self.account);
        content
    }

    fn paper(&self, check: Check) -> Paper {
        let issued_on = Some(self.issued_on);
        let mut paper =
            Paper::blank(self.identity(), "矿业权出让收益缴款通知书", self.issuer.clone(), issued_on, check);
        paper.opening = vec![
            format!("{}（统一社会信用代码：{}）：", self.payer.name, self.payer.credit_code),
            "根据《矿业权出让收益征收办法》（财综〔2023〕10号）第二十四条，你单位应缴纳下列款项，请按期缴纳。"
                .to_owned(),
        ];
        paper.tables.push(Table::of_fields("矿业权", self.right.fields()));
        let mut rows: Vec<_> = self
            .items
            .iter()
            .zip(1..)
            .map(|(item, at): (_, u32)| {
                // Instrument and article on a line each: an article is not parted.
                let basis = item.basis.replacen(' ', "\n", 1);
                row([at.to_string(), item.name.clone(), basis, item.due.text(), grouped(item.amount)])
            })
            .collect();
        let blank = String::new;
        rows.push(total([blank(), "合计".to_owned(), blank(), blank(), grouped(self.total)]));
        let columns =
            vec![center("序号", 7), left("款项", 31), left("依据", 24), left("缴款期限", 20), right("金额（元）", 18)];
        paper.tables.push(Table { heading: "应缴款项".to_owned(), columns, rows });
        paper.tables.push(Table::of_fields(
            "缴款",
            [
                ("合计（大写）", Some(capitals(self.total))),
                ("收入科目", Some(format!("矿业权出让收益（{}）", self.account))),
            ],
        ));
        if let Some(shares) = &self.shares {
            let rows = share_rows(shares).into_iter().map(|(name, amount)| row([name.to_owned(), grouped(amount)]));
            let columns = vec![left("国库", 60), right("金额（元）", 40)];
            paper.tables.push(Table { heading: "分成".to_owned(), columns, rows: rows.collect() });
        }
        paper.closing =
            vec!["逾期未缴的，依照财综〔2023〕10号第三十三条，自缴款期限届满次日起按日加收滞纳金。".to_owned()];
        match (&self.issuer, &self.contact) {
            (Some(_), contact) => paper.closing.extend(contact.iter().map(|contact| format!("联系方式：{contact}"))),
            // To be filled in by hand.
            (None, _) => {
                paper.closing.push("开具机关：＿＿＿＿＿＿＿＿＿＿＿＿　联系方式：＿＿＿＿＿＿＿＿＿＿".to_owned())
            }
        }
        paper.essentials.extend([
            self.payer.name.clone(),
            self.payer.credit_code.to_string(),
            grouped(self.total),
            capitals(self.total),
            self.account.clone(),
            chinese_day(self.issued_on),
        ]);
        paper
    }
}
