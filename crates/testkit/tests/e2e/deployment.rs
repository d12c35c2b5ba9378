//! The settings in the files that people deploy: a key that does not exist, or a value that will not
//! do, would stop the start on somebody else's machine.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use service_kit::{Config, config::Sources};

/// Where such files are, beneath the repository.
const PLACES: [&str; 2] = ["deploy", "docker-compose.yml"];
const PREFIX: &str = "MAGPIE_";
/// Of docker-compose.yml's own, and never given to a container.
const OF_COMPOSE: &str = "MAGPIE_IMAGE_TAG";

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| files(&entry.unwrap().path(), found));
    } else {
        found.push(path.to_owned());
    }
}

/// A setting as any of the formats spells it: `KEY=value`, `KEY: value`, or in two lines as Kubernetes
/// has it. What only speaks of a key has no value.
struct Setting {
    name: String,
    value: Option<String>,
}

fn settings(text: &str) -> Vec<Setting> {
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        for (at, _) in line.match_indices(PREFIX) {
            let (before, rest) = line.split_at(at);
            let end =
                rest.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let is_entry = before.ends_with("name: ");
            let next = lines.get(number + 1).and_then(|next| next.trim().strip_prefix("value: "));
            let value = match after.chars().next() {
                Some('=') => after.strip_prefix('='),
                Some(':') => after.strip_prefix(": "),
                None if is_entry => next,
                _ => None,
            };
            let value =
                value.map(|value| plain(value.split_whitespace().next().unwrap_or_default()));
            found.push(Setting { name: name.to_owned(), value });
        }
    }
    found
}

/// Without quotes, and with the default of `${VARIABLE:-default}`.
fn plain(value: &str) -> String {
    let value = value.trim_matches(['"', '\'']);
    let inner = value.strip_prefix("${").and_then(|value| value.strip_suffix('}'));
    match inner.and_then(|inner| inner.split_once(":-")) {
        Some((_, default)) => default.to_owned(),
        None => value.to_owned(),
    }
}

/// What the parser says to one setting. A secret's file is not on this machine, so another is read.
fn check(name: &str, value: &str, secret: &Path) -> Result<(), String> {
    let stands_in = name.ends_with("_FILE");
    let value = if stands_in { secret.as_os_str().to_owned() } else { value.into() };
    let sources = Sources::read([(OsString::from(name), value)], [], &[]);
    sources.and_then(|sources| Config::check(&sources)).map(drop).map_err(|error| error.to_string())
}

#[test]
fn every_setting_in_a_deploy_file_is_one_that_the_parser_takes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let secrets = [
        ("REDIS_URL", "redis://:secret@redis:6379"),
        ("DATABASE_URL", "postgres://magpie:secret@postgres:5432/magpie"),
        ("", "long enough to be a secret"),
    ];
    let secrets = secrets.map(|(part, content)| {
        let path = directory.path().join(format!("secret-{part}"));
        fs::write(&path, content).unwrap();
        (part, path)
    });
    let mut found = Vec::new();
    PLACES.iter().for_each(|place| files(&root.join(place), &mut found));
    let mut count = 0;
    for file in
        found.iter().filter(|file| !file.components().any(|part| part.as_os_str() == "secrets"))
    {
        // What is no text holds no settings.
        let Ok(content) = fs::read_to_string(file) else { continue };
        for Setting { name, value } in settings(&content) {
            let (_, secret) = secrets.iter().find(|(part, _)| name.contains(part)).unwrap();
            let is_ours = name != OF_COMPOSE && name != PREFIX;
            if let Some(value) = value.filter(|_| is_ours) {
                let verdict = check(&name, &value, secret);
                assert_eq!(verdict, Ok(()), "{}: {name}={value}", file.display());
                count += 1;
            }
        }
    }
    assert!(count > 50, "only {count} settings were found");
}

#[test]
fn a_wrong_setting_would_be_found() {
    let text =
        "ENV MAGPIE_DATA_DIR=/d \\\n  MAGPIE_GATWAY_BIND: x\n- name: MAGPIE_LOG\n  value: info\n";
    let found: Vec<_> = settings(text).into_iter().map(|s| (s.name, s.value.unwrap())).collect();
    let expected = [("MAGPIE_DATA_DIR", "/d"), ("MAGPIE_GATWAY_BIND", "x"), ("MAGPIE_LOG", "info")];
    assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(check("MAGPIE_GATWAY_BIND", "x", Path::new("/")).is_err());
    assert!(check("MAGPIE_GATEWAY_BIND", "nowhere", Path::new("/")).is_err());
    assert!(check("MAGPIE_LOG", "info", Path::new("/")).is_ok());
}
