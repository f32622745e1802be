//! What the versions of each topic say, and how it is read.

use chrono::NaiveDate;
use toml::Spanned;

use crate::rates::fields::{Fields, Leaf, MineralKind, Shown, Word};
use crate::rates::topic::Topic;
use crate::rates::value::Unit;

/// What a version says, by topic.
#[derive(Debug)]
pub(in crate::rates) enum Body {
    Appraisal { max_years: Leaf, renewal_years: Leaf },
    ApprovedPrice { prices: Vec<ApprovedPrice> },
    Arrears(Box<Arrears>),
    BenchmarkPrice(Box<Benchmark>),
    Catalogue { rows: Vec<Row>, list_at: usize },
    ConversionCoefficient { coefficients: Vec<Conversion> },
    DueDate { notice_days: Leaf, annual_month: Leaf },
    FundOccupation { agreed_before: Leaf },
    Holidays { rest_days: Vec<Spanned<NaiveDate>>, working_weekends: Vec<Spanned<NaiveDate>> },
    Instalment(Box<Instalment>),
    LateFee { daily_rate: Leaf, cap_multiple: Leaf },
    Levy(Box<Levy>),
    LicenceTerm { large_medium_small: Box<[Leaf; 3]> },
    ReservePrice,
    SalesRevenue(Box<SalesRevenue>),
    Split(Box<Split>),
    SplitScheme { classes: Vec<SchemeClass> },
    StartingPriceCoefficient { geology: Box<[Leaf; 3]>, stage: Box<[Leaf; 4]> },
    StartingPriceRounding { rounding: Leaf },
    StartingPriceStandard { general: Leaf, national: Option<Box<NationalStandard>> },
    Trading,
}

/// National topic `arrears`.
#[derive(Debug)]
pub(in crate::rates) struct Arrears {
    pub(in crate::rates) window_from: Leaf,
    pub(in crate::rates) window_to: Leaf,
    pub(in crate::rates) parts: Leaf,
    pub(in crate::rates) catalogue_of: Leaf,
    pub(in crate::rates) state_found_base_date: Leaf,
}

/// Topic `instalment`.
#[derive(Debug)]
pub(in crate::rates) struct Instalment {
    pub(in crate::rates) first_payment_min: Leaf,
    pub(in crate::rates) first_payment_max: Option<Leaf>,
    pub(in crate::rates) minimum_term: Leaf,
    pub(in crate::rates) small_minimum_years: Option<Leaf>,
}

/// National topic `levy`.
#[derive(Debug)]
pub(in crate::rates) struct Levy {
    pub(in crate::rates) outside_starting_price: Leaf,
    pub(in crate::rates) state_funded_agreement_price: Leaf,
    pub(in crate::rates) state_funded_stage: Option<Leaf>,
}

/// National topic `sales-revenue`.
#[derive(Debug)]
pub(in crate::rates) struct SalesRevenue {
    pub(in crate::rates) volume_required: VolumeList,
    pub(in crate::rates) volume_allowed: VolumeList,
    pub(in crate::rates) deemed_sales: Vec<DeemedSale>,
}

/// Minerals that are measured by volume.
#[derive(Debug)]
pub(in crate::rates) struct VolumeList {
    pub(in crate::rates) minerals: Vec<Word>,
    pub(in crate::rates) leaf: Leaf,
}

/// A kind of deemed sale.
#[derive(Debug)]
pub(in crate::rates) struct DeemedSale {
    pub(in crate::rates) code: Word,
    pub(in crate::rates) zh: Word,
    pub(in crate::rates) en: Word,
}

/// National topic `split`.
#[derive(Debug)]
pub(in crate::rates) struct Split {
    pub(in crate::rates) central: Leaf,
    pub(in crate::rates) local: Leaf,
    pub(in crate::rates) other_sea_central: Leaf,
    pub(in crate::rates) account: Leaf,
}

