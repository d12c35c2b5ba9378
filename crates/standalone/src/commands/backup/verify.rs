//! Checking a backup: that all of it is there, as it was, and that its parts agree.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Lines},
    path::Path,
    pin::pin,
};

use db_service::admin::{self, Admin, Copied};
use futures_util::StreamExt;
use media_store::{Content, StorageKey, Store};
use platform_kit::upkeep;
use serde::Serialize;
use service_kit::{Chain, config::Storage};

use super::{
    files::{self, Sum},
    manifest::{self, FileLine, FileState, Manifest, Part},
};
use crate::commands::outcome::CommandError;

/// So many problems are told; more say nothing new.
const MOST: usize = 20;

/// A backup that was looked at.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Verified {
    pub(in crate::commands) manifest: Manifest,
    /// Empty where all is well.
    pub(in crate::commands) problems: Vec<String>,
}

impl Verified {
    fn add(&mut self, problem: String) {
        if self.problems.len() < MOST {
            self.problems.push(problem);
        }
    }
}

/// Checks the backup in `directory`, its files too where it has them.
pub(in crate::commands) fn alone(directory: &Path) -> Result<Verified, CommandError> {
    let manifest = Manifest::read(directory)?;
    let mut verified = Verified { manifest: manifest.clone(), problems: Vec::new() };
    let copy = [&manifest.database.copy, &manifest.files.list];
    for part in copy.into_iter().chain(&manifest.secrets) {
        check_part(directory, part, &mut verified);
    }
    // What is damaged need not be read any further.
    if verified.problems.is_empty() {
        check_database(directory, &mut verified)?;
        check_included(directory, &mut verified)?;
    }
    Ok(verified)
}

/// As [`alone`]; where the backup has only a list of files, those in the store are checked.
pub(super) async fn with_store(
    directory: &Path,
    storage: &Storage,
) -> Result<Verified, CommandError> {
    let mut verified = alone(directory)?;
    if verified.manifest.files.are_included || !verified.problems.is_empty() {
        return Ok(verified);
    }
    if verified.manifest.files.count == 0 {
        return Ok(verified);
    }
    if storage.directory().is_some_and(|root| !root.exists()) {
        verified.add("the store is not here, and the backup has no files of its own".to_owned());
        return Ok(verified);
    }
    let store = upkeep::open_store(storage).await?;
    for line in lines_of(directory)? {
        let line = line?;
        if let Err(why) = check_stored(&store, &line).await {
            verified.add(format!("{}: {why}", line.key));
        }
    }
    Ok(verified)
}

fn check_part(directory: &Path, part: &Part, verified: &mut Verified) {
    match files::part(directory, &part.path) {
        Ok(found) if found.bytes == part.bytes && found.sha256 == part.sha256 => {}
        Ok(_) => verified.add(format!("{} is not what it was", part.path)),
        Err(error) => verified.add(format!("{}: {error}", part.path)),
    }
}

fn check_database(directory: &Path, verified: &mut Verified) -> Result<(), CommandError> {
    let copy = directory.join(&verified.manifest.database.copy.path);
    if verified.manifest.database.kind == "sqlite" {
        return check_sqlite(directory, &copy, verified);
    }
    if let Err(error) = admin::check_dump(&copy) {
        verified.add(format!("the dump: {}", Chain(&error)));
    }
    let named = u64::try_from(lines_of(directory)?.count()).unwrap_or(u64::MAX);
    if named != verified.manifest.files.count {
        verified.add(format!("the list names {named} files"));
    }
    Ok(())
}

/// Every row that has a file must have its line in the list, and every line its row.
fn check_sqlite(
    directory: &Path,
    copy: &Path,
    verified: &mut Verified,
) -> Result<(), CommandError> {
    let doing = "cannot read the copy of the database";
    let mut admin = Admin::open_copy(copy).map_err(CommandError::failed(doing))?;
    for damage in admin.damage().map_err(CommandError::failed(doing))? {
        verified.add(format!("the database: {damage}"));
    }
    let mut lines = lines_of(directory)?;
    let mut differing = Vec::new();
    let contents = admin.contents(|of| {
        let line = lines.next().transpose().map_err(io::Error::other)?;
        let is_same = line.is_some_and(|line| {
            line.download == of.download
                && line.key == of.file.key
                && line.bytes == of.file.size_bytes
                && line.sha256 == of.file.sha256
        });
        if !is_same && differing.len() < MOST {
            differing.push(of.download);
        }
        Ok(())
    });
    let Copied { counts, schema } = contents.map_err(CommandError::failed(doing))?;
    for download in differing {
        verified.add(format!("the list does not agree with the row {download}"));
    }
    if lines.next().is_some() {
        verified.add("the list names files that no row has".to_owned());
    }
    let expected = &verified.manifest.database;
    if expected.counts != counts || expected.schema != schema {
        verified.add("the database does not hold what the manifest says".to_owned());
    }
    Ok(())
}

