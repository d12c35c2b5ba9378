//! The routes of a platform service: one list.

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use common_types::paths::{API_PART, INTERNAL};
use db_client::{DbClient, DbError};
use media_engine::Engine;
use media_store::Store;
use service_kit::{
    Endpoint,
    health::{self, Unready},
    openapi::offer,
};

use crate::{
    Platform,
    cookies::CookieJars,
    feed::Feed,
    handlers::{
        archive, cookies, downloads, events, file, health::get_health, info, multi, playlist,
        single, socket, thumbnail,
    },
    info::InfoCache,
    openapi,
    playlists::PlaylistCache,
    runner::Jobs,
    thumbnails::Thumbnails,
};

/// What handlers share, over all worker threads.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) platform: Arc<dyn Platform>,
    pub(crate) engine: Engine,
    pub(crate) store: Store,
    pub(crate) info: InfoCache,
    pub(crate) playlists: PlaylistCache,
    pub(crate) thumbnails: Thumbnails,
    pub(crate) jobs: Jobs,
    pub(crate) feed: Feed,
    pub(crate) cookies: CookieJars,
    pub(crate) max_batch_urls: u32,
    pub(crate) max_playlist_items: u32,
}

pub(crate) fn configure(config: &mut ServiceConfig, context: Context, client: web::Data<DbClient>) {
    let platform = Arc::clone(&context.platform);
    let ready = client.clone();
    health::mount_readyz(config, move || {
        let client = ready.clone();
        async move {
            let amiss = |error: DbError| Unready::new("db-service", error.to_string());
            client.ready().await.map_err(amiss)
        }
    });
    config.app_data(web::Data::new(context)).app_data(client);
    for endpoint in endpoints(platform.name()) {
        endpoint.mount(config);
    }
    offer(config, &format!("{INTERNAL}{API_PART}"), move || openapi::part(platform.as_ref()));
}

/// What clients may ask of a platform; `openapi` describes each.
pub(crate) fn endpoints(platform: &str) -> Vec<Endpoint> {
    let at = |path: &str| Endpoint::at(&format!("/api/{platform}{path}"));
    vec![
        at("/health").get(get_health),
        at("/downloads").get(downloads::list_downloads),
        at("/single/info").post(info::probe_video),
        at("/single/download").post(single::create_download),
        at("/single/status/{id}").get(single::get_download),
        at("/single/file/{id}").get(file::get_file),
        at("/single/cancel/{id}").post(single::cancel_download),
        at("/single/retry/{id}").post(single::retry_download),
        at("/single/{id}").delete(single::delete_download),
        at("/multi/batch").post(multi::create_batch),
        at("/multi/batch/{id}").get(multi::get_batch).delete(multi::delete_batch),
        at("/multi/batch/{id}/download").get(archive::get_batch_archive),
        at("/multi/batch/{id}/cancel").post(multi::cancel_batch),
        at("/multi/batch/{id}/retry").post(multi::retry_batch),
        at("/playlist/info").post(playlist::probe_playlist),
        at("/playlist/download").post(playlist::create_playlist),
        at("/playlist/download/{id}").get(archive::get_playlist_archive),
        at("/playlist/status/{id}").get(playlist::get_playlist),
        at("/playlist/cancel/{id}").post(playlist::cancel_playlist),
        at("/playlist/retry/{id}").post(playlist::retry_playlist),
        at("/playlist/{id}").delete(playlist::delete_playlist),
        at("/cookies")
            .get(cookies::get_cookies)
            .put(cookies::put_cookies)
            .delete(cookies::delete_cookies),
        at("/events").get(events::stream_events),
        at("/ws").get(socket::open_socket),
        at("/thumbnail/{video_id}").get(thumbnail::get_thumbnail),
    ]
}
