//! The one normal form of a dwelling: however a clerk, a spreadsheet or a resident writes it, it is
//! the same household, which has one rating.

use serde::Serialize;
use utoipa::ToSchema;

use crate::refusal::{Faults, Refusal};
use crate::text::Text;
use crate::typed;

/// The longest part of a dwelling's address, in characters.
pub const PART_LENGTH: usize = 20;

/// What stands behind a number and says no more than which part it is.
const BEHIND_BUILDING: &[&str] = &["号楼", "号", "栋", "幢", "座", "#"];
const BEHIND_UNIT: &[&str] = &["单元", "门"];
const BEHIND_ROOM: &[&str] = &["室", "户", "号"];

/// Which dwelling of an estate: building, unit (empty where a building has none) and room, written
/// one way only. `1号楼 1单元 101室` is `1`, `1`, `101`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(example = json!({"building": "3", "unit": "2", "room": "501"}))]
pub struct Dwelling {
    /// The building.
    pub building: String,
    /// The unit (entrance); empty where buildings have none.
    pub unit: String,
    /// The room.
    pub room: String,
}

impl Dwelling {
    /// Reads a dwelling. Full-width forms become half-width (NFKC), letters are raised, blanks and
    /// what nobody sees go, and so do 号楼, 单元, 室 and the like behind a number, leading zeros
    /// and a spreadsheet's `.0`; Chinese numerals become digits.
    ///
    /// # Errors
    /// Every fault of `/building`, `/unit` and `/room`: empty (but for the unit), over 20
    /// characters, control characters.
    pub fn read(building: &str, unit: &str, room: &str) -> Result<Dwelling, Refusal> {
        let mut faults = Faults::default();
        let mut part = |pointer: &str, text: &str, behind: &[&str], may_be_empty: bool| {
            let normal = normalise(text, behind);
            let length = normal.chars().count();
            if length > PART_LENGTH || (length == 0 && !may_be_empty) {
                let text = Text::new("应为1到20个字符", "must have 1 to 20 characters");
                faults.add(pointer, "length", text);
            } else if normal.chars().any(char::is_control) {
                let text = Text::new("不能含控制字符", "must not hold control characters");
                faults.add(pointer, "control_character", text);
            }
            normal
        };
        let dwelling = Dwelling {
            building: part("/building", building, BEHIND_BUILDING, false),
            unit: part("/unit", unit, BEHIND_UNIT, true),
            room: part("/room", room, BEHIND_ROOM, false),
        };
        faults.or_refuse(Some(dwelling))
    }
}

/// A building as dwellings have it, to look for.
pub fn normal_building(text: &str) -> String {
    normalise(text, BEHIND_BUILDING)
}

fn normalise(text: &str, behind: &[&str]) -> String {
    let seen = typed::code(text);
    let mut bare = seen.as_str();
    while let Some(rest) = behind.iter().find_map(|word| bare.strip_suffix(word)) {
        bare = rest;
    }
    let number = bare.split_once('.').filter(|(whole, zeros)| is_digits(whole) && zeros.chars().all(is_zero));
    let bare = number.map_or(bare, |(whole, _)| whole);
    match chinese_number(bare) {
        Some(number) => number.to_string(),
        None => without_leading_zeros(bare).to_owned(),
    }
}

/// `0101` is `101`, `01A` is `1A`; a zero alone stays.
fn without_leading_zeros(text: &str) -> &str {
    let rest = text.trim_start_matches('0');
    if rest.starts_with(|character: char| character.is_ascii_digit()) {
        return rest;
    }
    let zeros = text.len() - rest.len();
    text.get(zeros.saturating_sub(1)..).unwrap_or(text)
}

