//! What the proxy's own address shows: the catalogue, for people, and the certificate.

use std::fmt::Write as _;

use crate::reply::{self, Reply};
use crate::scenarios::{self, Outcome};
use crate::world::World;

pub(crate) fn answer(world: &World, path: &str) -> Reply {
    match path {
        "/" => reply::html(page()),
        "/ca.pem" => match std::fs::read(world.authority.ca_file()) {
            Ok(pem) => reply::content("application/x-pem-file", pem),
            Err(_) => reply::not_found(),
        },
        _ => reply::not_found(),
    }
}

fn page() -> String {
    let rows: String = scenarios::ALL.iter().fold(String::new(), |mut rows, scenario| {
        let number = scenario.number_means.unwrap_or("");
        // Writing to a string cannot fail.
        let _ = writeln!(
            rows,
            "<tr><td><code>{}</code><td>{}<td>{}<td>{number}",
            scenario.url(1),
            scenario.about,
            outcome(scenario.outcome),
        );
        rows
    });
    format!(
        "<!DOCTYPE html><title>Magpie's stand-in</title>\
         <h1>What the stand-in plays</h1>\
         <table><tr><th>address<th>about<th>ends<th>its number sets\n{rows}</table>\
         <h2>Lists</h2><ul>{}</ul>",
        lists()
    )
}

fn lists() -> String {
    let playlist = scenarios::playlist_url;
    let addresses = [
        playlist(&scenarios::playlist_of(5)),
        playlist(&scenarios::playlist_of(2_000)),
        playlist(scenarios::MIXED_PLAYLIST),
        playlist(scenarios::PRIVATE_PLAYLIST),
        playlist(scenarios::EMPTY_PLAYLIST),
        scenarios::mix_url(&scenarios::OKAY.video(1)),
        format!("https://www.youtube.com/{}/videos", scenarios::CHANNEL_HANDLE),
    ];
    addresses.map(|address| format!("<li><code>{address}</code>\n")).concat()
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Downloads => "completed",
        Outcome::InfoFails(failure) | Outcome::DownloadFails(failure) => failure.code,
    }
}
