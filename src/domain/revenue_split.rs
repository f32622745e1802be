//! Sharing an amount between the treasuries (财综〔2023〕10号 arts 4, 6, 25; art. 33 for late fees).
//!
//! Central and local first, then the local part by the province's scheme: so what the central treasury gets never depends
//! on the province. The version is that of the day of payment.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::allocate::allocate;
use super::context::{Context, Sign};
use super::error::{At, Code, Text};
use super::explain::{Input, Step, Value, WarningCode};
use super::law::{Law, measures};
use super::money::Yuan;
use super::place::AreaKind;
use super::quantity::{AreaKm2, Number, Percent};
use super::rate_book::{SplitClass, SplitScheme, Version};
use super::refund::explain_sum;
use super::timeline::Dated;
use crate::{inputs, text};

/// Which part of the income is shared; it matters for sea oil and gas across areas (art. 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncomePart {
    /// The price (成交价): by the areas of sea.
    Price,
    /// The part levied by rate: to the place of the platform.
    Rate,
}

/// How the local part is divided, as the request says it.
#[derive(Clone, Copy, Debug)]
pub enum Scheme<'r> {
    /// A class of the province's scheme, by its code.
    Class(&'r str),
    /// Shares in percent that the caller gives, for payments before any rule at hand.
    Shares {
        /// Central share.
        central: Number,
        /// Local share.
        local: Number,
    },
}

/// One area as the request describes it.
#[derive(Clone, Copy, Debug)]
pub struct Area<'r> {
    /// Land, local sea or other sea.
    pub kind: AreaKind,
    /// Division code or Chinese name.
    pub province: Option<&'r str>,
    /// Class or shares.
    pub scheme: Option<Scheme<'r>>,
}

/// Where the income belongs.
#[derive(Clone, Debug)]
pub enum Location<'r> {
    /// One area.
    Single(Area<'r>),
    /// Several areas of sea with their sizes (art. 6: sea oil and gas).
    Parts(Vec<(Area<'r>, Number)>),
}

/// A request to share one amount.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The amount paid.
    pub amount: Number,
    /// The day of payment.
    pub paid_on: NaiveDate,
    /// Price or rate part.
    pub part: Option<IncomePart>,
    /// Where it belongs.
    pub location: Location<'r>,
}

/// What each treasury gets of one amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Central treasury.
    pub central: Yuan,
    /// All local treasuries together.
    pub local: Yuan,
    /// Province, city and county, where a scheme divides the local part.
    pub levels: Option<[Yuan; 3]>,
}

/// The shares of one area.
#[derive(Clone, Debug)]
pub struct PartShares {
    /// Kind of area.
    pub kind: AreaKind,
    /// Division code.
    pub province: Option<String>,
    /// What falls on this area.
    pub amount: Yuan,
    /// Its shares.
    pub shares: Shares,
}

/// An amount shared between the treasuries.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The shares; over several areas their sums, without levels.
    pub shares: Shares,
    /// The account (art. 25).
    pub account: String,
    /// One entry for each area when there are several.
    pub parts: Vec<PartShares>,
}

/// The rules that divide the income of one area, found once and applied to any amount.
#[derive(Clone, Debug)]
struct AreaRule<'b> {
    kind: AreaKind,
    province: Option<String>,
    central: Decimal,
    local: Decimal,
    version: Option<&'b Version>,
    class: Option<(&'b SplitClass, &'b Version)>,
}

/// The rules that divide an income by its location and its day of payment.
#[derive(Clone, Debug)]
pub struct Treasuries<'b> {
    areas: Vec<(AreaRule<'b>, Decimal)>,
    account: String,
}

/// Shares an amount between the treasuries (arts 4, 6, 25).
pub fn split<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let amount = context.money(At::ROOT.field("amount"), request.amount, Sign::Positive);
    let treasuries = treasuries(
        At::ROOT.field("location"),
        &request.location,
        (At::ROOT.field("paid_on"), request.paid_on),
        request.part,
        context,
    );
    treasuries?.divide(amount?, context)
}