/// A number in Chinese numerals: digit by digit (一〇一) or with units (一百零一, 十二, 九十二).
/// `None` where it is none, and where it could be two: 二百五 is 250 to some and 205 to none, so it
/// stays.
fn chinese_number(text: &str) -> Option<u32> {
    let digits: Option<Vec<u32>> = text.chars().map(chinese_digit).collect();
    if let Some(digits) = digits.filter(|digits| !digits.is_empty()) {
        return digits.iter().try_fold(0_u32, |number, digit| number.checked_mul(10)?.checked_add(*digit));
    }
    let (mut number, mut pending, mut unit_before, mut zero_before) = (0_u32, None, 10_000, false);
    for character in text.chars() {
        let unit = match character {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            _ => {
                let digit = chinese_digit(character)?;
                if pending.is_some() || (digit == 0 && zero_before) {
                    return None;
                }
                if digit == 0 {
                    zero_before = true;
                } else {
                    pending = Some(digit);
                }
                continue;
            }
        };
        if unit >= unit_before {
            return None;
        }
        // Only ten may stand without a digit before it, and only at the beginning.
        let digit = pending.take().or_else(|| (unit == 10 && number == 0 && !zero_before).then_some(1))?;
        number += digit * unit;
        (unit_before, zero_before) = (unit, false);
    }
    match pending {
        Some(digit) if unit_before == 10 || zero_before => Some(number + digit),
        None if !zero_before => Some(number).filter(|number| *number > 0),
        _ => None,
    }
}

fn chinese_digit(character: char) -> Option<u32> {
    Some(match character {
        '零' | '〇' | '○' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_digit())
}

fn is_zero(character: char) -> bool {
    character == '0'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(building: &str, unit: &str, room: &str) -> (String, String, String) {
        let dwelling = Dwelling::read(building, unit, room).unwrap();
        (dwelling.building, dwelling.unit, dwelling.room)
    }

    fn of(building: &str, unit: &str, room: &str) -> (String, String, String) {
        (building.to_owned(), unit.to_owned(), room.to_owned())
    }

    #[test]
    fn a_dwelling_is_written_one_way_only() {
        for (building, unit, room) in [
            ("1", "1", "101"),
            ("1号楼", "1单元", "101室"),
            ("1栋", "1", "0101"),
            ("１ 幢", "一单元", "１０１户"),
            ("一座", "01门", "101.0"),
            ("1#", "1.0", "一百零一"),
            ("1\u{200b}号", "\u{feff}1", "101\u{ad}"),
            ("001号楼", "一", "一〇一室"),
        ] {
            assert_eq!(read(building, unit, room), of("1", "1", "101"), "{building} {unit} {room}");
        }
        assert_eq!(read("92.0", "", "九十二"), of("92", "", "92"));
        assert_eq!(read("a座", "", "５０１ａ"), of("A", "", "501A"));
        assert_eq!(read("甲栋", "", "0A"), of("甲", "", "0A"));
        assert_eq!(read("0", "00", "007B"), of("0", "0", "7B"));
    }

    #[test]
    fn chinese_numerals_are_read_where_they_say_one_number() {
        for (text, number) in [
            ("十", Some(10)),
            ("十二", Some(12)),
            ("九十二", Some(92)),
            ("一百零一", Some(101)),
            ("一百一十", Some(110)),
            ("两千零五", Some(2005)),
            ("二〇一八", Some(2018)),
            ("○", Some(0)),
            ("二百五", None),
            ("百", None),
            ("十百", None),
            ("一百零", None),
            ("甲", None),
            ("", None),
            ("九九九九九九九九九九九", None),
        ] {
            assert_eq!(chinese_number(text), number, "{text}");
        }
    }

    #[test]
    fn a_part_without_anything_is_told() {
        let faults = |building: &str, unit: &str, room: &str| {
            let Err(Refusal::Invalid(faults)) = Dwelling::read(building, unit, room) else { panic!() };
            let told = faults.iter().map(|fault| (fault.pointer.clone(), fault.code));
            told.collect::<Vec<_>>()
        };
        let told = |pointer: &str, code| (pointer.to_owned(), code);
        assert_eq!(
            faults("号楼", "单元", "\u{3164}"),
            [told("/building", "length"), told("/room", "length")]
        );
        assert_eq!(
            faults("", &"1".repeat(21), "\u{7}"),
            [told("/building", "length"), told("/room", "control_character"), told("/unit", "length")]
        );
    }

    proptest! {
        /// What is read once is read the same again, or a roster sent twice would bring other
        /// households.
        #[test]
        fn the_normal_form_is_its_own(building in "\\PC{1,12}", unit in "\\PC{0,6}", room in "[0-9零一二十百.室号A]{1,8}") {
            if let Ok(once) = Dwelling::read(&building, &unit, &room) {
                let again = Dwelling::read(&once.building, &once.unit, &once.room).unwrap();
                prop_assert_eq!(again, once);
            }
        }
    }
}
