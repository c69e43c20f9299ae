//! PostgreSQL's own floor: `pgbench` on the same server.

use std::process::Command;

use crate::Result;

/// 100,000 accounts each.
const SCALE: &str = "20";

/// What one client does in a transaction.
#[derive(Debug, Clone, Copy)]
pub enum Script {
    SimpleUpdate,
    SelectOnly,
}

/// Makes its tables.
pub fn prepare(url: &str) -> Result<()> {
    run(&["-i", "-q", "-s", SCALE, url]).map(|_| ())
}

/// Transactions a second.
pub fn rate(url: &str, script: Script, clients: u32, seconds: u32) -> Result<f64> {
    let script = match script {
        Script::SimpleUpdate => "-N",
        Script::SelectOnly => "-S",
    };
    let said = run(&[
        script,
        "-M",
        "prepared",
        "-n",
        "-j",
        "2",
        "-c",
        &clients.to_string(),
        "-T",
        &seconds.to_string(),
        url,
    ])?;
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    rate.ok_or_else(|| format!("pgbench said nothing to read: {said}").into())
}

fn run(arguments: &[&str]) -> Result<String> {
    let output =
        Command::new("pgbench").args(arguments).output().map_err(|error| format!("pgbench: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("pgbench: {}", String::from_utf8_lossy(&output.stderr)).into())
}
