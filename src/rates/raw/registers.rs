//! The files that are no versions: sources, minerals, divisions, coverage, the manifest.

use chrono::NaiveDate;
use toml::Spanned;

use crate::rates::fields::{Fields, Leaf, Shown, Word};
use crate::rates::value::Unit;

/// An instrument of `sources.toml`.
#[derive(Debug)]
pub(in crate::rates) struct Source {
    pub(in crate::rates) key: Word,
    pub(in crate::rates) citation: Word,
    pub(in crate::rates) citation_en: Word,
    pub(in crate::rates) title: Word,
    pub(in crate::rates) title_en: Option<Word>,
    pub(in crate::rates) issued: Option<Spanned<NaiveDate>>,
    pub(in crate::rates) in_force_from: Option<Spanned<NaiveDate>>,
    pub(in crate::rates) in_force_until: Option<Spanned<NaiveDate>>,
    pub(in crate::rates) text: Leaf,
    pub(in crate::rates) note: Option<Word>,
}

/// The file `sources.toml`.
pub(in crate::rates) fn read_sources(fields: &mut Fields<'_>) -> Option<Vec<Source>> {
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
pub(in crate::rates) struct Mineral {
    pub(in crate::rates) at: usize,
    pub(in crate::rates) code: Word,
    pub(in crate::rates) zh: Vec<Word>,
    pub(in crate::rates) en: Word,
    /// Codes of the members of a group; `None` for a single mineral.
    pub(in crate::rates) members: Option<Vec<Word>>,
}

/// The file `minerals.toml`: the single minerals, then the groups.
pub(in crate::rates) fn read_minerals(fields: &mut Fields<'_>) -> Option<Vec<Mineral>> {
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
pub(in crate::rates) struct Division {
    pub(in crate::rates) code: Word,
    pub(in crate::rates) zh: Vec<Word>,
    pub(in crate::rates) en: Word,
    pub(in crate::rates) parent: Option<Word>,
}

/// The file `divisions.toml`.
pub(in crate::rates) fn read_divisions(fields: &mut Fields<'_>) -> Option<Vec<Division>> {
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
pub(in crate::rates) struct Article {
    pub(in crate::rates) at: usize,
    pub(in crate::rates) instrument: Word,
    pub(in crate::rates) locator: Word,
    pub(in crate::rates) title: Word,
    pub(in crate::rates) status: Leaf,
    pub(in crate::rates) places: Vec<Word>,
    pub(in crate::rates) reason: Option<Word>,
    pub(in crate::rates) reason_en: Option<Word>,
}

/// The file `coverage.toml`.
pub(in crate::rates) fn read_coverage(fields: &mut Fields<'_>) -> Option<Vec<Article>> {
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
pub(in crate::rates) struct Manifest {
    pub(in crate::rates) id: Word,
    pub(in crate::rates) sha256: Word,
    pub(in crate::rates) files: Vec<ManifestEntry>,
}

/// What the manifest says about one file.
#[derive(Debug)]
pub(in crate::rates) struct ManifestEntry {
    pub(in crate::rates) at: usize,
    pub(in crate::rates) path: Word,
    pub(in crate::rates) sha256: Word,
    pub(in crate::rates) status: Leaf,
    /// The first day after a repeal, for a repealed file.
    pub(in crate::rates) repealed_from: Option<Spanned<NaiveDate>>,
    pub(in crate::rates) provenance: Option<Word>,
    pub(in crate::rates) verified_on: Spanned<NaiveDate>,
}

/// The file `manifest.toml`.
pub(in crate::rates) fn read_manifest(fields: &mut Fields<'_>) -> Option<Manifest> {
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
