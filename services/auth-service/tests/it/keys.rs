use std::{
    fs::{self, File},
    time::{Duration, Instant},
};

use auth_tokens::KeyRing;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::fixture::{
    Caller::{Outsider, Token},
    Fixture,
};

const DEADLINE: Duration = Duration::from_secs(10);

/// Puts a new key into the ring under this name, a minute younger than any other.
fn add_key(fixture: &Fixture, kid: &str) {
    let elsewhere = tempfile::tempdir().unwrap();
    KeyRing::open(elsewhere.path()).unwrap();
    let made = fs::read_dir(elsewhere.path()).unwrap().next().unwrap().unwrap().path();
    let keys = fixture.data.path().join("keys");
    let oldest = fs::read_dir(&keys).unwrap().next().unwrap().unwrap().metadata().unwrap();
    let file = File::open(&made).unwrap();
    file.set_modified(oldest.modified().unwrap() + Duration::from_secs(60)).unwrap();
    let hidden = keys.join("new");
    fs::copy(&made, &hidden).unwrap();
    let copy = File::options().append(true).open(&hidden).unwrap();
    copy.set_modified(oldest.modified().unwrap() + Duration::from_secs(60)).unwrap();
    fs::rename(hidden, keys.join(format!("{kid}.pem"))).unwrap();
}

async fn published(fixture: &Fixture) -> Vec<String> {
    let jwks = fixture.get(Outsider, ".well-known/jwks.json").await.body;
    let keys = jwks["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn wait_until_published(fixture: &Fixture, count: usize) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let kids = published(fixture).await;
        if kids.len() == count {
            return kids;
        }
        assert!(begun.elapsed() < DEADLINE, "{kids:?}");
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
}

fn kid_of(token: &str) -> String {
    let (header, _) = token.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_new_key_signs_without_a_restart_and_the_old_tokens_hold() {
    let fixture = Fixture::start().await;
    let (_, old) = fixture.member("ada").await;
    assert_eq!(published(&fixture).await, [kid_of(&old)]);
    add_key(&fixture, "next");
    assert_eq!(wait_until_published(&fixture, 2).await, [kid_of(&old), "next".to_owned()]);
    let new = fixture.log_in("ada").await;
    assert_eq!(kid_of(&new), "next");
    for token in [&old, &new] {
        assert_eq!(fixture.post(Token(token), "verify", Value::Null).await.body["valid"], true);
    }
}

#[actix_web::test]
async fn a_withdrawn_key_is_no_longer_published() {
    let fixture = Fixture::start().await;
    let (_, old) = fixture.member("ada").await;
    add_key(&fixture, "next");
    wait_until_published(&fixture, 2).await;
    fs::remove_file(fixture.data.path().join(format!("keys/{}.pem", kid_of(&old)))).unwrap();
    assert_eq!(wait_until_published(&fixture, 1).await, ["next"]);
}

#[actix_web::test]
async fn a_directory_that_is_spoilt_or_emptied_leaves_the_keys_in_use() {
    let fixture = Fixture::start().await;
    let (_, old) = fixture.member("ada").await;
    let keys = fixture.data.path().join("keys");
    fs::write(keys.join("spoilt.pem"), "no key").unwrap();
    fs::remove_file(keys.join(format!("{}.pem", kid_of(&old)))).unwrap();
    // Several periods of reading the directory, each of which finds it spoilt.
    actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(published(&fixture).await, [kid_of(&old)]);
    assert_eq!(kid_of(&fixture.log_in("ada").await), kid_of(&old));
    fs::remove_file(keys.join("spoilt.pem")).unwrap();
    actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(published(&fixture).await, [kid_of(&old)]);
    assert_eq!(fs::read_dir(&keys).unwrap().count(), 0);
}
