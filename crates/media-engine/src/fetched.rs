//! What a worker says of a file that it has fetched.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::FetchedFile;

/// Where files are put; see `options.py`.
const OUT: &str = "out";

/// A worker's answer; see `download.py`.
#[derive(Deserialize)]
struct RawFile {
    path: PathBuf,
    size: u64,
    id: Option<String>,
    title: Option<String>,
    uploader: Option<String>,
    duration: Option<f64>,
    thumbnail: Option<String>,
    height: Option<u32>,
    vcodec: Option<String>,
    acodec: Option<String>,
}

/// Reads the answer of a worker to which the directory of the job is `inside`, while it rests at
/// `home`. Nothing of the answer is believed that could lead elsewhere.
///
/// # Errors
/// When the answer has another shape, or the file would not be where files are put.
pub(crate) fn read(
    result: serde_json::Value,
    inside: &Path,
    home: &Path,
) -> io::Result<FetchedFile> {
    let raw: RawFile = serde_json::from_value(result)?;
    let name = raw.path.file_name().filter(|name| raw.path == inside.join(OUT).join(name));
    let name = name.ok_or_else(|| io::Error::other("the file is not where it should be"))?;
    let path = home.join(OUT).join(name);
    let ext = path.extension().and_then(OsStr::to_str).filter(|ext| is_plain(ext));
    Ok(FetchedFile {
        ext: ext.ok_or_else(|| io::Error::other("the file has no proper extension"))?.to_owned(),
        path,
        size_bytes: raw.size,
        video_id: raw.id.unwrap_or_default(),
        title: raw.title.unwrap_or_default(),
        uploader: raw.uploader,
        duration_seconds: raw.duration,
        thumbnail_url: raw.thumbnail,
        height: raw.height,
        vcodec: raw.vcodec,
        acodec: raw.acodec,
    })
}

/// Looks at the file once it is out of the worker's reach: a plain file, in a plain directory, of the
/// size that was told.
///
/// # Errors
/// When it is anything else.
pub(crate) fn inspect(file: &FetchedFile) -> io::Result<()> {
    let parent = file.path.parent().map(fs::symlink_metadata).transpose()?;
    let found = fs::symlink_metadata(&file.path)?;
    let is_plain = parent.is_some_and(|parent| parent.is_dir()) && found.is_file();
    if is_plain && found.len() == file.size_bytes {
        return Ok(());
    }
    Err(io::Error::other("the file is not what the worker said"))
}

/// What is nothing but a few small letters and digits.
fn is_plain(ext: &str) -> bool {
    let is_small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=5).contains(&ext.len()) && ext.bytes().all(is_small)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn answer(path: &str) -> io::Result<FetchedFile> {
        let told = serde_json::json!({"path": path, "size": 4, "id": "x", "title": "t"});
        read(told, Path::new("/w/1/j"), Path::new("/jobs/j"))
    }

    #[test]
    fn only_a_file_in_the_jobs_own_directory_is_taken() {
        assert_eq!(answer("/w/1/j/out/x.mp4").unwrap().path, Path::new("/jobs/j/out/x.mp4"));
        for elsewhere in [
            "/etc/passwd.mp4",
            "/w/1/j/x.mp4",
            "/w/1/j/out/../../keys.mp4",
            "/w/1/j/out/deep/x.mp4",
            "/w/1/j/out",
            "/w/1/j/out/..",
            "/w/1/j/out/x",
            "/w/1/j/out/x.MP4",
            "/w/1/j/out/x.m%2f4",
            "out/x.mp4",
            "",
        ] {
            assert!(answer(elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn a_link_or_another_size_is_not_what_was_said() {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("out");
        fs::create_dir(&out).unwrap();
        let mut file = answer("/w/1/j/out/x.mp4").unwrap();
        file.path = out.join("x.mp4");
        assert!(inspect(&file).is_err(), "nothing is there");
        fs::write(&file.path, "four").unwrap();
        assert!(inspect(&file).is_ok());
        fs::write(&file.path, "three").unwrap();
        assert!(inspect(&file).is_err());
        fs::write(home.path().join("secret"), "four").unwrap();
        fs::remove_file(&file.path).unwrap();
        symlink(home.path().join("secret"), &file.path).unwrap();
        assert!(inspect(&file).is_err());
        fs::remove_dir_all(&out).unwrap();
        fs::write(home.path().join("x.mp4"), "four").unwrap();
        symlink(home.path(), &out).unwrap();
        assert!(inspect(&file).is_err());
    }
}
