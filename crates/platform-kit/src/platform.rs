//! What a site must say about itself to become a service.

use std::collections::BTreeMap;

use egress_guard::Resolver;

/// Arguments of yt-dlp's extractors.
pub type ExtractorArgs = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// One site. All answers are made from text alone: no platform ever asks the network.
pub trait Platform: Send + Sync + 'static {
    /// The segment of its paths and the name of its queue, such as `youtube`.
    fn name(&self) -> &'static str;

    /// What `GET health` calls the service.
    fn service_name(&self) -> &'static str;

    /// Regular expressions over the names of yt-dlp's extractors that may be used.
    fn extractors(&self) -> &'static [&'static str];

    /// Arguments for those extractors: extractor, then argument, then values.
    fn extractor_args(&self) -> ExtractorArgs {
        ExtractorArgs::new()
    }

    /// A recorded extraction that warms the engine, if there is one; see
    /// [`media_engine::EngineConfig::warm_up`].
    fn warm_up(&self) -> Option<&'static str> {
        None
    }

    /// Where its names lead: to what this system says, other than in a test with names of its own.
    fn resolver(&self) -> Resolver {
        Resolver::system()
    }

    /// The domains whose cookies say who someone is to this site, and no more than those.
    fn cookie_domains(&self) -> &'static [&'static str] {
        &[]
    }

    /// What a pasted link means.
    ///
    /// # Errors
    /// When it is no link, another site's, or no video.
    fn recognise(&self, text: &str) -> Result<Link, LinkError>;

    /// Whether `text` has the shape of a video's id.
    fn is_video_id(&self, text: &str) -> bool;

    /// The canonical URL of a video, which is the only one that is ever opened.
    fn video_url(&self, id: &str) -> String;

    /// Where the site keeps the picture of a video.
    fn thumbnail_url(&self, id: &str) -> String;

    /// Links for the API document.
    fn examples(&self) -> Examples;
}

/// Links that work wherever the stand-in plays the site, as in a demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Examples {
    pub videos: [&'static str; 2],
    pub playlist: &'static str,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A video, perhaps seen in a playlist.
    Video {
        id: String,
        playlist: Option<PlaylistRef>,
    },
    Playlist(PlaylistRef),
    /// Everything that a channel has published; the URL is that of its list of videos.
    Channel(PlaylistRef),
}

/// A playlist that a link names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistRef {
    pub id: String,
    /// Canonical.
    pub url: String,
}

/// Why a link is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error("this is not a plain http or https link, without credentials or a port")]
    Invalid,
    #[error("this link is not one of this platform")]
    Unsupported,
    #[error("this page holds no video")]
    NotAVideo,
    /// A part of a video, on a page that does not say of which.
    #[error("this is a clip, which names no video")]
    Clip,
}
