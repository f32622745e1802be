//! The data files as they are written: one structure for each kind of file, and how each is read.
//!
//! This is the definition of the format. Values are still texts here; what they have to be is said by the [`Unit`] with
//! which they are read, and judged by the checks.

use chrono::NaiveDate;
use toml::Spanned;

use super::fields::{Fields, Leaf, MineralKind, Noted, Shown, Word, read};
use super::topic::Topic;
use super::value::Unit;

/// A text file of the set, with what its reading noted.
#[derive(Debug)]
pub(super) struct Document {
    /// Path below the root of the set.
    pub(super) path: String,
    /// The text.
    pub(super) text: String,
    /// What the reading noted.
    pub(super) noted: Noted,
}

impl Document {
    /// The line, from 1, of a byte of the text.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// A file that is not a version. The content is `None` when its shape is at fault.
#[derive(Debug)]
pub(super) struct Register<T> {
    /// The file.
    pub(super) document: Document,
    /// What it says.
    pub(super) content: Option<T>,
}

impl<T> Register<T> {
    pub(super) fn read(path: &str, text: &str, body: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Register<T> {
        let (content, noted) = read(text, body);
        let content = content.filter(|_| noted.faults.is_empty());
        Register { document: Document { path: path.to_owned(), text: text.to_owned(), noted }, content }
    }
}

/// Where a version stands: what its path says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The folder below `provinces/`, if it is there.
    pub(super) division: Option<String>,
    /// The folder of the topic.
    pub(super) topic: String,
    /// The file name without `.toml`.
    pub(super) stem: String,
}

impl Place {
    /// The place that a path of a version names.
    pub(super) fn of(path: &str) -> Option<Place> {
        let parts: Vec<&str> = path.strip_suffix(".toml")?.split('/').collect();
        match parts.as_slice() {
            ["national", topic, stem] => {
                Some(Place { division: None, topic: (*topic).to_owned(), stem: (*stem).to_owned() })
            }
            ["provinces", division, topic, stem] => Some(Place {
                division: Some((*division).to_owned()),
                topic: (*topic).to_owned(),
                stem: (*stem).to_owned(),
            }),
            _ => None,
        }
    }
}

/// A version of a topic.
#[derive(Debug)]
pub(super) struct VersionFile {
    /// Where it stands.
    pub(super) place: Place,
    /// The topic of its folder, if there is such a one.
    pub(super) topic: Option<Topic>,
    /// The file.
    pub(super) document: Document,
    /// How it begins; `None` when that is at fault.
    pub(super) head: Option<Head>,
    /// What it says; `None` when anything about the shape of the file is at fault.
    pub(super) body: Option<Body>,
}

impl VersionFile {
    /// The file at a place.
    pub(super) fn read(path: &str, place: Place, text: &str) -> VersionFile {
        let topic = Topic::from_code(&place.topic);
        let (content, noted) = read(text, |fields| {
            let head = Head::read(fields);
            let body = match topic {
                Some(topic) => Body::read(fields, topic, place.division.is_some()),
                None => {
                    fields.leave_the_rest();
                    None
                }
            };
            Some((head, body))
        });
        let (head, body) = content.unwrap_or_default();
        let body = body.filter(|_| noted.faults.is_empty());
        let document = Document { path: path.to_owned(), text: text.to_owned(), noted };
        VersionFile { place, topic, document, head, body }
    }
}

/// How every version begins.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) topic: Word,
    pub(super) instrument: Word,
    pub(super) effective_from: Spanned<NaiveDate>,
    pub(super) effective_until: Option<Spanned<NaiveDate>>,
}

impl Head {
    fn read(fields: &mut Fields<'_>) -> Option<Head> {
        let topic = fields.text("topic");
        let instrument = fields.instrument();
        let effective_from = fields.day("effective_from");
        let effective_until = fields.optional_day("effective_until");
        fields.optional_text("note");
        if fields.has("effective_until") && effective_until.is_none() {
            return None;
        }
        Some(Head { topic: topic?, instrument: instrument?, effective_from: effective_from?, effective_until })
    }

