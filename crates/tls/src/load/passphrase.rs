//! Private keys that take a passphrase (PKCS#8, RFC 5958 chapter 3, under PBES2, RFC 8018 section 6.2), and the command
//! that tells it (`ssl-passphrase-cmd`).

use std::num::NonZeroU32;
use std::process::{Command, Stdio};

use aws_lc_rs::cipher::{self, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use parking_lot::Mutex;

use super::error::LoadError;
use super::pem::{Block, Encryption};
use crate::x509::der::{self, Reader, Tlv};

/// More rounds than anybody uses: a file must not keep the start busy for ever.
const ROUNDS_MAX: u64 = 10_000_000;

/// What is known of passphrases.
#[derive(Default)]
pub(crate) struct Passphrases {
    /// The program and its arguments; empty: none.
    command: Vec<String>,
    /// Those that it told so far.
    known: Mutex<Vec<Vec<u8>>>,
}

/// Tells no passphrase.
impl std::fmt::Debug for Passphrases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passphrases").field("command", &self.command).finish_non_exhaustive()
    }
}

impl Passphrases {
    /// Those that a command tells: it gets the key's path as its first argument.
    pub(crate) fn told_by(command: Vec<String>) -> Passphrases {
        Passphrases { command, ..Passphrases::default() }
    }

    /// The key of a block in plain. Passphrases of other keys are tried before the command is asked.
    ///
    /// # Errors
    /// There is no command, it fails, or what it tells does not open the key.
    pub(crate) fn open(&self, path: &str, block: &Block) -> Result<Block, LoadError> {
        let mut known = self.known.lock();
        if let Some(key) = known.iter().find_map(|passphrase| decrypt(block, passphrase)) {
            return Ok(key);
        }
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(LoadError::EncryptedKey { path: path.into() });
        };
        let bad =
            |reason: String| LoadError::BadKey { path: path.into(), line: block.line, reason: reason.into() };
        let told = Command::new(program)
            .arg(path)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| bad(format!("the command for its passphrase cannot be run: {error}")))?;
        if !told.status.success() {
            return Err(bad(format!("the command for its passphrase failed ({})", told.status)));
        }
        let passphrase = told.stdout.trim_ascii_end().to_vec();
        let key = decrypt(block, &passphrase).ok_or_else(|| {
            bad("its passphrase is another one, or it is encrypted in an old way".to_owned())
        })?;
        known.push(passphrase);
        Ok(key)
    }
}

/// The key of an EncryptedPrivateKeyInfo. It stays marked, so that nobody is shown it.
pub(crate) fn decrypt(block: &Block, passphrase: &[u8]) -> Option<Block> {
    let der = decrypt_der(&block.der, passphrase)?;
    // A wrong passphrase gives an orderly padding now and then.
    Tlv::only(&der).filter(|info| info.tag == der::SEQUENCE)?;
    Some(Block { label: "PRIVATE KEY".into(), der, encryption: Encryption::Passphrase, line: block.line })
}

