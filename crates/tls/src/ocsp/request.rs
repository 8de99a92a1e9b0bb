//! Requests of OCSP (RFC 6960 section 4.1), and how they are put to a responder (appendix A.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::store::element;
use crate::x509::der;

/// The longest that address and request may be together, in bytes, for the request to be part of the address.
const GET_BYTES_MAX: usize = 255;

/// What is asked of a responder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// `GET` of this address.
    Get(String),
    /// `POST` of these bytes to the responder's address.
    Post(Vec<u8>),
}

/// A request for the state of one certificate, DER; `id` is what OCSP calls that (DER of a CertID).
#[must_use]
pub fn request(id: &[u8]) -> Vec<u8> {
    // A Request, the list of them, the TBSRequest, and an OCSPRequest without a signature.
    (0..4).fold(id.to_vec(), |inner, _| element(der::SEQUENCE, &[&inner]))
}

/// How the request is put to the responder at `uri`: so that its answer can be cached on the way, where that is short enough.
#[must_use]
pub fn ask(uri: &str, id: &[u8]) -> Asked {
    let request = request(id);
    if request.len() + uri.len() >= GET_BYTES_MAX {
        return Asked::Post(request);
    }
    let mut target = format!("{uri}/");
    for byte in STANDARD.encode(request).chars() {
        match byte {
            '+' => target.push_str("%2B"),
            '/' => target.push_str("%2F"),
            '=' => target.push_str("%3D"),
            other => target.push(other),
        }
    }
    Asked::Get(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_requests_stand_in_the_address() {
        assert_eq!(request(&[0x30, 0]), [0x30, 8, 0x30, 6, 0x30, 4, 0x30, 2, 0x30, 0]);
        let id = element(der::SEQUENCE, &[&[0xff; 20]]);
        let Asked::Get(target) = ask("http://a.test:80", &id) else { panic!("it is short") };
        let text = target.strip_prefix("http://a.test:80/").unwrap();
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'%'), "{text}");
        let back = text.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        assert_eq!(STANDARD.decode(back).unwrap(), request(&id));
        let long = "http://a.test/".to_owned() + &"x".repeat(250);
        assert_eq!(ask(&long, &id), Asked::Post(request(&id)));
    }
}