/// Finds the rules for a location; every fault of the location is reported even when no amount is known yet.
///
/// `paid_on` is the day of payment with the field that named it.
pub fn treasuries<'b>(
    at: At<'_>,
    location: &Location<'_>,
    paid_on: (At<'_>, NaiveDate),
    part: Option<IncomePart>,
    context: &mut Context<'b>,
) -> Option<Treasuries<'b>> {
    let areas: Vec<(AreaRule<'b>, Decimal)> = match location {
        Location::Single(area) => vec![(area_rule(at, area, paid_on, context)?, Decimal::ONE)],
        Location::Parts(parts) => {
            let list = at.field("parts");
            if part == Some(IncomePart::Rate) {
                context.invalid(
                    list,
                    Text::fixed(
                        "按出让收益率征收的部分按钻井平台所在海域归属，请只给出一个地点",
                        "the part levied by rate belongs to the place of the platform: name one place",
                    ),
                    Some(measures("6")),
                );
            }
            if parts.iter().any(|(area, _)| area.kind == AreaKind::Land) {
                context.warn(
                    WarningCode::Reading,
                    Text::fixed(
                        "第六条按所占海域面积分摊；所列区域含陆域，仍按所列面积分摊",
                        "art. 6 divides by the areas of sea; a land area was listed and its area counted alike",
                    ),
                    Some(measures("6")),
                );
            }
            if parts.is_empty() {
                context.invalid(list, Text::fixed("至少应有一个海域", "name at least one area"), Some(measures("6")));
            }
            let mut rules = Vec::with_capacity(parts.len());
            for (index, (area, size)) in parts.iter().enumerate() {
                let here = list.item(index);
                let size = context.quantity(here.field("area_km2"), *size, AreaKm2::new);
                let rule = area_rule(here, area, paid_on, context);
                if let (Some(rule), Some(size)) = (rule, size) {
                    rules.push((rule, size.value()));
                }
            }
            if rules.is_empty() || rules.len() < parts.len() {
                return None;
            }
            rules
        }
    };
    let account = account(paid_on.1, context)?;
    Some(Treasuries { areas, account })
}

/// The account of the income (art. 25). A payment older than every version is refunded through the account of today's
/// rule (art. 26), which the first version names as well.
pub fn account(paid_on: NaiveDate, context: &mut Context<'_>) -> Option<String> {
    let book = context.book();
    let dated = book.split.at(paid_on).ok().or_else(|| book.split.entries().first())?;
    context.uses(&dated.version);
    Some(context.rests_on(&dated.value.account).clone())
}

/// Says what the data does not know of a place, for a request in which nothing may come to be shared there.
pub(super) fn check_location(at: At<'_>, location: &Location<'_>, context: &mut Context<'_>) {
    match location {
        Location::Single(area) => check_area(at, area, context),
        Location::Parts(parts) => {
            let list = at.field("parts");
            for (index, (area, _)) in parts.iter().enumerate() {
                check_area(list.item(index), area, context);
            }
        }
    }
}

fn check_area(at: At<'_>, area: &Area<'_>, context: &mut Context<'_>) {
    if let Some(name) = area.province {
        context.division(at.field("province"), name);
    }
    if let Some(Scheme::Class(code)) = area.scheme {
        known_class(at.field("scheme"), code, context);
    }
}

/// A class that only this province or day does not use gets a warning; one that nobody uses is a slip.
fn known_class(at: At<'_>, code: &str, context: &mut Context<'_>) -> bool {
    let known = context.book().has_split_class(code);
    if !known {
        context.invalid(at, text!("没有分成类别“{code}”", "no scheme has a class “{code}”"), Some(measures("4")));
    }
    known
}

