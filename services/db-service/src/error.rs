//! What can go wrong in an operation: a rule refuses it, or the database fails.

use common_types::ErrorCode;
use diesel::result::DatabaseErrorKind;
use service_kit::ApiError;

use crate::migrations::MigrateError;

pub type StoreResult<T> = Result<T, StoreError>;

/// Why an operation was not done. Its transaction has been rolled back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A rule says no; the detail is written for the caller.
    #[error("refused: {detail}")]
    Refused { code: ErrorCode, detail: &'static str, retry_after_seconds: Option<u64> },
    #[error("waiting for a database connection")]
    Pool(#[source] r2d2::Error),
    #[error("connecting to the database")]
    Connect(#[source] diesel::r2d2::Error),
    #[error("bringing the schema up to date")]
    Migrate(#[source] MigrateError),
    #[error("running a query")]
    Query(#[from] diesel::result::Error),
    #[error("reading {what} from the database: {value:?} is not one")]
    Corrupt { what: &'static str, value: String },
    #[error("writing {what} for the database")]
    Encode {
        what: &'static str,
        #[source]
        source: serde_json::Error,
    },
    /// It may still be done, and its answer lost.
    #[error("waiting for the database to answer")]
    TooSlow,
    #[error("an operation panicked")]
    Panicked(#[source] tokio::task::JoinError),
}

impl StoreError {
    /// A refusal by a rule.
    pub const fn refused(code: ErrorCode, detail: &'static str) -> Self {
        Self::Refused { code, detail, retry_after_seconds: None }
    }

    /// A refusal that ends by itself after so many seconds.
    pub(crate) const fn refused_for(code: ErrorCode, detail: &'static str, seconds: u64) -> Self {
        Self::Refused { code, detail, retry_after_seconds: Some(seconds) }
    }

    pub(crate) fn corrupt(what: &'static str, value: impl Into<String>) -> Self {
        Self::Corrupt { what, value: value.into() }
    }

    /// Whether the same operation may well succeed in a moment.
    fn may_pass(&self) -> bool {
        match self {
            Self::Pool(_)
            | Self::Connect(_)
            | Self::Migrate(MigrateError::Lock(_))
            | Self::TooSlow => true,
            Self::Query(error) => is_transient(error),
            _ => false,
        }
    }

    /// The code of the refusal, if a rule refused.
    pub const fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        const AWAY: &str = "The database does not answer at the moment.";
        match error {
            StoreError::Refused { code, detail, retry_after_seconds } => {
                let refusal = Self::new(code, detail);
                match retry_after_seconds {
                    Some(seconds) => refusal.with_retry_after(seconds),
                    None => refusal,
                }
            }
            error if error.may_pass() => Self::unavailable(AWAY, error),
            error => Self::internal(error),
        }
    }
}

/// Whether `error` says that a row with such a key is there already.
pub(crate) fn is_duplicate(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}

/// The connection broke, or the database is busy: diesel has a kind for some of these only.
pub(crate) fn is_transient(error: &diesel::result::Error) -> bool {
    match error {
        diesel::result::Error::DatabaseError(kind, info) => {
            let text = info.message();
            let says = |part: &str| text.contains(part);
            matches!(
                kind,
                DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::SerializationFailure
            ) || says("database is locked")
                || says("deadlock detected")
                || says("lock timeout")
                || says("statement timeout")
                || says("terminating connection")
        }
        diesel::result::Error::BrokenTransactionManager => true,
        _ => false,
    }
}
