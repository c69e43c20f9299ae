//! The settings: from a file (TOML) and from `XINWU_*` variables, which win. All that is wrong with
//! them is named at once, before the start.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use chrono::{NaiveTime, Weekday};
use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::Dict;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::rating::StepTimes;
use xinwu_domain::word::Word;
use xinwu_persistence::city::DEFAULT_UNLINK_DAYS;
use xinwu_store::Url;

use crate::secrets::SHORTEST_SECRET;

/// What kind of place this runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// A developer's machine or a demo: codes may go to the log.
    Development,
    /// Real people's data: nothing that would leak it is let through.
    Production,
}

/// How codes reach phones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsProvider {
    /// Written to the log: for development only.
    Log,
    /// A POST to a gateway, with an HMAC signature.
    Http,
}

/// Whether administrators and who may confirm what others drafted must sign in with a second
/// factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// They must: without one they can do nothing but set one up.
    Required,
    /// Whoever wants to may.
    Offered,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Every setting. Defaults are for a developer's machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on.
    pub bind: String,
    /// Where people reach the service, `https://…` without a `/` at the end: what codes on notice
    /// boards, feeds and problems lead to. `http://` and `bind` where it is not set.
    pub public_url: Option<String>,
    /// `sqlite:PATH` or `postgres://…`
    pub database: String,
    /// `development` or `production`
    pub profile: Profile,
    /// The master secret, at least 32 bytes; or
    #[serde(skip_serializing)]
    pub secret: Option<SecretString>,
    /// a file that holds it.
    pub secret_file: Option<PathBuf>,
    /// The `iss` of tokens.
    pub issuer: String,
    /// The `aud` of tokens.
    pub audience: String,
    /// The city's zone: months and days are its own.
    pub zone: String,
    /// Connections for reads; 0 is 4 on SQLite, where each keeps pages of its own, and on
    /// PostgreSQL, where each waits for the network, 4 for each core, from 8 to 64.
    pub connections: u32,
    /// Threads that answer requests; 0 is one a core.
    pub workers: usize,
    /// Bytes for rendered answers and the cards of lists, in MiB; 0 caches none.
    pub cache_mebibytes: u64,
    /// `log` or `http`
    pub sms_provider: SmsProvider,
    /// The gateway's URL.
    pub sms_url: Option<String>,
    /// The key that signs requests to the gateway.
    #[serde(skip_serializing)]
    pub sms_key: Option<SecretString>,
    /// Whom to tell of a weakness of this service, `mailto:…` or `https://…`; none is named where
    /// it is not set.
    pub security_contact: Option<String>,
    /// Kinds of notices about a resident's dwelling that go out by SMS too.
    pub notice_sms: Vec<String>,
    /// Origins whose pages may ask with a token; what everybody may read, pages of any origin may.
    pub cors_origins: Vec<String>,
    /// Addresses whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The largest import, in MiB.
    pub import_mebibytes: u64,
    /// Seconds in which a client must have sent its request's head.
    pub client_timeout_seconds: u64,
    /// Seconds that running requests have when the service is told to stop.
    pub shutdown_seconds: u64,
    /// `json` or `text`
    pub log_format: LogFormat,
    /// A filter such as `info` or `xinwu_api=debug,info`.
    pub log_level: String,
    /// k: households that an increment of a 1st has at least; on another day it is twice as many.
    pub min_raters: u32,
    /// The city's time at which figures are published, `HH:MM`,
    pub figures_at: String,
    /// on each 1st and on these days of the week.
    pub figures_days: Vec<String>,
    /// Days after a month at which what links its ratings to dwellings and people is deleted.
    pub unlink_days: u32,
    /// The file to which what is published is appended, for a restore; on SQLite it is the
    /// database's with `-increments` behind, where none is named.
    pub increments_file: Option<PathBuf>,
    /// Working days for the decision on an objection,
    pub objection_working_days: u16,
    /// and on one that was found to be complex.
    pub objection_working_days_if_complex: u16,
    /// Working days for the decision on a request for repair,
    pub repair_working_days: u16,
    /// and on one that was found to be complex.
    pub repair_working_days_if_complex: u16,
    /// Memory of one password hash, in KiB.
    pub password_memory_kibibytes: u32,
    /// `required` or `offered`: the second factor of administrators and confirmers.
    pub second_factor: SecondFactor,
    /// Codes that may be sent in all in an hour.
    pub codes_an_hour: u32,
    /// The licence under which the public data may be used, such as `CC-BY-4.0` or an address.
    pub data_licence: Option<String>,
    /// How the source is to be named, in Chinese
    pub data_attribution_zh: Option<String>,
    /// and in English.
    pub data_attribution_en: Option<String>,
    /// Whom those who use the data may ask: an address of mail or of a page.
    pub data_contact: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            bind: "127.0.0.1:8080".to_owned(),
            public_url: None,
            database: "sqlite:xinwu.db".to_owned(),
            profile: Profile::Development,
            secret: None,
            secret_file: None,
            issuer: "xinwu".to_owned(),
            audience: "xinwu-api".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            connections: 0,
            workers: 0,
            cache_mebibytes: 32,
            sms_provider: SmsProvider::Log,
            sms_url: None,
            sms_key: None,
            security_contact: None,
            notice_sms: Vec::new(),
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            import_mebibytes: 256,
            client_timeout_seconds: 10,
            shutdown_seconds: 20,
            log_format: LogFormat::Text,
            log_level: "info".to_owned(),
            min_raters: 5,
            figures_at: "06:00".to_owned(),
            figures_days: vec!["monday".to_owned()],
            unlink_days: DEFAULT_UNLINK_DAYS,
            increments_file: None,
            objection_working_days: 7,
            objection_working_days_if_complex: 20,
            repair_working_days: 10,
            repair_working_days_if_complex: 20,
            password_memory_kibibytes: 19_456,
            second_factor: SecondFactor::Required,
            codes_an_hour: 2_000,
            data_licence: None,
            data_attribution_zh: None,
            data_attribution_en: None,
            data_contact: None,
        }
    }
}

