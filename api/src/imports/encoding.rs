//! How a file is written: UTF-8, with or without the mark that Excel puts before it; UTF-16 with a
//! mark, as Excel's "Unicode text"; or GB 18030, which office programs in China still write. What
//! is none of these is refused with the line where it stops being readable.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use encoding_rs::{CoderResult, Encoding, GB18030, UTF_16BE, UTF_16LE};
use xinwu_domain::import::{FileFault, ImportEncoding};
use xinwu_domain::text::Text;

/// The bytes looked at in one go.
const BLOCK: usize = 64 * 1024;
/// The byte order mark in UTF-8.
const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Why a file was not decoded.
#[derive(Debug)]
pub(super) enum Undecodable {
    /// The file is at fault.
    Fault(FileFault),
    /// The disk is.
    Io(io::Error),
}

impl From<io::Error> for Undecodable {
    fn from(error: io::Error) -> Undecodable {
        Undecodable::Io(error)
    }
}

/// A file in UTF-8 without a mark, at its start, and the encoding in which it came.
pub(super) fn decode(mut file: File) -> Result<(File, ImportEncoding), Undecodable> {
    if let Some(encoding) = utf16(&mut file)? {
        file.seek(SeekFrom::Start(2))?;
        return match transcoded(&mut file, encoding)? {
            Some(decoded) => Ok((decoded, ImportEncoding::Utf16)),
            None => {
                let text = Text::new(
                    "文件以 UTF-16 标记开头，内容却不是 UTF-16",
                    "The file begins with the mark of UTF-16, and is not in it",
                );
                Err(Undecodable::Fault(FileFault::new("bad_encoding", text)))
            }
        };
    }
    file.rewind()?;
    let found = survey(&mut file)?;
    let Some(line) = found.first_bad_line else {
        file.seek(SeekFrom::Start(if found.has_mark { 3 } else { 0 }))?;
        return Ok((file, ImportEncoding::Utf8));
    };
    // A damaged UTF-8 file often decodes as GB 18030 too, into nonsense: it is one when most of its
    // Chinese characters are whole.
    let is_damaged_utf8 = found.has_mark || found.whole > found.broken;
    file.rewind()?;
    if !is_damaged_utf8 && let Some(decoded) = transcoded(&mut file, GB18030)? {
        return Ok((decoded, ImportEncoding::Gb18030));
    }
    let text = Text::new(
        format!("第{line}行既不是 UTF-8 也不是 GB 18030"),
        format!("Line {line} is neither UTF-8 nor GB 18030"),
    );
    Err(Undecodable::Fault(FileFault::new("bad_encoding", text).at(line)))
}

/// The byte order of a file that begins with a mark of UTF-16.
fn utf16(file: &mut File) -> io::Result<Option<&'static Encoding>> {
    file.rewind()?;
    let mut mark = Vec::new();
    file.take(2).read_to_end(&mut mark)?;
    Ok(match mark.as_slice() {
        [0xff, 0xfe] => Some(UTF_16LE),
        [0xfe, 0xff] => Some(UTF_16BE),
        _ => None,
    })
}

#[derive(Default)]
struct Survey {
    has_mark: bool,
    first_bad_line: Option<u64>,
    /// Characters of three or four bytes, as Chinese ones have in UTF-8
    whole: u64,
    /// Places that are not UTF-8
    broken: u64,
}

/// Looks through the whole file.
fn survey(file: &mut File) -> io::Result<Survey> {
    let mut survey = Survey::default();
    let mut lines = 1_u64;
    let mut block = vec![0_u8; BLOCK];
    let mut kept: Vec<u8> = Vec::new();
    let mut is_start = true;
    loop {
        let read = file.read(&mut block)?;
        kept.extend_from_slice(block.get(..read).unwrap_or_default());
        if is_start {
            survey.has_mark = kept.starts_with(&MARK);
            is_start = false;
        }
        let mut rest = kept.as_slice();
        loop {
            let (good, bad) = match std::str::from_utf8(rest) {
                Ok(text) => (text, None),
                Err(error) => {
                    let (good, _) = rest.split_at(error.valid_up_to());
                    // Valid by the error's own word, so the default is never taken.
                    (std::str::from_utf8(good).unwrap_or_default(), Some(error.error_len()))
                }
            };
            lines += good.bytes().filter(|byte| *byte == b'\n').count() as u64;
            survey.whole += good.bytes().filter(|byte| *byte >= 0xe0).count() as u64;
            rest = rest.get(good.len()..).unwrap_or_default();
            match bad {
                None => break,
                // The block ends inside a character: the next one completes it.
                Some(None) if read > 0 => break,
                Some(length) => {
                    survey.broken += 1;
                    survey.first_bad_line.get_or_insert(lines);
                    rest = rest.get(length.unwrap_or(rest.len())..).unwrap_or_default();
                }
            }
        }
        kept = rest.to_vec();
        if read == 0 {
            return Ok(survey);
        }
    }
}

