//! How long a period is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text::Text;

/// How long a [`super::Period`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum PeriodKind {
    /// 日: `2026-11-21`
    Day,
    /// 半月, the days to the 15th and those after it: `2026-11-H1`, `2026-11-H2`
    HalfMonth,
    /// 月: `2026-11`
    Month,
    /// 季度, three months: `2026-Q4`
    Quarter,
    /// 半年, six months: `2026-H2`
    #[serde(rename = "half")]
    #[strum(serialize = "half")]
    HalfYear,
    /// 年: `2026`
    Year,
}

impl PeriodKind {
    /// Every kind, the shortest first.
    pub const ALL: [PeriodKind; 6] = [
        PeriodKind::Day,
        PeriodKind::HalfMonth,
        PeriodKind::Month,
        PeriodKind::Quarter,
        PeriodKind::HalfYear,
        PeriodKind::Year,
    ];

    /// Those that officials assess, and that rankings look at.
    pub const ASSESSED: [PeriodKind; 3] = [PeriodKind::Quarter, PeriodKind::HalfYear, PeriodKind::Year];

    /// Its length in months; 0 for what is shorter than one.
    pub fn months(self) -> u8 {
        match self {
            PeriodKind::Day | PeriodKind::HalfMonth => 0,
            PeriodKind::Month => 1,
            PeriodKind::Quarter => 3,
            PeriodKind::HalfYear => 6,
            PeriodKind::Year => 12,
        }
    }

    /// How a period of this kind is written.
    pub fn pattern(self) -> &'static str {
        match self {
            PeriodKind::Day => "YYYY-MM-DD",
            PeriodKind::HalfMonth => "YYYY-MM-H1|H2",
            PeriodKind::Month => "YYYY-MM",
            PeriodKind::Quarter => "YYYY-Q1|Q2|Q3|Q4",
            PeriodKind::HalfYear => "YYYY-H1|H2",
            PeriodKind::Year => "YYYY",
        }
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            PeriodKind::Day => Text::new("日", "day"),
            PeriodKind::HalfMonth => Text::new("半月", "half-month"),
            PeriodKind::Month => Text::new("月", "month"),
            PeriodKind::Quarter => Text::new("季度", "quarter"),
            PeriodKind::HalfYear => Text::new("半年", "half-year"),
            PeriodKind::Year => Text::new("年", "year"),
        }
    }

    /// What a period of another kind than these is refused with: each with how it is written.
    pub fn wrong(kinds: &[PeriodKind]) -> Text {
        let zh = kinds.iter().map(|kind| format!("{}（{}）", kind.name().zh, kind.pattern()));
        let en = kinds.iter().map(|kind| format!("a {} ({})", kind.name().en, kind.pattern()));
        Text::new(
            format!("周期应为{}", zh.collect::<Vec<_>>().join("、")),
            format!("the period must be {}", en.collect::<Vec<_>>().join(" or ")),
        )
    }
}
