//! `xinwu demo`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use xinwu_persistence::operations::wall_clock;
use xinwu_store::{Clock, ServiceLock, StoreError, Url};

use super::serve::until_stopped;
use super::{EXIT_CODES, Failure, complain, migrate, say, say_json};
use crate::config::{Config, Profile, SecondFactor};
use crate::demo::{self, Size, people, welcome};
use crate::logging;
use crate::state::State;

/// Serve a year of invented data over Dalian's real places
///
/// The first time it makes an embedded database in the data folder and fills it, which takes a
/// minute or two; later it starts in seconds and keeps what was done. It prints where the
/// documentation is, who can sign in, and lines to try; the same stands in `demo.json` in the data
/// folder.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("Examples:\n  xinwu demo\n  XINWU_BIND=127.0.0.1:9000 xinwu demo --data /tmp/demo\n  xinwu demo --reset        begin again\n\n{EXIT_CODES}"))]
pub struct Args {
    /// The folder for the database, its secret and demo.json
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    data: PathBuf,
    /// Remove the demo's database first
    #[arg(long)]
    reset: bool,
    /// Fill a new database with a few firms only, which takes seconds
    #[arg(long)]
    small: bool,
    /// Fill the database, write demo.json, and do not serve
    #[arg(long)]
    fill_only: bool,
    /// Print what is said as JSON
    #[arg(long)]
    json: bool,
}

/// Fills the database if it must, and serves it.
///
/// # Errors
/// [`Failure::Wrong`] under a production profile, [`Failure::Failed`] when the folder, the database
/// or the address cannot be used.
pub fn run(args: &Args, mut config: Config) -> Result<(), Failure> {
    if config.profile == Profile::Production {
        return Err(Failure::Wrong(vec!["profile: the demo does not run in production".to_owned()]));
    }
    let database = args.data.join("xinwu.db");
    config.database = format!("sqlite:{}", database.display());
    config.secret_file = Some(args.data.join("xinwu.secret"));
    // Its passwords are known to everyone.
    config.second_factor = SecondFactor::Offered;
    // Whoever tries it out comes from one address.
    config.reads_a_minute = 0;
    // Nobody measures it, and it runs beside a service.
    if config.metrics_bind == Config::default().metrics_bind {
        config.metrics_bind.clear();
    }
    if config.log_level == Config::default().log_level {
        // What is printed below is not to drown in requests; XINWU_LOG_LEVEL says otherwise.
        config.log_level = "warn".to_owned();
    }
    logging::start(&config).map_err(|fault| Failure::Wrong(vec![fault]))?;
    // What is only filled listens on no port.
    let doors = match args.fill_only {
        true => None,
        false => Some(config.take_addresses(Vec::new()).map_err(Failure::Wrong)?),
    };
    std::fs::create_dir_all(&args.data)
        .map_err(|error| Failure::Failed(format!("{}: {error}", args.data.display())))?;
    let _lock = ServiceLock::take(&Url::Sqlite(database.clone())).map_err(Failure::failed)?;
    if args.reset {
        remove(&database)?;
    }
    let (state, subject) = match open(&config, &database)? {
        (state, Some(subject)) => (state, subject),
        (state, None) => {
            let size = if args.small { Size::SMALL } else { Size::FULL };
            let subject = fill(&state, size).map_err(Failure::failed)?;
            (state, subject)
        }
    };
    welcome::fix_code(&state).map_err(Failure::failed)?;
    let say_welcome = {
        let (state, data, json) = (Arc::clone(&state), args.data.clone(), args.json);
        move |address| {
            let document = welcome::document(&state, &subject, address);
            let text = serde_json::to_string_pretty(&document).map_err(Failure::failed)?;
            std::fs::write(data.join("demo.json"), text).map_err(Failure::failed)?;
            if json {
                return say_json(&document);
            }
            say(&welcome::text(&document));
            Ok(())
        }
    };
    let Some(doors) = doors else {
        let address = config.bind.parse().map_err(Failure::failed)?;
        return say_welcome(address);
    };
    actix_web::rt::System::new().block_on(async move {
        // Its data are invented: it may have rested for as long as it likes.
        state.db().write(wall_clock::accept).await.map_err(Failure::failed)?;
        until_stopped(state, doors, say_welcome).await
    })
}

/// Opens the demo's database, a new one where there is none or where one was never filled to the
/// end.
fn open(config: &Config, database: &Path) -> Result<(Arc<State>, Option<welcome::Subject>), Failure> {
    let open = || {
        let url = Url::Sqlite(database.to_owned());
        migrate::bring_up(config, &url)?;
        actix_web::rt::System::new()
            .block_on(State::open(config.clone(), Clock::System))
            .map_err(Failure::failed)
    };
    if database.exists() {
        let state = open()?;
        if let Some(subject) = welcome::kept(&state).map_err(Failure::failed)? {
            return Ok((state, Some(subject)));
        }
        complain("the database was not filled to the end; beginning again");
        drop(state);
        remove(database)?;
    }
    Ok((open()?, None))
}

fn fill(state: &State, size: Size) -> Result<welcome::Subject, StoreError> {
    let progress = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} {elapsed}");
    if let Ok(style) = style {
        progress.set_style(style);
    }
    progress.set_message("Filling");
    if !std::io::stderr().is_terminal() {
        complain("filling the demo's database, once; this takes a minute or two");
    }
    let subject = demo::fill(state, size, &progress)?;
    people::add(state, &subject)?;
    welcome::keep(state, &subject)?;
    Ok(subject)
}

/// Removes a database with what SQLite keeps beside it.
fn remove(database: &Path) -> Result<(), Failure> {
    for end in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{end}", database.display()));
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::Failed(format!("{}: {error}", file.display()))),
        }
    }
    Ok(())
}