/// What is left of the file, decoded into another in UTF-8; `None` if it is not in this encoding.
fn transcoded(file: &mut File, encoding: &'static Encoding) -> io::Result<Option<File>> {
    let mut input = BufReader::with_capacity(BLOCK, file);
    let mut output = tempfile::tempfile()?;
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut block = vec![0_u8; BLOCK];
    let mut text = String::with_capacity(BLOCK * 3);
    loop {
        let read = input.read(&mut block)?;
        let mut rest = block.get(..read).unwrap_or_default();
        loop {
            let (result, used, had_errors) = decoder.decode_to_string(rest, &mut text, read == 0);
            if had_errors {
                return Ok(None);
            }
            rest = rest.get(used..).unwrap_or_default();
            output.write_all(text.as_bytes())?;
            text.clear();
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        if read == 0 {
            output.rewind()?;
            return Ok(Some(output));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn decoded(bytes: &[u8]) -> Result<(String, &'static str), (Option<u64>, String)> {
        match decode(file_of(bytes)) {
            Ok((mut file, encoding)) => {
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                Ok((text, encoding.into()))
            }
            Err(Undecodable::Fault(fault)) => Err((fault.line, fault.code)),
            Err(Undecodable::Io(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn utf8_with_and_without_a_mark_and_gb18030_are_read() {
        assert_eq!(decoded("name\n幸福ｅ家\n".as_bytes()).unwrap(), ("name\n幸福ｅ家\n".to_owned(), "utf-8"));
        assert_eq!(decoded("\u{feff}name\n".as_bytes()).unwrap(), ("name\n".to_owned(), "utf-8"));
        assert_eq!(decoded(b"").unwrap(), (String::new(), "utf-8"));
        let text = "code,name\n2102,大连市\n210202,中山区\n".repeat(4000);
        let (bytes, _, _) = GB18030.encode(&text);
        assert_eq!(decoded(&bytes).unwrap(), (text, "gb18030"));
    }

    #[test]
    fn utf16_is_read_in_either_order() {
        let text = "code\tname\n2102\t大连市𠮷\n".repeat(9000);
        let units: Vec<u16> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(decoded(&little).unwrap(), (text.clone(), "utf-16"));
        assert_eq!(decoded(&big).unwrap(), (text, "utf-16"));
        assert_eq!(decoded(b"\xff\xfe").unwrap(), (String::new(), "utf-16"));
    }

    #[test]
    fn what_is_neither_is_refused_at_its_line() {
        let damaged =
            ["code,name\n2102,大连市\n210202,".as_bytes(), &[0xe4, 0xb8], "山区\n210203,西岗区\n".as_bytes()]
                .concat();
        assert_eq!(decoded(&damaged), Err((Some(3), "bad_encoding".to_owned())));
        assert_eq!(decoded(b"a\nb\n\xff\n"), Err((Some(3), "bad_encoding".to_owned())));
        // Half a character, and half of a pair.
        assert_eq!(decoded(b"\xff\xfea\0b"), Err((None, "bad_encoding".to_owned())));
        assert_eq!(decoded(b"\xff\xfe\x00\xd8"), Err((None, "bad_encoding".to_owned())));
        assert_eq!(
            decoded("\u{feff}大".as_bytes().get(..5).unwrap()),
            Err((Some(1), "bad_encoding".to_owned()))
        );
    }

    #[test]
    fn a_character_over_the_border_of_two_blocks_is_whole() {
        for shift in 0..4 {
            let text = format!("{}{}", "a".repeat(BLOCK - 2 + shift), "大连".repeat(10));
            assert_eq!(decoded(text.as_bytes()).unwrap(), (text, "utf-8"));
        }
    }
}
