//! Making a backup: beside its place first, and renamed there when it is whole.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    pin::pin,
};

use db_service::admin::Admin;
use futures_util::StreamExt;
use media_store::{Content, StorageKey, Store, StoreError};
use platform_kit::upkeep;
use service_kit::{Clock, Config, VERSION, config::Storage};

use super::{
    files::{self, Sum},
    manifest::{self, Database, FileLine, FileState, Files, Manifest, Part},
};
use crate::commands::{migrate, outcome::CommandError};

/// The list before it is known what became of each file.
const DRAFT_OF_LIST: &str = "files.draft";

/// Makes a backup in `target`, with the files or only a list of them.
pub(super) async fn run(
    config: &Config,
    target: &Path,
    with_files: bool,
) -> Result<Manifest, CommandError> {
    let doing = || format!("cannot make a backup in {}", target.display());
    if !files::is_vacant(target).map_err(CommandError::failed(doing()))? {
        return Err(CommandError::refused(format!("{} is there already", target.display())));
    }
    let mut admin = migrate::open(Admin::open(&config.database_url))?;
    migrate::require_current(&mut admin)?;
    let store = if with_files { Some(open_store(config).await?) } else { None };
    let draft = Draft::beside(target).map_err(CommandError::failed(doing()))?;
    let manifest = fill(config, &mut admin, store.as_ref(), &draft.path).await?;
    let text = serde_json::to_vec_pretty(&manifest).map_err(CommandError::failed(doing()))?;
    files::write(&draft.path.join(manifest::FILE), &text)
        .and_then(|()| draft.become_whole(target))
        .map_err(CommandError::failed(doing()))?;
    Ok(manifest)
}

/// A store that is not there yet has nothing to be backed up, and is not made for it.
async fn open_store(config: &Config) -> Result<Store, CommandError> {
    if let Storage::Directory(root) = &config.storage
        && !root.exists()
    {
        return Err(CommandError::refused(format!("there is no store at {}", root.display())));
    }
    Ok(upkeep::open_store(&config.storage).await?)
}

/// A directory that goes unless it becomes the backup.
struct Draft {
    path: PathBuf,
}

impl Draft {
    fn beside(target: &Path) -> io::Result<Self> {
        let name = target.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
        let name = format!(".{}.draft-{}", name.to_string_lossy(), std::process::id());
        let path = target.with_file_name(name);
        files::make_private(&path)?;
        Ok(Self { path })
    }

    fn become_whole(self, target: &Path) -> io::Result<()> {
        files::sync(&self.path)?;
        // An empty directory in its place is replaced.
        fs::rename(&self.path, target)?;
        target.parent().map_or(Ok(()), files::sync)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After the rename there is nothing under this name.
        let _renamed = fs::remove_dir_all(&self.path);
    }
}

async fn fill(
    config: &Config,
    admin: &mut Admin,
    store: Option<&Store>,
    draft: &Path,
) -> Result<Manifest, CommandError> {
    let database = copy_database(admin, draft)?;
    let secrets =
        copy_secrets(config, draft).map_err(CommandError::failed("cannot copy the secrets"))?;
    let listed = list_files(store, draft).await?;
    Ok(Manifest {
        format: manifest::FORMAT,
        magpie: VERSION.to_owned(),
        created_at: Clock::system().now(),
        database,
        secrets,
        files: listed,
    })
}

/// First of all: what comes later is not in it, and no row of it is without its line in the list.
fn copy_database(admin: &mut Admin, draft: &Path) -> Result<Database, CommandError> {
    let doing = "cannot copy the database";
    let kind = admin.kind();
    let name = if kind == "sqlite" { "magpie.db" } else { "magpie.dump" };
    let list = files::create(&draft.join(DRAFT_OF_LIST)).map_err(CommandError::failed(doing))?;
    let mut list = BufWriter::new(list);
    let copied = admin.copy_to(&draft.join(name), |of| {
        let file = &of.file;
        let line = FileLine {
            download: of.download,
            key: file.key.clone(),
            bytes: file.size_bytes,
            sha256: file.sha256.clone(),
            state: FileState::Listed,
        };
        write_line(&mut list, &line)
    });
    let copied = copied.map_err(CommandError::failed(doing))?;
    list.flush().map_err(CommandError::failed(doing))?;
    let copy = files::part(draft, name).map_err(CommandError::failed(doing))?;
    File::open(draft.join(name))
        .and_then(|file| file.sync_all())
        .map_err(CommandError::failed(doing))?;
    Ok(Database { kind: kind.to_owned(), schema: copied.schema, counts: copied.counts, copy })
}

fn write_line(list: &mut impl Write, line: &FileLine) -> io::Result<()> {
    serde_json::to_writer(&mut *list, line)?;
    list.write_all(b"\n")
}

