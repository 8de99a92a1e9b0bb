//! Decryption of JSON Web Encryption tokens (RFC 7516) by the algorithms of RFC 7518, chapters 4 and 5. The tokens' text and
//! JSON are read elsewhere (`jwt_decrypt_secret`, `jwt_decrypt_cert`, `jwt_decrypt_jwk`).
//!
//! ```text
//! alg: how the content's key is had            enc: how the content is encrypted
//!   dir                       the key itself     A128GCM, A192GCM, A256GCM
//!   A*KW, A*GCMKW             wrapped            A128CBC-HS256, A192CBC-HS384, A256CBC-HS512
//!   RSA1_5, RSA-OAEP*         encrypted
//!   ECDH-ES[+A*KW]            agreed upon
//! ```
//! Why a token cannot be read is told to nobody: whoever sends it could learn from that.

use aws_lc_rs::aead::{self, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{self, DecryptingKey, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    Pkcs1PrivateDecryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::{agreement, constant_time, digest, hmac, rand};

mod key;

pub use key::{Curve, Key, Point, RsaNumbers};

/// How the key of the content is had (RFC 7518 section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// `RSA1_5`.
    Rsa15,
    /// `RSA-OAEP`.
    RsaOaep,
    /// `RSA-OAEP-256`.
    RsaOaep256,
    /// `A128KW` and its like, with the size of the key in bytes.
    AesWrap(usize),
    /// `dir`.
    Direct,
    /// `ECDH-ES`; with the size of the key that wraps in bytes, `ECDH-ES+A128KW` and its like.
    EcdhEs(Option<usize>),
    /// `A128GCMKW` and its like.
    GcmWrap(usize),
}

impl KeyAlgorithm {
    /// All of them, with their names.
    pub const ALL: [(&'static str, KeyAlgorithm); 14] = [
        ("RSA1_5", KeyAlgorithm::Rsa15),
        ("RSA-OAEP", KeyAlgorithm::RsaOaep),
        ("RSA-OAEP-256", KeyAlgorithm::RsaOaep256),
        ("A128KW", KeyAlgorithm::AesWrap(16)),
        ("A192KW", KeyAlgorithm::AesWrap(24)),
        ("A256KW", KeyAlgorithm::AesWrap(32)),
        ("dir", KeyAlgorithm::Direct),
        ("ECDH-ES", KeyAlgorithm::EcdhEs(None)),
        ("ECDH-ES+A128KW", KeyAlgorithm::EcdhEs(Some(16))),
        ("ECDH-ES+A192KW", KeyAlgorithm::EcdhEs(Some(24))),
        ("ECDH-ES+A256KW", KeyAlgorithm::EcdhEs(Some(32))),
        ("A128GCMKW", KeyAlgorithm::GcmWrap(16)),
        ("A192GCMKW", KeyAlgorithm::GcmWrap(24)),
        ("A256GCMKW", KeyAlgorithm::GcmWrap(32)),
    ];

    /// The algorithm of this name; capitals matter.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<KeyAlgorithm> {
        KeyAlgorithm::ALL.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, own)| *own)
    }

    fn name(self) -> &'static str {
        KeyAlgorithm::ALL.iter().find(|(_, own)| *own == self).map_or("", |(name, _)| name)
    }
}

/// How the content is encrypted (RFC 7518 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// `A128GCM` and its like, with the size of the key in bytes.
    Gcm(usize),
    /// `A128CBC-HS256` and its like, with the size of the AES key in bytes; that of the HMAC is as long.
    Cbc(usize),
}

