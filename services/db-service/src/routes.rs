//! The routes; `common_types::internal` documents the internal ones.

mod accounts;
mod actor;
mod api_keys;
mod audit;
mod changes;
mod collections;
mod cookie_jars;
pub(crate) mod database;
mod downloads;
mod expansions;
mod files;
mod jobs;
mod sessions;

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    web::{self, ServiceConfig},
};
use common_types::paths::INTERNAL;
use service_kit::{Endpoint, FromPeer};

pub(crate) fn configure(app: &mut ServiceConfig) {
    database::configure(app);
    app.service(web::scope(INTERNAL).wrap(from_fn(only_peers)).configure(internal));
}

fn internal(scope: &mut ServiceConfig) {
    accounts(scope);
    media(scope);
}

fn accounts(scope: &mut ServiceConfig) {
    Endpoint::at("/users").post(accounts::create).get(accounts::list).mount(scope);
    Endpoint::at("/users/any").get(accounts::any).mount(scope);
    Endpoint::at("/users/{user}").get(accounts::get).patch(accounts::patch).mount(scope);
    Endpoint::at("/users/{user}/usage").get(accounts::usage).mount(scope);

    Endpoint::at("/users/{user}/sessions").post(sessions::create).get(sessions::list).mount(scope);
    Endpoint::at("/users/{user}/sessions/end-all").post(sessions::end_all).mount(scope);
    Endpoint::at("/users/{user}/sessions/{session}")
        .get(sessions::get)
        .delete(sessions::end)
        .mount(scope);
    Endpoint::at("/revocations").get(sessions::revocations).mount(scope);

    Endpoint::at("/users/{user}/api-keys").post(api_keys::create).get(api_keys::list).mount(scope);
    Endpoint::at("/users/{user}/api-keys/{key}").delete(api_keys::delete).mount(scope);
    Endpoint::at("/api-keys/verify").post(api_keys::verify).mount(scope);

    Endpoint::at("/logins/attempt").post(audit::attempt).mount(scope);
    Endpoint::at("/logins/refused").post(audit::refused).mount(scope);
    Endpoint::at("/audit").get(audit::list).mount(scope);

    Endpoint::at("/users/{user}/cookies/{platform}")
        .put(cookie_jars::put)
        .get(cookie_jars::get)
        .delete(cookie_jars::delete)
        .mount(scope);
}

fn media(scope: &mut ServiceConfig) {
    Endpoint::at("/users/{user}/downloads")
        .post(downloads::create)
        .get(downloads::list)
        .mount(scope);
    Endpoint::at("/users/{user}/downloads/{download}")
        .get(downloads::get)
        .delete(downloads::delete)
        .mount(scope);
    Endpoint::at("/users/{user}/downloads/{download}/cancel").post(downloads::cancel).mount(scope);
    Endpoint::at("/users/{user}/downloads/{download}/retry").post(downloads::retry).mount(scope);

    Endpoint::at("/users/{user}/batches").post(collections::create_batch).mount(scope);
    Endpoint::at("/users/{user}/batches/{batch}")
        .get(collections::get_batch)
        .delete(collections::delete_batch)
        .mount(scope);
    Endpoint::at("/users/{user}/batches/{batch}/cancel")
        .post(collections::cancel_batch)
        .mount(scope);
    Endpoint::at("/users/{user}/batches/{batch}/retry").post(collections::retry_batch).mount(scope);
    Endpoint::at("/users/{user}/playlists").post(collections::create_playlist).mount(scope);
    Endpoint::at("/users/{user}/playlists/{playlist}")
        .get(collections::get_playlist)
        .delete(collections::delete_playlist)
        .mount(scope);
    Endpoint::at("/users/{user}/playlists/{playlist}/cancel")
        .post(collections::cancel_playlist)
        .mount(scope);
    Endpoint::at("/users/{user}/playlists/{playlist}/retry")
        .post(collections::retry_playlist)
        .mount(scope);

    Endpoint::at("/expansions/claim").post(expansions::claim).mount(scope);
    Endpoint::at("/expansions/{playlist}/page").post(expansions::add_page).mount(scope);
    Endpoint::at("/expansions/{playlist}/fail").post(expansions::fail).mount(scope);
    Endpoint::at("/expansions/{playlist}/release").post(expansions::release).mount(scope);

    Endpoint::at("/changes").get(changes::stream_changes).mount(scope);
    Endpoint::at("/states").post(changes::get_states).mount(scope);

    Endpoint::at("/files").get(files::list).mount(scope);
    Endpoint::at("/files/expire").post(files::expire).mount(scope);
    Endpoint::at("/files/known").post(files::known).mount(scope);
    Endpoint::at("/files/lost").post(files::note_lost).mount(scope);

    Endpoint::at("/jobs/claim").post(jobs::claim).mount(scope);
    Endpoint::at("/jobs/heartbeat").post(jobs::heartbeat).mount(scope);
    Endpoint::at("/jobs/depth").get(jobs::depth).mount(scope);
    Endpoint::at("/jobs/unfinished").post(jobs::unfinished).mount(scope);
    Endpoint::at("/jobs/{download}/finish").post(jobs::finish).mount(scope);
    Endpoint::at("/jobs/{download}/release").post(jobs::release).mount(scope);
}

/// Lets only our own processes in, speaking for themselves. It stands before every internal route,
/// so that none can be added without it.
async fn only_peers<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match request.extract::<FromPeer>().await {
        Ok(_peer) => Ok(next.call(request).await?.map_into_left_body()),
        Err(refusal) => Ok(request.error_response(refusal).map_into_right_body()),
    }
}
