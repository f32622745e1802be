//! From the files as they are written to the rate book that the rules read.
//!
//! It runs on a set that has passed every check, so each conversion succeeds; one that does not is a gap in the checks
//! and is reported as such, under the name `build`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::fields::{Leaf, Shown, Word};
use super::manifest;
use super::problem::Problem;
use super::raw::{Body, Source, Temperature, VersionFile};
use super::set::{Set, number, weakest};
use super::topic::Topic;
use super::value;
use crate::domain::catalogue::{Catalogue, LevyObject, Rate, RateCondition, Row};
use crate::domain::mineral::{Mineral, MineralId, Minerals};
use crate::domain::place::{Division, Divisions, Place};
use crate::domain::quantity::{Celsius, Coefficient, Percent, StandardWanPerKm2, UnitPrice};
use crate::domain::rate_book::{
    AgreementPrice, AppraisalRule, ApprovedPrice, ArrearsRule, BenchmarkCoefficient, BenchmarkPrice, BenchmarkTable,
    Conversion, ConversionTable, CoveredArticle, DeemedSale, DueDateRule, HolidayYear, InstalmentRule, Instrument,
    LateFeeRule, LevyRule, LicenceTermRule, Listed, MinimumTerm, OutsideStartingPrice, Parameter, Provenance,
    ProvinceBook, RateBook, SalesRule, SplitClass, SplitRule, SplitScheme, StartingPriceCoefficient,
    StartingPriceStandard, Version,
};
use crate::domain::rounding::PriceRounding;
use crate::domain::timeline::{Dated, Timeline};

/// The rate book of a sound set.
pub(super) fn book(set: &Set<'_>) -> Result<RateBook, Vec<Problem>> {
    let mut builder = Builder { set, minerals: Minerals::default(), versions: HashMap::new(), problems: Vec::new() };
    builder.minerals = builder.registry();
    builder.versions = builder.all_versions();
    let book = builder.book();
    if builder.problems.is_empty() { Ok(book) } else { Err(builder.problems) }
}

fn text(word: &Word) -> String {
    word.get_ref().clone()
}

fn texts(words: &[Word]) -> Vec<String> {
    words.iter().map(text).collect()
}

struct Builder<'s> {
    set: &'s Set<'s>,
    minerals: Minerals,
    /// By path of the file.
    versions: HashMap<&'s str, Arc<Version>>,
    problems: Vec<Problem>,
}

