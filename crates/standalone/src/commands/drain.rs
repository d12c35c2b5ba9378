//! `magpie drain`: processes that begin nothing more, so that they can be ended without loss.

use std::time::Duration;

use auth_tokens::{Identity, IdentityKey};
use awc::{Client, Connector};
use common_types::paths::{DRAIN, IDENTITY_HEADER, INTERNAL};
use service_kit::{Clock, Config, config::Sources, drain::DrainState, process::Signals};
use url::Url;

use super::outcome::{CommandError, Outcome, Printer};

const LOOK_EVERY: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) const HELP: &str = "\
usage: magpie drain [URL]… [--json]

Asks processes to begin nothing more, and waits until they have nothing left to do. Without a URL it
asks all of MAGPIE_YOUTUBE_URL; with one, such as http://10.0.0.7:5002, that one, of whichever service.

From then on a process is not ready, so that the gateways send to others, and claims no job; those that
run go on to their end. It stays so until it is ended, which costs nobody anything any more. Whoever
does not want to wait ends this command, or the process, which then hands its jobs back.

  --json    for scripts";

pub(super) async fn run(sources: &Sources, urls: &[&str]) -> Result<Outcome, CommandError> {
    let (config, print) = (Config::load(sources)?, Printer::of(sources));
    let urls = match urls {
        [] => config.youtube_url.clone(),
        some => some.iter().map(|url| parse(url)).collect::<Result<_, _>>()?,
    };
    let asker = Asker::new(&config);
    let mut signals = Signals::listen()?;
    for url in &urls {
        print.line(format!("{url} drains"))?;
    }
    for url in &urls {
        while asker.ask(url).await?.is_busy {
            tokio::select! {
                () = signals.received() => return Ok(Outcome::Problems),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        print.line(format!("{url} has nothing left to do"))?;
    }
    print.json(&urls.iter().map(Url::as_str).collect::<Vec<_>>())?;
    Ok(Outcome::Done)
}

fn parse(url: &str) -> Result<Url, CommandError> {
    Url::parse(url).map_err(|error| CommandError::Usage(format!("{url}: {error}"), "drain"))
}

/// Asks in the name of the installation.
struct Asker {
    http: Client,
    key: IdentityKey,
    clock: Clock,
}

impl Asker {
    fn new(config: &Config) -> Self {
        let connector = Connector::new().timeout(PATIENCE);
        let http = Client::builder().connector(connector).timeout(PATIENCE).disable_redirects();
        let key = IdentityKey::from_secret(config.internal_secret.expose());
        Self { http: http.finish(), key, clock: Clock::system() }
    }

    async fn ask(&self, url: &Url) -> Result<DrainState, CommandError> {
        let identity = self.key.sign(Identity::of_service("magpie"), self.clock.now());
        let identity = identity.map_err(CommandError::failed("cannot sign the request"))?;
        let base = url.as_str().trim_end_matches('/');
        let request = self.http.post(format!("{base}{INTERNAL}{DRAIN}"));
        let sent = request.insert_header((IDENTITY_HEADER, identity)).send().await;
        let mut answer =
            sent.map_err(|error| CommandError::refused(format!("{url} does not answer: {error}")))?;
        match answer.status().as_u16() {
            202 => answer.json().await.map_err(CommandError::failed("cannot read the answer")),
            401 => Err(CommandError::refused(format!("{url} has another internal secret"))),
            status => Err(CommandError::refused(format!("{url} answers {status}"))),
        }
    }
}
