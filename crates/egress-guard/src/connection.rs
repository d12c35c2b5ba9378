//! One connection of a client: who it is, where it wants to go, and there.

use std::{io, sync::Arc, time::Duration};

use tokio::{io::AsyncWriteExt, net::TcpStream, sync::OwnedSemaphorePermit, time::timeout};

use crate::{
    Reason, Refusal, Target,
    account::Account,
    dial::{DialError, Dialer},
    head::{HeadReader, Request},
    ledger::Ledger,
    metered::{Activity, Metered},
    reply::Reply,
    tunnel::{self, Exchange},
};

const MAX_HEAD_BYTES: usize = 16 * 1024;
const PLAIN_METHODS: [&str; 3] = ["GET", "HEAD", "POST"];
const HTTP: &str = "http://";
const HTTP_PORT: u16 = 80;

/// What every connection needs.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) ledger: Ledger,
    pub(crate) dialer: Dialer,
    pub(crate) head_patience: Duration,
    pub(crate) idle_patience: Duration,
}

/// Serves one request, whatever comes; `stranger` is held until the client has shown who it is.
pub(crate) async fn serve(
    context: &Context,
    mut client: TcpStream,
    stranger: OwnedSemaphorePermit,
) {
    let mut reader = HeadReader::default();
    let head = timeout(context.head_patience, reader.next(&mut client, MAX_HEAD_BYTES)).await;
    let admitted = match head {
        Ok(Ok(head)) => admit(context, &head),
        Ok(Err(error)) if error.kind() == io::ErrorKind::FileTooLarge => Err(Reply::HeadTooLarge),
        // It went away, or fell silent.
        Ok(Err(_)) | Err(_) => return,
    };
    let (request, account, slot) = match admitted {
        Ok(admitted) => admitted,
        Err(reply) => return reply.send(&mut client).await,
    };
    drop(stranger);
    let activity = Activity::new();
    let visit = Visit { context, account: &account, activity: &activity, request: &request };
    tokio::select! {
        biased;
        () = account.ended() => {}
        () = activity.ceases_for(context.idle_patience) => {}
        () = visit.run(client, reader.into_rest()) => {}
    }
    drop(slot);
}

type Admitted = (Request, Arc<Account>, OwnedSemaphorePermit);

fn admit(context: &Context, head: &[u8]) -> Result<Admitted, Reply> {
    let request = Request::parse(head).ok_or(Reply::BadRequest)?;
    let credentials = request.fields.only("proxy-authorization");
    let account = context.ledger.find(credentials).ok_or(Reply::WhoAreYou)?;
    let slot = account.enter().ok_or(Reply::TooManyConnections)?;
    Ok((request, account, slot))
}

struct Visit<'a> {
    context: &'a Context,
    account: &'a Arc<Account>,
    activity: &'a Arc<Activity>,
    request: &'a Request,
}

impl Visit<'_> {
    async fn run(&self, mut client: TcpStream, rest: Vec<u8>) {
        let outcome = if self.request.method == "CONNECT" {
            self.connect(&mut client, rest).await
        } else {
            self.exchange(&mut client, rest).await
        };
        if let Err(reply) = outcome {
            reply.send(&mut client).await;
        }
    }

    /// A tunnel to where the client says.
    async fn connect(&self, client: &mut TcpStream, rest: Vec<u8>) -> Result<(), Reply> {
        let target = Target::parse(&self.request.target, None);
        let target = target.map_err(|reason| self.refuse(&self.request.target, reason))?;
        let mut stream = self.dial(&target).await?;
        let early = match &self.context.dialer.chain {
            Some(chain) => chain.open(&mut stream, &target).await.map_err(DialError::reply)?,
            None => Vec::new(),
        };
        let mut site = self.metered(stream);
        let begin = async {
            client.set_nodelay(true)?;
            client.write_all(b"HTTP/1.1 200 Connection Established\r\n\r\n").await?;
            client.write_all(&early).await?;
            site.write_all(&rest).await?;
            tunnel::relay(client, &mut site).await
        };
        log_end(begin.await);
        Ok(())
    }

    /// One request of plain HTTP. How long its body is must be sure: behind it could stand a request
    /// to the next proxy that nobody has checked.
    async fn exchange(&self, client: &mut TcpStream, early: Vec<u8>) -> Result<(), Reply> {
        let Some((authority, path)) = split_url(&self.request.target) else {
            return Err(self.refuse("", Reason::Malformed));
        };
        if !PLAIN_METHODS.contains(&self.request.method.as_str()) {
            return Err(Reply::MethodNotAllowed);
        }
        let body_bytes = self.request.body_bytes().ok_or(Reply::LengthRequired)?;
        let target = Target::parse(authority, Some(HTTP_PORT));
        let target = target.map_err(|reason| self.refuse(authority, reason))?;
        let site = self.metered(self.dial(&target).await?);
        let chain = self.context.dialer.chain.as_ref();
        let exchange =
            Exchange { request: self.request, target: &target, path: &path, body_bytes, chain };
        log_end(exchange.run(client, site, &early).await);
        Ok(())
    }

    async fn dial(&self, target: &Target) -> Result<TcpStream, Reply> {
        self.context.dialer.dial(target).await.map_err(|error| match error {
            DialError::Refused(reason) => self.refuse(&target.to_string(), reason),
            error => {
                log::debug!("{}: cannot reach {target}: {error}", self.account.label);
                error.reply()
            }
        })
    }

    fn refuse(&self, target: &str, reason: Reason) -> Reply {
        let readable = target.chars().filter(char::is_ascii_graphic).take(300).collect();
        self.account.refuse(Refusal { target: readable, reason });
        Reply::Forbidden
    }

    fn metered(&self, stream: TcpStream) -> Metered {
        Metered::new(stream, Arc::clone(self.account), Arc::clone(self.activity))
    }
}

/// Host and path of an absolute `http` URL. Both stay as they came: only the host is ours to read.
fn split_url(url: &str) -> Option<(&str, String)> {
    let (scheme, rest) = url.split_at_checked(HTTP.len())?;
    scheme.eq_ignore_ascii_case(HTTP).then_some(())?;
    let (rest, _fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(at)?;
    let slash = if path.starts_with('/') { "" } else { "/" };
    Some((authority, format!("{slash}{path}")))
}

/// Connections break all the time.
fn log_end(ended: io::Result<()>) {
    if let Err(error) = ended {
        log::debug!("a connection ended early: {error}");
    }
}