impl Config {
    /// Connections for reads to this database.
    pub(crate) fn connections_to(&self, url: &Url) -> u32 {
        match (self.connections, url) {
            (0, Url::Sqlite(_)) => 4,
            // More writes at once only meet in the same rows: with 16 on two cores a sixth fewer
            // ratings a second than with 8, and 1.7 times the p99.
            (0, Url::Postgres(_)) => {
                let cores = std::thread::available_parallelism().map_or(2, usize::from);
                u32::try_from(4 * cores).unwrap_or(64).clamp(8, 64)
            }
            (connections, _) => connections,
        }
    }

    /// Reads the settings and checks them.
    ///
    /// # Errors
    /// Every fault, a sentence each, that names the setting.
    pub fn load(file: Option<&Path>) -> Result<Config, Vec<String>> {
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        if let Some(file) = file {
            if !file.exists() {
                return Err(vec![format!("{}: there is no such file", file.display())]);
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let figment = figment.merge(Env::prefixed("XINWU_").ignore(&["config", "test_postgres"]));
        let (config, mut faults) = readable(&figment);
        faults.extend(config.faults());
        if faults.is_empty() { Ok(config) } else { Err(faults) }
    }

    /// What is wrong with these settings, a sentence each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.bind.parse::<SocketAddr>().is_err() {
            faults.push(format!("bind: {:?} is not an address and port, such as 127.0.0.1:8080", self.bind));
        }
        if let Some(url) = self.public_url.as_deref().filter(|url| !is_origin(url)) {
            faults.push(format!("public_url: {url:?} is not an address such as https://wuye.example.cn"));
        }
        if let Err(reason) = Url::parse(&self.database) {
            faults.push(format!("database: {reason}"));
        }
        if self.zone.parse::<chrono_tz::Tz>().is_err() {
            faults.push(format!("zone: {:?} is not a time zone, such as Asia/Shanghai", self.zone));
        }
        if self.connections > 256 {
            faults.push("connections: must be at most 256".to_owned());
        }
        if let Some(secret) = &self.secret
            && secret.expose_secret().len() < SHORTEST_SECRET
        {
            faults.push(format!("secret: must have at least {SHORTEST_SECRET} bytes"));
        }
        if self.issuer.is_empty() || self.audience.is_empty() {
            faults.push("issuer, audience: must not be empty".to_owned());
        }
        if self.sms_provider == SmsProvider::Http && (self.sms_url.is_none() || self.sms_key.is_none()) {
            faults.push("sms_url, sms_key: are needed with sms_provider = \"http\"".to_owned());
        }
        if let Some(contact) = self.security_contact.as_deref().filter(|contact| !is_contact(contact)) {
            faults.push(format!(
                "security_contact: {contact:?} is not an address such as mailto:security@wuye.example.cn or https://wuye.example.cn/security"
            ));
        }
        let goes_out = |name: &str| name.parse::<NoticeKind>().is_ok_and(NoticeKind::may_be_sms);
        let known: Vec<&str> = NoticeKind::words().into_iter().filter(|name| goes_out(name)).collect();
        for name in self.notice_sms.iter().filter(|name| !goes_out(name)) {
            faults.push(format!(
                "notice_sms: {name:?} is no kind of notice that goes out by SMS, which are {}",
                known.join(", ")
            ));
        }
        if self.cors_origins.iter().any(|origin| origin == "*") {
            faults.push("cors_origins: name each origin; * is not taken".to_owned());
        }
        if self.min_raters < 2 {
            faults.push("min_raters: must be at least 2, or a figure would be one household's".to_owned());
        }
        if self.figures_at().is_none() {
            faults.push(format!("figures_at: {:?} is not a time of the day, such as 06:00", self.figures_at));
        }
        for day in self.figures_days.iter().filter(|day| day.parse::<Weekday>().is_err()) {
            faults.push(format!("figures_days: {day:?} is not a day of the week, such as monday"));
        }
        if !(20..=365).contains(&self.unlink_days) {
            faults
                .push("unlink_days: must be between 20, for a burst may be held so long, and 365".to_owned());
        }
        let days = [
            (self.objection_working_days, self.objection_working_days_if_complex),
            (self.repair_working_days, self.repair_working_days_if_complex),
        ];
        if days.iter().any(|(days, complex)| *days < 1 || complex < days || *complex > 60) {
            faults.push(
                "objection_working_days, repair_working_days and their _if_complex: must be between 1 and 60, the second not below \
                 the first"
                    .to_owned(),
            );
        }
        if !(8..=1_048_576).contains(&self.password_memory_kibibytes) {
            faults.push("password_memory_kibibytes: must be between 8 and 1048576".to_owned());
        }
        if !(1..=4096).contains(&self.import_mebibytes) {
            faults.push("import_mebibytes: must be between 1 and 4096".to_owned());
        }
        if self.data_attribution_zh.is_some() != self.data_attribution_en.is_some() {
            faults.push("data_attribution_zh, data_attribution_en: set both or neither".to_owned());
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log_level) {
            faults.push(format!("log_level: {error}"));
        }
        if self.profile == Profile::Production {
            if self.sms_provider == SmsProvider::Log {
                faults.push("sms_provider: log shows codes in the log; production needs http".to_owned());
            }
            if self.secret.is_none() && self.secret_file.is_none() {
                faults.push("secret, secret_file: production needs one of them".to_owned());
            }
            if self.password_memory_kibibytes < 19_456 {
                faults.push("password_memory_kibibytes: production needs at least 19456".to_owned());
            }
        }
        faults
    }

