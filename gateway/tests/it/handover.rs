//! Bytes that the gateway sends itself, when the service says so and may.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actix_web::web::Bytes;
use awc::http::Method;
use common_types::{
    Timestamp,
    paths::{DELIVERY_HEADER, STORE_HEADER},
};
use futures_util::StreamExt;
use gateway::{Options, Timeouts};
use media_store::{Archive, Content, Entry, LocalStore, Plan, StorageKey};

use crate::harness::{Answer, Rig, Setup, answer, answer_with, eventually};

const PATH: &str = "/api/youtube/handover";
const SECRET: &[u8] = b"nobody may see this";

/// A gateway that reads the disk of a store.
struct Shared {
    rig: Rig,
    store: LocalStore,
    directory: tempfile::TempDir,
}

impl Shared {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("media");
        let store = LocalStore::open(&root).unwrap();
        let setup =
            Setup::default().with("MAGPIE_STORAGE_URL", format!("file://{}", root.display()));
        Self { rig: setup.start().await, store, directory }
    }

    async fn stop(self) {
        self.rig.stop().await;
    }

    fn path(&self, key: &str) -> PathBuf {
        self.directory.path().join("media").join(key)
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Content {
        let source = self.directory.path().join("new");
        fs::write(&source, bytes).unwrap();
        let key: StorageKey = key.parse().unwrap();
        let put = self.store.put(&key, &source).unwrap();
        Content::File { key, size_bytes: put.size_bytes }
    }

    /// Has the service answer like this.
    fn answers(&self, status: u16, length: impl ToString, plan: impl Into<Bytes>) {
        let handover = (status, length.to_string(), plan.into());
        *self.rig.youtube.state.handover.lock().unwrap() = handover;
    }

    fn plans(&self, plan: &Plan) {
        self.answers(200, plan.size_bytes(), plan.encoded());
    }

    async fn get(&self) -> Answer {
        answer(self.rig.get(PATH).bearer_auth(self.rig.token())).await
    }

    /// The gateway refuses, and says nothing of why.
    async fn assert_refused(&self, what: &str) {
        let refused = self.get().await;
        assert_eq!((refused.status, refused.code().as_str()), (502, "bad_gateway"), "{what}");
        let text = String::from_utf8_lossy(&refused.body);
        assert!(!text.contains("media") && !text.contains("plan"), "{what}: {text}");
        assert!(!refused.body.windows(SECRET.len()).any(|part| part == SECRET), "{what}");
        assert_no_internals(&refused);
    }
}

fn assert_no_internals(answer: &Answer) {
    let internal = answer.headers.keys().find(|name| name.as_str().starts_with("x-magpie"));
    assert_eq!(internal, None);
}

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

/// A plan with one piece of a file, whatever it is called.
fn plan_of(key: &str, size: u64, start: u64, end: u64) -> Vec<u8> {
    let mut plan = b"plan-1\n\x01".to_vec();
    for number in [size, start, end] {
        plan.extend(number.to_le_bytes());
    }
    plan.extend(u16::try_from(key.len()).unwrap().to_le_bytes());
    plan.extend(key.as_bytes());
    plan
}

fn entry(shared: &Shared, number: u32, content: &[u8]) -> Entry {
    let key = format!("multilink/b/{number}.mp4");
    let Content::File { key, size_bytes } = shared.put(&key, content) else { panic!("a file") };
    let name = format!("{number}.mp4");
    Entry { name, key, size_bytes, crc32: 0, modified: Timestamp::from_seconds(0) }
}

#[actix_web::test]
async fn what_the_plan_says_is_sent_under_the_services_head() {
    let shared = Shared::start().await;
    let whole = bytes(3_500_000);
    let content = shared.put("singlelink/1/a.mp4", &whole);
    for range in [0..3_500_000, 0..1, 1_048_575..2_097_153, 3_499_999..3_500_000, 7..7] {
        let plan = content.plan(range.clone()).unwrap();
        shared.answers(206, plan.size_bytes(), plan.encoded());
        let got = shared.get().await;
        let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        assert_eq!((got.status, got.header("etag")), (206, Some("\"e\"")));
        assert_eq!(got.header("content-range"), Some("bytes 1-2/3"));
        assert_eq!(got.header("content-type"), Some("video/mp4"));
        assert_eq!(got.header("content-length"), Some(range.len().to_string().as_str()));
        assert!(got.body == whole[range.clone()], "{range:?}");
        assert_no_internals(&got);
    }
    shared.stop().await;
}

