//! `xinwu-openapi` writes the committed documents; `xinwu-openapi --check` only compares, and
//! lints.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks there")]

use std::error::Error;
use std::process::ExitCode;

use xinwu_openapi::{Committed, committed, document, lint, root};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let check = match arguments.as_slice() {
        [] => false,
        ["--check"] => true,
        _ => {
            eprintln!("usage: xinwu-openapi [--check]");
            return ExitCode::from(2);
        }
    };
    match run(check) {
        Ok(complaints) if complaints.is_empty() => ExitCode::SUCCESS,
        Ok(complaints) => {
            for complaint in &complaints {
                eprintln!("{complaint}");
            }
            eprintln!("{} complaint(s)", complaints.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(check: bool) -> Result<Vec<String>, Box<dyn Error>> {
    let document = document()?;
    let mut complaints = lint::complaints(&document);
    for Committed { path, content } in committed(&document)? {
        let file = root().join(path);
        let stands = std::fs::read_to_string(&file).unwrap_or_default();
        if stands == content {
            continue;
        }
        if check {
            complaints.push(format!("{path} is not what the code says: run `make openapi` and commit it"));
        } else {
            std::fs::write(&file, content)?;
            println!("{path} written");
        }
    }
    Ok(complaints)
}
