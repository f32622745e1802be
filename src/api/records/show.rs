//! Entries, statements, lists as answers.

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::ser::{SerializeStruct, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};

use crate::api::declare::{answer_shape, choice};
use crate::api::schema::{Described, Words, string, whole_number};
use crate::api::show::{Audience, Show, Steps};
use crate::api::topic::Dataset;
use crate::domain::books::account::Posting;
use crate::domain::books::checks::Check;
use crate::domain::books::content::Content;
use crate::domain::books::entry::{ItemId, KeyId, Moment, PartyId, RightId, Seq, Subject};
use crate::domain::books::event::{PartyRegistered, TreasuryShares};
use crate::domain::books::history::{Assessment, RightHistory};
use crate::domain::books::statement::{Figures, Line};
use crate::domain::error::Text;
use crate::domain::explain::{Step, Warning};
use crate::domain::instalment::MineScale;
use crate::domain::law::Law;
use crate::domain::money::Yuan;
use crate::domain::place::AreaKind;
use crate::domain::rate_book::Version;
use crate::domain::start_price::Right;
use crate::domain::transfer_income::TransferMode;
use crate::ledger::audit::AuditRow;
use crate::ledger::canonical::Json;
use crate::ledger::chain::Hash;
use crate::ledger::verify::{Damage, Verification};
use crate::ledger::{Balance, Head, Stored, rfc3339};

/// Types that are written as a text, with the grammar of the text.
macro_rules! as_text {
    ($($kind:ty: $pattern:expr, |$value:ident| $text:expr;)*) => {
        $(
            impl Show for $kind {
                fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
                    let $value = self;
                    serializer.serialize_str(&$text)
                }
            }

            impl Described for $kind {
                fn schema(words: Words) -> RefOr<Schema> {
                    string(words, $pattern)
                }
            }
        )*
    };
}

as_text! {
    Hash: Some(r"^[0-9a-f]{64}$"), |hash| hash.to_string();
    RightId: Some(r"^R[1-9]\d{0,17}$"), |id| id.to_string();
    PartyId: Some(r"^P[1-9]\d{0,17}$"), |id| id.to_string();
    ItemId: Some(r"^I[1-9]\d{0,17}-[1-9]\d{0,8}$"), |id| id.to_string();
    Subject: None, |subject| subject.to_string();
}

impl Show for Moment {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(*self))
    }
}

impl Described for Moment {
    fn schema(words: Words) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(words.description)
            .examples(words.example)
            .into()
    }
}

impl Show for u64 {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*self)
    }
}

impl Described for u64 {
    fn schema(words: Words) -> RefOr<Schema> {
        whole_number(words, 0, None)
    }
}

impl Show for i32 {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(*self)
    }
}

impl Described for i32 {
    fn schema(words: Words) -> RefOr<Schema> {
        i64::schema(words)
    }
}

/// The content of an entry, with the fields of its kind.
pub(super) struct Kind(Content);

impl Show for Kind {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&Json(&self.0), serializer)
    }
}

impl Described for Kind {
    fn schema(words: Words) -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Object).description(words.description).examples(words.example).into()
    }
}

answer_shape! {
    /// 一笔分录 · A posting.
    Posting as "Posting" {
        /// 账户 · The account.
        account: &'static str = "receivable", from |it| it.account.code();
        /// 应缴项 · The item.
        item: ItemId = "I6-1";
        /// 金额（元），借为正、贷为负 · Yuan; debits positive, credits negative.
        amount: Yuan = "100000.00";
    }
}

/// An entry as it is shown.
pub(super) struct Recorded(pub(super) Stored);

impl Recorded {
    fn id(&self) -> Option<Subject> {
        let own = match self.0.entry.subject {
            Subject::Party(PartyId(seq)) | Subject::Right(RightId(seq)) | Subject::Key(KeyId(seq)) => {
                seq == self.0.entry.seq
            }
            Subject::Store => false,
        };
        own.then_some(self.0.entry.subject)
    }

