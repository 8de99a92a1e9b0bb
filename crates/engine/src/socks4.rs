//! The client's side of SOCKS 4: how a server is reached through a proxy (configuration manual, chapter 5.2 "socks4").
//!
//! ```text
//! -> version 4 | CONNECT | port | IPv4 address | user | NUL
//! <- 0 | 90: granted, else: refused | port | address
//! ```
//! Nothing else may be sent before the answer. The protocol knows no IPv6.

use std::net::SocketAddr;

/// The user that is told, the one that HAProxy tells.
const USER: &[u8; 8] = b"HAProxy\0";
/// The length of a request.
const REQUEST_BYTES: usize = 8 + USER.len();
/// The length of an answer.
pub(crate) const ANSWER_BYTES: usize = 8;
/// The code of an answer that grants what was asked for.
const GRANTED: u8 = 90;

/// The request for a connection to `to`; `None`: the protocol cannot name it.
pub(crate) fn request(to: SocketAddr) -> Option<[u8; REQUEST_BYTES]> {
    let SocketAddr::V4(to) = to else { return None };
    let mut bytes = [0; REQUEST_BYTES];
    (bytes[0], bytes[1]) = (4, 1);
    bytes[2..4].copy_from_slice(&to.port().to_be_bytes());
    bytes[4..8].copy_from_slice(&to.ip().octets());
    bytes[8..].copy_from_slice(USER);
    Some(bytes)
}

/// Whether an answer lets the connection through. Whatever else it says is of no use.
pub(crate) fn is_granted(answer: &[u8; ANSWER_BYTES]) -> bool {
    answer[1] == GRANTED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_port_and_address() {
        let bytes = request("192.0.2.7:8080".parse().unwrap()).unwrap();
        assert_eq!(&bytes[..8], [4, 1, 0x1f, 0x90, 192, 0, 2, 7]);
        assert_eq!(&bytes[8..], b"HAProxy\0");
        assert_eq!(request("[::1]:80".parse().unwrap()), None);
    }

    #[test]
    fn only_90_grants() {
        assert!(is_granted(&[0, 90, 9, 9, 9, 9, 9, 9]));
        assert!(!is_granted(&[0, 91, 0, 0, 0, 0, 0, 0]));
        assert!(!is_granted(&[90, 0, 0, 0, 0, 0, 0, 0]));
    }
}
