//! argon2id (RFC 9106), stored as PHC strings.

use std::sync::atomic::{AtomicU64, Ordering};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use subtle::ConstantTimeEq;

use super::{HashError, UnusableHash, Verdict};

/// OWASP's choice of 19 MiB and two passes, with one lane: 15 ms on the machine this was measured on.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// What a stored hash may ask for at the most, so that none burns the server. `MAX_WORK` is memory
/// in KiB times passes; today's parameters are 38,912.
const MAX_MEMORY_KIB: u32 = 131_072;
const MAX_WORK: u32 = 400_000;
const MAX_LANES: u32 = 16;

/// Hashes with today's parameters and verifies those of before.
pub(super) struct Argon2id {
    params: Params,
    /// A hash that nobody's password has, for accounts that do not exist.
    nobody: PasswordHash,
    runs: AtomicU64,
}

impl Argon2id {
    pub(super) fn new() -> Result<Self, HashError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT_BYTES))
            .map_err(HashError::Argon2)?;
        let nobody = phc(&params, &random::<SALT_BYTES>()?, &random::<OUTPUT_BYTES>()?)?;
        Ok(Self { params, nobody, runs: AtomicU64::new(0) })
    }

    /// How often the function was run to its end.
    pub(super) fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    pub(super) fn hash(
        &self,
        password: &[u8],
        blocks: &mut Vec<Block>,
    ) -> Result<String, HashError> {
        let salt = random::<SALT_BYTES>()?;
        let mut output = [0; OUTPUT_BYTES];
        self.fill(&self.params, Version::V0x13, password, &salt, &mut output, blocks)
            .map_err(HashError::Argon2)?;
        phc(&self.params, &salt, &output).map(|hash| hash.to_string())
    }

    pub(super) fn verify(
        &self,
        password: &[u8],
        stored: &str,
        blocks: &mut Vec<Block>,
    ) -> Result<Verdict, UnusableHash> {
        if !stored.starts_with("$argon2id$") {
            return Err(UnusableHash::UnknownScheme);
        }
        let stored = PasswordHash::new(stored).map_err(|_syntax| UnusableHash::Malformed)?;
        self.verify_parsed(password, &stored, blocks)
    }

    /// Does the work of verifying `password`, which is nobody's.
    pub(super) fn verify_nobody(&self, password: &[u8], blocks: &mut Vec<Block>) {
        // The verdict is wrong whatever comes out: only the time it takes is wanted.
        let _wrong = self.verify_parsed(password, &self.nobody, blocks);
    }

    fn verify_parsed(
        &self,
        password: &[u8],
        stored: &PasswordHash,
        blocks: &mut Vec<Block>,
    ) -> Result<Verdict, UnusableHash> {
        let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
            return Err(UnusableHash::Malformed);
        };
        let params = Params::try_from(stored).map_err(|_unknown| UnusableHash::Malformed)?;
        check_cost(&params)?;
        let version = version(stored)?;
        let mut actual = [0; Output::MAX_LENGTH];
        let actual = actual.get_mut(..expected.len()).ok_or(UnusableHash::Malformed)?;
        self.fill(&params, version, password, &salt, actual, blocks)
            .map_err(|_refused| UnusableHash::Malformed)?;
        if !bool::from(expected.as_bytes().ct_eq(actual)) {
            return Ok(Verdict::Wrong);
        }
        let is_current = version == Version::V0x13 && self.is_current(&params);
        Ok(if is_current { Verdict::Right } else { Verdict::RightButOutdated })
    }

    fn is_current(&self, params: &Params) -> bool {
        let costs = |params: &Params| {
            (params.m_cost(), params.t_cost(), params.p_cost(), params.output_len())
        };
        costs(params) == costs(&self.params)
    }

    fn fill(
        &self,
        params: &Params,
        version: Version,
        password: &[u8],
        salt: &[u8],
        output: &mut [u8],
        blocks: &mut Vec<Block>,
    ) -> Result<(), argon2::Error> {
        let argon2 = Argon2::new(Algorithm::Argon2id, version, params.clone());
        let needed = params.block_count();
        if needed <= blocks.capacity() {
            blocks.resize(needed.max(blocks.len()), Block::new());
            argon2.hash_password_into_with_memory(password, salt, output, blocks)?;
        } else {
            // Larger than ours are rare, and replaced at this login: not worth keeping.
            let mut large = vec![Block::new(); needed];
            argon2.hash_password_into_with_memory(password, salt, output, &mut large)?;
        }
        self.runs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn check_cost(params: &Params) -> Result<(), UnusableHash> {
    let work = params.m_cost().saturating_mul(params.t_cost());
    let is_bearable =
        params.m_cost() <= MAX_MEMORY_KIB && work <= MAX_WORK && params.p_cost() <= MAX_LANES;
    is_bearable.then_some(()).ok_or(UnusableHash::TooCostly)
}

/// A string without a version is of the one that had no number in it (PHC, section on argon2).
fn version(stored: &PasswordHash) -> Result<Version, UnusableHash> {
    stored.version.map_or(Ok(Version::V0x10), |number| {
        Version::try_from(number).map_err(|_unknown| UnusableHash::Malformed)
    })
}

fn phc(params: &Params, salt: &[u8], output: &[u8]) -> Result<PasswordHash, HashError> {
    let encode = |_wrong_length| HashError::Argon2(argon2::Error::OutputTooLong);
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params)
            .map_err(|_too_long| HashError::Argon2(argon2::Error::OutputTooLong))?,
        salt: Some(Salt::new(salt).map_err(encode)?),
        hash: Some(Output::new(output).map_err(encode)?),
    })
}

fn random<const N: usize>() -> Result<[u8; N], HashError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(HashError::Randomness)?;
    Ok(bytes)
}
