//! What tests of commands begin with.

use std::path::Path;

use db_service::admin::Admin;
use service_kit::{Config, config::Sources};

/// A configuration that keeps everything in `directory`, and its database, empty.
pub(super) fn set_up(directory: &Path) -> (Config, Admin) {
    let data = directory.as_os_str().to_owned();
    let sources = Sources::read([("MAGPIE_DATA_DIR".into(), data)], [], &[]).unwrap();
    let config = Config::check(&sources).unwrap();
    let mut admin = Admin::open_or_make(&config.database_url).unwrap();
    admin.migrate().unwrap();
    (config, admin)
}
