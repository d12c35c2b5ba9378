//! What the stream and the application know together of one connection.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::Waker,
};

use tokio::time::Instant;

use super::{ConnectionLimits, refusal::Refusal};

/// Bytes of a head. actix would take 128 KiB.
const HEAD_BYTES: usize = 32 * 1024;
/// Bytes read at a time; bounds how far a head can be overshot.
const CHUNK_BYTES: usize = 8 * 1024;
/// actix-http 3.20 panics on a header name of 64 KiB. A name is a run of token characters, of which
/// there are never so many outside a body; those of a body of declared length do not count,
/// and of those as many as may have come with their head, and the last chunk: 60 KiB at most.
const RUN_BYTES: usize = 20_000;
/// Bytes of an unwanted body that are thrown away before the client is cut off.
const DRAIN_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has come yet.
    Fresh,
    /// Between two requests.
    Waiting,
    /// A head has begun.
    Head,
    /// A request is being answered.
    Busy,
    /// It was answered before its body was read.
    Draining,
}

/// What the stream may read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Appetite {
    Bytes(usize),
    /// Nothing but the end: the next request has time.
    End,
    /// Nothing before what was read has been looked at.
    Later,
    /// The connection is to end.
    Over(Option<Refusal>),
}

/// One connection; clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Connection(Rc<State>);

#[derive(Debug)]
struct State {
    limits: ConnectionLimits,
    born: Instant,
    phase: Cell<Phase>,
    since: Cell<Instant>,
    /// Bytes since the phase began.
    read: Cell<usize>,
    has_yielded: Cell<bool>,
    /// Token characters in a row, up to the last byte read.
    run: Cell<usize>,
    /// Bytes to come that belong to a body of declared length.
    declared: Cell<u64>,
    body: Cell<Body>,
    /// Whether an answer of the application may not have left yet.
    owes: Cell<bool>,
    is_unanswered: Cell<bool>,
    reader: RefCell<Option<Waker>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Unread,
    /// The application threw it away.
    Unwanted,
    /// What comes is no body but another protocol.
    Upgrade,
}

