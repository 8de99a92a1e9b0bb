//! `option http_proxy` of HAProxy up to 1.9: a simple forward proxy. A request names its server by address in its URI,
//! `http://192.0.2.1:8080/path`, and reaches it with the path alone. Names are not resolved.

use std::net::{IpAddr, SocketAddr};

use crate::failure::Failure;
use crate::stream::Exchange;

/// The port of a URI that names none.
const PORT: u16 = 80;

/// Aims the exchange at the server that its URI names.
///
/// # Errors
/// 400 for a URI that names none by address.
pub(crate) fn aim(x: &mut Exchange) -> Result<(), Failure> {
    let head = &mut x.txn.req.head;
    let server = head.uri().strip_prefix(b"http://").and_then(|_| server(head.authority()?));
    let server = server.ok_or(Failure::BadRequest(400))?;
    let path = match head.path_and_query() {
        Some(path) if path.starts_with(b"/") => path.to_vec(),
        Some(query) => [b"/", query].concat(),
        None => b"/".to_vec(),
    };
    head.set_uri(&path);
    x.txn.server_dst = Some(server);
    Ok(())
}

fn server(authority: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(authority).ok()?;
    if let Ok(addr) = text.parse() {
        return Some(addr);
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, PORT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_name_servers() {
        let found = |text: &str| server(text.as_bytes()).map(|addr| addr.to_string());
        assert_eq!(found("192.0.2.1").as_deref(), Some("192.0.2.1:80"));
        assert_eq!(found("192.0.2.1:8080").as_deref(), Some("192.0.2.1:8080"));
        assert_eq!(found("[2001:db8::1]").as_deref(), Some("[2001:db8::1]:80"));
        assert_eq!(found("[2001:db8::1]:8080").as_deref(), Some("[2001:db8::1]:8080"));
        for text in ["", "www.example", "192.0.2.1:", "192.0.2.1:x", "999.1.1.1"] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