/// A class of a provincial scheme for the local part.
#[derive(Debug)]
pub(in crate::rates) struct SchemeClass {
    pub(in crate::rates) at: usize,
    pub(in crate::rates) code: Word,
    pub(in crate::rates) zh: Word,
    pub(in crate::rates) en: Word,
    /// Province, city, county.
    pub(in crate::rates) weights: [Leaf; 3],
}

/// What the nation says about starting-price standards besides the reference.
#[derive(Debug)]
pub(in crate::rates) struct NationalStandard {
    pub(in crate::rates) max_adjustment_percent: Leaf,
    pub(in crate::rates) oil_gas: Vec<OilGasStandard>,
    pub(in crate::rates) class_oil_gas: Vec<Word>,
    pub(in crate::rates) class_rare_earth: Vec<Word>,
    pub(in crate::rates) class_radioactive: Vec<Word>,
}

/// An oil and gas standard.
#[derive(Debug)]
pub(in crate::rates) struct OilGasStandard {
    pub(in crate::rates) minerals: Vec<Word>,
    pub(in crate::rates) place: Leaf,
    pub(in crate::rates) standard: Leaf,
}

/// A row of the catalogue.
#[derive(Debug)]
pub(in crate::rates) struct Row {
    pub(in crate::rates) at: usize,
    pub(in crate::rates) number: Spanned<u32>,
    pub(in crate::rates) levy_object: Leaf,
    pub(in crate::rates) minerals: Vec<Word>,
    pub(in crate::rates) rates: Vec<Rate>,
}

/// A rate of a row.
#[derive(Debug)]
pub(in crate::rates) struct Rate {
    pub(in crate::rates) at: usize,
    pub(in crate::rates) percent: Leaf,
    pub(in crate::rates) place: Option<Leaf>,
    pub(in crate::rates) temperature: Option<Temperature>,
}

/// A range of temperatures.
#[derive(Debug)]
pub(in crate::rates) struct Temperature {
    pub(in crate::rates) at: usize,
    /// Lower end, included.
    pub(in crate::rates) ge: Option<Leaf>,
    /// Upper end, excluded.
    pub(in crate::rates) lt: Option<Leaf>,
}

/// A conversion coefficient.
#[derive(Debug)]
pub(in crate::rates) struct Conversion {
    pub(in crate::rates) mineral: Word,
    pub(in crate::rates) direction: Leaf,
    pub(in crate::rates) factor: Leaf,
}

/// An approved price.
#[derive(Debug)]
pub(in crate::rates) struct ApprovedPrice {
    pub(in crate::rates) at: usize,
    pub(in crate::rates) mineral: Word,
    pub(in crate::rates) temperature: Option<Temperature>,
    pub(in crate::rates) price: Leaf,
}

/// Provincial topic `benchmark-price`.
#[derive(Debug)]
pub(in crate::rates) struct Benchmark {
    pub(in crate::rates) prices: Vec<BenchmarkPrice>,
    pub(in crate::rates) areas: Vec<(Vec<Word>, Leaf)>,
    pub(in crate::rates) area_else: Option<Leaf>,
    pub(in crate::rates) coefficients: Vec<NamedCoefficient>,
}

/// A coefficient that a request names.
#[derive(Debug)]
pub(in crate::rates) struct NamedCoefficient {
    pub(in crate::rates) name: Word,
    pub(in crate::rates) zh: Word,
    pub(in crate::rates) minerals: Vec<Word>,
    pub(in crate::rates) factor: Leaf,
}

/// A benchmark price.
#[derive(Debug)]
pub(in crate::rates) struct BenchmarkPrice {
    pub(in crate::rates) mineral: Word,
    /// Code, Chinese, English.
    pub(in crate::rates) class: Option<(Word, Word, Word)>,
    pub(in crate::rates) price: Leaf,
}

