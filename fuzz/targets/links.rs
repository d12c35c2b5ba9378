//! Whatever is pasted: refused, or rebuilt as plain URLs of YouTube that mean themselves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use platform_kit::{Link, Platform};
use url::Url;
use youtube_service::YouTube;

fuzz_target!(|text: &str| {
    let Ok(link) = YouTube.recognise(text) else { return };
    let addresses = match link {
        Link::Video { id, playlist } => {
            assert!(YouTube.is_video_id(&id));
            let list = playlist.into_iter().map(|list| list.url);
            list.chain([YouTube.video_url(&id), YouTube.thumbnail_url(&id)]).collect()
        }
        Link::Playlist(list) | Link::Channel(list) => vec![list.url],
    };
    for address in addresses {
        let url = Url::parse(&address).unwrap();
        assert_eq!(url.as_str(), address);
        assert_eq!((url.scheme(), url.port(), url.username()), ("https", None, ""));
        assert!(matches!(url.host_str(), Some("www.youtube.com" | "i.ytimg.com")));
        if url.host_str() == Some("www.youtube.com") {
            assert!(YouTube.recognise(&address).is_ok());
        }
    }
});
