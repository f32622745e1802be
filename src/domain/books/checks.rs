//! The checks that tax offices run over what is recorded (财综〔2023〕10号 arts 4, 7, 11, 12, 23, 24, 26, 33). Nothing is
//! computed here a second time: each check holds a record against what the rule of its topic says.
//!
//! Most of what is found here cannot be recorded today, because a rule of [`super::decide`] refuses it. It is looked for all
//! the same: the data may have changed since, and records may have come in another way.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::account::Account;
use super::entry::{ItemId, RightId, Seq};
use super::event::{ItemKind, TreasuryShares};
use super::history::{Item, Notice, Payment, RightHistory};
use super::money::{given_back, kept_shares, less, treasuries};
use super::statement::line;
use super::worklist::may_be_levied;
use crate::domain::catalogue::LevyMethod;
use crate::domain::context::{Detail, calculate};
use crate::domain::dates::calendar_year;
use crate::domain::due_date::{self, HolidayShift};
use crate::domain::error::{At, Text, shortened};
use crate::domain::identity::{ContractNumber, IdentityError, LicenceNumber};
use crate::domain::law::{Law, measures};
use crate::domain::money::Yuan;
use crate::domain::rate_book::RateBook;
use crate::domain::start_price::Right;
use crate::text;

/// The row of the decision table of art. 30(2): an amount also for minerals of the catalogue.
pub const RESERVES_USED_FOR_NOTHING: &str = "T7";

/// Signs of a receipt's number from which on a trailing number of a part is cut off: `2024-01` and `2024-02` are two receipts.
const RECEIPT_SIGNS: usize = 10;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The form of the levy does not fit the minerals of the right.
    WrongLevyMethod,
    /// The treasuries did not get what the rules give them.
    WrongShares,
    /// Asked for, or paid, before it could fall due.
    LeviedTooEarly,
    /// One payment was booked over several items, or to one item what several owe.
    OnePaymentSeveralItems,
    /// The principal was paid late, its late fee is open.
    LateFeeOpen,
    /// The number of the contract is malformed.
    MalformedContractNumber,
    /// The number of the licence is malformed.
    MalformedLicenceNumber,
}

/// Something that an office has to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked for.
    pub check: Check,
    /// The right.
    pub right: RightId,
    /// The item; none for the right itself.
    pub item: Option<ItemId>,
    /// The entries that show it, in order.
    pub entries: Vec<Seq>,
    /// The article that asks for something else.
    pub law: Law<'static>,
    /// What is recorded.
    pub found: Text,
    /// What would be expected.
    pub expected: Text,
}

/// What is to be looked at in one right on a day; `history` has to be the one of that day.
pub fn findings(history: &RightHistory, as_of: NaiveDate, book: &RateBook) -> Vec<Finding> {
    let mut found: Vec<Finding> = numbers(history);
    for item in history.items.values() {
        found.extend(levy_method(history, item, book));
        found.extend(too_early(history, item, book));
        found.extend(late_fee_open(history, item, as_of, book));
    }
    found.extend(wrong_shares(history, book));
    found.extend(paid_for_others(history));
    found
}

fn on_item(check: Check, history: &RightHistory, item: ItemId, entries: Vec<Seq>, law: Law<'static>) -> Finding {
    let nothing = || Text::fixed("", "");
    Finding { check, right: history.id, item: Some(item), entries, law, found: nothing(), expected: nothing() }
}

// 征收方式 (arts 7, 8, 11).