/// What a price below its floor means at an auction or listing: the rules know nothing else.
const REFUSE: Unit = Unit::Choice(&["refuse"]);
/// What it means at a tender, and for a reserve price below the starting price.
const WARN: Unit = Unit::Choice(&["warn"]);
const HIGHER_OF_BOTH: &str = "higher_of_appraised_and_benchmark";
const PLACE: Unit = Unit::Choice(&["land", "sea"]);
const LEVY_OBJECT: Unit = Unit::Choice(&["raw_ore", "concentrate", "not_stated"]);
const DIRECTION: Unit = Unit::Choice(&["raw_to_concentrate", "concentrate_to_raw"]);

impl Body {
    pub(super) fn read(fields: &mut Fields<'_>, topic: Topic, of_division: bool) -> Option<Body> {
        match topic {
            Topic::Appraisal => {
                let max_years = fields.parameter("max_years", Unit::Years);
                let renewal_years = fields.parameter("renewal_years", Unit::Years);
                Some(Body::Appraisal { max_years: max_years?, renewal_years: renewal_years? })
            }
            Topic::ApprovedPrice => {
                Some(Body::ApprovedPrice { prices: fields.some_rows("price", ApprovedPrice::read)? })
            }
            Topic::Arrears => Arrears::read(fields),
            Topic::BenchmarkPrice => Benchmark::read(fields),
            Topic::Catalogue => {
                let list_at = fields.at();
                Some(Body::Catalogue { rows: fields.some_rows("row", Row::read)?, list_at })
            }
            Topic::ConversionCoefficient => {
                Some(Body::ConversionCoefficient { coefficients: fields.some_rows("coefficient", Conversion::read)? })
            }
            Topic::DueDate => {
                let notice_days = fields.parameter("notice_days", Unit::Days);
                let annual_month = fields.parameter("annual_month", Unit::Month);
                Some(Body::DueDate { notice_days: notice_days?, annual_month: annual_month? })
            }
            Topic::FundOccupation => {
                Some(Body::FundOccupation { agreed_before: fields.parameter("agreed_before", Unit::Day)? })
            }
            Topic::Holidays => {
                fields.marks();
                let rest_days = fields.days("rest_days");
                let working_weekends = fields.days("working_weekends");
                Some(Body::Holidays { rest_days: rest_days?, working_weekends: working_weekends? })
            }
            Topic::Instalment => Instalment::read(fields),
            Topic::LateFee => {
                let daily_rate = fields.parameter("daily_rate", Unit::PerDay);
                let cap_multiple = fields.parameter("cap_multiple", Unit::Principal);
                Some(Body::LateFee { daily_rate: daily_rate?, cap_multiple: cap_multiple? })
            }
            Topic::Levy => Levy::read(fields),
            Topic::LicenceTerm => {
                let large = fields.parameter("mining_max_years_large", Unit::Years);
                let medium = fields.parameter("mining_max_years_medium", Unit::Years);
                let small = fields.parameter("mining_max_years_small", Unit::Years);
                Some(Body::LicenceTerm { large_medium_small: Box::new([large?, medium?, small?]) })
            }
            Topic::ReservePrice => {
                fields.parameter("reserve_below_starting", WARN);
                Some(Body::ReservePrice)
            }
            Topic::SalesRevenue => SalesRevenue::read(fields),
            Topic::Split => Split::read(fields),
            Topic::SplitScheme => Some(Body::SplitScheme { classes: fields.some_rows("class", SchemeClass::read)? }),
            Topic::StartingPriceCoefficient => {
                let geology = fields.table("geology", |fields| {
                    let [simple, medium, complex] =
                        ["simple", "medium", "complex"].map(|class| fields.parameter(class, Unit::Factor));
                    Some(Box::new([simple?, medium?, complex?]))
                });
                let stage = fields.table("stage", |fields| {
                    let [blank, general, detailed, advanced] =
                        ["blank", "general", "detailed", "advanced"].map(|stage| fields.parameter(stage, Unit::Factor));
                    Some(Box::new([blank?, general?, detailed?, advanced?]))
                });
                Some(Body::StartingPriceCoefficient { geology: geology?, stage: stage? })
            }
            Topic::StartingPriceRounding => {
                Some(Body::StartingPriceRounding { rounding: fields.parameter("rounding", Unit::Rounding)? })
            }
            Topic::StartingPriceStandard => {
                let general = fields.parameter("general", Unit::WanYuanPerKm2);
                let national = if of_division { Some(None) } else { NationalStandard::read(fields).map(Some) };
                Some(Body::StartingPriceStandard { general: general?, national: national? })
            }
            Topic::Trading => {
                fields.parameter("auction", REFUSE);
                fields.parameter("listing", REFUSE);
                fields.parameter("tender", WARN);
                Some(Body::Trading)
            }
        }
    }
}

