use common_types::{
    account::{ApiKeyScope, Profile, Quota, Role, Usage},
    download::Download,
    internal::downloads::{KnownMedia, NewDownload},
    media::MediaOptions,
    page::Page,
};
use uuid::Uuid;

use crate::fixture::{
    Caller::{ApiKey, Token},
    Fixture,
};

async fn ask_for(fixture: &Fixture, user_id: i64, platform: &str) -> Uuid {
    let new = NewDownload {
        platform: platform.to_owned(),
        url: format!("https://{platform}.test/abc"),
        video_id: "abc".to_owned(),
        options: MediaOptions::default(),
        known: KnownMedia::default(),
        idempotency: None,
    };
    fixture.db.create_download(user_id, &new).await.unwrap().id
}

#[actix_web::test]
async fn a_profile_tells_usage_and_quota() {
    let fixture = Fixture::start().await;
    let (ada, token) = fixture.member("ada").await;
    ask_for(&fixture, ada, "youtube").await;
    let profile: Profile = fixture.get(Token(&token), "profile").await.read();
    assert_eq!((profile.id, profile.username.as_str()), (ada, "ada"));
    assert_eq!((profile.email.as_str(), profile.role), ("ada@example.org", Role::Admin));
    assert!(profile.is_active && profile.last_login_at >= Some(profile.created_at));
    let usage = Usage { stored_bytes: 0, downloads_today: 1, active_downloads: 1 };
    assert_eq!((profile.usage, profile.quota), (usage, Quota::default()));
}

#[actix_web::test]
async fn activity_is_the_history_of_every_platform_newest_first_in_pages() {
    let fixture = Fixture::start().await;
    let (ada, token) = fixture.member("ada").await;
    let (bob, _) = fixture.member("bob").await;
    let mut asked = Vec::new();
    for platform in ["youtube", "tiktok", "youtube"] {
        asked.push(ask_for(&fixture, ada, platform).await);
    }
    ask_for(&fixture, bob, "youtube").await;
    let first: Page<Download> = fixture.get(Token(&token), "activity?limit=2").await.read();
    let next = format!("activity?limit=2&cursor={}", first.next_cursor.as_ref().unwrap());
    let last: Page<Download> = fixture.get(Token(&token), &next).await.read();
    assert_eq!(last.next_cursor, None);
    let seen: Vec<_> = first.items.iter().chain(&last.items).map(|item| item.id).collect();
    asked.reverse();
    assert_eq!(seen, asked);
}

#[actix_web::test]
async fn a_key_without_the_scope_to_read_reads_nothing() {
    let fixture = Fixture::start().await;
    let ada = fixture.register("ada").await;
    for path in ["profile", "activity", "sessions", "api-keys"] {
        let refused = fixture.get(ApiKey(ada, &[ApiKeyScope::Download]), path).await;
        refused.refused(common_types::ErrorCode::Forbidden);
        let answer = fixture.get(ApiKey(ada, &[ApiKeyScope::Read]), path).await;
        assert!(answer.status.is_success(), "{path}");
    }
}
