//! What is another user's does not exist.

use awc::http::Method;
use common_types::download::DownloadList;
use serde_json::json;
use testkit::{Database, TestStack, standin::scenarios::OKAY};

crate::on_both_databases!(a_second_user_sees_nothing_of_the_first);

async fn a_second_user_sees_nothing_of_the_first(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let owner = stack.client().sign_up("owner").await;
    let other = stack.client().sign_up("other").await;
    let id = owner.download(&json!({ "url": OKAY.url(60), "quality": "360p" })).await;
    owner.completed(id).await;
    let path = |verb: &str| format!("/api/youtube/single/{verb}/{id}");
    for (method, path) in [
        (Method::GET, path("status")),
        (Method::GET, path("file")),
        (Method::POST, path("cancel")),
        (Method::POST, path("retry")),
        (Method::DELETE, format!("/api/youtube/single/{id}")),
    ] {
        let answer = other.send(method.clone(), &path, &[], None).await;
        assert_eq!(answer.code(), (404, "not_found".to_owned()), "{method} {path}");
    }
    let list: DownloadList = other.get("/api/youtube/downloads").await.expect(200).json();
    assert!(list.items.is_empty() && list.totals == Default::default());
    let activity = other.get("/api/auth/activity").await.expect(200);
    assert_eq!(activity.json::<serde_json::Value>()["items"], json!([]));
    owner.file(id).await.expect(200);
    stack.stop().await;
}