impl Arrears {
    fn read(fields: &mut Fields<'_>) -> Option<Body> {
        let window_from = fields.parameter("window_from", Unit::Day);
        let window_to = fields.parameter("window_to", Unit::Day);
        let parts = fields.parameter("parts", Unit::Parts);
        let catalogue_of = fields.parameter("catalogue_of", Unit::Day);
        let state_found_base_date = fields.parameter("state_found_base_date", Unit::Day);
        Some(Body::Arrears(Box::new(Arrears {
            window_from: window_from?,
            window_to: window_to?,
            parts: parts?,
            catalogue_of: catalogue_of?,
            state_found_base_date: state_found_base_date?,
        })))
    }
}

impl Instalment {
    fn read(fields: &mut Fields<'_>) -> Option<Body> {
        let first_payment_min = fields.parameter("first_payment_min_percent", Unit::Percent);
        let first_payment_max = fields.optional_parameter("first_payment_max_percent", Unit::Percent);
        let minimum_term = fields.parameter("minimum_term", Unit::Choice(&["half_licence", "none"]));
        let small_minimum_years = fields.optional_parameter("small_minimum_years", Unit::Years);
        Some(Body::Instalment(Box::new(Instalment {
            first_payment_min: first_payment_min?,
            first_payment_max,
            minimum_term: minimum_term?,
            small_minimum_years,
        })))
    }
}

impl Levy {
    fn read(fields: &mut Fields<'_>) -> Option<Body> {
        let agreement = fields.parameter("outside_agreement_price", Unit::Choice(&[HIGHER_OF_BOTH]));
        let starting = fields.parameter("outside_starting_price", Unit::Choice(&["none", HIGHER_OF_BOTH]));
        let state_funded =
            fields.parameter("state_funded_agreement_price", Unit::Choice(&["starting_price", "appraised_value"]));
        let state_funded_stage = fields.optional_parameter("state_funded_stage", Unit::Choice(&["general"]));
        agreement?;
        Some(Body::Levy(Box::new(Levy {
            outside_starting_price: starting?,
            state_funded_agreement_price: state_funded?,
            state_funded_stage,
        })))
    }
}

impl SalesRevenue {
    fn read(fields: &mut Fields<'_>) -> Option<Body> {
        let volume_required = fields.table("volume_required", VolumeList::read);
        let volume_allowed = fields.table("volume_allowed", VolumeList::read);
        let deemed_sales = fields.some_rows("deemed_sale", |fields| {
            let code = fields.text("code");
            if let Some(code) = &code {
                fields.name_row(code.get_ref());
            }
            fields.marks();
            let zh = fields.leaf("zh", Unit::Text, Shown::ByItself);
            let en = fields.text("en");
            Some(DeemedSale { code: code?, zh: zh?.value, en: en? })
        });
        Some(Body::SalesRevenue(Box::new(SalesRevenue {
            volume_required: volume_required?,
            volume_allowed: volume_allowed?,
            deemed_sales: deemed_sales?,
        })))
    }
}