#[actix_web::test]
async fn any_part_of_an_archive_is_sent_like_a_file() {
    let shared = Shared::start().await;
    let entries = [(1, 1_500_000), (2, 0), (3, 10)];
    let entries = entries.map(|(number, size)| entry(&shared, number, &bytes(size)));
    let archive = Content::Archive(Arc::new(Archive::new(entries.to_vec())));
    let size = archive.size_bytes();
    let chunks: Vec<_> = archive.read(shared.store.reader(), 0..size).collect().await;
    let whole = chunks.into_iter().map(Result::unwrap).collect::<Vec<_>>().concat();
    for range in [0..size, 3..1_400_000, 1_500_000..size, size - 30..size] {
        shared.plans(&archive.plan(range.clone()).unwrap());
        let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        assert!(shared.get().await.body == whole[range.clone()], "{range:?}");
    }
    shared.stop().await;
}

#[actix_web::test]
async fn the_store_is_offered_by_the_gateway_alone_and_only_to_who_delivers() {
    let shared = Shared::start().await;
    let rig = &shared.rig;
    let offered = async |method: Method, path: &str| {
        let request = rig.request(method, path).bearer_auth(rig.token());
        let request = request.insert_header((STORE_HEADER, "forged"));
        let request = request.insert_header((DELIVERY_HEADER, "5"));
        let request = request.insert_header(("x_magpie_store", "forged"));
        let request = request.insert_header(("connection", "x-magpie-store"));
        let seen = answer(request).await.seen();
        assert!(!seen.headers.contains_key(DELIVERY_HEADER));
        assert!(!seen.headers.values().any(|value| value == "forged"));
        seen.headers.get(STORE_HEADER).cloned()
    };
    let id = Some(shared.store.reader().id().to_owned());
    assert_eq!(offered(Method::GET, "/api/youtube/x").await, id);
    assert_eq!(offered(Method::POST, "/api/youtube/x").await, None);
    assert_eq!(offered(Method::GET, "/api/auth/x").await, None);
    assert_eq!(offered(Method::GET, "/api/database/x").await, None);
    shared.stop().await;
}

#[actix_web::test]
async fn a_plan_that_nobody_asked_for_is_not_believed() {
    let shared = Shared::start().await;
    shared.plans(&shared.put("singlelink/1/a.mp4", SECRET).plan(0..5).unwrap());
    let rig = &shared.rig;
    let posted = answer_with(rig.post(PATH).bearer_auth(rig.token()), "x").await;
    assert_eq!(posted.code(), "bad_gateway");
    let head = answer(rig.request(Method::HEAD, PATH).bearer_auth(rig.token())).await;
    assert_eq!(head.status, 502);
    assert_no_internals(&head);
    let plan = rig.youtube.state.handover.lock().unwrap().clone();
    for (stub, path) in
        [(&rig.auth, "/api/auth/handover"), (&rig.database, "/api/database/handover")]
    {
        *stub.state.handover.lock().unwrap() = plan.clone();
        let refused = answer(rig.get(path).bearer_auth(rig.token())).await;
        assert_eq!(refused.code(), "bad_gateway");
        assert_no_internals(&refused);
    }
    shared.stop().await;

    let rig = Rig::start().await;
    *rig.youtube.state.handover.lock().unwrap() = plan;
    let refused = answer(rig.get(PATH).bearer_auth(rig.token())).await;
    assert_eq!(refused.code(), "bad_gateway", "this gateway reads no store");
    rig.stop().await;
}

#[actix_web::test]
async fn nothing_outside_the_store_is_ever_sent() {
    let shared = Shared::start().await;
    let secret = shared.directory.path().join("secret");
    fs::write(&secret, SECRET).unwrap();
    let length = u64::try_from(SECRET.len()).unwrap();
    fs::create_dir_all(shared.path("singlelink/1")).unwrap();
    symlink(&secret, shared.path("singlelink/1/a.mp4")).unwrap();
    symlink(shared.directory.path(), shared.path("up")).unwrap();
    fs::hard_link(&secret, shared.path("singlelink/1/b.mp4")).unwrap();
    let absolute = secret.to_str().unwrap();
    let keys = [
        "../secret",
        "singlelink/../../secret",
        "singlelink/1/../../../secret",
        absolute,
        "/etc/passwd",
        "singlelink/1/a.mp4",
        "singlelink/1/b.mp4",
        "up/secret",
        ".store-id",
        "singlelink/1",
        "",
        "a\0b",
    ];
    for key in keys {
        shared.answers(200, length, plan_of(key, length, 0, length));
        shared.assert_refused(key).await;
    }
    shared.stop().await;
}