    /// What it recognized as owed.
    fn items(&self) -> Vec<ItemId> {
        let entry = &self.0.entry;
        let mut items: Vec<ItemId> =
            entry.set.postings().iter().map(|posting| posting.item).filter(|item| item.entry == entry.seq).collect();
        items.dedup();
        items
    }
}

answer_shape! {
    /// 一条记录 · An entry of the records.
    Recorded as "Entry" {
        /// 记录号，从 1 起连续 · Number, without gaps.
        entry: Seq = 6, from |it| it.0.entry.seq;
        /// 新登记的当事人或矿业权的标识 · Id of the party or right that it registered.
        id: Option<Subject> = "R3", from |it| it.id();
        /// 种类 · Kind.
        kind: &'static str = "plan_set", from |it| it.0.entry.event.kind();
        /// 生效日 · The day of effect.
        effective_on: NaiveDate = "2023-06-01", from |it| it.0.entry.effective_on;
        /// 记录时刻（UTC）· When it was recorded.
        recorded_at: Moment = "2026-11-21T08:00:00.000Z", from |it| it.0.entry.recorded_at;
        /// 所属 · Whose history it belongs to.
        subject: Subject = "R3", from |it| it.0.entry.subject;
        /// 记录人 · Who recorded it.
        actor: String = "local", from |it| it.0.entry.actor.clone();
        /// 内容，字段随种类 · Its content; the fields depend on the kind.
        content: Kind = {"assessment": 4, "parts": [{"kind": "price", "amount": "100000.00"}]}, from |it| Kind(it.0.entry.event.keep());
        /// 由此产生的应缴项 · Items that it recognized.
        items: Vec<ItemId> = ["I6-1"], from |it| it.items();
        /// 分录，合计为零 · Postings, which add up to zero.
        postings: Vec<Posting> = [{"account": "receivable", "item": "I6-1", "amount": "100000.00"}], from |it| it.0.entry.set.postings().to_vec();
        /// 链上的哈希 · Hash in the chain.
        hash: Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", from |it| it.0.hash;
    }
}

/// Entries of one subject.
pub(super) struct Entries {
    pub(super) entries: Vec<Recorded>,
}

answer_shape! {
    /// 记录清单 · Entries.
    Entries as "EntryList" {
        /// 记录，按记录号 · Entries in order.
        entries: Vec<Recorded> = [];
    }
}

/// A party with its id.
pub(super) struct Party {
    pub(super) id: PartyId,
    pub(super) effective_on: NaiveDate,
    pub(super) party: PartyRegistered,
}

answer_shape! {
    /// 当事人 · A party.
    Party as "Party" {
        /// 标识 · Id.
        id: PartyId = "P2";
        /// 统一社会信用代码 · Unified social credit code.
        code: String = "91350100M000100Y43", from |it| it.party.code.clone();
        /// 名称 · Name.
        name: String = "某某矿业有限公司", from |it| it.party.name.clone();
        /// 生效日 · From which day.
        effective_on: NaiveDate = "2023-05-01";
    }
}

/// Parties after one another.
pub(super) struct Parties {
    pub(super) parties: Vec<Party>,
    pub(super) next: Option<Seq>,
}

answer_shape! {
    /// 当事人清单 · Parties.
    Parties as "PartyList" {
        /// 当事人，按登记次序 · Parties in the order of registration.
        parties: Vec<Party> = [];
        /// 下一页的 after；缺省则已到末尾 · `after` of the next page; absent at the end.
        next: Option<Seq> = 103;
    }
}

/// An assessment with its number.
pub(super) struct AssessmentOf {
    seq: Seq,
    assessment: Assessment,
}

