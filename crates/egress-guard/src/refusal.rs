//! What was not let through, and why.

use std::fmt;

/// Why a target is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is no `host:port`, or no URL of ours.
    Malformed,
    /// Neither 80 nor 443.
    Port,
    /// A name that no public server has.
    LocalName,
    /// An address that is not public, or a name that leads to one.
    Address,
    /// This machine, by an address of its own.
    OwnAddress,
}

impl Reason {
    pub const ALL: [Self; 5] =
        [Self::Malformed, Self::Port, Self::LocalName, Self::Address, Self::OwnAddress];

    /// Its name in logs and metrics.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Port => "port",
            Self::LocalName => "local_name",
            Self::Address => "address",
            Self::OwnAddress => "own_address",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// One refused connection. It holds no path and no query: those may be secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `host:port`, as far as it was understood.
    pub target: String,
    pub reason: Reason,
}

/// What a pass ran out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overrun {
    Bytes,
    Age,
}