    /// The settings as JSON, without secrets: a database's URL may hold a password.
    pub fn without_secrets(&self) -> serde_json::Value {
        let mut settings = serde_json::to_value(self).unwrap_or_default();
        if let (Some(settings), Ok(url)) = (settings.as_object_mut(), Url::parse(&self.database)) {
            settings.insert("database".to_owned(), format!("{url:?}").into());
        }
        settings
    }

    /// Where people reach the service, without a `/` at the end.
    pub fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.bind))
    }

    fn figures_at(&self) -> Option<NaiveTime> {
        NaiveTime::parse_from_str(&self.figures_at, "%H:%M").ok()
    }

    /// When figures are published.
    pub fn figures(&self) -> StepTimes {
        StepTimes::Days {
            at: self.figures_at().unwrap_or_default(),
            weekdays: self.figures_days.iter().filter_map(|day| day.parse::<Weekday>().ok()).collect(),
        }
    }

    /// The kinds of notices that go out by SMS too.
    pub fn notice_sms(&self) -> Vec<NoticeKind> {
        self.notice_sms.iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// The city's zone.
    pub fn tz(&self) -> chrono_tz::Tz {
        self.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai)
    }

    /// The master secret: the setting, else the file's content.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn master_secret(&self) -> Result<SecretString, String> {
        self.kept_secret()?.ok_or_else(|| {
            "secret, secret_file: there is none yet; `xinwu migrate` makes one with a new database".to_owned()
        })
    }

    /// Makes a master secret in development, where none is set, with a new database: only then, or
    /// what an existing one holds could never be opened by it.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn make_secret(&self) -> Result<(), String> {
        let Ok(path) = self.secret_path() else { return Ok(()) };
        if self.secret.is_some() || self.profile == Profile::Production || path.exists() {
            return Ok(());
        }
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        if self.secret_file.is_none() {
            std::fs::create_dir_all(folder_of(&path)).map_err(failed)?;
        }
        let made = crate::secrets::random_token::<32>().map_err(|error| error.to_string())?;
        write_private(&path, &made).map_err(failed)
    }

    /// The master secret as it is kept now; `None` where [`Config::make_secret`] makes one with the
    /// database.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn kept_secret(&self) -> Result<Option<SecretString>, String> {
        if let Some(secret) = &self.secret {
            return Ok(Some(secret.clone()));
        }
        let path = self.secret_path()?;
        if !path.exists() {
            // A folder that is not there is a mistake in the setting, not a file still to be made.
            let is_known_folder = self.secret_file.is_none() || folder_of(&path).is_dir();
            let has_database =
                matches!(Url::parse(&self.database), Ok(Url::Sqlite(database)) if database.exists());
            if self.profile == Profile::Development && is_known_folder && !has_database {
                return Ok(None);
            }
            return Err(format!(
                "secret_file: {} is not there; give this command the settings of the service \
                 (XINWU_SECRET or XINWU_SECRET_FILE): another secret opens nothing in its database",
                path.display()
            ));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = text.trim();
        if text.len() < SHORTEST_SECRET {
            return Err(format!("{}: must hold at least {SHORTEST_SECRET} bytes", path.display()));
        }
        Ok(Some(SecretString::from(text.to_owned())))
    }

    fn secret_path(&self) -> Result<PathBuf, String> {
        match (&self.secret_file, Url::parse(&self.database)) {
            (Some(path), _) => Ok(path.clone()),
            (None, Ok(Url::Sqlite(database))) => Ok(database.with_extension("secret")),
            (None, _) => Err("secret or secret_file: one of them is needed".to_owned()),
        }
    }
}