impl<'s> Builder<'s> {
    fn all_versions(&self) -> HashMap<&'s str, Arc<Version>> {
        let set = self.set;
        let contents: HashMap<&str, &[u8]> = set.files.iter().collect();
        set.versions
            .iter()
            .filter_map(|file| {
                let path = file.document.path.as_str();
                let version = version(set, file, contents.get(path).copied().unwrap_or_default())?;
                Some((path, Arc::new(version)))
            })
            .collect()
    }

    fn registry(&mut self) -> Minerals {
        let set = self.set;
        let list = set.minerals.as_ref().and_then(|register| register.content.as_deref()).unwrap_or_default();
        let position: HashMap<&str, usize> =
            list.iter().enumerate().map(|(index, mineral)| (mineral.code.get_ref().as_str(), index)).collect();
        let id = |code: &Word| position.get(code.get_ref().as_str()).map(|index| Minerals::id_of_index(*index));
        let minerals = list.iter().map(|mineral| Mineral {
            code: text(&mineral.code),
            zh: texts(&mineral.zh),
            en: text(&mineral.en),
            members: mineral.members.iter().flatten().filter_map(id).collect(),
        });
        Minerals::new(minerals.collect()).unwrap_or_else(|taken| {
            for name in taken {
                self.problem("minerals.toml", name.to_string());
            }
            Minerals::default()
        })
    }

    fn divisions(&mut self) -> Divisions {
        let list = self.set.division_list().unwrap_or_default().iter().map(|division| Division {
            code: text(&division.code),
            zh: texts(&division.zh),
            en: text(&division.en),
            parent: division.parent.as_ref().map(text),
        });
        Divisions::new(list.collect()).unwrap_or_else(|taken| {
            for name in taken {
                self.problem("divisions.toml", format!("`{name}` belongs to two divisions"));
            }
            Divisions::default()
        })
    }

    fn book(&mut self) -> RateBook {
        let set = self.set;
        let manifest = set.manifest.as_ref().and_then(|register| register.content.as_ref());
        let mut book = RateBook {
            dataset_id: manifest.map(|manifest| text(&manifest.id)).unwrap_or_default(),
            dataset_sha256: manifest.map(|manifest| text(&manifest.sha256)).unwrap_or_default(),
            instruments: instruments(set),
            coverage: coverage(set),
            versions: BTreeMap::new(),
            minerals: Minerals::default(),
            divisions: self.divisions(),
            deemed_sales: deemed_sales(set),
            catalogue: self.national(Topic::Catalogue, catalogue),
            levy: self.national(Topic::Levy, levy),
            starting_price_standard: self.national(Topic::StartingPriceStandard, starting_price_standard),
            starting_price_coefficient: self.national(Topic::StartingPriceCoefficient, starting_price_coefficient),
            starting_price_rounding: self.national(Topic::StartingPriceRounding, starting_price_rounding),
            trading: self.national(Topic::Trading, |_, body| matches!(body, Body::Trading).then_some(())),
            reserve_price: self
                .national(Topic::ReservePrice, |_, body| matches!(body, Body::ReservePrice).then_some(())),
            sales: self.national(Topic::SalesRevenue, sales),
            instalment: self.national(Topic::Instalment, instalment),
            due_date: self.national(Topic::DueDate, due_date),
            split: self.national(Topic::Split, split),
            late_fee: self.national(Topic::LateFee, late_fee),
            arrears: self.national(Topic::Arrears, arrears),
            appraisal: self.national(Topic::Appraisal, appraisal),
            licence_term: self.national(Topic::LicenceTerm, licence_term),
            fund_occupation: self.national(Topic::FundOccupation, fund_occupation),
            holidays: self.national(Topic::Holidays, holidays),
            provinces: BTreeMap::new(),
        };
        let mut codes: Vec<&str> =
            set.versions.iter().filter_map(|version| version.place.division.as_deref()).collect();
        codes.dedup();
        for code in codes {
            let province = self.province(code);
            book.provinces.insert(code.to_owned(), province);
        }
        book.versions = self.versions.values().map(|version| (version.id.clone(), Arc::clone(version))).collect();
        book.minerals = std::mem::take(&mut self.minerals);
        book
    }

    fn province(&mut self, code: &str) -> ProvinceBook {
        let division = Some(code);
        ProvinceBook {
            starting_price_standard: self.timeline(Topic::StartingPriceStandard, division, provincial_standard),
            starting_price_rounding: self.timeline(Topic::StartingPriceRounding, division, starting_price_rounding),
            split_scheme: self.timeline(Topic::SplitScheme, division, split_scheme),
            instalment: self.timeline(Topic::Instalment, division, instalment),
            conversion: self.timeline(Topic::ConversionCoefficient, division, conversion),
            approved_price: self.timeline(Topic::ApprovedPrice, division, approved_prices),
            benchmark: self.timeline(Topic::BenchmarkPrice, division, benchmark),
        }
    }

    fn national<T>(&mut self, topic: Topic, convert: impl Fn(&Reader<'_>, &Body) -> Option<T>) -> Timeline<T> {
        self.timeline(topic, None, convert)
    }

    fn timeline<T>(
        &mut self,
        topic: Topic,
        division: Option<&str>,
        convert: impl Fn(&Reader<'_>, &Body) -> Option<T>,
    ) -> Timeline<T> {
        let mut entries = Vec::new();
        for file in self.set.versions_of(topic, division) {
            let reader = Reader { file, minerals: &self.minerals };
            let value = file.body.as_ref().and_then(|body| convert(&reader, body));
            match (self.versions.get(file.document.path.as_str()), value) {
                (Some(version), Some(value)) => entries.push(Dated { version: Arc::clone(version), value }),
                _ => self.problem(&file.document.path, "passed every check, but cannot be converted".to_owned()),
            }
        }
        Timeline::new(entries).unwrap_or_else(|overlaps| {
            for overlap in overlaps {
                self.problem(topic.code(), overlap.to_string());
            }
            Timeline::default()
        })
    }

    fn problem(&mut self, path: &str, message: String) {
        self.problems.push(Problem { file: self.set.files.shown(path), line: 1, check: "build", message });
    }
}

/// The version that a file is, with its parameters as a reader sees them.
fn version(set: &Set<'_>, file: &VersionFile, content: &[u8]) -> Option<Version> {
    let head = file.head.as_ref()?;
    let provenance = weakest(&file.document)?;
    let id = match &file.place.division {
        Some(division) => format!("{division}/{}/{}", file.place.topic, file.place.stem),
        None => format!("{}/{}", file.place.topic, file.place.stem),
    };
    Some(Version {
        id,
        topic: file.place.topic.clone(),
        division: file.place.division.clone(),
        instrument: text(&head.instrument),
        effective_from: head.from(),
        effective_until: set.until(file),
        provenance,
        sha256: manifest::sha256(content),
        values: file
            .document
            .noted
            .leaves
            .iter()
            .filter(|leaf| leaf.shown == Shown::ByItself)
            .map(|leaf| listed(leaf, provenance, head.instrument.get_ref()))
            .collect(),
    })
}

/// A value as it is listed. One that states no source of its own (a list of minerals beside the parameter that it
/// delimits) is shown as no better known than the weakest of its file.
fn listed(leaf: &Leaf, weakest: Provenance, instrument: &str) -> Listed {
    let unit = leaf.stated_unit.as_ref().map(text);
    Listed {
        name: leaf.name.clone(),
        value: text(&leaf.value),
        unit: unit.unwrap_or_else(|| leaf.unit.codes().first().copied().unwrap_or_default().to_owned()),
        instrument: leaf.marks.instrument.as_ref().map_or_else(|| instrument.to_owned(), text),
        locator: leaf.marks.locator.as_ref().map_or_else(|| "not_stated".to_owned(), text),
        provenance: leaf
            .marks
            .provenance
            .as_ref()
            .and_then(|word| value::provenance(word.get_ref()))
            .unwrap_or(weakest),
    }
}

fn instruments(set: &Set<'_>) -> BTreeMap<String, Instrument> {
    let sources = set.sources.as_ref().and_then(|register| register.content.as_deref()).unwrap_or_default();
    sources.iter().map(|source| (text(&source.key), instrument(source))).collect()
}

fn instrument(source: &Source) -> Instrument {
    Instrument {
        key: text(&source.key),
        citation: text(&source.citation),
        citation_en: text(&source.citation_en),
        title: text(&source.title),
        title_en: source.title_en.as_ref().map(text),
        issued: source.issued.as_ref().map(|day| *day.get_ref()),
        in_force_from: source.in_force_from.as_ref().map(|day| *day.get_ref()),
        in_force_until: source.in_force_until.as_ref().map(|day| *day.get_ref()),
        text: text(&source.text.value),
        note: source.note.as_ref().map(text),
    }
}

fn coverage(set: &Set<'_>) -> Vec<CoveredArticle> {
    let articles = set.coverage.as_ref().and_then(|register| register.content.as_deref()).unwrap_or_default();
    let covered = articles.iter().map(|article| CoveredArticle {
        instrument: text(&article.instrument),
        locator: text(&article.locator),
        title: text(&article.title),
        status: text(&article.status.value),
        places: texts(&article.places),
        reason: article.reason.as_ref().map(text),
        reason_en: article.reason_en.as_ref().map(text),
    });
    covered.collect()
}

/// The kinds of deemed sale of all versions, each once, in the order in which they came.
fn deemed_sales(set: &Set<'_>) -> Vec<DeemedSale> {
    let mut seen = HashSet::new();
    let mut kinds = Vec::new();
    for file in set.versions_of(Topic::SalesRevenue, None) {
        let Some(Body::SalesRevenue(sales)) = &file.body else { continue };
        for kind in &sales.deemed_sales {
            if seen.insert(kind.code.get_ref()) {
                kinds.push(DeemedSale { code: text(&kind.code), zh: text(&kind.zh), en: text(&kind.en) });
            }
        }
    }
    kinds
}

/// The file whose values are converted.
struct Reader<'s> {
    file: &'s VersionFile,
    minerals: &'s Minerals,
}