    /// The first day in force.
    pub(super) fn from(&self) -> NaiveDate {
        *self.effective_from.get_ref()
    }

    /// The first day no longer in force, as far as the file says.
    pub(super) fn until(&self) -> Option<NaiveDate> {
        self.effective_until.as_ref().map(|day| *day.get_ref())
    }
}

/// What a version says, by topic.
#[derive(Debug)]
pub(super) enum Body {
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
pub(super) struct Arrears {
    pub(super) window_from: Leaf,
    pub(super) window_to: Leaf,
    pub(super) parts: Leaf,
    pub(super) catalogue_of: Leaf,
    pub(super) state_found_base_date: Leaf,
}

/// Topic `instalment`.
#[derive(Debug)]
pub(super) struct Instalment {
    pub(super) first_payment_min: Leaf,
    pub(super) first_payment_max: Option<Leaf>,
    pub(super) minimum_term: Leaf,
    pub(super) small_minimum_years: Option<Leaf>,
}

/// National topic `levy`.
#[derive(Debug)]
pub(super) struct Levy {
    pub(super) outside_starting_price: Leaf,
    pub(super) state_funded_agreement_price: Leaf,
    pub(super) state_funded_stage: Option<Leaf>,
}

/// National topic `sales-revenue`.
#[derive(Debug)]
pub(super) struct SalesRevenue {
    pub(super) volume_required: VolumeList,
    pub(super) volume_allowed: VolumeList,
    pub(super) deemed_sales: Vec<DeemedSale>,
}

/// Minerals that are measured by volume.
#[derive(Debug)]
pub(super) struct VolumeList {
    pub(super) minerals: Vec<Word>,
    pub(super) leaf: Leaf,
}

/// A kind of deemed sale.
#[derive(Debug)]
pub(super) struct DeemedSale {
    pub(super) code: Word,
    pub(super) zh: Word,
    pub(super) en: Word,
}

/// National topic `split`.
#[derive(Debug)]
pub(super) struct Split {
    pub(super) central: Leaf,
    pub(super) local: Leaf,
    pub(super) other_sea_central: Leaf,
    pub(super) account: Leaf,
}

/// A class of a provincial scheme for the local part.
#[derive(Debug)]
pub(super) struct SchemeClass {
    pub(super) at: usize,
    pub(super) code: Word,
    pub(super) zh: Word,
    pub(super) en: Word,
    /// Province, city, county.
    pub(super) weights: [Leaf; 3],
}

/// What the nation says about starting-price standards besides the reference.
#[derive(Debug)]
pub(super) struct NationalStandard {
    pub(super) max_adjustment_percent: Leaf,
    pub(super) oil_gas: Vec<OilGasStandard>,
    pub(super) class_oil_gas: Vec<Word>,
    pub(super) class_rare_earth: Vec<Word>,
    pub(super) class_radioactive: Vec<Word>,
}

/// An oil and gas standard.
#[derive(Debug)]
pub(super) struct OilGasStandard {
    pub(super) minerals: Vec<Word>,
    pub(super) place: Leaf,
    pub(super) standard: Leaf,
}

/// A row of the catalogue.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) at: usize,
    pub(super) number: Spanned<u32>,
    pub(super) levy_object: Leaf,
    pub(super) minerals: Vec<Word>,
    pub(super) rates: Vec<Rate>,
}

/// A rate of a row.
#[derive(Debug)]
pub(super) struct Rate {
    pub(super) at: usize,
    pub(super) percent: Leaf,
    pub(super) place: Option<Leaf>,
    pub(super) temperature: Option<Temperature>,
}

/// A range of temperatures.
#[derive(Debug)]
pub(super) struct Temperature {
    pub(super) at: usize,
    /// Lower end, included.
    pub(super) ge: Option<Leaf>,
    /// Upper end, excluded.
    pub(super) lt: Option<Leaf>,
}

