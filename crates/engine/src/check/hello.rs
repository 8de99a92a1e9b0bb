//! `option ssl-hello-chk`: the first message of an SSL 3.0 handshake, as RFC 6101 section 5.6.1.2 lays it out. Whoever
//! answers it with a handshake message or an alert knows the protocol, whatever it thinks of the version; the handshake
//! does not go on.

use std::time::{SystemTime, UNIX_EPOCH};

/// Content type of a record (RFC 5246 section 6.2.1).
const HANDSHAKE: u8 = 22;

/// Seconds since 1970.
pub(super) fn now_s() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    // The field has 32 bits and starts again in 2106.
    u32::try_from(since & u64::from(u32::MAX)).unwrap_or(0)
}

/// The record. Its suites are those of SSL 3.0 and the AES ones of RFC 3268: servers of every age know one of them.
pub(super) fn hello(now_s: u32) -> Vec<u8> {
    const VERSION: [u8; 2] = [3, 0];
    const CLIENT_HELLO: u8 = 1;
    const RANDOM: &[u8; 28] = b"lockgate ssl-hello-chk check";
    let suites: Vec<u8> = (0x01u16..=0x1b).chain(0x2f..=0x3a).flat_map(u16::to_be_bytes).collect();
    let body = [
        &VERSION[..],
        &now_s.to_be_bytes(),
        RANDOM,
        // No session to resume.
        &[0],
        &length(&suites),
        &suites,
        // One compression method: none.
        &[1, 0],
    ]
    .concat();
    let message = [&[CLIENT_HELLO, 0][..], &length(&body), &body].concat();
    [&[HANDSHAKE][..], &VERSION, &length(&message), &message].concat()
}

fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hello_is_well_formed() {
        let hello = hello(0x0102_0304);
        assert_eq!(hello[..11], [22, 3, 0, 0, 0x79, 1, 0, 0, 0x75, 3, 0]);
        assert_eq!(hello[11..15], [1, 2, 3, 4]);
        assert_eq!(hello.len(), 5 + 0x79);
        assert_eq!(hello[43..46], [0, 0, 78]);
        assert!(hello.ends_with(&[0, 0x3a, 1, 0]));
    }
}