impl Reader<'_> {
    /// A value with what a figure resting on it has to say.
    fn parameter<T>(&self, leaf: &Leaf, value: T) -> Option<Parameter<T>> {
        let place = &self.file.place;
        let name = match &place.division {
            Some(division) => format!("{division}/{}.{}", place.topic, leaf.name),
            None => format!("{}.{}", place.topic, leaf.name),
        };
        let instrument = leaf.marks.instrument.as_ref().or(self.file.head.as_ref().map(|head| &head.instrument))?;
        Some(Parameter {
            value,
            name,
            instrument: text(instrument),
            locator: text(leaf.marks.locator.as_ref()?),
            provenance: value::provenance(leaf.marks.provenance.as_ref()?.get_ref())?,
        })
    }

    fn quantity<T, E>(&self, leaf: &Leaf, new: impl FnOnce(Decimal) -> Result<T, E>) -> Option<Parameter<T>> {
        self.parameter(leaf, new(number(leaf)?).ok()?)
    }

    fn decimal(&self, leaf: &Leaf) -> Option<Parameter<Decimal>> {
        self.parameter(leaf, number(leaf)?)
    }

    fn percent(&self, leaf: &Leaf) -> Option<Parameter<Percent>> {
        self.quantity(leaf, Percent::new)
    }

    fn factor(&self, leaf: &Leaf) -> Option<Parameter<Coefficient>> {
        self.quantity(leaf, Coefficient::new)
    }

    fn whole(&self, leaf: &Leaf) -> Option<Parameter<u32>> {
        self.parameter(leaf, value::whole(number(leaf)?)?)
    }

    fn day(&self, leaf: &Leaf) -> Option<Parameter<NaiveDate>> {
        self.parameter(leaf, value::date(leaf.value.get_ref())?)
    }

    fn mineral(&self, code: &Word) -> Option<MineralId> {
        self.minerals.find(code.get_ref())
    }

    fn minerals(&self, codes: &[Word]) -> Option<Vec<MineralId>> {
        codes.iter().map(|code| self.mineral(code)).collect()
    }
}

