//! `xinwu import`

use std::cell::RefCell;
use std::fs::File;
use std::io::Seek;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::import::{ImportFormat, ImportKind, ImportReport, ImportState, Occasion, Run};
use xinwu_domain::screen::find;
use xinwu_domain::text::Language;
use xinwu_domain::word::Word;
use xinwu_persistence::city::CitySettings;
use xinwu_persistence::operations::due;
use xinwu_persistence::operations::import::{self, Claims, NewImport, SentFile};
use xinwu_store::{Clock, Options, Random, Url};

use super::{EXIT_CODES, Failure, complain, say, say_json, secrets};
use crate::config::Config;
use crate::imports::{self, Job, Progress, Stage, Workshop};

/// Bad rows that are told on a terminal; `--json` tells all that are kept.
const TOLD: usize = 20;

/// Import a file of many rows, whole or not at all
///
/// CSV as a spreadsheet saves it, with a header row in English or Chinese, or one JSON object a
/// line (.ndjson, .jsonl), in UTF-8, UTF-16 or GB 18030. Every bad row is named; with one bad row
/// nothing is written. A file that was imported before changes nothing. Records, assessments and
/// metrics wait for an official of the city to confirm them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("Examples:\n  xinwu import places data/dalian-places.csv\n  xinwu import households roster.csv --dry-run\n  xinwu import records past.ndjson --founding --json\n\n{EXIT_CODES}"))]
pub struct Args {
    /// What the rows are: places, firms, estates, projects, managers, staff, households, records,
    /// assessments or metrics
    #[arg(value_parser = parse_kind)]
    kind: ImportKind,
    /// The file
    file: PathBuf,
    /// How the rows are written; by default told from the file's name
    #[arg(long, value_enum)]
    format: Option<Written>,
    /// Check only, and say what would happen
    #[arg(long)]
    dry_run: bool,
    /// A city's founding import: rows may say when they were known (`known_from`)
    #[arg(long)]
    founding: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// How the rows of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Written {
    /// Comma-separated values with a header row
    Csv,
    /// One JSON object a line
    Ndjson,
}

fn parse_kind(text: &str) -> Result<ImportKind, String> {
    text.parse::<ImportKind>().ok().ok_or_else(|| {
        let known: Vec<&str> = ImportKind::ALL.iter().map(|kind| kind.into_str()).collect();
        format!("must be one of: {}", known.join(", "))
    })
}

/// Imports a file as the operator, in this process.
///
/// # Errors
/// [`Failure::Failed`] when the file or the database cannot be used, and when nothing was imported
/// because rows are bad.
pub fn run(args: &Args, config: &Config) -> Result<(), Failure> {
    let unreadable =
        |error: std::io::Error| Failure::Wrong(vec![format!("{}: {error}", args.file.display())]);
    let mut file = File::open(&args.file).map_err(unreadable)?;
    let sent = told_of(&args.file, &mut file).map_err(unreadable)?;
    let workshop = workshop(config)?;
    let warrant = Warrant::operator(Operation::AddImport);
    let new = NewImport {
        id: Random.id(),
        kind: args.kind,
        format: format_of(args),
        run: if args.dry_run { Run::Dry } else { Run::Real },
        occasion: if args.founding { Occasion::Founding } else { Occasion::Usual },
        file: sent,
    };
    let job = Job {
        id: new.id.clone(),
        file,
        kind: new.kind,
        format: new.format,
        run: new.run,
        occasion: new.occasion,
        warrant: warrant.clone(),
    };
    let id = new.id.clone();
    // Before it is opened: a service that runs beside ends what nobody is at.
    workshop.claims.take(&id).map_err(Failure::failed)?;
    workshop
        .db
        .write_blocking(move |tx| import::open(tx, &warrant, &new, Language::English))
        .map_err(Failure::failed)?;
    let bar = if args.json { ProgressBar::hidden() } else { ProgressBar::no_length() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos} rows, {elapsed}") {
        bar.set_style(style);
    }
    let show = shown_on(&bar);
    let told = |progress| {
        // A session that dies under way is noticed here; if it cannot be opened, the next write
        // says so.
        workshop.claims.renew().ok();
        show(progress);
    };
    imports::run(&workshop, job, &told);
    workshop.claims.give_back(&id);
    bar.set_message("grades to compute:");
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos}, {elapsed}") {
        bar.set_style(style);
    }
    let settled = due::settle_blocking(&workshop.db, &|left| bar.set_position(left.unsigned_abs()));
    bar.finish_and_clear();
    match settled {
        Ok(0) => {}
        Ok(left) => complain(&format!("{left} grade(s) are computed once the service runs")),
        Err(error) => complain(&format!("not all grades are computed; the service does it: {error}")),
    }
    let (report, _) = workshop
        .db
        .read_blocking(move |conn| import::get(conn, &id, Language::English))
        .map_err(Failure::failed)?;
    if args.json {
        say_json(&report)?;
    } else {
        tell(&report);
    }
    match report.job.state {
        ImportState::Checked if args.dry_run => Ok(()),
        ImportState::Applied if !args.dry_run => Ok(()),
        // An official may have decided on the batch already.
        ImportState::Submitted | ImportState::Confirmed | ImportState::Returned if args.kind.is_batch() => {
            Ok(())
        }
        ImportState::Refused => {
            Err(Failure::Failed(format!("{} row(s) are bad; nothing was imported", report.job.rows.bad)))
        }
        ImportState::Failed => {
            let reason = report.job.failure.map_or_else(String::new, |failure| failure.detail);
            Err(Failure::Failed(reason))
        }
        state => Err(Failure::Failed(format!(
            "nothing was imported: the import stopped at \"{}\", and its end could not be written \
             either (is the disk of the database full?); import the file again when it can be",
            state.into_str()
        ))),
    }
}

