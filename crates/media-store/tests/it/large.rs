//! Where a value does not fit, and only there, the archive is a ZIP64.

use std::{
    fs::{self, File},
    io::Read,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use media_store::{Archive, Entry, LocalStore, numbered_name};

use crate::{
    fixture::{put, put_sparse, read, read_all, store},
    tools::run,
};

const SMALL: &[u8] = b"behind the large one";
/// The last value that 32 bits can say without meaning "look elsewhere".
const LAST_32: u64 = 0xffff_fffe;
/// A local header with the name `large.mp4`.
const HEADER: u64 = 30 + 9;
/// Prints the sizes of the entries and the content of the second.
const PYTHON: &str = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); \
    print(*[i.file_size for i in z.infolist()], z.read(z.infolist()[1]).decode())";

/// An archive of a large sparse file and a small one, itself written to a sparse file.
async fn large_archive(
    directory: &Path,
    store: &LocalStore,
    large: u64,
) -> (Arc<Archive>, PathBuf) {
    let root = directory.join("media");
    let archive = Arc::new(Archive::new(vec![
        put_sparse(&root, "multilink/l/1.mp4", "large.mp4", large),
        put(directory, store, "multilink/l/2.mp4", "small.mp4", SMALL),
    ]));
    let size = archive.size_bytes();
    let path = directory.join("large.zip");
    let file = File::create(&path).unwrap();
    file.set_len(size).unwrap();
    for range in [0..4096, large..size] {
        let bytes = read(store, &archive, range.clone()).await.unwrap();
        assert_eq!(u64::try_from(bytes.len()).unwrap(), range.end - range.start);
        file.write_all_at(&bytes, range.start).unwrap();
    }
    (archive, path)
}

#[tokio::test]
async fn on_either_side_of_every_limit_others_understand_it() {
    // The size fits or not; the offset of the second entry fits or not; all of it is far beyond.
    let sizes = [LAST_32 - HEADER, LAST_32 - HEADER + 1, LAST_32, LAST_32 + 1, 6 << 30];
    for large in sizes {
        let (directory, store) = store();
        let (_, path) = large_archive(directory.path(), &store, large).await;
        let mut opened = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
        assert_eq!(opened.by_index(0).unwrap().size(), large);
        let mut small = Vec::new();
        opened.by_name("small.mp4").unwrap().read_to_end(&mut small).unwrap();
        assert_eq!(small, SMALL);
        let small = String::from_utf8_lossy(SMALL);
        let printed = run("python3", &["-c", PYTHON], &path, directory.path());
        assert_eq!(printed.trim(), format!("{large} {} {small}", SMALL.len()));
        for (tool, list) in [("unzip", "-l"), ("7z", "l"), ("bsdtar", "-tvf")] {
            // At this one size Info-ZIP takes the true value for the sign that it stands elsewhere,
            // whoever wrote the archive.
            if tool == "unzip" && large == LAST_32 + 1 {
                continue;
            }
            let printed = run(tool, &[list], &path, directory.path());
            assert!(printed.contains(&large.to_string()), "{tool} {large}: {printed}");
        }
    }
}

#[tokio::test]
async fn what_fits_is_no_zip64() {
    let (directory, store) = store();
    let plain = |large: u64| large + SMALL_BYTES + 2 * HEADER + 2 * (46 + 9) + 22;
    let fits = LAST_32 - HEADER - SMALL_BYTES - HEADER;
    let (archive, _) = large_archive(directory.path(), &store, fits).await;
    assert_eq!(archive.size_bytes(), plain(fits));
    let (archive, _) = large_archive(directory.path(), &store, fits + 1).await;
    assert_eq!(archive.size_bytes(), plain(fits + 1) + 56 + 20, "the directory lies too far off");
    let (archive, _) = large_archive(directory.path(), &store, LAST_32 + 1).await;
    // The field of the first entry in both of its headers, and of the second's offset.
    assert_eq!(archive.size_bytes(), plain(LAST_32 + 1) + 56 + 20 + 20 + 20 + 12);
}

const SMALL_BYTES: u64 = 20;

fn many(directory: &Path, store: &LocalStore, count: u32) -> Arc<Archive> {
    let first = put(directory, store, "multilink/m/1.mp4", "1", b"x");
    let entry =
        |number| Entry { name: numbered_name(number, count.into(), "a.mp4"), ..first.clone() };
    Arc::new(Archive::new((1..=count).map(entry).collect()))
}

#[tokio::test]
async fn more_than_65535_entries_are_counted_right() {
    let (directory, store) = store();
    let archive = many(directory.path(), &store, 70_000);
    let path = directory.path().join("many.zip");
    fs::write(&path, read_all(&store, &archive).await).unwrap();
    let opened = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
    assert_eq!(opened.len(), 70_000);
    assert!(opened.index_for_name("70000_a.mp4").is_some());
    let count = "import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).namelist()))";
    assert_eq!(run("python3", &["-c", count], &path, directory.path()).trim(), "70000");
    for (tool, list) in [("unzip", "-Z1"), ("bsdtar", "-tf")] {
        let printed = run(tool, &[list], &path, directory.path());
        assert_eq!(printed.lines().count(), 70_000, "{tool}");
    }
    let printed = run("7z", &["l"], &path, directory.path());
    assert!(printed.contains("70000 files"), "7z");
}
