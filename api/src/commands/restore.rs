//! `xinwu restore`

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use xinwu_persistence::migration::MIGRATIONS;
use xinwu_persistence::operations::backup;
use xinwu_persistence::operations::increments::{self, Journal};
use xinwu_store::migration::SQUASHED;
use xinwu_store::{ServiceLock, Url};

use super::postgres_tools::{missing, tool, url_without_password};
use super::{EXIT_CODES, Failure, say, say_json};
use crate::backup::{Manifest, copy_out, folder_of, partial, read, sync_folder_of};
use crate::config::Config;

/// Put a backup in the database's place
///
/// The file is checked to its last byte before anything is touched: a damaged one, one of the other
/// kind of database, and one of a later version of this program are refused. So is a database that
/// holds anything, unless --replace is given; then the service must be stopped. It is done whole or
/// not at all. Afterwards run `xinwu migrate`, if the backup is of an earlier version, and
/// `xinwu verify`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("Examples:\n  xinwu restore /var/backups/xinwu-2026-11-21.backup\n  XINWU_DATABASE=sqlite:/tmp/look.db xinwu restore xinwu.backup\n  xinwu restore xinwu.backup --replace --json\n\n{EXIT_CODES}"))]
pub struct Args {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Put it in the place of what the database holds
    #[arg(long)]
    replace: bool,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
}

/// Removes what the tables of a database hold, them, and the functions of their triggers; what
/// extensions brought stays.
const REMOVE_EVERYTHING: &str = "DO $$ DECLARE each regclass; called regprocedure; BEGIN \
    FOR each IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
    LOOP EXECUTE 'DROP TABLE ' || each || ' CASCADE'; END LOOP; \
    FOR called IN SELECT oid::regprocedure FROM pg_proc WHERE prorettype = 'trigger'::regtype AND pronamespace = 'public'::regnamespace \
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e') \
    LOOP EXECUTE 'DROP FUNCTION ' || called; END LOOP; END $$;\n";

/// Restores.
///
/// # Errors
/// [`Failure::Failed`] when the file or the database is refused. Nothing was changed then.
pub fn run(args: &Args, config: &Config) -> Result<(), Failure> {
    let url = Url::parse(&config.database).map_err(|fault| Failure::Wrong(vec![fault]))?;
    let name = args.file.display();
    let refused = |reason: String| Failure::Failed(format!("{name}: {reason}"));
    let mut file = File::open(&args.file).map_err(|error| refused(error.to_string()))?;
    let manifest = read(&mut file).map_err(refused)?;
    require_fit(&url, &manifest).map_err(refused)?;
    if !args.replace && !backup::is_vacant(&url).map_err(Failure::failed)? {
        return Err(Failure::Failed(format!(
            "the database {url:?} is not empty; --replace puts the backup in its place"
        )));
    }
    if let Url::Sqlite(path) = &url {
        std::fs::create_dir_all(folder_of(path)).map_err(Failure::failed)?;
    } else if args.replace {
        require_alone(&url)?;
    }
    // A service that is started meanwhile would write to the file that is about to go.
    let _lock =
        ServiceLock::take(&url).map_err(|error| Failure::Failed(format!("{error}; stop the service")))?;
    let journal = Journal::of(&url, config.increments_file.as_deref());
    keep_published(&url, journal.as_ref(), &manifest)?;
    match &url {
        Url::Sqlite(path) => into_sqlite(&mut file, &manifest, path)?,
        Url::Postgres(_) => into_postgres(&mut file, &manifest, &config.database)?,
    }
    if args.json {
        return say_json(&manifest);
    }
    say(&format!(
        "The database is that of {} up to change {}. Run `xinwu migrate` and `xinwu verify` next.",
        manifest.moment.to_rfc3339(),
        manifest.last_change
    ));
    if journal.is_some() {
        say("What was published since is put back when it is first served.");
    }
    Ok(())
}

/// What the present database has published is final: before it goes, the file of increments has all
/// of it. The service that is started next on what is put in its place puts back from there what
/// that lacks.
fn keep_published(url: &Url, journal: Option<&Journal>, manifest: &Manifest) -> Result<(), Failure> {
    let Some((database, published)) = increments::published_by(url) else { return Ok(()) };
    match journal {
        Some(journal) => journal.append(&database, &published).map_err(Failure::failed),
        None if published.iter().any(|each| each.published_at() > manifest.moment.naive_utc()) => {
            Err(Failure::Failed(
                "the database has published figures since the backup was made, and would publish them again: set \
                 `increments_file`, here and for the service, and run this again"
                    .to_owned(),
            ))
        }
        None => Ok(()),
    }
}

