//! One name, and how well a query fits it.

use super::Query;
use super::syllables::{CharacterSet, characters, readings};

/// A name that can be searched for: prepared once, compared often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchName {
    text: String,
    characters: Vec<Letter>,
    /// The readings of all characters, one after the other.
    readings: Vec<&'static str>,
    /// What a query may consist of.
    set: CharacterSet,
    /// What a match may begin with.
    first: CharacterSet,
}

/// A character of a name and where its readings stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Letter {
    character: char,
    readings_from: usize,
    readings_to: usize,
    /// What a match may begin with here.
    first: CharacterSet,
}

/// How a query fits a name, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MatchKind {
    /// The whole name, or the whole code, as it is written.
    Exact,
    /// The name begins with it as it is written.
    Prefix,
    /// The name contains it as it is written.
    Substring,
    /// In pinyin, every syllable in full (the last may still be incomplete), Chinese characters in between.
    Pinyin,
    /// With initials.
    Initials,
    /// A part of a code.
    Code,
}

/// How well a query fits. Sorts the best first: by kind, then where the match begins, then the shorter name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Relevance {
    /// How it fits.
    pub kind: MatchKind,
    /// Characters of the name before the match.
    pub position: u16,
    /// Characters of the name.
    pub length: u16,
}

impl Relevance {
    pub(super) fn new(kind: MatchKind, position: usize, length: usize) -> Relevance {
        let bounded = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        Relevance { kind, position: bounded(position), length: bounded(length) }
    }

    /// The same order as a number, for cursors: smaller is better.
    pub fn key(self) -> i64 {
        ((self.kind as i64) << 32) | (i64::from(self.position) << 16) | i64::from(self.length)
    }
}

/// How the characters of a match were typed so far, the best first.
#[derive(Clone, Copy)]
enum Typed {
    AsWritten,
    InFull,
    WithInitials,
}

/// Places in a query that were reached, as bits: bit `n` when `n` characters are used up. A query has at most 64.
type Places = u128;

/// The places reached in each way of typing.
#[derive(Clone, Copy, Default)]
struct Reached {
    as_written: Places,
    in_full: Places,
    with_initials: Places,
}

impl Reached {
    fn add(&mut self, place: usize, typed: Typed) {
        let bit = 1 << place;
        match typed {
            Typed::AsWritten => self.as_written |= bit,
            Typed::InFull => self.in_full |= bit,
            Typed::WithInitials => self.with_initials |= bit,
        }
    }

    /// The best way in which the whole query is used up.
    fn finished(&self, length: usize) -> Option<Typed> {
        let bit: Places = 1 << length;
        if self.as_written & bit != 0 {
            Some(Typed::AsWritten)
        } else if self.in_full & bit != 0 {
            Some(Typed::InFull)
        } else if self.with_initials & bit != 0 {
            Some(Typed::WithInitials)
        } else {
            None
        }
    }
}

impl SearchName {
    /// Prepares a name.
    pub fn new(name: &str) -> SearchName {
        let mut letters = Vec::new();
        let mut all_readings: Vec<&'static str> = Vec::new();
        let (mut set, mut first) = (CharacterSet::default(), CharacterSet::default());
        for character in characters(name) {
            let own = readings(character);
            let mut beginnings = CharacterSet::of([character]);
            for letter in own.iter().filter_map(|reading| reading.chars().next()) {
                beginnings.insert(letter);
            }
            set = set.union(CharacterSet::of(own.iter().flat_map(|reading| reading.chars())));
            set.insert(character);
            first = first.union(beginnings);
            let readings_from = all_readings.len();
            all_readings.extend(own);
            letters.push(Letter {
                character,
                readings_from,
                readings_to: all_readings.len(),
                first: beginnings,
            });
        }
        SearchName { text: name.to_owned(), characters: letters, readings: all_readings, set, first }
    }