fn celsius(leaf: &Option<Leaf>) -> Option<Celsius> {
    leaf.as_ref().and_then(number).and_then(|degrees| Celsius::new(degrees).ok())
}

fn range(temperature: Option<&Temperature>) -> (Option<Celsius>, Option<Celsius>) {
    temperature.map_or((None, None), |range| (celsius(&range.ge), celsius(&range.lt)))
}

fn place(leaf: &Leaf) -> Option<Place> {
    [Place::Land, Place::Sea].into_iter().find(|place| place.code() == leaf.value.get_ref())
}

fn catalogue(reader: &Reader<'_>, body: &Body) -> Option<Catalogue> {
    let Body::Catalogue { rows, .. } = body else { return None };
    let objects = [LevyObject::RawOre, LevyObject::Concentrate, LevyObject::NotStated];
    let rows: Option<Vec<(Row, Vec<MineralId>)>> = rows
        .iter()
        .map(|row| {
            let rates: Option<Vec<Rate>> = row
                .rates
                .iter()
                .map(|rate| {
                    let condition = match (&rate.place, &rate.temperature) {
                        (Some(leaf), _) => RateCondition::Place(place(leaf)?),
                        (None, Some(temperature)) => {
                            let (at_least, below) = range(Some(temperature));
                            RateCondition::Temperature { at_least, below }
                        }
                        (None, None) => RateCondition::Always,
                    };
                    Some(Rate { percent: Percent::part(number(&rate.percent)?).ok()?, condition })
                })
                .collect();
            let levy_object = objects.into_iter().find(|object| object.code() == row.levy_object.value.get_ref())?;
            let minerals = reader.minerals(&row.minerals)?;
            let number = *row.number.get_ref();
            let locator = format!("annex row {number}");
            Some((Row { number, locator, levy_object, rates: rates? }, minerals))
        })
        .collect();
    Some(Catalogue::new(rows?))
}