fn check_included(directory: &Path, verified: &mut Verified) -> Result<(), CommandError> {
    for line in lines_of(directory)? {
        let line = line?;
        if line.state != FileState::Included {
            if line.state == FileState::Damaged {
                verified.add(format!("{} was damaged when the backup was made", line.key));
            }
            continue;
        }
        let Ok(key) = line.key.parse::<StorageKey>() else {
            verified.add(format!("{} is no storage key", line.key));
            continue;
        };
        let path = format!("{}/{key}", manifest::MEDIA);
        check_part(directory, &Part { path, bytes: line.bytes, sha256: line.sha256 }, verified);
    }
    Ok(())
}

async fn check_stored(store: &Store, line: &FileLine) -> Result<(), String> {
    let key: StorageKey = line.key.parse().map_err(|_no_key| "it is no storage key".to_owned())?;
    let told = |error: &media_store::StoreError| Chain(error).to_string();
    let size_bytes = store.size_of(&key).await.map_err(|error| told(&error))?;
    let mut sum = Sum::default();
    let mut chunks = pin!(store.read(&Content::File { key, size_bytes }, 0..size_bytes));
    while let Some(chunk) = chunks.next().await {
        sum.update(&chunk.map_err(|error| told(&error))?);
    }
    let is_same = sum.finish() == (line.bytes, line.sha256.clone());
    if is_same { Ok(()) } else { Err("it is not what it was".to_owned()) }
}

/// The lines of a backup's list.
pub(in crate::commands) struct ListedFiles(Lines<BufReader<File>>);

pub(in crate::commands) fn lines_of(directory: &Path) -> Result<ListedFiles, CommandError> {
    let file = File::open(directory.join(manifest::LIST));
    let file = file.map_err(CommandError::failed("cannot read the list of files"))?;
    Ok(ListedFiles(BufReader::new(file).lines()))
}

impl Iterator for ListedFiles {
    type Item = Result<FileLine, CommandError>;

    fn next(&mut self) -> Option<Self::Item> {
        let doing = "cannot read the list of files";
        let text = match self.0.next()? {
            Ok(text) => text,
            Err(error) => return Some(Err(CommandError::failed(doing)(error))),
        };
        Some(serde_json::from_str(&text).map_err(CommandError::failed(doing)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::commands::{backup::make, testing::set_up};

    #[actix_web::test]
    async fn whatever_is_changed_in_a_backup_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let (config, _admin) = set_up(directory.path());
        fs::create_dir_all(&config.jwt_keys_dir).unwrap();
        fs::write(config.jwt_keys_dir.join("a.pem"), "a key").unwrap();
        let backup = directory.path().join("backup");
        make::run(&config, &backup, false).await.unwrap();
        assert!(alone(&backup).unwrap().problems.is_empty());
        for name in ["magpie.db", "secrets/keys/a.pem"] {
            let path = backup.join(name);
            let whole = fs::read(&path).unwrap();
            let mut changed = whole.clone();
            changed[0] ^= 1;
            fs::write(&path, changed).unwrap();
            assert_eq!(alone(&backup).unwrap().problems, [format!("{name} is not what it was")]);
            fs::remove_file(&path).unwrap();
            assert!(alone(&backup).unwrap().problems[0].starts_with(name));
            fs::write(&path, whole).unwrap();
        }
        assert!(alone(&backup).unwrap().problems.is_empty());
        let manifest = backup.join(manifest::FILE);
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
        assert!(alone(&backup).unwrap_err().to_string().contains("newer Magpie"));
        fs::write(&manifest, text.replace("secrets/keys/a.pem", "../data/keys/a.pem")).unwrap();
        assert!(alone(&backup).unwrap_err().to_string().contains("not of the backup"));
    }

    #[actix_web::test]
    async fn a_list_that_is_not_that_of_the_database_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let (config, _admin) = set_up(directory.path());
        let backup = directory.path().join("backup");
        let mut made = make::run(&config, &backup, false).await.unwrap();
        let line = FileLine {
            download: uuid::Uuid::nil(),
            key: "singlelink/x/a.mp4".to_owned(),
            bytes: 1,
            sha256: String::new(),
            state: FileState::Listed,
        };
        fs::write(backup.join(manifest::LIST), serde_json::to_string(&line).unwrap()).unwrap();
        made.files.list = files::part(&backup, manifest::LIST).unwrap();
        fs::write(backup.join(manifest::FILE), serde_json::to_string(&made).unwrap()).unwrap();
        let problems = alone(&backup).unwrap().problems;
        assert_eq!(problems, ["the list names files that no row has"]);
    }
}
