use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{address::HOSTS, *};

const ID: &str = "dQw4w9WgXcQ";

/// What the battery says of a link.
fn verdict(text: &str) -> String {
    match recognise(text) {
        Ok(Link::Video { id, playlist: None }) => format!("video {id}"),
        Ok(Link::Video { id, playlist: Some(list) }) => format!("video {id} in {}", list.id),
        Ok(Link::Playlist(playlist)) => format!("playlist {}", playlist.id),
        Ok(Link::Channel(channel)) => format!("channel {}", channel.id),
        Err(LinkError::Invalid | LinkError::NotAVideo) => "refused invalid_url".to_owned(),
        Err(LinkError::Clip) => "refused invalid_url (a clip)".to_owned(),
        Err(LinkError::Unsupported) => "refused unsupported_url".to_owned(),
    }
}

/// The URLs that the engine may open for a link.
fn canonical(link: &Link) -> Vec<String> {
    match link {
        Link::Video { id, playlist } => {
            let list = playlist.iter().map(|list| list.url.clone());
            list.chain([video_url(id)]).collect()
        }
        Link::Playlist(list) | Link::Channel(list) => vec![list.url.clone()],
    }
}

/// Panics unless `text` is refused or leads to plain URLs of YouTube that mean themselves.
fn assert_safe(text: &str) {
    let Ok(link) = recognise(text) else { return };
    for address in canonical(&link) {
        let url = Url::parse(&address).unwrap();
        assert_eq!(url.as_str(), address, "{text}");
        let origin = (url.scheme(), url.host_str(), url.port(), url.username(), url.password());
        assert_eq!(origin, ("https", Some("www.youtube.com"), None, "", None), "{text}");
        let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./?=&@%:".contains(&byte);
        assert!(address.bytes().all(in_alphabet), "{text}: {address}");
        let again = recognise(&address).unwrap();
        assert!(canonical(&again).contains(&address), "{text}: {address}");
    }
    if let Link::Video { id, .. } = &link {
        assert!(is_video_id(id), "{text}");
        let again = recognise(&video_url(id)).unwrap();
        assert_eq!(again, Link::Video { id: id.clone(), playlist: None }, "{text}");
    }
}

#[test]
fn every_link_of_the_battery_means_what_it_says() {
    let battery = include_str!("../../tests/data/links.json");
    let battery: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(battery).unwrap();
    let cases = battery.iter().flat_map(|(rule, cases)| cases.iter().map(move |case| (rule, case)));
    let wrong: Vec<_> = cases
        .filter(|(_, (expected, text))| verdict(text) != *expected)
        .map(|(rule, (expected, text))| {
            format!("{rule}: {text:?} is {}, not {expected}", verdict(text))
        })
        .collect();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    for (_, text) in battery.values().flatten() {
        assert_safe(text);
    }
}

#[test]
fn a_link_that_is_too_long_is_refused() {
    let fits = format!("https://www.youtube.com/watch?v={ID}&x=");
    let long = format!("{fits}{}", "y".repeat(2048 - fits.len()));
    assert_eq!(verdict(&long), format!("video {ID}"));
    assert_eq!(recognise(&format!("{long}y")), Err(LinkError::Invalid));
}

#[test]
fn a_link_that_leads_on_and_on_leads_nowhere() {
    let mut nested = format!("https://youtu.be/{ID}");
    for depth in 0..20 {
        let expected =
            if depth <= MAX_NESTING { format!("video {ID}") } else { "refused invalid_url".into() };
        assert_eq!(verdict(&nested), expected, "{depth}");
        let mut outer = Url::parse("https://www.youtube.com/redirect").unwrap();
        outer.query_pairs_mut().append_pair("q", &nested);
        nested = outer.into();
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

/// Text that is nearly a link: the parts are right, their order and company are not.
fn nearly_a_link() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("https://"),
        Just("http://"),
        Just("//"),
        Just("/"),
        Just("?"),
        Just("#"),
        Just("&"),
        Just("@"),
        Just(":"),
        Just("\\"),
        Just("%2F"),
        Just("%3A"),
        Just("%25"),
        Just("%00"),
        Just("amp;"),
        Just(".."),
        Just("www."),
        Just("m."),
        Just("consent."),
        Just("youtube.com"),
        Just("youtu.be"),
        Just("evil.test"),
        Just("127.0.0.1"),
        Just("[::1]"),
        Just("watch"),
        Just("v="),
        Just("list="),
        Just("q="),
        Just("u="),
        Just("redirect"),
        Just("attribution_link"),
        Just("continue="),
        Just("shorts/"),
        Just("embed/"),
        Just("channel/"),
        Just("@h%C3%A9"),
        Just("playlist"),
        Just(ID),
        Just("PL1234567890"),
        Just("RD"),
        Just("\u{ff59}"),
        Just("\u{200b}"),
        Just("\u{3002}"),
        Just("\0"),
        Just(" "),
        Just("\n"),
    ];
    prop::collection::vec(prop_oneof![4 => part.prop_map(str::to_owned), 1 => "\\PC{0,6}"], 1..16)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn whatever_is_accepted_is_rebuilt_on_the_one_host(text in nearly_a_link()) {
        assert_safe(&text);
        assert_safe(&format!("https://www.youtube.com/{text}"));
        assert_safe(&format!("https://www.youtube.com/redirect?q={text}"));
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        assert_safe(&text);
    }

    #[test]
    fn only_our_hosts_are_recognised(host in "[a-z.]{1,20}", tail in "\\PC{0,40}") {
        let text = format!("https://{host}/watch?v={ID}{tail}");
        if recognise(&text).is_ok() {
            prop_assert!(HOSTS.iter().any(|known| host.ends_with(known)));
        }
    }
}
