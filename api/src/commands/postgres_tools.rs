//! PostgreSQL's own programs, which copy its databases.

use std::process::{Command, Stdio};

use super::Failure;

/// A program of PostgreSQL. A password goes by its environment: everyone on the machine can read
/// the arguments.
pub(super) fn tool(name: &str, password: Option<&str>) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Of several servers in a URL the one that takes writes: the moment of a backup is held there.
    command.env("PGTARGETSESSIONATTRS", "read-write");
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command
}

/// Runs a program to its end.
///
/// # Errors
/// [`Failure::Failed`] with what it said.
pub(super) fn run(command: &mut Command, name: &str) -> Result<(), Failure> {
    let output = command.output().map_err(|error| missing(name, &error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::Failed(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim_end())))
}

/// Goes on where a program is of the server's version. An older one refuses to read the server;
/// what a newer one writes does not go back onto it.
///
/// # Errors
/// [`Failure::Failed`] with what to install.
pub(super) fn require_version(name: &str, server: i64) -> Result<(), Failure> {
    let said = tool(name, None).arg("--version").output().map_err(|error| missing(name, &error))?;
    match version_in(&String::from_utf8_lossy(&said.stdout)) {
        Some(version) if version != server => Err(Failure::Failed(format!(
            "{name} is of PostgreSQL {version} and the server of {server}: install the client programs of that version \
             (postgresql-client-{server} on Debian) and have them first in PATH (/usr/lib/postgresql/{server}/bin)"
        ))),
        // What says nothing of its version is left to say the rest itself.
        _ => Ok(()),
    }
}

/// The major version in what a program says of itself, such as `pg_dump (PostgreSQL) 15.14 (Debian
/// 15.14-0+deb12u1)` or `… 17beta1`.
fn version_in(said: &str) -> Option<i64> {
    let (_, version) = said.split_once("(PostgreSQL) ")?;
    let digits = version.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(version.len());
    version.get(..digits)?.parse().ok()
}

/// What to do when a program does not start.
pub(super) fn missing(name: &str, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::NotFound => Failure::Failed(format!(
            "{name} is not installed: install PostgreSQL's client programs (postgresql-client on Debian), of the server's version"
        )),
        _ => Failure::Failed(format!("{name}: {error}")),
    }
}

/// A URL without its password, and the password.
pub(super) fn url_without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (authority, mut password) = match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, password)) => (format!("{user}@{host}"), Some(decoded(password))),
            None => (authority.to_owned(), None),
        },
        None => (authority.to_owned(), None),
    };
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let mut kept = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.strip_prefix("password=") {
            Some(given) => password = Some(decoded(given)),
            None => kept.push(parameter),
        }
    }
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    (format!("{scheme}://{authority}{path}{query}"), password)
}

/// Text of a URL with its %XX read.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits =
            after.get(..2).filter(|_| *byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(read) => {
                bytes.push(read);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{url_without_password, version_in};

    #[test]
    fn a_program_says_of_which_version_it_is() {
        for (said, version) in [
            ("pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", Some(15)),
            ("pg_dump (PostgreSQL) 18beta1", Some(18)),
            ("pg_dump (PostgreSQL) 9.6.24", Some(9)),
            ("pg_dump (PostgreSQL) devel", None),
            ("", None),
        ] {
            assert_eq!(version_in(said), version, "{said:?}");
        }
    }

    #[test]
    fn a_password_is_taken_out_of_a_url_wherever_it_stands() {
        for (url, without, password) in [
            ("postgres://xinwu@db/xinwu", "postgres://xinwu@db/xinwu", None),
            ("postgres://xinwu:s%3Ac%40t@db:5432/xinwu", "postgres://xinwu@db:5432/xinwu", Some("s:c@t")),
            (
                "postgresql:///x?host=/run&password=a%20b&user=me",
                "postgresql:///x?host=/run&user=me",
                Some("a b"),
            ),
            ("postgresql://db?password=p", "postgresql://db", Some("p")),
            ("postgres://u:100%@db/x", "postgres://u@db/x", Some("100%")),
        ] {
            assert_eq!(url_without_password(url), (without.to_owned(), password.map(str::to_owned)), "{url}");
        }
    }
}
