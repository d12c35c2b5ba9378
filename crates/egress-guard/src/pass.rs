//! The right of one job to go through the guard.

use std::{fmt, io, sync::Arc, time::Duration};

use url::Url;

use crate::{Overrun, Refusal, account::Account, ledger::Ledger};

const SECRET_BYTES: usize = 24;

/// How much one job may take.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// What the log calls it, such as the job's id.
    pub label: String,
    /// Of both directions, all connections and whatever encrypts them.
    pub max_bytes: u64,
    /// From the first connection.
    pub max_age: Duration,
}

/// What became of a pass so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub bytes: u64,
    pub connections: u64,
    /// The first ones.
    pub refusals: Vec<Refusal>,
    /// Why everything was cut, if it was.
    pub overrun: Option<Overrun>,
}

/// Credentials for one job. Dropping it ends all its connections at once, and no new one is let in.
pub struct Pass {
    id: String,
    url: Url,
    account: Arc<Account>,
    ledger: Ledger,
}

impl Pass {
    pub(crate) fn issue(guard: &Url, ledger: Ledger, allowance: Allowance) -> io::Result<Self> {
        let (id, secret) = (random()?, random()?);
        let mut url = guard.clone();
        let is_set = url.set_username(&id).is_ok() && url.set_password(Some(&secret)).is_ok();
        if !is_set {
            return Err(io::Error::other("the guard's address takes no credentials"));
        }
        let account = Arc::new(Account::new(allowance, secret));
        ledger.enter(id.clone(), Arc::clone(&account));
        Ok(Self { id, url, account, ledger })
    }

    /// The proxy, with credentials: for this job alone, and no log.
    pub fn proxy_url(&self) -> &Url {
        &self.url
    }

    /// Resolves once something was refused, before whoever asked for it is told; a report then says what.
    pub async fn refused(&self) {
        self.account.refused().await;
    }

    pub fn report(&self) -> Report {
        let (refusals, overrun) = self.account.met();
        let (bytes, connections) = (self.account.bytes(), self.account.connections());
        Report { bytes, connections, refusals, overrun }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.ledger.strike(&self.id);
        self.account.cut.cancel();
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pass({})", self.account.label)
    }
}

fn random() -> io::Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
