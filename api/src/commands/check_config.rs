//! `xinwu check-config`

use std::net::SocketAddr;

use serde_json::json;
use xinwu_domain::calendar::day_of;
use xinwu_persistence::working_days;
use xinwu_store::Clock;

use super::{EXIT_CODES, Failure, say, say_json};
use crate::config::{Config, Profile};

/// Check the settings and what they rest on, and name all that is wrong
///
/// That is the secret's file, the database, which must answer and be this secret's, and the
/// addresses. Nothing is changed; it may run beside the service.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("Examples:\n  xinwu check-config\n  xinwu --config /etc/xinwu.toml check-config --json\n\n{EXIT_CODES}"))]
pub struct Args {
    /// Print the settings, or the faults, as JSON (secrets are left out)
    #[arg(long)]
    json: bool,
}

/// Says whether the settings are right.
///
/// # Errors
/// [`Failure::Wrong`] with every fault.
pub fn run(args: &Args, read: Result<(Config, Vec<String>), Failure>) -> Result<(), Failure> {
    let settings = read.and_then(|(config, mut faults)| {
        config.look_at_ground(&mut faults);
        config.look_at_addresses(&mut faults);
        if faults.is_empty() { Ok(config) } else { Err(Failure::Wrong(faults)) }
    });
    match (settings, args.json) {
        (Ok(config), true) => {
            let warnings = warnings(&config)?;
            say_json(&json!({"ok": true, "settings": config.without_secrets(), "warnings": warnings}))
        }
        (Ok(config), false) => {
            say(&format!("The settings are right: {:?} on {}", config.profile, config.bind));
            for warning in warnings(&config)? {
                say(&format!("Warning: {warning}"));
            }
            Ok(())
        }
        (Err(Failure::Wrong(faults)), true) => {
            say_json(&json!({"ok": false, "faults": faults}))?;
            Err(Failure::Wrong(vec![format!("{} setting(s) are wrong", faults.len())]))
        }
        (Err(failure), _) => Err(failure),
    }
}

/// What an operator should see to, though the settings are right.
fn warnings(config: &Config) -> Result<Vec<String>, Failure> {
    let today = day_of(Clock::System.now(), config.tz());
    let holidays = working_days::warning(today).map_err(Failure::failed)?;
    let metrics = &config.metrics_bind;
    let is_reachable = metrics.parse::<SocketAddr>().is_ok_and(|address| !address.ip().is_loopback());
    let reachable = is_reachable.then(|| {
        format!("metrics_bind: {metrics} can be reached from other machines: keep all but Prometheus from it")
    });
    let is_example = config.profile == Profile::Production && config.privacy_version.is_none();
    let privacy = is_example.then(|| {
        "privacy_version: the privacy notice is the program's own, which names no office: give the city's text in \
         privacy_text_zh_file and privacy_text_en_file"
            .to_owned()
    });
    let is_behind_one = config.bind.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
    let is_one_address =
        config.profile == Profile::Production && is_behind_one && config.trusted_proxies.is_empty();
    let proxies = is_one_address.then(|| {
        "trusted_proxies: none, though only a proxy on this machine can reach the service: every limit by address \
         would meet the whole city as one, so name it, such as 127.0.0.1"
            .to_owned()
    });
    Ok(holidays.into_iter().chain(reachable).chain(privacy).chain(proxies).collect())
}
