//! Measures a store in a bucket against `s3s-fs` on the same machine: how fast 1 GB goes in and comes
//! out, beside `curl` that follows a link to the same object; when the first byte of a ZIP of 20 files
//! comes; and how much memory that takes.
//!
//! `cargo run --release -p media-store --example bucket`

use std::{
    error::Error,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    pin::pin,
    process::Command,
    sync::Arc,
    time::Instant,
};

use common_types::Timestamp;
use futures_util::TryStreamExt;
use media_store::{Archive, Content, Delivery, Entry, Presented, S3Settings, StorageKey, Store};
use temp_s3::{ACCESS_KEY, BUCKET, PREFIX, SECRET_KEY, TempS3};
use tokio_util::sync::CancellationToken;

const LARGE_MB: u32 = 1000;
const FILES: u32 = 20;
const FILE_MB: u32 = 50;
const ROUNDS: u32 = 3;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = TempS3::start()?;
    let store = Store::open_s3(&settings(&server)).await?;
    let directory = tempfile::tempdir()?;
    println!("open: resident {}", peak_resident()?);
    let large = put(&store, directory.path(), "singlelink/1/large.mp4", LARGE_MB).await?;
    println!("peak resident after the upload: {}", peak_resident()?);
    let content = Content::File { key: large.key.clone(), size_bytes: large.size_bytes };
    let presented = Presented { disposition: "attachment", media_type: "video/mp4" };
    let link = store.link(&large.key, presented).await?.ok_or("no link")?;
    for _ in 0..ROUNDS {
        read(&store, &content, "streamed").await?;
        let curl = Command::new("curl")
            .args(["-s", "-o", "/dev/null", "-w", "%{speed_download}", &link])
            .output()?;
        let speed: f64 = String::from_utf8(curl.stdout)?.parse()?;
        println!("curl: {:.0} MB/s", speed / 1e6);
    }
    let mut entries = Vec::new();
    for number in 1..=FILES {
        let key = format!("multilink/b/{number}.mp4");
        entries.push(put(&store, directory.path(), &key, FILE_MB).await?);
    }
    let archive = Content::Archive(Arc::new(Archive::new(entries)));
    for _ in 0..ROUNDS {
        read(&store, &archive, "ZIP").await?;
    }
    println!("peak resident: {}", peak_resident()?);
    Ok(())
}

fn settings(server: &TempS3) -> S3Settings {
    S3Settings {
        bucket: BUCKET.to_owned(),
        prefix: PREFIX.to_owned(),
        endpoint: Some(server.endpoint()),
        public_endpoint: None,
        region: "us-east-1".to_owned(),
        path_style: true,
        allow_http: true,
        delivery: Delivery::Redirect,
        access_key: ACCESS_KEY.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
async fn put(
    store: &Store,
    directory: &Path,
    key: &str,
    megabytes: u32,
) -> Result<Entry, Box<dyn Error>> {
    let source = directory.join("new");
    write(&source, megabytes)?;
    let key: StorageKey = key.parse()?;
    let begun = Instant::now();
    let put = store.put(&key, &source, &CancellationToken::new()).await?;
    let rate = f64::from(megabytes) / begun.elapsed().as_secs_f64();
    println!("put {megabytes} MB: {rate:.0} MB/s");
    let modified = Timestamp::from_seconds(1_764_000_000);
    let name = key.to_string().replace('/', "_");
    Ok(Entry { name, key, size_bytes: put.size_bytes, crc32: put.crc32, modified })
}

fn write(path: &Path, megabytes: u32) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for word in 0..u64::from(megabytes) * 125_000 {
        file.write_all(&word.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes())?;
    }
    Ok(file.flush()?)
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
async fn read(store: &Store, content: &Content, what: &str) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let mut chunks = pin!(store.read(content, 0..content.size_bytes()));
    let (mut first, mut bytes, mut count) = (None, 0_u64, 0_u32);
    while let Some(chunk) = chunks.try_next().await? {
        first.get_or_insert_with(|| begun.elapsed());
        bytes += u64::try_from(chunk.len())?;
        count += 1;
    }
    let megabytes = f64::from(u32::try_from(bytes / 1_000_000)?);
    let rate = megabytes / begun.elapsed().as_secs_f64();
    let chunk = bytes / u64::from(count.max(1)) / 1024;
    println!("{what}: {rate:.0} MB/s, first byte {first:.1?}, chunks of {chunk} KiB");
    Ok(())
}

fn peak_resident() -> Result<String, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
    Ok(line.trim_start_matches("VmHWM:").trim().to_owned())
}
