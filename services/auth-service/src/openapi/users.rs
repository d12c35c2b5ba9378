//! What administrators see and change.

use common_types::account::{Profile, UserPatch};
use serde_json::json;
use service_kit::openapi::Operation;

pub(super) fn operations() -> [Operation; 2] {
    [list(), patch()]
}

fn list() -> Operation {
    Operation::get("/users", "list_users")
        .summary("All accounts")
        .about("Newest first. For administrators.")
        .for_users("admin")
        .paged()
        .answers_page::<Profile>("A page of accounts.")
}

fn patch() -> Operation {
    Operation::patch("/users/{user}", "patch_user")
        .summary("Change an account")
        .about(
            "For administrators. What is absent stays as it is; a limit of null is lifted. To \
             disable an account ends its sessions. The last administrator stays one.",
        )
        .for_users("admin")
        .path_parameter("user", "The user's.", json!({ "type": "integer", "format": "int64" }))
        .body::<UserPatch>(json!({ "quota": { "max_downloads_per_day": 100 } }))
        .answers::<Profile>(200, "The account as it is now.")
}
