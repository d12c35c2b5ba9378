//! Where gateway and service share a disk, the gateway sends the bytes itself, and nobody can tell.

use std::{fs, net::TcpListener, path::PathBuf};

use auth_tokens::{Identity, IdentityKey, Scopes, UserIdentity};
use awc::http::Method;
use common_types::{
    batch::BatchAccepted,
    paths::{DELIVERY_HEADER, IDENTITY_HEADER, STORE_HEADER},
};
use media_store::{Plan, StoreReader};
use serde_json::json;
use service_kit::Clock;
use testkit::{Answer, Client, TestStack, standin::scenarios::OKAY, wait_until};

const SECRET: &str = "a secret for this test alone, and long enough";
const COUNTER: &str = "gateway_handovers_total ";

/// A stack with one file in its store.
struct Delivered {
    stack: TestStack,
    client: Client,
    /// Of the file over HTTP.
    path: String,
    on_disk: PathBuf,
    bytes: Vec<u8>,
}

impl Delivered {
    async fn start() -> Self {
        let stack = TestStack::builder().on_disk().set("INTERNAL_SECRET", SECRET).start().await;
        let client = stack.client().sign_up("reader").await;
        let id = client.download(&json!({ "url": OKAY.url(51), "quality": "360p" })).await;
        let key = client.completed(id).await.file_path.unwrap();
        let on_disk = stack.data_dir().join("media").join(key);
        let bytes = fs::read(&on_disk).unwrap();
        Self { stack, client, path: format!("/api/youtube/single/file/{id}"), on_disk, bytes }
    }

    async fn get(&self, headers: &[(&str, &str)]) -> Answer {
        self.client.get_with(&self.path, headers).await
    }

    /// Asks the service as the gateway does for the user.
    async fn ask_service(&self, method: Method, headers: &[(&str, &str)]) -> Answer {
        let user_id = self.client.whoami().await.id;
        let user =
            UserIdentity { user_id, session_id: None, expires_at: None, scopes: Scopes::All };
        let client_address = Some([127, 0, 0, 1].into());
        let identity = Identity { service: "gateway".into(), user: Some(user), client_address };
        let key = IdentityKey::from_secret(SECRET);
        let identity = key.sign(identity, Clock::system().now()).unwrap();
        let headers = [&[(IDENTITY_HEADER, identity.as_str())], headers].concat();
        let [_, (_, youtube), _] = self.stack.service_urls();
        Client::new(youtube).send(method, &self.path, &headers, None).await
    }

    fn store(&self) -> StoreReader {
        StoreReader::find(&self.stack.data_dir().join("media")).unwrap()
    }
}

/// Has two more files fetched, and gives where both come as one ZIP.
async fn batch(client: &Client) -> String {
    let body = json!({ "urls": [OKAY.url(52), OKAY.url(53)], "quality": "360p" });
    let accepted = client.post("/api/youtube/multi/batch", &body).await.expect(202);
    let id = accepted.json::<BatchAccepted>().batch_id;
    let zip = format!("/api/youtube/multi/batch/{id}/download");
    wait_until("the ZIP is ready", || async { client.get(&zip).await.status == 200 }).await;
    zip
}

/// Records metrics, for this process has none yet, and gives where they are served.
fn record_metrics() -> Client {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    service_kit::metrics::start(free).unwrap();
    Client::new(format!("http://{free}"))
}

/// How many answers the gateway has sent itself.
async fn handovers(metrics: &Client) -> u32 {
    let text = metrics.get("/metrics").await.expect(200).text();
    let line = text.lines().find_map(|line| line.strip_prefix(COUNTER));
    line.map_or(0, |count| count.parse().unwrap())
}

fn assert_no_internals(answer: &Answer) {
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("x-magpie")));
}