fn levy_method(history: &RightHistory, item: &Item, book: &RateBook) -> Option<Finding> {
    // A true-up repeats the form of the assessment that it settles; a charge for the past has none.
    let asked = match item.kind {
        ItemKind::TrueUp | ItemKind::FundOccupation => None,
        ItemKind::Instalment | ItemKind::OnConversion => Some(LevyMethod::Amount),
        ItemKind::Annual | ItemKind::Arrears => Some(LevyMethod::Rate),
        ItemKind::Price => item.levy_method,
    }?;
    if item.rule.as_deref() == Some(RESERVES_USED_FOR_NOTHING) {
        return None;
    }
    let registered = &history.registered;
    let day = match (item.kind, item.year) {
        (ItemKind::Annual, Some(year)) => calendar_year(year)?.to(),
        (ItemKind::Arrears, _) => item.recognized_on,
        // What an older contract fixed goes on as it was (art. 28): on its day there was no catalogue.
        _ => registered.contract_signed_on.unwrap_or(item.recognized_on),
    };
    let wrong: Vec<&str> = match item.kind {
        ItemKind::Annual => {
            let minerals = item.minerals.iter().map(String::as_str);
            minerals.filter(|mineral| may_be_levied([*mineral], asked, day, book) == Some(false)).collect()
        }
        _ if may_be_levied(item.minerals.iter().map(String::as_str), asked, day, book) == Some(false) => {
            item.minerals.iter().map(String::as_str).collect()
        }
        _ => Vec::new(),
    };
    if wrong.is_empty() {
        return None;
    }
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for code in wrong {
        let mineral = book.minerals.find(code).and_then(|id| book.minerals.get(id));
        zh.push(mineral.map_or(code, |mineral| mineral.name_zh()));
        en.push(code);
    }
    let (zh, en) = (zh.join("、"), en.join(", "));
    let entries = item.assessment.into_iter().chain([item.id.entry]).collect();
    let (law, found, expected) = match asked {
        LevyMethod::Amount => (
            measures("8(1)"),
            text!("{zh}在矿种目录内，却按出让金额计收", "{en}: in the catalogue, but levied by amount"),
            Text::fixed(
                "出让时的成交价，另按矿业权出让收益率逐年征收，不分期",
                "a price at the grant, not divisible, and a percentage of each year's sales",
            ),
        ),
        LevyMethod::Rate => (
            measures("11(1)"),
            text!("{zh}不在矿种目录内，却按出让收益率计收", "{en}: outside the catalogue, but levied by rate"),
            Text::fixed("按出让金额一次确定，可分期", "an amount fixed once, which is divisible"),
        ),
    };
    Some(Finding { found, expected, ..on_item(Check::WrongLevyMethod, history, item.id, entries, law) })
}

// 分成 (arts 4, 6; art. 26 for the day that counts).

fn wrong_shares(history: &RightHistory, book: &RateBook) -> Vec<Finding> {
    let payments = history.payments.values();
    let payments =
        payments.map(|payment| (payment.item, payment.seq, payment.paid_on, payment.amount, &payment.shares));
    let notices = history.notices.values().filter_map(|notice| {
        let item = notice.issued.items.first()?.item;
        Some((item, notice.seq, notice.issued_on, notice.issued.total, &notice.issued.shares))
    });
    let wrong = |(item, seq, day, amount, kept): (ItemId, Seq, NaiveDate, Yuan, &TreasuryShares)| {
        // A day without a rule has nothing to compare with.
        let due = calculate(book, Detail::FiguresOnly, |context| {
            Some(treasuries(history, At::ROOT, day, context)?.divide(amount, context)?.shares)
        });
        let due = kept_shares(due.ok()?.result);
        let law = measures("4");
        let told = |shares| (told(shares, &ZH), told(shares, &EN));
        let ((found_zh, found_en), (due_zh, due_en)) = (told(kept), told(&due));
        (due != *kept).then(|| Finding {
            found: text!("{day} {amount} 元：{found_zh}", "{amount} yuan on {day}: {found_en}"),
            expected: text!("{due_zh}", "{due_en}"),
            ..on_item(Check::WrongShares, history, item, vec![seq], law)
        })
    };
    let refunds = history.payments.values().flat_map(|payment| wrong_refunds(history, payment, book));
    payments.chain(notices).filter_map(wrong).chain(refunds).collect()
}

/// Refunds that did not leave the treasuries in the shares in which the payment came in.
fn wrong_refunds(history: &RightHistory, payment: &Payment, book: &RateBook) -> Vec<Finding> {
    let (mut found, mut sum) = (Vec::new(), Yuan::ZERO);
    for refund in &payment.refunds {
        let (Ok(after), before) = (sum.plus(refund.amount), sum) else { continue };
        sum = after;
        let due = calculate(book, Detail::FiguresOnly, |context| {
            let all = given_back(history, At::ROOT, payment, after, context)?;
            let piece = given_back(history, At::ROOT, payment, refund.amount, context)?;
            Some((less(&all, &given_back(history, At::ROOT, payment, before, context)?)?, piece))
        });
        // The first records divided each refund by itself.
        let Some((due, piece)) = due.ok().map(|due| due.result) else { continue };
        if ![&due, &piece].contains(&&refund.shares) {
            let (day, amount) = (refund.on, refund.amount);
            let told = |shares| (told(shares, &ZH), told(shares, &EN));
            let ((found_zh, found_en), (due_zh, due_en)) = (told(&refund.shares), told(&due));
            found.push(Finding {
                found: text!("{day} 退库 {amount} 元：{found_zh}", "{amount} yuan refunded on {day}: {found_en}"),
                expected: text!("{due_zh}", "{due_en}"),
                ..on_item(Check::WrongShares, history, payment.item, vec![payment.seq, refund.seq], measures("26"))
            });
        }
    }
    found
}

