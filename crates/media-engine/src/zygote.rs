//! The warm Python process that forks workers.

use std::{
    io::{self, IoSlice},
    mem::MaybeUninit,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::{
    io::{AsyncReadExt, Interest},
    net::UnixStream,
    process::{Child, ChildStderr, Command},
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    group::Group,
    wire::{self, Event, Lines, Order, SandboxReport, Settings},
};

const EXIT_GRACE: Duration = Duration::from_secs(2);
const MAX_COMPLAINT_BYTES: usize = 4096;

/// How to start the process.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) python: PathBuf,
    /// Holds `__main__.py`.
    pub(crate) code_dir: PathBuf,
    pub(crate) path: String,
    pub(crate) ca_bundle: Option<PathBuf>,
    pub(crate) settings: Settings,
}

/// A handle on the running zygote.
#[derive(Debug)]
pub(crate) struct Zygote {
    orders: mpsc::UnboundedSender<Sent>,
    closing: CancellationToken,
    ended: CancellationToken,
    retired: CancellationToken,
}

/// One that serves its last workers.
#[derive(Debug)]
pub(crate) struct Retired {
    closing: CancellationToken,
    ended: CancellationToken,
}

impl Retired {
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Ends the process, and with it every worker; resolves once it is gone.
    pub(crate) async fn end(self) {
        self.closing.cancel();
        self.ended.cancelled().await;
    }
}

/// What it tells of itself while it starts.
#[derive(Debug)]
pub(crate) enum News {
    Versions { yt_dlp: Option<String>, sandbox: SandboxReport },
    Ready { js_runtime: Option<String>, private_kb: u64 },
    Ended { last_words: String },
}

enum Sent {
    Fork { socket: OwnedFd, place: PathBuf },
    Reap { group: Group, gone: oneshot::Sender<()> },
}

impl Zygote {
    /// Starts the process; what it has to say comes through `news`.
    ///
    /// # Errors
    /// When it cannot be spawned.
    pub(crate) fn spawn(launch: &Launch, news: mpsc::UnboundedSender<News>) -> io::Result<Self> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let control = UnixStream::from_std(ours)?;
        let mut child = command(launch, OwnedFd::from(theirs)).spawn()?;
        let group = child
            .id()
            .and_then(|pid| Group::led_by(i32::try_from(pid).unwrap_or_default()))
            .ok_or_else(|| io::Error::other("the process has no id"))?;
        let stderr = child.stderr.take();
        let (orders, received) = mpsc::unbounded_channel();
        let (closing, ended) = (CancellationToken::new(), CancellationToken::new());
        let first = wire::to_line(&launch.settings)?;
        let keeper = Keeper {
            control,
            child,
            group,
            received,
            news,
            closing: closing.clone(),
            ended: ended.clone(),
            waiting: vec![],
        };
        let words = tokio::spawn(listen(stderr));
        tokio::spawn(async move { keeper.run(first, words).await });
        Ok(Self { orders, closing, ended, retired: CancellationToken::new() })
    }

    /// Asks for a worker that talks over the other end of `socket` and is confined to `place`.
    pub(crate) fn fork(&self, socket: OwnedFd, place: &Path) {
        // When the zygote is gone, so is the worker: its socket says so.
        drop(self.orders.send(Sent::Fork { socket, place: place.to_owned() }));
    }

    /// Lets go of a group that has been killed; resolves once all of it is gone.
    pub(crate) fn reap(&self, group: Group) -> oneshot::Receiver<()> {
        let (gone, told) = oneshot::channel();
        drop(self.orders.send(Sent::Reap { group, gone }));
        told
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Another one has taken its place: its workers end what they do, and are used no more. It ends
    /// with the last of them, or when it is asked to.
    pub(crate) fn retire(&self) -> Retired {
        self.retired.cancel();
        Retired { closing: self.closing.clone(), ended: self.ended.clone() }
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.is_cancelled()
    }

    pub(crate) async fn ends_within(&self, patience: Duration) -> bool {
        timeout(patience, self.ended.cancelled()).await.is_ok()
    }

    /// Ends the process, and with it every worker; resolves once it is gone.
    pub(crate) async fn end(&self) {
        self.closing.cancel();
        self.ended.cancelled().await;
    }
}

