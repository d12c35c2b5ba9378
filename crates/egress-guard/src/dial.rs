//! From a target to a connection: resolved once, checked, and dialled as checked.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{net::TcpStream, time::timeout};

use crate::{Reason, Resolver, Rules, Target, chain::Chain, own_address, reply::Reply};

/// Below the patience of clients, who would else never hear why.
const PATIENCE: Duration = Duration::from_secs(12);
const PATIENCE_PER_ADDRESS: Duration = Duration::from_secs(4);
const MAX_ADDRESSES: usize = 8;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("refused: {0}")]
    Refused(Reason),
    #[error("connecting failed: {0}")]
    Failed(io::Error),
    #[error("connecting took too long")]
    TooSlow,
    #[error("the next proxy answers {code} {reason}")]
    Upstream { code: u16, reason: String },
}

impl From<io::Error> for DialError {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Reason> for DialError {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

impl DialError {
    pub(crate) fn reply(self) -> Reply {
        match self {
            Self::Refused(_) => Reply::Forbidden,
            Self::Failed(_) => Reply::Unreachable,
            Self::TooSlow => Reply::TooSlow,
            Self::Upstream { code, reason } => Reply::Upstream { code, reason },
        }
    }
}

/// What can be dialled, and how.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(crate) rules: Rules,
    pub(crate) resolver: Resolver,
    pub(crate) chain: Option<Chain>,
}

impl Dialer {
    /// A connection to the target, or to the proxy through which it is reached: names are then
    /// resolved there.
    pub(crate) async fn dial(&self, target: &Target) -> Result<TcpStream, DialError> {
        self.rules.admit(target)?;
        let dial = async {
            let addresses = match &self.chain {
                Some(chain) => chain.addresses().await?,
                None => self.checked_addresses(target).await?,
            };
            connect_to_any(&addresses).await
        };
        let stream = timeout(PATIENCE, dial).await.map_err(|_elapsed| DialError::TooSlow)??;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Every address of the target, all of them checked: where a name leads to a public address and
    /// a private one, someone plays a game with it.
    async fn checked_addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, DialError> {
        let found = match (target.address(), target.name()) {
            (None, Some(name)) => self.resolver.resolve(name).await?,
            (address, _) => address.into_iter().collect(),
        };
        for address in &found {
            self.rules.admit_address(target, *address)?;
            if !self.rules.is_exempt(target, *address) && own_address::is_own(*address) {
                return Err(Reason::OwnAddress.into());
            }
        }
        let sockets = found.into_iter().map(|address| SocketAddr::new(address, target.port()));
        Ok(sockets.take(MAX_ADDRESSES).collect())
    }
}

async fn connect_to_any(addresses: &[SocketAddr]) -> Result<TcpStream, DialError> {
    let mut last = DialError::Failed(io::Error::from(io::ErrorKind::NotFound));
    for address in addresses {
        last = match timeout(PATIENCE_PER_ADDRESS, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => DialError::Failed(error),
            Err(_elapsed) => DialError::TooSlow,
        };
    }
    Err(last)
}
