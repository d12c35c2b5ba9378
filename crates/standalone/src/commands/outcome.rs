//! How a command ends, and what it prints.

use std::{
    error::Error,
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
};

use serde::Serialize;
use service_kit::{Chain, ConfigError, StartError, config::Sources, process};

/// As for a wrong configuration, which is bad usage too.
const EX_USAGE: u8 = 64;
const EX_PROBLEMS: u8 = 1;

/// How a command that could do its work ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// It has found what needs somebody's attention, and told it.
    Problems,
}

impl Outcome {
    pub(crate) fn problems_if(are_there: bool) -> Self {
        if are_there { Self::Problems } else { Self::Done }
    }

    pub(crate) fn exit_code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Problems => ExitCode::from(EX_PROBLEMS),
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{0}; see `magpie {1} --help`")]
    Usage(String, &'static str),
    #[error("{0}")]
    Refused(String),
    #[error("{doing}")]
    Failed {
        doing: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        Self::Start(error.into())
    }
}

impl CommandError {
    /// Makes a failure of what we were doing.
    pub(crate) fn failed<E>(doing: impl Into<String>) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let doing = doing.into();
        move |source| Self::Failed { doing, source: source.into() }
    }

    pub(crate) fn refused(why: impl Display) -> Self {
        Self::Refused(why.to_string())
    }

    /// Says on standard error, in one line, why the command ends.
    pub(crate) fn report(&self) -> ExitCode {
        if let Self::Start(error) = self {
            return error.report();
        }
        let line = format!("magpie: {}", Chain(self)).replace('\n', " ");
        // A closed standard error has no one to tell.
        let _unheard = writeln!(io::stderr(), "{line}");
        match self {
            Self::Usage(..) => ExitCode::from(EX_USAGE),
            _ => ExitCode::from(EX_PROBLEMS),
        }
    }
}

/// Where a command's words go: for people, or as JSON for a script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    pub(crate) is_json: bool,
}

impl Printer {
    pub(crate) fn of(sources: &Sources) -> Self {
        Self { is_json: sources.switches.contains("json") }
    }

    /// A line for people.
    pub(crate) fn line(self, line: impl Display) -> Result<(), CommandError> {
        if self.is_json { Ok(()) } else { Ok(process::announce(&line.to_string())?) }
    }

    /// The whole, for a script.
    pub(crate) fn json(self, value: &impl Serialize) -> Result<(), CommandError> {
        if !self.is_json {
            return Ok(());
        }
        let text = serde_json::to_string(value).map_err(CommandError::failed("cannot print"))?;
        Ok(process::announce(&text)?)
    }
}