answer_shape! {
    /// 一次核定 · An assessment.
    AssessmentOf as "AssessmentRecord" {
        /// 记录号，即核定的标识 · Its number and id.
        entry: Seq = 4, from |it| it.seq;
        /// 起草人 · Who drafted it.
        drafter: String = "local", from |it| it.assessment.drafter.clone();
        /// 计算主题 · The calculation.
        topic: String = "transfer-income", from |it| it.assessment.draft.topic.clone();
        /// 状态：draft、confirmed、rejected · Where it stands.
        standing: &'static str = "draft", from |it| it.assessment.standing.code();
        /// 缴款计划的记录号 · The entry that planned it.
        plan: Option<Seq> = 6, from |it| it.assessment.plan;
    }
}

answer_shape! {
    /// 矿业权的现状 · A right as it stands.
    RightHistory as "MiningRight" {
        /// 标识 · Id.
        id: RightId = "R3";
        /// 探矿权或采矿权 · Exploration or mining.
        right: Right = "mining", from |it| it.registered.right;
        /// 持有人 · Holder.
        holder: PartyId = "P2", from |it| it.holders.last().map_or(it.registered.holder, |(_, holder)| *holder);
        /// 许可证号 · Number of the licence.
        licence_number: String = "C1000002023051110000001", from |it| it.licence_number.clone();
        /// 合同编号 · Number of the contract.
        contract_number: Option<String> = "CKHT-2023-001", from |it| it.registered.contract_number.clone();
        /// 合同签订日 · Day of the contract.
        contract_signed_on: Option<NaiveDate> = "2023-05-01", from |it| it.registered.contract_signed_on;
        /// 出让方式 · How it was granted.
        transfer_mode: TransferMode = "agreement", from |it| it.registered.transfer_mode;
        /// 合同约定的收益率（%）· The rate that the contract states.
        contract_rate_percent: Option<Decimal> = "2.4", from |it| it.registered.contract_rate_percent;
        /// 行政区划代码 · Division code.
        division: String = "370105", from |it| it.registered.division.clone();
        /// 区域 · Kind of area.
        area: AreaKind = "land", from |it| it.registered.area;
        /// 分成类别 · Class of the province's scheme.
        scheme: Option<String> = "county", from |it| it.registered.scheme.clone();
        /// 矿种代码，首个为主矿种 · Codes; the first is the main mineral.
        minerals: Vec<String> = ["coal"], from |it| it.minerals.clone();
        /// 面积（km²）· Area.
        area_km2: Decimal = "1.25", from |it| it.registered.area_km2;
        /// 许可证首日 · First day of the licence.
        term_from: Option<NaiveDate> = "2023-05-01", from |it| it.term.0;
        /// 许可证末日 · Last day of the licence.
        term_to: Option<NaiveDate> = "2043-04-30", from |it| it.term.1;
        /// 生产规模 · Scale of the mine.
        mine_scale: Option<MineScale> = "large";
        /// 登记生效日 · From which day.
        registered_on: NaiveDate = "2023-05-01";
        /// 注销日或转采日 · The day it was closed or converted.
        closed_on: Option<NaiveDate> = "2030-01-01";
        /// 转成的采矿权 · The mining right that it became.
        converted_to: Option<RightId> = "R7";
        /// 由该探矿权转来；只在单个矿业权中列出 · The exploration right that it was; with a single right alone.
        converted_from: Option<RightId> = "R3";
        /// 核定 · Assessments.
        assessments: Vec<AssessmentOf> = [], from |it| it.assessments.iter()
            .map(|(seq, assessment)| AssessmentOf { seq: *seq, assessment: assessment.clone() }).collect::<Vec<_>>();
        /// 已申报年度 · Years declared.
        declared: Vec<i32> = [2023], from |it| it.declared.keys().copied().collect::<Vec<_>>();
        /// 通知书号 · Notices.
        notices: Vec<String> = ["3701052023000001"], from |it| it.notices.keys().cloned().collect::<Vec<_>>();
    }
}

/// Rights after one another.
pub(super) struct Rights {
    pub(super) rights: Vec<Arc<RightHistory>>,
    pub(super) next: Option<Seq>,
}