/// Names of the treasuries: central, local, province, city, county.
const ZH: [&str; 5] = ["中央", "地方", "省级", "市级", "县级"];
/// The same in English.
const EN: [&str; 5] = ["central", "local", "province", "city", "county"];

fn told(shares: &TreasuryShares, names: &[&str; 5]) -> String {
    let TreasuryShares { central, local, province, city, county } = shares;
    let amounts = [Some(*central), Some(*local), *province, *city, *county];
    let parts = names.iter().zip(amounts).filter_map(|(name, amount)| Some(format!("{name} {}", amount?)));
    parts.collect::<Vec<_>>().join(", ")
}

// 提前征收 (arts 11(3), 12, 24).

/// The first day on which something could be asked for.
enum Earliest {
    /// This one.
    Day(NaiveDate),
    /// The conversion of the exploration right, which has not come.
    Conversion,
}

fn too_early(history: &RightHistory, item: &Item, book: &RateBook) -> Vec<Finding> {
    let notices = || history.notices.values().filter(|notice| notice.issued.items.iter().any(|it| it.item == item.id));
    let mut found = Vec::new();
    if let Some((earliest, law, expected)) = earliest(history, item) {
        let early = |day: NaiveDate| match earliest {
            Earliest::Day(first) => day < first,
            Earliest::Conversion => true,
        };
        let paid = history.payments.values().filter(|payment| payment.item == item.id && early(payment.paid_on));
        let asked = notices().filter(|notice| early(notice.issued_on));
        let days: BTreeMap<Seq, NaiveDate> = paid
            .map(|payment| (payment.seq, payment.paid_on))
            .chain(asked.map(|notice| (notice.seq, notice.issued_on)))
            .collect();
        if let Some(day) = days.values().min() {
            let entries = days.keys().copied().collect();
            found.push(Finding {
                found: text!("{day} 已通知或缴纳", "asked for or paid on {day}"),
                expected,
                ..on_item(Check::LeviedTooEarly, history, item.id, entries, law)
            });
        }
    }
    // What is left after the first payment falls due on the days of the contract, not by notice.
    if let (ItemKind::Instalment | ItemKind::Arrears, Some(due_on)) = (item.kind, item.due_on) {
        let before = |notice: &&Notice| {
            let from = notice.received_on.unwrap_or(notice.issued_on);
            let due = calculate(book, Detail::FiguresOnly, |context| {
                due_date::after_notice(At::ROOT, from, HolidayShift::Off, context)
            });
            due.is_ok_and(|due| due.result < due_on)
        };
        found.extend(notices().filter(before).map(|notice| {
            let number = &notice.issued.number;
            Finding {
                found: text!(
                    "通知书 {number} 的三十日期限在该期到期日之前届满",
                    "the thirty days of notice {number} end before the instalment falls due"
                ),
                expected: text!("按约定于 {due_on} 到期", "due on {due_on}, as agreed"),
                ..on_item(Check::LeviedTooEarly, history, item.id, vec![notice.seq], measures("24"))
            }
        }));
    }
    found
}

/// From when an item can be asked for, by which article.
fn earliest(history: &RightHistory, item: &Item) -> Option<(Earliest, Law<'static>, Text)> {
    let registered = &history.registered;
    match item.kind {
        ItemKind::OnConversion if registered.right == Right::Exploration => Some((
            history.closed_on.filter(|_| history.converted_to.is_some()).map_or(Earliest::Conversion, Earliest::Day),
            measures("11(3)"),
            Text::fixed("探矿权转为采矿权以后", "after the exploration right has become a mining right"),
        )),
        ItemKind::Annual => {
            let year = item.year?;
            let last = calendar_year(year)?.to();
            // A licence that ends in the year settles it at once (art. 21).
            let ended = history.closed_on.is_some_and(|closed| closed.year() <= year);
            let first = last.succ_opt().filter(|_| !ended)?;
            Some((
                Earliest::Day(first),
                measures("24"),
                text!("{year} 年度终了以后，自 {first} 起", "after the year {year}, from {first} on"),
            ))
        }
        ItemKind::Price | ItemKind::Instalment => {
            let signed = registered.contract_signed_on?;
            let expected = text!("{signed} 签订合同以后", "from the signing of the contract on {signed}");
            Some((Earliest::Day(signed), measures("24"), expected))
        }
        ItemKind::OnConversion | ItemKind::Arrears | ItemKind::TrueUp | ItemKind::FundOccupation => None,
    }
}

