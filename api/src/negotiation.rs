//! What a client asks an answer to be: of which language (RFC 9110 §12.5.4), of which type
//! (§12.5.1) and in which coding (§12.5.3). What cannot be read of a header names nothing.

use std::cmp::Reverse;

use actix_web::http::header::{self, HeaderMap, HeaderName};
use xinwu_domain::text::Language;

/// The language of a request: that which `lang` names in its query, else by its headers. Pages and
/// pictures take `lang`; elsewhere it is refused by name.
pub(crate) fn language(headers: &HeaderMap, query: &str) -> Language {
    let mut named = query.split('&').filter_map(|pair| pair.strip_prefix("lang="));
    match named.next() {
        Some("zh") => Language::Chinese,
        Some("en") => Language::English,
        _ => language_of(headers),
    }
}

/// Whether a request names pages among what it takes, as browsers do; `*/*` names nothing.
pub(crate) fn takes_pages(headers: &HeaderMap) -> bool {
    ranges(headers, &header::ACCEPT)
        .any(|(range, quality)| quality > 0 && range.eq_ignore_ascii_case("text/html"))
}

/// The language that a request's headers ask for, by lookup (RFC 4647 §3.4): a range is shortened
/// from its end until it is one of ours, so that `zh-Hant` is answered in Chinese. Of equal ones
/// the first that is named; `*` is any that is not named; Chinese where none is asked for.
fn language_of(headers: &HeaderMap) -> Language {
    let mut wishes = [Wish::of(Language::Chinese), Wish::of(Language::English)];
    let mut any = 0;
    for (position, (range, quality)) in ranges(headers, &header::ACCEPT_LANGUAGE).enumerate() {
        if range == "*" {
            any = quality;
        } else if let Some(wish) = wishes.iter_mut().find(|wish| wish.is_named_by(range)) {
            wish.add(range, quality, position);
        }
    }
    let best = wishes.iter().filter(|wish| wish.rank(any).0 > 0).max_by_key(|wish| wish.rank(any));
    // Where none is asked for, one that is refused is the worse.
    let other = || wishes.iter().find(|wish| !wish.is_refused);
    best.or_else(other).map_or(Language::default(), |wish| wish.language)
}

/// How much one of our languages is asked for.
struct Wish {
    language: Language,
    /// The best quality by which a range names it, and where.
    named: Option<(u16, Reverse<usize>)>,
    is_refused: bool,
}

impl Wish {
    fn of(language: Language) -> Wish {
        Wish { language, named: None, is_refused: false }
    }

    /// The tag and those above it.
    fn tags(&self) -> &'static [&'static str] {
        match self.language {
            Language::Chinese => &["zh", "zh-CN", "zh-Hans", "zh-Hans-CN"],
            Language::English => &["en"],
        }
    }

    fn is_named_by(&self, range: &str) -> bool {
        let primary = range.split('-').next().unwrap_or_default();
        self.tags().first().is_some_and(|tag| tag.eq_ignore_ascii_case(primary))
    }

    /// `zh-Hant;q=0` refuses a Chinese that is not ours.
    fn add(&mut self, range: &str, quality: u16, position: usize) {
        if quality > 0 {
            self.named = self.named.max(Some((quality, Reverse(position))));
        } else if self.tags().iter().any(|tag| tag.eq_ignore_ascii_case(range)) {
            self.is_refused = true;
        }
    }

    /// The quality, and which comes first of equal ones; 0 where it is not asked for.
    fn rank(&self, any: u16) -> (u16, Option<Reverse<usize>>, bool) {
        let is_usual = self.language == Language::default();
        match self.named {
            _ if self.is_refused => (0, None, is_usual),
            Some((quality, position)) => (quality, Some(position), is_usual),
            None => (any, None, is_usual),
        }
    }
}

/// Which of these types a request would rather have, the first of equal ones; `None` where it would
/// have none. Without the header it takes any.
pub(crate) fn preferred<'a>(headers: &HeaderMap, available: &'a [impl AsRef<str>]) -> Option<&'a str> {
    let rated = available.iter().map(AsRef::as_ref).map(|kind| (quality(headers, kind), kind));
    let best = rated.reduce(|best, each| if each.0 > best.0 { each } else { best });
    best.filter(|(quality, _)| *quality > 0).map(|(_, kind)| kind)
}

