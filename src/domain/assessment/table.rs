//! The decision table, row by row as in `RULES` 12.
//!
//! A row is asked about the right as a whole, about its minerals in the catalogue, or about those outside it. It applies
//! when all its conditions hold.

use super::case::{Basis, Begins, Case};
use super::facts::{Acquired, Event, Facts, Reason};
use crate::domain::catalogue::LevyMethod;
use crate::domain::law::{Law, cite, measures};
use crate::domain::start_price::Right;
use crate::domain::transfer_income::StateFunded;

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It hangs on this field of the request, which was left out.
    Unknown(&'static str),
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Holds {
        if holds { Holds::Yes } else { Holds::No }
    }
}

/// A condition of a row.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    pub(super) holds: fn(&Facts<'_, '_>) -> Holds,
}

/// Which of the right's minerals a row is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The right as a whole.
    Right,
    /// Its minerals in the catalogue.
    InCatalogue,
    /// Its minerals outside the catalogue.
    Outside,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// `G1` to `T13`.
    pub id: &'static str,
    /// The article.
    pub law: Law<'static>,
    /// What it is asked about.
    pub scope: Scope,
    /// The event, then the other facts.
    conditions: &'static [Condition],
    /// What follows.
    pub(super) obligations: fn(&mut Case<'_, '_, '_>),
}

impl Scope {
    /// That the right has minerals of the scope.
    fn condition(self) -> Option<&'static Condition> {
        match self {
            Scope::Right => None,
            Scope::InCatalogue => Some(&HAS_CATALOGUE_MINERAL),
            Scope::Outside => Some(&HAS_OUTSIDE_MINERAL),
        }
    }

    pub(super) fn has_minerals(self, facts: &Facts<'_, '_>) -> bool {
        self.condition().is_none_or(|condition| (condition.holds)(facts) == Holds::Yes)
    }
}

impl Row {
    /// All conditions: the event, that the right has minerals of the scope, the other facts.
    pub fn conditions(&self) -> impl Iterator<Item = &'static Condition> {
        let (event, others) = self.conditions.split_at(self.conditions.len().min(1));
        event.iter().chain(self.scope.condition()).chain(others)
    }
}

const fn when(zh: &'static str, en: &'static str, holds: fn(&Facts<'_, '_>) -> Holds) -> Condition {
    Condition { zh, en, holds }
}

fn event(case: &Facts<'_, '_>, events: &[Event]) -> Holds {
    events.contains(&case.request.event).into()
}

/// Whether the right was acquired in one of these ways. Where the event leaves open how, it is unknown; other events have
/// rows for rights of any kind, and a row for special ones is not theirs unless the request says so.
fn acquired(case: &Facts<'_, '_>, ways: &[Acquired]) -> Holds {
    match (case.request.acquired, case.request.event) {
        (Some(way), _) => ways.contains(&way).into(),
        (None, Event::Grant | Event::Conversion | Event::Transition) => Holds::Unknown("acquired"),
        (None, _) => Holds::No,
    }
}

fn not(holds: Holds) -> Holds {
    match holds {
        Holds::Yes => Holds::No,
        Holds::No => Holds::Yes,
        Holds::Unknown(field) => Holds::Unknown(field),
    }
}

/// The day decides on a conversion by competition, whose rate it fixes. By agreement it only tells T1 from G8: left out,
/// the contract is taken as one under the measures, and G8 says so.
fn signed_before_measures(case: &Facts<'_, '_>) -> Holds {
    match case.signed_before_measures() {
        Some(before) => before.into(),
        None if case.converts_by_agreement() => Holds::No,
        None => Holds::Unknown("contract_signed_on"),
    }
}

// What happened.
const GRANT: Condition =
    when("出让（event: grant）", "the right is granted (event: grant)", |it| event(it, &[Event::Grant]));
const CONVERSION: Condition =
    when("探矿权转采矿权（event: conversion）", "the right converts (event: conversion)", |it| {
        event(it, &[Event::Conversion])
    });
