//! The routes of a platform service: one list.

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use db_client::DbClient;
use media_engine::Engine;
use media_store::Store;
use service_kit::{Endpoint, health};

use crate::{
    Platform,
    handlers::{downloads, file, health::get_health, info, single, thumbnail},
    info::InfoCache,
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
    pub(crate) thumbnails: Thumbnails,
    pub(crate) jobs: Jobs,
    pub(crate) max_workers: u32,
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
    at("/thumbnail/{video_id}").get(thumbnail::get_thumbnail).mount(config);
}
