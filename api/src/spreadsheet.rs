//! CSV as spreadsheets read and write it: the one reader ([`Rows`]) and the one writer ([`Table`])
//! of the service. What a cell means is not known here.
//!
//! What is written for a spreadsheet must be opened as it was meant, and must be read here again
//! when it comes back; so both sides of the two disguises are in this file.

mod listing;
mod read;
mod write;

pub(crate) use listing::{Column, Listing, Said};
pub(crate) use read::{LONGEST_ROW, MOST_CELLS, RowFault, Rows};
pub(crate) use write::{Cell, Table};

/// A text as it stands in a file for spreadsheets.
///
/// Digits and what goes with them stay text as `="…"`: a credit code would lose its last digits, a
/// phone or a room its zeros, and `1-2` would become a day. Of the ways to say so this one adds
/// nothing to the cell (a tab stays in it, and breaks every look-up), is understood by Excel, WPS
/// and Numbers, and is gone when the file is saved again. It holds no formula but a quoted text of
/// digits and signs.
///
/// What would be a formula gets an apostrophe before it.
fn disguised(text: &str) -> String {
    if is_taken_for_a_number(text) {
        format!("=\"{text}\"")
    } else if is_disguised_or_formula(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// What [`disguised`] was given. Of what others write, `="甲"` is the text that a spreadsheet shows
/// for it; any other text stays as it is.
fn plain(cell: &str) -> &str {
    if let Some(quoted) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return if quoted.contains('"') { cell } else { quoted };
    }
    cell.strip_prefix('\'').filter(|rest| is_disguised_or_formula(rest)).unwrap_or(cell)
}

/// Whether a spreadsheet would make a number, a day or a time of it: it has a digit, and nothing
/// else but digits and the signs that go with them.
fn is_taken_for_a_number(text: &str) -> bool {
    // A formula takes no longer text.
    const LONGEST: usize = 255;
    let is_digit = |character: char| character.is_ascii_digit() || ('０'..='９').contains(&character);
    let belongs = |character: char| {
        is_digit(character)
            || matches!(character, '+' | '-' | '.' | ',' | '/' | ':' | '%' | 'e' | 'E' | '(' | ')' | ' ')
            || matches!(character, '＋' | '－' | '．' | '，' | '／' | '：' | '％' | '¥' | '￥' | '$')
            || matches!(character, '年' | '月' | '日' | '时' | '分' | '秒')
    };
    text.chars().any(is_digit) && text.chars().all(belongs) && text.chars().count() <= LONGEST
}

/// Whether a spreadsheet would take it for a formula, or for one whose apostrophes were taken off:
/// its first character, blanks apart, begins formulas, or it begins with a tab or a line break.
fn is_disguised_or_formula(text: &str) -> bool {
    let bare = text.trim_start_matches('\'');
    let begins = |character: char| {
        matches!(
            character,
            '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫' | '−'
        )
    };
    bare.starts_with(['\t', '\r', '\n']) || bare.trim_start_matches(is_blank).starts_with(begins)
}

/// Whether nobody sees it.
pub(crate) fn is_blank(character: char) -> bool {
    character.is_whitespace() || xinwu_domain::typed::is_unseen(character)
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_stay_text_and_formulas_are_defused() {
        for (text, expected) in [
            ("91210200241281392F", "91210200241281392F"),
            ("912102002412813922", "=\"912102002412813922\""),
            ("13900000001", "=\"13900000001\""),
            ("0101", "=\"0101\""),
            ("1-2", "=\"1-2\""),
            ("1/1/101", "=\"1/1/101\""),
            ("12E5", "=\"12E5\""),
            ("2026-11", "=\"2026-11\""),
            ("+86 139", "=\"+86 139\""),
            ("2026年11月9日", "=\"2026年11月9日\""),
            ("３０１", "=\"３０１\""),
            ("幸福家园", "幸福家园"),
            ("甲-乙", "甲-乙"),
            ("", ""),
        ] {
            assert_eq!(disguised(text), expected, "{text:?}");
        }
        for text in [
            "=1+1",
            "=HYPERLINK(\"http://x\")",
            "＝cmd",
            "+cmd",
            "＋cmd",
            "-cmd",
            "－cmd",
            "@sum",
            "＠sum",
            " =1",
            "\u{3000}=1",
            "\n=1",
            "\u{200b}=1",
            "\t甲",
            "\r甲",
            "\n甲",
            "-",
            "'=1",
            "''@x",
            "=\"1\"",
        ] {
            assert_eq!(disguised(text), format!("'{text}"), "{text:?}");
        }
        for text in ["'甲", "甲=1", "'", "—甲"] {
            assert_eq!(disguised(text), text, "{text:?}");
        }
    }

    #[test]
    fn what_was_no_disguise_stays() {
        for cell in ["=1+1", "='x'", "'甲", "=\"a\"&\"b\"", "=\"", "'"] {
            assert_eq!(plain(cell), cell, "{cell:?}");
        }
        for (cell, text) in [("=\"00123\"", "00123"), ("=\"甲\"", "甲"), ("'=\"甲\"", "=\"甲\"")] {
            assert_eq!(plain(cell), text, "{cell:?}");
        }
    }

    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "[0-9０-９+./:,%eE -]{0,20}", "['=＝+@\" \t\r\n,;甲-]{0,6}",]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(table in prop::collection::vec(prop::collection::vec(cell(), 1..5), 1..6)) {
            let mut written = Table::new();
            for row in &table {
                written.row(row.iter().map(|text| Cell::Text(text))).unwrap();
            }
            let bytes = written.into_bytes().unwrap();
            let (read, _) = read::tests::all(Rows::new(BufReader::new(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap()), b','));
            let seen: Vec<Vec<String>> = table.into_iter().filter(|row| !row.iter().all(|text| text.chars().all(is_blank))).collect();
            prop_assert_eq!(read.into_iter().map(|(_, row)| row).collect::<Vec<_>>(), seen);
        }

        #[test]
        fn no_cell_begins_a_formula_but_a_quoted_number(text in cell()) {
            let cell = disguised(&text);
            if let Some(first) = cell.chars().find(|character| !is_blank(*character)) {
                let quoted = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
                let is_number = quoted.is_some_and(is_taken_for_a_number);
                prop_assert!(is_number || !"=+-@＝＋－＠".contains(first), "{:?}", cell);
                prop_assert!(!cell.starts_with(['\t', '\r', '\n']), "{:?}", cell);
            }
        }
    }
}
