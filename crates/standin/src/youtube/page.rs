//! HTML around JSON.

use serde_json::{Value, json};

use crate::reply::{self, Reply};

/// Said to every client, and sent back by it.
pub(super) const VISITOR_DATA: &str = "CgtzdGFuZGluMDAwMQ%3D%3D";
const CLIENT_VERSION: &str = "2.20260708.00.00";
/// The version of the player script: named in the configuration, so that nobody needs to fetch it.
const SIGNATURE_TIMESTAMP: u32 = 20_650;
const PLAYER_URL: &str = "/s/player/0a1b2c3d/player_ias.vflset/en_US/base.js";

pub(super) const PLAYER_SCRIPT: &str = "var player={signatureTimestamp:20650};";
pub(super) const IFRAME_SCRIPT: &str =
    "var scriptUrl='https:\\/\\/www.youtube.com\\/s\\/player\\/0a1b2c3d\\/www-widgetapi.js';";

/// Who a page's script says it is when it asks the API.
pub(super) struct Player {
    name: &'static str,
    number: u32,
}

pub(super) const WEB_PLAYER: Player = Player { name: "WEB", number: 1 };
pub(super) const EMBEDDED_PLAYER: Player = Player { name: "WEB_EMBEDDED_PLAYER", number: 56 };

/// A page that holds data, as scripts of its own would read it.
pub(super) fn with_data(title: &str, variables: &[(&str, &Value)]) -> Reply {
    let scripts: String = variables
        .iter()
        .map(|(name, value)| format!("<script>var {name} = {};</script>\n", in_script(value)))
        .collect();
    reply::html(format!("{}{scripts}</body></html>\n", head(title, &WEB_PLAYER)))
}

/// A page with nothing but the configuration of its player.
pub(super) fn of_player(player: &Player) -> Reply {
    reply::html(format!("{}</body></html>\n", head(player.name, player)))
}

fn head(title: &str, player: &Player) -> String {
    let title: String = title
        .chars()
        .map(|character| if "<>&".contains(character) { '_' } else { character })
        .collect();
    format!(
        "<!DOCTYPE html><html><head><title>{title} - YouTube</title>\
         <script>ytcfg.set({});</script></head><body>\n",
        in_script(&configuration(player))
    )
}

fn configuration(player: &Player) -> Value {
    json!({
        "INNERTUBE_API_VERSION": "v1",
        "INNERTUBE_CLIENT_NAME": player.name,
        "INNERTUBE_CLIENT_VERSION": CLIENT_VERSION,
        "INNERTUBE_CONTEXT_CLIENT_NAME": player.number,
        "INNERTUBE_CONTEXT": {
            "client": {
                "hl": "en",
                "gl": "US",
                "clientName": player.name,
                "clientVersion": CLIENT_VERSION,
                "visitorData": VISITOR_DATA,
            },
            "user": {},
        },
        "LOGGED_IN": false,
        "PLAYER_JS_URL": PLAYER_URL,
        "STS": SIGNATURE_TIMESTAMP,
        "VISITOR_DATA": VISITOR_DATA,
    })
}

/// JSON that cannot end the script it stands in.
fn in_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028")
}
