//! `docs/imports.md`: the columns of each kind of file, from the table by which headers are read.

use std::fmt::Write;

use xinwu_domain::import::{ACCOUNTS, Column, ImportKind};

const HEAD: &str = "# Columns of files · 批量导入的列

Made from `domain/src/import/columns.rs` by `make openapi`. How a file is sent stands in
[admin.md](admin.md#files-of-many-rows--批量导入).

Headers and words are read in either language, in any width and case, and in any order. A file to
fill in, with an example row, is `GET /v1/admin/imports/{kind}/template`. A day is written
`2026-11-21`, `2026/11/21` or `2026年11月21日`. Columns in bold must stand in the header.

`accounts` are imported on the server alone, by `xinwu user import`
([operations.md](operations.md#5-the-first-accounts)).
";

/// The page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for kind in ImportKind::ALL {
        add_table(&mut page, &kind.to_string(), kind.columns());
    }
    add_table(&mut page, "accounts", ACCOUNTS);
    page
}

fn add_table(page: &mut String, name: &str, columns: &[Column]) {
    // Writing to a string never fails.
    write!(page, "\n## {name}\n\n| column | 列名 | what it says | 说明 |\n|---|---|---|---|\n").ok();
    for column in columns {
        let Column { name, zh, says, .. } = column;
        let mark = if column.required { "**" } else { "" };
        let words = |of: fn(&xinwu_domain::import::Choice) -> &'static str, between: &str| {
            let choices = column.choices.map(|choices| choices()).unwrap_or_default();
            choices.iter().map(of).collect::<Vec<_>>().join(between)
        };
        let zh_words = words(|choice| choice.names.first().copied().unwrap_or(choice.word), "、");
        let en_words = words(|choice| choice.word, ", ");
        let told = |words: &str, says: &str, between: &str| {
            [words, says].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(between)
        };
        let (en, explained) = (told(&en_words, says.1, "; "), told(&zh_words, says.0, "；"));
        writeln!(page, "| {mark}`{name}`{mark} | {zh} | {en} | {explained} |").ok();
    }
}
