//! Addresses of e-mail, and accounts of WeChat and QQ.

use super::HeldReason;
use super::fold::Glyph;
use super::numbers::{is_date, starts_with};

/// What WeChat is called, and what it is called so that it is not found.
const WECHAT: [&str; 16] = [
    "微信", "薇信", "威信", "维信", "徽信", "卫信", "v信", "wei信", "加微", "加薇", "加v", "vx", "wx",
    "weixin", "wechat", "微号",
];

/// What QQ is called.
const QQ: [&str; 8] = ["qq", "扣扣", "叩叩", "球球", "企鹅号", "企鹅", "加q", "q号"];

/// What may stand between the word and the account. Whoever says so much means an account, even one
/// without a digit.
const BETWEEN: [&str; 15] =
    ["邮箱", "号码", "号", "群", "是", "为", "加", "我", "的", "同", "联系", "搜索", "搜", "名", "id"];

/// How many characters may stand between the word and the account.
const GAP: usize = 12;

/// The e-mail address or the account that a text holds.
pub(super) fn find(glyphs: &[Glyph]) -> Option<HeldReason> {
    let is_email = (0..glyphs.len()).any(|place| is_email_at(glyphs, place));
    if is_email {
        return Some(HeldReason::Email);
    }
    let is_account = (0..glyphs.len()).any(|place| {
        let id = |words: &[&str]| words.iter().find_map(|word| Id::behind(glyphs, place, word));
        id(&WECHAT).is_some_and(|id| id.is_wechat()) || id(&QQ).is_some_and(|id| id.is_qq())
    });
    is_account.then_some(HeldReason::Account)
}

/// What stands behind the name of a service.
struct Id {
    token: String,
    /// If it is a number, the digits of it all: blanks and dashes may stand between them.
    digits: Option<String>,
    /// Whether a word or a colon says that an account follows.
    is_said: bool,
    /// Whether it is one word with the service's name.
    is_attached: bool,
    /// The first character behind it.
    next: Option<char>,
}

impl Id {
    fn behind(glyphs: &[Glyph], place: usize, word: &str) -> Option<Id> {
        let is_ascii = |place: usize| {
            let glyph = glyphs.get(place).filter(|glyph| !glyph.is_numeral);
            glyph.is_some_and(|glyph| glyph.character.is_ascii_alphanumeric())
        };
        // The middle of another word, or of a firm's code.
        if is_ascii(place) && place.checked_sub(1).is_some_and(is_ascii) {
            return None;
        }
        let end = end_of(glyphs, place, word)?;
        let (mut from, mut is_said) = (end, false);
        while let Some(glyph) = glyphs.get(from).filter(|_| from - end <= GAP) {
            let said = BETWEEN.iter().find(|word| starts_with(glyphs, from, word));
            // An account may begin as a word of these does.
            let said = said
                .filter(|word| **word != "id" || glyphs.get(from + 2).is_some_and(|next| next.separates()));
            match said {
                Some(word) => (from, is_said) = (from + word.chars().count(), true),
                None if glyph.separates() => {
                    (from, is_said) = (from + 1, is_said || ":=".contains(glyph.character))
                }
                None => break,
            }
        }
        let token: String = glyphs
            .get(from..)?
            .iter()
            .map(|glyph| glyph.character)
            .take_while(|character| character.is_ascii_alphanumeric() || "_-".contains(*character))
            .collect();
        let (digits, to) = number(glyphs, from);
        let next = glyphs.get(to.max(from + token.len())).map(|glyph| glyph.character);
        let is_attached = from == end && word.is_ascii();
        (!token.is_empty()).then_some(Id { token, digits, is_said, is_attached, next })
    }

    /// "6 to 20 characters, the first a letter"; or a QQ or a phone number that serves as one.
    fn is_wechat(&self) -> bool {
        let has_more = self.token.bytes().any(|byte| !byte.is_ascii_alphabetic());
        match self.token.as_bytes().first() {
            Some(b'a'..=b'z') => {
                let is_told = has_more || (self.is_said && !self.is_attached);
                (6..=20).contains(&self.token.len()) && is_told
            }
            Some(b'_') => self.is_attached && has_more,
            _ => self.is_number(6) || (self.is_attached && self.token.len() >= 5),
        }
    }

    /// 5 to 11 digits.
    fn is_qq(&self) -> bool {
        self.is_number(5)
    }

    fn is_number(&self, least: usize) -> bool {
        let is_amount = self.next.is_some_and(|next| "元块万人个次点.".contains(next));
        let is_long = |digits: &String| (least..=11).contains(&digits.len()) && !digits.starts_with('0');
        self.digits.as_ref().is_some_and(is_long) && !is_amount
    }
}

/// The digits from a place, with one blank, dash or point at most between them, and the place
/// behind them. `None` for a date, and for what is no number alone.
fn number(glyphs: &[Glyph], from: usize) -> (Option<String>, usize) {
    let character = |place: usize| glyphs.get(place).map(|glyph| glyph.character);
    let is_digit = |place: usize| character(place).is_some_and(|found| found.is_ascii_digit());
    let (mut parts, mut to) = (vec![String::new()], from);
    while let Some(found) = character(to) {
        match parts.last_mut() {
            Some(part) if found.is_ascii_digit() => part.push(found),
            _ if " -._".contains(found) && is_digit(to + 1) => parts.push(String::new()),
            _ => break,
        }
        to += 1;
    }
    let goes_on = character(to).is_some_and(|found| found.is_ascii_alphabetic() || "_-".contains(found));
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    ((!goes_on && !is_date(&parts)).then(|| parts.concat()), to)
}

/// The place behind a word that begins at `place`, with one character at most between its own.
fn end_of(glyphs: &[Glyph], place: usize, word: &str) -> Option<usize> {
    let mut at = place;
    for (nth, character) in word.chars().enumerate() {
        if nth > 0 && glyphs.get(at).is_some_and(|glyph| glyph.separates()) {
            at += 1;
        }
        if glyphs.get(at)?.character != character {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// Whether the @ of an address stands at a place.
fn is_email_at(glyphs: &[Glyph], place: usize) -> bool {
    if glyphs.get(place).is_none_or(|glyph| glyph.character != '@') {
        return false;
    }
    let is_local =
        |glyph: &&Glyph| glyph.character.is_ascii_alphanumeric() || "._%+-".contains(glyph.character);
    let is_space = |glyph: &&Glyph| glyph.character == ' ';
    let before = glyphs.get(..place).unwrap_or_default().iter().rev().skip_while(is_space);
    let has_local = before.take_while(is_local).any(|glyph| glyph.character.is_ascii_alphanumeric());
    let behind = glyphs.get(place + 1..).unwrap_or_default().iter().skip_while(is_space);
    let domain: String = behind
        .map(|glyph| glyph.character)
        .filter(|character| *character != ' ')
        .take_while(|character| character.is_ascii_alphanumeric() || ".-".contains(*character))
        .collect();
    let is_domain = domain.trim_end_matches('.').rsplit_once('.').is_some_and(|(name, top)| {
        !name.is_empty() && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    has_local && is_domain
}
