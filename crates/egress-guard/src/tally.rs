//! What whoever operates this sees of the guard, as metrics.

use crate::Reason;

pub(crate) const REFUSALS: &str = "egress_refusals_total";
pub(crate) const BYTES: &str = "egress_bytes_total";
pub(crate) const CONNECTIONS: &str = "egress_connections";

/// Says what each means, and that nothing has happened so far.
pub(crate) fn describe() {
    metrics::describe_counter!(REFUSALS, "Connections that the egress guard refused, by reason.");
    metrics::describe_counter!(BYTES, "Bytes that went through the egress guard, both ways.");
    metrics::describe_gauge!(CONNECTIONS, "Connections that go through the egress guard now.");
    for reason in Reason::ALL {
        metrics::counter!(REFUSALS, "reason" => reason.slug()).increment(0);
    }
    metrics::counter!(BYTES).increment(0);
    metrics::gauge!(CONNECTIONS).set(0.0);
}
