//! Why a read or a write did not happen.

use diesel::result::{DatabaseErrorKind, Error as Diesel};
use xinwu_domain::refusal::{Faulty, FieldFault, Refusal};
use xinwu_domain::text::Text;

/// What the stores return.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a read or a write did not happen. Nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A rule said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too much at once: the queue or the pool is full, or PostgreSQL could not order the
    /// transactions after several tries.
    #[error("busy: {0}")]
    Busy(&'static str),
    /// The database cannot be reached.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// A bug or a damaged database. For the log, never for the client.
    #[error("internal: {0}")]
    Internal(String),
    /// Any other error of the database. For the log, never for the client.
    #[error("database: {0}")]
    Database(Diesel),
}

impl Faulty for StoreError {
    fn faults(self) -> std::result::Result<Vec<FieldFault>, StoreError> {
        match self {
            StoreError::Refused(refusal) => refusal.faults().map_err(StoreError::Refused),
            other => Err(other),
        }
    }
}

impl StoreError {
    /// A bug: something that the code holds to be impossible.
    pub fn internal(reason: impl Into<String>) -> StoreError {
        StoreError::Internal(reason.into())
    }

    /// Whether something stored cannot be read, makes what the schema refuses, or the code holds it
    /// to be impossible: no other try helps.
    pub fn is_unreadable(&self) -> bool {
        use DatabaseErrorKind::{CheckViolation, ForeignKeyViolation, NotNullViolation};
        let unreadable = |error: &Diesel| {
            matches!(
                error,
                Diesel::DeserializationError(_)
                    | Diesel::NotFound
                    | Diesel::DatabaseError(CheckViolation | ForeignKeyViolation | NotNullViolation, _)
            )
        };
        match self {
            StoreError::Internal(_) => true,
            StoreError::Database(error) => unreadable(error),
            _ => false,
        }
    }

    /// Whether the transaction may succeed when it is run again: two ran at once and PostgreSQL let
    /// one win.
    pub fn is_serialization_failure(&self) -> bool {
        match self {
            StoreError::Database(Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
            StoreError::Database(Diesel::DatabaseError(_, information)) => {
                information.message().contains("deadlock detected")
            }
            _ => false,
        }
    }
}

impl From<Diesel> for StoreError {
    fn from(error: Diesel) -> Self {
        match &error {
            // Two equal requests at once: the second finds the first one's row.
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                StoreError::Refused(Refusal::conflict(
                    "already_exists",
                    Text::new("同样的内容已经存在", "The same thing exists already"),
                ))
            }
            // What diesel says of a connection that was lost in the statement before.
            Diesel::BrokenTransactionManager => StoreError::Unavailable(error.to_string()),
            Diesel::DatabaseError(
                // A server that takes no writes: a standby, or a primary that was told not to.
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction,
                information,
            ) => StoreError::Unavailable(information.message().to_owned()),
            Diesel::DatabaseError(_, information)
                if information.message().contains("database or disk is full")
                    || information.message().contains("No space left on device")
                    // PostgreSQL's word when a part of a page still found room.
                    || information.message().contains("could not extend file") =>
            {
                StoreError::Full
            }
            Diesel::DatabaseError(_, information) if is_lost(information.message()) => {
                StoreError::Unavailable(information.message().to_owned())
            }
            // SQLite's word for a device that failed: nothing was stored, and the next try may go
            // well.
            Diesel::DatabaseError(_, information) if information.message().contains("disk I/O error") => {
                StoreError::Unavailable(information.message().to_owned())
            }
            Diesel::DatabaseError(_, information) if information.message().contains("database is locked") => {
                StoreError::Busy("the database is locked")
            }
            _ => StoreError::Database(error),
        }
    }
}

/// Whether a message of PostgreSQL says that the connection is gone, or going: diesel does not tell
/// by the kind of error when the server ends in the middle of a statement.
fn is_lost(message: &str) -> bool {
    [
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "connection not open",
        "could not receive data from server",
        "could not send data to server",
        "the database system is",
        "could not fsync",
        "could not fdatasync",
    ]
    .iter()
    .any(|words| message.contains(words))
}
