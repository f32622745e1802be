//! What the OpenAPI document says about the parts that answers have in common: errors, steps, citations, versions, warnings.

use serde_json::json;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{RefOr, Schema};

use super::error::ErrorCode;
use super::openapi::{EXAMPLE_HASH, EXAMPLE_ID};
use super::schema::{
    Described, Field, Named, Words, example, object, one_of_codes, reference, string, string_map, strings, words,
};
use crate::domain::explain::{Step, TracedRule, Warning, WarningCode};
use crate::domain::law::Law;
use crate::domain::rate_book::{Provenance, Version};

/// An error.
pub(super) fn problem_schema() -> RefOr<Schema> {
    let codes: Vec<&str> = unique_codes();
    let field = |name, schema, required| Field { name, schema, required, words: Words::default() };
    let fields = vec![
        field(
            "type",
            string(
                example("错误类型的相对 URI · Relative URI of the kind of error.", "/problems/rate_not_in_force"),
                None,
            ),
            true,
        ),
        field("title", string(words("错误类型的名称 · What the code means."), None), true),
        field("status", u32::schema(example("HTTP 状态 · HTTP status.", 422)), true),
        field("detail", string(words("出了什么问题、怎么改 · What is wrong and what to do."), None), true),
        field(
            "code",
            one_of_codes(words("稳定代码，即首个问题的代码 · Stable code: that of the first fault."), &codes),
            true,
        ),
        field("request_id", string(example("请求标识 · Id of the request.", EXAMPLE_ID), None), true),
        field("errors", list_of_entries(), true),
        field("candidates", candidates(), false),
    ];
    object(Some("错误（RFC 9457）· An error with every fault behind it.".to_owned()), fields, false)
}

/// One of its faults.
pub(super) fn entry_schema() -> RefOr<Schema> {
    let field = |name, schema, required| Field { name, schema, required, words: Words::default() };
    let fields = vec![
        field(
            "pointer",
            string(example("JSON Pointer，指向需修改的字段 · The field that has to change.", "/as_of"), None),
            true,
        ),
        field("code", one_of_codes(words("稳定代码 · Stable code."), &unique_codes()), true),
        field("detail", string(words("出了什么问题、怎么改 · What is wrong and what to do."), None), true),
        field("law", Law::schema(words("依据 · The article that asks for it.")), false),
        field("candidates", candidates(), false),
        field("trace", Vec::<TracedRule>::schema(words(TRACE_IN_ERROR)), false),
    ];
    object(Some("一个问题 · One fault.".to_owned()), fields, false)
}

const TRACE_IN_ERROR: &str = "没有规则适用、或多条同时适用时：最接近的（同时适用的）规则；explain=all 时为全部规则 · Where no rule \
    or more than one applies: the nearest rules (those that apply), with explain=all every rule.";

fn unique_codes() -> Vec<&'static str> {
    let mut codes: Vec<&str> = ErrorCode::all().map(ErrorCode::as_str).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn list_of_entries() -> RefOr<Schema> {
    struct Entry;
    impl Described for Entry {
        fn schema(words: Words) -> RefOr<Schema> {
            reference("ProblemEntry", words)
        }
    }
    Vec::<Entry>::schema(words("全部问题，按文档顺序 · All faults in document order."))
}

fn candidates() -> RefOr<Schema> {
    strings(words("可能的矿种代码或数据集标识 · Codes of minerals or ids of datasets that may have been meant."))
}

/// Declares a schema that is written by hand.
macro_rules! written {
    ($kind:ty as $name:literal, |$named:ident| { $($inner:expr;)* }, $description:literal, [$( $field:literal: $schema:expr, $required:literal; )*]) => {
        impl Described for $kind {
            fn schema(words: Words) -> RefOr<Schema> {
                reference($name, words)
            }

            fn named($named: &mut Named) {
                let fields = vec![$( Field { name: $field, schema: $schema, required: $required, words: Words::default() } ),*];
                $named.add($name, || object(Some($description.to_owned()), fields, false), |$named| {
                    $($inner;)*
                    let _ = $named;
                });
            }
        }
    };
}

written! {
    Law<'_> as "Law", |named| {}, "条款 · A citation.", [
        "instrument": string(example("文件代码，见 GET /v1/instruments；解读记录为 docs/interpretations · Key of the instrument; `docs/interpretations` for a reading.", "cz-2023-10"), None), true;
        "article": string(example("条款 · Article in machine form.", "33"), None), true;
        "label": string(example("引用 · The citation as it is written.", "财综〔2023〕10号 第三十三条"), None), true;
    ]
}

written! {
    Step<'_> as "Step", |named| { Law::named(named); }, "计算的一步，可按公式重算 · One step; its formula can be evaluated again.", [
        "scenario": string(example("所属方案，仅测算有 · The scenario, of a projection only.", "base"), None), false;
        "year": i64::schema(example("所属年份，仅测算的逐年步骤有 · The calendar year, of a projection only.", 2027)), false;
        "rule": string(example("规则的稳定标识 · Stable id of the rule.", "late-fee.fee"), None), true;
        "law": Law::schema(words("依据 · The article applied.")), true;
        "formula": string(example("以 inputs 中的名称写成的表达式 · An expression over the names in `inputs`.", "min(cap, round2(principal * daily_rate * days))"), None), true;
        "inputs": string_map(words("名称与值 · The values of the names.")), true;
        "result": step_result(), true;
        "rounding": string(example("取整方式 · How the result was rounded.", "half_up_fen"), None), false;
        "rate_version": string(example("参数所在的数据版本 · The data file behind the parameters.", "late-fee/2023-05-01"), None), false;
    ]
}

fn step_result() -> RefOr<Schema> {
    AnyOfBuilder::new()
        .item(string(Words::default(), None))
        .item(strings(Words::default()))
        .description(Some("结果；多个值为字符串数组 · The result; several values are a list of strings."))
        .into()
}

written! {
    Version as "RateVersion", |named| {}, "用到的数据版本 · A data file that was used.", [
        "id": string(example("标识 · Id.", "late-fee/2023-05-01"), None), true;
        "instrument": string(example("文件代码 · Key of the instrument.", "cz-2023-10"), None), true;
        "effective_from": chrono::NaiveDate::schema(example("生效首日 · First day in force.", "2023-05-01")), true;
        "effective_to": chrono::NaiveDate::schema(words("生效末日 · Last day in force.")), false;
        "provenance": Provenance::schema(words("来源 · How we know its parameters: the weakest of them.")), true;
        "sha256": string(example("文件的 SHA-256 · SHA-256 of the file.", json!(EXAMPLE_HASH)), None), true;
    ]
}

written! {
    Warning<'_> as "Warning", |named| { Law::named(named); }, "提示 · Something that the reader of a result has to know.", [
        "code": one_of_codes(words("稳定代码 · Stable code."), &WarningCode::ALL.map(WarningCode::as_str)), true;
        "message": string(words("内容 · What it says."), None), true;
        "law": Law::schema(words("依据 · The article behind it.")), false;
    ]
}
