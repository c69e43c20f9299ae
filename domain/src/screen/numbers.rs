//! Phone and identity numbers, and what looks like them and is none.

use chrono::NaiveDate;

use super::HeldReason;
use super::fold::Glyph;
use crate::uscc::{self, Uscc};

/// The longest number that is looked for.
const LONGEST: usize = 18;

/// How many characters may stand inside a number at one place.
const GAP: usize = 8;

/// What an amount of money is followed by.
const MONEY: &str = "元圆块万亿角";

/// What stands before an amount of money.
const CURRENCY: &str = "¥￥$€£";

/// What the number of a document is introduced by.
const DOCUMENT: [&str; 11] =
    ["编号", "单号", "文号", "案号", "票号", "字号", "合同号", "证书号", "登记号", "档案号", "流水号"];

/// Digits that stand together. Chinese numerals stand each for itself: a number may begin and end
/// anywhere among them.
struct Group {
    digits: String,
    /// The places of its glyphs: the first, and the one behind the last.
    from: usize,
    to: usize,
    is_numeral: bool,
    /// Whether it belongs to a date, an amount or another number that is nobody's.
    is_masked: bool,
}

/// The phone or identity number that a text holds: mobile numbers (11 digits from 13 to 19, also
/// after 86 or 0), landlines (an area code with its 0, and the number), identity numbers (18
/// places, the last of which may be X, or 15).
pub(super) fn find(glyphs: &[Glyph]) -> Option<HeldReason> {
    let mut text = Numbers { glyphs, groups: groups(glyphs) };
    text.mask_documents();
    text.mask_chains(":", is_time);
    ["-", "/", "."].into_iter().for_each(|link| text.mask_chains(link, is_date));
    text.mask_amounts();
    (0..text.groups.len()).find_map(|start| text.number_from(start))
}

/// A text with its firms' credit codes blanked: nothing in them is a person's.
pub(super) fn without_credit_codes(mut glyphs: Vec<Glyph>) -> Vec<Glyph> {
    for from in 0..glyphs.len() {
        let Some((code, to)) = token(&glyphs, from, " -", uscc::LENGTH) else { continue };
        let is_whole = to - from == uscc::LENGTH;
        let has_letter =
            code.get(8..17).is_some_and(|part| part.bytes().any(|byte| byte.is_ascii_alphabetic()));
        let is_code = (code.starts_with('9') && Uscc::parse(&code).is_ok())
            // Published codes exist whose check fails.
            || (is_whole && has_letter && Uscc::parse_overriding_check(&code).is_ok());
        if is_code {
            let blank = Glyph { character: '码', is_numeral: false };
            glyphs.iter_mut().take(to).skip(from).for_each(|glyph| *glyph = blank);
        }
    }
    glyphs
}

/// The letters and digits that begin at a place, with one of `links` between them at most, up to
/// `most`, and the place behind them. `None` if others stand directly before or behind.
fn token(glyphs: &[Glyph], from: usize, links: &str, most: usize) -> Option<(String, usize)> {
    let is_part = |place: usize| {
        let glyph = glyphs.get(place).filter(|glyph| !glyph.is_numeral);
        glyph.is_some_and(|glyph| glyph.character.is_ascii_alphanumeric())
    };
    if !is_part(from) || from.checked_sub(1).is_some_and(is_part) {
        return None;
    }
    let (mut token, mut place, mut end) = (String::new(), from, from);
    while let Some(glyph) = glyphs.get(place) {
        if is_part(place) && token.len() < most {
            token.push(glyph.character);
            end = place + 1;
        } else if !links.contains(glyph.character) || place > end {
            break;
        }
        place += 1;
    }
    let is_whole = most == usize::MAX || token.len() == most;
    (!is_part(end) && is_whole).then_some((token, end))
}

fn groups(glyphs: &[Glyph]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, glyph) in glyphs.iter().enumerate() {
        let Some(digit) = digit_at(glyphs, place) else { continue };
        match groups.last_mut() {
            Some(last) if last.to == place && !last.is_numeral && !glyph.is_numeral => {
                last.digits.push(digit);
                last.to = place + 1;
            }
            _ => groups.push(Group {
                digits: digit.to_string(),
                from: place,
                to: place + 1,
                is_numeral: glyph.is_numeral,
                is_masked: false,
            }),
        }
    }
    groups
}