const UNCONVERTED: Condition =
    when("探矿权未转采（event: unconverted）", "the right ends unconverted (event: unconverted)", |it| {
        event(it, &[Event::Unconverted])
    });
const UNDISPOSED_RESERVES: Condition = when(
    "动用未有偿处置的资源储量（event: undisposed_reserves）",
    "reserves not paid for are used (event: undisposed_reserves)",
    |it| event(it, &[Event::UndisposedReserves]),
);
const MINERAL_CHANGE: Condition =
    when("变更主矿种（event: mineral_change）", "the main mineral changes (event: mineral_change)", |it| {
        event(it, &[Event::MineralChange])
    });
const MINERALS_ADDED: Condition = when(
    "增列矿种（event: oil_gas_added 或 mineral_change）",
    "minerals are added (event: oil_gas_added or mineral_change)",
    |it| event(it, &[Event::OilGasAdded, Event::MineralChange]),
);
const OIL_GAS_PRODUCING: Condition = when(
    "油气探矿权已开采（event: oil_gas_producing）",
    "the exploration right is producing (event: oil_gas_producing)",
    |it| event(it, &[Event::OilGasProducing]),
);
const TRANSFER: Condition = when("转让（event: transfer）", "the right is transferred (event: transfer)", |it| {
    event(it, &[Event::Transfer])
});
const CANCELLATION: Condition =
    when("注销许可证（event: cancellation）", "the licence is cancelled (event: cancellation)", |it| {
        event(it, &[Event::Cancellation])
    });
const WITHDRAWAL: Condition =
    when("因不可抗力撤回（event: withdrawal）", "the right is withdrawn (event: withdrawal)", |it| {
        event(it, &[Event::Withdrawal])
    });
const EXISTING_CONTRACT: Condition = when(
    "已签合同或分期缴款批复（event: existing_contract）",
    "there is a contract or an approval of instalments (event: existing_contract)",
    |it| event(it, &[Event::ExistingContract]),
);
const TRANSITION: Condition =
    when("新旧政策衔接（event: transition）", "an old right is settled (event: transition)", |it| {
        event(it, &[Event::Transition])
    });
const TRANSITION_OR_UNDISPOSED_RESERVES: Condition = when(
    "新旧政策衔接或动用未有偿处置的储量（event: transition 或 undisposed_reserves）",
    "an old right is settled, or reserves not paid for are used (event: transition or undisposed_reserves)",
    |it| event(it, &[Event::Transition, Event::UndisposedReserves]),
);

// The right and its minerals.
const EXPLORATION: Condition =
    when("探矿权（right: exploration）", "an exploration right (right: exploration)", |it| {
        (it.request.right == Right::Exploration).into()
    });
const MINING: Condition = when("采矿权（right: mining）", "a mining right (right: mining)", |it| {
    (it.request.right == Right::Mining).into()
});
const HAS_CATALOGUE_MINERAL: Condition =
    when("登记矿种中有目录内矿种", "a registered mineral is in the catalogue", |it| {
        it.has(LevyMethod::Rate).into()
    });
const HAS_OUTSIDE_MINERAL: Condition =
    when("登记矿种中有目录外矿种", "a registered mineral is outside the catalogue", |it| {
        it.has(LevyMethod::Amount).into()
    });
const ONLY_OIL_GAS: Condition = when(
    "登记矿种均为油气（目录第 1、2 行）",
    "all registered minerals are oil or gas (annex rows 1, 2)",
    |it| it.is_oil_gas().into(),
);
const NONE_REMAINS: Condition =
    when("原登记矿种均不存在", "no registered mineral remains", |it| it.none_remains().into());
const SOME_REMAIN: Condition =
    when("仍有原登记矿种", "a registered mineral remains", |it| (!it.none_remains()).into());
