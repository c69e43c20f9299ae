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

/// What to do when a program does not start.
pub(super) fn missing(name: &str, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::NotFound => Failure::Failed(format!(
            "{name} is not installed: install PostgreSQL's client programs (postgresql-client on Debian), not older than the server"
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
    use super::url_without_password;

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
