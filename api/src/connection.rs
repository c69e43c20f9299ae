//! What connections are bounded by beyond the server's own limits. It has none for the head of a
//! request that is not the first of its connection, and none for what it writes.

use std::any::Any;
use std::cell::Cell;
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::rt::net::TcpStream;
use actix_web::rt::task::JoinHandle;
use socket2::{SockRef, Socket};
use tokio::time::{Instant, sleep_until};

use crate::config::Config;

/// How slowly bytes may come or go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// So many seconds are given to all,
    pub(crate) seconds: u64,
    /// and more at this rate to what is long.
    pub(crate) kibibytes_a_second: u64,
}

impl Pace {
    pub(crate) fn time_for(self, bytes: u64) -> Duration {
        Duration::from_secs(self.seconds) + self.more_for(bytes)
    }

    fn more_for(self, bytes: u64) -> Duration {
        Duration::from_millis(bytes.saturating_mul(1000) / (self.kibibytes_a_second.max(1) << 10))
    }
}

/// What a client has time for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the next request's head, from the last answer on. Only the server knows when a head has
    /// begun: it is as long as it waits for one, and then as long as it waits for the first.
    head: Duration,
    /// For taking an answer.
    answer: Pace,
}

impl Patience {
    pub(crate) fn of(config: &Config) -> Patience {
        let Config { slow_reader_seconds, slowest_kibibytes_a_second, .. } = *config;
        Patience {
            head: Duration::from_secs(config.keep_alive_seconds + config.client_timeout_seconds),
            answer: Pace { seconds: slow_reader_seconds, kibibytes_a_second: slowest_kibibytes_a_second },
        }
    }
}

/// Ends a connection whose client is waited for too long. It goes into the connection's own data,
/// for the requests on it to say [who is waited for](Running).
pub(crate) fn watch(connection: &dyn Any, data: &mut Extensions, patience: Patience) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    let stream = SockRef::from(stream);
    match stream.try_clone() {
        Ok(socket) => drop(data.insert(Watched::new(socket, patience))),
        Err(error) => {
            tracing::warn!(%error, "a connection that cannot be watched was not taken");
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

/// Ends a connection whose client keeps its window shut for so long.
pub(crate) fn end_when_unread(connection: &dyn Any, seconds: u64) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(Duration::from_secs(seconds))) {
        tracing::warn!(%error, "a connection was given no limit for a slow reader");
    }
}

/// A connection under watch. The watch ends with it.
struct Watched {
    turn: Rc<Turn>,
    task: JoinHandle<()>,
}

impl Watched {
    fn new(socket: Socket, patience: Patience) -> Watched {
        let turn = Rc::new(Turn {
            patience,
            due: Cell::new(Some(Instant::now() + patience.head)),
            left: Cell::new(Duration::ZERO),
        });
        Watched { task: actix_web::rt::spawn(end_when_due(Rc::clone(&turn), socket)), turn }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whose turn it is on a connection. All of it stays on one thread.
struct Turn {
    patience: Patience,
    /// When the client will have been waited for too long; none while the service is waited for.
    due: Cell<Option<Instant>>,
    /// What the client has left for the running answer once the service gives more of it.
    left: Cell<Duration>,
}

async fn end_when_due(turn: Rc<Turn>, socket: Socket) {
    // What is set meanwhile is rarely due before that.
    let at_the_latest = Duration::from_secs(turn.patience.answer.seconds);
    loop {
        let now = Instant::now();
        let due = turn.due.get();
        if due.is_some_and(|due| due <= now) {
            break;
        }
        let again = now + at_the_latest;
        sleep_until(due.map_or(again, |due| due.min(again))).await;
    }
    // The server notices, and lets go of it. What was not taken is thrown away: the kernel would go
    // on to offer it.
    let ended = socket.set_linger(Some(Duration::ZERO)).and_then(|()| socket.shutdown(Shutdown::Both));
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection had ended before it was let go");
    }
}

/// A request, until its answer is given. Where nothing is known of its connection, nothing is said.
pub(crate) struct Running(Option<Rc<Turn>>);

impl Running {
    /// It is the service's turn.
    pub(crate) fn begin(request: &ServiceRequest) -> Running {
        let turn = request.conn_data::<Watched>().map(|watched| Rc::clone(&watched.turn));
        if let Some(turn) = &turn {
            turn.due.set(None);
            turn.left.set(Duration::from_secs(turn.patience.answer.seconds));
        }
        Running(turn)
    }

    /// The client has to take so many bytes more.
    pub(crate) fn give(&self, bytes: u64) {
        let Some(turn) = &self.0 else { return };
        let due = turn.due.get().unwrap_or_else(|| Instant::now() + turn.left.get());
        turn.due.set(Some(due + turn.patience.answer.more_for(bytes)));
    }

    /// The client has taken all that there was: the service is waited for.
    pub(crate) fn pause(&self) {
        let Some(turn) = &self.0 else { return };
        if let Some(due) = turn.due.take() {
            turn.left.set(due.saturating_duration_since(Instant::now()));
        }
    }
}

impl Drop for Running {
    /// It is the client's turn: to take the rest, and to ask for more.
    fn drop(&mut self) {
        if let Some(turn) = &self.0 {
            let head = Instant::now() + turn.patience.head;
            turn.due.set(Some(turn.due.get().map_or(head, |due| due.max(head))));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_watch_keeps_no_connection_open_that_has_ended() {
        actix_web::rt::System::new().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (server, _) = listener.accept().unwrap();
            client.set_nonblocking(true).unwrap();
            let watched = Watched::new(Socket::from(server), Patience::of(&Config::default()));
            tokio::task::yield_now().await;
            assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
            drop(watched);
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            assert_eq!(client.read(&mut [0]).unwrap(), 0);
        });
    }
}
