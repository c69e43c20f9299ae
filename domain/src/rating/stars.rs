//! Stars: overall, and in five dimensions where the rater wants to.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::text::{Text, rule_message};
use crate::word::Word;

/// Stars, 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ToSchema)]
#[schema(value_type = u8, minimum = 1, maximum = 5, example = 4)]
pub struct Stars(u8);

/// A number that is not 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stars are a whole number from 1 to 5")]
pub struct NotStars;

impl NotStars {
    /// The fault in words for people.
    pub fn text(self) -> Text {
        Text::new("评分须为1至5的整数", self.to_string())
    }
}

impl Stars {
    /// One to five, in order.
    pub const ALL: [Stars; 5] = [Stars(1), Stars(2), Stars(3), Stars(4), Stars(5)];

    /// The number of stars, 1–5.
    pub fn get(self) -> u8 {
        self.0
    }

    /// Its position in a distribution, 0–4.
    pub(super) fn position(self) -> usize {
        usize::from(self.0 - 1)
    }
}

impl TryFrom<i64> for Stars {
    type Error = NotStars;

    fn try_from(number: i64) -> Result<Stars, NotStars> {
        u8::try_from(number).ok().filter(|stars| (1..=5).contains(stars)).map(Stars).ok_or(NotStars)
    }
}

impl From<Stars> for i64 {
    fn from(stars: Stars) -> i64 {
        i64::from(stars.0)
    }
}

impl fmt::Display for Stars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for Stars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

/// Whole JSON numbers only: `4.0` and `"4"` are refused.
impl<'de> Deserialize<'de> for Stars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Stars, D::Error> {
        Stars::try_from(i64::deserialize(deserializer)?)
            .map_err(|fault| serde::de::Error::custom(rule_message("stars", &fault.text())))
    }
}

/// What may be rated beside the whole.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Dimension {
    /// 保洁
    Cleaning,
    /// 秩序维护
    Security,
    /// 绿化
    Greening,
    /// 维修
    Maintenance,
    /// 服务态度
    Attitude,
}

impl Dimension {
    /// All five, in the order in which they are stored and shown.
    pub const ALL: [Dimension; 5] = [
        Dimension::Cleaning,
        Dimension::Security,
        Dimension::Greening,
        Dimension::Maintenance,
        Dimension::Attitude,
    ];

    /// Its name for people.
    pub fn text(self) -> Text {
        let zh = match self {
            Dimension::Cleaning => "保洁",
            Dimension::Security => "秩序维护",
            Dimension::Greening => "绿化",
            Dimension::Maintenance => "维修",
            Dimension::Attitude => "服务态度",
        };
        Text::new(zh, self.into_str())
    }

    /// Its position in [`Dimension::ALL`], 0–4.
    pub(super) fn position(self) -> usize {
        self as usize
    }
}

/// The stars of a rating in each dimension; all of them optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, ToSchema)]
#[schema(example = json!({"cleaning": 5, "security": 4, "maintenance": 3}))]
pub struct Dimensions {
    /// 保洁
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cleaning: Option<Stars>,
    /// 秩序维护
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub security: Option<Stars>,
    /// 绿化
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub greening: Option<Stars>,
    /// 维修
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub maintenance: Option<Stars>,
    /// 服务态度
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub attitude: Option<Stars>,
}

impl Dimensions {
    /// The stars given in one dimension.
    pub fn get(&self, dimension: Dimension) -> Option<Stars> {
        match dimension {
            Dimension::Cleaning => self.cleaning,
            Dimension::Security => self.security,
            Dimension::Greening => self.greening,
            Dimension::Maintenance => self.maintenance,
            Dimension::Attitude => self.attitude,
        }
    }

    /// The dimensions that are rated, in order.
    pub fn given(&self) -> impl Iterator<Item = (Dimension, Stars)> {
        Dimension::ALL.into_iter().filter_map(|dimension| Some((dimension, self.get(dimension)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_one_to_five() {
        assert_eq!(Stars::try_from(1).map(Stars::get), Ok(1));
        assert_eq!(Stars::try_from(5).map(Stars::get), Ok(5));
        for number in [0, 6, -1, 256, i64::MAX] {
            assert_eq!(Stars::try_from(number), Err(NotStars), "{number}");
        }
    }

    #[test]
    fn json_takes_whole_numbers_only() {
        assert_eq!(serde_json::from_str::<Stars>("4").unwrap().get(), 4);
        for text in ["4.0", "4.5", "\"4\"", "0", "6", "null", "99999999999999999999"] {
            assert!(serde_json::from_str::<Stars>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn dimensions_are_optional_and_left_out_where_there_is_none() {
        let [one, .., five] = Stars::ALL.map(Some);
        let dimensions = Dimensions { cleaning: five, attitude: one, ..Dimensions::default() };
        let given: Vec<_> =
            dimensions.given().map(|(dimension, stars)| (dimension.into_str(), stars.get())).collect();
        assert_eq!(given, [("cleaning", 5), ("attitude", 1)]);
        assert_eq!(serde_json::to_string(&dimensions).unwrap(), r#"{"cleaning":5,"attitude":1}"#);
    }

    #[test]
    fn positions_agree_with_the_lists() {
        for (position, dimension) in Dimension::ALL.into_iter().enumerate() {
            assert_eq!(dimension.position(), position);
        }
        for (position, stars) in Stars::ALL.into_iter().enumerate() {
            assert_eq!(stars.position(), position);
        }
    }
}
