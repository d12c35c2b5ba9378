//! Files of backups: private, checksummed, on the disk when they are done.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use sha2::{Digest, Sha256};

use super::manifest::Part;

const BUFFER_BYTES: usize = 1024 * 1024;

/// Makes a directory, and those above it, for its owner alone.
pub(in crate::commands) fn make_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A new file that is its owner's alone.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Copies a file to a new place, for its owner alone, with its time: of the signing keys the newest
/// signs.
pub(in crate::commands) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let (mut source, mut target) = (File::open(from)?, create(to)?);
    io::copy(&mut source, &mut target)?;
    target.set_modified(source.metadata()?.modified()?)?;
    target.sync_all()
}

/// What is to be known of the file `path` below `root`.
pub(super) fn part(root: &Path, path: &str) -> io::Result<Part> {
    let mut file = File::open(root.join(path))?;
    let (mut sum, mut buffer) = (Sum::default(), vec![0; BUFFER_BYTES]);
    loop {
        let read = file.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        sum.update(chunk);
    }
    let (bytes, sha256) = sum.finish();
    Ok(Part { path: path.to_owned(), bytes, sha256 })
}

/// Writes a whole file of its owner's.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// A rename lasts only once its directory is on the disk.
pub(in crate::commands) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Whether a directory is missing or has nothing in it.
pub(super) fn is_vacant(path: &Path) -> io::Result<bool> {
    match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
        Ok(mut entries) => Ok(entries.next().is_none()),
    }
}

/// Size and checksum of what passes by.
#[derive(Default)]
pub(super) struct Sum {
    bytes: u64,
    sha: Sha256,
}

impl Sum {
    pub(super) fn update(&mut self, chunk: &[u8]) {
        self.sha.update(chunk);
        self.bytes = self.bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
    }

    pub(super) fn finish(self) -> (u64, String) {
        let sha256 = self.sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        (self.bytes, sha256)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_its_owners_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let (above, inner) = (scratch.path().join("above"), scratch.path().join("above/inner"));
        make_private(&inner).unwrap();
        assert_eq!((mode(&above), mode(&inner)), (0o700, 0o700));

        let open_to_all = scratch.path().join("key.pem");
        fs::write(&open_to_all, "a key").unwrap();
        fs::set_permissions(&open_to_all, fs::Permissions::from_mode(0o644)).unwrap();
        let (created, written) = (inner.join("created"), inner.join("written"));
        let copied = inner.join("copied");
        create(&created).unwrap();
        write(&written, b"a list").unwrap();
        copy(&open_to_all, &copied).unwrap();
        assert_eq!([&created, &written, &copied].map(|path| mode(path)), [0o600; 3]);
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let scratch = tempfile::tempdir().unwrap();
        let there = scratch.path().join("there");
        fs::write(&there, "before").unwrap();
        assert_eq!(write(&there, b"after").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&there).unwrap(), "before");
    }
}
