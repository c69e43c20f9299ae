//! `xinwu-bench run`: the service against its floors, in one run on one host, and the table of it.

mod cases;
mod imports;
mod pgbench;
mod reads;
mod requests;
mod rewind;
mod service;
mod snapshot;
mod stale;
mod step;
mod table;
mod writes;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use service::Service;
use table::Table;
use xinwu_api::secrets::Secrets;
use xinwu_api::tokens::{Keys, Tokens};
use xinwu_store::{Clock, Db, Url};

use crate::data::{City, SECRET, open};
use crate::{Result, say};

/// What to measure.
#[derive(clap::Args)]
pub struct Args {
    /// A city that `xinwu-bench data` made
    #[arg(long)]
    database: String,
    /// The same city with few ratings: reads, and all firms re-evaluated, are measured on it too,
    /// in turn
    #[arg(long)]
    small: Option<String>,
    /// Rounds of each row; in each the service and its floor take turns
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds of each load
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// Dwellings of the file that is imported, into a city that was made with `--households 0`:
    /// nothing else is measured there
    #[arg(long, default_value_t = 1_900_000)]
    dwellings: u64,
    /// Only the rows whose name holds this
    #[arg(long, default_value = "")]
    only: String,
    /// The service
    #[arg(long, default_value = "target/release/xinwu")]
    service: PathBuf,
    /// Where the table is written
    #[arg(long, default_value = "bench/results/last.md")]
    results: PathBuf,
}

/// What every row needs.
pub struct Bench<'a> {
    args: &'a Args,
    url: Url,
    city: City,
    db: Db,
    keys: Arc<Keys>,
    /// Where requests, answers and logs are written: removed at the end.
    folder: PathBuf,
    table: Table,
}

/// Measures.
pub fn run(args: &Args) -> Result<()> {
    let url = Url::parse(&args.database)?;
    let db = open(&url, Clock::System)?;
    let kept = db.read_blocking(|conn| xinwu_store::setting::get(conn, "bench_city"))?;
    let city = city_of(&kept.ok_or("this is no city of xinwu-bench data")?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let secrets = Secrets::from_data_key(SECRET.as_bytes())?;
    let tokens = Tokens::load(&db, &secrets, ("xinwu", "xinwu-api"), Arc::default());
    let keys = runtime.block_on(async { tokens.await?.keys(&db, &secrets).await })?;
    let folder = std::env::temp_dir().join(format!("xinwu-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let table = Table::new(&args.database, city.ratings, args.results.clone());
    let mut bench = Bench { args, url, city, db, keys, folder: folder.clone(), table };
    let outcome = bench.all();
    std::fs::remove_dir_all(folder)?;
    outcome
}

impl Bench<'_> {
    fn all(&mut self) -> Result<()> {
        if self.city.households == 0 {
            return self.imports();
        }
        say("setting the ratings of earlier runs back");
        rewind::rewind(&self.url)?;
        if let Url::Postgres(url) = &self.url {
            pgbench::prepare(&crate::server::of(url))?;
        }
        self.reads()?;
        self.writes()?;
        self.mixed()?;
        self.hot_key()?;
        self.reevaluations()?;
        self.step()?;
        self.snapshot()?;
        self.cases()?;
        say(&format!("\n{}\nwritten to {}", self.table.text(), self.args.results.display()));
        Ok(())
    }

    fn wants(&self, name: &str) -> bool {
        name.contains(&self.args.only)
    }

    /// A service on the city, with some settings of its own.
    fn serve(&self, settings: &[(&str, &str)]) -> Result<Service> {
        Service::start(&self.args.service, &self.args.database, &self.folder, settings)
    }
}

/// The city as it was made: seed, dwellings, ratings, last day.
fn city_of(kept: &str) -> Result<City> {
    let fields: Vec<&str> = kept.split(' ').collect();
    let [seed, households, ratings, today] = fields[..] else {
        return Err("the city's description cannot be read".into());
    };
    City::invent(seed.parse()?, households.parse()?, ratings.parse()?, today.parse::<NaiveDate>()?)
}
