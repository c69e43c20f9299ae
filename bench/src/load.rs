//! The load: `wrk`, which costs the least of what there is, with one script for every row.

use std::path::Path;
use std::process::Command;

use crate::Result;

/// Threads of the generator: one a core, so that it is never the limit.
const THREADS: u32 = 2;
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wrk/requests.lua");

/// What one load found.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Answers a second.
    pub rate: f64,
    /// Microseconds in which 99 of 100 were answered.
    pub p99: f64,
    /// Answers that did not come, and those with a status from 400 on.
    pub errors: u64,
}

/// Sends the requests of a file for some seconds.
pub fn load(port: u16, requests: &Path, connections: u32, seconds: u32) -> Result<Load> {
    let output = Command::new("wrk")
        .args([
            "-t",
            &THREADS.to_string(),
            "-c",
            &connections.to_string(),
            "-d",
            &format!("{seconds}s"),
            "-s",
            SCRIPT,
        ])
        .arg(format!("http://127.0.0.1:{port}"))
        .arg("--")
        .arg(requests)
        .arg(THREADS.to_string())
        .output()
        .map_err(|error| format!("wrk: {error}; `scripts/packages bench` installs it"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    let numbers: Vec<u64> =
        line.into_iter().flat_map(str::split_whitespace).filter_map(|number| number.parse().ok()).collect();
    let [requests, micros, _, p99, broken, refused] = numbers[..] else {
        return Err(
            format!("wrk said nothing to read: {text} {}", String::from_utf8_lossy(&output.stderr)).into()
        );
    };
    Ok(Load { rate: requests as f64 * 1e6 / micros.max(1) as f64, p99: p99 as f64, errors: broken + refused })
}
