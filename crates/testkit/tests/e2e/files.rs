//! Files over HTTP: RFC 9110 ranges and conditions, RFC 6266 names.

use awc::http::Method;
use serde_json::json;
use testkit::{
    Answer, Client, TestStack,
    standin::scenarios::{HOSTILE, OKAY},
};
use uuid::Uuid;

async fn stack_with_file() -> (TestStack, Client, Uuid) {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("reader").await;
    let id = client.download(&json!({ "url": OKAY.url(50), "quality": "360p" })).await;
    client.completed(id).await;
    (stack, client, id)
}

#[actix_web::test]
async fn ranges_are_exact_slices_of_the_whole() {
    let (stack, client, id) = stack_with_file().await;
    let path = format!("/api/youtube/single/file/{id}");
    let whole = client.get(&path).await.expect(200);
    let size = whole.body.len();
    assert_eq!(whole.header("content-length"), Some(size.to_string().as_str()));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    for (range, slice) in [
        ("bytes=0-0".to_owned(), 0..1),
        ("bytes=10-".to_owned(), 10..size),
        ("bytes=-7".to_owned(), size - 7..size),
        (format!("bytes=5-{}", size * 2), 5..size),
    ] {
        let part = client.get_with(&path, &[("range", &range)]).await.expect(206);
        assert_eq!(part.body, whole.body.slice(slice.clone()), "{range}");
        let named = format!("bytes {}-{}/{size}", slice.start, slice.end - 1);
        assert_eq!(part.header("content-range"), Some(named.as_str()));
        assert_eq!(part.header("content-length"), Some(slice.len().to_string().as_str()));
    }
    let beyond = format!("bytes={size}-");
    let refused = client.get_with(&path, &[("range", &beyond)]).await;
    assert_eq!(refused.status, 416);
    assert_eq!(refused.header("content-range"), Some(format!("bytes */{size}").as_str()));
    client.get_with(&path, &[("range", "bytes=0-1,4-5")]).await.expect(200);
    stack.stop().await;
}

#[actix_web::test]
async fn conditions_are_honoured() {
    let (stack, client, id) = stack_with_file().await;
    let path = format!("/api/youtube/single/file/{id}");
    let head = client.send(Method::HEAD, &path, &[], None).await.expect(200);
    assert!(head.body.is_empty());
    let whole = client.get(&path).await.expect(200);
    for name in ["content-length", "etag", "last-modified", "content-type", "content-disposition"] {
        assert!(head.header(name).is_some(), "{name}");
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
    let range = [("range", "bytes=0-1")];
    let head_of_part = client.send(Method::HEAD, &path, &range, None).await.expect(200);
    assert_eq!(head_of_part.header("content-length"), whole.header("content-length"));
    let etag = whole.header("etag").unwrap();
    assert!(etag.starts_with('"'), "strong");
    let modified = whole.header("last-modified").unwrap();
    let get = async |headers: &[(&str, &str)]| -> Answer { client.get_with(&path, headers).await };
    for headers in
        [[("if-none-match", etag)], [("if-none-match", "*")], [("if-modified-since", modified)]]
    {
        let answer = get(&headers).await.expect(304);
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("etag"), Some(etag));
    }
    get(&[("if-none-match", "\"other\"")]).await.expect(200);
    for (condition, status) in [(etag, 206), ("\"other\"", 200), (modified, 206)] {
        get(&[("range", "bytes=0-1"), ("if-range", condition)]).await.expect(status);
    }
    let weak = format!("W/{etag}");
    get(&[("range", "bytes=0-1"), ("if-range", &weak)]).await.expect(200);
    stack.stop().await;
}

#[actix_web::test]
async fn hostile_titles_are_harmless_names() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("brave").await;
    let mut ids = Vec::new();
    for number in 1..=19 {
        let request = json!({ "url": HOSTILE.url(number), "format": "m4a" });
        ids.push((number, client.download(&request).await));
    }
    for (number, id) in ids {
        let download = client.completed(id).await;
        let path = download.file_path.unwrap();
        assert!(path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte)));
        assert!(!path.contains("..") && path.starts_with(&format!("singlelink/{id}/")), "{path}");
        let name = download.filename.unwrap();
        assert!(name.len() <= 200 && !name.contains(['/', '\\', '"', '\n', '\r', '\0']), "{name}");
        let answer = client.file(id).await.expect(200);
        let disposition = answer.header("content-disposition").unwrap();
        assert!(disposition.is_ascii() && disposition.starts_with("attachment; filename=\""));
        assert_eq!(disposition.matches('"').count(), 2, "{number}: {disposition}");
        assert!(disposition.contains("filename*=UTF-8''"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    stack.stop().await;
}
