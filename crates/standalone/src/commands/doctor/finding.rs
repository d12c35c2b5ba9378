//! What was found, in a line.

use std::fmt;

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// It works, and should be seen to.
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) state: State,
    pub(super) what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
}

impl Finding {
    pub(super) fn ok(what: impl Into<String>) -> Self {
        Self { state: State::Ok, what: what.into(), remedy: None }
    }

    pub(super) fn warn(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Warn, what: what.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn fail(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Fail, what: what.into(), remedy: Some(remedy.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok  ",
            State::Warn => "warn",
            State::Fail => "fail",
        };
        write!(f, "{state}  {}", self.what.replace('\n', " "))?;
        self.remedy.as_ref().map_or(Ok(()), |remedy| write!(f, "  — {remedy}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_with_its_remedy() {
        let line = Finding::warn("the disk\nis small", "make room").to_string();
        assert_eq!(line, "warn  the disk is small  — make room");
        assert_eq!(Finding::ok("fine").to_string(), "ok    fine");
    }
}
