//! The calculations, the assessment among them: one table from which come the routes, `lode calc TOPIC` and the OpenAPI
//! document.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use super::declare::RequestFields;
use super::dto;
use super::error::{ErrorCode, Problem};
use super::kept;
use super::lang::Lang;
use super::node::{self, Node};
use super::query::{Explain, LangAndExplain, LangOnly};
use super::reply::Reply;
use super::schema::{Described, Field, Named, Words, one_of_codes};
use super::shape::{self, Decode, Faults, ShapeFault};
use super::show::{Audience, Show, Shown, Steps, Versions};
use crate::domain::context::{Context, Detail, calculate};
use crate::domain::error::At;
use crate::domain::explain::Answer;
use crate::domain::rate_book::RateBook;
use crate::domain::{
    annual_income, arrears, assessment, benchmark, fund_occupation, instalment, late_fee, projection, refund, reserves,
    revenue_split, start_price, transfer_income, true_up,
};

/// What the document says about a topic.
#[derive(Clone, Copy, Debug)]
pub struct TopicDoc {
    /// One line.
    pub summary: &'static str,
    /// What is computed, by which articles.
    pub description: &'static str,
    /// A request that is answered.
    pub example: &'static str,
    /// How it takes part in a comparison.
    pub compared: Compared,
}

/// How the requests of a topic take part in `POST /v1/impact`.
#[derive(Clone, Copy, Debug)]
pub struct Compared {
    /// Pointers into an answer: its main amounts in yuan, which are added up over a portfolio.
    pub amounts: &'static [&'static str],
    /// The fields of a request that decide which versions count, and move when two days are compared.
    pub moved: &'static [Moved],
}

/// A field of a request that moves with the day of a comparison. A `*` in the pointer stands for every item of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It becomes the day.
    Day(&'static str),
    /// It becomes the year of the day.
    Year(&'static str),
}

impl Moved {
    /// The pointer.
    pub fn pointer(self) -> &'static str {
        match self {
            Moved::Day(pointer) | Moved::Year(pointer) => pointer,
        }
    }
}

/// Under which circumstances a request is answered.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The data.
    pub book: &'a RateBook,
    /// The language of texts and citations.
    pub lang: Lang,
    /// With or without steps.
    pub detail: Detail,
    /// How much of the trace of an assessment is shown.
    pub explain: Explain,
    /// The id that an error names.
    pub request_id: &'a str,
}

/// What stands in the envelope between the name of a topic and its steps.
pub trait Answered: Show + Described {
    /// Writes it: the outcome under `result`, unless it has names of its own.
    fn write<M: SerializeStruct>(&self, object: &mut M, call: &Call<'_>) -> Result<(), M::Error> {
        object.serialize_field("result", &Shown(self, call.audience()))
    }

    /// What the document says about it.
    fn fields() -> Vec<Field> {
        vec![Field::required("result", Self::schema(Words::default()))]
    }
}

/// A traced topic writes its outcome in its own way.
macro_rules! answered {
    ($outcome:ty) => {
        impl Answered for $outcome {}
    };
    ($outcome:ty, traced) => {};
}

/// Whether a topic is traced.
macro_rules! is_traced {
    () => {
        false
    };
    (traced) => {
        true
    };
}

/// The path of a topic: under the calculations, unless it has one of its own.
macro_rules! path_of {
    ($slug:literal) => {
        concat!("/v1/calculations/", $slug)
    };
    ($slug:literal $path:literal) => {
        $path
    };
}