/// A conversion coefficient.
#[derive(Debug)]
pub(super) struct Conversion {
    pub(super) mineral: Word,
    pub(super) direction: Leaf,
    pub(super) factor: Leaf,
}

/// An approved price.
#[derive(Debug)]
pub(super) struct ApprovedPrice {
    pub(super) at: usize,
    pub(super) mineral: Word,
    pub(super) temperature: Option<Temperature>,
    pub(super) price: Leaf,
}

/// Provincial topic `benchmark-price`.
#[derive(Debug)]
pub(super) struct Benchmark {
    pub(super) prices: Vec<BenchmarkPrice>,
    pub(super) areas: Vec<(Vec<Word>, Leaf)>,
    pub(super) area_else: Option<Leaf>,
    pub(super) coefficients: Vec<NamedCoefficient>,
}

/// A coefficient that a request names.
#[derive(Debug)]
pub(super) struct NamedCoefficient {
    pub(super) name: Word,
    pub(super) zh: Word,
    pub(super) minerals: Vec<Word>,
    pub(super) factor: Leaf,
}

/// A benchmark price.
#[derive(Debug)]
pub(super) struct BenchmarkPrice {
    pub(super) mineral: Word,
    /// Code, Chinese, English.
    pub(super) class: Option<(Word, Word, Word)>,
    pub(super) price: Leaf,
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
    fn read(fields: &mut Fields<'_>, topic: Topic, of_division: bool) -> Option<Body> {
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

/// An instrument of `sources.toml`.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) key: Word,
    pub(super) citation: Word,
    pub(super) citation_en: Word,
    pub(super) title: Word,
    pub(super) title_en: Option<Word>,
    pub(super) issued: Option<Spanned<NaiveDate>>,
    pub(super) in_force_from: Option<Spanned<NaiveDate>>,
    pub(super) in_force_until: Option<Spanned<NaiveDate>>,
    pub(super) text: Leaf,
    pub(super) note: Option<Word>,
}

/// The file `sources.toml`.
pub(super) fn read_sources(fields: &mut Fields<'_>) -> Option<Vec<Source>> {
    const TEXT: Unit = Unit::Choice(&["verbatim", "facts", "reported", "not_at_hand"]);
    fields.some_rows("instrument", |fields| {
        let [key, citation, citation_en, title] =
            ["key", "citation", "citation_en", "title"].map(|name| fields.text(name));
        let title_en = fields.optional_text("title_en");
        let [issued, in_force_from, in_force_until] =
            ["issued", "in_force_from", "in_force_until"].map(|name| fields.optional_day(name));
        let text = fields.leaf("text", TEXT, Shown::ByItself);
        let note = fields.optional_text("note");
        Some(Source {
            key: key?,
            citation: citation?,
            citation_en: citation_en?,
            title: title?,
            title_en,
            issued,
            in_force_from,
            in_force_until,
            text: text?,
            note,
        })
    })
}

/// A mineral of `minerals.toml`, or a group with its members.
#[derive(Debug)]
pub(super) struct Mineral {
    pub(super) at: usize,
    pub(super) code: Word,
    pub(super) zh: Vec<Word>,
    pub(super) en: Word,
    /// Codes of the members of a group; `None` for a single mineral.
    pub(super) members: Option<Vec<Word>>,
}

/// The file `minerals.toml`: the single minerals, then the groups.
pub(super) fn read_minerals(fields: &mut Fields<'_>) -> Option<Vec<Mineral>> {
    let singles = fields.some_rows("mineral", |fields| {
        let at = fields.at();
        let code = fields.text("code");
        let zh = fields.texts("zh");
        let en = fields.text("en");
        Some(Mineral { at, code: code?, zh: zh?.into_inner(), en: en?, members: None })
    });
    let groups = fields.rows("group", |fields| {
        let at = fields.at();
        let code = fields.text("code");
        let zh = fields.texts("zh");
        let en = fields.text("en");
        let members = fields.texts("members").map(Spanned::into_inner);
        Some(Mineral { at, code: code?, zh: zh?.into_inner(), en: en?, members: Some(members?) })
    });
    Some(singles?.into_iter().chain(groups?).collect())
}

/// A division of `divisions.toml`.
#[derive(Debug)]
pub(super) struct Division {
    pub(super) code: Word,
    pub(super) zh: Vec<Word>,
    pub(super) en: Word,
    pub(super) parent: Option<Word>,
}

/// The file `divisions.toml`.
pub(super) fn read_divisions(fields: &mut Fields<'_>) -> Option<Vec<Division>> {
    fields.text("standard");
    fields.text("revision");
    fields.some_rows("division", |fields| {
        let code = fields.text("code");
        let zh = fields.texts("zh");
        let en = fields.text("en");
        let parent = fields.optional_text("parent");
        Some(Division { code: code?, zh: zh?.into_inner(), en: en?, parent })
    })
}

/// An article of `coverage.toml`.
#[derive(Debug)]
pub(super) struct Article {
    pub(super) at: usize,
    pub(super) instrument: Word,
    pub(super) locator: Word,
    pub(super) title: Word,
    pub(super) status: Leaf,
    pub(super) places: Vec<Word>,
    pub(super) reason: Option<Word>,
    pub(super) reason_en: Option<Word>,
}

/// The file `coverage.toml`.
pub(super) fn read_coverage(fields: &mut Fields<'_>) -> Option<Vec<Article>> {
    const STATUS: Unit = Unit::Choice(&["modelled", "partly", "not_modelled", "no_computation"]);
    fields.some_rows("article", |fields| {
        let at = fields.at();
        let instrument = fields.instrument();
        let locator = fields.locator();
        let title = fields.text("title");
        let status = fields.leaf("status", STATUS, Shown::ByItself);
        let places = fields.optional_texts("where").map(Spanned::into_inner).unwrap_or_default();
        let reason = fields.optional_text("reason");
        let reason_en = fields.optional_text("reason_en");
        Some(Article {
            at,
            instrument: instrument?,
            locator: locator?,
            title: title?,
            status: status?,
            places,
            reason,
            reason_en,
        })
    })
}

/// The file `manifest.toml`.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) id: Word,
    pub(super) sha256: Word,
    pub(super) files: Vec<ManifestEntry>,
}