#[actix_web::test]
async fn a_plan_that_is_not_exact_is_refused() {
    let shared = Shared::start().await;
    let key = "singlelink/1/a.mp4";
    shared.put(key, b"0123456789");
    let good = plan_of(key, 10, 0, 10);
    shared.answers(200, 10, good.clone());
    assert_eq!(shared.get().await.body, b"0123456789");
    let large = [b"plan-1\n".to_vec(), good[7..].repeat(30_000)].concat();
    assert!(large.len() > Plan::MAX_BYTES);
    shared.answers(200, 10, plan_of("singlelink/1/b.mp4", 10, 0, 10));
    let gone = shared.get().await;
    assert_eq!((gone.status, gone.code().as_str()), (410, "expired"), "no such file");
    for (what, status, length, plan) in [
        ("the file is longer", 200, "9", plan_of(key, 9, 0, 9)),
        ("the file is shorter", 200, "11", plan_of(key, 11, 0, 11)),
        ("beyond the file", 200, "11", plan_of(key, 10, 0, 11)),
        ("backwards", 200, "10", plan_of(key, 10, 9, 1)),
        ("an overflow", 200, "0", plan_of(key, u64::MAX, 0, u64::MAX).repeat(2)),
        ("more than announced", 200, "9", good.clone()),
        ("less than announced", 200, "11", good.clone()),
        ("no number", 200, "many", good.clone()),
        ("a status without a body", 204, "10", good.clone()),
        ("not an answer with a file", 404, "10", good.clone()),
        ("another format", 200, "10", [b"plan-2\n", &good[7..]].concat()),
        ("cut", 200, "10", good[..good.len() - 1].to_vec()),
        ("an unknown piece", 200, "10", [&good[..], b"\x07"].concat()),
        ("bytes that do not come", 200, "10", [&good[..], b"\0\xff\xff\xff\xff"].concat()),
        ("too large", 200, "300000", large),
        ("nothing", 200, "0", Vec::new()),
    ] {
        shared.answers(status, length, plan);
        shared.assert_refused(what).await;
    }
    shared.stop().await;
}

/// Reads an answer that was begun, and says whether it came to its end.
async fn is_whole(shared: &Shared, then: impl FnOnce(&Path)) -> bool {
    let rig = &shared.rig;
    let mut response = rig.get(PATH).bearer_auth(rig.token()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    then(&shared.path("multilink/b/2.mp4"));
    let length = response.headers().get("content-length").unwrap().to_str().unwrap();
    let (length, mut read) = (length.parse::<usize>().unwrap(), 0);
    while let Some(piece) = response.next().await {
        let Ok(piece) = piece else { return false };
        read += piece.len();
    }
    read == length
}

#[actix_web::test]
async fn a_file_that_goes_or_shrinks_in_the_middle_cuts_the_answer() {
    let shared = Shared::start().await;
    let size = 64 << 20;
    let entries = [entry(&shared, 1, b"small"), entry(&shared, 2, &bytes(size))];
    let archive = Content::Archive(Arc::new(Archive::new(entries.to_vec())));
    shared.plans(&archive.plan(0..archive.size_bytes()).unwrap());
    assert!(is_whole(&shared, |_| {}).await);
    let shrink = |path: &Path| {
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(100).unwrap();
    };
    assert!(!is_whole(&shared, shrink).await, "shrunk");

    // The first file is more than is read before the head, the second is gone by then.
    let entries = [entry(&shared, 1, &bytes(4 << 20)), entry(&shared, 2, b"x")];
    let archive = Content::Archive(Arc::new(Archive::new(entries.to_vec())));
    shared.plans(&archive.plan(0..archive.size_bytes()).unwrap());
    fs::remove_file(shared.path("multilink/b/2.mp4")).unwrap();
    assert!(!is_whole(&shared, |_| {}).await, "gone");
    shared.stop().await;
}

#[actix_web::test]
async fn a_store_made_or_replaced_later_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("media");
    let store_poll = Duration::from_millis(20);
    let timeouts = Timeouts { store_poll, ..Timeouts::default() };
    let options = Options { timeouts, ..Options::default() };
    let setup = Setup { options, ..Setup::default() };
    let rig = setup.with("MAGPIE_STORAGE_URL", format!("file://{}", root.display())).start().await;
    let offered = async || {
        let seen = answer(rig.get("/api/youtube/x").bearer_auth(rig.token())).await.seen();
        seen.headers.get(STORE_HEADER).cloned()
    };
    assert_eq!(offered().await, None);
    for _ in 0..2 {
        let store = LocalStore::open(&root).unwrap();
        let id = Some(store.reader().id().to_owned());
        eventually("the store is found", || async { offered().await == id }).await;
        fs::remove_dir_all(&root).unwrap();
        eventually("it is gone", || async { offered().await.is_none() }).await;
    }
    rig.stop().await;
}