const OIL_GAS_ADDED: Condition = when(
    "石油、天然气、页岩气、煤层气相互增列",
    "petroleum, natural gas, shale gas or coal-bed methane is added to one another",
    |it| it.adds_oil_gas().into(),
);
const NO_OIL_GAS_ADDED: Condition = when(
    "不是石油、天然气、页岩气、煤层气相互增列（E6）",
    "not petroleum, natural gas, shale gas and coal-bed methane added to one another (E6)",
    |it| (!it.adds_oil_gas()).into(),
);

// How it was acquired.
const COMPETITIVE: Condition =
    when("竞争出让（acquired: competitive）", "by competition (acquired: competitive)", |it| {
        acquired(it, &[Acquired::Competitive])
    });
const AGREEMENT: Condition = when("协议出让（acquired: agreement）", "by agreement (acquired: agreement)", |it| {
    acquired(it, &[Acquired::Agreement])
});
const GRANTED: Condition = when(
    "以竞争或协议方式取得（acquired: competitive 或 agreement）",
    "acquired by competition or agreement (acquired: competitive or agreement)",
    |it| acquired(it, &[Acquired::Competitive, Acquired::Agreement]),
);
const INCOME_WAS_FIXED: Condition = when(
    "不是未有偿处置的矿业权（此类用 event: transition）",
    "not a right that was never paid for (for those use event: transition)",
    |it| {
        let unpaid = [Acquired::FirstCome, Acquired::FreeStateFound, Acquired::Free, Acquired::AreaPricePaid];
        it.request.acquired.is_none_or(|way| !unpaid.contains(&way)).into()
    },
);
const FIRST_COME: Condition = when(
    "申请在先、未有偿处置、不涉及国家出资探明矿产地（acquired: first_come）",
    "first come, unpaid, no state deposit (acquired: first_come)",
    |it| acquired(it, &[Acquired::FirstCome]),
);
const FREE_STATE_FOUND: Condition = when(
    "无偿占有国家出资探明矿产地（acquired: free_state_found）",
    "a state deposit, unpaid (acquired: free_state_found)",
    |it| acquired(it, &[Acquired::FreeStateFound]),
);
const FREE: Condition = when(
    "无偿占有国家出资探明矿产地或无偿取得（acquired: free_state_found 或 free）",
    "a state deposit, unpaid, or acquired for nothing (acquired: free_state_found or free)",
    |it| acquired(it, &[Acquired::FreeStateFound, Acquired::Free]),
);
const CAPITAL_CONVERTED: Condition = when(
    "价款已转增国家资本或折股（acquired: capital_converted）",
    "the price was turned into state capital or shares (acquired: capital_converted)",
    |it| acquired(it, &[Acquired::CapitalConverted]),
);
const STATE_SHARE_PAID: Condition = when(
    "已按财政出资比例评估并缴清（acquired: state_share_paid）",
    "appraised by the state's share and paid in full (acquired: state_share_paid)",
    |it| acquired(it, &[Acquired::StateSharePaid]),
);
const PAID_IN_FULL: Condition = when(
    "申请在先、已缴清（acquired: paid_in_full）",
    "first come, paid in full (acquired: paid_in_full)",
    |it| acquired(it, &[Acquired::PaidInFull]),
);
const NOT_SETTLED_BEFORE: Condition = when(
    "不是已按财政出资比例缴清（T11）或申请在先已缴清（T13）的",
    "not paid by the state's share (T11) and not first come, paid in full (T13)",
    |it| not(acquired(it, &[Acquired::StateSharePaid, Acquired::PaidInFull])),
);
const AREA_PRICE_PAID: Condition = when(
    "申请在先、按面积征收“价款”（acquired: area_price_paid）",
    "first come, a \"price\" by area was charged (acquired: area_price_paid)",
    |it| acquired(it, &[Acquired::AreaPricePaid]),
);

// When the contract was signed.
const SIGNED_BEFORE_MEASURES: Condition =
    when("合同或批复在办法施行前（2023-05-01 前）", "signed before the measures (2023-05-01)", signed_before_measures);