/// Nothing of the host's environment reaches it: not its proxies, nor its Python.
fn command(launch: &Launch, control: OwnedFd) -> Command {
    let mut command = Command::new(&launch.python);
    command
        .arg("-I")
        .arg(&launch.code_dir)
        .env_clear()
        .env("PATH", &launch.path)
        .env("LANG", "C.UTF-8")
        .env("HOME", &launch.settings.home_dir)
        .current_dir(&launch.settings.home_dir)
        .process_group(0)
        .stdin(Stdio::from(control))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(bundle) = &launch.ca_bundle {
        command.env("SSL_CERT_FILE", bundle);
    }
    command
}

/// The task that owns the process.
struct Keeper {
    control: UnixStream,
    child: Child,
    group: Group,
    received: mpsc::UnboundedReceiver<Sent>,
    news: mpsc::UnboundedSender<News>,
    closing: CancellationToken,
    ended: CancellationToken,
    waiting: Vec<(Group, oneshot::Sender<()>)>,
}

impl Keeper {
    async fn run(mut self, first: Vec<u8>, words: tokio::task::JoinHandle<String>) {
        if let Err(error) = self.converse(first).await {
            log::warn!("talking to the engine's Python process failed: {error}");
        }
        let Self { control, mut child, group, news, ended, .. } = self;
        // Closing our end is what tells it to end, and to take every worker along.
        drop(control);
        if timeout(EXIT_GRACE, child.wait()).await.is_err() {
            group.kill();
            drop(child.wait().await);
        }
        ended.cancel();
        let last_words = timeout(EXIT_GRACE, words).await.ok().and_then(Result::ok);
        drop(news.send(News::Ended { last_words: last_words.unwrap_or_default() }));
    }

    async fn converse(&mut self, first: Vec<u8>) -> io::Result<()> {
        send_all(&self.control, &first, None).await?;
        let mut lines = Lines::default();
        loop {
            tokio::select! {
                () = self.closing.cancelled() => return Ok(()),
                event = lines.next(&mut self.control) => match event? {
                    Some(event) => self.hear(event),
                    None => return Ok(()),
                },
                sent = self.received.recv() => match sent {
                    Some(sent) => self.pass_on(sent).await?,
                    None => return Ok(()),
                },
            }
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Versions { yt_dlp, sandbox } => {
                drop(self.news.send(News::Versions { yt_dlp, sandbox }));
            }
            Event::Ready { js_runtime, private_kb } => {
                drop(self.news.send(News::Ready { js_runtime, private_kb }));
            }
            Event::Gone { pid } => self.let_go(pid),
            other => log::debug!("the zygote said {other:?}"),
        }
    }

    fn let_go(&mut self, pid: i32) {
        while let Some(at) = self.waiting.iter().position(|(group, _)| group.leader() == pid) {
            // Nobody may be waiting any more.
            _ = self.waiting.swap_remove(at).1.send(());
        }
    }

    async fn pass_on(&mut self, sent: Sent) -> io::Result<()> {
        match sent {
            Sent::Fork { socket, place } => {
                let order = wire::to_line(&Order::Fork { place: &place })?;
                send_all(&self.control, &order, Some(socket)).await
            }
            Sent::Reap { group, gone } => {
                self.waiting.push((group, gone));
                let order = wire::to_line(&Order::Reap { pid: group.leader() })?;
                send_all(&self.control, &order, None).await
            }
        }
    }
}

/// Writes all of `bytes`; a socket rides along with the first of them.
async fn send_all(
    control: &UnixStream,
    bytes: &[u8],
    mut socket: Option<OwnedFd>,
) -> io::Result<()> {
    let mut sent = 0;
    while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
        sent += control.async_io(Interest::WRITABLE, || send_some(control, rest, &socket)).await?;
        socket = None;
    }
    Ok(())
}

fn send_some(control: &UnixStream, bytes: &[u8], socket: &Option<OwnedFd>) -> io::Result<usize> {
    let fds: Vec<_> = socket.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err(io::Error::other("no room for a descriptor"));
    }
    Ok(sendmsg(control, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL)?)
}

/// Keeps the pipe empty, whatever comes, and remembers the end of it.
async fn listen(stderr: Option<ChildStderr>) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let mut last = Vec::new();
    let mut chunk = vec![0; MAX_COMPLAINT_BYTES];
    while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
        let said = chunk.get(..read).unwrap_or_default();
        log::debug!("engine: {}", String::from_utf8_lossy(said).trim_end());
        last.extend_from_slice(said);
        let surplus = last.len().saturating_sub(MAX_COMPLAINT_BYTES);
        last.drain(..surplus);
    }
    String::from_utf8_lossy(&last).trim().to_owned()
}
