//! The gateway: a POST with an HMAC signature, a time-out, and a few tries under one id.

use std::time::Duration;

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use xinwu_store::Clock;

use super::{Content, Message, Wording};
use crate::config::Config;

/// How long one try may take in all.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

/// What the gateway gets.
#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    phone: &'a str,
    /// Of a code alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    text: String,
}

pub(super) struct Gateway {
    url: String,
    key: SecretString,
    agent: ureq::Agent,
    clock: Clock,
    wording: Wording,
}

/// How one try went.
enum Try {
    Sent,
    Refused(u16),
    Failed(String),
}

impl Gateway {
    pub(super) fn new(config: &Config, clock: Clock) -> Result<Gateway, String> {
        let (Some(url), Some(key)) = (config.sms_url.clone(), config.sms_key.clone()) else {
            return Err("sms_url, sms_key: are needed with sms_provider = \"http\"".to_owned());
        };
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .user_agent("xinwu")
            .build()
            .into();
        Ok(Gateway { url, key, agent, clock, wording: Wording::of(config) })
    }

    /// Sends a message, trying again when the gateway cannot be reached or has trouble of its own;
    /// what it refuses stays refused. Gives the word for the metric.
    pub(super) fn deliver(&self, message: &Message) -> &'static str {
        let mut pauses = PAUSES.into_iter();
        loop {
            if self.clock.now() >= message.expires_at {
                tracing::warn!(id = message.id, "a message expired before the SMS gateway took it");
                return "expired";
            }
            match self.post(message) {
                Try::Sent => return "sent",
                Try::Refused(status) => {
                    match &message.content {
                        Content::Code(_) => {
                            tracing::error!(id = message.id, status, "the SMS gateway refused a code");
                        }
                        Content::Notice(_) => {
                            tracing::warn!(id = message.id, status, "the SMS gateway refused a notice");
                        }
                    }
                    return "refused";
                }
                Try::Failed(reason) => match pauses.next() {
                    Some(pause) => {
                        tracing::warn!(id = message.id, reason, "the SMS gateway failed; trying again");
                        std::thread::sleep(pause);
                    }
                    None => {
                        match &message.content {
                            Content::Code(_) => {
                                tracing::error!(
                                    id = message.id,
                                    reason,
                                    "the SMS gateway failed; a code was given up"
                                );
                            }
                            Content::Notice(_) => {
                                tracing::warn!(
                                    id = message.id,
                                    reason,
                                    "the SMS gateway failed; a notice was given up"
                                );
                            }
                        }
                        return "failed";
                    }
                },
            }
        }
    }

    fn post(&self, message: &Message) -> Try {
        let content = &message.content;
        let (code, text) = (content.code(), self.wording.text(content));
        let body = Body { id: &message.id, phone: message.phone.digits(), code, text };
        let body = match serde_json::to_string(&body) {
            Ok(body) => body,
            Err(error) => return Try::Failed(error.to_string()),
        };
        let timestamp = self.clock.now().timestamp().to_string();
        let signature = sign(self.key.expose_secret(), &timestamp, &body);
        let answer = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", &message.id)
            .header("X-Xinwu-Timestamp", &timestamp)
            .header("X-Xinwu-Signature", &signature)
            .send(body.as_str());
        match answer.map(|response| response.status().as_u16()) {
            Ok(200..=299) => Try::Sent,
            Ok(status @ (408 | 425 | 429 | 500..=599)) => Try::Failed(format!("status {status}")),
            Ok(status) => Try::Refused(status),
            Err(ureq::Error::Timeout(_)) => Try::Failed("time-out".to_owned()),
            Err(error) => Try::Failed(error.to_string()),
        }
    }
}

/// `sha256=` and the HMAC-SHA-256 of the timestamp, a dot and the body, in hexadecimal: a captured
/// request cannot be sent again later, nor changed.
fn sign(key: &str, timestamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    for part in [timestamp, ".", body] {
        context.update(part.as_bytes());
    }
    context.sign().as_ref().iter().fold("sha256=".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_covers_time_and_body() {
        let signature = sign("key", "1795226400", "{}");
        assert_eq!(signature.len(), "sha256=".len() + 64);
        assert_ne!(signature, sign("key", "1795226401", "{}"));
        assert_ne!(signature, sign("key", "1795226400", "[]"));
        assert_ne!(signature, sign("another", "1795226400", "{}"));
    }
}
