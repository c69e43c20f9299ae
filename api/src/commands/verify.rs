//! `xinwu verify`

use std::io::IsTerminal;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use xinwu_persistence::operations::verify::{self, Difference, Progress, Report};

use super::{EXIT_CODES, Failure, complain, open, say, say_json, sentence};
use crate::config::Config;
use crate::photos::{Folder, PhotoStore};

/// Recompute everything that is kept, and name each difference
///
/// Sums of ratings, frozen months, tallies, current grades, lists, the places' tree, what is due:
/// each is counted again from what it is made of, and the database checks its own structure. Of
/// photos the files must be there. Nothing is changed. It may run beside the service; a city takes
/// some minutes.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("Examples:\n  xinwu verify\n  xinwu verify --json\n  XINWU_DATABASE=sqlite:/var/backups/restored.db xinwu verify\n\n{EXIT_CODES}"))]
pub struct Args {
    /// Print checks and differences as JSON
    #[arg(long)]
    json: bool,
}

/// Recomputes.
///
/// # Errors
/// [`Failure::Failed`] when anything differs, or the database cannot be read.
pub fn run(args: &Args, config: &Config) -> Result<(), Failure> {
    let db = open(config).map_err(Failure::Failed)?;
    let bar = progress_bar();
    let progress = progress(&bar);
    let photos = Folder::at(config.photo_dir());
    let report = verify::run(&db, &progress).and_then(|mut report| {
        verify::check_photos(&db, &mut report, &progress, |sha256| photos.length(sha256))?;
        Ok(report)
    });
    bar.finish_and_clear();
    let report = report.map_err(|error| Failure::Failed(sentence(&error)))?;
    tell(args, &report)?;
    match report.differences.len() + report.untold {
        0 => Ok(()),
        count => Err(Failure::Failed(format!("{count} difference(s)"))),
    }
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

fn progress(bar: &ProgressBar) -> Progress {
    let bar = bar.clone();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Arc::new(move |what, done, of| {
        bar.set_message(format!("Checking {what}"));
        bar.set_length(count(of));
        bar.set_position(count(done));
    })
}

fn tell(args: &Args, report: &Report) -> Result<(), Failure> {
    if args.json {
        return say_json(&json!({
            "ok": report.is_clean(), "checks": report.checks, "differences": report.differences, "untold": report.untold,
        }));
    }
    report.differences.iter().for_each(|difference| say(&line(difference)));
    if report.untold > 0 {
        complain(&format!("{} more are not told one by one", report.untold));
    }
    if report.is_clean() {
        say(&format!("All {} checks are clean.", report.checks.len()));
    }
    Ok(())
}

fn line(difference: &Difference) -> String {
    let Difference { kept_in, key, figure, kept, counted } = difference;
    let shown = |figure: &Option<String>| figure.clone().unwrap_or_else(|| "nothing".to_owned());
    match (kept, counted) {
        (None, None) => format!("{kept_in} {key}: {figure}"),
        _ => format!("{kept_in} {key}: {figure} is kept as {}, counted as {}", shown(kept), shown(counted)),
    }
}