/// Declares the topics: variant, name in paths (and the path, if it is not among the calculations), the rule with the shapes
/// of its request and outcome, its words, and whether it is traced.
macro_rules! topics {
    ($( $(#[doc = $doc:literal])* $variant:ident = $slug:literal $(at $path:literal)?: $request:ty => $outcome:ty, by $rule:path, in $words:path $(, $traced:ident)?; )*) => {
        /// A calculation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Topic {
            $( $(#[doc = $doc])* $variant, )*
        }

        impl Topic {
            /// All of them, in the order of the contract.
            pub const ALL: &'static [Topic] = &[$(Topic::$variant),*];

            /// The name in paths and on the command line.
            pub fn slug(self) -> &'static str {
                match self {
                    $( Topic::$variant => $slug, )*
                }
            }

            /// The path of its route.
            pub fn path(self) -> &'static str {
                match self {
                    $( Topic::$variant => path_of!($slug $($path)?), )*
                }
            }

            /// What the document says about it.
            pub fn doc(self) -> TopicDoc {
                match self {
                    $( Topic::$variant => $words, )*
                }
            }

            /// Adds the schemas of its request and its result; gives the reference of the request and what the envelope
            /// holds of the result.
            pub fn schemas(self, named: &mut Named) -> (RefOr<Schema>, Vec<Field>) {
                match self {
                    $( Topic::$variant => {
                        <$request as Described>::named(named);
                        <$outcome as Described>::named(named);
                        (<$request as Described>::schema(Words::default()), <$outcome as Answered>::fields())
                    } )*
                }
            }

            /// Whether its answers hold the trace of a decision.
            fn is_traced(self) -> bool {
                match self {
                    $( Topic::$variant => is_traced!($($traced)?), )*
                }
            }

            /// Computes a request that has been read and hands over what came of it.
            pub fn run_into<R: Receive>(self, request: &Node<'_>, call: Call<'_>, receiver: R) -> R::Output {
                match self {
                    $( Topic::$variant => run(self, request, call, $rule, receiver), )*
                }
            }
        }

        $( answered!($outcome $(, $traced)?); )*
    };
}

topics! {
    /// Starting price.
    StartingPrice = "starting-price": start_price::Request<'_> => start_price::Outcome, by start_price::starting_price, in dto::starting_price::DOC;
    /// Levy method and price part.
    TransferIncome = "transfer-income": transfer_income::Request<'_> => transfer_income::Outcome, by transfer_income::transfer_income, in dto::transfer_income::DOC;
    /// The annual part.
    AnnualIncome = "annual-income": annual_income::Request<'_> => annual_income::Outcome, by annual_income::annual_income, in dto::annual_income::DOC;
    /// Benchmark value.
    BenchmarkValue = "benchmark-value": benchmark::Request<'_> => benchmark::Outcome, by benchmark::benchmark_value, in dto::benchmark_value::DOC;
    /// Reserves not yet paid for.
    UnpaidReserves = "unpaid-reserves": reserves::Request<'_> => reserves::Outcome, by reserves::unpaid_reserves, in dto::unpaid_reserves::DOC;
    /// Instalments.
    Instalments = "instalments": instalment::Request<'_> => instalment::Outcome, by instalment::instalments, in dto::instalments::DOC;
    /// Sharing an amount between the treasuries.
    Split = "split": revenue_split::Request<'_> => revenue_split::Outcome, by revenue_split::split, in dto::split::DOC;
    /// Late fee.
    LateFee = "late-fee": late_fee::Request<'_> => late_fee::Outcome, by late_fee::late_fee, in dto::late_fee::DOC;
    /// Arrears of old rights.
    Arrears = "arrears": arrears::Request<'_> => arrears::Outcome, by arrears::arrears, in dto::arrears::DOC;
    /// True-up on cancellation.
    TrueUp = "true-up": true_up::Request<'_> => true_up::Outcome, by true_up::true_up, in dto::true_up::DOC;
    /// Refund.
    Refund = "refund": refund::Request<'_> => refund::Outcome, by refund::refund, in dto::refund::DOC;
    /// Fund-occupation charge.
    FundOccupationCharge = "fund-occupation-charge": fund_occupation::Request => fund_occupation::Outcome, by fund_occupation::fund_occupation_charge, in dto::fund_occupation_charge::DOC;
    /// Projection over the whole life of a right.
    Projections = "projections" at "/v1/projections": projection::Request<'_> => projection::Outcome, by projection::projection, in dto::projections::DOC;
    /// Which rule applies.
    Assessment = "assessment" at "/v1/assessments": assessment::Request<'_> => assessment::Outcome, by assessment::assess, in dto::assessment::DOC, traced;
}

/// What a query asks of a calculation.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The language.
    pub lang: Lang,
    /// How much of the trace.
    pub explain: Explain,
}

/// Takes what came of a calculation. So that one way of computing serves every form of an answer: a body over HTTP, a line
/// of JSON, a row of a table.
pub trait Receive {
    /// What it makes of it.
    type Output;

    /// Takes an answer.
    fn answered<T: Answered>(self, topic: Topic, answer: &Answer<'_, T>, call: &Call<'_>) -> Self::Output;

    /// Takes a refusal with every fault of the request.
    fn refused(self, problem: &Problem<'_>, call: &Call<'_>) -> Self::Output;
}

/// Makes a reply: 200 with the envelope, or 400 or 422 with every fault.
struct ToReply;

impl Receive for ToReply {
    type Output = Reply;

    fn answered<T: Answered>(self, topic: Topic, answer: &Answer<'_, T>, call: &Call<'_>) -> Reply {
        Reply::answer(&Envelope { topic, answer, call: *call })
    }

    fn refused(self, problem: &Problem<'_>, call: &Call<'_>) -> Reply {
        problem.reply(call.lang, call.book, call.request_id)
    }
}

impl Topic {
    /// Answers a request that has been read: 200 with the envelope, or 400 or 422 with every fault.
    pub fn run(self, request: &Node<'_>, call: Call<'_>) -> Reply {
        self.run_into(request, call, ToReply)
    }

    /// The topic of that name.
    pub fn from_slug(slug: &str) -> Option<Topic> {
        Topic::ALL.iter().copied().find(|topic| topic.slug() == slug)
    }

    /// The example of its request, as JSON.
    pub fn example(self) -> Value {
        serde_json::from_str(self.doc().example).unwrap_or_default()
    }