/// The digit at a place. Beside a digit a letter that looks like one is one: l39, 13O.
fn digit_at(glyphs: &[Glyph], place: usize) -> Option<char> {
    let character = glyphs.get(place)?.character;
    let alike = match character {
        digit if digit.is_ascii_digit() => return Some(digit),
        'l' | 'i' => '1',
        'o' => '0',
        _ => return None,
    };
    let is_digit = |place: usize| glyphs.get(place).is_some_and(|glyph| glyph.character.is_ascii_digit());
    (is_digit(place + 1) || place.checked_sub(1).is_some_and(is_digit)).then_some(alike)
}

struct Numbers<'a> {
    glyphs: &'a [Glyph],
    groups: Vec<Group>,
}

impl Numbers<'_> {
    /// The personal number that begins with the group at `start` and takes whole groups only:
    /// digits that stand before or behind it without anything between make it another number.
    fn number_from(&self, start: usize) -> Option<HeldReason> {
        let mut number = String::new();
        let mut found = None;
        for (place, group) in self.groups.iter().enumerate().skip(start) {
            let is_apart = place > start && !self.joins(place);
            if group.is_masked || is_apart || number.len() + group.digits.len() > LONGEST {
                break;
            }
            number.push_str(&group.digits);
            if self.groups.get(start..=place).is_some_and(is_list) {
                continue;
            }
            // The longest: an identity number may begin as a phone number does.
            found = Number { digits: &number, has_x: self.has_x(group) }.kind().or(found);
        }
        found
    }

    /// Whether only separators stand between a group and the one before it.
    fn joins(&self, place: usize) -> bool {
        self.gap_before(place)
            .is_some_and(|gap| gap.len() <= GAP && gap.iter().all(|glyph| glyph.separates()))
    }

    fn gap_before(&self, place: usize) -> Option<&[Glyph]> {
        let (before, group) = (self.groups.get(place.checked_sub(1)?)?, self.groups.get(place)?);
        self.glyphs.get(before.to..group.from)
    }

    /// Whether a group is linked to the one before it by one of these characters alone.
    fn linked(&self, place: usize, by: &str) -> bool {
        matches!(self.gap_before(place), Some([one]) if by.contains(one.character))
    }

    /// Whether an X stands behind a group, or what looks like one, as the check character of an
    /// identity number.
    fn has_x(&self, group: &Group) -> bool {
        let is_x = |glyph: &&Glyph| "x×✕✖хχ".contains(glyph.character);
        let behind = self.glyphs.get(group.to..).unwrap_or_default().iter();
        behind.take(GAP).find(|glyph| is_x(glyph) || !glyph.separates()).is_some_and(|glyph| is_x(&glyph))
    }

    fn character(&self, place: usize) -> Option<char> {
        self.glyphs.get(place).map(|glyph| glyph.character)
    }

    fn mask(&mut self, from: usize, to: usize) {
        for group in self.groups.iter_mut().filter(|group| group.from >= from && group.to <= to) {
            group.is_masked = true;
        }
    }

    /// Chains of groups that are all linked by `link` and mean something by themselves. What is
    /// linked to more digits is none, and all of it is looked at.
    fn mask_chains(&mut self, link: &str, means: fn(&[&str]) -> bool) {
        for (from, to) in self.chains(link) {
            let parts: Vec<&str> =
                self.groups.iter().take(to).skip(from).map(|group| group.digits.as_str()).collect();
            if means(&parts) {
                self.groups.iter_mut().take(to).skip(from).for_each(|group| group.is_masked = true);
            }
        }
    }

    /// The longest chains of groups linked so: the places of the first, and behind the last.
    fn chains(&self, link: &str) -> Vec<(usize, usize)> {
        let mut chains: Vec<(usize, usize)> = Vec::new();
        for place in 0..self.groups.len() {
            match chains.last_mut() {
                Some((_, to)) if self.linked(place, link) => *to = place + 1,
                _ => chains.push((place, place + 1)),
            }
        }
        chains
    }

    /// Amounts: ¥1,234.50, 138.00元, and percentages.
    fn mask_amounts(&mut self) {
        for (from, to) in self.chains(",.") {
            let Some(amount) = self.groups.get(from..to) else { continue };
            let (Some(first), Some(last)) = (amount.first(), amount.last()) else { continue };
            let written: String = self
                .glyphs
                .get(first.from..last.to)
                .unwrap_or_default()
                .iter()
                .map(|glyph| glyph.character)
                .collect();
            let behind = self.character(last.to).filter(|character| *character != ' ');
            let behind = behind.or_else(|| self.character(last.to + 1));
            let is_percent = behind == Some('%') && is_percentage(&written);
            let is_money = is_money(&written)
                && (self.follows_currency(first.from) || behind.is_some_and(|behind| MONEY.contains(behind)));
            if is_percent || is_money {
                let (from, to) = (first.from, last.to);
                self.mask(from, to);
            }
        }
    }

    /// Whether a currency's sign stands before a place, and no digit before the sign.
    fn follows_currency(&self, place: usize) -> bool {
        let before = |back: usize| place.checked_sub(back).and_then(|place| self.character(place));
        let (sign, beyond) =
            if before(1) == Some(' ') { (before(2), before(3)) } else { (before(1), before(2)) };
        sign.is_some_and(|sign| CURRENCY.contains(sign))
            && !beyond.is_some_and(|beyond| beyond.is_ascii_digit())
    }

    /// Numbers of documents that say so: more digits than a phone number has, or letters among
    /// them.
    fn mask_documents(&mut self) {
        for place in 0..self.glyphs.len() {
            let Some(word) = DOCUMENT.iter().find(|word| starts_with(self.glyphs, place, word)) else {
                continue;
            };
            let behind = place + word.chars().count();
            let marks = self.glyphs.get(behind..).unwrap_or_default().iter();
            let from = behind
                + marks
                    .take_while(|glyph| glyph.separates() || "为是".contains(glyph.character))
                    .take(3)
                    .count();
            let Some((number, to)) = token(self.glyphs, from, "-/_", usize::MAX) else { continue };
            let digits = number.bytes().filter(u8::is_ascii_digit).count();
            if (digits > 11 || digits + 1 < number.len()) && !holds_check(&number) {
                self.mask(from, to);
            }
        }
    }
}

