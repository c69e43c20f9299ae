//! What a resident says: the command that is sent and carried out.

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use validator::Validate;

use super::{Dimensions, Screened, Stars};

/// What a resident says of a project's service in a month.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overall": 5, "dimensions": {"cleaning": 5, "attitude": 4}, "comment": "楼道很干净"}))]
pub struct NewRating {
    /// Stars overall, 1 to 5.
    pub overall: Stars,
    /// Stars by dimension, each optional.
    #[serde(default, deserialize_with = "read_dimensions")]
    #[schema(value_type = Option<PutDimensions>)]
    pub dimensions: Dimensions,
    /// A comment of at most 500 characters, published without a name, together with the stars. One
    /// that seems to hold a phone or identity number, an e-mail address, an account of WeChat or QQ
    /// or a dwelling is held.
    #[schema(value_type = Option<String>)]
    pub comment: Option<Screened>,
}

/// The stars by dimension as they are sent: one that is null is not rated. An answer leaves it out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct PutDimensions {
    /// 保洁
    cleaning: Option<Stars>,
    /// 秩序维护
    security: Option<Stars>,
    /// 绿化
    greening: Option<Stars>,
    /// 维修
    maintenance: Option<Stars>,
    /// 服务态度
    attitude: Option<Stars>,
}

fn read_dimensions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Dimensions, D::Error> {
    Ok(Option::<PutDimensions>::deserialize(deserializer)?.unwrap_or_default().into())
}

impl From<PutDimensions> for Dimensions {
    fn from(put: PutDimensions) -> Dimensions {
        let PutDimensions { cleaning, security, greening, maintenance, attitude } = put;
        Dimensions { cleaning, security, greening, maintenance, attitude }
    }
}