/// How much a request would have this type, in thousandths: by the narrowest range that it is of.
fn quality(headers: &HeaderMap, kind: &str) -> u16 {
    let family = kind.split('/').next().unwrap_or_default();
    let mut narrowest: Option<(u8, u16)> = None;
    let mut asks = false;
    for (range, quality) in ranges(headers, &header::ACCEPT) {
        asks = true;
        let width = match range.split_once('/') {
            _ if range.eq_ignore_ascii_case(kind) => 2,
            Some((left, "*")) if left.eq_ignore_ascii_case(family) => 1,
            // Some clients write `*` alone.
            Some(("*", "*")) => 0,
            None if range == "*" => 0,
            _ => continue,
        };
        narrowest = narrowest.max(Some((width, quality)));
    }
    let is_absent =
        || !asks && headers.get_all(header::ACCEPT).all(|line| line.as_bytes().trim_ascii().is_empty());
    narrowest.map_or_else(|| if is_absent() { MOST } else { 0 }, |(_, quality)| quality)
}

/// Whether a request takes gzip, and would not rather have the body as it is: which it takes where
/// it does not say so, but then anything that it names is better.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    for (coding, quality) in ranges(headers, &header::ACCEPT_ENCODING) {
        match coding {
            "*" => any = any.max(Some(quality)),
            // What it was called once (RFC 9110 §8.4.1.3).
            _ if ["gzip", "x-gzip"].iter().any(|name| coding.eq_ignore_ascii_case(name)) => {
                gzip = gzip.max(Some(quality));
            }
            _ if coding.eq_ignore_ascii_case("identity") => identity = identity.max(Some(quality)),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// The most that something can be wanted, in thousandths.
const MOST: u16 = 1000;

/// The ranges of a header's lines with their qualities.
fn ranges<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = (&'h str, u16)> {
    let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).filter_map(|element| {
        let mut parts = element.split(';');
        let range = parts.next().map(str::trim).filter(|range| !range.is_empty())?;
        let mut parameters = parts.filter_map(|part| part.split_once('='));
        let quality = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
        Some((range, quality.map_or(Some(MOST), |(_, text)| thousandths(text.trim()))?))
    })
}