// 一笔缴款缴多项 (arts 24, 26).

/// A payment that left something over on one item while another one of the same notice is open.
fn paid_for_others(history: &RightHistory) -> Vec<Finding> {
    let mut found = Vec::new();
    for item in history.items.values().filter(|item| !item.overpaid().is_zero()) {
        let with = history.notices.values().filter(|notice| notice.issued.items.iter().any(|it| it.item == item.id));
        let open =
            with.flat_map(|notice| &notice.issued.items).map(|it| it.item).filter_map(|id| history.items.get(&id));
        let open: Vec<ItemId> = open.filter(|other| !other.outstanding().is_zero()).map(|other| other.id).collect();
        let last = history.payments.values().rfind(|payment| payment.item == item.id);
        if let (Some(payment), false) = (last, open.is_empty()) {
            let (id, over, open) = (item.id, item.balance(Account::Overpaid).negated(), listed(&open));
            found.push(Finding {
                found: text!(
                    "{id} 多缴 {over} 元，而同一通知书的 {open} 未缴清",
                    "{over} yuan too much on {id}, while {open} of the same notice is open"
                ),
                expected: Text::fixed("按应缴项分别登记", "each item booked with what is its own"),
                ..on_item(Check::OnePaymentSeveralItems, history, id, vec![payment.seq], measures("24"))
            });
        }
    }
    found
}

/// Receipts that were booked over several items, of one right or of several: one finding for each right.
///
/// The same number twice is refused when it is recorded; the same number in another writing, or with the number of a part
/// behind it (`0012345678-1`), is not.
pub fn receipts_over_items<'h>(histories: impl IntoIterator<Item = &'h RightHistory>) -> Vec<Finding> {
    let mut receipts: BTreeMap<String, Vec<(&RightHistory, &Payment)>> = BTreeMap::new();
    for history in histories {
        for payment in history.payments.values() {
            receipts.entry(plain_receipt(&payment.receipt)).or_default().push((history, payment));
        }
    }
    let mut found = Vec::new();
    for (receipt, booked) in receipts {
        let mut items: Vec<ItemId> = booked.iter().map(|(_, payment)| payment.item).collect();
        items.sort_unstable();
        items.dedup();
        if items.len() < 2 {
            continue;
        }
        let mut entries: Vec<Seq> = booked.iter().map(|(_, payment)| payment.seq).collect();
        entries.sort_unstable();
        let rights: BTreeMap<RightId, (&RightHistory, ItemId)> =
            booked.iter().rev().map(|(history, payment)| (history.id, (*history, payment.item))).collect();
        let (number, items) = (shortened(&receipt).into_owned(), listed(&items));
        for (history, item) in rights.into_values() {
            found.push(Finding {
                found: text!("票据 {number} 登记于 {items}", "receipt {number} is booked on {items}"),
                expected: Text::fixed("每项各有一张票据", "a receipt of its own for each item"),
                ..on_item(Check::OnePaymentSeveralItems, history, item, entries.clone(), measures("24"))
            });
        }
    }
    found
}

fn listed(items: &[ItemId]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The number of a receipt in one writing: half-width, capitals, without spaces, without the number of a part.
fn plain_receipt(receipt: &str) -> String {
    const WIDER: u32 = 0xFEE0;
    let half = |sign: char| match sign {
        '！'..='～' => u32::from(sign).checked_sub(WIDER).and_then(char::from_u32).unwrap_or(sign),
        _ => sign,
    };
    let plain: String =
        receipt.chars().filter(|sign| !sign.is_whitespace()).map(|sign| half(sign).to_ascii_uppercase()).collect();
    let whole = plain.strip_suffix(')').unwrap_or(&plain);
    let cut = whole.rsplit_once(['-', '/', '_', '#', '(']).filter(|(number, part)| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        digits && number.chars().count() >= RECEIPT_SIGNS
    });
    cut.map_or_else(|| plain.clone(), |(number, _)| number.to_owned())
}