fn area_rule<'b>(
    at: At<'_>,
    area: &Area<'_>,
    (date_at, paid_on): (At<'_>, NaiveDate),
    context: &mut Context<'b>,
) -> Option<AreaRule<'b>> {
    let book = context.book();
    let scheme_at = at.field("scheme");
    let province = area.province.map(|name| context.division(at.field("province"), name));
    let (central, local, version) = match area.scheme {
        Some(Scheme::Shares { central, local }) => {
            let central = context.quantity(scheme_at.field("central"), central, Percent::new);
            let local = context.quantity(scheme_at.field("local"), local, Percent::new);
            let (central, local) = (central?.value(), local?.value());
            if central + local != Decimal::ONE_HUNDRED {
                context.invalid(
                    scheme_at,
                    Text::fixed("中央与地方的比例之和应为 100", "the central and the local share must add up to 100"),
                    Some(measures("26")),
                );
                return None;
            }
            context.rests_on_caller("scheme");
            (central, local, None)
        }
        Some(Scheme::Class(_)) | None => {
            let subject = Text::fixed("中央与地方分成比例", "the shares of central and local treasuries");
            let dated = context.in_force(date_at, &book.split, paid_on, subject)?;
            let rule = &dated.value;
            let version: &'b Version = &dated.version;
            if area.kind == AreaKind::OtherSea {
                let central = context.rests_on(&rule.other_sea_central).value();
                (central, Decimal::ONE_HUNDRED - central, Some(version))
            } else {
                let central = context.rests_on(&rule.central).value();
                (central, context.rests_on(&rule.local).value(), Some(version))
            }
        }
    };
    let province = match province {
        Some(faulty_or_known) => Some(faulty_or_known?),
        None => None,
    };
    let named = match area.scheme {
        Some(Scheme::Class(code)) if !known_class(scheme_at, code, context) => return None,
        Some(Scheme::Class(code)) => Some(code),
        _ => None,
    };
    let own_shares = matches!(area.scheme, Some(Scheme::Shares { .. }));
    let class = if local.is_zero() {
        None
    } else {
        let scheme =
            province.and_then(|division| book.provincial(&division.code, paid_on, |rules| &rules.split_scheme));
        match scheme {
            // With shares of the caller's own no class of today's scheme is asked for.
            Some(scheme) if !own_shares => Some((class_of(scheme_at, scheme, named, context)?, &*scheme.version)),
            _ => {
                undivided(named, context);
                None
            }
        }
    };
    Some(AreaRule {
        kind: area.kind,
        province: province.map(|division| division.code.clone()),
        central,
        local,
        version,
        class,
    })
}

fn undivided(named: Option<&str>, context: &mut Context<'_>) {
    context.warn(
        WarningCode::LocalPartUndivided,
        Text::fixed(
            "当日没有可用的省以下分成办法，地方部分未再划分",
            "no scheme below the province is at hand for that day: the local part stays undivided",
        ),
        Some(measures("4")),
    );
    if named.is_some() {
        context.warn(
            WarningCode::NotUsed,
            Text::fixed("所列分成类别没有用到", "the class of the scheme has no part in the result"),
            None,
        );
    }
}

fn class_of<'b>(
    at: At<'_>,
    scheme: &'b Dated<SplitScheme>,
    named: Option<&str>,
    context: &mut Context<'b>,
) -> Option<&'b SplitClass> {
    let classes = &scheme.value.classes;
    let codes = || classes.iter().map(|class| class.code.as_str()).collect::<Vec<_>>().join(", ");
    let class = match (named, classes.as_slice()) {
        (None, [only]) => only,
        (None, _) => {
            let codes = codes();
            context.fault(
                at,
                Code::ConditionMissing,
                text!("请指明分成类别：{codes}", "name the class of the scheme: {codes}"),
                Some(measures("4")),
            );
            return None;
        }
        (Some(code), _) => match classes.iter().find(|class| class.code == code) {
            Some(class) => class,
            None => {
                let codes = codes();
                context.invalid(
                    at,
                    text!("没有类别“{code}”，可用：{codes}", "there is no class “{code}”; classes: {codes}"),
                    Some(measures("4")),
                );
                return None;
            }
        },
    };
    context.uses(&scheme.version);
    context.rests_on(&class.weights);
    Some(class)
}

