//! Names and units of the rate data in both languages, for whoever reads what changed. A name that is not here stands as
//! it is in the data; a test asks for every name of the data built in.

use crate::domain::error::{Text, shortened};
use crate::domain::rate_book::{Listed, RateBook, Version};
use crate::text;

/// What a topic of the data is about.
pub fn topic(code: &str) -> Option<Text> {
    let (zh, en) = match code {
        "appraisal" => ("评估和基准价", "appraisal and benchmark"),
        "approved-price" => ("核定价格", "approved price"),
        "arrears" => ("欠缴清算", "arrears"),
        "benchmark-price" => ("市场基准价", "benchmark price"),
        "catalogue" => ("矿种目录", "catalogue of minerals"),
        "conversion-coefficient" => ("折算系数", "conversion coefficient"),
        "due-date" => ("缴款期限", "due dates"),
        "fund-occupation" => ("资金占用费", "fund-occupation charge"),
        "holidays" => ("节假日", "holidays"),
        "instalment" => ("分期缴纳", "instalments"),
        "late-fee" => ("滞纳金", "late fee"),
        "levy" => ("征收方式", "levy method"),
        "licence-term" => ("许可证期限", "terms of licences"),
        "reserve-price" => ("底价", "reserve price"),
        "sales-revenue" => ("销售收入", "sales revenue"),
        "split" => ("央地分成", "central and local shares"),
        "split-scheme" => ("省内分成", "shares inside the province"),
        "starting-price-coefficient" => ("起始价系数", "starting-price coefficients"),
        "starting-price-rounding" => ("起始价取整", "rounding of starting prices"),
        "starting-price-standard" => ("起始价标准", "starting-price standard"),
        "trading" => ("交易规则", "trading rules"),
        _ => return None,
    };
    Some(Text::fixed(zh, en))
}

/// What a parameter is, by its path inside the file of a version.
pub fn parameter(version: &Version, name: &str, book: &RateBook) -> Option<Text> {
    let parts: Vec<&str> = name.split('.').collect();
    Some(match (version.topic.as_str(), parts.as_slice()) {
        ("catalogue", ["row", row, rest @ ..]) => {
            let of_row = row_words(version, row, rest)?;
            let (zh, en) = (of_row.zh, of_row.en);
            text!("第{row}行{zh}", "{en} of row {row}")
        }
        ("conversion-coefficient", ["coefficient", mineral, direction]) => {
            let Text { zh, en } = mineral_name(book, mineral);
            match *direction {
                "raw_to_concentrate" => text!("{zh}原矿折精矿系数", "coefficient of {en}, raw ore to concentrate"),
                "concentrate_to_raw" => text!("{zh}精矿折原矿系数", "coefficient of {en}, concentrate to raw ore"),
                _ => return None,
            }
        }
        ("approved-price" | "benchmark-price", ["price", mineral, class @ ..]) => {
            let Text { zh, en } = mineral_name(book, mineral);
            let class = class.join(".");
            match class.as_str() {
                "" => text!("{zh}价格", "price of {en}"),
                class => text!("{zh}（{class}）价格", "price of {en} ({class})"),
            }
        }
        ("benchmark-price", ["area_coefficient", number, rest @ ..]) => match rest {
            [] => text!("地区系数（第{number}组）", "area coefficient, group {number}"),
            _ => text!("地区系数的地区（第{number}组）", "areas of the area coefficient, group {number}"),
        },
        ("benchmark-price", ["coefficient", code, rest @ ..]) => match rest {
            [] => text!("调整系数 {code}", "coefficient {code}"),
            _ => text!("调整系数 {code} 的矿种", "minerals of the coefficient {code}"),
        },
        ("sales-revenue", ["deemed_sale", code, ..]) => {
            text!("视同销售的情形 {code}", "kind of deemed sale {code}")
        }
        ("split-scheme", ["class", class, level]) => {
            let (zh, en) = match *level {
                "province" => ("省级", "province"),
                "city" => ("市级", "city"),
                "county" => ("县级", "county"),
                _ => return None,
            };
            let Text { zh: class_zh, en: class_en } = class_name(version, class, book);
            text!("{class_zh}：{zh}份额", "{class_en}: share of the {en}")
        }
        ("starting-price-coefficient", [kind, degree]) => match (*kind, *degree) {
            ("geology", "simple") => Text::fixed("成矿地质条件系数（简单）", "geology coefficient (simple)"),
            ("geology", "medium") => Text::fixed("成矿地质条件系数（中等）", "geology coefficient (medium)"),
            ("geology", "complex") => Text::fixed("成矿地质条件系数（复杂）", "geology coefficient (complex)"),
            ("stage", "blank") => Text::fixed("勘查工作程度系数（空白）", "stage coefficient (blank)"),
            ("stage", "general") => Text::fixed("勘查工作程度系数（普查）", "stage coefficient (general)"),
            ("stage", "detailed") => Text::fixed("勘查工作程度系数（详查）", "stage coefficient (detailed)"),
            ("stage", "advanced") => Text::fixed("勘查工作程度系数（勘探）", "stage coefficient (advanced)"),
            _ => return None,
        },
        ("starting-price-standard", ["classes", class]) => match *class {
            "oil_gas" => Text::fixed("油气矿种", "oil and gas minerals"),
            "rare_earth" => Text::fixed("稀土矿种", "rare-earth minerals"),
            "radioactive" => Text::fixed("放射性矿种", "radioactive minerals"),
            _ => return None,
        },
        ("starting-price-standard", ["oil_gas", minerals, place]) => {
            let names: Vec<Text> = minerals.split('+').map(|mineral| mineral_name(book, mineral)).collect();
            let joined = |part: fn(&Text) -> &str, by: &str| names.iter().map(part).collect::<Vec<_>>().join(by);
            let (zh, en) = (joined(|text| &text.zh, "、"), joined(|text| &text.en, ", "));
            match *place {
                "land" => text!("{zh}的标准（陆域）", "standard of {en} on land"),
                "sea" => text!("{zh}的标准（海域）", "standard of {en} at sea"),
                _ => return None,
            }
        }
        (topic, [name]) => single(topic, name)?,
        _ => return None,
    })
}

