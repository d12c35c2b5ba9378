//! Why an S3 server did not do as it was asked, in few words.

use std::error::Error;

use object_store::Error as S3Error;

/// A failure, without what the server says of the request: it may repeat what was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum S3Failure {
    #[error("the server has no such thing: {0}")]
    Missing(String),
    #[error("the server refuses: {0}")]
    Refused(String),
    #[error("the server is not available: {0}")]
    Unavailable(String),
}

impl S3Failure {
    /// Whether there is no room left; each server has its own word for it.
    pub(crate) fn is_full(&self) -> bool {
        let (Self::Missing(reason) | Self::Refused(reason) | Self::Unavailable(reason)) = self;
        ["StorageFull", "QuotaExceeded", "507"].iter().any(|word| reason.contains(word))
    }

    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_)) && !self.is_full()
    }
}

impl From<S3Error> for S3Failure {
    fn from(error: S3Error) -> Self {
        let text = error.to_string();
        let status = status(&text);
        let reason = reason(&error, &text, status);
        match error {
            S3Error::NotFound { .. } => Self::Missing(reason),
            S3Error::Generic { .. } | S3Error::JoinError { .. } if is_passing(status) => {
                Self::Unavailable(reason)
            }
            _ => Self::Refused(reason),
        }
    }
}

/// A request that was answered with a 4xx is wrong, but for those that came too early or too often.
fn is_passing(status: Option<u16>) -> bool {
    status.is_none_or(|status| status >= 500 || matches!(status, 408 | 429) || status < 400)
}

/// The status of an answer; `object_store` keeps it to itself and tells it only in its message.
fn status(text: &str) -> Option<u16> {
    let (_, behind) = text.split_once("status code: ")?;
    behind.get(..3)?.parse().ok()
}

/// The server's own word where it answered, else the innermost cause.
fn reason(error: &S3Error, text: &str, status: Option<u16>) -> String {
    let code = between(text, "<Code>", "</Code>").filter(|code| code.len() < 100);
    match (status, code) {
        (Some(status), Some(code)) => format!("{status} {code}"),
        (Some(status), None) => status.to_string(),
        (None, Some(code)) => code.to_owned(),
        (None, None) => innermost(error).to_string().replace('\n', " "),
    }
}

fn between<'t>(text: &'t str, before: &str, behind: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(behind).map(|(found, _)| found)
}

fn innermost(error: &S3Error) -> &dyn Error {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> S3Failure {
        S3Error::Generic { store: "S3", source: text.into() }.into()
    }

    #[test]
    fn only_what_may_pass_is_unavailable() {
        let told = "Server returned non-2xx status code:";
        let slow = generic(&format!("{told} 503 Slow: <Error><Code>SlowDown</Code></Error>"));
        assert_eq!(slow, S3Failure::Unavailable("503 SlowDown".to_owned()));
        assert!(slow.is_passing());
        let wrong = generic(&format!("{told} 400 Bad Request: <Code>InvalidArgument</Code>"));
        assert_eq!(wrong, S3Failure::Refused("400 InvalidArgument".to_owned()));
        let broken = generic("connection reset");
        assert_eq!(broken, S3Failure::Unavailable("connection reset".to_owned()));
        let full = generic(&format!("{told} 507 : <Code>XMinioStorageFull</Code>"));
        assert!(full.is_full() && !full.is_passing());
    }

    #[test]
    fn what_was_signed_is_not_repeated() {
        let body = "status code: 403: <Code>SignatureDoesNotMatch</Code><StringToSign>secret";
        let error = S3Error::PermissionDenied { path: "p".to_owned(), source: body.into() };
        let failure = S3Failure::from(error).to_string();
        assert_eq!(failure, "the server refuses: 403 SignatureDoesNotMatch");
    }
}