fn workshop(config: &Config) -> Result<Workshop, Failure> {
    let url = Url::parse(&config.database).map_err(|fault| Failure::Wrong(vec![fault]))?;
    let options = Options {
        connections: config.connections_to(&url),
        url,
        patience: std::time::Duration::from_secs(30),
        clock: Clock::System,
    };
    let db = xinwu_persistence::open(options).map_err(Failure::failed)?;
    let secrets = secrets(config, &db).map_err(Failure::Failed)?;
    let claims = Claims::new(db.clone());
    Ok(Workshop { db, secrets, city: CitySettings { zone: config.tz(), ..CitySettings::default() }, claims })
}

fn format_of(args: &Args) -> ImportFormat {
    match args.format {
        Some(Written::Csv) => ImportFormat::Csv,
        Some(Written::Ndjson) => ImportFormat::Ndjson,
        None => match args.file.extension().and_then(|extension| extension.to_str()) {
            Some("ndjson" | "jsonl") => ImportFormat::Ndjson,
            _ => ImportFormat::Csv,
        },
    }
}

/// What an official who confirms it is told of the file.
fn told_of(path: &Path, file: &mut File) -> std::io::Result<SentFile> {
    let sha256 = Some(crate::secrets::sha256_hex_of(&mut *file)?);
    file.rewind()?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(SentFile { name: name.filter(|name| find(name).is_none()), sha256, reason: None })
}

fn shown_on(bar: &ProgressBar) -> impl Fn(Progress) + '_ {
    let last = RefCell::new(None);
    move |progress| {
        if last.replace(Some(progress.stage)) != Some(progress.stage) {
            bar.set_message(match progress.stage {
                Stage::Reading => "reading",
                Stage::Applying => "applying",
            });
        }
        bar.set_position(progress.rows);
        bar.tick();
    }
}

fn tell(report: &ImportReport) {
    for bad in report.bad_rows.iter().take(TOLD) {
        let key = if bad.key.is_empty() { String::new() } else { format!(" ({})", bad.key) };
        let column = bad.column.as_ref().map_or_else(String::new, |column| format!(", {column}"));
        complain(&format!("row {}{key}{column}: {} ({})", bad.line, bad.detail, bad.code));
    }
    if report.bad_rows.len() > TOLD {
        complain(&format!("and {} more; --json tells them", report.bad_rows.len() - TOLD));
    }
    let rows = &report.job.rows;
    let done = match report.job.state {
        ImportState::Checked => "Would be",
        ImportState::Submitted => "Submitted, to be confirmed by an official of the city:",
        ImportState::Applied => "Done:",
        _ => return,
    };
    say(&format!(
        "{done} {} created, {} updated, {} unchanged (import {})",
        rows.created, rows.updated, rows.unchanged, report.job.id
    ));
}
