//! Making an account, opening a session, ending it.

use common_types::{
    ErrorCode,
    account::{Done, LoggedIn, LoginRequest, RegisterRequest, Registered, Verified},
};
use serde_json::json;
use service_kit::openapi::Operation;

use super::{EMAIL, PASSWORD, USERNAME};

pub(super) fn operations() -> [Operation; 5] {
    [register(), log_in(), verify(), log_out(), jwks()]
}

fn register() -> Operation {
    Operation::post("/register", "register")
        .summary("Make an account")
        .about("The first account of all is the administrator's.")
        .for_anyone()
        .body::<RegisterRequest>(
            json!({ "username": USERNAME, "email": EMAIL, "password": PASSWORD }),
        )
        .answers::<Registered>(201, "It is made; log in next.")
        .refuses(&[ErrorCode::RegistrationClosed, ErrorCode::AlreadyExists, ErrorCode::RateLimited])
}

fn log_in() -> Operation {
    Operation::post("/login", "log_in")
        .summary("Open a session")
        .about("Exactly one of `username`, `email` and `login`, which takes either, names the account.")
        .for_anyone()
        .body::<LoginRequest>(json!({ "login": USERNAME, "password": PASSWORD }))
        .answers::<LoggedIn>(200, "The token, for API clients.")
        .with_header("Set-Cookie", "`magpie_session`, for browsers: HttpOnly, SameSite=Lax.")
        .refuses(&[
            ErrorCode::InvalidCredentials,
            ErrorCode::AccountDisabled,
            ErrorCode::RateLimited,
        ])
}

fn verify() -> Operation {
    Operation::post("/verify", "verify")
        .summary("Whose credential this is, and whether it is in force")
        .about("A 401 carries `valid: false`.")
        .for_known()
        .answers::<Verified>(200, "It is in force at this very moment.")
}

fn log_out() -> Operation {
    Operation::post("/logout", "log_out")
        .summary("End the session")
        .about("Its token is refused from then on, at every gateway within two seconds.")
        .for_sessions()
        .answers::<Done>(200, "It has ended.")
        .with_header("Set-Cookie", "Removes the cookie.")
}

fn jwks() -> Operation {
    let key = json!({
        "type": "object",
        "required": ["kty", "kid"],
        "properties": { "kty": { "type": "string" }, "kid": { "type": "string" } },
    });
    let keys = json!({
        "type": "object",
        "required": ["keys"],
        "properties": { "keys": { "type": "array", "items": key } },
    });
    Operation::get("/.well-known/jwks.json", "get_jwks")
        .summary("The public keys that verify tokens")
        .about("A JSON Web Key Set (RFC 7517); Ed25519.")
        .for_anyone()
        .answers_as(200, "The keys.", "application/json", keys)
        .with_header("Cache-Control", "May be kept for a minute.")
}
