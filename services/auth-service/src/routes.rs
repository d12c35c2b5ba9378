//! Every route, in one place; `common_types::paths` says where they are mounted.

use actix_web::web::{self, ServiceConfig};
use common_types::paths::{AUTH, INTERNAL};
use service_kit::Endpoint;

use crate::handlers::{
    api_keys, credentials, health, internal, password, profile, registration, sessions, users,
};

pub(crate) fn configure(app: &mut ServiceConfig) {
    app.service(web::scope(AUTH).configure(public));
    app.service(web::scope(INTERNAL).configure(internal));
}

fn public(scope: &mut ServiceConfig) {
    Endpoint::at("/health").get(health::health).mount(scope);
    Endpoint::at("/.well-known/jwks.json").get(credentials::get_jwks).mount(scope);

    Endpoint::at("/register").post(registration::register).mount(scope);
    Endpoint::at("/login").post(credentials::log_in).mount(scope);
    Endpoint::at("/verify").post(credentials::verify).mount(scope);
    Endpoint::at("/logout").post(credentials::log_out).mount(scope);

    Endpoint::at("/profile").get(profile::get_profile).mount(scope);
    Endpoint::at("/activity").get(profile::list_activity).mount(scope);
    Endpoint::at("/password").post(password::change_password).mount(scope);

    Endpoint::at("/sessions").get(sessions::list_sessions).mount(scope);
    Endpoint::at("/sessions/{session}").delete(sessions::end_session).mount(scope);

    Endpoint::at("/api-keys")
        .get(api_keys::list_api_keys)
        .post(api_keys::create_api_key)
        .mount(scope);
    Endpoint::at("/api-keys/{key}").delete(api_keys::delete_api_key).mount(scope);

    Endpoint::at("/users").get(users::list_users).mount(scope);
    Endpoint::at("/users/{user}").patch(users::patch_user).mount(scope);
}

fn internal(scope: &mut ServiceConfig) {
    Endpoint::at("/revocations").get(internal::list_revocations).mount(scope);
    Endpoint::at("/api-keys/verify").post(internal::verify_api_key).mount(scope);
}