#[actix_web::test]
async fn the_gateway_sends_the_bytes_itself_where_it_reads_the_same_store() {
    let metrics = record_metrics();
    let file = Delivered::start().await;
    let zip = batch(&file.client).await;
    let part_of_zip = [("range", "bytes=20-900000")];
    let of_zip = file.client.get_with(&zip, &part_of_zip).await.expect(206);
    let before = handovers(&metrics).await;
    assert!(before >= 2, "{before}");
    let whole = file.get(&[]).await.expect(200);
    assert!(whole.body == file.bytes);
    assert_no_internals(&whole);
    let part = file.get(&[("range", "bytes=1000-70000")]).await.expect(206);
    assert!(part.body == file.bytes[1000..=70000]);
    assert_no_internals(&part);
    assert_eq!(handovers(&metrics).await, before + 2);
    file.client.send(Method::HEAD, &file.path, &[], None).await.expect(200);
    file.get(&[("if-none-match", "*")]).await.expect(304);
    file.get(&[("range", "bytes=999999999-")]).await.expect(416);
    assert_eq!(handovers(&metrics).await, before + 2, "nothing was to be sent");

    // Another store's id, as if the disks were two: the same answer comes through the service.
    let id_of_services = file.store().id().to_owned();
    let id_file = file.stack.data_dir().join("media/.store-id");
    fs::write(id_file, "0198c0de00004000800000000000cafe").unwrap();
    wait_until("the gateway sees another store", || async {
        let before = handovers(&metrics).await;
        file.get(&[]).await.expect(200);
        handovers(&metrics).await == before
    })
    .await;
    let before = handovers(&metrics).await;
    let forged = [(STORE_HEADER, id_of_services.as_str()), (DELIVERY_HEADER, "1")];
    for headers in [&[][..], &forged] {
        let streamed = file.get(headers).await.expect(200);
        assert!(streamed.body == file.bytes);
        assert_no_internals(&streamed);
        let mut names = [&whole, &streamed]
            .map(|answer| answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        names.iter_mut().for_each(|names| names.sort());
        assert_eq!(names[0], names[1]);
        for name in ["content-length", "content-type", "content-disposition", "etag"] {
            assert_eq!(streamed.header(name), whole.header(name), "{name}");
        }
    }
    let streamed = file.client.get_with(&zip, &part_of_zip).await.expect(206);
    assert!(streamed.body == of_zip.body && streamed.header("etag") == of_zip.header("etag"));
    assert_eq!(handovers(&metrics).await, before);
    file.stack.stop().await;
}

#[actix_web::test]
async fn a_service_hands_over_only_to_who_reads_its_store() {
    let file = Delivered::start().await;
    let store = file.store();
    let copy = store.id().replace('-', "-f");
    let ours = [(STORE_HEADER, store.id())];
    for headers in [&[][..], &[(STORE_HEADER, "")], &[(STORE_HEADER, copy.as_str())]] {
        let streamed = file.ask_service(Method::GET, headers).await.expect(200);
        assert!(streamed.body == file.bytes);
        assert_eq!(streamed.header(DELIVERY_HEADER), None);
    }
    let head = file.ask_service(Method::HEAD, &ours).await.expect(200);
    assert_eq!(head.header(DELIVERY_HEADER), None);
    assert_eq!(head.header("content-length"), Some(file.bytes.len().to_string().as_str()));
    let plan = file.ask_service(Method::GET, &ours).await.expect(200);
    assert_eq!(plan.header(DELIVERY_HEADER), Some(file.bytes.len().to_string().as_str()));
    assert_eq!(plan.header("content-length"), Some(plan.body.len().to_string().as_str()));
    let plan = Plan::decode(plan.body).unwrap();
    assert_eq!(plan.size_bytes(), u64::try_from(file.bytes.len()).unwrap());
    file.stack.stop().await;
}

#[actix_web::test]
async fn a_file_that_is_not_what_it_was_is_never_sent() {
    let file = Delivered::start().await;
    let shorter = &file.bytes[..file.bytes.len() / 2];
    fs::write(&file.on_disk, shorter).unwrap();
    assert_eq!(file.get(&[]).await.code(), (500, "internal".to_owned()));
    fs::remove_file(&file.on_disk).unwrap();
    assert_eq!(file.get(&[]).await.code(), (410, "expired".to_owned()));
    file.stack.stop().await;
}
