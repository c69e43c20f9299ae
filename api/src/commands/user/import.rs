//! `xinwu user import`: the accounts of a whole city from one file.
//!
//! Nobody's password is in a file. Each new account gets a code, as one that two administrators add
//! does, with which its owner chooses a password (`POST /v1/auth/activate`).

use std::fs::{File, OpenOptions};
use std::io::{Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use chrono::Duration;
use clap::Args;
use serde_json::json;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::import::AccountRow;
use xinwu_domain::refusal::Refusal;
use xinwu_persistence::people::account::import::{self, CodedRow, Outcome};
use xinwu_store::{Db, StoreError};

use crate::commands::{EXIT_CODES, Said, complain, secrets, sentence};
use crate::config::Config;
use crate::imports::{Bad, read_accounts};
use crate::secrets::{KeyError, Secrets, random_token};
use crate::spreadsheet::{Cell, Table};

/// Bad rows that are told.
const TOLD: usize = 20;

/// Accounts from a file.
///
/// CSV as a spreadsheet saves it, in UTF-8, UTF-16 or GB 18030, with a header row in English or
/// Chinese: username, role, place, uscc, manager, department, can_confirm, staff_number,
/// display_name. Every bad row is named; with one bad row nothing is written. An account that is
/// there as its row says stays as it is, and one that is there and differs is a bad row. The codes'
/// file is made, for its owner alone; hand the codes out and destroy it. Where codes have run out,
/// import the file again: whoever has not chosen a password gets another.
#[derive(Debug, Args)]
#[command(after_long_help = format!("Examples:\n  xinwu user import officials.csv --codes codes.csv --told root\n  xinwu user import officials.csv --codes codes.csv --told root --valid-days 30 --json\n\n{EXIT_CODES}"))]
pub struct ImportUsers {
    /// The file
    file: PathBuf,
    /// The file to make, with the code of each account that has no password yet
    #[arg(long, value_name = "FILE")]
    codes: PathBuf,
    /// The administrator who is told of each code's use, by name
    #[arg(long, value_name = "NAME")]
    told: String,
    /// Days for which the codes hold, at most 30
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u8).range(1..=30))]
    valid_days: u8,
}

/// Imports the file.
///
/// # Errors
/// A sentence for the operator; bad rows are told before.
pub(super) fn run(db: &Db, config: &Config, asked: &ImportUsers, as_json: bool) -> Said {
    let rows = read(asked)?;
    let keys = secrets(config, db)?;
    let coded = rows.into_iter().map(|row| Coded::new(row, &keys)).collect::<Result<Vec<_>, _>>();
    let coded = coded.map_err(|error| error.to_string())?;
    let in_file = |error: std::io::Error| format!("{}: {error}", asked.codes.display());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&asked.codes);
    let outcomes = write(db, asked, coded, file.map_err(in_file)?);
    match &outcomes {
        // The commit may have happened all the same.
        Err(error @ (StoreError::Busy(_) | StoreError::Unavailable(_))) => {
            let (error, name) = (sentence(error), asked.codes.display());
            return Err(format!("{error}; import the file again: if all is unchanged, {name} has the codes"));
        }
        Ok(outcomes) if outcomes.iter().any(|outcome| *outcome != Outcome::Unchanged) => {}
        // It holds no code that opens anything.
        _ => std::fs::remove_file(&asked.codes).map_err(in_file)?,
    }
    tell(asked, &outcomes.map_err(|error| refused(&error))?, as_json)
}

fn tell(asked: &ImportUsers, outcomes: &[Outcome], as_json: bool) -> Said {
    let count = |outcome: Outcome| outcomes.iter().filter(|each| **each == outcome).count();
    let [added, given, unchanged] = [Outcome::Added, Outcome::CodeGiven, Outcome::Unchanged].map(count);
    if as_json {
        return super::json(&json!({"added": added, "codes_given_again": given, "unchanged": unchanged}));
    }
    let mut said = format!("{added} accounts added, {given} given another code, {unchanged} unchanged.");
    if added + given > 0 {
        let (name, days) = (asked.codes.display(), asked.valid_days);
        said += &format!(
            "\n{name} has the codes, which hold for {days} days: give each to its owner and destroy it."
        );
    }
    Ok(said)
}

/// A row, and the code that its account gets.
struct Coded {
    row: CodedRow,
    code: String,
}

impl Coded {
    fn new(row: AccountRow, keys: &Secrets) -> Result<Coded, KeyError> {
        let code = new_code()?;
        Ok(Coded { row: CodedRow { row, code_hash: keys.token_hash(&code) }, code })
    }
}

fn read(asked: &ImportUsers) -> Result<Vec<AccountRow>, String> {
    let unreadable = |error: std::io::Error| format!("{}: {error}", asked.file.display());
    let file = File::open(&asked.file).map_err(unreadable)?;
    read_accounts(file).map_err(unreadable)?.map_err(|bad| told(&bad))
}

/// A code that nobody guesses, and no spreadsheet takes for a formula.
fn new_code() -> Result<String, KeyError> {
    loop {
        let code = random_token::<15>()?;
        if code.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Ok(code);
        }
    }
}

/// Adds the accounts. The codes are on the disk before anything is committed: none is lost.
fn write(db: &Db, asked: &ImportUsers, coded: Vec<Coded>, file: File) -> Result<Vec<Outcome>, StoreError> {
    let (rows, codes): (Vec<CodedRow>, Vec<String>) =
        coded.into_iter().map(|Coded { row, code }| (row, code)).unzip();
    let (told, valid) = (asked.told.clone(), Duration::days(asked.valid_days.into()));
    db.write_blocking(move |tx| {
        let operator = Warrant::operator(Operation::AddUser);
        let outcomes = import::import(tx, &operator, &rows, (&told, valid))?;
        let content =
            table(&rows, &codes, &outcomes).map_err(|error| StoreError::internal(error.to_string()))?;
        put(&file, &content).map_err(|error| StoreError::internal(format!("the codes' file: {error}")))?;
        Ok(outcomes)
    })
}

/// The names and codes of those that were given one.
fn table(rows: &[CodedRow], codes: &[String], outcomes: &[Outcome]) -> Result<Vec<u8>, csv::Error> {
    let mut table = Table::new();
    table.row([Cell::Text("username"), Cell::Text("code")])?;
    for ((row, code), outcome) in rows.iter().zip(codes).zip(outcomes) {
        if *outcome != Outcome::Unchanged {
            table.row([Cell::Text(&row.row.new.username), Cell::Text(code)])?;
        }
    }
    table.into_bytes()
}

/// Puts it in place of whatever an earlier try wrote.
fn put(mut file: &File, content: &[u8]) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(content)?;
    file.sync_all()
}

fn refused(error: &StoreError) -> String {
    match error {
        StoreError::Refused(Refusal::Rows { faults, .. }) => {
            told(&faults.iter().cloned().map(Bad::from).collect::<Vec<_>>())
        }
        error => sentence(error),
    }
}

/// Tells what is wrong; gives the sentence for the end.
fn told(bad: &[Bad]) -> String {
    for Bad { line, column, code, text } in bad.iter().take(TOLD) {
        let column = if column.is_empty() { String::new() } else { format!(", {column}") };
        let place = line.map(|line| format!("row {line}{column}: ")).unwrap_or_default();
        complain(&format!("{place}{} ({code})", text.en));
    }
    if bad.len() > TOLD {
        complain(&format!("and {} more", bad.len() - TOLD));
    }
    "nothing was imported".to_owned()
}