impl Encryption {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Encryption); 6] = [
        ("A128CBC-HS256", Encryption::Cbc(16)),
        ("A192CBC-HS384", Encryption::Cbc(24)),
        ("A256CBC-HS512", Encryption::Cbc(32)),
        ("A128GCM", Encryption::Gcm(16)),
        ("A192GCM", Encryption::Gcm(24)),
        ("A256GCM", Encryption::Gcm(32)),
    ];

    /// The encryption of this name; capitals matter.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Encryption> {
        Encryption::ALL.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, own)| *own)
    }

    fn name(self) -> &'static str {
        Encryption::ALL.iter().find(|(_, own)| *own == self).map_or("", |(name, _)| name)
    }

    /// How long the key of the content is, in bytes.
    fn key_bytes(self) -> usize {
        match self {
            Encryption::Gcm(size) => size,
            Encryption::Cbc(size) => 2 * size,
        }
    }
}

/// What the header of a token says, decoded.
#[derive(Debug, Clone)]
pub struct Header {
    /// `alg`.
    pub algorithm: KeyAlgorithm,
    /// `enc`.
    pub encryption: Encryption,
    /// `epk`: the sender's key on the curve.
    pub sender: Option<Point>,
    /// `apu`.
    pub party_u: Vec<u8>,
    /// `apv`.
    pub party_v: Vec<u8>,
    /// `iv`, of a wrapped key.
    pub key_iv: Vec<u8>,
    /// `tag`, of a wrapped key.
    pub key_tag: Vec<u8>,
}

/// The parts of a token behind its header, decoded.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The header as it stands in the token, which is authenticated with the content.
    pub authenticated: Vec<u8>,
    /// The key of the content, encrypted; empty where it is agreed upon.
    pub key: Vec<u8>,
    /// The initialization vector.
    pub iv: Vec<u8>,
    /// The content, encrypted.
    pub content: Vec<u8>,
    /// What authenticates it.
    pub tag: Vec<u8>,
}

/// The content of a token; `None` if it was not made for this key, or changed.
#[must_use]
pub fn decrypt(header: &Header, parts: &Parts, key: &Key) -> Option<Vec<u8>> {
    let content_key = content_key(header, parts, key)?;
    match header.encryption {
        _ if content_key.len() != header.encryption.key_bytes() => None,
        Encryption::Gcm(_) => {
            open_gcm(&content_key, &parts.iv, &parts.authenticated, &parts.content, &parts.tag)
        }
        Encryption::Cbc(_) => open_cbc(&content_key, parts),
    }
}

/// The key that the content is encrypted with.
fn content_key(header: &Header, parts: &Parts, key: &Key) -> Option<Vec<u8>> {
    match (header.algorithm, key) {
        (KeyAlgorithm::Direct, Key::Secret(secret)) => parts.key.is_empty().then(|| secret.clone()),
        (KeyAlgorithm::AesWrap(size), Key::Secret(secret)) => {
            (secret.len() == size).then_some(())?;
            unwrap(secret, &parts.key)
        }
        (KeyAlgorithm::GcmWrap(size), Key::Secret(secret)) => {
            (secret.len() == size).then_some(())?;
            open_gcm(secret, &header.key_iv, &[], &parts.key, &header.key_tag)
        }
        (KeyAlgorithm::RsaOaep, Key::Rsa(key)) => oaep(key, &OAEP_SHA1_MGF1SHA1, &parts.key),
        (KeyAlgorithm::RsaOaep256, Key::Rsa(key)) => oaep(key, &OAEP_SHA256_MGF1SHA256, &parts.key),
        (KeyAlgorithm::Rsa15, Key::Rsa(key)) => pkcs1(key, &parts.key, header.encryption),
        (KeyAlgorithm::EcdhEs(wraps), Key::Curve(curve, key)) => {
            let sender = header.sender.as_ref().filter(|sender| sender.curve == *curve)?;
            let (name, size) = match wraps {
                Some(size) => (header.algorithm.name(), size),
                None => (header.encryption.name(), header.encryption.key_bytes()),
            };
            let agreed = agree(key, sender, name, size, header)?;
            match wraps {
                Some(_) => unwrap(&agreed, &parts.key),
                None => parts.key.is_empty().then_some(agreed),
            }
        }
        _ => None,
    }
}