/// A quality: 0 to 1. More than three decimals are cut off; `.2` is met in the wild.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number =
        !matches!(text, "" | ".") && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let whole: u16 = format!("0{whole}").parse().ok()?;
    let decimals: u16 = format!("{decimals:0<3}").get(..3)?.parse().ok()?;
    whole.checked_mul(MOST)?.checked_add(decimals).filter(|quality| is_number && *quality <= MOST)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    #[test]
    fn the_language_with_the_highest_quality_wins_and_chinese_is_the_default() {
        use Language::{Chinese, English};
        for (lines, expected) in [
            (&[][..], Chinese),
            (&[""], Chinese),
            (&["en"], English),
            (&["en-GB,zh;q=0.5"], English),
            (&["zh-CN,zh;q=0.9,en;q=0.8"], Chinese),
            (&["en;q=0.5, zh;q=0.9"], Chinese),
            (&["zh;q=0.5", "en"], English),
            (&["fr", "en;q=0.1"], English),
            (&["zh-Hant"], Chinese),
            (&["zh-Hant-TW, en;q=0.9"], Chinese),
            (&["zh-TW;q=0.3, en;q=0.9"], English),
            (&["EN;Q=1, ZH;Q=0.999"], English),
            (&["en, zh"], English),
            (&["zh, en"], Chinese),
            (&["*"], Chinese),
            (&["fr"], Chinese),
            (&["fr, *;q=0.5"], Chinese),
            (&["*, en"], English),
            (&["*;q=0.1, en;q=0.5"], English),
            (&["*;q=0.5, en;q=0.1"], Chinese),
            (&["en;q=0"], Chinese),
            (&["zh;q=0"], English),
            (&["zh;q=0, *"], English),
            (&["zh-CN;q=0, zh-TW, en;q=0.1"], English),
            (&["zh-Hant;q=0, zh;q=0.5"], Chinese),
            (&["en;q=0, *"], Chinese),
            (&["zh;q=0, en;q=0"], Chinese),
            (&["*;q=0"], Chinese),
            (&["en;q=2, zh;q=x"], Chinese),
            (&["english"], Chinese),
        ] {
            assert_eq!(language(&headers(header::ACCEPT_LANGUAGE, lines), ""), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_query_names_a_language_before_the_headers_do() {
        use Language::{Chinese, English};
        let english = headers(header::ACCEPT_LANGUAGE, &["en"]);
        for (query, expected) in [
            ("lang=zh", Chinese),
            ("q=lang=en&lang=zh", Chinese),
            ("lang=fr", English),
            ("language=zh", English),
            ("", English),
        ] {
            assert_eq!(language(&english, query), expected, "{query}");
        }
        assert_eq!(language(&HeaderMap::new(), "utm_source=x&lang=en"), English);
    }

    #[test]
    fn only_who_names_pages_takes_them() {
        let takes = |accept| takes_pages(&headers(header::ACCEPT, &[accept]));
        assert!(takes("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(!takes("*/*") && !takes("text/*") && !takes("text/html;q=0") && !takes("application/json"));
    }

    #[test]
    fn the_narrowest_range_says_how_much_a_type_is_wanted() {
        let both = ["application/json", "text/csv"];
        for (lines, expected) in [
            (&[][..], Some("application/json")),
            (&[" "], Some("application/json")),
            (&["*/*"], Some("application/json")),
            (&["text/csv"], Some("text/csv")),
            (&["TEXT/CSV; charset=utf-8"], Some("text/csv")),
            (&["text/*"], Some("text/csv")),
            (&["text/*;q=0.5, application/json;q=0.4"], Some("text/csv")),
            (&["text/csv, application/json"], Some("application/json")),
            (&["text/csv", "application/json;q=0.9"], Some("text/csv")),
            (&["*/*, application/json;q=0"], Some("text/csv")),
            (&["*/*;q=0.1, text/csv;q=0.1, application/*;q=0"], Some("text/csv")),
            (
                &["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"],
                Some("application/json"),
            ),
            (&["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"], Some("application/json")),
            (&["application/xml"], None),
            (&["application/json;q=0"], None),
            (&["*/*;q=0"], None),
            (&["csv"], None),
            (&["application/json;q=much"], None),
        ] {
            assert_eq!(preferred(&headers(header::ACCEPT, lines), &both), expected, "{lines:?}");
        }
    }

    #[test]
    fn gzip_is_for_who_asks_for_it_and_would_not_rather_do_without() {
        for (lines, expected) in [
            (&[][..], false),
            (&[""], false),
            (&["gzip"], true),
            (&["GZIP;Q=0.1"], true),
            (&["x-gzip"], true),
            (&["gzip, deflate, br, zstd"], true),
            (&["br", "gzip;q=0.5"], true),
            (&["br"], false),
            (&["*"], true),
            (&["*;q=0.1, gzip;q=0"], false),
            (&["*;q=0"], false),
            (&["gzip;q=0"], false),
            (&["gzip;q=0.0"], false),
            (&["identity"], false),
            (&["identity, gzip"], true),
            (&["identity;q=0.5, gzip;q=0.4"], false),
            (&["identity;q=0, *"], true),
            (&["gzip;q=much"], false),
        ] {
            assert_eq!(takes_gzip(&headers(header::ACCEPT_ENCODING, lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_quality_is_between_nothing_and_one() {
        for (text, expected) in [
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("0", Some(0)),
            ("0.25", Some(250)),
            (".2", Some(200)),
            ("0.3333", Some(333)),
            ("1.", Some(1000)),
            ("1.001", None),
            ("2", None),
            ("-1", None),
            ("+1", None),
            ("", None),
            (".", None),
            ("0.é", None),
            ("NaN", None),
        ] {
            assert_eq!(thousandths(text), expected, "{text}");
        }
    }
}