/// The internal secret, where it is not configured, and the signing keys.
fn copy_secrets(config: &Config, draft: &Path) -> io::Result<Vec<Part>> {
    files::make_private(&draft.join(manifest::KEYS))?;
    let mut parts = Vec::new();
    let secret = config.data_dir.join("internal.secret");
    if config.internal_secret.expose().is_empty() && secret.exists() {
        files::copy(&secret, &draft.join(manifest::SECRET))?;
        parts.push(files::part(draft, manifest::SECRET)?);
    }
    let entries = match fs::read_dir(&config.jwt_keys_dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(parts),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "pem") {
            let name = format!("{}/{name}", manifest::KEYS);
            files::copy(&path, &draft.join(&name))?;
            parts.push(files::part(draft, &name)?);
        }
    }
    Ok(parts)
}

/// Copies each file that the list names, where they are wanted, and notes what became of it.
async fn list_files(store: Option<&Store>, draft: &Path) -> Result<Files, CommandError> {
    let doing = "cannot copy the files";
    let failed = || CommandError::failed::<io::Error>(doing);
    let before = draft.join(DRAFT_OF_LIST);
    let lines = BufReader::new(File::open(&before).map_err(failed())?).lines();
    let list = files::create(&draft.join(manifest::LIST)).map_err(failed())?;
    let mut list = BufWriter::new(list);
    let (mut count, mut bytes, mut gone, mut damaged) = (0_u64, 0_u64, 0_u64, 0_u64);
    for line in lines {
        let text = line.map_err(failed())?;
        let mut line: FileLine =
            serde_json::from_str(&text).map_err(CommandError::failed(doing))?;
        if let Some(store) = store {
            line.state = copy_file(store, &line, draft).await?;
        }
        count = count.saturating_add(1);
        match line.state {
            FileState::Gone => gone = gone.saturating_add(1),
            FileState::Damaged => damaged = damaged.saturating_add(1),
            FileState::Included | FileState::Listed => bytes = bytes.saturating_add(line.bytes),
        }
        write_line(&mut list, &line).map_err(failed())?;
    }
    let list = list.into_inner().map_err(|error| failed()(error.into_error()))?;
    list.sync_all().and_then(|()| fs::remove_file(before)).map_err(failed())?;
    let list = files::part(draft, manifest::LIST).map_err(failed())?;
    Ok(Files { list, count, bytes, are_included: store.is_some(), gone, damaged })
}

async fn copy_file(
    store: &Store,
    line: &FileLine,
    draft: &Path,
) -> Result<FileState, CommandError> {
    let Ok(key) = line.key.parse::<StorageKey>() else { return Ok(FileState::Damaged) };
    match store.size_of(&key).await {
        Ok(size) if size == line.bytes => {}
        Ok(_another) => return Ok(FileState::Damaged),
        Err(error) if error.is_not_found() => return Ok(FileState::Gone),
        Err(error) => return unread(error),
    }
    let failed = || CommandError::failed::<io::Error>(format!("cannot copy {key}"));
    let to = draft.join(manifest::MEDIA).join(key.as_str());
    to.parent().map_or(Ok(()), files::make_private).map_err(failed())?;
    let mut file = files::create(&to).map_err(failed())?;
    let content = Content::File { key: key.clone(), size_bytes: line.bytes };
    let mut chunks = pin!(store.read(&content, 0..line.bytes));
    let mut sum = Sum::default();
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => {
                sum.update(&chunk);
                file.write_all(&chunk).map_err(failed())?;
            }
            Err(error) => {
                fs::remove_file(&to).map_err(failed())?;
                let has_gone = error.is_not_found();
                return if has_gone { Ok(FileState::Gone) } else { unread(error) };
            }
        }
    }
    file.sync_all().map_err(failed())?;
    if sum.finish() == (line.bytes, line.sha256.clone()) {
        return Ok(FileState::Included);
    }
    fs::remove_file(&to).map_err(failed())?;
    Ok(FileState::Damaged)
}

/// A store that does not answer ends the backup; one file that cannot be read is told.
fn unread(error: StoreError) -> Result<FileState, CommandError> {
    if error.is_passing() {
        return Err(CommandError::failed("cannot read the store")(error));
    }
    Ok(FileState::Damaged)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::commands::testing::set_up;

    #[actix_web::test]
    async fn nobody_else_may_read_anything_in_a_backup() {
        let directory = tempfile::tempdir().unwrap();
        let (config, _admin) = set_up(directory.path());
        fs::create_dir_all(&config.jwt_keys_dir).unwrap();
        let (key, secret) =
            (config.jwt_keys_dir.join("a.pem"), directory.path().join("internal.secret"));
        for path in [&key, &secret] {
            fs::write(path, "a secret").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let backup = directory.path().join("backup");
        run(&config, &backup, false).await.unwrap();

        let mut unseen = vec![backup];
        let mut files = Vec::new();
        while let Some(path) = unseen.pop() {
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            if path.is_dir() {
                assert_eq!(mode, 0o700, "{}", path.display());
                unseen.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else {
                assert_eq!(mode, 0o600, "{}", path.display());
                files.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
        files.sort();
        assert_eq!(
            files,
            ["a.pem", "files.jsonl", "internal.secret", "magpie.db", "manifest.json"]
        );
    }
}
