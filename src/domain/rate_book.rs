//! The parameters that the rules read: versioned, sourced, immutable once built.
//!
//! Built by `crate::rates` from the data files; the domain only asks [`Timeline::at`].

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::catalogue::Catalogue;
use super::law::Law;
use super::mineral::{MineralId, Minerals};
use super::place::{Divisions, Place};
use super::quantity::{Celsius, Coefficient, Percent, StandardWanPerKm2, UnitPrice};
use super::rounding::PriceRounding;
use super::timeline::{Dated, NotInForce, Timeline};

/// How we know a parameter (`RULES` 0.5), the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provenance {
    /// Read in a copy of the instrument.
    Verbatim,
    /// Reported second-hand.
    Reported,
    /// Inferred from published figures, or a reading.
    Inferred,
    /// Supplied by the request.
    Caller,
}

impl Provenance {
    /// The code in data files and answers.
    pub const fn code(self) -> &'static str {
        match self {
            Provenance::Verbatim => "verbatim",
            Provenance::Reported => "reported",
            Provenance::Inferred => "inferred",
            Provenance::Caller => "caller",
        }
    }
}

/// One data file: a version of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `late-fee/2023-05-01`, or with the division before it: `370000/starting-price-standard/2024-02-01`.
    pub id: String,
    /// The topic.
    pub topic: String,
    /// Division code of a provincial version.
    pub division: Option<String>,
    /// Key of the instrument.
    pub instrument: String,
    /// First day in force.
    pub effective_from: NaiveDate,
    /// First day no longer in force.
    pub effective_until: Option<NaiveDate>,
    /// The weakest provenance of its parameters.
    pub provenance: Provenance,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Every parameter as text, for showing and comparing: name and value in the order of the file.
    pub values: Vec<Listed>,
}

/// A parameter as it is listed to a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Path of the parameter inside the file: `daily_rate`, `row.12.rates.0.percent`.
    pub name: String,
    /// The value as written.
    pub value: String,
    /// Unit.
    pub unit: String,
    /// Key of the instrument: that of the file, unless the parameter names its own.
    pub instrument: String,
    /// Article.
    pub locator: String,
    /// How we know it.
    pub provenance: Provenance,
}

/// A value with everything that a figure resting on it has to say.
#[derive(Clone, Debug)]
pub struct Parameter<T> {
    /// The value.
    pub value: T,
    /// Its name, as a warning calls it.
    pub name: String,
    /// Key of the instrument.
    pub instrument: String,
    /// Article in machine form.
    pub locator: String,
    /// How we know it.
    pub provenance: Provenance,
}

impl<T> Parameter<T> {
    /// The citation.
    pub fn law(&self) -> Law<'_> {
        Law { instrument: &self.instrument, article: self.locator.as_str().into() }
    }
}

/// An instrument (文件) of `rates/sources.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Key.
    pub key: String,
    /// Document number as it is cited: 财综〔2023〕10号.
    pub citation: String,
    /// The same in English.
    pub citation_en: String,
    /// Title.
    pub title: String,
    /// English title, where one is used.
    pub title_en: Option<String>,
    /// Day of issue.
    pub issued: Option<NaiveDate>,
    /// First day in force.
    pub in_force_from: Option<NaiveDate>,
    /// First day no longer in force.
    pub in_force_until: Option<NaiveDate>,
    /// How much of the text is at hand: `verbatim`, `facts`, `reported`, `not_at_hand`.
    pub text: String,
    /// Remark.
    pub note: Option<String>,
}

/// One article of `rates/coverage.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredArticle {
    /// Key of the instrument.
    pub instrument: String,
    /// Article in machine form.
    pub locator: String,
    /// What it says, in one line.
    pub title: String,
    /// `modelled`, `partly`, `not_modelled`, `no_computation`.
    pub status: String,
    /// Where it is modelled.
    pub places: Vec<String>,
    /// Why it is not.
    pub reason: Option<String>,
    /// The same in English.
    pub reason_en: Option<String>,
}

/// Late fee (art. 33).
#[derive(Clone, Debug)]
pub struct LateFeeRule {
    /// Fraction of the principal for each day.
    pub daily_rate: Parameter<Decimal>,
    /// Highest fee as a multiple of the principal.
    pub cap_multiple: Parameter<Decimal>,
}

