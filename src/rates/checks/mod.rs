//! The rules that the rate data has to keep, one named check for each.
//!
//! All checks run on every set, and each reports all that it finds. A check that needs another file says nothing when
//! that file cannot be read: the check that says why has said enough. For each check `tests/bad_rates/` has a set that
//! breaks it and nothing else.

mod catalogue;
mod files;
mod manifest;
mod national;
mod provincial;
mod registers;
mod values;

use super::problem::Problem;
use super::raw::Document;
use super::set::Set;

/// A named rule.
pub struct Check {
    /// The name that a problem shows.
    pub name: &'static str,
    /// The rule in Chinese, as `lode rates check` explains it. In English it is the doc comment of the function.
    pub rule: &'static str,
    run: fn(&Set<'_>, &mut Report<'_>),
    of_manifest: bool,
}

const fn check(name: &'static str, run: fn(&Set<'_>, &mut Report<'_>), rule: &'static str) -> Check {
    Check { name, rule, run, of_manifest: false }
}

const fn of_manifest(name: &'static str, run: fn(&Set<'_>, &mut Report<'_>), rule: &'static str) -> Check {
    Check { name, rule, run, of_manifest: true }
}

/// All checks.
pub static CHECKS: &[Check] = &[
    check("readable", files::readable, "每个文件可读且为 UTF-8"),
    check("stray-file", files::stray_file, "数据目录内只有格式规定的文件"),
    check("missing-file", files::missing_file, "sources、minerals、divisions、coverage 四个文件齐全"),
    check("syntax", files::syntax, "每个文件是合法的 TOML"),
    check("unknown-key", files::unknown_key, "没有格式未规定的键"),
    check("missing-key", files::missing_key, "格式要求的键齐全"),
    check("wrong-type", files::wrong_type, "值的类型符合格式：小数加引号，日期不加引号、不带时间"),
    check("empty-text", files::empty_text, "文字非空，首尾无空格，列表至少一项"),
    check("known-topic", files::known_topic, "主题目录是本层级规定的主题"),
    check("place", files::place, "目录名等于 topic，文件名等于 effective_from"),
    check("interval", files::interval, "区间的终点在起点之后"),
    check("overlap", files::overlap, "同一主题、同一行政区划的版本不重叠"),
    check("required-topic", files::required_topic, "规则所需的全国主题至少有一个版本"),
    check("sentinel-date", files::sentinel_date, "没有占位日期：年份在 1990 至 2099 之间"),
    check("instrument", values::instrument, "所引文件列于 sources.toml"),
    check("locator", values::locator, "条次非空"),
    check("provenance", values::provenance, "出处为 verbatim、reported 或 inferred"),
    check("unit", values::unit, "单位是该参数规定的单位"),
    check("decimal", values::decimal, "小数写作 -?(0|[1-9]\\d*)(\\.\\d+)?"),
    check("range", values::range, "数值在其单位的范围内"),
    check("choice", values::choice, "选项是规定的词"),
    check("day", values::day, "以文字写的日期为 YYYY-MM-DD"),
    check("account", values::account, "科目代码为九位数字"),
    check("duplicate-entry", values::duplicate_entry, "同一文件内，一键一行"),
    check("mineral-known", values::mineral_known, "所引矿种列于 minerals.toml"),
    check("mineral-single", values::mineral_single, "须为单一矿种处不写组"),
    check("catalogue-rows", catalogue::rows, "目录恰有 25 行，编号 1 至 25 连续"),
    check("catalogue-once", catalogue::once, "一个矿种只在目录的一行"),
    check("catalogue-rates", catalogue::rates, "一行的费率大于零，条件完整且不重叠"),
    check("mineral-code", registers::mineral_code, "矿种代码唯一，为小写 ASCII 下划线形式"),
    check("mineral-name", registers::mineral_name, "一个名称只属于一个矿种或组"),
    check("group-members", registers::group_members, "组的成员至少两个，存在、单一、不重复"),
    check("division-code", registers::division_code, "行政区划代码为六位数字且唯一"),
    check("division-name", registers::division_name, "行政区划名称唯一"),
    check("division-parent", registers::division_parent, "省级无上级，省级以下的上级在表内且为其所属"),
    check("division-folder", registers::division_folder, "provinces 下的目录是表内的行政区划"),
    check("source-key", registers::source_key, "文件键唯一，为小写 ASCII 连字符形式"),
    check("coverage-article", registers::coverage_article, "覆盖表中一条只出现一次"),
    check("coverage-status", registers::coverage_status, "覆盖表按状态写 where 与 reason"),
    check("coverage-path", registers::coverage_path, "覆盖表的 where 是 src/ 下的 Rust 文件"),
    check("shares", national::shares, "中央与地方的比例合计 100"),
    check("price-classes", national::price_classes, "起始价的三类矿种互不重复，油气标准只用于油气类且一矿一地一个"),
    check("levy-stage", national::levy_stage, "按评估值的协议出让写明阶段，其他不写"),
    check("arrears-window", national::arrears_window, "欠缴期间先后有序，所引目录当日有版本"),
    check("holiday-year", national::holiday_year, "节假日文件恰为一个日历年"),
    check("holiday-days", national::holiday_days, "放假日为当年周一至周五，调休上班日为当年周六、周日，均不重复"),
    check("scheme-weights", provincial::scheme_weights, "地方分成之和等于当日的地方比例"),
    check("price-band", provincial::price_band, "省起始价标准在参考值的调整幅度内（含端点）"),
    check("instalment-bounds", provincial::instalment_bounds, "首付下限不高于上限，省的分期规定只能收窄全国的界限"),
    check("conversion-direction", provincial::conversion_direction, "折算方向指向目录的计征对象"),
    check("approved-price-range", provincial::approved_price_range, "同一矿种核定价格的温度区间有序且不重叠"),
    of_manifest("manifest-files", manifest::files, "清单恰列出全部数据文件，各一次"),
    of_manifest("manifest-checksum", manifest::checksum, "清单的 sha256 与文件一致"),
    of_manifest("manifest-dataset", manifest::dataset, "清单的数据集 sha256 与全部文件一致"),
    of_manifest("manifest-provenance", manifest::provenance, "清单的出处是文件内最弱的出处"),
    of_manifest("manifest-status", manifest::status, "清单的状态与区间、废止日、核对日相符"),
];

