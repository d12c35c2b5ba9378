//! The routes of a platform service: one list.

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use db_client::DbClient;
use media_engine::Engine;
use media_store::Store;
use service_kit::{Endpoint, health};

use crate::{
    Platform,
    handlers::{
        archive, downloads, file, health::get_health, info, multi, playlist, single, thumbnail,
    },
    info::InfoCache,
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
    pub(crate) max_batch_urls: u32,
    pub(crate) max_playlist_items: u32,
}

pub(crate) fn configure(config: &mut ServiceConfig, context: Context, client: web::Data<DbClient>) {
    let prefix = format!("/api/{}", context.platform.name());
    let at = |path: &str| Endpoint::at(&format!("{prefix}{path}"));
    let ready = client.clone();
    health::mount_readyz(config, move || {
        let client = ready.clone();
        async move { client.ready().await.map_err(|error| error.to_string()) }
    });
    config.app_data(web::Data::new(context)).app_data(client);
    at("/health").get(get_health).mount(config);
    at("/downloads").get(downloads::list_downloads).mount(config);
    at("/single/info").post(info::probe_video).mount(config);
    at("/single/download").post(single::create_download).mount(config);
    at("/single/status/{id}").get(single::get_download).mount(config);
    at("/single/file/{id}").get(file::get_file).mount(config);
    at("/single/cancel/{id}").post(single::cancel_download).mount(config);
    at("/single/retry/{id}").post(single::retry_download).mount(config);
    at("/single/{id}").delete(single::delete_download).mount(config);
    at("/multi/batch").post(multi::create_batch).mount(config);
    at("/multi/batch/{id}").get(multi::get_batch).delete(multi::delete_batch).mount(config);
    at("/multi/batch/{id}/download").get(archive::get_batch_archive).mount(config);
    at("/multi/batch/{id}/cancel").post(multi::cancel_batch).mount(config);
    at("/multi/batch/{id}/retry").post(multi::retry_batch).mount(config);
    at("/playlist/info").post(playlist::probe_playlist).mount(config);
    at("/playlist/download").post(playlist::create_playlist).mount(config);
    at("/playlist/download/{id}").get(archive::get_playlist_archive).mount(config);
    at("/playlist/status/{id}").get(playlist::get_playlist).mount(config);
    at("/playlist/cancel/{id}").post(playlist::cancel_playlist).mount(config);
    at("/playlist/retry/{id}").post(playlist::retry_playlist).mount(config);
    at("/playlist/{id}").delete(playlist::delete_playlist).mount(config);
    at("/thumbnail/{video_id}").get(thumbnail::get_thumbnail).mount(config);
}