/// The parameters that stand by a name of their own.
fn single(topic: &str, name: &str) -> Option<Text> {
    let (zh, en) = match (topic, name) {
        ("appraisal", "max_years") => ("评估年限上限", "longest term of an appraisal"),
        ("appraisal", "renewal_years") => ("基准价更新周期", "interval of the renewal of benchmark prices"),
        ("arrears", "window_from") => ("清算期首日", "first day of the arrears"),
        ("arrears", "window_to") => ("清算期末日", "last day of the arrears"),
        ("arrears", "parts") => ("平均分期的年数", "equal yearly parts"),
        ("arrears", "catalogue_of") => ("适用哪一日的目录", "day whose catalogue counts"),
        ("arrears", "state_found_base_date") => {
            ("国家出资探明的储量基准日", "base date of reserves found with state funds")
        }
        ("benchmark-price", "else_coefficient") => ("其他情形的系数", "coefficient of all other cases"),
        ("due-date", "notice_days") => ("收到通知后的缴款天数", "days to pay after the notice"),
        ("due-date", "annual_month") => ("逐年缴款的月份", "month of the yearly payment"),
        ("fund-occupation", "agreed_before") => ("约定早于此日的计资金占用费", "agreed before this day: charge"),
        ("holidays", "rest_days") => ("放假日", "days off"),
        ("holidays", "working_weekends") => ("调休上班日", "working weekends"),
        ("instalment", "first_payment_min_percent") => ("首次缴纳比例下限", "least first payment"),
        ("instalment", "first_payment_max_percent") => ("首次缴纳比例上限", "largest first payment"),
        ("instalment", "minimum_term") => ("最低分期年限的算法", "how the minimum term is found"),
        ("instalment", "small_minimum_years") => ("小型矿山最低分期年限", "minimum years of small mines"),
        ("late-fee", "daily_rate") => ("每日加收率", "daily rate"),
        ("late-fee", "cap_multiple") => ("上限（本金的倍数）", "cap as a multiple of the principal"),
        ("levy", "outside_agreement_price") => ("目录外协议出让的价款", "price of an agreement outside the catalogue"),
        ("levy", "outside_starting_price") => ("目录外的起始价", "starting price outside the catalogue"),
        ("levy", "state_funded_agreement_price") => {
            ("国家出资勘查的协议出让价款", "agreement price after state-funded exploration")
        }
        ("levy", "state_funded_stage") => {
            ("国家出资勘查须达到的阶段", "stage that state-funded exploration has to reach")
        }
        ("licence-term", "mining_max_years_large") => ("大型矿山采矿许可证最长年限", "longest licence of large mines"),
        ("licence-term", "mining_max_years_medium") => {
            ("中型矿山采矿许可证最长年限", "longest licence of medium mines")
        }
        ("licence-term", "mining_max_years_small") => ("小型矿山采矿许可证最长年限", "longest licence of small mines"),
        ("reserve-price", "reserve_below_starting") => {
            ("底价低于起始价时", "when the reserve is below the starting price")
        }
        ("sales-revenue", "volume_required") => ("须按取水量计的矿种", "minerals measured by volume"),
        ("sales-revenue", "volume_allowed") => ("可按取水量计的矿种", "minerals that may be measured by volume"),
        ("split", "central_percent") => ("中央份额", "central share"),
        ("split", "local_percent") => ("地方份额", "local share"),
        ("split", "other_sea_central_percent") => ("其他海域的中央份额", "central share of any other sea"),
        ("split", "account") => ("预算科目", "budget account"),
        ("starting-price-rounding", "rounding") => ("取整方式", "rounding"),
        ("starting-price-standard", "general") => ("一般矿种的标准", "standard of minerals in general"),
        ("starting-price-standard", "max_adjustment_percent") => {
            ("各省可调整的幅度", "largest adjustment of a province")
        }
        ("trading", "auction") => ("拍卖价低于底价时", "auction closed below its floor"),
        ("trading", "listing") => ("挂牌价低于底价时", "listing closed below its floor"),
        ("trading", "tender") => ("招标价低于底价时", "tender closed below its floor"),
        _ => return None,
    };
    Some(Text::fixed(zh, en))
}

