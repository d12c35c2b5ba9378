//! Every service around a platform whose videos are the hostile pages.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use egress_guard::Resolver;
use platform_kit::{Examples, Link, LinkError, Platform, PlaylistRef};
use service_kit::{Config, Running, config::Sources};
use tempfile::TempDir;
use testkit::{Client, yt_dlp};
use url::Url;

use super::site::{self, Battery, CANARY, HOST, video_id};

/// Takes links to the hostile site, and opens what they lead to.
struct Inward {
    port: u16,
    targets: HashMap<String, String>,
    resolver: Resolver,
}

impl Inward {
    fn base(&self) -> String {
        format!("http://{HOST}:{}", self.port)
    }
}

impl Platform for Inward {
    fn name(&self) -> &'static str {
        "youtube"
    }

    fn service_name(&self) -> &'static str {
        "youtube-server"
    }

    fn extractors(&self) -> &'static [&'static str] {
        &["generic", "html5"]
    }

    fn resolver(&self) -> Resolver {
        self.resolver.clone()
    }

    fn recognise(&self, text: &str) -> Result<Link, LinkError> {
        let parts: Vec<_> = text.split('/').skip(3).collect();
        match parts[..] {
            ["list", page, target] => {
                let id = video_id(page, target);
                Ok(Link::Playlist(PlaylistRef { url: self.video_url(&id), id }))
            }
            [page, target] => Ok(Link::Video { id: video_id(page, target), playlist: None }),
            _ => Err(LinkError::Unsupported),
        }
    }

    fn is_video_id(&self, text: &str) -> bool {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }

    fn video_url(&self, id: &str) -> String {
        format!("{}/{}/", self.base(), id.replace("--", "/"))
    }

    fn thumbnail_url(&self, id: &str) -> String {
        let of_target = id.strip_prefix("picture--").and_then(|target| self.targets.get(target));
        of_target.cloned().unwrap_or_else(|| self.video_url(id))
    }

    fn examples(&self) -> Examples {
        Examples { videos: ["http://e/", "http://e/"], playlist: "http://e/" }
    }
}

pub(super) struct HostileStack {
    /// In order of their start.
    services: Vec<Running>,
    site: u16,
    intrusions: Arc<AtomicUsize>,
    data: TempDir,
    _outside: TempDir,
}

impl HostileStack {
    pub(super) async fn start(battery: &Battery) -> Self {
        let (data, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let canary = outside.path().join("canary.ts");
        fs::write(&canary, CANARY.repeat(1000)).unwrap();
        let (intrusions, inside) = site::silent_listener().await;
        let targets = battery.with_targets(inside, &canary);
        let site = site::serve(battery.files(&targets)).await;
        let platform = Inward { port: site, targets, resolver: battery.resolver() };
        let services = start_services(config(&data, site), platform).await;
        Self { services, site, intrusions, data, _outside: outside }
    }

    pub(super) fn client(&self) -> Client {
        Client::new(self.services.last().unwrap().url())
    }

    /// What a user would paste.
    pub(super) fn url_of(&self, page: &str, target: &str) -> String {
        format!("http://{HOST}:{}/{page}/{target}", self.site)
    }

    /// How often somebody came to where nobody must.
    pub(super) fn intrusions(&self) -> usize {
        self.intrusions.load(Ordering::SeqCst)
    }

    /// What it leaves.
    pub(super) async fn stop(self) -> TempDir {
        for service in self.services.into_iter().rev() {
            service.stop().await;
        }
        self.data
    }
}

fn config(data: &TempDir, site: u16) -> Config {
    let settings = [
        ("MAGPIE_DATA_DIR", data.path().display().to_string()),
        ("MAGPIE_GATEWAY_BIND", "127.0.0.1:0".to_owned()),
        ("MAGPIE_AUTH_BIND", "127.0.0.1:0".to_owned()),
        ("MAGPIE_YOUTUBE_BIND", "127.0.0.1:0".to_owned()),
        ("MAGPIE_DB_BIND", "127.0.0.1:0".to_owned()),
        ("MAGPIE_RATE_LIMIT_PER_MINUTE", "0".to_owned()),
        ("MAGPIE_YT_DLP", yt_dlp().display().to_string()),
        ("MAGPIE_MAX_CONCURRENT_DOWNLOADS", "6".to_owned()),
        ("MAGPIE_MAX_ATTEMPTS", "2".to_owned()),
        ("MAGPIE_EGRESS_ALLOW", format!("{HOST}:{site}")),
    ];
    let settings = settings.map(|(key, value)| (OsString::from(key), OsString::from(value)));
    Config::load(&Sources::read(settings, [], &[]).unwrap()).unwrap()
}

async fn start_services(mut config: Config, platform: Inward) -> Vec<Running> {
    let url_of = |service: &Running| vec![Url::parse(&service.url()).unwrap()];
    let database = db_service::start(config.clone()).await.unwrap();
    config.db_url = url_of(&database);
    let auth = auth_service::start(config.clone()).await.unwrap();
    config.auth_url = url_of(&auth);
    let service = platform_kit::start(platform, config.youtube_bind, config.clone()).await.unwrap();
    config.youtube_url = url_of(&service);
    let gateway = gateway::start(config).await.unwrap();
    vec![database, auth, service, gateway]
}
