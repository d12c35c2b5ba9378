//! The routes; `common_types::internal` documents the internal ones.

mod accounts;
mod api_keys;
mod database;
mod downloads;
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
    Endpoint::at("/users").post(accounts::create).get(accounts::list).mount(scope);
    Endpoint::at("/users/find").post(accounts::find).mount(scope);
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

    Endpoint::at("/jobs/claim").post(jobs::claim).mount(scope);
    Endpoint::at("/jobs/heartbeat").post(jobs::heartbeat).mount(scope);
    Endpoint::at("/jobs/depth").get(jobs::depth).mount(scope);
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
