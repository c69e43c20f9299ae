//! `xinwu-bench data`: the same city from the same seed and day, straight into the tables.
//!
//! Places, firms and estates go through the service's own use cases; what there are millions of is
//! written by prepared statements (SQLite) or COPY (PostgreSQL). At the end the service's own
//! functions evaluate everyone and make the read models, so that nothing differs from what it would
//! have kept.

mod bulk;
mod cases;
mod city;
mod past;
mod people;
mod ratings;
mod registers;
mod waiting;

pub use cases::add_cases;
pub use city::{BIG_FIRM, City, POOL, Seed};
pub use people::{OFFICIAL, SECRET, STREET_OFFICIAL, account_id, household_id, residence_id, session_id};
pub use registers::{every_subject, open, refresh};
pub use waiting::wait_with;

use std::time::Instant;

use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use xinwu_persistence::migration::MIGRATIONS;
use xinwu_store::{Clock, Url};

use crate::{Result, say};

/// What to make, and where.
#[derive(clap::Args)]
pub struct Args {
    /// `sqlite:PATH` or `postgres://…`; it must be empty
    #[arg(long)]
    database: String,
    /// The city follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ratings over 24 months
    #[arg(long, default_value_t = 20_000_000)]
    ratings: u64,
    /// Dwellings; only the measuring of imports makes a city without
    #[arg(long, default_value_t = city::HOUSEHOLDS)]
    households: u64,
    /// The last day of the city's past: today when left out
    #[arg(long)]
    today: Option<NaiveDate>,
}

/// Makes the city.
pub fn run(args: &Args) -> Result<()> {
    let began = Instant::now();
    let url = Url::parse(&args.database)?;
    let zone = chrono_tz::Asia::Shanghai;
    let today = args.today.unwrap_or_else(|| Clock::System.now().with_timezone(&zone).date_naive());
    MIGRATIONS.run(&url)?;
    if let Url::Sqlite(path) = &url {
        std::fs::write(path.with_extension("secret"), SECRET)?;
    }
    let mut city = City::invent(args.seed, args.households, args.ratings, today)?;
    let progress = bar(city.rows());
    let step = |what: &'static str| {
        progress.set_message(what);
        say(&format!("{:>6.1} s  {what}", began.elapsed().as_secs_f64()));
    };
    step("places, firms, estates");
    registers::add(&url, &mut city)?;
    let mut bulk = bulk::Bulk::open(&url, &progress)?;
    step("projects");
    registers::projects(&mut bulk, &city)?;
    step("households and residents");
    people::add(&mut bulk, &city)?;
    step("records and assessments");
    past::add(&mut bulk, &city)?;
    step("ratings");
    ratings::add(&mut bulk, &city)?;
    let kept = format!("{} {} {} {today}", args.seed, args.households, args.ratings);
    bulk.run(&format!("INSERT INTO setting (name, value) VALUES ('bench_city', '{kept}')"))?;
    // All steps of the past are made; without this the clock would have them owe every grade again.
    let now = Clock::System.now();
    bulk.run(&format!("UPDATE setting SET value = '{}' WHERE name = 'last_step'", now.to_rfc3339()))?;
    // Nor move tallies of nothing through all months.
    bulk.run(&format!("UPDATE tally SET updated_at = '{}'", registers::stored(now.naive_utc())))?;
    bulk.close()?;
    step("evaluations");
    registers::evaluate(&url, &city)?;
    progress.finish_and_clear();
    let size = size(&url);
    say(&format!("{:>6.1} s  done{size}", began.elapsed().as_secs_f64()));
    Ok(())
}

fn size(url: &Url) -> String {
    let Url::Sqlite(path) = url else { return String::new() };
    std::fs::metadata(path).map_or_else(|_| String::new(), |file| format!(": {} MiB", file.len() >> 20))
}

fn bar(rows: u64) -> ProgressBar {
    let progress = ProgressBar::with_draw_target(Some(rows), ProgressDrawTarget::stderr_with_hz(4));
    if let Ok(style) =
        ProgressStyle::with_template("{msg} [{bar:40}] {percent}% {elapsed} of about {duration}")
    {
        progress.set_style(style);
    }
    progress
}
