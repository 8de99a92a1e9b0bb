//! Session tickets under the keys of a file (`tls-ticket-keys`), which the runtime API replaces one by one
//! (`set ssl tls-key`; RFC 5077 section 4).

use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::{hmac, iv::FixedLength};
use rustls::server::ProducesTickets;

/// A file of keys, shared by all `bind` lines that name it.
#[derive(Debug)]
pub struct TicketFile {
    /// Its path.
    pub name: Box<str>,
    /// Its number: files are counted from 0.
    pub id: u32,
    keys: ArcSwap<Keys>,
}

/// The keys as bytes, oldest first, and as they are used.
struct Keys {
    bytes: Vec<Arc<[u8]>>,
    usable: TicketKeys,
}

/// Tells nothing of the keys.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("count", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Keys {
    fn new(bytes: Vec<Arc<[u8]>>) -> Result<Keys, String> {
        Ok(Keys { usable: TicketKeys::new(&bytes)?, bytes })
    }
}

/// A key has another length than those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key has another length than the others")]
pub struct WrongLength;

impl TicketFile {
    /// Keys of 48 or 80 bytes, oldest first.
    ///
    /// # Errors
    /// No key, or one of another length.
    pub fn new(name: &str, id: u32, keys: Vec<Arc<[u8]>>) -> Result<TicketFile, String> {
        Ok(TicketFile { name: name.into(), id, keys: ArcSwap::from_pointee(Keys::new(keys)?) })
    }

    /// Its keys, oldest first.
    #[must_use]
    pub fn keys(&self) -> Vec<Arc<[u8]>> {
        self.keys.load().bytes.clone()
    }

    /// Takes a new key in, the oldest goes. Tickets of both of the others can still be read.
    ///
    /// # Errors
    /// It is not as long as the others.
    pub fn push(&self, key: &[u8]) -> Result<(), WrongLength> {
        let mut bytes = self.keys();
        if bytes.iter().any(|other| other.len() != key.len()) {
            return Err(WrongLength);
        }
        bytes.remove(0);
        bytes.push(key.into());
        self.keys.store(Arc::new(Keys::new(bytes).map_err(|_| WrongLength)?));
        Ok(())
    }

    /// Makes and reads tickets by the keys that the file has at the time.
    pub(crate) fn tickets(self: &Arc<Self>, lifetime_s: u32) -> Arc<dyn ProducesTickets> {
        Arc::new(FileTickets { file: self.clone(), lifetime_s })
    }
}

/// A file's tickets, for sessions that live so long.
#[derive(Debug)]
struct FileTickets {
    file: Arc<TicketFile>,
    lifetime_s: u32,
}

impl ProducesTickets for FileTickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.lifetime_s
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.file.keys.load().usable.encrypt(plain)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        self.file.keys.load().usable.decrypt(cipher)
    }
}

/// Tickets under the keys of `tls-ticket-keys`, in OpenSSL's form (RFC 5077 section 4): key name, initialization vector,
/// AES-CBC, HMAC-SHA256. The last key but one makes them, all can read them, as in HAProxy.
struct TicketKeys {
    keys: Vec<TicketKey>,
}

struct TicketKey {
    name: [u8; 16],
    encrypt: PaddedBlockEncryptingKey,
    decrypt: PaddedBlockDecryptingKey,
    authenticate: hmac::Key,
}

/// A key's name, as it stands at the start of a ticket, in bytes.
const NAME_BYTES: usize = 16;
const IV_BYTES: usize = 16;
const MAC_BYTES: usize = 32;

impl std::fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TicketKeys").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl TicketKeys {
    /// Keys of 48 bytes (name, HMAC 16, AES 16) or 80 bytes (name, HMAC 32, AES 32), oldest first.
    ///
    /// # Errors
    /// Other lengths, and no key at all.
    fn new(keys: &[Arc<[u8]>]) -> Result<TicketKeys, String> {
        if keys.is_empty() {
            return Err("there is no ticket key".to_owned());
        }
        let keys = keys.iter().map(|key| TicketKey::new(key)).collect::<Option<Vec<_>>>();
        let keys = keys.ok_or("a ticket key has 48 or 80 bytes")?;
        Ok(TicketKeys { keys })
    }

    /// The key that makes tickets: the last but one, so that the newest is known everywhere before it is used.
    fn current(&self) -> &TicketKey {
        &self.keys[self.keys.len().saturating_sub(2)]
    }
}

