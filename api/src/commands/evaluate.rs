//! `xinwu evaluate`

use std::path::PathBuf;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use xinwu_domain::calendar::start_of_day;
use xinwu_domain::evaluation::{Dossier, Evaluation, evaluate};
use xinwu_domain::text::Language;
use xinwu_domain::word::Word;
use xinwu_store::Clock;

use super::{EXIT_CODES, Failure, say};
use crate::permit::render_in;

/// Evaluate an exported dossier by a scheme's file, without a database
///
/// The same dossier, scheme and instants give the same answer as the service gives to the firm and
/// its officials, byte for byte with --json.
#[derive(Debug, Args)]
#[command(
    name = "evaluate",
    after_long_help = format!("Examples:\n  xinwu evaluate --scheme schemes/dalian-demo/1.toml --file firm.json\n  \
    xinwu evaluate --scheme schemes/dalian-demo/1.toml --file firm.json --as-of 2026-11-21 --json\n  \
    xinwu evaluate --scheme draft.toml --file firm.json --as-of 2026-06-30 --known-at 2026-11-21 --language en\n\n{EXIT_CODES}")
)]
pub struct EvaluateArgs {
    /// The scheme's file
    #[arg(long, value_name = "FILE")]
    scheme: PathBuf,
    /// The exported dossier
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// The instant (RFC 3339), or the day whose end, is graded; now when left out
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// The instant, or the day whose end's knowledge is used; that of --as-of when left out
    #[arg(long, value_name = "TIME")]
    known_at: Option<String>,
    /// Print the whole evaluation as the API does
    #[arg(long)]
    json: bool,
    /// The language of the texts
    #[arg(long, value_enum, default_value = "zh-cn")]
    language: CommandLanguage,
}

/// A language that a command can speak.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum CommandLanguage {
    /// Chinese
    #[value(name = "zh-cn", alias = "zh-CN", alias = "zh")]
    Chinese,
    /// English
    #[value(name = "en")]
    English,
}

impl From<CommandLanguage> for Language {
    fn from(language: CommandLanguage) -> Language {
        match language {
            CommandLanguage::Chinese => Language::Chinese,
            CommandLanguage::English => Language::English,
        }
    }
}

/// Evaluates.
///
/// # Errors
/// [`Failure::Failed`] when a file cannot be read, [`Failure::Wrong`] for a time that cannot.
pub fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    let scheme = super::scheme::read(&args.scheme)?.map_err(|faults| {
        Failure::Failed(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    let name = args.file.display();
    let text =
        std::fs::read_to_string(&args.file).map_err(|error| Failure::Failed(format!("{name}: {error}")))?;
    let dossier: Dossier =
        serde_json::from_str(&text).map_err(|error| Failure::Failed(format!("{name}: {error}")))?;
    let instant = |text: &Option<String>| text.as_deref().map(|text| instant_of(text, &dossier)).transpose();
    let as_of = instant(&args.as_of)?.unwrap_or_else(|| Clock::System.now());
    let known_at = instant(&args.known_at)?.unwrap_or(as_of);
    let evaluation = evaluate(&scheme, &dossier, as_of, known_at);
    let language = args.language.into();
    if args.json {
        say(&render_in(language, &evaluation).map_err(Failure::failed)?);
    } else {
        say(&summary(&evaluation, language));
    }
    Ok(())
}

/// The score, its lines and why this grade, for a terminal.
fn summary(evaluation: &Evaluation, language: Language) -> String {
    let number = |number: Option<rust_decimal::Decimal>| {
        number.map_or_else(|| "—".to_owned(), |number| number.normalize().to_string())
    };
    let mut lines = vec![format!(
        "{} {} · {}/{} · {}",
        evaluation.subject_kind.into_str(),
        evaluation.subject,
        evaluation.scheme,
        evaluation.scheme_version,
        evaluation.as_of.to_rfc3339()
    )];
    let grade = evaluation.grade.as_deref().unwrap_or("—");
    lines.push(format!("{}: {} {grade}", evaluation.outcome.into_str(), number(evaluation.score)));
    for item in &evaluation.items {
        let behind = item.id.as_deref().map_or_else(String::new, |id| format!(" ({id})"));
        let until = item.counts_until.map_or_else(String::new, |day| format!(" → {day}"));
        let name = item.name.in_language(language);
        lines.push(format!("{:>10}  {name}{behind}{until}", number(Some(item.contribution))));
    }
    for unmatched in &evaluation.unmatched {
        let (record, reason) = (&unmatched.record, unmatched.reason.in_language(language));
        lines.push(format!("{:>10}  {} ({record}): {reason}", "0", unmatched.category));
    }
    if let Some(reason) = &evaluation.reason {
        lines.push(reason.in_language(language).to_owned());
    }
    lines.push(evaluation.why.text.in_language(language).to_owned());
    lines.join("\n")
}

/// An instant, or the last one of a day in the dossier's zone.
fn instant_of(text: &str, dossier: &Dossier) -> Result<DateTime<Utc>, Failure> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.with_timezone(&Utc));
    }
    let day = text.parse::<NaiveDate>().ok().and_then(|day| day.checked_add_days(Days::new(1)));
    let next = day.ok_or_else(|| {
        Failure::Wrong(vec![format!("{text} is neither an RFC 3339 time nor a day such as 2026-11-21")])
    })?;
    Ok(start_of_day(next, dossier.zone) - TimeDelta::microseconds(1))
}