    /// All examples of its request with their names, the first one first.
    pub fn examples(self) -> Vec<(&'static str, Value)> {
        let more = match self {
            Topic::Assessment => dto::assessment::MORE_EXAMPLES,
            _ => &[],
        };
        let parsed = more.iter().map(|(name, text)| (*name, serde_json::from_str(text).unwrap_or_default()));
        std::iter::once((self.slug(), self.example())).chain(parsed).collect()
    }

    /// The parameters of its query.
    pub fn query(self) -> Vec<Field> {
        if self.is_traced() { LangAndExplain::fields() } else { LangOnly::fields() }
    }

    /// Reads its query.
    pub fn options(self, query: &Node<'_>) -> Result<Options, Vec<ShapeFault>> {
        if self.is_traced() {
            shape::decode(query).map(|LangAndExplain { lang, explain }| Options { lang, explain })
        } else {
            shape::decode(query).map(|LangOnly { lang }| Options { lang, explain: Explain::Applied })
        }
    }
}

impl<'a> Call<'a> {
    /// For whom the answer is written.
    pub fn audience(&self) -> Audience<'a> {
        Audience { lang: self.lang, book: self.book }
    }
}

impl<'n> Decode<'n> for Topic {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        let slugs: Vec<&str> = Topic::ALL.iter().map(|topic| topic.slug()).collect();
        shape::code(node, at, faults, &slugs).and_then(Topic::from_slug)
    }
}

impl Described for Topic {
    fn schema(words: Words) -> RefOr<Schema> {
        let slugs: Vec<&str> = Topic::ALL.iter().map(|topic| topic.slug()).collect();
        one_of_codes(words, &slugs)
    }
}

impl Show for Topic {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}

/// Answers a calculation: 200 with the envelope, 400 with every fault of shape, or 422 with every fault of value.
pub fn answer(topic: Topic, body: &[u8], call: Call<'_>) -> Reply {
    match node::parse(body) {
        Ok(request) => topic.run(&request, call),
        Err(detail) => ToReply.refused(&Problem::at("", ErrorCode::MalformedRequest, detail), &call),
    }
}

fn run<'n, 'b, Q, T, R>(
    topic: Topic,
    request: &'n Node<'n>,
    call: Call<'b>,
    rule: impl FnOnce(&Q, &mut Context<'b>) -> Option<T>,
    receiver: R,
) -> R::Output
where
    Q: Decode<'n>,
    T: Answered,
    R: Receive,
{
    let shaped: Q = match shape::decode(request) {
        Ok(shaped) => shaped,
        Err(faults) => return receiver.refused(&Problem::malformed(faults), &call),
    };
    match calculate(call.book, call.detail, |context| rule(&shaped, context)) {
        Ok(answer) => receiver.answered(topic, &answer, &call),
        Err(mut faults) => {
            for fault in &mut faults {
                fault.trace.retain(|rule| call.explain == Explain::All || rule.told);
            }
            if faults.is_empty() {
                tracing::error!(topic = topic.slug(), request_id = call.request_id, "a rule gave up without a reason");
            }
            receiver.refused(&Problem::refused(faults, request, &call.book.minerals), &call)
        }
    }
}

/// The answer of a calculation as the contract prints it.
#[derive(Debug)]
pub struct Envelope<'a, 'b, T> {
    /// The calculation.
    pub topic: Topic,
    /// What it gave.
    pub answer: &'a Answer<'b, T>,
    /// Under which circumstances.
    pub call: Call<'a>,
}

impl<T: Answered> Serialize for Envelope<'_, '_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Envelope { topic, answer, call } = self;
        let audience = call.audience();
        let is_ours = !serializer.is_human_readable();
        let mut object = serializer.serialize_struct("Answer", 6)?;
        object.serialize_field("calculation", topic.slug())?;
        answer.result.write(&mut object, call)?;
        object.serialize_field("steps", &Shown(&Steps(answer), audience))?;
        object.serialize_field("rate_versions", &Shown(&Versions(&answer.versions), audience))?;
        object.serialize_field("warnings", &Shown(&answer.warnings, audience))?;
        if is_ours {
            kept::dataset(audience, |dataset| object.serialize_field("dataset", dataset))?;
        } else {
            object.serialize_field("dataset", &Shown(&Dataset::of(call.book), audience))?;
        }
        object.end()
    }
}

/// The dataset behind an answer.
#[derive(Clone, Copy, Debug)]
pub struct Dataset<'a> {
    id: &'a str,
    sha256: &'a str,
}

impl<'a> Dataset<'a> {
    /// That of a rate book.
    pub fn of(book: &'a RateBook) -> Dataset<'a> {
        Dataset { id: &book.dataset_id, sha256: &book.dataset_sha256 }
    }
}

super::declare::answer_shape! {
    /// 计算所用的数据集 · The dataset behind an answer.
    Dataset<'a> as "Dataset" {
        /// 数据集标识 · Id of the dataset.
        id: &'a str = "builtin";
        /// 全部数据文件的 SHA-256 · SHA-256 over all data files.
        sha256: &'a str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    }
}