impl<'b> Treasuries<'b> {
    /// Divides an amount of zero or more; the steps say how.
    pub fn divide(&self, amount: Yuan, context: &mut Context<'b>) -> Option<Outcome> {
        if let [(only, _)] = self.areas.as_slice() {
            return Some(Outcome {
                shares: only.divide(amount, context)?,
                account: self.account.clone(),
                parts: Vec::new(),
            });
        }
        let sizes: Vec<Decimal> = self.areas.iter().map(|(_, size)| *size).collect();
        let amounts = allocate(amount, &sizes).ok()?;
        context.step(|| {
            let names: Vec<String> = (1..=sizes.len()).map(|number| format!("area_km2_{number}")).collect();
            let mut inputs = inputs!["amount" => amount];
            inputs.extend(
                names
                    .iter()
                    .zip(&sizes)
                    .map(|(name, size)| Input { name: name.clone().into(), value: Value::Number(*size) }),
            );
            Step {
                rule: "split.areas",
                law: measures("6"),
                formula: format!("allocate(amount, [{}])", names.join(", ")).into(),
                inputs,
                result: Value::from(amounts.as_slice()),
                rounding: Some("largest_remainder_fen"),
                version: None,
            }
        });
        let mut parts = Vec::with_capacity(amounts.len());
        for ((rule, _), amount) in self.areas.iter().zip(amounts) {
            let shares = rule.divide(amount, context)?;
            parts.push(PartShares { kind: rule.kind, province: rule.province.clone(), amount, shares });
        }
        let central = Yuan::sum(parts.iter().map(|part| part.shares.central)).ok()?;
        let local = Yuan::sum(parts.iter().map(|part| part.shares.local)).ok()?;
        let shares = || parts.iter().map(|part| part.shares);
        let law = || measures("6");
        explain_sum("split.central", law(), "central", shares().map(|part| part.central), central, context);
        explain_sum("split.local-sum", law(), "local", shares().map(|part| part.local), local, context);
        Some(Outcome { shares: Shares { central, local, levels: None }, account: self.account.clone(), parts })
    }
}

impl<'b> AreaRule<'b> {
    fn divide(&self, amount: Yuan, context: &mut Context<'b>) -> Option<Shares> {
        let [central, local] = allocate(amount, &[self.central, self.local]).ok()?.try_into().ok()?;
        context.step(|| Step {
            rule: "split.central-local",
            law: measures("4"),
            formula: "allocate(amount, [central_percent, local_percent])".into(),
            inputs: inputs!["amount" => amount, "central_percent" => self.central, "local_percent" => self.local],
            result: Value::from(&[central, local][..]),
            rounding: Some("largest_remainder_fen"),
            version: self.version,
        });
        let Some((class, version)) = self.class else {
            return Some(Shares { central, local, levels: None });
        };
        let [province, city, county] = class.weights.value.map(Percent::value);
        let levels: [Yuan; 3] = allocate(local, &[province, city, county]).ok()?.try_into().ok()?;
        context.step(|| Step {
            rule: "split.local",
            law: Law { instrument: &class.weights.instrument, article: class.weights.locator.as_str().into() },
            formula: "allocate(local, [province_percent, city_percent, county_percent])".into(),
            inputs: inputs![
                "local" => local,
                "province_percent" => province,
                "city_percent" => city,
                "county_percent" => county,
            ],
            result: Value::from(&levels[..]),
            rounding: Some("largest_remainder_fen"),
            version: Some(version),
        });
        Some(Shares { central, local, levels: Some(levels) })
    }
}
