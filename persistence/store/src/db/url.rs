//! Where the data is, as the operator writes it.

use std::path::PathBuf;

/// What libpq is told unless the URL says otherwise: a server that has vanished without a word is
/// given up after some five seconds, not after minutes.
const CONVENTIONS: [(&str, &str); 5] = [
    ("connect_timeout", "2"),
    ("tcp_user_timeout", "4000"),
    ("keepalives_idle", "2"),
    ("keepalives_interval", "1"),
    ("keepalives_count", "3"),
];

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub enum Url {
    /// `sqlite:PATH`, or a plain path
    Sqlite(PathBuf),
    /// `postgres://…` or `postgresql://…`: a URL for each of its servers, in the order in which
    /// they were written. Which of them takes writes is found out.
    Postgres(Vec<String>),
}

impl Url {
    /// Reads a database URL. One of PostgreSQL may list several servers, as libpq's do:
    /// `postgres://user@first,second:5433/xinwu`.
    ///
    /// # Errors
    /// A sentence for the operator, when the scheme is unknown or the path is empty.
    pub fn parse(text: &str) -> Result<Url, String> {
        if let Some((scheme, rest)) = text.split_once("://")
            && matches!(scheme, "postgres" | "postgresql")
        {
            return Ok(Url::Postgres(servers(rest)));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text);
        if path.is_empty() || path.contains("://") {
            return Err("expected sqlite:PATH or postgres://USER@HOST/DATABASE".to_owned());
        }
        let path = PathBuf::from(path);
        // Locks and the log lie beside the file itself, whatever it is called by.
        let is_link = path.symlink_metadata().is_ok_and(|file| file.is_symlink());
        Ok(Url::Sqlite(if is_link { path.canonicalize().unwrap_or(path) } else { path }))
    }
}

impl Url {
    /// The hosts that are reached over a network without being shown to be the ones that are meant:
    /// those of PostgreSQL that are neither a socket's folder nor loopback, unless `sslmode` is
    /// `verify-full`. What the URL leaves to libpq's variables is looked for there.
    pub fn unverified_hosts(&self) -> Vec<String> {
        let Url::Postgres(servers) = self else { return Vec::new() };
        let from_environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let mut hosts = Vec::new();
        for server in servers {
            let (authority, query) = parts(server);
            // libpq takes the last of what is said twice.
            let last = |name: &str| {
                let mut given = query.split('&').filter_map(|each| each.split_once('='));
                given.rfind(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
            };
            let mode = last("sslmode").or_else(|| from_environment("PGSSLMODE"));
            if mode.as_deref() == Some("verify-full") {
                continue;
            }
            let named = [last("hostaddr"), last("host"), Some(host_of(authority))];
            let named = named.into_iter().flatten().find(|host| !host.is_empty());
            let host =
                named.or_else(|| from_environment("PGHOSTADDR")).or_else(|| from_environment("PGHOST"));
            hosts.extend(host.filter(|host| !is_here(host)));
        }
        hosts
    }
}

/// What stands between the scheme and the path, and the query.
fn parts(server: &str) -> (&str, &str) {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    (authority, tail.split_once('?').map_or("", |(_, query)| query))
}

fn host_of(authority: &str) -> String {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address.to_owned(),
        None => host.split(':').next().unwrap_or_default().to_owned(),
    }
}

/// Whether it is this machine: a folder of sockets, or loopback.
fn is_here(host: &str) -> bool {
    let host = host.replace("%2F", "/").replace("%2f", "/");
    host.starts_with(['/', '@'])
        || host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

impl std::fmt::Debug for Url {
    /// A PostgreSQL URL may hold a password: it is never printed.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Url::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Url::Postgres(_) => formatter.write_str("postgres://…"),
        }
    }
}

/// A URL for each server of what stands behind `postgres://`.
fn servers(rest: &str) -> Vec<String> {
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) =
        authority.rfind('@').map_or(("", authority), |at| authority.split_at(at.saturating_add(1)));
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let given: Vec<&str> = query.split('&').filter(|each| !each.is_empty()).collect();
    let names = |name: &str| given.iter().any(|each| each.split('=').next() == Some(name));
    // Which server is which is asked of each by itself: libpq would answer for all of them.
    let kept =
        given.iter().filter(|each| !each.starts_with("target_session_attrs=")).map(|each| (*each).to_owned());
    let added =
        CONVENTIONS.iter().filter(|(name, _)| !names(name)).map(|(name, value)| format!("{name}={value}"));
    let query = kept.chain(added).collect::<Vec<_>>().join("&");
    hosts.split(',').map(|host| format!("postgresql://{user}{host}{path}?{query}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDED: &str =
        "connect_timeout=2&tcp_user_timeout=4000&keepalives_idle=2&keepalives_interval=1&keepalives_count=3";

    fn postgres(text: &str) -> Vec<String> {
        match Url::parse(text) {
            Ok(Url::Postgres(servers)) => servers,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_listed_server_gets_a_url_of_its_own() {
        assert_eq!(
            postgres(
                "postgres://me:p%40ss,word@one,two:5433,[::1]:5434/xinwu?target_session_attrs=read-write&sslmode=require"
            ),
            ["one", "two:5433", "[::1]:5434"]
                .map(|host| format!("postgresql://me:p%40ss,word@{host}/xinwu?sslmode=require&{ADDED}"))
        );
    }

    #[test]
    fn what_the_operator_says_of_timeouts_holds() {
        let url = "postgresql:///xinwu?host=/run/postgresql&connect_timeout=9";
        let added = ADDED.replace("connect_timeout=2&", "");
        assert_eq!(postgres(url), [format!("{url}&{added}")]);
        assert_eq!(postgres("postgres://h"), [format!("postgresql://h?{ADDED}")]);
    }

    #[test]
    fn another_machine_is_shown_to_be_the_one_that_is_meant() {
        let hosts = |text: &str| Url::parse(text).unwrap().unverified_hosts();
        for here in [
            "sqlite:a.db",
            "postgres://me@localhost/xinwu",
            "postgres://me@127.0.0.1:5433,[::1]/xinwu",
            "postgres://me@%2Frun%2Fpostgresql/xinwu",
            "postgres:///xinwu?host=/run/postgresql",
            "postgres://me@db.example/xinwu?sslmode=verify-full",
            "postgres://me@db.example/xinwu?sslmode=require&sslmode=verify-full",
        ] {
            assert_eq!(hosts(here), Vec::<String>::new(), "{here}");
        }
        for (text, host) in [
            ("postgres://me:a@b@db.example:5433/xinwu", "db.example"),
            ("postgres://me@localhost/xinwu?host=db.example", "db.example"),
            ("postgres://me@localhost/xinwu?hostaddr=10.0.0.7", "10.0.0.7"),
            ("postgres://me@db/xinwu?sslmode=verify-full&sslmode=require", "db"),
            ("postgres://me@db/xinwu?sslmode=verify-ca", "db"),
            ("postgres://me@127.0.0.1,db/xinwu", "db"),
        ] {
            assert_eq!(hosts(text), [host], "{text}");
        }
    }

    #[test]
    fn a_path_is_sqlite_s_and_other_schemes_are_refused() {
        assert_eq!(Url::parse("sqlite:a.db"), Ok(Url::Sqlite(PathBuf::from("a.db"))));
        assert_eq!(Url::parse("a.db"), Ok(Url::Sqlite(PathBuf::from("a.db"))));
        assert!(Url::parse("mysql://h/d").is_err());
        assert!(Url::parse("sqlite:").is_err());
    }
}
