//! Codes on their way to phones: to the log, or to a gateway by HTTP from threads of their own, so
//! that no request waits for it.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use xinwu_domain::phone::Phone;
use xinwu_store::{Clock, Random};

use crate::config::{Config, SmsProvider};

mod gateway;

use gateway::Gateway;

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
    code: String,
    /// When it no longer makes sense to send it.
    expires_at: DateTime<Utc>,
}

/// The last messages under the `log` provider, for tests and demos; a production profile refuses to
/// start with that provider.
#[derive(Debug, Default)]
pub struct Outbox(Mutex<VecDeque<(String, String)>>);

impl Outbox {
    /// The last code that went to a phone (11 digits).
    pub fn last_code(&self, phone: &str) -> Option<String> {
        let messages = self.0.lock().ok()?;
        messages.iter().rev().find(|(to, _)| to == phone).map(|(_, code)| code.clone())
    }

    /// How many messages went to a phone.
    pub fn count(&self, phone: &str) -> usize {
        self.0.lock().map_or(0, |messages| messages.iter().filter(|(to, _)| to == phone).count())
    }

    fn put(&self, phone: &str, code: &str) {
        if let Ok(mut messages) = self.0.lock() {
            if messages.len() == KEPT_MESSAGES {
                messages.pop_front();
            }
            messages.push_back((phone.to_owned(), code.to_owned()));
        }
    }
}

/// Sends codes.
pub struct Sms {
    way: Way,
    outbox: Outbox,
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
        Ok(Sms { way, outbox: Outbox::default() })
    }

    /// Hands a code over and returns at once. What cannot be taken is counted and dropped: whoever
    /// waits for it asks again.
    pub fn send(&self, phone: &Phone, code: &str, expires_at: DateTime<Utc>) {
        match &self.way {
            Way::Log => {
                // The one place where a code is written to the log, on purpose: for development
                // only.
                tracing::info!(phone = %phone.masked(), code, "a code, not sent to any phone");
                self.outbox.put(phone.digits(), code);
                count("logged");
            }
            Way::Gateway(queue) => {
                let message =
                    Message { id: Random.id(), phone: phone.clone(), code: code.to_owned(), expires_at };
                if queue.try_send(message).is_err() {
                    tracing::error!("the queue to the SMS gateway is full; a code was dropped");
                    count("dropped");
                }
            }
        }
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
