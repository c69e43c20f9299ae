//! The settings: from a file (TOML) and from `XINWU_*` variables, which win. All that is wrong with
//! them is named at once, before the start.

mod faults;
mod ground;
mod production;
mod secret;

use std::path::{Path, PathBuf};

use chrono::{NaiveTime, Weekday};
use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::Dict;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use xinwu_domain::case::{MOST_PHOTOS_A_DAY, MOST_PHOTOS_A_MINUTE};
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::rating::StepTimes;
use xinwu_persistence::city::DEFAULT_UNLINK_DAYS;
use xinwu_persistence::operations::retention::Retention;
use xinwu_persistence::people::limits::Limits;
use xinwu_store::Url;

pub use self::ground::Doors;
use crate::client::Network;

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
    /// Address and port of the metrics; empty for none.
    pub metrics_bind: String,
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
    /// What stands in 【】 before each message: the name that the provider has approved.
    pub sms_signature: String,
    /// The message of a code: `{code}`, and perhaps `{minutes}` for which it is good.
    pub sms_code_text: String,
    /// That of a notice: `{text}` is its sentence.
    pub sms_notice_text: String,
    /// Whom to tell of a weakness of this service, `mailto:…` or `https://…`; none is named where
    /// it is not set.
    pub security_contact: Option<String>,
    /// Kinds of notices about a resident's dwelling that go out by SMS too.
    pub notice_sms: Vec<String>,
    /// Origins whose pages may ask with a token; what everybody may read, pages of any origin may.
    pub cors_origins: Vec<String>,
    /// Addresses and networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The largest import, in MiB.
    pub import_mebibytes: u64,
    /// Seconds in which a client must have sent its request's head.
    pub client_timeout_seconds: u64,
    /// Seconds that a connection stays for the next request; longer than a proxy in front keeps it.
    pub keep_alive_seconds: u64,
    /// Seconds in which a body must be here; a longer one
    pub body_seconds: u64,
    /// must have come at so many KiB a second from then on.
    pub slowest_kibibytes_a_second: u64,
    /// Seconds after which a connection ends whose client takes nothing of what is sent, or less
    /// of it than that rate from then on.
    pub slow_reader_seconds: u64,
    /// Readings a minute without a token from one address, an IPv6 network of /64 counting as one;
    /// 0 is no limit.
    pub reads_a_minute: u32,
    /// Changes a minute of an account's own ratings; 0 is no limit.
    pub rating_writes_a_minute: u32,
    /// Photos a minute that an account sends, those that are refused included; 0 is no limit,
    pub photos_a_minute: u32,
    /// and a day.
    pub photos_a_day: u32,
    /// Seconds that running requests have when the service is told to stop.
    pub shutdown_seconds: u64,
    /// `json` or `text`
    pub log_format: LogFormat,
    /// A filter such as `info` or `xinwu_api=debug,info`.
    pub log_level: String,
    /// Households that an increment of a 1st has at least; on another day it is twice as many.
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
    /// The folder of photos; where none is named, `photos` beside an SQLite database, and with
    /// PostgreSQL where the service was started. All instances share it.
    pub photo_dir: Option<PathBuf>,
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
    /// Codes that may be sent in an hour in all, but to known devices,
    pub codes_an_hour: u32,
    /// that may be asked for from an address,
    pub codes_an_hour_an_address: u32,
    /// from the network around it,
    pub codes_an_hour_a_network: u32,
    /// for a phone, by who has no device of it and by each device,
    pub codes_an_hour_a_phone: u32,
    /// and in a day.
    pub codes_a_day_a_phone: u32,
    /// Wrong codes in an hour in all,
    pub wrong_codes_an_hour: u32,
    /// from an address
    pub wrong_codes_an_hour_an_address: u32,
    /// and from the network around it.
    pub wrong_codes_an_hour_a_network: u32,
    /// Wrong passwords of an account in a quarter of an hour, on a known network of it as many
    /// apart,
    pub wrong_passwords_an_account: u32,
    /// and from an address.
    pub wrong_passwords_an_address: u32,
    /// Dwellings that a phone may claim in a day.
    pub claims_a_day: u32,
    /// The licence under which the public data may be used, such as `CC-BY-4.0` or an address.
    pub data_licence: Option<String>,
    /// How the source is to be named, in Chinese
    pub data_attribution_zh: Option<String>,
    /// and in English.
    pub data_attribution_en: Option<String>,
    /// Whom those who use the data may ask: an address of mail or of a page.
    pub data_contact: Option<String>,
    /// The version of the privacy notice that the first sign-in agrees to,
    pub privacy_version: Option<String>,
    /// the file that holds it in Chinese
    pub privacy_text_zh_file: Option<PathBuf>,
    /// and in English.
    pub privacy_text_en_file: Option<PathBuf>,
    /// Days for which sessions are kept that ended or expired,
    pub retention_session_days: u32,
    /// claims to dwellings that ended or were refused,
    pub retention_claim_days: u32,
    /// and lines of the audit.
    pub retention_audit_days: u32,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            bind: "127.0.0.1:8080".to_owned(),
            metrics_bind: "127.0.0.1:9090".to_owned(),
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
            sms_signature: "信物".to_owned(),
            sms_code_text: "验证码 {code}，{minutes}分钟内有效，请勿告诉他人。".to_owned(),
            sms_notice_text: "{text}。详情请登录查看。".to_owned(),
            security_contact: None,
            notice_sms: Vec::new(),
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            import_mebibytes: 256,
            client_timeout_seconds: 10,
            keep_alive_seconds: 75,
            body_seconds: 10,
            slowest_kibibytes_a_second: 16,
            slow_reader_seconds: 30,
            reads_a_minute: 6_000,
            rating_writes_a_minute: 10,
            photos_a_minute: MOST_PHOTOS_A_MINUTE,
            photos_a_day: MOST_PHOTOS_A_DAY,
            shutdown_seconds: 20,
            log_format: LogFormat::Text,
            log_level: "info".to_owned(),
            min_raters: 5,
            figures_at: "06:00".to_owned(),
            figures_days: vec!["monday".to_owned()],
            unlink_days: DEFAULT_UNLINK_DAYS,
            increments_file: None,
            photo_dir: None,
            objection_working_days: 7,
            objection_working_days_if_complex: 20,
            repair_working_days: 10,
            repair_working_days_if_complex: 20,
            password_memory_kibibytes: 19_456,
            second_factor: SecondFactor::Required,
            codes_an_hour: 17_900,
            codes_an_hour_an_address: 1_000,
            codes_an_hour_a_network: 5_000,
            codes_an_hour_a_phone: 5,
            codes_a_day_a_phone: 10,
            wrong_codes_an_hour: 2_000,
            wrong_codes_an_hour_an_address: 200,
            wrong_codes_an_hour_a_network: 600,
            wrong_passwords_an_account: 10,
            wrong_passwords_an_address: 30,
            claims_a_day: 20,
            data_licence: None,
            data_attribution_zh: None,
            data_attribution_en: None,
            data_contact: None,
            privacy_version: None,
            privacy_text_zh_file: None,
            privacy_text_en_file: None,
            retention_session_days: 180,
            retention_claim_days: 365,
            retention_audit_days: 1825,
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
        let (config, faults) = Config::read(file)?;
        if faults.is_empty() { Ok(config) } else { Err(faults) }
    }

    /// The settings as far as they can be read, and what is wrong with them.
    ///
    /// # Errors
    /// Where none can be read: there is no such file, or it is not TOML.
    pub fn read(file: Option<&Path>) -> Result<(Config, Vec<String>), Vec<String>> {
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        if let Some(file) = file {
            if !file.exists() {
                return Err(vec![format!("{}: there is no such file", file.display())]);
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let figment = figment.merge(Env::prefixed("XINWU_").ignore(&["config", "test_postgres"]));
        let (config, mut faults) = readable(&figment)?;
        faults.extend(config.faults());
        Ok((config, faults))
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

    /// The folder of photos.
    pub fn photo_dir(&self) -> PathBuf {
        let beside = match Url::parse(&self.database) {
            Ok(Url::Sqlite(file)) => file.parent().map(Path::to_owned),
            _ => None,
        };
        self.photo_dir.clone().unwrap_or_else(|| beside.unwrap_or_default().join("photos"))
    }

    /// How often something may be tried or asked for.
    pub fn limits(&self) -> Limits {
        Limits {
            codes_an_hour: self.codes_an_hour,
            codes_an_hour_an_address: self.codes_an_hour_an_address,
            codes_an_hour_a_network: self.codes_an_hour_a_network,
            codes_an_hour_a_phone: self.codes_an_hour_a_phone,
            codes_a_day_a_phone: self.codes_a_day_a_phone,
            wrong_codes_an_hour: self.wrong_codes_an_hour,
            wrong_codes_an_hour_an_address: self.wrong_codes_an_hour_an_address,
            wrong_codes_an_hour_a_network: self.wrong_codes_an_hour_a_network,
            wrong_passwords_an_account: self.wrong_passwords_an_account,
            wrong_passwords_an_address: self.wrong_passwords_an_address,
            claims_a_day: self.claims_a_day,
        }
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

    /// How long what is over is kept.
    pub fn retention(&self) -> Retention {
        Retention {
            session_days: self.retention_session_days,
            claim_days: self.retention_claim_days,
            audit_days: self.retention_audit_days,
        }
    }

    /// The city's zone.
    pub fn tz(&self) -> chrono_tz::Tz {
        self.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai)
    }
}

/// The settings that can be read, and a fault for each that cannot: that one is left at its
/// default, so that the others are looked at too.
fn readable(figment: &Figment) -> Result<(Config, Vec<String>), Vec<String>> {
    let mut faults = Vec::new();
    let mut values: Dict = match figment.extract() {
        Ok(values) => values,
        Err(error) => return Err(vec![error.kind.to_string()]),
    };
    loop {
        let defaults = Figment::from(Serialized::defaults(Config::default()));
        let error = match defaults.merge(Serialized::globals(&values)).extract() {
            Ok(config) => return Ok((config, faults)),
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
            return Err(faults);
        }
    }
}
