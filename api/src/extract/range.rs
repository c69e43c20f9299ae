//! `Range` of one file's bytes (RFC 9110, section 14).

/// A part of a file, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub first: u64,
    pub last: u64,
}

impl Range {
    /// Bytes.
    pub fn length(self) -> u64 {
        self.last.saturating_sub(self.first) + 1
    }
}

/// What is wanted of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it: also for a header that cannot be read, or that asks for several parts, which a
    /// server may ignore.
    All,
    Part(Range),
    /// A part that the file does not have.
    Nothing,
}

impl Wanted {
    /// Reads the header of a request for a file of `length` bytes.
    pub fn read(header: &str, length: u64) -> Wanted {
        let Some((unit, range)) = header.split_once('=') else { return Wanted::All };
        let Some((first, last)) = range.trim().split_once('-') else { return Wanted::All };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Wanted::All;
        }
        match (number(first), number(last)) {
            (Some(None), Some(Some(suffix))) => {
                let first = length.saturating_sub(suffix);
                if suffix == 0 || length == 0 { Wanted::Nothing } else { part(first, length - 1) }
            }
            (Some(Some(first)), Some(last)) if last.is_none_or(|last| first <= last) => {
                if first >= length {
                    return Wanted::Nothing;
                }
                part(first, last.map_or(length - 1, |last| last.min(length - 1)))
            }
            _ => Wanted::All,
        }
    }
}

fn part(first: u64, last: u64) -> Wanted {
    Wanted::Part(Range { first, last })
}

/// Digits, or nothing; `None` for what is neither. What no number holds is far behind every end.
fn number(text: &str) -> Option<Option<u64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_is_given_as_far_as_the_file_goes() {
        let read = |header| Wanted::read(header, 100);
        assert_eq!(read("bytes=0-9"), part(0, 9));
        assert_eq!(read("bytes=90-"), part(90, 99));
        assert_eq!(read("Bytes= 90 - 1000"), part(90, 99));
        assert_eq!(read("bytes=-10"), part(90, 99));
        assert_eq!(read("bytes=-1000"), part(0, 99));
        assert_eq!(read("bytes=99-99"), part(99, 99));
        assert_eq!(read("bytes=0-99999999999999999999999"), part(0, 99));
        for outside in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(read(outside), Wanted::Nothing, "{outside}");
        }
        for ignored in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=9-8",
            "bytes=a-b",
            "bytes=0-1,5-6",
            "lines=0-1",
            "bytes=+1-2",
        ] {
            assert_eq!(read(ignored), Wanted::All, "{ignored}");
        }
        assert_eq!(Wanted::read("bytes=0-", 0), Wanted::Nothing);
        assert_eq!(Wanted::read("bytes=-5", 0), Wanted::Nothing);
    }
}