    /// The name as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn set(&self) -> CharacterSet {
        self.set
    }

    /// How well the query fits this name; `None` when it does not.
    pub fn matches(&self, query: &Query) -> Option<Relevance> {
        let first = query.sets.first().copied().unwrap_or_default();
        if !query.set.is_within(self.set) || !first.is_within(self.first) {
            return None;
        }
        let length = self.characters.len();
        let mut best: Option<Relevance> = None;
        for (start, letter) in self.characters.iter().enumerate() {
            if !first.is_within(letter.first) {
                continue;
            }
            let Some(typed) = self.matches_from(start, query) else { continue };
            let kind = match typed {
                Typed::AsWritten if start > 0 => MatchKind::Substring,
                Typed::AsWritten if query.characters.len() < length => MatchKind::Prefix,
                Typed::AsWritten => MatchKind::Exact,
                Typed::InFull => MatchKind::Pinyin,
                Typed::WithInitials => MatchKind::Initials,
            };
            let relevance = Relevance::new(kind, start, length);
            best = Some(best.map_or(relevance, |best| best.min(relevance)));
            if kind <= MatchKind::Substring {
                break;
            }
        }
        best
    }

    /// How the query can be read from the character at `start`, using up all of it.
    fn matches_from(&self, start: usize, query: &Query) -> Option<Typed> {
        let mut reached = Reached { as_written: 1, ..Reached::default() };
        let mut best: Option<Typed> = None;
        for letter in self.characters.get(start..)? {
            let mut next = Reached::default();
            self.step(letter, query, reached.as_written, Typed::AsWritten, &mut next);
            self.step(letter, query, reached.in_full, Typed::InFull, &mut next);
            self.step(letter, query, reached.with_initials, Typed::WithInitials, &mut next);
            best = match (best, next.finished(query.characters.len())) {
                (_, Some(Typed::AsWritten)) => return Some(Typed::AsWritten),
                (Some(Typed::InFull), _) | (_, Some(Typed::InFull)) => Some(Typed::InFull),
                (known, finished) => known.or(finished),
            };
            if next.as_written | next.in_full | next.with_initials == 0 {
                break;
            }
            reached = next;
        }
        best
    }

    /// From each of `places`, typed so far in one way, one character of the name further.
    fn step(&self, letter: &Letter, query: &Query, places: Places, so_far: Typed, next: &mut Reached) {
        let mut left = places;
        while left != 0 {
            let place = left.trailing_zeros() as usize;
            left &= left - 1;
            let Some((character, set)) = query.characters.get(place).zip(query.sets.get(place)) else {
                continue;
            };
            if !set.is_within(letter.first) {
                continue;
            }
            if *character == letter.character {
                next.add(place + 1, so_far);
            }
            let rest = query.ascii.get(place..).unwrap_or_default();
            if rest.first() == Some(&0) {
                continue;
            }
            let in_full = if matches!(so_far, Typed::WithInitials) { so_far } else { Typed::InFull };
            for reading in self.readings.get(letter.readings_from..letter.readings_to).unwrap_or_default() {
                for (typed, is_whole) in parts_typed(reading.as_bytes(), rest, so_far) {
                    next.add(place + typed, if is_whole { in_full } else { Typed::WithInitials });
                }
            }
        }
    }
}

/// How many characters of `rest` can stand for this reading, and whether as the syllable in full: the whole of it, its beginning at the
/// end of the query (still being typed), or its initial (one letter, or zh, ch, sh).
fn parts_typed<'a>(
    reading: &'a [u8],
    rest: &'a [u8],
    so_far: Typed,
) -> impl Iterator<Item = (usize, bool)> + use<'a> {
    let common = reading.iter().zip(rest).take_while(|(left, right)| left == right).count();
    let whole = common == reading.len();
    // A single last letter is an unfinished syllable after full ones (wank), and else an initial (wk).
    let least = if matches!(so_far, Typed::InFull) { 1 } else { 2 };
    let unfinished = !whole && common == rest.len() && common >= least;
    let two_letters = common >= 2 && matches!(reading.get(..2), Some(b"zh" | b"ch" | b"sh"));
    [
        (whole || unfinished).then_some((common, true)),
        (common >= 1).then_some((1, false)),
        two_letters.then_some((2, false)),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
#[path = "name_tests.rs"]
mod tests;
