//! The tools that people have: Info-ZIP, 7-Zip, libarchive and Python. A test fails where one is
//! missing; `scripts/setup test` installs them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use media_store::{Archive, Entry, LocalStore, file_name, numbered_name, unique_names};
use unicode_normalization::UnicodeNormalization;

use crate::fixture::{content, put, read_all, some_entries, store};

/// What each checks an archive with, and how it unpacks one into the directory it is run in.
const TOOLS: [(&str, &[&str], &[&str]); 4] = [
    ("unzip", &["-tqq"], &["-qq"]),
    ("7z", &["t"], &["x"]),
    ("bsdtar", &["-tf"], &["-xf"]),
    ("python3", &["-c", PYTHON_TEST], &["-c", PYTHON_UNPACK]),
];
const PYTHON_TEST: &str =
    "import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)";
const PYTHON_UNPACK: &str = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall()";

/// Runs a tool in `directory` and gives what it printed.
pub(crate) fn run(tool: &str, arguments: &[&str], archive: &Path, directory: &Path) -> String {
    let mut command = Command::new(tool);
    command.args(arguments).arg(archive).current_dir(directory).env("LC_ALL", "C.UTF-8");
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{tool} must be installed: {error}"));
    let (out, err) = (&output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{tool} {arguments:?}: {err}");
    String::from_utf8_lossy(out).into_owned()
}

/// Every tool checks the archive and unpacks exactly the entries from it, and nothing elsewhere.
async fn all_unpack(directory: &Path, store: &LocalStore, entries: &[Entry], contents: &[Vec<u8>]) {
    let archive = Arc::new(Archive::new(entries.to_vec()));
    let path = directory.join("all.zip");
    fs::write(&path, read_all(store, &archive).await).unwrap();
    let names = entries.iter().map(|entry| composed(&entry.name));
    let expected: BTreeMap<_, _> = names.zip(contents.iter().cloned()).collect();
    for (tool, test, unpack) in TOOLS {
        // Room above, where a name with `..` would land.
        let above = directory.join(tool);
        let out = above.join("a/b");
        fs::create_dir_all(&out).unwrap();
        run(tool, test, &path, &out);
        run(tool, unpack, &path, &out);
        assert_eq!(files_in(&out), expected, "{tool}");
        let others: Vec<PathBuf> =
            [&above, &above.join("a")].iter().flat_map(|at| list(at)).collect();
        assert_eq!(others, [above.join("a"), out], "{tool}");
    }
}

/// libarchive composes accents when it unpacks, as macOS takes them apart.
fn composed(name: &str) -> String {
    name.nfc().collect()
}

fn list(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn files_in(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let name = |path: &Path| composed(path.file_name().unwrap().to_str().unwrap());
    list(directory).iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

#[tokio::test]
async fn every_tool_unpacks_exactly_what_was_put_in() {
    let (directory, store) = store();
    let (entries, contents) = some_entries(directory.path(), &store);
    all_unpack(directory.path(), &store, &entries, &contents).await;
}

#[tokio::test]
async fn hostile_titles_unpack_where_they_should() {
    let titles = [
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        "C:\\Windows\\x",
        "a/../../b",
        "CON",
        "nul.txt",
        "",
        "line\r\nbreak",
        "nul\0byte",
        "gpj\u{202e}exe",
        "-rf",
        "~root",
        "$(id)",
        "`id`",
        "*",
        "%00",
        "ünïcödé",
        "u\u{308}",
        "ü",
        "👩‍👩‍👧",
        "   ",
        "...",
    ];
    let (directory, store) = store();
    let long = "é".repeat(400);
    let all = titles.iter().copied().chain([long.as_str(), long.as_str(), "", "con"]);
    let names = unique_names(all.map(|title| file_name(title, "mp4")));
    let contents: Vec<_> = (0..names.len()).map(|seed| content(seed, 10 + seed)).collect();
    let entries = names.iter().zip(&contents).enumerate().map(|(number, (name, bytes))| {
        put(directory.path(), &store, &format!("multilink/h/{number}.mp4"), name, bytes)
    });
    let entries: Vec<_> = entries.collect();
    all_unpack(directory.path(), &store, &entries, &contents).await;
}

#[tokio::test]
async fn a_playlist_unpacks_in_its_order() {
    let (directory, store) = store();
    let name = |index| numbered_name(index, 1200, &file_name("a/b: c", "mp4"));
    let entries = [1, 2, 1200].map(|index| {
        put(directory.path(), &store, &format!("playlist/p/{index}.mp4"), &name(index), b"x")
    });
    assert_eq!(
        entries.each_ref().map(|entry| entry.name.as_str()),
        ["0001_a_b_ c.mp4", "0002_a_b_ c.mp4", "1200_a_b_ c.mp4",]
    );
    let contents = vec![b"x".to_vec(); 3];
    all_unpack(directory.path(), &store, &entries, &contents).await;
}
