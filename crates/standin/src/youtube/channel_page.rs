//! The tabs of the channel.

use serde_json::{Value, json};

use super::continuation::Continuation;
use super::details::thumbnail_list;
use super::fields::set;
use super::page;
use crate::reply::{self, Reply};
use crate::request::Request;
use crate::scenarios::{CHANNEL_HANDLE, CHANNEL_ID, Scenario, Video, channel_tab};

const PAGE: u32 = 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Home,
    Videos,
    Shorts,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Home, Self::Videos, Self::Shorts];

    const fn slug(self) -> &'static str {
        match self {
            Self::Home => "featured",
            Self::Videos => "videos",
            Self::Shorts => "shorts",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Videos => "Videos",
            Self::Shorts => "Shorts",
        }
    }

    fn of(slug: &str) -> Self {
        Self::ALL.into_iter().find(|tab| tab.slug() == slug).unwrap_or(Self::Home)
    }

    fn videos(self) -> (Scenario, u32) {
        match self {
            Self::Home => (channel_tab(false).0, 0),
            Self::Videos => channel_tab(false),
            Self::Shorts => channel_tab(true),
        }
    }
}

pub(super) fn answer(name: &str, request: &Request) -> Reply {
    let known = [CHANNEL_ID, CHANNEL_HANDLE, CHANNEL_HANDLE.trim_start_matches('@')];
    if !known.contains(&name) {
        return reply::not_found();
    }
    let tab = request.segments().last().map_or(Tab::Home, |slug| Tab::of(slug));
    page::with_data("Stand-in Channel", &[("ytInitialData", &initial_data(tab))])
}

/// The items that follow the first `shown` of a tab, if that names one.
pub(super) fn continued(list: &str, shown: u32) -> Option<Vec<Value>> {
    let tab = Tab::ALL.into_iter().find(|tab| list == list_name(*tab))?;
    Some(items(tab, shown))
}

fn list_name(tab: Tab) -> String {
    format!("{CHANNEL_ID}/{}", tab.slug())
}

fn initial_data(selected: Tab) -> Value {
    let tabs: Vec<Value> =
        Tab::ALL.into_iter().map(|tab| tab_renderer(tab, tab == selected)).collect();
    json!({
        "responseContext": { "visitorData": page::VISITOR_DATA },
        "contents": { "twoColumnBrowseResultsRenderer": { "tabs": tabs } },
        "metadata": { "channelMetadataRenderer": {
            "title": "Stand-in Channel",
            "description": "The channel of the stand-in.",
            "externalId": CHANNEL_ID,
            "channelUrl": format!("https://www.youtube.com/channel/{CHANNEL_ID}"),
            "vanityChannelUrl": format!("http://www.youtube.com/{CHANNEL_HANDLE}"),
            "ownerUrls": [format!("http://www.youtube.com/{CHANNEL_HANDLE}")],
        } },
    })
}

fn tab_renderer(tab: Tab, selected: bool) -> Value {
    let url = format!("/{CHANNEL_HANDLE}/{}", tab.slug());
    let mut renderer = json!({
        "title": tab.title(),
        "selected": selected,
        "endpoint": { "commandMetadata": { "webCommandMetadata": { "url": url } } },
    });
    if selected {
        set(&mut renderer, "content", json!({ "richGridRenderer": { "contents": items(tab, 0) } }));
    }
    json!({ "tabRenderer": renderer })
}

fn items(tab: Tab, shown: u32) -> Vec<Value> {
    let (scenario, count) = tab.videos();
    let end = count.min(shown.saturating_add(PAGE));
    let mut items: Vec<Value> =
        (shown + 1..=end).map(|number| item(tab, &scenario.video(number))).collect();
    if end < count {
        items.push(Continuation { list: list_name(tab), shown: end }.item());
    }
    items
}

fn item(tab: Tab, video: &Video) -> Value {
    let content = match tab {
        Tab::Shorts => short(video),
        Tab::Home | Tab::Videos => json!({ "videoRenderer": {
            "videoId": video.id,
            "title": { "runs": [{ "text": video.title() }] },
            "lengthText": { "simpleText": format!("0:{:02}", video.duration_seconds()) },
            "viewCountText": { "simpleText": "123,456 views" },
            "thumbnail": thumbnail_list(video),
        } }),
    };
    json!({ "richItemRenderer": { "content": content } })
}

fn short(video: &Video) -> Value {
    json!({ "shortsLockupViewModel": {
        "entityId": format!("shorts-shelf-item-{}", video.id),
        "onTap": { "innertubeCommand": { "reelWatchEndpoint": { "videoId": video.id } } },
        "overlayMetadata": { "primaryText": { "content": video.title() } },
    } })
}