impl VolumeList {
    fn read(fields: &mut Fields<'_>) -> Option<VolumeList> {
        let (minerals, leaf) = fields.mineral_parameter("minerals", Unit::CubicMetre)?;
        Some(VolumeList { minerals, leaf })
    }
}

impl Split {
    fn read(fields: &mut Fields<'_>) -> Option<Body> {
        let central = fields.parameter("central_percent", Unit::Percent);
        let local = fields.parameter("local_percent", Unit::Percent);
        let other_sea_central = fields.parameter("other_sea_central_percent", Unit::Percent);
        let account = fields.parameter("account", Unit::Account);
        Some(Body::Split(Box::new(Split {
            central: central?,
            local: local?,
            other_sea_central: other_sea_central?,
            account: account?,
        })))
    }
}

impl SchemeClass {
    fn read(fields: &mut Fields<'_>) -> Option<SchemeClass> {
        let at = fields.at();
        let code = fields.text("code");
        if let Some(code) = &code {
            fields.name_row(code.get_ref());
        }
        fields.marks();
        let zh = fields.text("zh");
        let en = fields.text("en");
        let [province, city, county] =
            ["province", "city", "county"].map(|level| fields.leaf(level, Unit::Percent, Shown::ByItself));
        Some(SchemeClass { at, code: code?, zh: zh?, en: en?, weights: [province?, city?, county?] })
    }
}

impl NationalStandard {
    fn read(fields: &mut Fields<'_>) -> Option<Box<NationalStandard>> {
        let max_adjustment_percent = fields.parameter("max_adjustment_percent", Unit::Percent);
        let oil_gas = fields.rows("oil_gas", |fields| {
            let minerals = fields.minerals_of_row(MineralKind::Single);
            let place = fields.leaf("place", PLACE, Shown::InName);
            if let (Some(minerals), Some(place)) = (&minerals, &place) {
                let codes: Vec<&str> = minerals.iter().map(|code| code.get_ref().as_str()).collect();
                fields.name_row(&format!("{}.{}", codes.join("+"), place.value.get_ref()));
            }
            let standard = fields.flat_parameter(Unit::WanYuanPerKm2);
            Some(OilGasStandard { minerals: minerals?, place: place?, standard: standard? })
        });
        let classes = fields.table("classes", |fields| {
            let [oil_gas, rare_earth, radioactive] =
                ["oil_gas", "rare_earth", "radioactive"].map(|class| fields.minerals(class, MineralKind::Single));
            Some((oil_gas?, rare_earth?, radioactive?))
        });
        let (class_oil_gas, class_rare_earth, class_radioactive) = classes?;
        Some(Box::new(NationalStandard {
            max_adjustment_percent: max_adjustment_percent?,
            oil_gas: oil_gas?,
            class_oil_gas,
            class_rare_earth,
            class_radioactive,
        }))
    }
}

impl Row {
    fn read(fields: &mut Fields<'_>) -> Option<Row> {
        let at = fields.at();
        let number = fields.integer("number");
        if let Some(number) = &number {
            fields.name_row(&number.get_ref().to_string());
        }
        fields.text("printed");
        fields.marks();
        let levy_object = fields.leaf("levy_object", LEVY_OBJECT, Shown::ByItself);
        let minerals = fields.minerals("minerals", MineralKind::Single);
        let rates = fields.some_rows("rates", |fields| {
            let at = fields.at();
            let percent = fields.leaf("percent", Unit::Percent, Shown::ByItself);
            let place = fields.optional_leaf("place", PLACE, Shown::ByItself);
            let temperature = fields.optional_table("temperature_c", |table| Temperature::read(table, Shown::ByItself));
            Some(Rate { at, percent: percent?, place, temperature })
        });
        Some(Row { at, number: number?, levy_object: levy_object?, minerals: minerals?, rates: rates? })
    }
}