/// Shares of the central and the local treasuries (art. 4).
#[derive(Clone, Debug)]
pub struct SplitRule {
    /// Central share on land and in locally managed sea.
    pub central: Parameter<Percent>,
    /// Local share there.
    pub local: Parameter<Percent>,
    /// Central share in any other sea.
    pub other_sea_central: Parameter<Percent>,
    /// The account (art. 25).
    pub account: Parameter<String>,
}

/// One class of a province's scheme for the local part.
#[derive(Clone, Debug)]
pub struct SplitClass {
    /// Code that a request names.
    pub code: String,
    /// Chinese description.
    pub zh: String,
    /// English description.
    pub en: String,
    /// Weights of province, city and county, in percent of the whole.
    pub weights: Parameter<[Percent; 3]>,
}

/// A province's scheme for the local part.
#[derive(Clone, Debug)]
pub struct SplitScheme {
    /// Its classes; a scheme of one class needs no class named.
    pub classes: Vec<SplitClass>,
}

/// The shortest term of instalments for large and medium mines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinimumTerm {
    /// Half of the licence (art. 12).
    HalfLicence,
    /// No minimum; the years have to be named.
    Unregulated,
}

/// Bounds of instalments (art. 12).
#[derive(Clone, Debug)]
pub struct InstalmentRule {
    /// Lowest first payment.
    pub first_payment_min: Parameter<Percent>,
    /// Highest first payment.
    pub first_payment_max: Option<Parameter<Percent>>,
    /// Shortest term.
    pub minimum_term: Parameter<MinimumTerm>,
    /// Shortest term of small mines in years.
    pub small_minimum_years: Option<Parameter<u32>>,
}

/// Due dates (art. 24).
#[derive(Clone, Debug)]
pub struct DueDateRule {
    /// Days after the payment notice was received.
    pub notice_days: Parameter<u32>,
    /// The annual declaration is due at the end of this month of the next year.
    pub annual_month: Parameter<u32>,
}

/// Starting-price standards (166号, annexes).
#[derive(Clone, Debug)]
pub struct StartingPriceStandard {
    /// Reference for everything but oil, gas, rare earth and radioactive minerals.
    pub general: Parameter<StandardWanPerKm2>,
    /// Oil and gas: standard by mineral and place.
    pub oil_gas: Vec<(Vec<MineralId>, Place, Parameter<StandardWanPerKm2>)>,
    /// Minerals of annex 2 (no coefficients).
    pub oil_gas_minerals: Vec<MineralId>,
    /// Minerals whose standard the annex fixes nationally and that did not reach us.
    pub fixed_minerals: Vec<MineralId>,
}

/// Starting-price coefficients (166号 annex 1).
#[derive(Clone, Debug)]
pub struct StartingPriceCoefficient {
    /// simple, medium, complex.
    pub geology: [Parameter<Coefficient>; 3],
    /// blank, general, detailed, advanced.
    pub stage: [Parameter<Coefficient>; 4],
}

/// What the price part of a grant by agreement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementPrice {
    /// The starting price.
    StartingPrice,
    /// The appraised value.
    AppraisedValue,
}

/// The starting price of a mineral outside the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutsideStartingPrice {
    /// None is defined.
    Undefined,
    /// The higher of appraised and benchmark value.
    HigherOfAppraisedAndBenchmark,
}

/// What the price part is (arts 8, 11; the joint notice of 2026).
#[derive(Clone, Debug)]
pub struct LevyRule {
    /// Outside the catalogue.
    pub outside_starting_price: Parameter<OutsideStartingPrice>,
    /// In the catalogue by agreement, with state-funded exploration of the stage completed.
    pub state_funded_agreement_price: Parameter<AgreementPrice>,
}

/// Which lines are levied on volume (173号), and what counts as a sale.
#[derive(Clone, Debug)]
pub struct SalesRule {
    /// Always by volume.
    pub volume_required: Parameter<Vec<MineralId>>,
    /// By volume, too.
    pub volume_allowed: Parameter<Vec<MineralId>>,
}

/// A kind of deemed sale (视同销售).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeemedSale {
    /// Code.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
}

/// Arrears of old rights (arts 29, 30).
#[derive(Clone, Debug)]
pub struct ArrearsRule {
    /// First day of the sales.
    pub window_from: Parameter<NaiveDate>,
    /// Last day of the sales.
    pub window_to: Parameter<NaiveDate>,
    /// Equal annual parts.
    pub parts: Parameter<u32>,
    /// A day on which the catalogue that counts was in force.
    pub catalogue_of: Parameter<NaiveDate>,
    /// From when reserves of state-found deposits count (art. 30).
    pub state_found_base_date: Parameter<NaiveDate>,
}