answer_shape! {
    /// 矿业权清单 · Rights.
    Rights as "MiningRightList" {
        /// 矿业权，按登记次序 · Rights in the order of registration.
        rights: Vec<&'a RightHistory> = [], from |it| it.rights.iter().map(|right| &**right).collect::<Vec<_>>();
        /// 下一页的 after；缺省则已到末尾 · `after` of the next page; absent at the end.
        next: Option<Seq> = 103;
    }
}

answer_shape! {
    /// 总额 = 到期已缴 + 到期欠缴 + 未到期待缴 · total = paid + overdue + pending.
    Figures as "StatementFigures" {
        /// 总额（元）· Owed in all.
        total: Yuan = "100000.00";
        /// 到期已缴（元），含提前缴纳的 · Paid of it, before it was due too.
        paid: Yuan = "60000.00";
        /// 到期欠缴（元）· Past its due date.
        overdue: Yuan = "40000.00";
        /// 未到期待缴（元）· Not due yet.
        pending: Yuan = "0.00";
        /// 多缴（元）· Paid beyond the total.
        overpaid: Yuan = "0.00";
        /// 截至当日的滞纳金（元）；没有可用规定的缺省 · Late fee to the day; absent where no rule at hand covers it.
        late_fee: Option<Yuan> = "2400.00";
        /// 已缴滞纳金（元）· Paid of it.
        late_fee_paid: Yuan = "0.00";
        /// 未缴滞纳金（元）；滞纳金未知的缺省 · Still to pay; absent where the fee is not known.
        late_fee_outstanding: Option<Yuan> = "2400.00";
    }
}

impl Show for Line<'_> {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        use crate::api::show::{Shown, field};
        let mut object = serializer.serialize_struct("StatementItem", 11)?;
        field(&mut object, "item", &self.item.id, audience)?;
        object.serialize_field("kind", self.item.kind.code())?;
        field(&mut object, "due_on", &self.item.due_on, audience)?;
        field(&mut object, "deferred_until", &self.deferred_until, audience)?;
        field(&mut object, "assessment", &self.item.assessment, audience)?;
        field(&mut object, "year", &self.item.year, audience)?;
        field(&mut object, "figures", &self.figures, audience)?;
        field(&mut object, "treasuries", &self.item.in_treasuries(), audience)?;
        field(&mut object, "late_days", &self.late_fee.known().map(|answer| answer.result.days), audience)?;
        field(&mut object, "late_fee_unknown", &self.late_fee.reason(), audience)?;
        match self.late_fee.known() {
            Some(answer) => object.serialize_field("steps", &Shown(&Steps(answer), audience))?,
            None => object.serialize_field("steps", &[(); 0])?,
        }
        object.end()
    }
}

impl Described for Line<'_> {
    fn schema(words: Words) -> RefOr<Schema> {
        crate::api::schema::reference("StatementItem", words)
    }

    fn named(named: &mut crate::api::schema::Named) {
        use crate::api::schema::{Field, example, object, words};
        Figures::named(named);
        TreasuryShares::named(named);
        Step::named(named);
        named.add(
            "StatementItem",
            || {
                let field = |name, schema, required| Field { name, schema, required, words: Words::default() };
                let fields = vec![
                    field("item", ItemId::schema(example("标识 · Id.", "I6-1")), true),
                    field("kind", String::schema(example("款项种类 · What it is owed for.", "price")), true),
                    field("due_on", NaiveDate::schema(example("到期日 · Last day for it.", "2023-07-01")), false),
                    field(
                        "deferred_until",
                        NaiveDate::schema(example("缓缴至 · Until when its payment is deferred.", "2024-07-01")),
                        false,
                    ),
                    field("assessment", u64::schema(example("核定的记录号 · The assessment.", 4)), false),
                    field("year", i64::schema(example("申报年度 · The year declared.", 2023)), false),
                    field("figures", Figures::schema(words("各项金额 · Its figures.")), true),
                    field(
                        "treasuries",
                        TreasuryShares::schema(words("已缴各级国库 · What the treasuries have of it, less refunds.")),
                        true,
                    ),
                    field("late_days", i64::schema(example("计滞纳金的天数 · Late days counted.", 15)), false),
                    field(
                        "late_fee_unknown",
                        String::schema(words("滞纳金未知的原因 · Why the late fee is not known.")),
                        false,
                    ),
                    field(
                        "steps",
                        Vec::<Step<'_>>::schema(words("滞纳金的计算步骤 · How the late fee came about.")),
                        true,
                    ),
                ];
                object(Some("一个应缴项 · An item of a statement.".to_owned()), fields, false)
            },
            |_| {},
        );
    }
}

