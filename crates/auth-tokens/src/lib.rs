//! Signing and verifying: the access tokens that clients carry, the key sets that verify them, and
//! the identity that one process vouches for to another.
//!
//! This crate is the only user of jsonwebtoken. It must never know how a credential reached us
//! (header, cookie) nor whether a session was ended: it answers only whether a token is genuine,
//! meant for us, and in time.

mod access;
mod header;
mod identity;
mod key_ring;
mod pkcs8;

pub use access::{AccessClaims, Verifier};
pub use identity::{Identity, IdentityKey, Scopes, UserIdentity};
pub use key_ring::{KeyRing, KeyRingError};

/// The issuer of access tokens.
pub const ISSUER: &str = "magpie";
/// Whom access tokens are for.
pub const AUDIENCE: &str = "magpie-api";

/// Why a token is refused. Deliberately coarse: a forger learns nothing from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not valid")]
    Invalid,
    /// Genuine, but too old.
    #[error("the token has expired")]
    Expired,
    /// Signed with a key that the verifier does not have: the caller may fetch the keys anew, once.
    #[error("the token names a key that is not known")]
    UnknownKey,
}