fn require_fit(url: &Url, manifest: &Manifest) -> Result<(), String> {
    let kind = match url {
        Url::Sqlite(_) => "sqlite",
        Url::Postgres(_) => "postgres",
    };
    if manifest.database != kind {
        return Err(format!("a backup of {}, and the database is {kind}", manifest.database));
    }
    let of_another_line = MIGRATIONS.of_another_line(&manifest.migrations);
    if let Some(last) = of_another_line.map_err(|error| error.to_string())? {
        return Err(format!(
            "made by version {} with the schema {last}, {SQUASHED}; restore it with the version that made it",
            manifest.program
        ));
    }
    let unknown = MIGRATIONS.unknown(&manifest.migrations).map_err(|error| error.to_string())?;
    match unknown.last() {
        None => Ok(()),
        Some(last) => Err(format!(
            "made by version {} with the schema {last}, which this version {} does not know: use the program that made it, or a later one that knows its schema",
            manifest.program,
            env!("CARGO_PKG_VERSION")
        )),
    }
}

fn into_sqlite(file: &mut File, manifest: &Manifest, to: &Path) -> Result<(), Failure> {
    let mut copy = partial(".xinwu-restore-", folder_of(to)).map_err(Failure::failed)?;
    copy_out(file, manifest, copy.as_file_mut()).map_err(Failure::Failed)?;
    let content = backup::content_of_file(copy.path()).map_err(Failure::failed)?;
    if (&content.migrations, content.last_change) != (&manifest.migrations, manifest.last_change) {
        return Err(Failure::Failed("the backup does not hold what its manifest says".to_owned()));
    }
    backup::put_in_place(copy.path(), to).map_err(Failure::failed)?;
    // It has another name now; there is nothing left to remove.
    drop(copy.into_temp_path().keep());
    sync_folder_of(to).map_err(Failure::failed)
}

/// Nobody else may use the database. One that has just ended stays on PostgreSQL's list for a
/// moment.
fn require_alone(url: &Url) -> Result<(), Failure> {
    for _ in 0..20 {
        if backup::others_connected(url).map_err(Failure::failed)? == 0 {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Err(Failure::Failed("others are connected to the database: stop the service first".to_owned()))
}

/// In one transaction: what pg_restore makes of the copy, after the tables that are there are
/// removed.
fn into_postgres(file: &mut File, manifest: &Manifest, text: &str) -> Result<(), Failure> {
    let mut copy = tempfile::NamedTempFile::new().map_err(Failure::failed)?;
    copy_out(file, manifest, copy.as_file_mut()).map_err(Failure::Failed)?;
    let (text, password) = url_without_password(text);
    let mut psql = tool("psql", password.as_deref());
    psql.args([
        "--no-psqlrc",
        "--quiet",
        "--no-password",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
        "--file=-",
    ]);
    psql.arg(format!("--dbname={text}")).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut psql = psql.spawn().map_err(|error| missing("psql", &error))?;
    let mut reader = tool("pg_restore", None);
    reader.args(["--no-owner", "--no-privileges", "--file=-"]).arg(copy.path());
    let mut reader = reader.spawn().map_err(|error| missing("pg_restore", &error))?;
    let outcome = pass_on(&mut reader, &mut psql);
    // Without the COMMIT, which is the last thing passed on, nothing has happened.
    let read = reader.wait_with_output().map_err(Failure::failed)?;
    let written = psql.wait_with_output().map_err(Failure::failed)?;
    for (name, output) in [("psql", &written), ("pg_restore", &read)] {
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::Failed(format!("{name}: {}; nothing was changed", said.trim_end())));
        }
    }
    outcome.map_err(Failure::failed)
}

fn pass_on(reader: &mut std::process::Child, psql: &mut std::process::Child) -> std::io::Result<()> {
    let (Some(mut script), Some(mut to)) = (reader.stdout.take(), psql.stdin.take()) else { return Ok(()) };
    to.write_all(b"BEGIN;\n")?;
    to.write_all(REMOVE_EVERYTHING.as_bytes())?;
    std::io::copy(&mut script, &mut to)?;
    if reader.wait()?.success() {
        to.write_all(b"\nCOMMIT;\n")?;
    }
    Ok(())
}
