//! Where the tools are that a test must find.

use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("testkit lies two levels deep").to_owned()
}

/// The yt-dlp of the engine that `scripts/setup-engine` makes.
pub fn yt_dlp() -> PathBuf {
    let path = repository().join(".engine/bin/yt-dlp");
    assert!(path.exists(), "{} is missing: run scripts/setup-engine", path.display());
    path
}

/// A directory in which stand-ins of all tests share the media that they make once.
pub fn shared_standin_dir() -> PathBuf {
    let exe = std::env::current_exe().expect("a test has an executable");
    // target/<profile>/deps/<test>
    let target = exe.ancestors().nth(3).expect("tests lie in the target directory");
    target.join("standin")
}

/// A directory of binaries that nobody replaces while a long test starts them again and again.
const BINARIES: &str = "E2E_BINARIES";

/// A binary of this workspace, built beside the test.
pub fn binary(name: &str) -> PathBuf {
    let exe = std::env::current_exe().expect("a test has an executable");
    let beside = exe.ancestors().nth(2).expect("tests lie in the target directory");
    let directory = std::env::var_os(BINARIES).map_or_else(|| beside.to_owned(), PathBuf::from);
    let path = directory.join(name);
    assert!(path.exists(), "{} is missing: cargo build --workspace --bins", path.display());
    path
}
