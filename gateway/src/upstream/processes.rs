//! The processes of a service, and where each is.

use http::uri::{Authority, InvalidUri};
use service_kit::balance::{Balance, Member};
use url::Url;

#[derive(Debug, thiserror::Error)]
#[error("{url} does not name a host and a port")]
pub(crate) struct AddressError {
    url: Url,
    #[source]
    source: InvalidUri,
}

/// Where one process is.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) authority: Authority,
    /// `http://HOST:PORT`.
    pub(crate) base: String,
}

pub(crate) type Process = Member<Address>;
pub(crate) type Processes = Balance<Address>;

/// The processes at these URLs.
pub(crate) fn processes(urls: &[Url]) -> Result<Processes, AddressError> {
    let addresses: Result<Vec<_>, _> = urls.iter().map(address).collect();
    addresses.map(Balance::new)
}

fn address(url: &Url) -> Result<Address, AddressError> {
    let authority = url.authority().parse();
    let authority = authority.map_err(|source| AddressError { url: url.clone(), source })?;
    Ok(Address { authority, base: url.as_str().trim_end_matches('/').to_owned() })
}