/// Whether a word begins at a place.
pub(super) fn starts_with(glyphs: &[Glyph], place: usize, word: &str) -> bool {
    let mut behind = glyphs.get(place..).unwrap_or_default().iter();
    word.chars().all(|character| behind.next().is_some_and(|glyph| glyph.character == character))
}

/// 18:30 and 18:30:05.
fn is_time(parts: &[&str]) -> bool {
    let is = |part: &str, most: u32| part.len() <= 2 && part.parse().is_ok_and(|value: u32| value <= most);
    match parts {
        [hour, rest @ ..] if matches!(rest.len(), 1 | 2) => {
            is(hour, 24) && rest.iter().all(|part| part.len() == 2 && is(part, 59))
        }
        _ => false,
    }
}

/// 2026-11-21.
pub(super) fn is_date(parts: &[&str]) -> bool {
    let [year, month, day] = parts else { return false };
    let is_short = month.len() <= 2 && day.len() <= 2 && year.len() == 4;
    is_short && day_of(year, month, day).is_some()
}

/// A day on which somebody who lives may have been born.
fn day_of(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    let year = year.parse().ok().filter(|year| (1900..2100).contains(year))?;
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)
}

/// 1,234.50 and 138.00, but no bare number that could be a phone's.
fn is_money(written: &str) -> bool {
    let (whole, fen) = written.split_once('.').map_or((written, None), |(whole, fen)| (whole, Some(fen)));
    let mut parts = whole.split(',');
    let first = parts.next().unwrap_or_default();
    let has_thousands = whole.contains(',');
    let is_whole = parts.all(|part| part.len() == 3) && (!has_thousands || first.len() <= 3);
    let is_fen = fen.is_none_or(|fen| fen.len() <= 2 && fen.bytes().all(|byte| byte.is_ascii_digit()));
    is_whole && is_fen && (has_thousands || fen.is_some() || !is_phone(whole))
}

