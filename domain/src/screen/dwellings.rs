//! Dwellings: a room with its building or unit. A building by itself is none, nor a flat's size
//! (三室一厅).

use super::HeldReason;
use super::fold::Glyph;
use super::numbers::starts_with;

/// What the number of a building or a unit is followed by. Behind 号 alone (of a street, or a day)
/// a room is only what says so.
const ANCHORS: [&str; 11] = ["号楼", "栋", "幢", "座", "单元", "门洞", "号门", "门", "#楼", "#", "号"];

/// What stands between the numbers of 3-2-501.
const DASHES: &str = "-‐‑‒–—―−";

/// What makes a number behind a building another one: 3号楼120户, 2026年, 501层.
const COUNTS: &str = "年月日户元块万千百人次个位米平点分级度层楼天小家名台部盏棵辆吨条本盒路%时吗m㎡k";

/// Numbers that everyone may call.
const SERVICES: [&str; 5] = ["110", "114", "119", "120", "122"];

/// The dwelling that a text names.
pub(super) fn find(glyphs: &[Glyph]) -> Option<HeldReason> {
    let glyphs = without_blanks(glyphs);
    let text = Text(&glyphs);
    let is_named = (0..glyphs.len()).any(|place| text.is_room_behind(place) || text.is_joined(place));
    is_named.then_some(HeldReason::Dwelling)
}

/// A text without the blanks beside Chinese characters: 3 号 楼 is 3号楼, and 12 501 two numbers.
fn without_blanks(glyphs: &[Glyph]) -> Vec<Glyph> {
    let is_plain = |glyph: Option<&Glyph>| glyph.is_some_and(|glyph| glyph.character.is_ascii_alphanumeric());
    let mut kept: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    for (place, glyph) in glyphs.iter().enumerate() {
        let behind = || glyphs.get(place..)?.iter().find(|next| next.character != ' ');
        let is_needed = || is_plain(kept.last()) && is_plain(behind());
        if glyph.character != ' ' || is_needed() {
            kept.push(*glyph);
        }
    }
    kept
}

struct Text<'a>(&'a [Glyph]);

