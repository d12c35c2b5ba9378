//! The trace that a request belongs to (W3C Trace Context): taken from the caller or begun here,
//! passed on to every process that is asked on the way, and named on the lines that are logged.
//!
//! No spans are recorded: what is passed on lets the tracing of others see through Magpie.

use std::{fmt, future::Future};

use uuid::Uuid;

use crate::{dice, request_id};

/// The header, as a hop sends it and as the next takes it.
pub const TRACEPARENT_HEADER: &str = "traceparent";
/// `00-<32 digits of trace>-<16 digits of parent>-<2 digits of flags>`.
const LENGTH: usize = 55;
const SAMPLED: u8 = 1;

tokio::task_local! {
    static CURRENT: Trace;
}

/// One trace, as far as it concerns those who take part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    /// Whether the caller records it; all that is known of the flags.
    is_sampled: bool,
}

impl Trace {
    /// The caller's trace when its header is one, else a new one, which has the request's id where
    /// that is a UUID: then one number finds a request in every log and every trace.
    pub fn accept(offered: Option<&str>, request_id: &str) -> Self {
        offered.and_then(Self::parse).unwrap_or_else(|| Self::of_request(request_id))
    }

    fn of_request(request_id: &str) -> Self {
        let id = Uuid::try_parse(request_id).ok().filter(|id| !id.is_nil());
        Self { id: id.unwrap_or_else(request_id::new_uuid).as_u128(), is_sampled: false }
    }

    /// A later version may go on behind what is known of this one.
    fn parse(header: &str) -> Option<Self> {
        let (head, rest) = header.split_at_checked(LENGTH)?;
        let mut parts = head.split('-');
        let [version, id, parent, flags] =
            [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let is_whole = match version {
            "00" => rest.is_empty(),
            "ff" => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        let lengths = [version.len(), id.len(), parent.len(), flags.len()] == [2, 32, 16, 2];
        let digits = head.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'));
        if !(is_whole && lengths && digits && parts.next().is_none()) {
            return None;
        }
        let id = u128::from_str_radix(id, 16).ok().filter(|&id| id != 0)?;
        u64::from_str_radix(parent, 16).ok().filter(|&parent| parent != 0)?;
        let flags = u8::from_str_radix(flags, 16).ok()?;
        Some(Self { id, is_sampled: flags & SAMPLED != 0 })
    }

    /// The header for a hop, with a parent of its own.
    pub fn header(self) -> String {
        // Zero is no parent; the low half of a random UUID never is.
        let rolled = dice::roll().map(u64::from_ne_bytes).filter(|&parent| parent != 0);
        let parent = rolled.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().1);
        format!("00-{self}-{parent:016x}-{:02x}", u8::from(self.is_sampled))
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.id)
    }
}

/// The trace of the request that the current task serves. What runs under an id without a request,
/// such as a job, is a trace of that id.
pub fn current() -> Option<Trace> {
    let served = CURRENT.try_with(|trace| *trace).ok();
    served.or_else(|| Some(Trace::of_request(&request_id::current()?)))
}

/// Runs `future` as part of `trace`.
pub async fn scope<F: Future>(trace: Trace, future: F) -> F::Output {
    CURRENT.scope(trace, future).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    fn header(version: &str, id: &str, parent: &str, flags: &str) -> String {
        format!("{version}-{id}-{parent}-{flags}")
    }

    #[test]
    fn a_callers_trace_goes_on_with_a_new_parent() {
        for flags in ["00", "01"] {
            let offered = header("00", ID, PARENT, flags);
            let passed_on = Trace::accept(Some(&offered), "r").header();
            assert_eq!(passed_on.len(), LENGTH);
            assert!(passed_on.starts_with(&format!("00-{ID}-")), "{passed_on}");
            assert!(passed_on.ends_with(&format!("-{flags}")), "{passed_on}");
            assert!(!passed_on.contains(PARENT), "{passed_on}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = format!("{}-more", header("01", ID, PARENT, "03"));
        assert!(Trace::parse(&later).is_some_and(|trace| trace.is_sampled));
    }

    #[test]
    fn what_is_no_trace_context_begins_a_new_trace() {
        let zeros = |count| "0".repeat(count);
        let bad = [
            String::new(),
            "é".repeat(55),
            header("ff", ID, PARENT, "01"),
            header("00", &zeros(32), PARENT, "01"),
            header("00", ID, &zeros(16), "01"),
            header("00", &ID.to_uppercase(), PARENT, "01"),
            header("00", ID, PARENT, "0g"),
            format!("{}-more", header("00", ID, PARENT, "01")),
            format!("{}x", header("01", ID, PARENT, "01")),
            header("000", &"a".repeat(31), PARENT, "01"),
        ];
        for header in bad {
            assert_eq!(Trace::parse(&header), None, "{header}");
        }
    }

    #[test]
    fn a_new_trace_has_the_id_of_its_request_where_it_can() {
        let id = request_id::generate();
        assert_eq!(Trace::accept(None, &id).to_string(), id);
        assert_ne!(Trace::accept(None, "mine").id, Trace::accept(None, "mine").id);
    }
}
