//! What a file is known by once it is stored.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

const BUFFER_BYTES: usize = 1024 * 1024;

/// What is known of a file once it is in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutFile {
    pub size_bytes: u64,
    pub crc32: u32,
    /// Lower-case hex.
    pub sha256: String,
}

/// Reads `file` to its end.
pub(crate) fn checksum(file: &mut impl Read) -> io::Result<PutFile> {
    let (mut crc, mut sha, mut size_bytes) = (crc32fast::Hasher::new(), Sha256::new(), 0_u64);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        crc.update(chunk);
        sha.update(chunk);
        size_bytes = size_bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
    let sha256 = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(PutFile { size_bytes, crc32: crc.finalize(), sha256 })
}
