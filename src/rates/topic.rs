//! The topics of the data: what folders there may be below `national/` and below a division.

/// A topic, by its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Topic {
    Appraisal,
    ApprovedPrice,
    Arrears,
    BenchmarkPrice,
    Catalogue,
    ConversionCoefficient,
    DueDate,
    FundOccupation,
    Holidays,
    Instalment,
    LateFee,
    Levy,
    LicenceTerm,
    ReservePrice,
    SalesRevenue,
    Split,
    SplitScheme,
    StartingPriceCoefficient,
    StartingPriceRounding,
    StartingPriceStandard,
    Trading,
}

/// Who sets a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setter {
    /// The nation only.
    Nation,
    /// Divisions only.
    Division,
    /// The nation, and divisions for themselves.
    Both,
}

impl Topic {
    pub(super) const ALL: [Topic; 21] = [
        Topic::Appraisal,
        Topic::ApprovedPrice,
        Topic::Arrears,
        Topic::BenchmarkPrice,
        Topic::Catalogue,
        Topic::ConversionCoefficient,
        Topic::DueDate,
        Topic::FundOccupation,
        Topic::Holidays,
        Topic::Instalment,
        Topic::LateFee,
        Topic::Levy,
        Topic::LicenceTerm,
        Topic::ReservePrice,
        Topic::SalesRevenue,
        Topic::Split,
        Topic::SplitScheme,
        Topic::StartingPriceCoefficient,
        Topic::StartingPriceRounding,
        Topic::StartingPriceStandard,
        Topic::Trading,
    ];

    /// The folder.
    pub(super) fn code(self) -> &'static str {
        match self {
            Topic::Appraisal => "appraisal",
            Topic::ApprovedPrice => "approved-price",
            Topic::Arrears => "arrears",
            Topic::BenchmarkPrice => "benchmark-price",
            Topic::Catalogue => "catalogue",
            Topic::ConversionCoefficient => "conversion-coefficient",
            Topic::DueDate => "due-date",
            Topic::FundOccupation => "fund-occupation",
            Topic::Holidays => "holidays",
            Topic::Instalment => "instalment",
            Topic::LateFee => "late-fee",
            Topic::Levy => "levy",
            Topic::LicenceTerm => "licence-term",
            Topic::ReservePrice => "reserve-price",
            Topic::SalesRevenue => "sales-revenue",
            Topic::Split => "split",
            Topic::SplitScheme => "split-scheme",
            Topic::StartingPriceCoefficient => "starting-price-coefficient",
            Topic::StartingPriceRounding => "starting-price-rounding",
            Topic::StartingPriceStandard => "starting-price-standard",
            Topic::Trading => "trading",
        }
    }

    /// The topic of a folder.
    pub(super) fn from_code(code: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| topic.code() == code)
    }

    /// Who sets it.
    pub(super) fn setter(self) -> Setter {
        match self {
            Topic::ApprovedPrice | Topic::BenchmarkPrice | Topic::ConversionCoefficient | Topic::SplitScheme => {
                Setter::Division
            }
            Topic::Instalment | Topic::StartingPriceRounding | Topic::StartingPriceStandard => Setter::Both,
            _ => Setter::Nation,
        }
    }
}
