//! All names in memory, ordered so that what they have in common is looked at once.
//!
//! A query may begin at any character of a name, so a name is kept as its *parts*: it from its
//! first character on, from its second, and so on. They are sorted, and stand together where they
//! begin alike: however many firms are called 物业服务有限公司 at the end, the search reads those
//! characters once.

use std::collections::HashMap;
use std::ops::Range;

use super::name::{Letter, Reached, Typed};
use super::{Query, Relevance};

/// The parts of many names.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    /// The characters that occur, each once.
    letters: Vec<Letter>,
    /// The names one after the other, as numbers of letters.
    text: Vec<u32>,
    /// Sorted by their text.
    parts: Vec<Part>,
    /// By letter: the parts that begin with it.
    beginnings: Vec<Range<usize>>,
}

/// A name from one of its characters on.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// Whose name it is.
    owner: u32,
    /// Where in the text it begins.
    begin: u32,
    /// Characters of the name before it.
    position: u32,
    /// Characters of the whole name.
    length: u32,
}

impl Part {
    fn text<'a>(&self, text: &'a [u32]) -> &'a [u32] {
        let (begin, left) = (self.begin as usize, (self.length - self.position) as usize);
        text.get(begin..begin + left).unwrap_or_default()
    }

    fn letter_at(&self, depth: usize, text: &[u32]) -> Option<u32> {
        self.text(text).get(depth).copied()
    }
}

/// A walk from what all parts have in common to what fewer have.
struct Walk<'a, F> {
    parts: &'a Parts,
    query: &'a Query,
    found: F,
}

impl Parts {
    /// The parts of names, each with the number of its owner. The names consist of characters that
    /// count (`characters`).
    pub(super) fn new<'a>(names: impl Iterator<Item = (usize, &'a str)>) -> Parts {
        let mut letters: Vec<Letter> = Vec::new();
        let mut numbers: HashMap<char, u32> = HashMap::new();
        let (mut text, mut parts): (Vec<u32>, Vec<Part>) = (Vec::new(), Vec::new());
        for (owner, name) in names {
            let begin = text.len();
            text.extend(name.chars().map(|character| {
                *numbers.entry(character).or_insert_with(|| {
                    letters.push(Letter::new(character));
                    number(letters.len() - 1)
                })
            }));
            let length = text.len() - begin;
            parts.extend((0..length).map(|position| Part {
                owner: number(owner),
                begin: number(begin + position),
                position: number(position),
                length: number(length),
            }));
        }
        parts.sort_unstable_by(|left, right| left.text(&text).cmp(right.text(&text)));
        let mut beginnings = vec![0..0; letters.len()];
        let mut begin = 0;
        for alike in parts.chunk_by(|left, right| left.letter_at(0, &text) == right.letter_at(0, &text)) {
            let letter = alike.first().and_then(|part| part.letter_at(0, &text));
            if let Some(range) = letter.and_then(|letter| beginnings.get_mut(letter as usize)) {
                *range = begin..begin + alike.len();
            }
            begin += alike.len();
        }
        Parts { letters, text, parts, beginnings }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// Tells `found` how well the query fits, once for each part that it fits, with the number of
    /// the owner.
    pub(super) fn find(&self, query: &Query, mut found: impl FnMut(usize, Relevance)) {
        let typed = query.characters.len();
        let mut walk = Walk {
            parts: self,
            query,
            found: |way, parts: &[Part]| {
                for part in parts {
                    let (position, length) = (part.position as usize, part.length as usize);
                    found(part.owner as usize, Relevance::of_name(way, typed, position, length));
                }
            },
        };
        for (letter, range) in self.letters.iter().zip(&self.beginnings) {
            if letter.can_begin(query) {
                walk.follow(letter, range.clone(), 1, &Reached::START, None);
            }
        }
    }
}

impl<F: FnMut(Typed, &[Part])> Walk<'_, F> {
    /// Goes one letter further: `range` are the parts that have it and all before it in common,
    /// `depth` letters.
    fn follow(
        &mut self,
        letter: &Letter,
        range: Range<usize>,
        depth: usize,
        reached: &Reached,
        best: Option<Typed>,
    ) {
        let length = self.query.characters.len();
        let next = letter.step(self.query, reached);
        let best = match (best, next.finished(length)) {
            (Some(known), Some(finished)) => Some(known.min(finished)),
            (known, finished) => known.or(finished),
        };
        let parts = self.parts.parts.get(range.clone()).unwrap_or_default();
        if best == Some(Typed::AsWritten) || !next.is_open(length) {
            if let Some(best) = best {
                (self.found)(best, parts);
            }
            return;
        }
        let text = &self.parts.text;
        let mut begin = range.start;
        while let Some(part) = self.parts.parts.get(begin).filter(|_| begin < range.end) {
            let rest = self.parts.parts.get(begin..range.end).unwrap_or_default();
            let letter = part.letter_at(depth, text);
            let alike = rest.partition_point(|other| other.letter_at(depth, text) == letter);
            match letter.and_then(|letter| self.parts.letters.get(letter as usize)) {
                Some(letter) => self.follow(letter, begin..begin + alike, depth + 1, &next, best),
                // They end here.
                None => {
                    if let Some(best) = best {
                        (self.found)(best, rest.get(..alike).unwrap_or_default());
                    }
                }
            }
            begin += alike;
        }
    }
}

/// Memory ends before these numbers do.
fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