fn levy(reader: &Reader<'_>, body: &Body) -> Option<LevyRule> {
    let Body::Levy(levy) = body else { return None };
    let outside = match levy.outside_starting_price.value.get_ref().as_str() {
        "none" => OutsideStartingPrice::Undefined,
        _ => OutsideStartingPrice::HigherOfAppraisedAndBenchmark,
    };
    let agreement = match levy.state_funded_agreement_price.value.get_ref().as_str() {
        "starting_price" => AgreementPrice::StartingPrice,
        _ => AgreementPrice::AppraisedValue,
    };
    Some(LevyRule {
        outside_starting_price: reader.parameter(&levy.outside_starting_price, outside)?,
        state_funded_agreement_price: reader.parameter(&levy.state_funded_agreement_price, agreement)?,
    })
}

fn starting_price_standard(reader: &Reader<'_>, body: &Body) -> Option<StartingPriceStandard> {
    let Body::StartingPriceStandard { general, national: Some(national) } = body else { return None };
    let oil_gas: Option<Vec<_>> = national
        .oil_gas
        .iter()
        .map(|row| {
            let minerals = reader.minerals(&row.minerals)?;
            Some((minerals, place(&row.place)?, reader.quantity(&row.standard, StandardWanPerKm2::new)?))
        })
        .collect();
    let mut fixed_minerals = reader.minerals(&national.class_rare_earth)?;
    fixed_minerals.extend(reader.minerals(&national.class_radioactive)?);
    Some(StartingPriceStandard {
        general: reader.quantity(general, StandardWanPerKm2::new)?,
        oil_gas: oil_gas?,
        oil_gas_minerals: reader.minerals(&national.class_oil_gas)?,
        fixed_minerals,
    })
}

fn provincial_standard(reader: &Reader<'_>, body: &Body) -> Option<Parameter<StandardWanPerKm2>> {
    let Body::StartingPriceStandard { general, national: None } = body else { return None };
    reader.quantity(general, StandardWanPerKm2::new)
}

fn starting_price_coefficient(reader: &Reader<'_>, body: &Body) -> Option<StartingPriceCoefficient> {
    let Body::StartingPriceCoefficient { geology, stage } = body else { return None };
    let [simple, medium, complex] = geology.each_ref().map(|leaf| reader.factor(leaf));
    let [blank, general, detailed, advanced] = stage.each_ref().map(|leaf| reader.factor(leaf));
    Some(StartingPriceCoefficient {
        geology: [simple?, medium?, complex?],
        stage: [blank?, general?, detailed?, advanced?],
    })
}

fn starting_price_rounding(reader: &Reader<'_>, body: &Body) -> Option<Parameter<PriceRounding>> {
    let Body::StartingPriceRounding { rounding } = body else { return None };
    reader.parameter(rounding, PriceRounding::from_code(rounding.value.get_ref())?)
}