/// Whether a text is the address of a host: a scheme, a host and perhaps a port.
fn is_origin(text: &str) -> bool {
    let is_url = |uri: &actix_web::http::Uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    };
    let uri = text.parse::<actix_web::http::Uri>().ok().filter(is_url);
    uri.is_some_and(|uri| {
        let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        !authority.contains('@') && text == format!("{}://{authority}", uri.scheme_str().unwrap_or_default())
    })
}

/// Whether it is an address of mail or of a page, on one line.
fn is_contact(text: &str) -> bool {
    let rest = text.strip_prefix("mailto:").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The folder that a file stands in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The settings that can be read, and a fault for each that cannot: that one is left at its
/// default, so that the others are looked at too.
fn readable(figment: &Figment) -> (Config, Vec<String>) {
    let mut faults = Vec::new();
    let mut values: Dict = match figment.extract() {
        Ok(values) => values,
        Err(error) => return (Config::default(), vec![error.kind.to_string()]),
    };
    loop {
        let defaults = Figment::from(Serialized::defaults(Config::default()));
        let error = match defaults.merge(Serialized::globals(&values)).extract() {
            Ok(config) => return (config, faults),
            Err(error) => error,
        };
        let name = match &error.kind {
            Kind::UnknownField(name, _) => name.clone(),
            _ => error.path.first().cloned().unwrap_or_default(),
        };
        faults.push(match &error.kind {
            Kind::UnknownField(..) => format!("{name}: there is no such setting"),
            // What stands there may be the secret itself: it is not repeated.
            _ if matches!(name.as_str(), "secret" | "sms_key") => {
                format!("{name}: must be a text; put quotes around it")
            }
            kind => format!("{name}: {kind}"),
        });
        if values.remove(&name).is_none() {
            return (Config::default(), faults);
        }
    }
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, content: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}