/// A statement with the data behind it.
pub(super) struct StatementOf<'b> {
    pub(super) right: RightId,
    pub(super) statement: crate::domain::books::statement::Statement<'b>,
    pub(super) known_at: Option<Moment>,
    pub(super) versions: Vec<&'b Version>,
    pub(super) warnings: Vec<Warning<'b>>,
    pub(super) dataset: Dataset<'b>,
}

answer_shape! {
    /// 对账单 · The statement of a right.
    StatementOf<'a> as "Statement" {
        /// 矿业权 · The right.
        right: RightId = "R3";
        /// 截至 · The day.
        as_of: NaiveDate = "2023-07-16", from |it| it.statement.as_of;
        /// 按当时已知 · As known at this moment.
        known_at: Option<Moment> = "2026-11-21T08:00:00.000Z";
        /// 缴款人 · Who pays on that day.
        payer: PartyId = "P2", from |it| it.statement.payer;
        /// 合计 · Sums.
        sums: Figures = {"total": "100000.00"}, from |it| it.statement.sums;
        /// 已缴各级国库（元），退库后的净额，含滞纳金 · What the treasuries have, less refunds, late fees included.
        treasuries: TreasuryShares = {"central": "24000.00", "local": "36000.00"}, from |it| it.statement.treasuries.clone();
        /// 各应缴项 · The items.
        items: &'a [Line<'a>] = [], from |it| it.statement.lines.as_slice();
        /// 用到的数据版本 · Data files used.
        rate_versions: &'a [&'a Version] = [], from |it| it.versions.as_slice();
        /// 提示 · Warnings.
        warnings: &'a [Warning<'a>] = [], from |it| it.warnings.as_slice();
        /// 数据集 · The dataset.
        dataset: Dataset<'a> = {"id": "builtin"};
    }
}

/// One thing to do.
pub(super) struct Task {
    pub(super) right: RightId,
    pub(super) payer: PartyId,
    pub(super) item: Option<ItemId>,
    pub(super) due_on: Option<NaiveDate>,
    pub(super) deferred_until: Option<NaiveDate>,
    pub(super) outstanding: Option<Yuan>,
    pub(super) year: Option<i32>,
    pub(super) notice: Option<String>,
    pub(super) check: Option<Check>,
    pub(super) entries: Option<Vec<Seq>>,
    pub(super) law: Option<Law<'static>>,
    pub(super) found: Option<Text>,
    pub(super) expected: Option<Text>,
}

impl Task {
    /// What is due first comes first; what has no date stands in the order of registration.
    pub(super) fn order(&self) -> impl Ord {
        (self.deferred_until.or(self.due_on), self.right, self.item, self.check)
    }
}

choice!(Check {
    "wrong_levy_method" => Check::WrongLevyMethod,
    "wrong_shares" => Check::WrongShares,
    "levied_too_early" => Check::LeviedTooEarly,
    "one_payment_several_items" => Check::OnePaymentSeveralItems,
    "late_fee_open" => Check::LateFeeOpen,
    "malformed_contract_number" => Check::MalformedContractNumber,
    "malformed_licence_number" => Check::MalformedLicenceNumber,
});

