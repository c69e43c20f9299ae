//! `xinwu backup`

use std::path::{Path, PathBuf};

use xinwu_domain::calendar::Month;
use xinwu_persistence::city::CitySettings;
use xinwu_persistence::migration::MIGRATIONS;
use xinwu_persistence::operations::backup::{self, Keys};
use xinwu_persistence::ratings::rating;
use xinwu_store::{Clock, StoreError, Url};

use super::postgres_tools::{require_version, tool, url_without_password};
use super::{EXIT_CODES, Failure, say, say_json};
use crate::backup::{Manifest, folder_of, partial, seal, sync_folder_of};
use crate::config::Config;

/// Copy the whole database into a file, while the service runs
///
/// The copy is of one moment: it holds every write that was answered before the command began. The
/// file ends with a manifest (schema, moment, last change) and checksums of everything, is on the
/// disk when the command ends, and never has its name before it is whole. On PostgreSQL it is made
/// by pg_dump, which must be installed in the server's version. The master secret is not in it:
/// keep that elsewhere. Nor are the keys of ratings, unless --keys is given.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("Examples:\n  xinwu backup /var/backups/xinwu-$(date +%F).backup\n  xinwu backup xinwu.backup --json\n\n{EXIT_CODES}"))]
pub struct Args {
    /// The file to make; there must be none yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Copy the months' keys of ratings too, by which it can be told who gave those that are not
    /// forgotten yet. The command says by which day such a copy must be destroyed. Without them a
    /// restored database takes no rating until the next 1st
    #[arg(long)]
    keys: bool,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
}

/// Makes a backup.
///
/// # Errors
/// [`Failure::Failed`] when the file exists, the disk is full, or the database cannot be read.
pub fn run(args: &Args, config: &Config) -> Result<(), Failure> {
    let url = Url::parse(&config.database).map_err(|fault| Failure::Wrong(vec![fault]))?;
    let name = args.file.display();
    if args.file.exists() {
        return Err(Failure::Failed(format!("{name} exists already")));
    }
    if let Url::Sqlite(path) = &url
        && !path.exists()
    {
        return Err(Failure::Failed(format!("there is no database at {}", path.display())));
    }
    if !MIGRATIONS.pending(&url).map_err(Failure::failed)?.is_empty() {
        return Err(Failure::Failed("the database lacks migrations; run `xinwu migrate`".to_owned()));
    }
    let mut partial = partial(".xinwu-backup-", folder_of(&args.file))
        .map_err(|error| Failure::Failed(format!("{name}: {error}")))?;
    let moment = Clock::System.now();
    let keys = if args.keys { Keys::In } else { Keys::Out };
    let (database, content) = match &url {
        Url::Sqlite(path) => {
            let copied = backup::copy_sqlite(path, partial.path(), keys);
            ("sqlite", copied.map_err(|error| failed_copy(&args.file, &error))?)
        }
        Url::Postgres(_) => {
            require_version("pg_dump", backup::server_version(&url).map_err(Failure::failed)?)?;
            rating::shuffle_at(&url).map_err(Failure::failed)?;
            let held = backup::hold_moment(&url).map_err(Failure::failed)?;
            dump(&config.database, &held.snapshot, partial.path(), keys)?;
            ("postgres", held.content)
        }
    };
    let failed = |error: std::io::Error| Failure::Failed(format!("{name}: {error}"));
    // Whoever wrote the copy may have put another file under the name.
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(partial.path()).map_err(failed)?;
    let destroy_by = args.keys.then(|| {
        let city = CitySettings { unlink_days: config.unlink_days, ..CitySettings::default() };
        city.forgotten_on(Month::of(moment, config.tz()))
    });
    let manifest = seal(&mut file, database, moment, content, destroy_by).map_err(failed)?;
    partial.as_file_mut().sync_all().map_err(failed)?;
    partial.persist_noclobber(&args.file).map_err(|error| failed(error.error))?;
    sync_folder_of(&args.file).map_err(failed)?;
    tell(args, &manifest)
}

fn failed_copy(file: &Path, error: &StoreError) -> Failure {
    Failure::Failed(format!("{}: {error}", file.display()))
}

fn dump(url: &str, snapshot: &str, to: &Path, keys: Keys) -> Result<(), Failure> {
    let (url, password) = url_without_password(url);
    let mut command = tool("pg_dump", password.as_deref());
    command.args(["--format=custom", "--no-password"]).arg(format!("--snapshot={snapshot}"));
    if keys == Keys::Out {
        command.arg("--exclude-table-data=rating_key");
    }
    command.arg("--file").arg(to).arg(format!("--dbname={url}"));
    super::postgres_tools::run(&mut command, "pg_dump")
}

fn tell(args: &Args, manifest: &Manifest) -> Result<(), Failure> {
    if args.json {
        return say_json(manifest);
    }
    say(&format!(
        "{} holds the database of {} up to change {}, {} bytes.",
        args.file.display(),
        manifest.moment.to_rfc3339(),
        manifest.last_change,
        manifest.bytes
    ));
    if let Some(day) = manifest.destroy_by {
        say(&format!("It holds the keys of ratings: destroy it by {day}."));
    }
    Ok(())
}