fn sales(reader: &Reader<'_>, body: &Body) -> Option<SalesRule> {
    let Body::SalesRevenue(sales) = body else { return None };
    let (required, allowed) = (&sales.volume_required, &sales.volume_allowed);
    Some(SalesRule {
        volume_required: reader.parameter(&required.leaf, reader.minerals(&required.minerals)?)?,
        volume_allowed: reader.parameter(&allowed.leaf, reader.minerals(&allowed.minerals)?)?,
    })
}

fn instalment(reader: &Reader<'_>, body: &Body) -> Option<InstalmentRule> {
    let Body::Instalment(instalment) = body else { return None };
    let term = match instalment.minimum_term.value.get_ref().as_str() {
        "half_licence" => MinimumTerm::HalfLicence,
        _ => MinimumTerm::Unregulated,
    };
    let first_payment_max = match &instalment.first_payment_max {
        Some(leaf) => Some(reader.percent(leaf)?),
        None => None,
    };
    let small_minimum_years = match &instalment.small_minimum_years {
        Some(leaf) => Some(reader.whole(leaf)?),
        None => None,
    };
    Some(InstalmentRule {
        first_payment_min: reader.percent(&instalment.first_payment_min)?,
        first_payment_max,
        minimum_term: reader.parameter(&instalment.minimum_term, term)?,
        small_minimum_years,
    })
}

fn due_date(reader: &Reader<'_>, body: &Body) -> Option<DueDateRule> {
    let Body::DueDate { notice_days, annual_month } = body else { return None };
    Some(DueDateRule { notice_days: reader.whole(notice_days)?, annual_month: reader.whole(annual_month)? })
}

fn split(reader: &Reader<'_>, body: &Body) -> Option<SplitRule> {
    let Body::Split(split) = body else { return None };
    Some(SplitRule {
        central: reader.percent(&split.central)?,
        local: reader.percent(&split.local)?,
        other_sea_central: reader.percent(&split.other_sea_central)?,
        account: reader.parameter(&split.account, text(&split.account.value))?,
    })
}

fn late_fee(reader: &Reader<'_>, body: &Body) -> Option<LateFeeRule> {
    let Body::LateFee { daily_rate, cap_multiple } = body else { return None };
    Some(LateFeeRule { daily_rate: reader.decimal(daily_rate)?, cap_multiple: reader.decimal(cap_multiple)? })
}

fn arrears(reader: &Reader<'_>, body: &Body) -> Option<ArrearsRule> {
    let Body::Arrears(arrears) = body else { return None };
    Some(ArrearsRule {
        window_from: reader.day(&arrears.window_from)?,
        window_to: reader.day(&arrears.window_to)?,
        parts: reader.whole(&arrears.parts)?,
        catalogue_of: reader.day(&arrears.catalogue_of)?,
        state_found_base_date: reader.day(&arrears.state_found_base_date)?,
    })
}

fn appraisal(reader: &Reader<'_>, body: &Body) -> Option<AppraisalRule> {
    let Body::Appraisal { max_years, renewal_years } = body else { return None };
    Some(AppraisalRule { max_years: reader.decimal(max_years)?, renewal_years: reader.whole(renewal_years)? })
}

fn licence_term(reader: &Reader<'_>, body: &Body) -> Option<LicenceTermRule> {
    let Body::LicenceTerm { large_medium_small } = body else { return None };
    let [large, medium, small] = large_medium_small.each_ref().map(|leaf| reader.whole(leaf));
    Some(LicenceTermRule { mining_max_years: [large?, medium?, small?] })
}

fn fund_occupation(reader: &Reader<'_>, body: &Body) -> Option<Parameter<NaiveDate>> {
    let Body::FundOccupation { agreed_before } = body else { return None };
    reader.day(agreed_before)
}