answer_shape! {
    /// 一件待办 · Something to do.
    Task as "Task" {
        /// 矿业权 · The right.
        right: RightId = "R3";
        /// 缴款人 · Who pays.
        payer: PartyId = "P2";
        /// 应缴项 · The item.
        item: Option<ItemId> = "I6-1";
        /// 到期日 · Due date.
        due_on: Option<NaiveDate> = "2023-07-01";
        /// 缓缴至 · Until when its payment is deferred.
        deferred_until: Option<NaiveDate> = "2024-07-01";
        /// 未缴（元）· Still to pay.
        outstanding: Option<Yuan> = "40000.00";
        /// 未申报的年度 · Year not declared.
        year: Option<i32> = 2024;
        /// 未送达的通知书 · Notice not served.
        notice: Option<String> = "3701052023000001";
        /// 核查的代码 · Code of the check.
        check: Option<Check> = "late_fee_open";
        /// 核查所见的记录号，或拒收的费源信息及其拒收 · Entries that show what a check found; a rejected record and its rejection.
        entries: Option<Vec<Seq>> = [11];
        /// 核查的依据 · The article behind the check.
        law: Option<Law<'static>> = {};
        /// 核查所见 · What the check found.
        found: Option<Text> = "2023-07-08 到期，本金于 2023-07-18 缴清，滞纳金尚欠 800.00 元";
        /// 应有的情形 · What would be expected.
        expected: Option<Text> = "滞纳金与逾期本金一并缴纳";
    }
}

/// A work list.
pub(super) struct Tasks {
    pub(super) as_of: NaiveDate,
    pub(super) tasks: Vec<Task>,
    pub(super) next: Option<Seq>,
}

answer_shape! {
    /// 工作清单 · A work list.
    Tasks as "Worklist" {
        /// 截至 · The day.
        as_of: NaiveDate = "2023-07-16";
        /// 待办 · What has to be done.
        tasks: Vec<Task> = [];
        /// 下一页的 after；缺省则已到末尾 · `after` of the next page; absent at the end.
        next: Option<Seq> = 100;
    }
}

/// The ends of both chains.
pub(super) struct Heads {
    pub(super) head: Head,
    pub(super) audit: Option<AuditRow>,
}

answer_shape! {
    /// 链首 · The last entry, to be anchored elsewhere.
    Heads as "LedgerHead" {
        /// 记录数 · Number of the last entry.
        entries: Seq = 14, from |it| it.head.seq;
        /// 最后一条的哈希 · Its hash.
        hash: Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", from |it| it.head.hash;
        /// 算法 · Algorithm.
        algorithm: &'static str = "sha256", from |it| it.head.algorithm.code();
        /// 记录库的标识 · Name of the store.
        instance: String = "0123456789abcdef0123456789abcdef", from |it| it.head.instance.clone();
        /// 记录时刻 · When it was recorded.
        recorded_at: Moment = "2026-11-21T08:00:00.000Z", from |it| it.head.recorded_at;
        /// 访问日志的行数，本次访问不在内 · Rows of the audit log, this access not among them.
        accesses: Seq = 40, from |it| it.audit.as_ref().map_or(0, |row| row.seq);
        /// 访问日志最后一行的哈希，没有则缺省 · Hash of the last of them; absent if there is none.
        accesses_hash: Option<Hash> = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            from |it| it.audit.as_ref().map(|row| row.hash);
    }
}

answer_shape! {
    /// 首个有误之处 · The first thing that is not as it was written.
    Damage as "LedgerDamage" {
        /// 表 · The table.
        table: &'static str = "journal";
        /// 记录号 · The entry.
        entry: Seq = 6, from |it| it.seq;
        /// 原因 · What is wrong.
        reason: &'static str = "the hash does not fit the entry";
    }
}

