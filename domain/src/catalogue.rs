//! 信用信息目录: the one shared, versioned catalogue of what can be recorded in a dossier.
//!
//! A record names a [`Category`] by its code; a scheme gives points to categories. So one record
//! means the same in every scheme, and a scheme that knows nothing of a category says so
//! (`unmatched`) instead of ignoring it silently.
//!
//! The catalogue is a TOML file (`schemes/catalogue.toml`):
//!
//! ```toml
//! version = 1
//!
//! [[category]]
//! code = "P201"
//! kind = "penalty"                # or "reward"
//! severity = "ordinary"           # "minor", "ordinary" or "serious": the usual one
//! severities = ["ordinary", "serious"]  # all that a record may have without saying why
//! name = { zh = "擅自撤离", en = "Leaving a project without handover" }
//! basis = { zh = "…", en = "the text it rests on" }
//! evidence = { zh = "…", en = "what must be attached" }
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::Refusal;
use crate::scheme::{Document, Fault, Table};
use crate::text::Text;
use crate::word::Word;

/// Reward or penalty: whether a record speaks for its subject or against it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum RecordKind {
    /// 奖励、良好信息
    Reward,
    /// 惩戒、不良信息
    Penalty,
}

/// How grave a record is; the clocks of publicity hang on it (NDRC Order 36).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum Severity {
    /// 轻微
    Minor,
    /// 一般
    Ordinary,
    /// 严重
    Serious,
}

/// The level of the authority that made the decision or gave the honour, from the top.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum Level {
    /// 国家级
    State,
    /// 省级
    Province,
    /// 市级
    City,
    /// 区县级
    District,
    /// 街道级
    Street,
}

impl Severity {
    /// 轻微, 一般 or 严重.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Minor => "轻微",
            Self::Ordinary => "一般",
            Self::Serious => "严重",
        }
    }
}

/// One entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Category {
    /// The code that records and schemes name, such as `P201`.
    pub code: String,
    /// Reward or penalty; a record's own kind is its category's.
    pub kind: RecordKind,
    /// What such a fact usually weighs; a record keeps its own.
    pub usual_severity: Severity,
    /// What it may weigh: a record with another severity says why.
    pub severities: Vec<Severity>,
    /// What it is called.
    pub name: Text,
    /// The text it rests on.
    pub basis: Text,
    /// What must be attached as evidence.
    pub evidence: Text,
}

impl Category {
    /// Why a record of this category has the severity that it has.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a severity that the category does not have, without a reason.
    pub fn require_severity(&self, severity: Severity, reason: Option<&str>) -> Result<(), Refusal> {
        if self.severities.contains(&severity) || reason.is_some() {
            return Ok(());
        }
        let (zh, en): (Vec<&str>, Vec<&str>) =
            self.severities.iter().map(|known| (known.in_chinese(), known.into_str())).unzip();
        let text = Text::new(
            format!("“{}”按目录为{}，认定为{}须说明理由", self.name.zh, zh.join("、"), severity.in_chinese()),
            format!(
                "By the catalogue “{}” is {}: a reason is needed for {}",
                self.name.en,
                en.join(" or "),
                severity.into_str()
            ),
        );
        Err(Refusal::invalid("/severity_reason", "required", text))
    }
}

/// The whole catalogue in one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Catalogue {
    version: u32,
    categories: BTreeMap<String, Category>,
}

impl Catalogue {
    /// Reads a catalogue file.
    ///
    /// # Errors
    /// Every fault of the file, in its order: bad TOML, unknown keys, missing or empty texts, codes
    /// given twice.
    pub fn read(text: &str, file_name: &str) -> Result<Self, Vec<Fault>> {
        let document = Document::parse(text, file_name)?;
        let mut root = document.root();
        let version = root.count("version", 1, 1_000_000).unwrap_or(1);
        let mut categories = BTreeMap::new();
        for mut entry in root.tables("category") {
            let Some(category) = read_category(&mut entry) else { continue };
            if categories.contains_key(&category.code) {
                let code = &category.code;
                entry.fault_at("code", format!("分类 {code} 重复"), format!("category {code} stands twice"));
            } else {
                categories.insert(category.code.clone(), category);
            }
            entry.finish();
        }
        if categories.is_empty() {
            root.fault("目录没有任何分类", "the catalogue has no category");
        }
        root.finish();
        document.into_result(Self { version, categories })
    }

    /// The version of the file.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The category of a code.
    pub fn get(&self, code: &str) -> Option<&Category> {
        self.categories.get(code)
    }

    /// All categories, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Category> {
        self.categories.values()
    }
}

fn read_category(entry: &mut Table<'_, '_>) -> Option<Category> {
    // All are read before the first `?`, so that one entry's faults are all named at once.
    let code = entry.identifier("code");
    let kind = entry.word("kind");
    let severity = entry.word("severity");
    let severities = entry.words("severities");
    if severity.is_some_and(|usual| !severities.contains(&usual)) {
        entry.fault_at(
            "severities",
            "应包含通常的严重程度 severity",
            "must have the usual `severity` among them",
        );
    }
    let name = entry.text("name");
    let basis = entry.text("basis");
    let evidence = entry.text("evidence");
    Some(Category {
        code: code?,
        kind: kind?,
        usual_severity: severity?,
        severities,
        name: name?,
        basis: basis?,
        evidence: evidence?,
    })
}
