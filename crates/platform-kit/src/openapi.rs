//! This service's part of the API document, for whichever platform: one operation per route, beside
//! the list of routes, with which a test compares it.

mod cookies;
mod files;
mod live;
mod multi;
mod playlists;
mod single;

use common_types::{
    download::{DownloadList, DownloadType, Status},
    health::PlatformServiceHealth,
};
use serde_json::json;
use service_kit::openapi::{Operation, Part};

use crate::Platform;

/// What a client can ask of `platform`.
pub(crate) fn part(platform: &dyn Platform) -> Part {
    let name = platform.name();
    let tag = |what: &str| format!("{name}: {what}");
    Part::new(name, format!("/api/{name}"))
        .tag(&tag("single"), "One link at a time.")
        .operations(single::operations(platform))
        .tag(&tag("multi"), "Several links at once, all or nothing, and their files as one ZIP.")
        .operations(multi::operations(platform))
        .tag(&tag("playlist"), "Whole playlists, channels and mixes, or parts of them.")
        .operations(playlists::operations(platform))
        .tag(&tag("downloads"), "What was asked for, and how this service is.")
        .operations([list(), thumbnail(), health()])
        .tag(&tag("cookies"), "One's own for the site: they go in, and never come out.")
        .operations(cookies::operations(platform))
        .tag(&tag("live"), "What happens, as it happens.")
        .operations(live::operations())
}

fn list() -> Operation {
    Operation::get("/downloads", "list_downloads")
        .summary("List one's downloads")
        .about("Newest first; items of batches and playlists among them.")
        .for_users("read")
        .query_of::<Status>("status", "Only those that stand so.")
        .query_of::<DownloadType>("type", "Only those that were asked for so.")
        .query(
            "q",
            "Only those with this in their title, uploader or URL, without case.",
            json!({ "type": "string" }),
        )
        .paged()
        .answers::<DownloadList>(200, "A page of downloads, and how many stand where in all.")
}

fn thumbnail() -> Operation {
    Operation::get("/thumbnail/{video_id}", "get_thumbnail")
        .summary("The picture of a video")
        .about("Fetched by this server and kept, so that a page asks no other origin for it.")
        .for_users("read")
        .path_parameter("video_id", "The site's id of the video.", json!({ "type": "string" }))
        .answers_as(200, "The picture.", "image/*", json!({}))
        .with_header("Cache-Control", "May be kept for a day, by its user alone.")
}

fn health() -> Operation {
    Operation::get("/health", "get_health")
        .summary("How this service is")
        .about("`pause` is present while the site is left alone.")
        .for_anyone()
        .answers::<PlatformServiceHealth>(200, "What the engine is made of, and how busy it is.")
}

/// The header that makes a POST safe to send again.
fn idempotent(operation: Operation) -> Operation {
    let schema = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
    let description = "Of one's own choice. The same key and body give the same answer for a day \
                       and create nothing again; with another body, it is 409 `already_exists`.";
    operation.header("Idempotency-Key", description, schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Examples, Link, LinkError, routes};

    struct Toys;

    impl Platform for Toys {
        fn name(&self) -> &'static str {
            "toys"
        }

        fn service_name(&self) -> &'static str {
            "toy-server"
        }

        fn extractors(&self) -> &'static [&'static str] {
            &[]
        }

        fn recognise(&self, _text: &str) -> Result<Link, LinkError> {
            Err(LinkError::Unsupported)
        }

        fn is_video_id(&self, _text: &str) -> bool {
            false
        }

        fn video_url(&self, id: &str) -> String {
            id.to_owned()
        }

        fn thumbnail_url(&self, id: &str) -> String {
            id.to_owned()
        }

        fn examples(&self) -> Examples {
            Examples { videos: ["a", "b"], playlist: "c" }
        }
    }

    #[test]
    fn what_is_mounted_is_documented_and_the_other_way_round() {
        let differences = part(&Toys).differences(&routes::endpoints("toys"));
        assert_eq!(differences, [""; 0]);
    }
}
