//! The document of a platform whose services come and go.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::harness::{Answer, Rig, answer};

async fn document(rig: &Rig) -> (Answer, Value) {
    let got = answer(rig.get("/openapi.json")).await;
    assert_eq!(got.status, 200);
    let document = serde_json::from_slice(&got.body).unwrap();
    (got, document)
}

fn has(document: &Value, path: &str) -> bool {
    document["paths"].get(path).is_some()
}

#[actix_web::test]
async fn a_service_that_is_down_is_left_out_and_said_so_until_it_is_back() {
    let rig = Rig::start().await;
    rig.youtube.state.is_willing.store(false, Ordering::SeqCst);
    let (got, partial) = document(&rig).await;
    assert_eq!(partial["x-missing-services"], json!(["youtube"]));
    assert!(has(&partial, "/health") && has(&partial, "/api/auth/x"));
    assert!(has(&partial, "/api/database/x") && !has(&partial, "/api/youtube/x"));
    assert_eq!((got.header("cache-control"), got.header("etag")), (Some("no-store"), None));

    rig.youtube.state.is_willing.store(true, Ordering::SeqCst);
    let (got, whole) = document(&rig).await;
    assert!(has(&whole, "/api/youtube/x") && whole.get("x-missing-services").is_none());
    assert_eq!(got.header("cache-control"), Some("public, max-age=60"));

    rig.youtube.state.is_willing.store(false, Ordering::SeqCst);
    let (again, kept) = document(&rig).await;
    assert_eq!((again.header("etag"), kept), (got.header("etag"), whole), "a whole one is kept");
    let tags = got.header("etag").unwrap();
    let known = answer(rig.get("/openapi.json").insert_header(("if-none-match", tags))).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    rig.stop().await;
}
