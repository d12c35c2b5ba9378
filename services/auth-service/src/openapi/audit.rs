//! The audit log.

use common_types::audit::{AuditAction, AuditEvent};
use serde_json::json;
use service_kit::openapi::Operation;

pub(super) fn operations() -> [Operation; 1] {
    [list()]
}

fn list() -> Operation {
    Operation::get("/audit", "list_audit")
        .summary("Who did what")
        .about(
            "For administrators. Logins and those refused, logouts, keys, passwords, deletions and \
             what administrators did, newest first; kept for 180 days.",
        )
        .for_users("admin")
        .query(
            "user_id",
            "What this user did, or what was done to the account.",
            json!({ "type": "integer", "format": "int64" }),
        )
        .query_of::<AuditAction>("action", "Only this.")
        .paged()
        .answers_page::<AuditEvent>("A page of the log.")
}