/// What the manifest says about one file.
#[derive(Debug)]
pub(super) struct ManifestEntry {
    pub(super) at: usize,
    pub(super) path: Word,
    pub(super) sha256: Word,
    pub(super) status: Leaf,
    /// The first day after a repeal, for a repealed file.
    pub(super) repealed_from: Option<Spanned<NaiveDate>>,
    pub(super) provenance: Option<Word>,
    pub(super) verified_on: Spanned<NaiveDate>,
}

/// The file `manifest.toml`.
pub(super) fn read_manifest(fields: &mut Fields<'_>) -> Option<Manifest> {
    const STATUS: Unit = Unit::Choice(&["in_force", "ended", "repealed"]);
    let dataset = fields.table("dataset", |fields| {
        let id = fields.text("id");
        let sha256 = fields.text("sha256");
        Some((id?, sha256?))
    });
    let files = fields.some_rows("file", |fields| {
        let at = fields.at();
        let path = fields.text("path");
        let sha256 = fields.text("sha256");
        let status = fields.leaf("status", STATUS, Shown::ByItself);
        let repealed_from = fields.optional_day("repealed_from");
        let provenance = fields.optional_text("provenance");
        let verified_on = fields.day("verified_on");
        Some(ManifestEntry {
            at,
            path: path?,
            sha256: sha256?,
            status: status?,
            repealed_from,
            provenance,
            verified_on: verified_on?,
        })
    });
    let (id, sha256) = dataset?;
    Some(Manifest { id, sha256, files: files? })
}
