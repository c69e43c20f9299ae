//! Bodies: one limit of size and one of time for all of them, whoever reads them.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::time::{Instant, Sleep};
use xinwu_domain::text::Text;

use crate::config::Config;
use crate::connection::{Pace, Running};
use crate::document::Upload;
use crate::extract::LARGEST_MEBIBYTES;
use crate::photos;
use crate::problem::Problem;

/// How large a body may be, and how slowly it may come.
#[derive(Debug, Clone, Copy)]
struct Limits {
    largest_mebibytes: u64,
    pace: Pace,
}

/// Why a body was not read to its end. It travels to whoever reads, inside actix's own error.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BodyFault {
    TooSlow { seconds: u64, kibibytes_a_second: u64 },
    TooLarge { mebibytes: u64 },
}

impl BodyFault {
    /// The fault in an error of a body that is [`limited`](limit).
    pub(crate) fn of(error: &PayloadError) -> Option<BodyFault> {
        match error {
            PayloadError::Io(error) => error.get_ref()?.downcast_ref().copied(),
            _ => None,
        }
    }

    pub(crate) fn problem(self) -> Problem {
        match self {
            BodyFault::TooSlow { seconds, kibibytes_a_second } => Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "too_slow",
                Text::new(
                    format!("请求体须在{seconds}秒内送达，之后每秒不少于{kibibytes_a_second} KiB"),
                    format!(
                        "A body must be here within {seconds} seconds, and come at {kibibytes_a_second} KiB a second from then on"
                    ),
                ),
            )
            .retry_after(1),
            BodyFault::TooLarge { mebibytes } => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                Text::new(
                    format!("请求体超过{mebibytes} MiB"),
                    format!("The body is over {mebibytes} MiB"),
                ),
            ),
        }
    }
}

impl fmt::Display for BodyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BodyFault::TooSlow { .. } => "the body came too slowly",
            BodyFault::TooLarge { .. } => "the body is too large",
        })
    }
}

impl std::error::Error for BodyFault {}

impl From<BodyFault> for PayloadError {
    fn from(fault: BodyFault) -> PayloadError {
        PayloadError::Io(std::io::Error::other(fault))
    }
}

/// A body as it comes, shared by who reads it and by the answer.
pub(super) type Shared = Rc<RefCell<Payload>>;

/// The largest body of an upload, or of any other request, in MiB.
pub(crate) fn largest_mebibytes(config: &Config, upload: Option<Upload>) -> u64 {
    match upload {
        Some(Upload::Import) => config.import_mebibytes,
        Some(Upload::Photo) => photos::LARGEST_MEBIBYTES,
        None => LARGEST_MEBIBYTES,
    }
}

/// Bounds the body of a request. Its time runs from now. The answer has to [hold](held) what is
/// given.
pub(super) fn limit(request: &mut ServiceRequest, config: &Config, upload: Option<Upload>) -> Shared {
    let payload = Rc::new(RefCell::new(request.take_payload()));
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let limits = Limits {
        largest_mebibytes: largest_mebibytes(config, upload),
        pace: Pace { seconds: config.body_seconds, kibibytes_a_second: config.slowest_kibibytes_a_second },
    };
    let body = Body {
        payload: Rc::clone(&payload),
        limits,
        announced: announced.unwrap_or_default(),
        received: 0,
        began: Instant::now(),
        timer: None,
    };
    request.set_payload(Payload::Stream { payload: Box::pin(body) });
    payload
}

/// What the server takes of an answer whether or not the client does: its buffer.
const TAKEN_AT_ONCE: u64 = 32 << 10;

/// The answer, watched until it is sent, and with the body until then. Of a chunked body that
/// nobody holds any more the server waits for the end, however long that takes; one that is held it
/// does not wait for.
pub(super) fn held(answer: BoxBody, body: Option<Shared>, running: Running) -> BoxBody {
    let is_taken_at_once = match answer.size() {
        BodySize::None => true,
        BodySize::Sized(length) => length <= TAKEN_AT_ONCE,
        BodySize::Stream => false,
    };
    if body.is_none() && is_taken_at_once {
        return answer;
    }
    running.give(0);
    BoxBody::new(Held { answer, _body: body, running })
}

struct Held {
    answer: BoxBody,
    _body: Option<Shared>,
    running: Running,
}

impl MessageBody for Held {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        match self.answer.size() {
            // Of what says that there is nothing to it, a box keeps nothing.
            BodySize::None => BodySize::Sized(0),
            size => size,
        }
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let part = Pin::new(&mut self.answer).poll_next(context);
        match &part {
            Poll::Ready(Some(Ok(part))) => self.running.give(part.len() as u64),
            Poll::Pending => self.running.pause(),
            Poll::Ready(_) => {}
        }
        part
    }
}

/// A body that ends in an error once it is too large, or comes too slowly.
struct Body {
    payload: Shared,
    limits: Limits,
    /// What `Content-Length` says.
    announced: u64,
    received: u64,
    began: Instant,
    /// There is none as long as nothing had to be waited for: most bodies come with their head.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let body = &mut *self;
        if body.is_too_large() {
            return Poll::Ready(Some(Err(body.limits.too_large().into())));
        }
        let part = Pin::new(&mut *body.payload.borrow_mut()).poll_next(context);
        match part {
            Poll::Ready(Some(Ok(part))) => {
                body.received = body.received.saturating_add(part.len() as u64);
                let part = if body.is_too_large() { Err(body.limits.too_large().into()) } else { Ok(part) };
                Poll::Ready(Some(part))
            }
            Poll::Pending if body.is_too_slow(context) => {
                Poll::Ready(Some(Err(body.limits.too_slow().into())))
            }
            other => other,
        }
    }
}

impl Body {
    fn is_too_large(&self) -> bool {
        self.announced.max(self.received) > self.limits.largest_mebibytes << 20
    }

    /// Whether more should be here by now. It is asked only where nothing is: a body that waits for
    /// the service is not a slow one. Otherwise the context is woken when it will be too slow.
    fn is_too_slow(&mut self, context: &mut Context<'_>) -> bool {
        let due = self.began + self.limits.pace.time_for(self.received);
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(context).is_ready()
    }
}

impl Limits {
    fn too_large(self) -> BodyFault {
        BodyFault::TooLarge { mebibytes: self.largest_mebibytes }
    }

    fn too_slow(self) -> BodyFault {
        let Pace { seconds, kibibytes_a_second } = self.pace;
        BodyFault::TooSlow { seconds, kibibytes_a_second }
    }
}