answer_shape! {
    /// 校验结果 · What verification found.
    Verification as "LedgerVerification" {
        /// 是否完好 · Whether everything is as it was written.
        sound: bool = true, from |it| it.damage.is_none();
        /// 完好的记录数 · Entries that are sound, from the first on.
        entries: Seq = 14;
        /// 其中最后一条的哈希 · Hash of the last of them.
        hash: Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", from |it| it.head;
        /// 完好的访问日志行数 · Rows of the audit log that are sound.
        accesses: Seq = 40;
        /// 首个有误之处 · The first damage.
        damage: Option<&'a Damage> = {"table": "journal", "entry": 6, "reason": "the hash does not fit the entry"}, from |it| it.damage.as_ref();
    }
}

answer_shape! {
    /// 一个余额 · A balance.
    Balance as "Balance" {
        /// 应缴项 · The item.
        item: ItemId = "I6-1";
        /// 账户 · The account.
        account: &'static str = "receivable", from |it| it.account.code();
        /// 余额（元），借为正 · Debits less credits.
        amount: Yuan = "100000.00";
    }
}

/// What is past its last day and not paid.
pub(super) struct Overdue {
    pub(super) item: ItemId,
    pub(super) amount: Yuan,
}

answer_shape! {
    /// 一项欠缴 · An overdue item.
    Overdue as "OverdueItem" {
        /// 应缴项 · The item.
        item: ItemId = "I6-1";
        /// 到期欠缴（元）· Past its last day and not paid.
        amount: Yuan = "40000.00";
    }
}

/// Balances, which add up to nothing.
pub(super) struct Balances {
    pub(super) balances: Vec<Balance>,
    pub(super) overdue: Yuan,
    pub(super) overdue_items: Vec<Overdue>,
}

answer_shape! {
    /// 余额表，合计为零 · Balances, which add up to nothing.
    Balances as "BalanceList" {
        /// 余额 · Balances by item and account.
        balances: Vec<Balance> = [];
        /// 到期欠缴合计（元）：不是账户，由到期日得出 · Past its last day in all: no account, but by the due dates.
        overdue: Yuan = "40000.00";
        /// 各项到期欠缴 · The items of it.
        overdue_items: Vec<Overdue> = [{"item": "I6-1", "amount": "40000.00"}];
    }
}

answer_shape! {
    /// 一次访问 · An access to the records.
    AuditRow as "Access" {
        /// 号，从 1 起连续 · Number, without gaps.
        number: Seq = 41, from |it| it.seq;
        /// 时刻（UTC）· When.
        at: Moment = "2026-11-21T08:00:00.000Z";
        /// 何人：密钥的标识、oidc:<签发者>#<主体>，或 local · Who: the id of a key, `oidc:<issuer>#<sub>`, or `local`.
        actor: String = "K5", from |it| it.access.actor.clone();
        /// 方法 · Method.
        method: String = "GET", from |it| it.access.method.clone();
        /// 路径和查询 · Path and query.
        target: String = "/v1/rights/R3", from |it| it.access.target.clone();
        /// 来自何处 · From which address.
        address: String = "127.0.0.1", from |it| it.access.address.clone();
        /// 请求标识 · Id of the request.
        request_id: String = "7d44d5b4d0a1f3c2", from |it| it.access.request_id.clone();
        /// 应答状态 · Status of the answer.
        status: i64 = 200, from |it| i64::from(it.access.status);
        /// 链上的哈希 · Hash in the chain.
        hash: Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    }
}

/// Accesses after one another.
pub(super) struct Accesses {
    pub(super) accesses: Vec<AuditRow>,
    pub(super) next: Option<Seq>,
}

answer_shape! {
    /// 访问日志 · Accesses.
    Accesses as "AccessList" {
        /// 访问，按号 · Accesses in order.
        accesses: Vec<AuditRow> = [];
        /// 续读时的 since；无新的访问则缺省 · `since` of the next page; absent when there is nothing new.
        next: Option<Seq> = 41;
    }
}
