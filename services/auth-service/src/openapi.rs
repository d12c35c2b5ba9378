//! This service's part of the API document: one operation per route, beside the list of routes, with
//! which a test compares it.

mod audit;
mod keys;
mod login;
mod users;

use common_types::{
    ErrorCode,
    account::{Done, PasswordRequest, Profile},
    download::Download,
    health::AuthHealth,
    paths::AUTH,
};
use serde_json::json;
use service_kit::openapi::{Operation, Part};

/// The account of the examples; register it first, then the others work.
const USERNAME: &str = "mag";
const EMAIL: &str = "mag@example.org";
const PASSWORD: &str = "a good long one";

/// What a client can ask about accounts.
pub(crate) fn part() -> Part {
    Part::new("auth", AUTH)
        .tag("auth: login", "Accounts, and who may say to be one.")
        .operations(login::operations())
        .tag("auth: account", "One's own account.")
        .operations([profile(), activity(), password()])
        .operations(keys::operations())
        .tag("auth: users", "Other accounts, for administrators.")
        .operations(users::operations())
        .operations(audit::operations())
        .tag("auth: service", "The service itself.")
        .operations([health()])
}

fn profile() -> Operation {
    Operation::get("/profile", "get_profile")
        .summary("One's account, with usage and quota")
        .for_users("read")
        .answers::<Profile>(200, "The account. A limit of null is none.")
}

fn activity() -> Operation {
    Operation::get("/activity", "list_activity")
        .summary("One's downloads on every platform")
        .about("Newest first.")
        .for_users("read")
        .paged()
        .answers_page::<Download>("A page of downloads.")
}

fn password() -> Operation {
    Operation::post("/password", "change_password")
        .summary("Change one's password")
        .about("Every other session ends.")
        .for_sessions()
        .body::<PasswordRequest>(
            json!({ "current_password": PASSWORD, "new_password": "an even better one" }),
        )
        .answers::<Done>(200, "It is changed.")
        .refuses(&[ErrorCode::InvalidCredentials, ErrorCode::AlreadyExists, ErrorCode::RateLimited])
}

fn health() -> Operation {
    Operation::get("/health", "get_health")
        .summary("Whether the service answers")
        .about("And whether an account can be made: `first_account` where nobody has one yet.")
        .for_anyone()
        .answers::<AuthHealth>(200, "It does.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn what_is_mounted_is_documented_and_the_other_way_round() {
        assert_eq!(part().differences(&routes::endpoints()), [""; 0]);
    }
}
