//! Why media cannot be had, as the engine tells it.

pub use common_types::media_error::FORBIDDEN_ADDRESS_MARKER;
use common_types::{MediaErrorCode, MediaProblem};

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// It will fail again: the video, or what was asked of it, is the cause.
    Permanent,
    /// It may pass: the network, a server's bad moment.
    Transient,
    /// The site has had enough of this server: everything for it should pause.
    SitePause,
}

/// A failure: what the user is told, and what only the log may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFailure {
    pub problem: MediaProblem,
    pub outlook: Outlook,
    /// The technical message, for the log: it may hold URLs and text of strangers.
    pub detail: String,
}

impl MediaFailure {
    /// The code's own cause and remedy.
    pub fn new(code: MediaErrorCode, detail: impl Into<String>) -> Self {
        Self { problem: code.into(), outlook: outlook(code), detail: detail.into() }
    }

    /// A cause that is more exact than the table's; one sentence.
    pub fn because(code: MediaErrorCode, cause: &str, detail: impl Into<String>) -> Self {
        let mut failure = Self::new(code, detail);
        cause.clone_into(&mut failure.problem.error);
        failure
    }

    /// The same, known to be worth another try.
    pub(crate) fn that_may_pass(mut self) -> Self {
        self.outlook = Outlook::Transient;
        self
    }

    pub fn code(&self) -> MediaErrorCode {
        self.problem.error_code
    }
}

/// What a code alone says; a deadline that passed will pass again.
const fn outlook(code: MediaErrorCode) -> Outlook {
    match code {
        MediaErrorCode::BotCheck | MediaErrorCode::PlatformRateLimited => Outlook::SitePause,
        MediaErrorCode::NetworkError | MediaErrorCode::DiskFull | MediaErrorCode::EngineError => {
            Outlook::Transient
        }
        _ => Outlook::Permanent,
    }
}