fn row_words(version: &Version, row: &str, rest: &[&str]) -> Option<Text> {
    // A row with one rate needs no number for it.
    let numbered = |index: &str, zh: &str, en: &str| {
        let second = format!("row.{row}.rates.1.percent");
        let several = version.values.iter().any(|listed| listed.name == second);
        let number = index.parse::<u32>().ok()? + 1;
        Some(if several { text!("第{number}档{zh}", "{en} {number}") } else { text!("{zh}", "{en}") })
    };
    match rest {
        ["levy_object"] => Some(Text::fixed("计征对象", "levy object")),
        ["minerals"] => Some(Text::fixed("矿种", "minerals")),
        ["rates", index, "percent"] => numbered(index, "收益率", "rate"),
        ["rates", index, "place"] => numbered(index, "收益率的区域", "place of rate"),
        ["rates", index, "temperature_c", "ge"] => numbered(index, "收益率的温度下限", "lowest temperature of rate"),
        ["rates", index, "temperature_c", "lt"] => numbered(index, "收益率的温度上限", "temperature limit of rate"),
        _ => None,
    }
}

fn mineral_name(book: &RateBook, code: &str) -> Text {
    match book.minerals.find(code).and_then(|id| book.minerals.get(id)) {
        Some(mineral) => Text { zh: mineral.name_zh().to_owned().into(), en: mineral.en.clone().into() },
        None => text!("{code}", "{code}"),
    }
}

fn class_name(version: &Version, code: &str, book: &RateBook) -> Text {
    let province = version.division.as_deref().and_then(|division| book.provinces.get(division));
    let schemes = province.into_iter().flat_map(|own| own.split_scheme.entries());
    let class = schemes.flat_map(|dated| &dated.value.classes).find(|class| class.code == code);
    match class {
        Some(class) => Text { zh: class.zh.clone().into(), en: class.en.clone().into() },
        None => text!("{code}", "{code}"),
    }
}

