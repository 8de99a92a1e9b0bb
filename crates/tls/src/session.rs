//! What outlives a connection: session tickets, the cache of sessions, and the log of secrets.

use std::cell::RefCell;
use std::sync::Arc;

use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::{hmac, iv::FixedLength};
use rustls::server::ProducesTickets;

/// Secrets by their labels.
pub(crate) type Secrets = Vec<(&'static str, Box<[u8]>)>;

thread_local! {
    /// Secrets of the handshake that this thread is working on.
    static SECRETS: RefCell<Secrets> = const { RefCell::new(Vec::new()) };
}

/// Keeps secrets for the connection at hand (`tune.ssl.keylog`).
#[derive(Debug)]
pub(crate) struct SecretLog;

/// The labels of key log files.
const LABELS: [&str; 7] = [
    "CLIENT_RANDOM",
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
];

impl rustls::KeyLog for SecretLog {
    fn log(&self, label: &str, _client_random: &[u8], secret: &[u8]) {
        if let Some(label) = LABELS.into_iter().find(|known| *known == label) {
            SECRETS.with_borrow_mut(|secrets| secrets.push((label, secret.into())));
        }
    }
}

/// The secrets that the last step of a handshake produced.
pub(crate) fn take_secrets() -> Secrets {
    SECRETS.take()
}

/// Tickets under the keys of `tls-ticket-keys`, in OpenSSL's form (RFC 5077 section 4): key name, initialization vector,
/// AES-CBC, HMAC-SHA256. The last key but one makes them, all can read them, as in HAProxy.
pub(crate) struct TicketKeys {
    keys: Vec<TicketKey>,
    lifetime_s: u32,
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
    pub(crate) fn new(keys: &[Arc<[u8]>], lifetime_s: u32) -> Result<TicketKeys, String> {
        if keys.is_empty() {
            return Err("there is no ticket key".to_owned());
        }
        let keys = keys.iter().map(|key| TicketKey::new(key)).collect::<Option<Vec<_>>>();
        let keys = keys.ok_or("a ticket key has 48 or 80 bytes")?;
        Ok(TicketKeys { keys, lifetime_s })
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

impl ProducesTickets for TicketKeys {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.lifetime_s
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.current().seal(plain)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let name = cipher.first_chunk::<NAME_BYTES>()?;
        self.keys.iter().find(|key| key.name == *name)?.open(cipher)
    }
}

/// Tickets under keys of rustls's making, which it changes every few hours, for as long as sessions live here.
#[derive(Debug)]
pub(crate) struct RandomTickets {
    inner: Arc<dyn ProducesTickets>,
    lifetime_s: u32,
}

impl RandomTickets {
    /// Keys made now.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn new(lifetime_s: u32) -> Result<RandomTickets, String> {
        let inner = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(|error| error.to_string())?;
        Ok(RandomTickets { inner, lifetime_s })
    }
}

impl ProducesTickets for RandomTickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.lifetime_s
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.inner.encrypt(plain)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        self.inner.decrypt(cipher)
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
        let old = TicketKeys::new(&[key(1, 48), key(2, 48), key(3, 80)], 300).unwrap();
        let ticket = old.encrypt(b"state").unwrap();
        assert_eq!(ticket[..16], [2; 16], "the last key but one makes tickets");
        let rotated = TicketKeys::new(&[key(2, 48), key(3, 80), key(4, 80)], 300).unwrap();
        assert_eq!(rotated.decrypt(&ticket).as_deref(), Some(&b"state"[..]));
        let foreign = TicketKeys::new(&[key(9, 48)], 300).unwrap();
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
        assert!(TicketKeys::new(&[key(1, 47)], 300).is_err());
        assert!(TicketKeys::new(&[], 300).is_err());
    }
}
