//! `xinwu openapi`

use clap::ValueEnum;

use super::{EXIT_CODES, Failure, say_json};
use crate::document;

/// Print the OpenAPI document of the API
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("Examples:\n  xinwu openapi > openapi.json\n  xinwu openapi --version 3.0 > openapi-3.0.json    for generators that do not know 3.1\n\n{EXIT_CODES}"))]
pub struct Args {
    /// The version of OpenAPI to write
    #[arg(long, value_enum, default_value = "3.1")]
    version: Version,
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
    let document = document::written(&document::document()).map_err(Failure::failed)?;
    match args.version {
        Version::V3_1 => say_json(&document),
        Version::V3_0 => say_json(&document::version_3_0::convert(&document)),
    }
}
