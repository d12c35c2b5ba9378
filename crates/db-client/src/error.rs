//! What can go wrong on the way to db-service.

use common_types::{ErrorCode, Problem};
use service_kit::ApiError;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// db-service understood, and refused; perhaps for so many seconds only.
    #[error("db-service refused: {}", .problem.detail)]
    Refused { problem: Box<Problem>, retry_after_seconds: Option<u64> },
    #[error("cannot reach db-service")]
    Unreachable(#[source] awc::error::SendRequestError),
    #[error("cannot read db-service's answer")]
    Unreadable(#[source] awc::error::PayloadError),
    #[error("cannot make sense of db-service's answer")]
    Unintelligible(#[source] serde_json::Error),
    #[error("db-service answered {0} without a problem")]
    Unexpected(u16),
    #[error("db-service has fallen silent")]
    Silent,
    #[error("cannot make the request")]
    Request(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl DbError {
    /// The code of a refusal.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { problem, .. } => Some(problem.code),
            _ => None,
        }
    }
}

/// A refusal was written for the caller and passes through; a fault of the hop is told as such.
impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Refused { problem, retry_after_seconds }
                if problem.status < 500 || problem.status == 503 =>
            {
                let refusal = Self::from_problem(*problem);
                match retry_after_seconds {
                    Some(seconds) => refusal.with_retry_after(seconds),
                    None => refusal,
                }
            }
            DbError::Unreachable(source) => {
                Self::unavailable("The database service does not answer.", source.to_string())
            }
            other => Self::new(ErrorCode::BadGateway, "The database service failed.")
                .with_source(other.to_string()),
        }
    }
}