/// A value with its unit: `2.3%`, `2 万元/平方公里`. A long list is shortened.
pub fn value(listed: &Listed, book: &RateBook) -> Text {
    let number = &listed.value;
    match listed.unit.as_str() {
        "percent" => text!("{number}%", "{number}%"),
        "1/day" => text!("{number}/日", "{number}/day"),
        "celsius" => text!("{number}℃", "{number} °C"),
        "day" => text!("{number} 日", "{number} days"),
        "month" => text!("{number} 月", "month {number}"),
        "year" => text!("{number} 年", "{number} years"),
        "part" => text!("{number} 期", "{number} parts"),
        "principal" => text!("{number} 倍", "{number} times"),
        "wan_yuan/km2" => text!("{number} 万元/平方公里", "{number} wan yuan/km²"),
        "factor" | "date" | "account" => text!("{number}", "{number}"),
        "choice" => choice_words(number).unwrap_or_else(|| text!("{number}", "{number}")),
        _ if listed.unit.starts_with("yuan/") => {
            let per = listed.unit.trim_start_matches("yuan/");
            text!("{number} 元/{per}", "{number} yuan/{per}")
        }
        _ => list(items(listed).into_iter(), listed, book),
    }
}

/// What a list gained and what it lost; `None` for a value that is no list.
pub fn list_change(old: &Listed, new: &Listed, book: &RateBook) -> Option<Text> {
    if !["mineral", "text", "m3"].contains(&new.unit.as_str()) {
        return None;
    }
    let (before, after) = (items(old), items(new));
    let gained = || after.iter().copied().filter(|item| !before.contains(item));
    let lost = || before.iter().copied().filter(|item| !after.contains(item));
    let parts = [
        gained().next().map(|_| list(gained(), new, book)).map(|Text { zh, en }| text!("增加 {zh}", "gains {en}")),
        lost().next().map(|_| list(lost(), old, book)).map(|Text { zh, en }| text!("减少 {zh}", "loses {en}")),
    ];
    let parts: Vec<Text> = parts.into_iter().flatten().collect();
    let joined = |part: fn(&Text) -> &str, by: &str| parts.iter().map(part).collect::<Vec<_>>().join(by);
    let (zh, en) = (joined(|text| &text.zh, "，"), joined(|text| &text.en, " and "));
    (!parts.is_empty()).then(|| text!("{zh}", "{en}"))
}

/// The items of a list as the data show it.
fn items(listed: &Listed) -> Vec<&str> {
    listed.value.split(", ").collect()
}

fn list<'a>(items: impl Iterator<Item = &'a str>, listed: &Listed, book: &RateBook) -> Text {
    let of_minerals = listed.unit != "text";
    let names: Vec<Text> =
        items.map(|item| if of_minerals { mineral_name(book, item) } else { text!("{item}", "{item}") }).collect();
    let joined = |part: fn(&Text) -> &str, by: &str| names.iter().map(part).collect::<Vec<_>>().join(by);
    let (zh, en) = (joined(|text| &text.zh, "、"), joined(|text| &text.en, ", "));
    let (zh, en) = (shortened(&zh), shortened(&en));
    text!("{zh}", "{en}")
}

/// What a word of the data says.
fn choice_words(code: &str) -> Option<Text> {
    let (zh, en) = match code {
        "not_stated" => ("未载明", "not stated"),
        "raw_ore" => ("原矿产品", "raw ore"),
        "concentrate" => ("选矿产品", "concentrate"),
        "land" => ("陆域", "land"),
        "sea" => ("海域", "sea"),
        "half_licence" => ("许可证有效期的一半", "half of the licence"),
        "none" => ("没有规定", "none"),
        "higher_of_appraised_and_benchmark" => ("评估值与基准价测算值就高", "higher of appraised and benchmark value"),
        "starting_price" => ("起始价", "starting price"),
        "appraised_value" => ("评估值", "appraised value"),
        "general" => ("普查", "general exploration"),
        "detailed" => ("详查", "detailed exploration"),
        "advanced" => ("勘探", "advanced exploration"),
        "refuse" => ("拒绝", "refused"),
        "warn" => ("提示", "a warning"),
        "fen" => ("到分", "to the fen"),
        "yuan" => ("到元", "to the yuan"),
        "wan_up" => ("进到万元", "up to ten thousand yuan"),
        "wan_half_up" => ("四舍五入到万元", "half up to ten thousand yuan"),
        "hundred_yuan_half_up" => ("四舍五入到百元", "half up to a hundred yuan"),
        _ => return None,
    };
    Some(Text::fixed(zh, en))
}