impl Connection {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        let now = Instant::now();
        Self(Rc::new(State {
            limits,
            born: now,
            phase: Cell::new(Phase::Fresh),
            since: Cell::new(now),
            read: Cell::new(0),
            has_yielded: Cell::new(false),
            run: Cell::new(0),
            declared: Cell::new(0),
            body: Cell::new(Body::None),
            owes: Cell::new(false),
            is_unanswered: Cell::new(false),
            reader: RefCell::default(),
        }))
    }

    pub(super) fn limits(&self) -> &ConnectionLimits {
        &self.0.limits
    }

    /// A head is complete, and the application has the request.
    pub(super) fn begin(&self, body: Body, declared: u64) {
        self.enter(Phase::Busy);
        self.0.body.set(body);
        self.0.declared.set(declared);
        // Some of the body may have come with the head.
        let of_body = usize::try_from(declared).unwrap_or(usize::MAX);
        self.0.run.set(self.0.run.get().saturating_sub(of_body));
        self.0.owes.set(true);
        self.0.is_unanswered.set(true);
    }

    /// Bytes of an answer have left.
    pub(super) fn answered(&self) {
        self.0.is_unanswered.set(false);
    }

    /// Whether the application has a request, and its client nothing of an answer.
    pub(super) fn is_unanswered(&self) -> bool {
        self.0.phase.get() == Phase::Busy && self.0.is_unanswered.get()
    }

    /// Whether a body of no declared length was on its way when the application lost its connection,
    /// and its client has nothing of an answer.
    pub(super) fn is_cut_off(&self) -> bool {
        let is_chunked = self.0.declared.get() == 0
            && matches!(self.0.body.get(), Body::Unread | Body::Unwanted);
        is_chunked && self.0.is_unanswered.get()
    }

    /// The body has been read to its end, or dropped before.
    pub(super) fn end_body(&self, is_whole: bool) {
        if self.0.body.get() == Body::Unread {
            self.0.body.set(if is_whole { Body::None } else { Body::Unwanted });
        }
    }

    /// The answer has been made, or given up.
    pub(super) fn end(&self) {
        let is_drained = matches!(self.0.body.get(), Body::None | Body::Upgrade);
        self.enter(if is_drained { Phase::Waiting } else { Phase::Draining });
        if is_drained {
            self.0.declared.set(0);
        }
        if let Some(reader) = self.0.reader.take() {
            reader.wake();
        }
    }

    /// Whether the answer that begins now is to be the last.
    pub(super) fn is_old(&self) -> bool {
        self.0.born.elapsed() >= self.0.limits.age
    }

    /// Whether bytes that are to be sent are of the application.
    pub(super) fn owes(&self) -> bool {
        self.0.owes.get()
    }

    /// All that was made has been sent.
    pub(super) fn sent(&self) {
        self.0.owes.set(self.0.phase.get() == Phase::Busy);
    }

    /// Until when the next byte must have come.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let limits = &self.0.limits;
        let allowed = match self.0.phase.get() {
            Phase::Fresh | Phase::Head => limits.head,
            Phase::Waiting => limits.idle,
            Phase::Draining => limits.drain,
            Phase::Busy => return None,
        };
        Some(self.0.since.get() + allowed)
    }

    /// The answer to a client that was too slow; none where it asked nothing.
    pub(super) fn lateness(&self) -> Option<Refusal> {
        let has_begun = matches!(self.0.phase.get(), Phase::Fresh | Phase::Head);
        has_begun.then_some(Refusal::TooSlow)
    }

    pub(super) fn appetite(&self) -> Appetite {
        let state = &self.0;
        let read = state.read.get();
        let is_endless = state.run.get() > RUN_BYTES;
        match (state.phase.get(), state.body.get()) {
            (Phase::Busy, Body::None) => Appetite::End,
            (Phase::Busy, Body::Unwanted) if read > DRAIN_BYTES => Appetite::End,
            (Phase::Draining, _) if read > DRAIN_BYTES => Appetite::Over(None),
            (Phase::Busy | Phase::Draining, _) if is_endless => {
                Appetite::Over(Some(Refusal::BodyTooLarge))
            }
            (Phase::Busy | Phase::Draining, _) => Appetite::Bytes(CHUNK_BYTES),
            _ if read < HEAD_BYTES && !is_endless => {
                Appetite::Bytes(CHUNK_BYTES.min(HEAD_BYTES.saturating_sub(read)))
            }
            // A body may have come along; it shows once the head has been parsed.
            _ if !state.has_yielded.replace(true) => Appetite::Later,
            _ => Appetite::Over(Some(Refusal::TooLarge)),
        }
    }

    /// Bytes have come.
    pub(super) fn fed(&self, bytes: &[u8]) {
        let state = &self.0;
        match state.phase.get() {
            Phase::Waiting => self.enter(Phase::Head),
            Phase::Fresh => state.phase.set(Phase::Head),
            Phase::Head | Phase::Busy | Phase::Draining => {}
        }
        state.read.set(state.read.get().saturating_add(bytes.len()));
        if state.body.get() == Body::Upgrade && state.phase.get() == Phase::Busy {
            return;
        }
        let declared = usize::try_from(state.declared.get()).unwrap_or(usize::MAX);
        let of_body = declared.min(bytes.len());
        state
            .declared
            .set(state.declared.get().saturating_sub(u64::try_from(of_body).unwrap_or(0)));
        let counted = bytes.get(of_body..).unwrap_or_default();
        match counted.iter().rposition(|byte| !is_token(*byte)) {
            Some(last) => state.run.set(counted.len().saturating_sub(last.saturating_add(1))),
            None => state.run.set(state.run.get().saturating_add(counted.len())),
        }
    }

    /// Wakes `reader` when the answer under way has been made.
    pub(super) fn wake_later(&self, reader: &Waker) {
        self.0.reader.replace(Some(reader.clone()));
    }

    fn enter(&self, phase: Phase) {
        self.0.phase.set(phase);
        self.0.since.set(Instant::now());
        self.0.read.set(0);
        self.0.has_yielded.set(false);
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
