//! Departments (部门): the offices of a district, or of the city, to which cases go. Their
//! officials have accounts of their own, bound to no place.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::place::{NamedPlace, PlaceLevel};
use crate::refusal::Refusal;
use crate::rules;
use crate::text::Text;

/// The most characters of a code.
pub const LONGEST_CODE: usize = 32;

/// A department's code and name, as other objects show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "210202-ZHZF", "name": "中山区综合行政执法局"}))]
pub struct NamedDepartment {
    /// The code.
    pub code: String,
    /// The department's name.
    pub name: String,
}

/// A department of a district or of the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "210202-ZHZF", "name": "中山区综合行政执法局", "place": {"code": "210202", "name": "中山区"}, "valid_until": null
}))]
pub struct Department {
    /// The code.
    pub code: String,
    /// The department's name.
    pub name: String,
    /// The district, or the city, whose department it is.
    pub place: NamedPlace,
    /// First day on which it no longer exists; null while it does. From then on nothing new names
    /// it, and none of its accounts can be open.
    pub valid_until: Option<NaiveDate>,
}

/// A new department.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "210202-ZHZF", "name": "中山区综合行政执法局", "place": "210202"}))]
pub struct NewDepartment {
    /// 2 to 32 letters A to Z, digits and hyphens, beginning with a letter or digit.
    #[serde(deserialize_with = "rules::typed_code")]
    pub code: String,
    /// The department's name.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: String,
    /// The code of the district, or of the city, whose department it is.
    #[validate(length(min = 1, max = 32))]
    #[serde(deserialize_with = "rules::typed_code")]
    pub place: String,
}

/// What changes in a department; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "中山区城市管理局"}))]
pub struct DepartmentEdit {
    /// A new name.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: Option<String>,
    /// The first day on which it no longer exists, today at the latest; null takes it back.
    #[serde(default, deserialize_with = "rules::read_nullable_day")]
    #[schema(value_type = Option<NaiveDate>)]
    pub valid_until: Option<Option<NaiveDate>>,
}

/// Checks a code: 2 to 32 letters, digits and hyphens, beginning with a letter or digit.
///
/// # Errors
/// [`Refusal::Invalid`] at `/code`.
pub fn check_code(code: &str) -> Result<(), Refusal> {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let good = (2..=LONGEST_CODE).contains(&code.len())
        && code.bytes().next().is_some_and(plain)
        && code.bytes().all(|byte| plain(byte) || byte == b'-');
    if good {
        return Ok(());
    }
    let text = Text::new(
        "部门代码应为2至32个字母、数字或连字符，以字母或数字开头",
        "A department's code is 2 to 32 letters A to Z, digits and hyphens, and begins with a letter or digit",
    );
    Err(Refusal::invalid("/code", "department_code", text))
}

/// Checks that a place of this level has departments: a district, or the city.
///
/// # Errors
/// [`Refusal::Invalid`] at `/place`.
pub fn check_level(level: PlaceLevel) -> Result<(), Refusal> {
    match level {
        PlaceLevel::City | PlaceLevel::District => Ok(()),
        PlaceLevel::Street | PlaceLevel::Community => {
            let text = Text::new("部门须属于市或区县", "A department is a district's or the city's");
            Err(Refusal::invalid("/place", "wrong_level", text))
        }
    }
}

/// Checks the first day on which a department no longer exists: what has not come cannot be
/// entered, as its accounts would have to be shut on that day by themselves.
///
/// # Errors
/// [`Refusal::Invalid`] at `/valid_until`.
pub fn check_end(valid_until: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
    if valid_until <= today {
        return Ok(());
    }
    let text = Text::new("撤销日期不能晚于今天", "The day is today at the latest");
    Err(Refusal::invalid("/valid_until", "in_future", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_plain() {
        for good in ["ZF", "210202-ZHZF", "1", "A-"].map(|code| code.repeat(2)) {
            assert!(check_code(&good).is_ok(), "{good}");
        }
        for bad in ["", "Z", "-ZF", "zf", "执法", "Z F", &"Z".repeat(33)] {
            assert!(check_code(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn districts_and_the_city_have_departments() {
        assert!(check_level(PlaceLevel::District).is_ok() && check_level(PlaceLevel::City).is_ok());
        assert!(check_level(PlaceLevel::Street).is_err() && check_level(PlaceLevel::Community).is_err());
    }

    #[test]
    fn an_end_is_not_entered_before_it_comes() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        assert!(check_end(day(21), day(21)).is_ok());
        assert!(check_end(day(22), day(21)).is_err());
    }
}
