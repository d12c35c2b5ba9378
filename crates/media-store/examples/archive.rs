//! Measures what delivery costs without HTTP: a virtual ZIP of 20 files of 50 MB, warm in the page
//! cache, beside the same bytes read as single files; and how long the largest archives take to lay
//! out. The chunks are dropped unread, so that only the reading side is counted.
//!
//! `cargo run --release -p media-store --example archive`

use std::{
    error::Error,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use common_types::Timestamp;
use futures_util::{Stream, TryStreamExt};
use media_store::{Archive, Content, Entry, LocalStore, StoreError, numbered_name};

const FILES: u32 = 20;
const FILE_WORDS: u32 = 50_000_000 / 8;
const ROUNDS: usize = 21;
const MANY: u32 = 70_000;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let store = LocalStore::open(&directory.path().join("media"))?;
    let entries = (1..=FILES).map(|number| put(&store, directory.path(), number));
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    let archive = Arc::new(Archive::new(entries.clone()));

    let (mut zipped, mut single) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        zipped.push(read_to_end(&store, &archive, 0).await?);
        let mut files = Read::default();
        for entry in &entries {
            let (key, size_bytes) = (entry.key.clone(), entry.size_bytes);
            let stream = Content::File { key, size_bytes }.read(store.reader(), 0..size_bytes);
            files.add(&Read::measure(Instant::now(), stream).await?);
        }
        single.push(files);
    }
    println!("ZIP of {FILES} x 50 MB: {}", summary(zipped)?);
    println!("the files, one by one: {}", summary(single)?);
    println!("peak resident: {}", peak_resident()?);

    let large = Arc::new(Archive::new(vec![put_sparse(&store, directory.path())?]));
    println!("ZIP of 6 GiB, sparse: {}", summary(vec![read_to_end(&store, &large, 0).await?])?);
    println!("peak resident: {}", peak_resident()?);

    let template = entries.first().ok_or("no entries")?;
    let many: Vec<_> = (1..=MANY).map(|number| renamed(template, number)).collect();
    let begun = Instant::now();
    let many = Arc::new(Archive::new(many));
    let (laid_out, begun) = (begun.elapsed(), Instant::now());
    let tag = many.etag();
    println!("{MANY} entries: laid out in {laid_out:.1?}, tag {tag} in {:.1?}", begun.elapsed());
    let tail = read_to_end(&store, &many, many.size_bytes() - 64).await?;
    println!("its last 64 bytes: {:.1?}", tail.wall);
    Ok(())
}

async fn read_to_end(
    store: &LocalStore,
    archive: &Arc<Archive>,
    from: u64,
) -> Result<Read, Box<dyn Error>> {
    let begun = Instant::now();
    let range = from..archive.size_bytes();
    let content = Content::Archive(Arc::clone(archive));
    Read::measure(begun, content.read(store.reader(), range)).await
}

/// Bytes that do not repeat within a file; what they are makes no difference to a stored entry.
fn put(store: &LocalStore, directory: &Path, number: u32) -> Result<Entry, Box<dyn Error>> {
    let mut state = u64::from(number);
    let source = directory.join("new");
    let mut file = BufWriter::new(File::create(&source)?);
    for _ in 0..FILE_WORDS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        file.write_all(&state.to_le_bytes())?;
    }
    file.flush()?;
    stored(store, &source, number)
}

fn put_sparse(store: &LocalStore, directory: &Path) -> Result<Entry, Box<dyn Error>> {
    let source = directory.join("new");
    File::create(&source)?.set_len(6 << 30)?;
    stored(store, &source, FILES + 1)
}

fn stored(store: &LocalStore, source: &Path, number: u32) -> Result<Entry, Box<dyn Error>> {
    let key = format!("playlist/bench/{number}.mp4").parse()?;
    let put = store.put(&key, source)?;
    let modified = Timestamp::from_seconds(1_764_000_000);
    let name = numbered_name(number, u64::from(FILES), "Title.mp4");
    Ok(Entry { name, key, size_bytes: put.size_bytes, crc32: put.crc32, modified })
}

fn renamed(entry: &Entry, number: u32) -> Entry {
    Entry { name: numbered_name(number, u64::from(MANY), "Title.mp4"), ..entry.clone() }
}

/// What reading something to its end took.
#[derive(Default)]
struct Read {
    bytes: u64,
    first_chunk: Duration,
    wall: Duration,
    cpu_ms: f64,
}

impl Read {
    async fn measure(
        begun: Instant,
        stream: impl Stream<Item = Result<Bytes, StoreError>>,
    ) -> Result<Self, Box<dyn Error>> {
        let cpu_before = cpu_ms()?;
        let mut stream = pin!(stream);
        let mut read = Self::default();
        while let Some(chunk) = stream.try_next().await? {
            if read.bytes == 0 {
                read.first_chunk = begun.elapsed();
            }
            read.bytes += u64::try_from(chunk.len())?;
        }
        read.wall = begun.elapsed();
        read.cpu_ms = cpu_ms()? - cpu_before;
        Ok(read)
    }

    fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.first_chunk = self.first_chunk.max(other.first_chunk);
        self.wall += other.wall;
        self.cpu_ms += other.cpu_ms;
    }
}

/// Medians; the CPU time is that of all rounds, since it is counted in hundredths of a second.
fn summary(mut reads: Vec<Read>) -> Result<String, Box<dyn Error>> {
    reads.sort_by_key(|read| read.wall);
    let (fastest, slowest) = (reads.first().ok_or("no rounds")?, reads.last().ok_or("no rounds")?);
    let median = reads.get(reads.len() / 2).ok_or("no rounds")?;
    let cpu_seconds = reads.iter().map(|read| read.cpu_ms).sum::<f64>() / 1000.0;
    let all = reads.iter().map(|read| read.bytes).sum();
    Ok(format!(
        "{:.0} MB/s, {:.3} CPU s/GB, first chunk after {:.2?}, whole in {:.0?} [{:.0?}..{:.0?}]",
        gigabytes(median.bytes) * 1000.0 / median.wall.as_secs_f64(),
        cpu_seconds / gigabytes(all),
        median.first_chunk,
        median.wall,
        fastest.wall,
        slowest.wall,
    ))
}

fn gigabytes(bytes: u64) -> f64 {
    // A way from u64 to f64 without a cast: nanoseconds to seconds.
    Duration::from_nanos(bytes).as_secs_f64()
}

fn peak_resident() -> Result<String, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.unwrap_or("unknown").trim().to_owned())
}

/// What this process has used of the processors, in milliseconds; Linux counts in hundredths of a
/// second (proc(5), `stat`, fields 14 and 15).
fn cpu_ms() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("no fields")?;
    let ticks: Vec<f64> =
        fields.split(' ').skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() * 10.0)
}