fn oaep(key: &PrivateDecryptingKey, algorithm: &'static OaepAlgorithm, wrapped: &[u8]) -> Option<Vec<u8>> {
    let key = OaepPrivateDecryptingKey::new(key.clone()).ok()?;
    let mut out = vec![0; key.min_output_size()];
    let length = key.decrypt(algorithm, wrapped, &mut out, None).ok()?.len();
    out.truncate(length);
    Some(out)
}

/// RFC 7516 section 11.5: what cannot be decrypted yields a key that fits nothing, so that nobody learns whether it was the
/// padding that was wrong.
fn pkcs1(key: &PrivateDecryptingKey, wrapped: &[u8], encryption: Encryption) -> Option<Vec<u8>> {
    let key = Pkcs1PrivateDecryptingKey::new(key.clone()).ok()?;
    let mut random = vec![0; encryption.key_bytes()];
    rand::fill(&mut random).ok()?;
    let mut out = vec![0; key.min_output_size()];
    match key.decrypt(wrapped, &mut out).map(|plain| plain.to_vec()) {
        Ok(plain) if plain.len() == random.len() => Some(plain),
        Ok(_) | Err(_) => Some(random),
    }
}

/// The key that both sides of an agreement have (RFC 7518 section 4.6.2).
fn agree(
    key: &agreement::PrivateKey,
    sender: &Point,
    name: &str,
    size: usize,
    header: &Header,
) -> Option<Vec<u8>> {
    let point = agreement::UnparsedPublicKey::new(sender.curve.algorithm(), sender.bytes()?);
    let mut info = Vec::new();
    for part in [name.as_bytes(), &header.party_u, &header.party_v] {
        info.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
        info.extend_from_slice(part);
    }
    info.extend(u32::try_from(size * 8).ok()?.to_be_bytes());
    agreement::agree(key, &point, (), |secret| {
        let mut derived = Vec::with_capacity(size + digest::SHA256_OUTPUT_LEN);
        let mut round: u32 = 1;
        while derived.len() < size {
            let mut hash = digest::Context::new(&digest::SHA256);
            hash.update(&round.to_be_bytes());
            hash.update(secret);
            hash.update(&info);
            derived.extend_from_slice(hash.finish().as_ref());
            round += 1;
        }
        derived.truncate(size);
        Ok(derived)
    })
    .ok()
}

fn aes(key: &[u8]) -> Option<UnboundCipherKey> {
    let algorithm = match key.len() {
        16 => &cipher::AES_128,
        24 => &cipher::AES_192,
        32 => &cipher::AES_256,
        _ => return None,
    };
    UnboundCipherKey::new(algorithm, key).ok()
}

/// Takes the wrapping off a key (RFC 3394 section 2.2.2).
fn unwrap(secret: &[u8], wrapped: &[u8]) -> Option<Vec<u8>> {
    const BLOCK: usize = 8;
    let key = DecryptingKey::ecb(aes(secret)?).ok()?;
    let count = wrapped.len() / BLOCK;
    if !wrapped.len().is_multiple_of(BLOCK) || !(3..=17).contains(&count) {
        return None;
    }
    let mut check: [u8; BLOCK] = wrapped[..BLOCK].try_into().ok()?;
    let mut blocks: Vec<[u8; BLOCK]> =
        wrapped[BLOCK..].chunks_exact(BLOCK).filter_map(|block| block.try_into().ok()).collect();
    let mut step = u64::try_from(6 * blocks.len()).ok()?;
    for _ in 0..6 {
        for block in blocks.iter_mut().rev() {
            let mixed = (u64::from_be_bytes(check) ^ step).to_be_bytes();
            let mut both = [mixed, *block].concat();
            key.decrypt(&mut both, DecryptionContext::None).ok()?;
            check = both[..BLOCK].try_into().ok()?;
            *block = both[BLOCK..].try_into().ok()?;
            step -= 1;
        }
    }
    constant_time::verify_slices_are_equal(&check, &[0xa6; BLOCK]).ok()?;
    Some(blocks.concat())
}