/// At most 100, with two decimals at most.
fn is_percentage(written: &str) -> bool {
    let (whole, part) = written.split_once('.').unwrap_or((written, ""));
    whole.parse().is_ok_and(|whole: u32| whole <= 100) && part.len() <= 2
}

/// Numbers of houses and the like: 1、3、5、7、9、11.
fn is_list(groups: &[Group]) -> bool {
    let value = |group: &Group| group.digits.parse::<u32>().unwrap_or_default();
    groups.len() >= 5
        && groups.windows(2).all(|pair| match pair {
            [one, next] => one.to < next.from && matches!(value(next).checked_sub(value(one)), Some(1..=3)),
            _ => false,
        })
}

/// Digits, and whether an X stands behind them.
#[derive(Debug, Clone, Copy)]
struct Number<'a> {
    digits: &'a str,
    has_x: bool,
}

impl Number<'_> {
    fn kind(self) -> Option<HeldReason> {
        if self.is_identity() {
            return Some(HeldReason::IdentityNumber);
        }
        is_phone(self.digits).then_some(HeldReason::PhoneNumber)
    }

    /// GB 11643: a division code, the day of birth, a number of the day, and in 18 places a check
    /// character. Old numbers of 15 leave out the century and the check. A wrong check does not
    /// save a number from being held: a digit may be mistyped.
    fn is_identity(self) -> bool {
        let part = |from: usize, to: usize| self.digits.get(from..to).unwrap_or_default();
        let is_whole = match self.digits.len() {
            18 => true,
            17 => self.has_x,
            15 => {
                let year = format!("19{}", part(6, 8));
                return is_province(part(0, 2)) && day_of(&year, part(8, 10), part(10, 12)).is_some();
            }
            _ => false,
        };
        let is_born = day_of(part(6, 10), part(10, 12), part(12, 14)).is_some();
        // Foreigners' cards begin with a 9, as do firms' codes: there the check must hold.
        let is_foreigners = || self.digits.starts_with('9') && self.has_check();
        is_whole && is_born && (is_province(part(0, 2)) || is_foreigners())
    }

    /// ISO 7064, MOD 11-2.
    fn has_check(self) -> bool {
        const WEIGHTS: [u32; 18] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1];
        let last = self.has_x.then_some(10);
        let values = self.digits.chars().filter_map(|digit| digit.to_digit(10)).chain(last);
        values.zip(WEIGHTS).map(|(value, weight)| value * weight).sum::<u32>() % 11 == 1
    }
}

/// The first two digits of GB/T 2260.
fn is_province(digits: &str) -> bool {
    matches!(
        digits.parse::<u32>(),
        Ok(11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
    )
}

/// Whether a token is an identity number whose check holds: such a one is nobody's document.
fn holds_check(token: &str) -> bool {
    let number = match token.strip_suffix('x') {
        Some(digits) => Number { digits, has_x: true },
        None => Number { digits: token, has_x: false },
    };
    number.digits.bytes().all(|byte| byte.is_ascii_digit())
        && !number.digits.starts_with('9')
        && number.is_identity()
        && (number.digits.len() == 15 || number.has_check())
}

fn is_phone(number: &str) -> bool {
    let is_mobile = |digits: &str| {
        let mut bytes = digits.bytes();
        digits.len() == 11 && bytes.next() == Some(b'1') && matches!(bytes.next(), Some(b'3'..=b'9'))
    };
    let prefixed = ["86", "086", "0086", "0"].iter().filter_map(|prefix| number.strip_prefix(prefix));
    is_mobile(number) || prefixed.into_iter().any(is_mobile) || is_landline(number)
}

/// 010 and 02x with 8 digits, 03xx to 09xx with 7 or 8, of which the first is 2 to 8.
fn is_landline(number: &str) -> bool {
    let local = match number.as_bytes() {
        [b'0', b'1', b'0', local @ ..] | [b'0', b'2', _, local @ ..] if local.len() == 8 => local,
        [b'0', b'3'..=b'9', _, _, local @ ..] if matches!(local.len(), 7 | 8) => local,
        _ => return false,
    };
    matches!(local.first(), Some(b'2'..=b'8'))
}
