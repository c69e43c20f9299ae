//! How well a query fits a name, character by character.

use super::Query;
use super::syllables::{CharacterSet, readings};

/// How a query fits a name, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MatchKind {
    /// The whole name, or the whole code, as it is written.
    Exact,
    /// The name begins with it as it is written.
    Prefix,
    /// The name contains it as it is written.
    Substring,
    /// In pinyin, every syllable in full (the last may still be incomplete), Chinese characters in
    /// between.
    Pinyin,
    /// With initials.
    Initials,
    /// A part of a code.
    Code,
}

/// How well a query fits. Sorts the best first: by kind, then where the match begins, then the
/// shorter name.
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

    /// Of a query of `typed` characters that was typed in this way.
    pub(super) fn of_name(way: Typed, typed: usize, position: usize, length: usize) -> Relevance {
        let kind = match way {
            Typed::AsWritten if position > 0 => MatchKind::Substring,
            Typed::AsWritten if typed < length => MatchKind::Prefix,
            Typed::AsWritten => MatchKind::Exact,
            Typed::InFull => MatchKind::Pinyin,
            Typed::WithInitials => MatchKind::Initials,
        };
        Relevance::new(kind, position, length)
    }

    /// The same order as a number, for cursors: smaller is better.
    pub fn key(self) -> i64 {
        ((self.kind as i64) << 32) | (i64::from(self.position) << 16) | i64::from(self.length)
    }
}

/// How the characters of a match were typed so far, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Typed {
    AsWritten,
    InFull,
    WithInitials,
}

/// Positions in a query that were reached, as bits: bit `n` when `n` characters are used up. A
/// query has at most 64.
type Positions = u128;

/// The positions reached in each way of typing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reached {
    as_written: Positions,
    in_full: Positions,
    with_initials: Positions,
}

impl Reached {
    /// Before the first character.
    pub(super) const START: Reached = Reached { as_written: 1, in_full: 0, with_initials: 0 };

    fn add(&mut self, position: usize, typed: Typed) {
        let bit = 1 << position;
        match typed {
            Typed::AsWritten => self.as_written |= bit,
            Typed::InFull => self.in_full |= bit,
            Typed::WithInitials => self.with_initials |= bit,
        }
    }

    /// Whether a part of the query is left that the characters to come may use up.
    pub(super) fn is_open(&self, length: usize) -> bool {
        let open: Positions = (1 << length) - 1;
        (self.as_written | self.in_full | self.with_initials) & open != 0
    }

    /// The best way in which the whole query is used up.
    pub(super) fn finished(&self, length: usize) -> Option<Typed> {
        let bit: Positions = 1 << length;
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

/// A character of names, and what it is typed as.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    character: char,
    readings: Vec<&'static str>,
    /// What a match may begin with here.
    first: CharacterSet,
}

impl Letter {
    pub(super) fn new(character: char) -> Letter {
        let readings = readings(character);
        let initials = readings.iter().filter_map(|reading| reading.chars().next());
        let first = CharacterSet::of(initials.chain([character]));
        Letter { character, readings, first }
    }

    /// Whether a match may begin here.
    pub(super) fn can_begin(&self, query: &Query) -> bool {
        query.sets.first().is_some_and(|first| first.is_within(self.first))
    }

    /// From where `reached` stands, this character of the name further.
    pub(super) fn step(&self, query: &Query, reached: &Reached) -> Reached {
        let mut next = Reached::default();
        self.step_from(query, reached.as_written, Typed::AsWritten, &mut next);
        self.step_from(query, reached.in_full, Typed::InFull, &mut next);
        self.step_from(query, reached.with_initials, Typed::WithInitials, &mut next);
        next
    }

    /// From each of `positions`, typed so far in one way.
    fn step_from(&self, query: &Query, positions: Positions, so_far: Typed, next: &mut Reached) {
        let mut left = positions;
        while left != 0 {
            let position = left.trailing_zeros() as usize;
            left &= left - 1;
            let Some((character, set)) = query.characters.get(position).zip(query.sets.get(position)) else {
                continue;
            };
            if !set.is_within(self.first) {
                continue;
            }
            if *character == self.character {
                next.add(position + 1, so_far);
            }
            let rest = query.ascii.get(position..).unwrap_or_default();
            if rest.first() == Some(&0) {
                continue;
            }
            let in_full = if matches!(so_far, Typed::WithInitials) { so_far } else { Typed::InFull };
            for reading in &self.readings {
                for (typed, is_whole) in parts_typed(reading.as_bytes(), rest, so_far) {
                    next.add(position + typed, if is_whole { in_full } else { Typed::WithInitials });
                }
            }
        }
    }
}

/// How many characters of `rest` can stand for this reading, and whether as the syllable in full:
/// the whole of it, its beginning at the end of the query (still being typed), or its initial (one
/// letter, or zh, ch, sh).
fn parts_typed<'a>(
    reading: &'a [u8],
    rest: &'a [u8],
    so_far: Typed,
) -> impl Iterator<Item = (usize, bool)> + use<'a> {
    let common = reading.iter().zip(rest).take_while(|(left, right)| left == right).count();
    let whole = common == reading.len();
    // A single last letter is an unfinished syllable after full ones (wank), and else an initial
    // (wk).
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