/// Appraisal and benchmark (arts 13, 14).
#[derive(Clone, Debug)]
pub struct AppraisalRule {
    /// An appraisal covers at most so many years.
    pub max_years: Parameter<Decimal>,
    /// Benchmark prices are renewed after so many years.
    pub renewal_years: Parameter<u32>,
}

/// Longest terms of mining licences.
#[derive(Clone, Debug)]
pub struct LicenceTermRule {
    /// Large, medium, small.
    pub mining_max_years: [Parameter<u32>; 3],
}

/// Days of one year that are not what their weekday says.
#[derive(Clone, Debug, Default)]
pub struct HolidayYear {
    /// Weekdays that are statutory days off.
    pub rest_days: Vec<NaiveDate>,
    /// Saturdays and Sundays that are worked.
    pub working_weekends: Vec<NaiveDate>,
}

/// From which product to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Raw ore sold, concentrate levied.
    RawToConcentrate,
    /// Concentrate sold, raw ore levied.
    ConcentrateToRaw,
}

/// A province's conversion coefficients (173号).
#[derive(Clone, Debug, Default)]
pub struct ConversionTable {
    /// Mineral, direction and factor.
    pub coefficients: Vec<(MineralId, Conversion, Parameter<Coefficient>)>,
}

/// An approved price for a volume (173号).
#[derive(Clone, Debug)]
pub struct ApprovedPrice {
    /// Mineral.
    pub mineral: MineralId,
    /// Lower end of the temperature, included.
    pub at_least: Option<Celsius>,
    /// Upper end of the temperature, excluded.
    pub below: Option<Celsius>,
    /// Yuan per cubic metre without VAT.
    pub price: Parameter<UnitPrice>,
}

/// One price of a benchmark table (art. 13).
#[derive(Clone, Debug)]
pub struct BenchmarkPrice {
    /// Mineral.
    pub mineral: MineralId,
    /// Class inside the mineral: code, Chinese, English.
    pub class: Option<(String, String, String)>,
    /// Unit of the quantity: `t`, `m3`.
    pub unit: String,
    /// Yuan per unit.
    pub price: Parameter<UnitPrice>,
}

/// A coefficient of a benchmark table that counts when a request names it.
#[derive(Clone, Debug)]
pub struct BenchmarkCoefficient {
    /// Its code.
    pub name: String,
    /// Its Chinese name.
    pub zh: String,
    /// The minerals that it is for.
    pub minerals: Vec<MineralId>,
    /// The factor.
    pub factor: Parameter<Coefficient>,
}

/// A benchmark table.
#[derive(Clone, Debug, Default)]
pub struct BenchmarkTable {
    /// Prices.
    pub prices: Vec<BenchmarkPrice>,
    /// Area coefficients by the names of the places.
    pub areas: Vec<(Vec<String>, Parameter<Coefficient>)>,
    /// Area coefficient anywhere else.
    pub area_else: Option<Parameter<Coefficient>>,
    /// Coefficients that a request names.
    pub coefficients: Vec<BenchmarkCoefficient>,
}

/// What one division sets for itself.
#[derive(Clone, Debug, Default)]
pub struct ProvinceBook {
    /// Starting-price standard.
    pub starting_price_standard: Timeline<Parameter<StandardWanPerKm2>>,
    /// Rounding of the starting price.
    pub starting_price_rounding: Timeline<Parameter<PriceRounding>>,
    /// Scheme for the local part.
    pub split_scheme: Timeline<SplitScheme>,
    /// Narrower bounds of instalments.
    pub instalment: Timeline<InstalmentRule>,
    /// Conversion coefficients.
    pub conversion: Timeline<ConversionTable>,
    /// Approved prices.
    pub approved_price: Timeline<Vec<ApprovedPrice>>,
    /// Benchmark prices.
    pub benchmark: Timeline<BenchmarkTable>,
}