fn decrypt_der(info: &[u8], passphrase: &[u8]) -> Option<Vec<u8>> {
    const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
    const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
    let mut info = Reader::new(Reader::new(info).expect(der::SEQUENCE)?);
    let mut algorithm = Reader::new(info.expect(der::SEQUENCE)?);
    let encrypted = info.expect(der::OCTET_STRING)?;
    (algorithm.expect(der::OID)? == PBES2).then_some(())?;
    let mut parameters = Reader::new(algorithm.expect(der::SEQUENCE)?);
    let mut derivation = Reader::new(parameters.expect(der::SEQUENCE)?);
    let mut cipher = Reader::new(parameters.expect(der::SEQUENCE)?);
    (derivation.expect(der::OID)? == PBKDF2).then_some(())?;
    let (algorithm, size) = match cipher.expect(der::OID)? {
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02] => (&cipher::AES_128, 16),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x16] => (&cipher::AES_192, 24),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a] => (&cipher::AES_256, 32),
        _ => return None,
    };
    let iv: &[u8; 16] = cipher.expect(der::OCTET_STRING)?.try_into().ok()?;
    let key = derive(Reader::new(derivation.expect(der::SEQUENCE)?), passphrase, size)?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, &key).ok()?).ok()?;
    let mut plain = encrypted.to_vec();
    let length = key.decrypt(&mut plain, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

/// PBKDF2 under its parameters (RFC 8018 appendix A.2).
fn derive(mut parameters: Reader<'_>, passphrase: &[u8], size: usize) -> Option<Vec<u8>> {
    let salt = parameters.expect(der::OCTET_STRING)?;
    let rounds = der::unsigned(parameters.expect(der::INTEGER)?).filter(|rounds| *rounds <= ROUNDS_MAX)?;
    parameters.optional(der::INTEGER)?;
    let function = match parameters.optional(der::SEQUENCE)? {
        None => pbkdf2::PBKDF2_HMAC_SHA1,
        Some(function) => match Reader::new(function).expect(der::OID)? {
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x07] => pbkdf2::PBKDF2_HMAC_SHA1,
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09] => pbkdf2::PBKDF2_HMAC_SHA256,
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x0a] => pbkdf2::PBKDF2_HMAC_SHA384,
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x0b] => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return None,
        },
    };
    let rounds = NonZeroU32::new(u32::try_from(rounds).ok()?)?;
    let mut key = vec![0; size];
    pbkdf2::derive(function, rounds, salt, passphrase, &mut key);
    Some(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::pem;
    use super::*;

    const PLAIN: &str = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCGKkGugMwI7ye5fm\nEEJvX3q91xtJRsCIBsQa8OBkJcWhRANCAATeLz055pZT3zGI9rHQxC0niETmjh4b\nR8uusUTPuvIRO2aLRF++B1GwPCoZRwn2IRgOLE/pUqPOQlpqYrzoxxOF\n-----END PRIVATE KEY-----";
    /// AES-256-CBC and HMAC-SHA256; AES-128-CBC and HMAC-SHA1. The passphrase is `secret`.
    const ENCRYPTED: [&str; 2] = [
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhx5lmE8QAGkQICCAAw\nDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEC39wABClDrg2E7We1I8pYgEgZDO\n0LzRd0YbG06CAegnvjobdPDdrJ4cCUlv4f/2qOzqnisHGJxb+Bm68lncGhBv95BU\nbQBA3HjTD0btmUWVR2ugSPrqS9MAF0WjLaGgoiF/fofkiBnn0X+0dKsWEV7B4nw5\n0FuJYU1I7ZPbxd/uhEdZVDRvt4lK2WKr70n/GnBPDJP0BeNqQkPzBR0/nOC/5cM=\n-----END ENCRYPTED PRIVATE KEY-----",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAi7lTMQ9H9UJAICCAAw\nHQYJYIZIAWUDBAECBBAaWZOxLObxyKkbNnWBuS8/BIGQL+Hypn/ds5hNByije9VF\n3j0p/KvwS2f8IQBaPiQJgd1B2aW/pMDwBONualffoXTQOFYGDlsx73pFkK30ESpo\npjQFykYmTLHyEmW0b+3Fyswln16jTGy7/jdrpKLh54jI/wjJF2gonDjeusDkOu0g\nh0iq05HS4xb6L2dOP+RqOytHcRLDWzFFHX2gPiQSnu3a\n-----END ENCRYPTED PRIVATE KEY-----",
    ];

    fn block(text: &str) -> Block {
        pem::parse(text.as_bytes()).unwrap().remove(0)
    }

    #[test]
    fn keys_are_opened_by_their_passphrase_alone() {
        for text in ENCRYPTED {
            let whole = block(text);
            assert_eq!(decrypt(&whole, b"secret").unwrap().der, block(PLAIN).der);
            assert!(decrypt(&whole, b"Secret").is_none());
            for end in 0..whole.der.len() {
                let cut = Block { der: whole.der[..end].to_vec(), ..whole.clone() };
                assert!(decrypt(&cut, b"secret").is_none());
            }
        }
    }

    #[test]
    fn a_command_is_asked_once_for_keys_with_one_passphrase() {
        let directory = tempfile::tempdir().unwrap();
        let (log, program) = (directory.path().join("log"), directory.path().join("tell"));
        let script = format!("#!/bin/sh\necho \"$1 $2\" >> {}\necho secret\n", log.display());
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let told = Passphrases::told_by(vec![program.display().to_string(), "more".to_owned()]);
        for text in ENCRYPTED {
            assert_eq!(told.open("a.key", &block(text)).unwrap().der, block(PLAIN).der);
        }
        assert_eq!(std::fs::read_to_string(log).unwrap(), "a.key more\n");
        let open = |command: &[&str]| {
            let command = command.iter().map(|&word| word.to_owned()).collect();
            Passphrases::told_by(command).open("a.key", &block(ENCRYPTED[0])).unwrap_err().to_string()
        };
        assert!(open(&[]).contains("ssl-passphrase-cmd"));
        assert!(open(&["false"]).contains("failed"));
        assert!(open(&["echo"]).contains("another one"));
        assert!(open(&["/no/such/program"]).contains("cannot be run"));
    }
}
