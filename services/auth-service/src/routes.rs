//! Every route, in one place; `common_types::paths` says where they are mounted.

use actix_web::web::{self, ServiceConfig};
use common_types::paths::{API_PART, AUTH, INTERNAL};
use service_kit::{Endpoint, openapi};

use crate::handlers::{
    api_keys, audit, credentials, health, internal, password, profile, registration, sessions,
    users,
};

pub(crate) fn configure(app: &mut ServiceConfig) {
    app.service(web::scope(AUTH).configure(|scope| {
        for endpoint in endpoints() {
            endpoint.mount(scope);
        }
    }));
    app.service(web::scope(INTERNAL).configure(internal));
}

/// What clients may ask; `openapi` describes each.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/health").get(health::health),
        Endpoint::at("/.well-known/jwks.json").get(credentials::get_jwks),
        Endpoint::at("/register").post(registration::register),
        Endpoint::at("/login").post(credentials::log_in),
        Endpoint::at("/verify").post(credentials::verify),
        Endpoint::at("/logout").post(credentials::log_out),
        Endpoint::at("/profile").get(profile::get_profile),
        Endpoint::at("/activity").get(profile::list_activity),
        Endpoint::at("/password").post(password::change_password),
        Endpoint::at("/sessions").get(sessions::list_sessions),
        Endpoint::at("/sessions/{session}").delete(sessions::end_session),
        Endpoint::at("/api-keys").get(api_keys::list_api_keys).post(api_keys::create_api_key),
        Endpoint::at("/api-keys/{key}").delete(api_keys::delete_api_key),
        Endpoint::at("/audit").get(audit::list_audit),
        Endpoint::at("/users").get(users::list_users),
        Endpoint::at("/users/{user}").patch(users::patch_user),
    ]
}

fn internal(scope: &mut ServiceConfig) {
    openapi::offer(scope, API_PART, crate::openapi::part);
    Endpoint::at("/revocations").get(internal::list_revocations).mount(scope);
    Endpoint::at("/api-keys/verify").post(internal::verify_api_key).mount(scope);
}
