//! Households (户): dwellings, the units that have one voice each.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

use crate::estate::EstateName;
use crate::refusal::{FieldFault, Refusal};
use crate::text::Text;

/// The longest part of a dwelling's address, in characters.
pub const PART_LENGTH: usize = 20;

/// Which dwelling of an estate: building, unit (empty where a building has none) and room, written one way only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dwelling {
    /// 楼号
    pub building: String,
    /// 单元; empty where the building has none.
    pub unit: String,
    /// 室
    pub room: String,
}

impl Dwelling {
    /// Reads a dwelling. Full-width forms become half-width (NFKC), letters are raised, spaces go.
    ///
    /// # Errors
    /// Every fault of `/building`, `/unit` and `/room`: empty (but for the unit), over 20 characters, control characters.
    pub fn read(building: &str, unit: &str, room: &str) -> Result<Dwelling, Refusal> {
        let mut faults = Vec::new();
        let mut part = |pointer: &str, text: &str, may_be_empty: bool| {
            let normal = normalise(text);
            let length = normal.chars().count();
            if length > PART_LENGTH || (length == 0 && !may_be_empty) {
                faults.push(FieldFault::new(
                    pointer,
                    "length",
                    Text::new("应为1到20个字符", "must have 1 to 20 characters"),
                ));
            } else if normal.chars().any(|character| character.is_control() || is_invisible(character)) {
                let text = Text::new("不能含控制字符", "must not hold control characters");
                faults.push(FieldFault::new(pointer, "control_character", text));
            }
            normal
        };
        let dwelling = Dwelling {
            building: part("/building", building, false),
            unit: part("/unit", unit, true),
            room: part("/room", room, false),
        };
        if faults.is_empty() { Ok(dwelling) } else { Err(Refusal::Invalid(faults)) }
    }
}

/// One way of writing a part of a dwelling's address: half-width, upper case, without spaces.
pub fn normalise(text: &str) -> String {
    text.nfkc().filter(|character| !character.is_whitespace()).flat_map(char::to_uppercase).collect()
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A household of the register. The roster's phones are never shown, only how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "幸福家园"},
    "building": "3", "unit": "2", "room": "501", "phones": 2
}))]
pub struct Household {
    /// Its id.
    pub id: String,
    /// The estate it lies in.
    pub estate: EstateName,
    /// The building.
    pub building: String,
    /// The unit; empty where the building has none.
    pub unit: String,
    /// The room.
    pub room: String,
    /// How many phones the roster has for it.
    pub phones: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dwelling_is_written_one_way_only() {
        let read = |building, unit, room| Dwelling::read(building, unit, room).unwrap();
        assert_eq!(read(" ３ 号楼", "", "５０１ａ"), read("3号楼", " ", "501A"));
        let Err(Refusal::Invalid(faults)) = Dwelling::read("", &"1".repeat(21), "\u{7}") else { panic!() };
        let faults: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(faults, [("/building", "length"), ("/unit", "length"), ("/room", "control_character")]);
    }
}
