//! Digest algorithms and their names, for the converters that take one.

use base::Lossy;
use hmac::digest::{Digest, KeyInit};
use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use crate::args::Args;
use crate::compile::{Compile, Problem};

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512To224,
    Sha512To256,
}

impl Algorithm {
    /// The algorithm called `name`, in any case and with the dashes and prefixes that OpenSSL allows.
    fn parse(name: &[u8]) -> Option<Algorithm> {
        let name = name.to_ascii_lowercase();
        Some(match name.as_slice() {
            b"md5" | b"ssl3-md5" => Algorithm::Md5,
            b"sha1" | b"sha-1" | b"ssl3-sha1" => Algorithm::Sha1,
            b"sha224" | b"sha-224" | b"sha2-224" => Algorithm::Sha224,
            b"sha256" | b"sha-256" | b"sha2-256" => Algorithm::Sha256,
            b"sha384" | b"sha-384" | b"sha2-384" => Algorithm::Sha384,
            b"sha512" | b"sha-512" | b"sha2-512" => Algorithm::Sha512,
            b"sha512-224" | b"sha-512/224" | b"sha2-512/224" => Algorithm::Sha512To224,
            b"sha512-256" | b"sha-512/256" | b"sha2-512/256" => Algorithm::Sha512To256,
            _ => return None,
        })
    }

    /// The algorithm that text argument `index` names.
    ///
    /// # Errors
    /// When it names none.
    pub(super) fn argument(args: &Args, index: usize, compile: &Compile<'_>) -> Result<Algorithm, Problem> {
        let name = args.str(index).unwrap_or_default();
        Algorithm::parse(name).ok_or_else(|| {
            compile.problem(format!("`{}` is no digest algorithm that is known here", Lossy(name)))
        })
    }

    /// The member of SHA-2 with so many bits.
    pub(super) fn sha2(bits: i64) -> Option<Algorithm> {
        Some(match bits {
            224 => Algorithm::Sha224,
            256 => Algorithm::Sha256,
            384 => Algorithm::Sha384,
            512 => Algorithm::Sha512,
            _ => return None,
        })
    }

    /// The digest of `bytes`.
    pub(super) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Algorithm::Md5 => Md5::digest(bytes).to_vec(),
            Algorithm::Sha1 => Sha1::digest(bytes).to_vec(),
            Algorithm::Sha224 => Sha224::digest(bytes).to_vec(),
            Algorithm::Sha256 => Sha256::digest(bytes).to_vec(),
            Algorithm::Sha384 => Sha384::digest(bytes).to_vec(),
            Algorithm::Sha512 => Sha512::digest(bytes).to_vec(),
            Algorithm::Sha512To224 => Sha512_224::digest(bytes).to_vec(),
            Algorithm::Sha512To256 => Sha512_256::digest(bytes).to_vec(),
        }
    }

    /// The digest of `bytes` under `key` (RFC 2104).
    pub(super) fn hmac(self, key: &[u8], bytes: &[u8]) -> Vec<u8> {
        match self {
            Algorithm::Md5 => hmac::<Hmac<Md5>>(key, bytes),
            Algorithm::Sha1 => hmac::<Hmac<Sha1>>(key, bytes),
            Algorithm::Sha224 => hmac::<Hmac<Sha224>>(key, bytes),
            Algorithm::Sha256 => hmac::<Hmac<Sha256>>(key, bytes),
            Algorithm::Sha384 => hmac::<Hmac<Sha384>>(key, bytes),
            Algorithm::Sha512 => hmac::<Hmac<Sha512>>(key, bytes),
            Algorithm::Sha512To224 => hmac::<Hmac<Sha512_224>>(key, bytes),
            Algorithm::Sha512To256 => hmac::<Hmac<Sha512_256>>(key, bytes),
        }
    }
}

fn hmac<M: Mac + KeyInit>(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mac = <M as Mac>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.chain_update(bytes).finalize().into_bytes().to_vec()
}