/// Which checks are to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of them.
    Everything,
    /// Those that hold before a manifest is written.
    DataAlone,
    /// Those that say whether the files are the ones that the manifest names.
    ManifestAlone,
}

/// Runs the checks; problems come sorted by file and line, none twice.
pub(super) fn run(set: &Set<'_>, scope: Scope) -> Vec<Problem> {
    let mut report = Report { set, check: "", problems: Vec::new() };
    let wanted = |check: &&Check| match scope {
        Scope::Everything => true,
        Scope::DataAlone => !check.of_manifest,
        Scope::ManifestAlone => check.of_manifest,
    };
    for check in CHECKS.iter().filter(wanted) {
        report.check = check.name;
        (check.run)(set, &mut report);
    }
    report.problems.sort();
    report.problems.dedup();
    report.problems
}

/// Where checks report what they find.
pub(super) struct Report<'s> {
    set: &'s Set<'s>,
    check: &'static str,
    problems: Vec<Problem>,
}

impl Report<'_> {
    /// A problem at a byte of a file.
    fn at(&mut self, document: &Document, at: usize, message: impl Into<String>) {
        let file = self.set.files.shown(&document.path);
        self.problems.push(Problem { file, line: document.line(at), check: self.check, message: message.into() });
    }

    /// A problem of a file as a whole.
    fn of_file(&mut self, path: &str, message: impl Into<String>) {
        self.of_line(path, 1, message);
    }

    /// A problem of a line of a file that is no document.
    fn of_line(&mut self, path: &str, line: usize, message: impl Into<String>) {
        let file = self.set.files.shown(path);
        self.problems.push(Problem { file, line, check: self.check, message: message.into() });
    }
}
