//! YouTube as a platform.

use platform_kit::{Link, LinkError, Platform};

use crate::links;

/// youtube.com and the hosts that belong to it.
#[derive(Debug, Clone, Copy)]
pub struct YouTube;

impl Platform for YouTube {
    fn name(&self) -> &'static str {
        "youtube"
    }

    fn service_name(&self) -> &'static str {
        "youtube-server"
    }

    fn extractors(&self) -> &'static [&'static str] {
        &["youtube.*"]
    }

    fn recognise(&self, text: &str) -> Result<Link, LinkError> {
        links::recognise(text)
    }

    fn is_video_id(&self, text: &str) -> bool {
        links::is_video_id(text)
    }

    fn video_url(&self, id: &str) -> String {
        links::video_url(id)
    }

    fn thumbnail_url(&self, id: &str) -> String {
        links::thumbnail_url(id)
    }
}
