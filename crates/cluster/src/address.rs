//! Where Redis is.

use std::{fmt, str::FromStr};

use redis::{Client, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisError};

/// Why a URL does not say where Redis is.
#[derive(Debug, thiserror::Error)]
pub enum RedisAddressError {
    #[error("expected redis://[user:password@]host[:port][/database]")]
    Scheme,
    #[error("it is not the URL of a Redis")]
    Url(#[source] RedisError),
}

/// A Redis and the number of a database in it: `redis://[user:password@]host[:port][/database]`.
#[derive(Clone)]
pub struct RedisAddress(ConnectionInfo);

impl RedisAddress {
    /// Messages are not kept apart by database, so the number goes into the channel's name, as into
    /// that of every key: `magpie:<database>:<name>`.
    pub(crate) fn name(&self, of: &str) -> String {
        format!("magpie:{}:{of}", self.0.redis_settings().db())
    }

    /// Connects to nothing yet.
    pub(crate) fn client(&self) -> Result<Client, RedisError> {
        // Messages and answers come over one connection, which takes the third protocol (Redis 6).
        let settings = self.0.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        Client::open(self.0.clone().set_redis_settings(settings))
    }
}

impl FromStr for RedisAddress {
    type Err = RedisAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.starts_with("redis://") {
            return Err(RedisAddressError::Scheme);
        }
        text.into_connection_info().map(Self).map_err(RedisAddressError::Url)
    }
}

/// Without user and password.
impl fmt::Debug for RedisAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.0.addr(), self.0.redis_settings().db())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_database_and_hides_its_password() {
        let address: RedisAddress = "redis://magpie:secret@127.0.0.1:6380/3".parse().unwrap();
        assert_eq!(address.name("changes"), "magpie:3:changes");
        assert_eq!(format!("{address:?}"), "127.0.0.1:6380/3");
    }

    #[test]
    fn what_is_no_redis_is_refused() {
        for text in ["", "127.0.0.1:6379", "http://127.0.0.1", "rediss://127.0.0.1", "redis://h/x"]
        {
            assert!(text.parse::<RedisAddress>().is_err(), "{text}");
        }
    }
}