// 滞纳金 (arts 26, 33).

fn late_fee_open(history: &RightHistory, item: &Item, as_of: NaiveDate, book: &RateBook) -> Option<Finding> {
    let due_on =
        item.payable_until(item.due_on?).filter(|_| item.outstanding().is_zero() && !item.total().is_zero())?;
    let open = line(history, item, as_of, Detail::FiguresOnly, book).ok()?.figures.late_fee_outstanding?;
    if open.is_zero() {
        return None;
    }
    let late = history.payments.values().filter(|payment| payment.item == item.id && payment.paid_on > due_on);
    let entries: Vec<Seq> = late.map(|payment| payment.seq).collect();
    let paid_on = entries.last().and_then(|seq| history.payments.get(seq)).map(|payment| payment.paid_on)?;
    Some(Finding {
        found: text!(
            "{due_on} 到期，本金于 {paid_on} 缴清，滞纳金尚欠 {open} 元",
            "due on {due_on}, principal paid on {paid_on}, {open} yuan of the late fee open"
        ),
        expected: Text::fixed("滞纳金与逾期本金一并缴纳", "the late fee together with the late principal"),
        ..on_item(Check::LateFeeOpen, history, item.id, entries, measures("33"))
    })
}

// 编号 (art. 23: the number by which an office finds the contract).

fn numbers(history: &RightHistory) -> Vec<Finding> {
    let registered = &history.registered;
    let of_the_right = |check, found, expected| Finding {
        check,
        right: history.id,
        item: None,
        entries: vec![history.id.0],
        law: measures("23"),
        found,
        expected,
    };
    let contract = registered.contract_number.as_deref().and_then(|number| {
        let expected = contract_fault(history, number)?;
        let number = shortened(number);
        Some(of_the_right(
            Check::MalformedContractNumber,
            text!("合同编号“{number}”", "contract number “{number}”"),
            expected,
        ))
    });
    let licence = {
        let number = shortened(&history.licence_number);
        let exploration = registered.right == Right::Exploration;
        let fits = LicenceNumber::new(&history.licence_number).map(|number| number.is_exploration() == exploration);
        (fits != Ok(true)).then(|| {
            of_the_right(
                Check::MalformedLicenceNumber,
                text!("许可证号“{number}”", "licence number “{number}”"),
                Text::fixed(
                    "采矿权为 C、探矿权为 T，后随 22 位数字；2020 年以前的探矿权可为 17 位",
                    "C for a mining right, T for an exploration right, then 22 digits; 17 for an exploration right from \
                     before 2020",
                ),
            )
        })
    };
    contract.into_iter().chain(licence).collect()
}

/// What would be expected of the number of a contract; none if nothing is wrong with it.
fn contract_fault(history: &RightHistory, number: &str) -> Option<Text> {
    let registered = &history.registered;
    let model = || {
        Text::fixed(
            "T、六位行政区划代码、签订年度、三位序号（2023 年探矿权出让合同示范文本）",
            "T, six-digit division code, year of signing, three digits (model exploration contract of 2023)",
        )
    };
    let read = match ContractNumber::new(number) {
        Ok(read) => read,
        Err(IdentityError::Length) => return Some(Text::fixed("1 至 60 个字符", "1 to 60 characters")),
        Err(_) => {
            return Some(Text::fixed("没有控制字符，首尾没有空格", "no control characters, no spaces at the ends"));
        }
    };
    if registered.right != Right::Exploration {
        return None;
    }
    if !read.follows_the_exploration_model() {
        // The model is of 2023; from which day on it was used is not known.
        return registered.contract_signed_on.filter(|signed| signed.year() > MODEL_OF).map(|_| model());
    }
    let same = |from: usize, to: usize, text: &str| number.get(from..to) == Some(text);
    let province = registered.division.get(..2).is_some_and(|province| same(1, 3, province));
    let year = registered.contract_signed_on.is_none_or(|signed| same(7, 11, &signed.year().to_string()));
    (!province || !year).then(model)
}

/// The year of the model exploration contract.
const MODEL_OF: i32 = 2023;
