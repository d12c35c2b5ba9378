//! YouTube as a platform.

use platform_kit::{Examples, ExtractorArgs, Link, LinkError, Platform};

use crate::links;

/// A watch page and player answers in the shape that the site gives them, of a video that does not
/// exist: what the engine plays through once so that the first real extraction is a warm one.
const WARM_UP: &str = include_str!("warm_up.json");

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

    fn extractor_args(&self) -> ExtractorArgs {
        // Machine translations of every subtitle into every language: nobody asks for them, and
        // listing them costs more than the rest of the page.
        let skip = ("skip".to_owned(), vec!["translated_subs".to_owned()]);
        ExtractorArgs::from([("youtube".to_owned(), [skip].into())])
    }

    fn warm_up(&self) -> Option<&'static str> {
        Some(WARM_UP)
    }

    fn cookie_domains(&self) -> &'static [&'static str] {
        // Not google.com, whose cookies open the whole account: yt-dlp needs none of them.
        &["youtube.com", "youtube-nocookie.com"]
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

    fn examples(&self) -> Examples {
        Examples {
            videos: ["https://www.youtube.com/watch?v=OKAY_000001", "https://youtu.be/OKAY_000002"],
            playlist: "https://www.youtube.com/playlist?list=PLstandin_of_00012",
        }
    }
}