impl TicketKey {
    fn new(bytes: &[u8]) -> Option<TicketKey> {
        let (name, rest) = bytes.split_first_chunk::<NAME_BYTES>()?;
        let algorithm = match rest.len() {
            32 => &AES_128,
            64 => &AES_256,
            _ => return None,
        };
        let (mac, aes) = rest.split_at(rest.len() / 2);
        let key = || UnboundCipherKey::new(algorithm, aes).ok();
        Some(TicketKey {
            name: *name,
            encrypt: PaddedBlockEncryptingKey::cbc_pkcs7(key()?).ok()?,
            decrypt: PaddedBlockDecryptingKey::cbc_pkcs7(key()?).ok()?,
            authenticate: hmac::Key::new(hmac::HMAC_SHA256, mac),
        })
    }

    fn seal(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut body = plain.to_vec();
        let DecryptionContext::Iv128(iv) = self.encrypt.encrypt(&mut body).ok()? else { return None };
        let mut ticket = [&self.name[..], iv.as_ref(), &body].concat();
        let tag = hmac::sign(&self.authenticate, &ticket);
        ticket.extend_from_slice(tag.as_ref());
        Some(ticket)
    }

    fn open(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (sealed, tag) = ticket.split_at_checked(ticket.len().checked_sub(MAC_BYTES)?)?;
        hmac::verify(&self.authenticate, sealed, tag).ok()?;
        let (iv, body) = sealed.get(NAME_BYTES..)?.split_first_chunk::<IV_BYTES>()?;
        let mut body = body.to_vec();
        let context = DecryptionContext::Iv128(FixedLength::from(iv));
        let plain = self.decrypt.decrypt(&mut body, context).ok()?.len();
        body.truncate(plain);
        Some(body)
    }
}

impl TicketKeys {
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.current().seal(plain)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let name = cipher.first_chunk::<NAME_BYTES>()?;
        self.keys.iter().find(|key| key.name == *name)?.open(cipher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(fill: u8, bytes: usize) -> Arc<[u8]> {
        vec![fill; bytes].into()
    }

    #[test]
    fn tickets_of_all_keys_are_read_and_foreign_ones_are_not() {
        let old = TicketKeys::new(&[key(1, 48), key(2, 48), key(3, 80)]).unwrap();
        let ticket = old.encrypt(b"state").unwrap();
        assert_eq!(ticket[..16], [2; 16], "the last key but one makes tickets");
        let rotated = TicketKeys::new(&[key(2, 48), key(3, 80), key(4, 80)]).unwrap();
        assert_eq!(rotated.decrypt(&ticket).as_deref(), Some(&b"state"[..]));
        let foreign = TicketKeys::new(&[key(9, 48)]).unwrap();
        assert_eq!(foreign.decrypt(&ticket), None);
        let mut broken = ticket.clone();
        broken[40] ^= 1;
        assert_eq!(old.decrypt(&broken), None);
        for cut in 0..ticket.len() {
            assert_eq!(old.decrypt(&ticket[..cut]), None);
        }
    }

    #[test]
    fn keys_have_one_of_two_lengths() {
        assert!(TicketKeys::new(&[key(1, 47)]).is_err());
        assert!(TicketKeys::new(&[]).is_err());
    }

    #[test]
    fn a_new_key_takes_the_place_of_the_oldest() {
        let file = Arc::new(TicketFile::new("keys", 0, vec![key(1, 48), key(2, 48), key(3, 48)]).unwrap());
        let tickets = file.tickets(300);
        let first = tickets.encrypt(b"state").unwrap();
        assert!(file.push(&[4; 80]).is_err(), "all keys have the same length");
        file.push(&[4; 48]).unwrap();
        let second = tickets.encrypt(b"state").unwrap();
        assert_eq!((first[0], second[0]), (2, 3), "the newest is not used before the next one is there");
        assert_eq!(tickets.decrypt(&first).as_deref(), Some(&b"state"[..]));
        file.push(&[5; 48]).unwrap();
        assert_eq!(tickets.decrypt(&first), None);
        assert_eq!(file.keys().iter().map(|key| key[0]).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(tickets.lifetime(), 300);
    }
}