const SIGNED_UNDER_MEASURES: Condition =
    when("合同签订于办法施行后（2023-05-01 起）", "signed under the measures (from 2023-05-01)", |it| {
        not(signed_before_measures(it))
    });
const NOT_AN_EXISTING_CONTRACT: Condition = when(
    "不是办法施行前签订且含目录内矿种的合同（T1）",
    "not a contract signed before the measures that has a catalogue mineral (T1)",
    |it| if it.has(LevyMethod::Rate) { not(signed_before_measures(it)) } else { Holds::Yes },
);

// State money, and what ended the licence.
const STATE_FUNDED: Condition = when(
    "2026 年联合通知起，涉及国家出资勘查且完成普查（油气为圈闭预探）",
    "from the joint notice of 2026, state-funded exploration with 普查 (oil and gas: 圈闭预探) complete",
    |it| match it.state_funded {
        StateFunded::Explored => Holds::Yes,
        StateFunded::No | StateFunded::NotSaid => Holds::No,
        StateFunded::StageNotSaid => Holds::Unknown("stage_completed"),
    },
);
const NOT_STATE_FUNDED: Condition = when(
    "不属于 2026 年联合通知起涉及国家出资勘查且完成普查的（G3）",
    "no state-funded exploration with 普查 complete from the joint notice of 2026 on (G3)",
    |it| not((STATE_FUNDED.holds)(it)),
);
const POLICY_OR_DISASTER: Condition = when(
    "因政策调整或重大自然灾害（reason: policy 或 disaster）",
    "for policy or disaster (reason: policy or disaster)",
    |it| (it.reason() != Reason::Exhausted).into(),
);
const EXHAUSTED: Condition =
    when("开采完毕（reason: exhausted）", "the mine is exhausted (reason: exhausted)", |it| {
        (it.reason() == Reason::Exhausted).into()
    });
const BY_AMOUNT: Condition =
    when("按出让金额形式征收（levy_form: amount）", "levied by amount (levy_form: amount)", |it| {
        (it.levy_form() == LevyMethod::Amount).into()
    });
const BY_RATE: Condition =
    when("按出让收益率形式征收（levy_form: rate）", "levied by rate (levy_form: rate)", |it| {
        (it.levy_form() == LevyMethod::Rate).into()
    });

