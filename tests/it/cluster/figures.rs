//! The table at the end.

use std::fmt::{Display, Formatter, Result};
use std::time::Duration;

/// A line for whoever watches.
#[expect(clippy::print_stdout, reason = "`make cluster-test` shows its figures")]
pub fn tell(line: impl Display) {
    println!("{line}");
}

#[derive(Debug, Default)]
pub struct Figures(Vec<(String, String)>);

impl Figures {
    pub fn say(&mut self, what: &str, figure: &str) {
        tell(format_args!("{what}: {figure}"));
        self.0.push((what.to_owned(), figure.to_owned()));
    }

    /// Median and longest; fails when that is over the limit.
    #[track_caller]
    pub fn spread(&mut self, what: &str, took: impl Iterator<Item = Duration>, limit: Duration) {
        let mut took: Vec<Duration> = took.collect();
        took.sort_unstable();
        let (median, longest) = (took[took.len() / 2], took[took.len() - 1]);
        self.say(
            what,
            &format!("median {median:.0?}, longest {longest:.0?} of {} (limit {limit:.0?})", took.len()),
        );
        assert!(longest <= limit, "{what}: {longest:?}");
    }
}

impl Display for Figures {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        for (what, figure) in &self.0 {
            Formatter::write_fmt(formatter, format_args!("{what:<36}{figure}\n"))?;
        }
        Ok(())
    }
}
