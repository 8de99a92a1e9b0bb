//! `persist rdp-cookie`: a Remote Desktop client that was redirected brings a cookie which names its server
//! (configuration manual, chapter 4.2; the load balancing cookie of MS-RDPBCGR).

use std::net::{Ipv4Addr, SocketAddr};

use base::ServerId;
use sample::{Expr, Txn};

use crate::balance::Persistence;

/// The server that the cookie names, if it is one of this backend and counts.
pub(crate) fn server(cookie: &Expr, txn: &Txn, persistence: Persistence) -> Option<ServerId> {
    let value = cookie.eval(txn)?;
    let named = address(&value.to_str())?;
    let is_it = |server: &&std::sync::Arc<state::Server>| {
        server.endpoint().inet() == Some(named) && persistence.accepts(server)
    };
    txn.backend.servers.load().iter().find(is_it).map(|server| server.id)
}

/// `ADDRESS.PORT.0000`: both are the numbers that their bytes, in the network's order, make on this machine.
fn address(cookie: &[u8]) -> Option<SocketAddr> {
    let mut parts = cookie.split(|byte| *byte == b'.');
    let mut number = || base::bytes::parse_decimal(parts.next()?);
    let (ip, port) = (u32::try_from(number()?).ok()?, u16::try_from(number()?).ok()?);
    // A third part has to be there, whatever it is.
    parts.next()?;
    Some(SocketAddr::from((Ipv4Addr::from(ip.to_ne_bytes()), u16::from_be(port))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cookie of a server, as a session broker writes it.
    fn cookie(ip: [u8; 4], port: u16) -> String {
        format!("{}.{}.0000", u32::from_ne_bytes(ip), port.to_be())
    }

    #[test]
    fn addresses_are_read_in_the_order_of_the_network() {
        let text = cookie([192, 0, 2, 7], 3389);
        assert_eq!(address(text.as_bytes()), Some("192.0.2.7:3389".parse().unwrap()));
    }

    #[test]
    fn what_is_no_such_cookie_names_nobody() {
        for text in ["", "alice", "1.2", "1.70000.0000", "99999999999.1.0000", "-1.1.0000"] {
            assert_eq!(address(text.as_bytes()), None, "{text}");
        }
    }
}