fn holidays(_: &Reader<'_>, body: &Body) -> Option<HolidayYear> {
    let Body::Holidays { rest_days, working_weekends } = body else { return None };
    Some(HolidayYear {
        rest_days: rest_days.iter().map(|day| *day.get_ref()).collect(),
        working_weekends: working_weekends.iter().map(|day| *day.get_ref()).collect(),
    })
}

fn split_scheme(reader: &Reader<'_>, body: &Body) -> Option<SplitScheme> {
    let Body::SplitScheme { classes } = body else { return None };
    let classes: Option<Vec<SplitClass>> = classes
        .iter()
        .map(|class| {
            let [province, city, county] =
                class.weights.each_ref().map(|leaf| number(leaf).and_then(|share| Percent::new(share).ok()));
            let [first, ..] = &class.weights;
            // The three shares stand under one source and are one parameter, named by their class.
            let mut weights = reader.parameter(first, [province?, city?, county?])?;
            if let Some(class) = weights.name.strip_suffix(".province") {
                weights.name = class.to_owned();
            }
            Some(SplitClass { code: text(&class.code), zh: text(&class.zh), en: text(&class.en), weights })
        })
        .collect();
    Some(SplitScheme { classes: classes? })
}

fn conversion(reader: &Reader<'_>, body: &Body) -> Option<ConversionTable> {
    let Body::ConversionCoefficient { coefficients } = body else { return None };
    let rows: Option<Vec<_>> = coefficients
        .iter()
        .map(|coefficient| {
            let direction = match coefficient.direction.value.get_ref().as_str() {
                "raw_to_concentrate" => Conversion::RawToConcentrate,
                _ => Conversion::ConcentrateToRaw,
            };
            Some((reader.mineral(&coefficient.mineral)?, direction, reader.factor(&coefficient.factor)?))
        })
        .collect();
    Some(ConversionTable { coefficients: rows? })
}

fn approved_prices(reader: &Reader<'_>, body: &Body) -> Option<Vec<ApprovedPrice>> {
    let Body::ApprovedPrice { prices } = body else { return None };
    prices
        .iter()
        .map(|price| {
            let (at_least, below) = range(price.temperature.as_ref());
            let mineral = reader.mineral(&price.mineral)?;
            Some(ApprovedPrice { mineral, at_least, below, price: reader.quantity(&price.price, UnitPrice::new)? })
        })
        .collect()
}

fn benchmark(reader: &Reader<'_>, body: &Body) -> Option<BenchmarkTable> {
    let Body::BenchmarkPrice(table) = body else { return None };
    let prices: Option<Vec<BenchmarkPrice>> = table
        .prices
        .iter()
        .map(|price| {
            let class = price.class.as_ref().map(|(code, zh, en)| (text(code), text(zh), text(en)));
            let (_, unit) = price.price.stated_unit.as_ref()?.get_ref().split_once('/')?;
            Some(BenchmarkPrice {
                mineral: reader.mineral(&price.mineral)?,
                class,
                unit: unit.to_owned(),
                price: reader.quantity(&price.price, UnitPrice::new)?,
            })
        })
        .collect();
    let areas: Option<Vec<_>> =
        table.areas.iter().map(|(names, factor)| Some((texts(names), reader.factor(factor)?))).collect();
    let area_else = match &table.area_else {
        Some(leaf) => Some(reader.factor(leaf)?),
        None => None,
    };
    let coefficients: Option<Vec<BenchmarkCoefficient>> = table
        .coefficients
        .iter()
        .map(|named| {
            let minerals: Option<Vec<_>> = named.minerals.iter().map(|mineral| reader.mineral(mineral)).collect();
            Some(BenchmarkCoefficient {
                name: text(&named.name),
                zh: text(&named.zh),
                minerals: minerals?,
                factor: reader.factor(&named.factor)?,
            })
        })
        .collect();
    Some(BenchmarkTable { prices: prices?, areas: areas?, area_else, coefficients: coefficients? })
}
