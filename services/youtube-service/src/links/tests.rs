use proptest::prelude::*;

use super::*;

const ID: &str = "dQw4w9WgXcQ";

fn video(text: &str) -> (String, Option<String>) {
    match recognise(text) {
        Ok(Link::Video { id, playlist }) => (id, playlist.map(|playlist| playlist.id)),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn every_shape_of_a_video_link_is_reduced_to_its_id() {
    for link in [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "http://youtube.com/watch?v=dQw4w9WgXcQ&t=42s",
        "https://www.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&feature=youtu.be",
        "https://m.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://music.youtube.com/watch?v=dQw4w9WgXcQ&si=abc",
        "HTTPS://WWW.YOUTUBE.COM/watch?v=dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXcQ?si=AbCdEf&t=1",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ?feature=share",
        "https://www.youtube.com/live/dQw4w9WgXcQ?si=x",
        "https://www.youtube.com/embed/dQw4w9WgXcQ",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?rel=0",
        "https://www.youtubekids.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/v/dQw4w9WgXcQ",
        "https://www.youtube.com/e/dQw4w9WgXcQ",
        "https://www.youtube.com/watch/dQw4w9WgXcQ",
        "https://www.youtube.com/?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ?feature=share",
        "https://www.youtube.com//watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ#t=30",
        "https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3DdQw4w9WgXcQ%26feature%3Dshare",
        "https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3DdQw4w9WgXcQ&gl=DE",
        "https://www.youtube.com/redirect?q=https%3A%2F%2Fyoutu.be%2FdQw4w9WgXcQ",
        "https://www.youtube.com/oembed?url=https%3A%2F%2Fyoutu.be%2FdQw4w9WgXcQ&format=json",
        "youtube.com/watch?v=dQw4w9WgXcQ",
        "youtu.be/dQw4w9WgXcQ",
        "//www.youtube.com/watch?v=dQw4w9WgXcQ",
        "  https://youtu.be/dQw4w9WgXcQ\n",
    ] {
        assert_eq!(video(link), (ID.to_owned(), None), "{link}");
    }
}

#[test]
fn a_link_to_a_video_in_a_playlist_is_the_video_and_names_the_playlist() {
    for link in [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL1234567890&index=3",
        "https://youtu.be/dQw4w9WgXcQ?list=PL1234567890",
    ] {
        assert_eq!(video(link), (ID.to_owned(), Some("PL1234567890".to_owned())), "{link}");
    }
}

#[test]
fn playlists_and_channels_are_told_from_videos() {
    let playlist = recognise("https://www.youtube.com/playlist?list=PL1234567890").unwrap();
    assert!(matches!(playlist, Link::Playlist(playlist) if playlist.id == "PL1234567890"));
    let series = recognise("https://www.youtube.com/embed/videoseries?list=PL1234567890").unwrap();
    assert!(matches!(series, Link::Playlist(_)));
    for (link, id) in [
        ("https://www.youtube.com/@handle", "@handle"),
        ("https://www.youtube.com/@handle/videos", "@handle"),
        ("https://www.youtube.com/@h%C3%A9llo/streams", "@h%C3%A9llo"),
        (
            "https://www.youtube.com/channel/UC1234567890123456789012",
            "channel/UC1234567890123456789012",
        ),
        ("https://www.youtube.com/c/name", "c/name"),
        ("https://www.youtube.com/user/name", "user/name"),
    ] {
        let url = format!("https://www.youtube.com/{id}/videos");
        assert_eq!(
            recognise(link),
            Ok(Link::Channel(PlaylistRef { id: id.into(), url })),
            "{link}"
        );
    }
    for link in [
        "https://www.youtube.com/@a%2Fb",
        "https://www.youtube.com/c/%2e%2e",
        "https://www.youtube.com/@",
    ] {
        assert_eq!(recognise(link), Err(LinkError::NotAVideo), "{link}");
    }
}

#[test]
fn what_is_no_plain_web_link_is_invalid() {
    for link in [
        "",
        "   ",
        "dQw4w9WgXcQ",
        "not a url",
        "https://",
        "ftp://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user@www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://user:pass@www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://@www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://youtube.com:x@evil.test/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com:8443/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com:443/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com\\@evil.test/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?v=dQw4w9\nWgXcQ",
        "https://www.youtube.com/watch?v=short",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQtoolong",
        "https://www.youtube.com/watch?v=dQw4w9WgX%00Q",
        "https://youtu.be/..%2f..%2fetc",
        "https://www.youtube.com/shorts/--exec",
        "example.org/watch?v=dQw4w9WgXcQ",
    ] {
        assert_eq!(recognise(link), Err(LinkError::Invalid), "{link}");
    }
    let long = format!("https://www.youtube.com/watch?v={ID}&x={}", "y".repeat(MAX_URL_BYTES));
    assert_eq!(recognise(&long), Err(LinkError::Invalid));
}

#[test]
fn other_hosts_are_unsupported_however_they_are_dressed() {
    for link in [
        "https://vimeo.com/123456",
        "https://youtube.com.evil.test/watch?v=dQw4w9WgXcQ",
        "https://evilyoutube.com/watch?v=dQw4w9WgXcQ",
        "https://evil.test/https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://evil.www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://127.0.0.1/watch?v=dQw4w9WgXcQ",
        "https://[::1]/watch?v=dQw4w9WgXcQ",
        "https://2130706433/watch?v=dQw4w9WgXcQ",
        "https://localhost/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com./watch?v=dQw4w9WgXcQ",
        "https://www.youtubе.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/redirect?q=https%3A%2F%2Fevil.test%2F",
    ] {
        assert_eq!(recognise(link), Err(LinkError::Unsupported), "{link}");
    }
}

#[test]
fn pages_of_the_site_without_a_video_are_not_a_video() {
    let mut nested = format!("https://youtu.be/{ID}");
    for _ in 0..=MAX_NESTING {
        let mut outer = Url::parse("https://www.youtube.com/redirect").unwrap();
        outer.query_pairs_mut().append_pair("q", &nested);
        nested = outer.into();
    }
    for link in ["https://www.youtube.com/", "https://www.youtube.com/feed/trending", &nested] {
        assert_eq!(recognise(link), Err(LinkError::NotAVideo), "{link}");
    }
}

proptest! {
    #[test]
    fn what_is_recognised_is_always_a_plain_id(text in "\\PC{0,200}") {
        if let Ok(Link::Video { id, .. }) = recognise(&text) {
            prop_assert!(is_video_id(&id));
        }
    }

    #[test]
    fn only_our_hosts_are_recognised(host in "[a-z.]{1,20}", tail in "\\PC{0,40}") {
        let text = format!("https://{host}/watch?v={ID}{tail}");
        if recognise(&text).is_ok() {
            prop_assert!(HOSTS.iter().any(|known| host.ends_with(known)));
        }
    }
}

#[test]
fn a_mix_is_opened_beside_the_video_that_it_is_made_around() {
    let mix = |text: &str| match recognise(text) {
        Ok(Link::Video { playlist: Some(playlist), .. } | Link::Playlist(playlist)) => playlist.url,
        other => panic!("{text}: {other:?}"),
    };
    let url = "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=RDdQw4w9WgXcQ";
    assert_eq!(mix(url), url);
    assert_eq!(mix("https://www.youtube.com/playlist?list=RDdQw4w9WgXcQ"), url);
    let music = "https://www.youtube.com/playlist?list=RDCLAK5uy_abc";
    assert_eq!(mix(music), music);
}
