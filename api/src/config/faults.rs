//! What is wrong with settings, a sentence each, wherever they are used.

use std::net::SocketAddr;

use chrono::Weekday;
use secrecy::ExposeSecret;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::privacy::is_version;
use xinwu_domain::word::Word;
use xinwu_store::Url;

use super::{Config, Profile, SmsProvider, production};
use crate::secrets::SHORTEST_SECRET;

/// More than any machine answers.
const MOST_A_MINUTE: u64 = 1_000_000_000;
/// More than the largest city asks for.
const MOST_AN_HOUR: u32 = 10_000_000;
/// Of one phone, account or address: more is no limit.
const MOST_OF_ONE: u32 = 10_000;

impl Config {
    /// What is wrong with these settings, a sentence each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.bind.parse::<SocketAddr>().is_err() {
            faults.push(format!("bind: {:?} is not an address and port, such as 127.0.0.1:8080", self.bind));
        }
        let metrics = self.metrics_bind.parse::<SocketAddr>();
        if metrics.is_err() && !self.metrics_bind.is_empty() {
            faults.push(format!(
                "metrics_bind: {:?} is not an address and port, such as 127.0.0.1:9090, nor empty for none",
                self.metrics_bind
            ));
        }
        if self.metrics_bind == self.bind && metrics.is_ok_and(|metrics| metrics.port() != 0) {
            faults.push(format!("metrics_bind: must differ from bind ({})", self.bind));
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
        if let Some(url) = self.sms_url.as_deref().filter(|url| !is_address(url)) {
            faults.push(format!("sms_url: {url:?} is not an address such as https://sms.example.cn/send"));
        }
        crate::sms::wording_faults(self, &mut faults);
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
        for network in self.trusted_proxies.iter().filter(|network| network.is_everybody()) {
            faults.push(format!("trusted_proxies: {network} is everybody, who would all be believed"));
        }
        for origin in self.cors_origins.iter().filter(|origin| !is_origin(origin)) {
            faults.push(format!(
                "cors_origins: {origin:?} is no origin, each of which is named, such as https://app.example.cn"
            ));
        }
        if self.min_raters < production::FEWEST_ANYWHERE {
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
        for (name, value, range) in [
            ("client_timeout_seconds", self.client_timeout_seconds, 1..=300),
            ("keep_alive_seconds", self.keep_alive_seconds, 1..=3600),
            ("body_seconds", self.body_seconds, 1..=300),
            ("slowest_kibibytes_a_second", self.slowest_kibibytes_a_second, 1..=1024),
            ("slow_reader_seconds", self.slow_reader_seconds, 5..=600),
            ("reads_a_minute", self.reads_a_minute.into(), 0..=MOST_A_MINUTE),
            ("rating_writes_a_minute", self.rating_writes_a_minute.into(), 0..=MOST_A_MINUTE),
            ("photos_a_minute", self.photos_a_minute.into(), 0..=MOST_A_MINUTE),
            ("photos_a_day", self.photos_a_day.into(), 0..=MOST_A_MINUTE),
        ] {
            if !range.contains(&value) {
                faults.push(format!("{name}: must be between {} and {}", range.start(), range.end()));
            }
        }
        if self.data_attribution_zh.is_some() != self.data_attribution_en.is_some() {
            faults.push("data_attribution_zh, data_attribution_en: set both or neither".to_owned());
        }
        self.limits_of_signing_in(&mut faults);
        self.privacy_faults(&mut faults);
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log_level) {
            faults.push(format!("log_level: {error}"));
        }
        if self.profile == Profile::Production {
            production::faults(self, &mut faults);
        }
        faults
    }

    /// What is counted in the database. A limit that lets one address use up what its network has,
    /// or a network what all have, would let one stranger stop everybody.
    fn limits_of_signing_in(&self, faults: &mut Vec<String>) {
        for (name, most, range) in [
            ("codes_an_hour", self.codes_an_hour, 1..=MOST_AN_HOUR),
            ("codes_an_hour_an_address", self.codes_an_hour_an_address, 1..=MOST_AN_HOUR),
            ("codes_an_hour_a_network", self.codes_an_hour_a_network, 1..=MOST_AN_HOUR),
            ("codes_an_hour_a_phone", self.codes_an_hour_a_phone, 1..=MOST_OF_ONE),
            ("codes_a_day_a_phone", self.codes_a_day_a_phone, 1..=MOST_OF_ONE),
            ("wrong_codes_an_hour", self.wrong_codes_an_hour, 1..=MOST_AN_HOUR),
            ("wrong_codes_an_hour_an_address", self.wrong_codes_an_hour_an_address, 1..=MOST_AN_HOUR),
            ("wrong_codes_an_hour_a_network", self.wrong_codes_an_hour_a_network, 1..=MOST_AN_HOUR),
            ("wrong_passwords_an_account", self.wrong_passwords_an_account, 1..=MOST_OF_ONE),
            ("wrong_passwords_an_address", self.wrong_passwords_an_address, 1..=MOST_OF_ONE),
            ("claims_a_day", self.claims_a_day, 1..=MOST_OF_ONE),
        ] {
            if !range.contains(&most) {
                faults.push(format!("{name}: must be between {} and {}", range.start(), range.end()));
            }
        }
        let (codes, wrong_codes) = (self.codes_an_hour_a_network, self.wrong_codes_an_hour_a_network);
        for (name, most, above, bound) in [
            ("codes_an_hour_an_address", self.codes_an_hour_an_address, "codes_an_hour_a_network", codes),
            ("codes_an_hour_a_network", codes, "codes_an_hour", self.codes_an_hour),
            (
                "wrong_codes_an_hour_an_address",
                self.wrong_codes_an_hour_an_address,
                "wrong_codes_an_hour_a_network",
                wrong_codes,
            ),
            ("wrong_codes_an_hour_a_network", wrong_codes, "wrong_codes_an_hour", self.wrong_codes_an_hour),
        ] {
            if most >= bound {
                faults.push(format!("{name}: must be below {above} ({bound})"));
            }
        }
    }

    fn privacy_faults(&self, faults: &mut Vec<String>) {
        let files = [&self.privacy_text_zh_file, &self.privacy_text_en_file];
        if files.iter().any(|file| file.is_some() != self.privacy_version.is_some()) {
            faults.push(
                "privacy_version, privacy_text_zh_file, privacy_text_en_file: set all or none".to_owned(),
            );
        }
        if let Some(version) = self.privacy_version.as_deref().filter(|version| !is_version(version)) {
            faults.push(format!(
                "privacy_version: {version:?} must be of 1 to 40 letters, digits, dots, hyphens and underscores, such as 2026-11-30"
            ));
        }
        for (name, days, least, most) in [
            ("retention_session_days", self.retention_session_days, 30, 3650),
            ("retention_claim_days", self.retention_claim_days, 90, 3650),
            ("retention_audit_days", self.retention_audit_days, 365, 36_500),
        ] {
            if !(least..=most).contains(&days) {
                faults.push(format!("{name}: must be between {least} and {most}"));
            }
        }
        // While a month's ratings are told apart, so are those who left a dwelling in it.
        let linked = LONGEST_MONTH + self.unlink_days;
        if (90..linked).contains(&self.retention_claim_days) {
            faults.push(format!("retention_claim_days: must be at least {linked}, a month and unlink_days"));
        }
    }
}

/// In days.
const LONGEST_MONTH: u32 = 31;

/// Whether a text is the address of a page: a scheme and a host at least.
fn is_address(text: &str) -> bool {
    let uri = text.parse::<actix_web::http::Uri>();
    uri.is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
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
