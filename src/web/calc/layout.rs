//! How the form of a topic is arranged: which fields come first, which go together, under which facts a field is asked for.
//! The fields themselves, their names, units and choices come from the shapes of the request. A field that no group names
//! stands at the end, and one that has a value or a fault is always shown, so nothing here can hide what counts.

use super::facts::When::{self, All, Any, ByAmount, ByRate, Given, Is, Named, NeedsPlace, NeedsTemperature, Never};
use crate::api::topic::Topic;

/// Fields that belong together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
    /// Names of fields of the request, in order.
    pub(crate) fields: &'static [&'static str],
    /// Whether it stands folded: what is rarely needed.
    pub(crate) is_folded: bool,
}

macro_rules! group {
    ($zh:expr, $en:expr, $fields:expr $(,)?) => {
        Group { zh: $zh, en: $en, fields: $fields, is_folded: false }
    };
}

macro_rules! folded {
    ($zh:expr, $en:expr, $fields:expr $(,)?) => {
        Group { zh: $zh, en: $en, fields: $fields, is_folded: true }
    };
}

/// The form of a topic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) groups: &'static [Group],
    /// When a field is asked for; one that is not named here always is. `lines.place` stands for that field of every line,
    /// and a fact that begins with a point for one of the same line.
    pub(crate) when: &'static [(&'static str, When)],
    /// Fields of an item that stand folded at its end.
    pub(crate) rare: &'static [&'static str],
}

const OIL_GAS: &[&str] = &["petroleum", "natural_gas", "shale_gas", "coalbed_methane", "gas_hydrate", "oil_gas"];
const WATERS: &[&str] = &["geothermal", "mineral_water", "groundwater"];

const MORE: (&str, &str) = ("更多", "More");

/// The fields of a line of sales that are rarely needed.
const RARE_IN_LINES: &[&str] = &[
    "gross_revenue",
    "vat_percent",
    "quantity",
    "unit_price",
    "conversion_coefficient",
    "rate_basis",
    "deemed_sale",
    "price_basis",
    "reduction",
];