impl Text<'_> {
    fn character(&self, place: usize) -> Option<char> {
        self.0.get(place).map(|glyph| glyph.character)
    }

    /// The number of a building or unit may be a letter, or have 十 or 甲 in it.
    fn is_number(&self, place: usize) -> bool {
        self.character(place).is_some_and(|character| {
            character.is_ascii_alphanumeric() || "十百甲乙丙丁东西南北".contains(character)
        })
    }

    /// The digits that begin at a place, and the place behind them.
    fn digits(&self, from: usize) -> (String, usize) {
        let behind = self.0.get(from..).unwrap_or_default().iter().map(|glyph| glyph.character);
        let digits: String = behind.take_while(char::is_ascii_digit).collect();
        let to = from + digits.len();
        (digits, to)
    }

    fn is_dash(&self, place: usize) -> bool {
        self.character(place).is_some_and(|character| DASHES.contains(character))
    }

    fn skip_marks(&self, from: usize, most: usize) -> usize {
        let behind = self.0.get(from..).unwrap_or_default().iter();
        from + behind.take(most).take_while(|glyph| glyph.separates()).count()
    }

    /// Whether a building's or unit's word stands at a place, its number before it, and a room
    /// behind it.
    fn is_room_behind(&self, place: usize) -> bool {
        let Some(word) = ANCHORS.iter().find(|word| starts_with(self.0, place, word)) else { return false };
        let is_before = |back: usize| place.checked_sub(back).is_some_and(|place| self.is_number(place));
        let is_apart = place
            .checked_sub(1)
            .is_some_and(|before| self.0.get(before).is_some_and(|glyph| glyph.separates()));
        if !(is_before(1) || (is_apart && is_before(2))) {
            return false;
        }
        let marks = self.skip_marks(place + word.chars().count(), 4);
        let from = if self.character(marks) == Some('第') { marks + 1 } else { marks };
        let part = self.part_behind(from);
        if *word == "号" {
            return self.is_called_room(from) || part.is_some_and(|from| self.is_called_room(from));
        }
        self.is_room(from) || self.is_flat_of_floor(from) || part.is_some_and(|from| self.is_room(from))
    }

    /// 5层1号, 5楼东户.
    fn is_flat_of_floor(&self, from: usize) -> bool {
        let (floor, to) = self.digits(from);
        if !matches!(floor.len(), 1 | 2) || !self.character(to).is_some_and(|next| "层楼".contains(next)) {
            return false;
        }
        let from = self.skip_marks(to + 1, 1);
        let (flat, to) = self.digits(from);
        if flat.is_empty() {
            let is_side = self.character(from).is_some_and(|side| "东西南北中".contains(side));
            return is_side && self.character(from + 1) == Some('户');
        }
        // 5层1号电梯 is none.
        let ends =
            self.0.get(to + 1).is_none_or(|next| next.separates() || "的家住".contains(next.character));
        flat.len() <= 2 && self.character(to) == Some('号') && ends
    }

    /// 501室.
    fn is_called_room(&self, from: usize) -> bool {
        let (digits, to) = self.digits(from);
        (2..=5).contains(&digits.len()) && self.character(to).is_some_and(|next| "室房".contains(next))
    }

    /// The place behind a unit or a floor that stands before a room: 2-501, 5层501.
    fn part_behind(&self, from: usize) -> Option<usize> {
        let (digits, to) = self.digits(from);
        let is_floor = self.character(to).is_some_and(|character| "层楼".contains(character));
        let behind = if is_floor { to + 1 } else { to };
        let next = self.skip_marks(behind, 2);
        (matches!(digits.len(), 1 | 2) && (is_floor || next > to)).then_some(next)
    }

    /// Whether the number of a room stands at a place: with its word, or three or four digits of
    /// which the last two are small.
    fn is_room(&self, from: usize) -> bool {
        let (digits, to) = self.digits(from);
        match self.character(to) {
            Some('室' | '房') => self.is_called_room(from),
            Some('号') => (3..=5).contains(&digits.len()) && self.character(to + 1) != Some('楼'),
            _ => self.is_bare_room(&digits, to),
        }
    }

    fn is_bare_room(&self, digits: &str, to: usize) -> bool {
        let door =
            digits.len().checked_sub(2).and_then(|at| digits.get(at..)).and_then(|door| door.parse().ok());
        let is_likely = matches!(digits.len(), 3 | 4)
            && !digits.starts_with('0')
            && door.is_some_and(|door: u32| (1..40).contains(&door))
            && !SERVICES.contains(&digits)
            && !is_year(digits);
        let next = self.character(to);
        let is_counted = next.is_some_and(|next| COUNTS.contains(next));
        // A date, a time or an amount.
        let goes_on = next.is_some_and(|next| ".:/-".contains(next))
            && self.character(to + 1).is_some_and(|after| after.is_ascii_digit())
            && (next != Some('-') || digits.starts_with("20") || digits.starts_with("19"));
        is_likely && !is_counted && !goes_on
    }

    /// 3-2-501, and 3-501室: the building's number is small, which tells it from 101-103室.
    fn is_joined(&self, place: usize) -> bool {
        let is_first =
            place.checked_sub(1).is_none_or(|before| !self.is_number(before) && !self.is_dash(before));
        let (mut digits, mut to) = self.digits(place);
        if !is_first || !matches!(digits.len(), 1 | 2) {
            return false;
        }
        for place in 2..=3 {
            if !self.is_dash(to) {
                return false;
            }
            let from = to + 1;
            (digits, to) = self.digits(from);
            if digits.len() > 2 {
                let is_bare = place == 3 && !self.is_dash(to) && self.is_bare_room(&digits, to);
                return digits.len() <= 4 && (self.is_called_room(from) || is_bare);
            }
        }
        false
    }
}

/// A year of these, which no floor has so many rooms for.
fn is_year(digits: &str) -> bool {
    digits.parse().is_ok_and(|year: u32| (2015..2040).contains(&year))
}