fn open_gcm(key: &[u8], iv: &[u8], authenticated: &[u8], content: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    let algorithm = match key.len() {
        16 => &aead::AES_128_GCM,
        24 => &aead::AES_192_GCM,
        32 => &aead::AES_256_GCM,
        _ => return None,
    };
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
    (tag.len() == algorithm.tag_len()).then_some(())?;
    let mut sealed = [content, tag].concat();
    let length = key.open_in_place(nonce, aead::Aad::from(authenticated), &mut sealed).ok()?.len();
    sealed.truncate(length);
    Some(sealed)
}

/// RFC 7518 section 5.2.2.2.
fn open_cbc(key: &[u8], parts: &Parts) -> Option<Vec<u8>> {
    let (mac_key, aes_key) = key.split_at(key.len() / 2);
    let algorithm = match mac_key.len() {
        16 => hmac::HMAC_SHA256,
        24 => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    let bits = u64::try_from(parts.authenticated.len()).ok()?.checked_mul(8)?;
    let mut mac = hmac::Context::with_key(&hmac::Key::new(algorithm, mac_key));
    for part in [&*parts.authenticated, &parts.iv, &parts.content, &bits.to_be_bytes()] {
        mac.update(part);
    }
    let mac = mac.sign();
    constant_time::verify_slices_are_equal(mac.as_ref().get(..mac_key.len())?, &parts.tag).ok()?;
    let iv: &[u8; 16] = parts.iv.as_slice().try_into().ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(aes(aes_key)?).ok()?;
    let mut content = parts.content.clone();
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let length = key.decrypt(&mut content, context).ok()?.len();
    content.truncate(length);
    Some(content)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

    use super::*;
    use crate::x509::der;

    fn b64(text: &str) -> Vec<u8> {
        B64.decode(text).unwrap()
    }

    fn header(algorithm: &str, encryption: &str) -> Header {
        Header {
            algorithm: KeyAlgorithm::named(algorithm.as_bytes()).unwrap(),
            encryption: Encryption::named(encryption.as_bytes()).unwrap(),
            sender: None,
            party_u: Vec::new(),
            party_v: Vec::new(),
            key_iv: Vec::new(),
            key_tag: Vec::new(),
        }
    }

    fn parts(token: &str) -> Parts {
        let parts: Vec<&str> = token.split('.').collect();
        Parts {
            authenticated: parts[0].as_bytes().to_vec(),
            key: b64(parts[1]),
            iv: b64(parts[2]),
            content: b64(parts[3]),
            tag: b64(parts[4]),
        }
    }

    /// RFC 7516 appendix A.3.
    const WRAPPED: &str = "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ";

    #[test]
    fn the_example_of_the_rfc() {
        let key = Key::Secret(b64("GawgguFyGrWKav7AX4VKUg"));
        let header = header("A128KW", "A128CBC-HS256");
        let good = parts(WRAPPED);
        assert_eq!(decrypt(&header, &good, &key).as_deref(), Some(&b"Live long and prosper."[..]));
        for change in [
            |parts: &mut Parts| parts.authenticated[0] ^= 1,
            |parts: &mut Parts| parts.key[0] ^= 1,
            |parts: &mut Parts| parts.iv[0] ^= 1,
            |parts: &mut Parts| parts.content[0] ^= 1,
            |parts: &mut Parts| parts.tag[0] ^= 1,
            |parts: &mut Parts| parts.tag.truncate(8),
            |parts: &mut Parts| parts.key.clear(),
            |parts: &mut Parts| parts.content.clear(),
        ] {
            let mut bad = good.clone();
            change(&mut bad);
            assert_eq!(decrypt(&header, &bad, &key), None);
        }
        assert_eq!(decrypt(&header, &good, &Key::Secret(vec![0; 16])), None);
        assert_eq!(decrypt(&header, &good, &Key::Secret(vec![0; 5])), None);
    }

    /// RFC 7518 appendix C.
    #[test]
    fn agreement_as_in_the_rfc() {
        let key = Key::of_curve(Curve::P256, &b64("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw")).unwrap();
        let Key::Curve(_, key) = &key else { panic!() };
        let sender = Point {
            curve: Curve::P256,
            x: b64("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0"),
            y: b64("SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"),
        };
        let parties =
            Header { party_u: b"Alice".to_vec(), party_v: b"Bob".to_vec(), ..header("ECDH-ES", "A128GCM") };
        let agreed = agree(key, &sender, "A128GCM", 16, &parties).unwrap();
        assert_eq!(agreed, b64("VqqN6vgjbSBcIijNcacQGg"));
    }

    #[test]
    fn rsa_keys_of_files_and_of_numbers() {
        use aws_lc_rs::encoding::AsDer;
        use aws_lc_rs::rsa::{KeySize, OaepPublicEncryptingKey};
        let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
        let pkcs8 = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&private).unwrap();
        let public = OaepPublicEncryptingKey::new(private.public_key()).unwrap();
        let content_key = [7; 16];
        let mut wrapped = vec![0; public.ciphertext_size()];
        let wrapped = public.encrypt(&OAEP_SHA256_MGF1SHA256, &content_key, &mut wrapped, None).unwrap();
        let gcm = LessSafeKey::new(UnboundKey::new(&aead::AES_128_GCM, &content_key).unwrap());
        let mut content = b"hello".to_vec();
        let nonce = Nonce::assume_unique_for_key([1; 12]);
        let tag = gcm.seal_in_place_separate_tag(nonce, aead::Aad::from(b"h"), &mut content).unwrap();
        let parts = Parts {
            authenticated: b"h".to_vec(),
            key: wrapped.to_vec(),
            iv: vec![1; 12],
            content,
            tag: tag.as_ref().to_vec(),
        };
        let block =
            crate::load::pem::parse(crate::load::pem::to_pem("PRIVATE KEY", pkcs8.as_ref()).as_bytes());
        let key = Key::of_block(&block.unwrap()[0]).unwrap();
        let header = header("RSA-OAEP-256", "A128GCM");
        assert_eq!(decrypt(&header, &parts, &key).as_deref(), Some(&b"hello"[..]));
        // The same key by its numbers.
        let mut fields = crate::x509::der::Reader::new(pkcs8.as_ref());
        let mut info = crate::x509::der::Reader::new(fields.expect(der::SEQUENCE).unwrap());
        info.next();
        info.next();
        let pkcs1 = info.expect(der::OCTET_STRING).unwrap();
        let numbers: Vec<Vec<u8>> = crate::x509::der::Reader::new(
            crate::x509::der::Reader::new(pkcs1).expect(der::SEQUENCE).unwrap(),
        )
        .each()
        .skip(1)
        .map(|number| number.value.to_vec())
        .collect();
        let [n, e, d, p, q, dp, dq, qi] = <[Vec<u8>; 8]>::try_from(numbers).unwrap();
        let key = Key::of_rsa_numbers(&RsaNumbers { n, e, d, p, q, dp, dq, qi }).unwrap();
        assert_eq!(decrypt(&header, &parts, &key).as_deref(), Some(&b"hello"[..]));
        assert_eq!(
            decrypt(&Header { algorithm: KeyAlgorithm::RsaOaep, ..header.clone() }, &parts, &key),
            None
        );
        // A padding that is wrong is not told from a key that is.
        assert_eq!(decrypt(&Header { algorithm: KeyAlgorithm::Rsa15, ..header }, &parts, &key), None);
        assert!(Key::of_rsa_numbers(&RsaNumbers::default()).is_none());
    }

    #[test]
    fn names() {
        for (name, algorithm) in KeyAlgorithm::ALL {
            assert_eq!((KeyAlgorithm::named(name.as_bytes()), algorithm.name()), (Some(algorithm), name));
        }
        assert_eq!(Encryption::named(b"A192CBC-HS384").unwrap().key_bytes(), 48);
        assert!(KeyAlgorithm::named(b"a128kw").is_none() && Curve::named(b"P-192").is_none());
    }
}
