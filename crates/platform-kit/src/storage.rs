//! The store that the configuration names.

use media_store::{S3Settings, Store, StoreError};
use service_kit::{
    ConfigError, StartError,
    config::{Bucket, Delivery, Secret, Storage},
};

/// Opens it. A bucket is tried out, so that what is wrong with it shows now and not with the first
/// download.
///
/// # Errors
/// When it cannot be opened: for now, where it does not answer, or for want of another configuration.
pub async fn open(storage: &Storage) -> Result<Store, StartError> {
    let opened = match storage {
        Storage::Directory(root) => Store::open_local(root.clone()).await,
        Storage::Bucket(bucket) => Store::open_s3(&settings(bucket)?).await,
    };
    opened.map_err(|error: StoreError| {
        let doing = "cannot open the store";
        match error.is_passing() {
            true => StartError::temporary(doing, error),
            false => StartError::internal(doing, error),
        }
    })
}

fn settings(bucket: &Bucket) -> Result<S3Settings, ConfigError> {
    Ok(S3Settings {
        bucket: bucket.name.clone(),
        prefix: bucket.prefix.clone(),
        endpoint: bucket.endpoint.clone(),
        public_endpoint: bucket.public_endpoint.clone(),
        region: bucket.region.clone(),
        path_style: bucket.path_style,
        allow_http: bucket.allow_http,
        delivery: match bucket.delivery {
            Delivery::Stream => media_store::Delivery::Stream,
            Delivery::Redirect => media_store::Delivery::Redirect,
        },
        access_key: key("MAGPIE_S3_ACCESS_KEY", bucket.access_key.as_ref())?,
        secret_key: key("MAGPIE_S3_SECRET_KEY", bucket.secret_key.as_ref())?,
    })
}

fn key(name: &str, secret: Option<&Secret>) -> Result<String, ConfigError> {
    let secret = secret.ok_or(ConfigError::invalid(name, "the bucket cannot be opened without"))?;
    Ok(secret.expose().to_owned())
}