/// Everything that the rules read.
#[derive(Clone, Debug, Default)]
pub struct RateBook {
    /// Id of the dataset.
    pub dataset_id: String,
    /// SHA-256 over the dataset, hexadecimal.
    pub dataset_sha256: String,
    /// Instruments by key.
    pub instruments: BTreeMap<String, Instrument>,
    /// Articles, in the order of the data.
    pub coverage: Vec<CoveredArticle>,
    /// Every version by id.
    pub versions: BTreeMap<String, Arc<Version>>,
    /// Minerals.
    pub minerals: Minerals,
    /// Divisions.
    pub divisions: Divisions,
    /// Kinds of deemed sale.
    pub deemed_sales: Vec<DeemedSale>,
    /// Catalogue.
    pub catalogue: Timeline<Catalogue>,
    /// Price part.
    pub levy: Timeline<LevyRule>,
    /// Starting-price standards.
    pub starting_price_standard: Timeline<StartingPriceStandard>,
    /// Starting-price coefficients.
    pub starting_price_coefficient: Timeline<StartingPriceCoefficient>,
    /// National rounding of starting prices.
    pub starting_price_rounding: Timeline<Parameter<PriceRounding>>,
    /// Trading rules: a price below its floor is refused.
    pub trading: Timeline<()>,
    /// Reserve price not below the starting price.
    pub reserve_price: Timeline<()>,
    /// Revenue.
    pub sales: Timeline<SalesRule>,
    /// Instalments.
    pub instalment: Timeline<InstalmentRule>,
    /// Due dates.
    pub due_date: Timeline<DueDateRule>,
    /// Treasuries.
    pub split: Timeline<SplitRule>,
    /// Late fee.
    pub late_fee: Timeline<LateFeeRule>,
    /// Arrears.
    pub arrears: Timeline<ArrearsRule>,
    /// Appraisal and benchmark.
    pub appraisal: Timeline<AppraisalRule>,
    /// Terms of licences.
    pub licence_term: Timeline<LicenceTermRule>,
    /// Instalments agreed before this day bear a fund-occupation charge.
    pub fund_occupation: Timeline<Parameter<NaiveDate>>,
    /// Holidays.
    pub holidays: Timeline<HolidayYear>,
    /// Divisions with rules of their own, by code.
    pub provinces: BTreeMap<String, ProvinceBook>,
}

impl RateBook {
    /// What a division says on a day: the division's own data first, then that of the one above it.
    /// `None`: neither has a version on the day.
    pub fn provincial<'b, T>(
        &'b self,
        division: &str,
        date: NaiveDate,
        topic: impl Fn(&'b ProvinceBook) -> &'b Timeline<T>,
    ) -> Option<&'b Dated<T>> {
        self.lineage(division).into_iter().find_map(|code| topic(self.provinces.get(code)?).at(date).ok())
    }

    /// The division's own timeline, or that of the one above it, whichever has any version at all.
    pub fn provincial_timeline<'b, T>(
        &'b self,
        division: &str,
        topic: impl Fn(&'b ProvinceBook) -> &'b Timeline<T>,
    ) -> Option<&'b Timeline<T>> {
        self.lineage(division)
            .into_iter()
            .filter_map(|code| self.provinces.get(code).map(&topic))
            .find(|timeline| !timeline.entries().is_empty())
    }

    /// Whether any scheme of any day has a class of this code.
    pub fn has_split_class(&self, code: &str) -> bool {
        let schemes = self.provinces.values().flat_map(|own| own.split_scheme.entries());
        schemes.flat_map(|dated| &dated.value.classes).any(|class| class.code == code)
    }

    fn lineage<'b>(&'b self, division: &str) -> Vec<&'b str> {
        let mut lineage = Vec::with_capacity(2);
        let mut next = self.divisions.find(division);
        // A division has at most a city and a province above it.
        while let (Some(found), true) = (next, lineage.len() < 3) {
            lineage.push(found.code.as_str());
            next = found.parent.as_deref().and_then(|parent| self.divisions.find(parent));
        }
        lineage
    }

    /// Whether a timeline changes what it says between two days, by a comparison of the part that matters. A version
    /// without that part says as little as no version.
    pub fn changes_within<T, K: PartialEq>(
        timeline: &Timeline<T>,
        from: NaiveDate,
        to: NaiveDate,
        part: impl Fn(&T) -> Option<K>,
    ) -> bool {
        // One version from the first day to the last says one thing.
        if let (Ok(first), Ok(last)) = (timeline.at(from), timeline.at(to))
            && std::ptr::eq(first, last)
        {
            return false;
        }
        let mut parts = timeline.over(from, to).into_iter().map(|dated| dated.and_then(|dated| part(&dated.value)));
        let Some(first) = parts.next() else { return false };
        parts.any(|other| other != first)
    }

    /// The version with that id.
    pub fn version(&self, id: &str) -> Option<&Version> {
        self.versions.get(id).map(Arc::as_ref)
    }

    /// The catalogue of a day.
    pub fn catalogue_at(&self, date: NaiveDate) -> Result<&Dated<Catalogue>, NotInForce> {
        self.catalogue.at(date)
    }
}
