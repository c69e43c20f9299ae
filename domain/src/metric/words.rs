//! The closed lists of the catalogue: units, reporters, methods.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text::Text;

/// In what a metric is measured.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MetricUnit {
    /// 百分比: 92.5 is 92.5 %.
    Percent,
    /// A number of things, people or times.
    Count,
    /// Hours.
    Hours,
    /// Points of a scale.
    Points,
    /// Years.
    Years,
    /// A rank: 1 is the first.
    Rank,
    /// Yuan a square metre and month.
    #[serde(rename = "yuan_per_m2")]
    #[strum(serialize = "yuan_per_m2")]
    YuanPerSquareMetre,
    /// 万平方米: 1 is 10,000 m².
    #[serde(rename = "ten_thousand_m2")]
    #[strum(serialize = "ten_thousand_m2")]
    TenThousandSquareMetres,
}

impl MetricUnit {
    /// What stands behind a value; empty for a plain number.
    pub fn sign(self) -> Text {
        match self {
            MetricUnit::Percent => Text::new("%", "%"),
            MetricUnit::Count => Text::new("", ""),
            MetricUnit::Hours => Text::new("小时", " h"),
            MetricUnit::Points => Text::new("分", " points"),
            MetricUnit::Years => Text::new("年", " years"),
            MetricUnit::Rank => Text::new("名", ""),
            MetricUnit::YuanPerSquareMetre => Text::new("元/平方米·月", " yuan/m² a month"),
            MetricUnit::TenThousandSquareMetres => Text::new("万平方米", " × 10,000 m²"),
        }
    }
}

/// Who enters a metric.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Reporter {
    /// An official of the subject's place or above; another confirms it.
    Official,
    /// The firm, of itself and its projects; the district confirms it.
    Firm,
    /// The service, which computes it.
    System,
}

impl Reporter {
    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            Reporter::Official => Text::new("工作人员", "officials"),
            Reporter::Firm => Text::new("企业", "the firm"),
            Reporter::System => Text::new("系统", "the service"),
        }
    }
}

/// What a figure says of how it came about.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MetricMethod {
    /// Nothing.
    #[default]
    None,
    /// How a survey was made. A figure of a longer period than a month may be of several surveys,
    /// and say nothing.
    Survey,
}