impl Temperature {
    fn read(fields: &mut Fields<'_>, shown: Shown) -> Option<Temperature> {
        let at = fields.at();
        let ge = fields.optional_leaf("ge", Unit::Celsius, shown);
        let lt = fields.optional_leaf("lt", Unit::Celsius, shown);
        Some(Temperature { at, ge, lt })
    }

    /// The range inside the name of a row: `ge_60_lt_90`.
    fn in_name(&self) -> String {
        let end =
            |word: &str, leaf: &Option<Leaf>| leaf.as_ref().map(|leaf| format!("{word}_{}", leaf.value.get_ref()));
        let ends: Vec<String> = [end("ge", &self.ge), end("lt", &self.lt)].into_iter().flatten().collect();
        ends.join("_")
    }
}

impl Conversion {
    fn read(fields: &mut Fields<'_>) -> Option<Conversion> {
        let mineral = fields.mineral(MineralKind::SingleOrGroup);
        let direction = fields.leaf("direction", DIRECTION, Shown::InName);
        if let (Some(mineral), Some(direction)) = (&mineral, &direction) {
            fields.name_row(&format!("{}.{}", mineral.get_ref(), direction.value.get_ref()));
        }
        let factor = fields.flat_parameter(Unit::Factor);
        Some(Conversion { mineral: mineral?, direction: direction?, factor: factor? })
    }
}

impl ApprovedPrice {
    fn read(fields: &mut Fields<'_>) -> Option<ApprovedPrice> {
        let at = fields.at();
        let mineral = fields.mineral(MineralKind::Single);
        let temperature = fields.optional_table("temperature_c", |table| Temperature::read(table, Shown::InName));
        if let Some(mineral) = &mineral {
            fields.name_row(&match &temperature {
                Some(temperature) => format!("{}.{}", mineral.get_ref(), temperature.in_name()),
                None => mineral.get_ref().clone(),
            });
        }
        let price = fields.flat_parameter(Unit::YuanPerM3);
        Some(ApprovedPrice { at, mineral: mineral?, temperature, price: price? })
    }
}

impl Benchmark {
    fn read(fields: &mut Fields<'_>) -> Option<Body> {
        let prices = fields.some_rows("price", BenchmarkPrice::read);
        let areas = fields.rows("area_coefficient", |fields| {
            let factor = fields.flat_parameter(Unit::Factor);
            let names = fields.names("zh");
            Some((names?, factor?))
        });
        let area_else = fields.optional_parameter("else_coefficient", Unit::Factor);
        // Whether one applies hangs on facts that only the caller knows: a request names it.
        let coefficients = fields.rows("coefficient", |fields| {
            let name = fields.text("name");
            if let Some(name) = &name {
                fields.name_row(name.get_ref());
            }
            let zh = fields.text("zh");
            fields.text("en");
            let factor = fields.flat_parameter(Unit::Factor);
            let minerals = fields.minerals("minerals", MineralKind::SingleOrGroup);
            Some(NamedCoefficient { name: name?, zh: zh?, minerals: minerals?, factor: factor? })
        });
        let coefficients = coefficients?;
        Some(Body::BenchmarkPrice(Box::new(Benchmark { prices: prices?, areas: areas?, area_else, coefficients })))
    }
}

impl BenchmarkPrice {
    fn read(fields: &mut Fields<'_>) -> Option<BenchmarkPrice> {
        let mineral = fields.mineral(MineralKind::SingleOrGroup);
        let class = fields.optional_table("class", |fields| {
            let [code, zh, en] = ["code", "zh", "en"].map(|key| fields.text(key));
            Some((code?, zh?, en?))
        });
        if let Some(mineral) = &mineral {
            fields.name_row(&match &class {
                Some((code, _, _)) => format!("{}.{}", mineral.get_ref(), code.get_ref()),
                None => mineral.get_ref().clone(),
            });
        }
        let price = fields.flat_parameter(Unit::YuanPerQuantity);
        Some(BenchmarkPrice { mineral: mineral?, class, price: price? })
    }
}