/// The table.
#[rustfmt::skip]
pub static TABLE: &[Row] = &[
    Row { id: "G1", law: measures("8(2)"), scope: Scope::InCatalogue,
        conditions: &[GRANT, COMPETITIVE],
        obligations: |it| { it.transaction_price(LevyMethod::Rate); it.annual(Basis::AtTransfer, Begins::Now); } },
    Row { id: "G2", law: measures("8(2)"), scope: Scope::InCatalogue,
        conditions: &[GRANT, AGREEMENT, NOT_STATE_FUNDED],
        obligations: |it| { it.starting_price(); it.annual(Basis::AtSale, Begins::Now); } },
    Row { id: "G3", law: cite("joint-2026-06", "协议出让"), scope: Scope::InCatalogue,
        conditions: &[GRANT, AGREEMENT, STATE_FUNDED],
        obligations: |it| { it.appraised_value(); it.annual(Basis::AtSale, Begins::Now); } },
    Row { id: "G4", law: measures("11(2)"), scope: Scope::Outside,
        conditions: &[GRANT, COMPETITIVE],
        obligations: |it| it.transaction_price(LevyMethod::Amount) },
    Row { id: "G5", law: measures("11(2)"), scope: Scope::Outside,
        conditions: &[GRANT, AGREEMENT],
        obligations: |it| it.higher_value_of_grant() },
    Row { id: "G6", law: measures("11(3)"), scope: Scope::Outside,
        conditions: &[CONVERSION, EXPLORATION, NOT_AN_EXISTING_CONTRACT, INCOME_WAS_FIXED],
        obligations: |it| it.continues(Some(LevyMethod::Amount)) },
    Row { id: "G7", law: measures("11(3)"), scope: Scope::Right,
        conditions: &[UNCONVERTED, EXPLORATION, HAS_OUTSIDE_MINERAL],
        obligations: |it| it.lapses_unconverted() },
    Row { id: "G8", law: measures("8(2)"), scope: Scope::InCatalogue,
        conditions: &[CONVERSION, EXPLORATION, SIGNED_UNDER_MEASURES, GRANTED],
        obligations: |it| it.annual(Basis::OfTheRight, Begins::Now) },

    Row { id: "E1", law: measures("15"), scope: Scope::InCatalogue,
        conditions: &[UNDISPOSED_RESERVES, MINING, NOT_SETTLED_BEFORE],
        obligations: |it| it.annual(Basis::AtSale, Begins::Now) },
    Row { id: "E2", law: measures("15"), scope: Scope::Outside,
        conditions: &[UNDISPOSED_RESERVES, MINING, NOT_SETTLED_BEFORE],
        obligations: |it| it.higher_value(Begins::Now) },
    Row { id: "E3", law: measures("16"), scope: Scope::Right,
        conditions: &[MINERAL_CHANGE, EXPLORATION, NONE_REMAINS, NO_OIL_GAS_ADDED],
        obligations: |it| { it.lapses_with_its_minerals(); it.added_minerals(Begins::MiningGrant); } },
    Row { id: "E4", law: measures("16"), scope: Scope::Right,
        conditions: &[MINERAL_CHANGE, EXPLORATION, SOME_REMAIN, NO_OIL_GAS_ADDED],
        obligations: |it| { it.continues(None); it.added_minerals(Begins::MiningGrant); } },
    Row { id: "E5", law: measures("16"), scope: Scope::Right,
        conditions: &[MINERAL_CHANGE, MINING, NO_OIL_GAS_ADDED],
        obligations: |it| { it.continues(None); it.added_minerals(Begins::Now); } },
    Row { id: "E6", law: measures("17"), scope: Scope::Right,
        conditions: &[MINERALS_ADDED, OIL_GAS_ADDED],
        obligations: |it| it.annual_of_main_mineral() },
    Row { id: "E7", law: measures("19"), scope: Scope::Right,
        conditions: &[OIL_GAS_PRODUCING, EXPLORATION, ONLY_OIL_GAS],
        obligations: |it| it.annual(Basis::OfTheRight, Begins::Measures) },
    Row { id: "E8", law: measures("18"), scope: Scope::Right,
        conditions: &[TRANSFER],
        obligations: |it| it.passes_to_transferee() },
    Row { id: "E9", law: measures("21"), scope: Scope::Right,
        conditions: &[CANCELLATION, MINING, POLICY_OR_DISASTER, BY_AMOUNT],
        obligations: |it| it.true_up() },
    Row { id: "E10", law: measures("21"), scope: Scope::Right,
        conditions: &[CANCELLATION, MINING, EXHAUSTED],
        obligations: |it| it.continues_before_cancellation() },
    Row { id: "E11", law: measures("26"), scope: Scope::Right,
        conditions: &[CANCELLATION, MINING, POLICY_OR_DISASTER, BY_RATE, HAS_CATALOGUE_MINERAL],
        obligations: |it| it.annual(Basis::OfTheRight, Begins::UntilCancellation) },
    Row { id: "E12", law: cite("zrzg-2023-6", "三"), scope: Scope::Right,
        conditions: &[WITHDRAWAL],
        obligations: |it| it.withdrawn() },

    Row { id: "T1", law: measures("28"), scope: Scope::Right,
        conditions: &[EXISTING_CONTRACT, SIGNED_BEFORE_MEASURES],
        obligations: |it| it.continues_unchanged() },
    Row { id: "T1", law: measures("28"), scope: Scope::Right,
        conditions: &[CONVERSION, EXPLORATION, SIGNED_BEFORE_MEASURES, HAS_CATALOGUE_MINERAL, INCOME_WAS_FIXED],
        obligations: |it| it.continues_unchanged() },
    Row { id: "T2", law: measures("29(1)"), scope: Scope::InCatalogue,
        conditions: &[TRANSITION, EXPLORATION, FIRST_COME],
        obligations: |it| it.annual(Basis::AtSale, Begins::Conversion) },
    Row { id: "T3", law: measures("29(2)"), scope: Scope::InCatalogue,
        conditions: &[TRANSITION, MINING, FIRST_COME],
        obligations: |it| { it.arrears(); it.annual(Basis::AtSale, Begins::Measures); } },
    Row { id: "T4", law: measures("29(3)"), scope: Scope::Outside,
        conditions: &[TRANSITION, EXPLORATION, FIRST_COME],
        obligations: |it| it.higher_value(Begins::MiningGrant) },
    Row { id: "T5", law: measures("29(4)"), scope: Scope::Outside,
        conditions: &[TRANSITION, MINING, FIRST_COME],
        obligations: |it| it.higher_value_of_reserves_since_2017() },
    Row { id: "T6", law: measures("30(1)"), scope: Scope::InCatalogue,
        conditions: &[TRANSITION, EXPLORATION, FREE_STATE_FOUND],
        obligations: |it| it.annual(Basis::AtSale, Begins::Conversion) },
    Row { id: "T7", law: measures("30(2)"), scope: Scope::InCatalogue,
        conditions: &[TRANSITION, MINING, FREE],
        obligations: |it| { it.reserves_used_since_2006(); it.annual(Basis::AtSale, Begins::Measures); } },
    Row { id: "T8", law: measures("30(3)"), scope: Scope::Outside,
        conditions: &[TRANSITION, EXPLORATION, FREE_STATE_FOUND],
        obligations: |it| it.higher_value(Begins::MiningGrant) },
    Row { id: "T9", law: measures("30(4)"), scope: Scope::Outside,
        conditions: &[TRANSITION, MINING, FREE],
        obligations: |it| it.higher_value_of_reserves_since_2006() },
    Row { id: "T10", law: measures("31"), scope: Scope::Right,
        conditions: &[TRANSITION, CAPITAL_CONVERTED],
        obligations: |it| it.none_if_approved() },
    Row { id: "T11", law: cite("zrzbh-2023-223", "一"), scope: Scope::Right,
        conditions: &[TRANSITION_OR_UNDISPOSED_RESERVES, STATE_SHARE_PAID],
        obligations: |it| { it.none(); it.other_reserves(); } },
    Row { id: "T12", law: cite("zrzbh-2023-223", "二"), scope: Scope::Right,
        conditions: &[TRANSITION, AREA_PRICE_PAID],
        obligations: |it| { it.as_first_come(); it.refundable(); } },
    Row { id: "T13", law: measures("15"), scope: Scope::Right,
        conditions: &[TRANSITION_OR_UNDISPOSED_RESERVES, PAID_IN_FULL],
        obligations: |it| { it.none(); it.other_reserves_as_e1_e2(); } },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_asks_for_its_event_first_and_once_for_each_condition() {
        let condition = when("甲", "one", |_| Holds::Yes);
        assert_eq!((condition.zh, condition.en), ("甲", "one"));
        for row in TABLE {
            let conditions: Vec<&str> = row.conditions().map(|condition| condition.en).collect();
            let scope = row.scope.condition().map(|condition| condition.en);
            assert_eq!(conditions.first().copied(), row.conditions.first().map(|condition| condition.en), "{}", row.id);
            assert_eq!(conditions.get(1).copied().filter(|_| scope.is_some()), scope, "{}", row.id);
            assert_eq!(conditions.len(), row.conditions.len() + usize::from(scope.is_some()), "{}", row.id);
        }
    }
}
