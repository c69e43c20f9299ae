//! `xinwu openapi`

use clap::ValueEnum;

use super::{EXIT_CODES, Failure, say_json};
use crate::document;
use crate::document::parts::Part;

/// Print the OpenAPI document of the API: what apps, integrators and firms ask, or what officials
/// do
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("Examples:\n  xinwu openapi > openapi.json\n  xinwu openapi --admin > openapi-admin.json\n  xinwu openapi --version 3.0 > openapi-3.0.json    for generators that do not know 3.1\n\n{EXIT_CODES}"))]
pub struct Args {
    /// The version of OpenAPI to write
    #[arg(long, value_enum, default_value = "3.1")]
    version: Version,
    /// What officials and administrators do, instead
    #[arg(long)]
    admin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Version {
    #[value(name = "3.1")]
    V3_1,
    #[value(name = "3.0")]
    V3_0,
}

/// Prints the document.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn run(args: &Args) -> Result<(), Failure> {
    let whole = document::written(&document::document()).map_err(Failure::failed)?;
    let part = if args.admin { Part::Admin } else { Part::Apps };
    let document = part.of(&whole);
    match args.version {
        Version::V3_1 => say_json(&document),
        Version::V3_0 => say_json(&document::version_3_0::convert(&document)),
    }
}
