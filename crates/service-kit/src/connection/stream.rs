//! A socket that keeps its client to the limits.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    thread,
};

use actix_web::rt;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::TcpStream,
    runtime::Handle,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    Census, Connection, ConnectionLimits,
    census::Permit,
    refusal::{self, Refusal, Refusals},
    state::Appetite,
};

/// The stream under one HTTP connection.
pub(crate) struct Guarded {
    /// None once we have parted.
    io: Option<TcpStream>,
    place: Option<Permit>,
    connection: Connection,
    refusals: Refusals,
    /// The client sends no more.
    has_ended: bool,
    /// Since when the client does not take what it is sent.
    stalled: Option<Instant>,
    alarm: Pin<Box<Sleep>>,
    armed: Option<Instant>,
}

impl Guarded {
    /// Takes a connection in, if there is a place for it.
    ///
    /// # Errors
    /// When there is none; the client is told.
    pub(crate) fn admit(
        io: TcpStream,
        limits: ConnectionLimits,
        census: &Census,
        refusals: Refusals,
    ) -> io::Result<(Self, SocketAddr)> {
        let peer = io.peer_addr()?;
        let Some(place) = census.admit(peer.ip()) else {
            rt::spawn(refusal::part(io, refusals.answer(Refusal::TooMany), None));
            return Err(io::ErrorKind::QuotaExceeded.into());
        };
        io.set_nodelay(true)?;
        let guarded = Self {
            io: Some(io),
            place: Some(place),
            connection: Connection::new(limits),
            refusals,
            has_ended: false,
            stalled: None,
            alarm: Box::pin(sleep_until(Instant::now())),
            armed: None,
        };
        Ok((guarded, peer))
    }

    pub(crate) fn connection(&self) -> Connection {
        self.connection.clone()
    }

    fn stall_deadline(&self) -> Option<Instant> {
        self.stalled.map(|since| since + self.connection.limits().stall)
    }

    /// Ends the connection for the application, and tells the client why.
    fn part(&mut self, refusal: Option<Refusal>) {
        if let Some(io) = self.io.take() {
            let answer = refusal.map(|refusal| self.refusals.answer(refusal)).unwrap_or_default();
            // Not when the thread itself is going down.
            if let Ok(here) = Handle::try_current() {
                here.spawn(refusal::part(io, answer, self.place.take()));
            }
        }
    }

    /// Whether the client has been too slow, and is cut off.
    fn has_run_out(&mut self) -> io::Result<bool> {
        let now = Instant::now();
        if self.stall_deadline().is_some_and(|deadline| deadline <= now) {
            metrics::counter!("http_stalled_connections_total").increment(1);
            // Nobody is going to read what the kernel still holds.
            if let Some(io) = self.io.take() {
                io.set_zero_linger()?;
            }
            return Err(io::ErrorKind::TimedOut.into());
        }
        let is_late = self.connection.deadline().is_some_and(|deadline| deadline <= now);
        if is_late {
            self.part(self.connection.lateness());
        }
        Ok(is_late)
    }

    /// Sees to being polled when the next deadline has come. One alarm serves many: it is set anew
    /// only when it would come too late.
    fn arm(&mut self, context: &mut Context<'_>) {
        let deadlines = [self.stall_deadline(), self.connection.deadline()];
        let Some(next) = deadlines.into_iter().flatten().min() else { return };
        let now = Instant::now();
        if self.armed.is_none_or(|armed| armed <= now || next < armed) {
            self.alarm.as_mut().reset(next);
            self.armed = Some(next);
        }
        if self.alarm.as_mut().poll(context).is_ready() {
            self.armed = None;
            context.waker().wake_by_ref();
        }
    }

    fn read(
        &mut self,
        most: usize,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(io) = &mut self.io else { return Poll::Ready(Ok(())) };
        let before = into.filled().len();
        // Not into a part of the buffer made ready here, for that would be zeroed at every read.
        let mut some = io.take(u64::try_from(most).unwrap_or(u64::MAX));
        let outcome = ready!(Pin::new(&mut some).poll_read(context, into));
        self.has_ended |= outcome.is_err();
        outcome?;
        let came = into.filled().get(before..).unwrap_or_default();
        self.connection.fed(came);
        self.has_ended |= came.is_empty();
        Poll::Ready(Ok(()))
    }

    /// Reads nothing, but notices when the client has gone.
    fn listen(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(io) = &mut self.io else { return Poll::Ready(Ok(())) };
        let mut byte = [0];
        match io.poll_peek(context, &mut ReadBuf::new(&mut byte)) {
            Poll::Ready(Ok(0)) => {
                self.has_ended = true;
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(_)) | Poll::Pending => {
                self.connection.wake_later(context.waker());
                Poll::Pending
            }
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.has_run_out()? {
            return Poll::Ready(Ok(()));
        }
        let read = match this.connection.appetite() {
            Appetite::Bytes(most) => this.read(most, context, into),
            Appetite::End => this.listen(context),
            Appetite::Later => {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Appetite::Over(refusal) => {
                this.part(refusal);
                return Poll::Ready(Ok(()));
            }
        };
        if read.is_pending() {
            this.arm(context);
        }
        read
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if !this.connection.owes()
            && let Some(refusal) = of_the_parser(bytes)
        {
            this.part(Some(refusal));
        }
        let Some(io) = &mut this.io else { return Poll::Ready(Ok(bytes.len())) };
        let written = Pin::new(io).poll_write(context, bytes);
        if written.is_ready() {
            this.stalled = None;
            this.connection.answered();
        } else {
            this.stalled.get_or_insert_with(Instant::now);
            if this.has_run_out()? {
                return Poll::Ready(Ok(bytes.len()));
            }
            this.arm(context);
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Sockets have nothing to flush; it is called when all that was made has been written.
        self.connection.sent();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A body whose framing is broken ends the connection under the application's hands.
        if !self.has_ended && self.connection.is_unanswered() {
            self.part(Some(Refusal::Malformed));
        }
        match &mut self.io {
            Some(io) => Pin::new(io).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for Guarded {
    /// Chunks whose framing is broken are, to actix, a client that has gone: it drops the connection.
    fn drop(&mut self) {
        if !self.has_ended && self.connection.is_cut_off() && !thread::panicking() {
            self.part(Some(Refusal::Malformed));
        }
    }
}

/// What actix's parser says of a request that reached no application: an empty answer, which is
/// replaced by a problem.
fn of_the_parser(answer: &[u8]) -> Option<Refusal> {
    let status = answer.strip_prefix(b"HTTP/1.")?.get(1..)?;
    match status {
        [b' ', b'4', b'0', b'0', ..] => Some(Refusal::Malformed),
        [b' ', b'4', b'3', b'1', ..] => Some(Refusal::TooLarge),
        _ => None,
    }
}
