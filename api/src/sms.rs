//! Codes and notices on their way to phones: to the log, or to a gateway by HTTP from threads of
//! their own, so that no request waits for it.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use xinwu_domain::phone::Phone;
use xinwu_store::{Clock, Random};

use crate::config::{Config, SmsProvider};

mod gateway;
mod notices;
mod wording;

use gateway::Gateway;
pub use notices::send_notices;
use wording::Wording;
pub(crate) use wording::faults as wording_faults;

/// Messages that may wait for the gateway; more are dropped, and counted.
const QUEUE: usize = 1000;
/// Threads that talk to the gateway.
const SENDERS: usize = 4;
/// Messages that the outbox keeps.
const KEPT_MESSAGES: usize = 1000;

/// One message.
pub(crate) struct Message {
    /// The same at every try: the gateway knows by it what it has sent already.
    id: String,
    phone: Phone,
    content: Content,
    /// When it no longer makes sense to send it.
    expires_at: DateTime<Utc>,
}

/// What a message says.
#[derive(Debug)]
pub(crate) enum Content {
    /// A one-time code.
    Code(String),
    /// The sentence of a notice.
    Notice(String),
}

impl Content {
    fn code(&self) -> Option<&str> {
        match self {
            Content::Code(code) => Some(code),
            Content::Notice(_) => None,
        }
    }
}

/// The last messages under the `log` provider, for tests and demos; a production profile refuses to
/// start with that provider.
#[derive(Debug, Default)]
pub struct Outbox(Mutex<VecDeque<Sent>>);

/// A message that went nowhere.
#[derive(Debug)]
struct Sent {
    phone: String,
    code: Option<String>,
    text: String,
}

impl Outbox {
    /// The last code that went to a phone (11 digits).
    pub fn last_code(&self, phone: &str) -> Option<String> {
        let messages = self.0.lock().ok()?;
        let mut sent = messages.iter().rev().filter(|kept| kept.phone == phone);
        sent.find_map(|kept| kept.code.clone())
    }

    /// The texts of the notices that went to a phone, in their order.
    pub fn notices(&self, phone: &str) -> Vec<String> {
        let Ok(messages) = self.0.lock() else { return Vec::new() };
        let notices = messages.iter().filter(|kept| kept.phone == phone && kept.code.is_none());
        notices.map(|kept| kept.text.clone()).collect()
    }

    /// How many messages went to a phone.
    pub fn count(&self, phone: &str) -> usize {
        self.0.lock().map_or(0, |messages| messages.iter().filter(|kept| kept.phone == phone).count())
    }

    fn put(&self, kept: Sent) {
        if let Ok(mut messages) = self.0.lock() {
            if messages.len() == KEPT_MESSAGES {
                messages.pop_front();
            }
            messages.push_back(kept);
        }
    }
}

/// Sends codes and notices.
pub struct Sms {
    way: Way,
    outbox: Outbox,
    wording: Wording,
}

enum Way {
    Log,
    Gateway(SyncSender<Message>),
}

impl Sms {
    /// Starts what the settings ask for. The senders end when this is dropped.
    ///
    /// # Errors
    /// When a thread cannot be started, or the gateway's settings are missing.
    pub fn start(config: &Config, clock: &Clock) -> Result<Sms, String> {
        let way = match config.sms_provider {
            SmsProvider::Log => Way::Log,
            SmsProvider::Http => {
                let gateway = Arc::new(Gateway::new(config, clock.clone())?);
                let (queue, messages) = sync_channel(QUEUE);
                let messages = Arc::new(Mutex::new(messages));
                for _ in 0..SENDERS {
                    let (gateway, messages) = (Arc::clone(&gateway), Arc::clone(&messages));
                    std::thread::Builder::new()
                        .name("sms".to_owned())
                        .spawn(move || send_all(&gateway, &messages))
                        .map_err(|error| error.to_string())?;
                }
                Way::Gateway(queue)
            }
        };
        Ok(Sms { way, outbox: Outbox::default(), wording: Wording::of(config) })
    }

    /// Hands a code over and returns at once. What cannot be taken is counted and dropped: whoever
    /// waits for it asks again.
    pub fn send(&self, phone: &Phone, code: &str, expires_at: DateTime<Utc>) {
        match &self.way {
            Way::Log => {
                // The one place where a code is written to the log, on purpose: for development
                // only.
                tracing::info!(phone = %phone.masked(), code, "a code, not sent to any phone");
                self.keep(phone, &Content::Code(code.to_owned()));
            }
            Way::Gateway(queue) => {
                let content = Content::Code(code.to_owned());
                let message = Message { id: Random.id(), phone: phone.clone(), content, expires_at };
                if queue.try_send(message).is_err() {
                    tracing::error!("the queue to the SMS gateway is full; a code was dropped");
                    count("dropped");
                }
            }
        }
    }

    /// Hands a notice's sentence over under the notice's id and returns at once. What cannot be
    /// taken is counted and dropped: the notice itself is there to be read.
    fn send_notice(&self, id: String, phone: Phone, sentence: String, expires_at: DateTime<Utc>) {
        let content = Content::Notice(sentence);
        match &self.way {
            Way::Log => {
                tracing::info!(id, "a notice, not sent to any phone");
                self.keep(&phone, &content);
            }
            Way::Gateway(queue) => {
                if queue.try_send(Message { id, phone, content, expires_at }).is_err() {
                    tracing::warn!("the queue to the SMS gateway is full; a notice was dropped");
                    count("dropped");
                }
            }
        }
    }

    fn keep(&self, phone: &Phone, content: &Content) {
        let (phone, code) = (phone.digits().to_owned(), content.code().map(str::to_owned));
        self.outbox.put(Sent { phone, code, text: self.wording.text(content) });
        count("logged");
    }

    /// The last messages under the `log` provider.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }
}

fn send_all(gateway: &Gateway, messages: &Mutex<Receiver<Message>>) {
    loop {
        let next = match messages.lock() {
            Ok(messages) => messages.recv(),
            Err(_) => return,
        };
        let Ok(message) = next else { return };
        count(gateway.deliver(&message));
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("xinwu_sms_total", "outcome" => outcome).increment(1);
}
