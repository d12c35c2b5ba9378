//! bcrypt, verified only: hashes carried over from an older database.

use super::UnusableHash;

/// `$2x$` is left out: it marks the hashes of an implementation that had a bug with 8-bit text.
const PREFIXES: [&str; 3] = ["$2a$", "$2b$", "$2y$"];
/// Twice as much for each step: 14 is about a second, and more than anyone used.
const MAX_COST: u32 = 14;

pub(super) fn is_bcrypt(stored: &str) -> bool {
    PREFIXES.iter().any(|prefix| stored.starts_with(prefix))
}

/// Whether `password` is the one of `stored`. bcrypt looks at the first 72 bytes only, and those
/// who hashed longer passwords let it: they verify here as they did there.
pub(super) fn verify(password: &[u8], stored: &str) -> Result<bool, UnusableHash> {
    let parts: bcrypt::HashParts = stored.parse().map_err(|_syntax| UnusableHash::Malformed)?;
    if parts.get_cost() > MAX_COST {
        return Err(UnusableHash::TooCostly);
    }
    bcrypt::verify(password, stored).map_err(|_refused| UnusableHash::Malformed)
}