/// The form of a topic.
pub(crate) fn of(topic: Topic) -> Layout {
    match topic {
        Topic::StartingPrice => Layout {
            groups: &[
                group!("矿业权", "The right", &["mineral", "right", "area_km2", "province", "as_of"]),
                group!("地质条件和勘查程度", "Geology and stage", &["geology", "stage", "place"]),
                group!("目录外矿种", "Outside the catalogue", &["appraised_value", "benchmark_value"]),
                folded!("自行给定参数", "Parameters of your own", &["parameters"]),
            ],
            when: &[
                ("geology", When::NotNamed("mineral", OIL_GAS)),
                ("stage", All(&[When::NotNamed("mineral", OIL_GAS), When::Not("right", &["mining"])])),
                ("place", Named("mineral", OIL_GAS)),
                ("appraised_value", ByAmount("mineral")),
                ("benchmark_value", ByAmount("mineral")),
            ],
            rare: &[],
        },
        Topic::TransferIncome => Layout {
            groups: &[
                group!("出让", "The grant", &["mineral", "transfer_mode", "as_of"]),
                group!(
                    "价格",
                    "Prices",
                    &["transaction_price", "starting_price", "appraised_value", "benchmark_value"]
                ),
                group!(
                    "适用条件",
                    "Conditions",
                    &["state_funded_exploration", "stage_completed", "place", "temperature_c"],
                ),
                folded!(
                    MORE.0,
                    MORE.1,
                    &["competition", "reserve_price", "contract_rate_percent", "appraisal_years", "reduction"],
                ),
            ],
            when: &[
                ("transaction_price", Is("transfer_mode", &["competitive"])),
                ("starting_price", Any(&[Is("transfer_mode", &["competitive"]), ByRate("mineral")])),
                ("appraised_value", Is("transfer_mode", &["agreement"])),
                ("benchmark_value", All(&[Is("transfer_mode", &["agreement"]), ByAmount("mineral")])),
                ("state_funded_exploration", All(&[Is("transfer_mode", &["agreement"]), ByRate("mineral")])),
                ("stage_completed", Is("state_funded_exploration", &["true"])),
                ("place", NeedsPlace("mineral")),
                ("temperature_c", NeedsTemperature("mineral")),
                ("competition", Is("transfer_mode", &["competitive"])),
                ("reserve_price", Is("transfer_mode", &["competitive"])),
                ("contract_rate_percent", ByRate("mineral")),
            ],
            rare: &[],
        },
        Topic::AnnualIncome => Layout {
            groups: &[
                group!("申报", "The return", &["year", "transfer_mode", "transfer_date", "contract_rate_percent"]),
                group!("销售", "Sales", &["lines", "combine_as"]),
                group!("分成", "Split", &["location"]),
                folded!(MORE.0, MORE.1, &["province", "paid_on", "holiday_shift", "reduction"]),
            ],
            when: &[
                ("transfer_date", Is("transfer_mode", &["competitive"])),
                ("contract_rate_percent", Is("transfer_mode", &["competitive"])),
                ("combine_as", Named("lines.1.mineral", OIL_GAS)),
                ("lines.period", Never),
                ("lines.place", NeedsPlace(".mineral")),
                ("lines.temperature_c", NeedsTemperature(".mineral")),
                ("lines.volume_m3", Named(".mineral", WATERS)),
                ("lines.approved_price", Named(".mineral", WATERS)),
                ("location.parts", Never),
            ],
            rare: RARE_IN_LINES,
        },
        Topic::BenchmarkValue => Layout {
            groups: &[group!("测算", "The estimate", &["as_of", "province"]), group!("矿种", "Minerals", &["items"])],
            when: &[],
            rare: &["class", "coefficients", "area"],
        },
        Topic::UnpaidReserves => Layout {
            groups: &[group!("资源储量", "Reserves", &["identified", "mined", "paid_for", "unit"])],
            when: &[],
            rare: &[],
        },
        Topic::Instalments => Layout {
            groups: &[
                group!("合同", "The contract", &["right", "total", "signed_on", "converted", "mine_scale"]),
                group!("采矿许可证有效期", "Term of the licence", &["licence"]),
                group!("缴纳方式", "How it is paid", &["plan", "notice_received_on", "first_annual_due_on"]),
                folded!(
                    MORE.0,
                    MORE.1,
                    &["mineral", "province", "running_licence", "basis", "holiday_shift", "enforce"],
                ),
            ],
            when: &[
                ("converted", Is("right", &["exploration"])),
                ("mine_scale", Any(&[Is("right", &["mining"]), Is("converted", &["true"])])),
                ("licence", Any(&[Is("right", &["mining"]), Is("converted", &["true"])])),
                ("licence.years", All(&[When::Missing("licence.from"), When::Missing("licence.to")])),
                (
                    "plan.first_payment_percent",
                    All(&[When::Not("plan.lump_sum", &["true"]), When::Missing("plan.percentages")]),
                ),
                ("plan.years", All(&[When::Not("plan.lump_sum", &["true"]), When::Missing("plan.percentages")])),
                (
                    "plan.percentages",
                    All(&[When::Not("plan.lump_sum", &["true"]), When::Missing("plan.first_payment_percent")]),
                ),
                ("first_annual_due_on", When::Not("plan.lump_sum", &["true"])),
            ],
            rare: &[],
        },
        Topic::Split => Layout {
            groups: &[
                group!("缴款", "The payment", &["amount", "paid_on"]),
                group!("所在区域", "Where", &["location", "part"]),
            ],
            when: &[
                ("part", Given("location.parts.1.kind")),
                ("location.kind", When::Missing("location.parts.1.kind")),
                ("location.province", When::Missing("location.parts.1.kind")),
            ],
            rare: &[],
        },
        Topic::LateFee => Layout {
            groups: &[
                group!("欠缴", "What is owed", &["principal", "due_date", "as_of"]),
                group!("缴款", "Payments", &["payments"]),
                group!("缓缴", "Deferrals", &["deferrals"]),
                folded!("分成", "Split", &["location"]),
            ],
            when: &[("location.parts", Never)],
            rare: &[],
        },
        Topic::Arrears => Layout {
            groups: &[
                group!("销售", "Sales", &["lines"]),
                group!("缴纳", "Payment", &["plan", "first_due_on", "holiday_shift"]),
            ],
            when: &[
                ("lines.period", When::Missing(".sold_on")),
                ("lines.place", NeedsPlace(".mineral")),
                ("lines.temperature_c", NeedsTemperature(".mineral")),
                ("lines.volume_m3", Named(".mineral", WATERS)),
                ("lines.approved_price", Named(".mineral", WATERS)),
            ],
            rare: RARE_IN_LINES,
        },
        Topic::TrueUp => Layout {
            groups: &[
                group!("采矿权", "The right", &["total", "reserves_assessed", "reserves_used"]),
                group!("已缴", "What was paid", &["paid", "payments"]),
                folded!("分成", "Split", &["paid_on", "location"]),
            ],
            when: &[
                ("paid", When::Missing("payments.1.amount")),
                ("payments", When::Missing("paid")),
                ("location.parts", Never),
                ("payments.location.parts", Never),
            ],
            rare: &[],
        },
        Topic::Refund => Layout {
            groups: &[group!("缴款", "Payments", &["payments"])],
            when: &[("payments.location.parts", Never)],
            rare: &[],
        },
        Topic::FundOccupationCharge => {
            Layout { groups: &[group!("计费", "The charge", &["day_count", "periods"])], when: &[], rare: &[] }
        }
        Topic::Projections => Layout {
            groups: &[
                group!(
                    "矿业权",
                    "The right",
                    &["name", "registered_minerals", "right", "acquired", "contract_signed_on", "province"],
                ),
                group!("价款", "The price", &["values", "plan", "mine_scale", "licence"]),
                group!("销售预测", "The forecast", &["sales", "discount_percent"]),
                group!("参与比较的方案", "Scenarios to compare", &["scenarios"]),
                folded!("分成", "Split", &["location", "annual_location"]),
                folded!(
                    MORE.0,
                    MORE.1,
                    &[
                        "notice_received_on",
                        "first_annual_due_on",
                        "present_value_year",
                        "state_funded_exploration",
                        "stage_completed",
                        "competition",
                        "contract_rate_percent",
                        "place",
                        "temperature_c",
                    ],
                ),
            ],
            when: &[
                ("location.parts", Never),
                ("annual_location.parts", Never),
                ("scenarios.sales", Never),
                ("sales.place", NeedsPlace(".mineral")),
                ("sales.temperature_c", NeedsTemperature(".mineral")),
            ],
            rare: &[
                "revenue_growth_percent",
                "output_growth_percent",
                "price_growth_percent",
                "conversion_coefficient",
                "location",
                "annual_location",
                "first_annual_due_on",
                "notice_received_on",
                "licence",
                "sales",
            ],
        },
        Topic::Assessment => Layout {
            groups: &[
                group!("事项", "The event", &["event", "as_of", "right", "acquired", "contract_signed_on", "reason"]),
                group!("矿种", "Minerals", &["registered_minerals", "remaining_minerals", "added_minerals"]),
                group!("金额和储量", "Amounts and reserves", &["values"]),
                group!(
                    "适用条件",
                    "Conditions",
                    &["state_funded_exploration", "stage_completed", "place", "temperature_c", "reserves_not_paid_for"],
                ),
                folded!(
                    MORE.0,
                    MORE.1,
                    &["payer", "transferee", "levy_form", "reserve_base_date", "appraisal_years", "approval"],
                ),
            ],
            when: &[
                ("acquired", Is("event", &["grant", "transition", "conversion", "undisposed_reserves"])),
                ("contract_signed_on", When::Not("event", &["grant"])),
                ("reason", Is("event", &["cancellation"])),
                ("remaining_minerals", Is("event", &["mineral_change"])),
                ("added_minerals", Is("event", &["mineral_change", "oil_gas_added"])),
                ("transferee", Is("event", &["transfer"])),
                ("place", NeedsPlace("registered_minerals")),
                ("temperature_c", NeedsTemperature("registered_minerals")),
                ("stage_completed", Is("state_funded_exploration", &["true"])),
                ("state_funded_exploration", Is("acquired", &["agreement"])),
                ("reserves_not_paid_for", Is("event", &["transition", "undisposed_reserves"])),
                ("levy_form", Is("event", &["cancellation", "withdrawal"])),
                ("approval", Is("acquired", &["capital_converted"])),
                ("reserve_base_date", Is("event", &["transition"])),
                ("values.contract_remainder", Is("event", &["existing_contract", "conversion"])),
                ("values.total", Is("event", &["cancellation", "withdrawal"])),
                ("values.reserves_assessed", Is("event", &["cancellation", "withdrawal"])),
                ("values.reserves_used", Is("event", &["cancellation", "withdrawal"])),
                ("values.paid", Is("event", &["cancellation", "withdrawal"])),
                ("values.sales", Is("event", &["transition"])),
                ("values.fund_occupation_charge", Is("event", &["existing_contract", "transition"])),
                ("values.sales.place", NeedsPlace(".mineral")),
                ("values.sales.temperature_c", NeedsTemperature(".mineral")),
            ],
            rare: RARE_IN_LINES,
        },
    }
}
