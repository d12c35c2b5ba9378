//! The one way out for whatever fetches media: a forward proxy that dials public addresses alone.
//!
//! It owns which addresses, names and ports may be reached, how much and for how long, and who asked:
//! every user of it shows the credentials of a [`Pass`], and what a pass opened ends with it. It must
//! never know what is fetched through it: no media, job queue or HTTP API, and no TLS.

mod address;
mod permit;
mod refusal;
mod rules;
mod target;

mod chain;
mod dial;
mod own_address;
mod resolver;

mod account;
mod ledger;
mod pass;
mod tally;

mod connection;
mod head;
mod metered;
mod reply;
mod tunnel;

mod guard;

pub use address::is_public;
pub use guard::{Guard, GuardConfig};
pub use pass::{Allowance, Pass, Report};
pub use permit::Permit;
pub use refusal::{Overrun, Reason, Refusal};
pub use resolver::Resolver;
pub use rules::Rules;
pub use target::Target;
