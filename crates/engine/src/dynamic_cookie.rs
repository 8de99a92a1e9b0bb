//! `cookie ... dynamic`: servers' cookies that are made from a key and their addresses, the same on all load balancers that
//! share the key (configuration manual, chapter 4.2 "dynamic-cookie-key"); an operator may switch them and change the key.

use std::hash::Hasher;
use std::net::IpAddr;

use config::ProxyConfig;
use net::Endpoint;
use parking_lot::Mutex;
use state::{Proxy, Server};
use twox_hash::XxHash64;

use crate::shared::{ServerRun, Shared};

/// Whether a backend makes cookies for its servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// It does, as soon as it has a key.
    On,
    /// It does not.
    Off,
}

/// What the cookies of a backend's servers are made from.
#[derive(Debug)]
pub struct DynamicCookies(Mutex<Maker>);

#[derive(Debug)]
struct Maker {
    making: Making,
    key: Option<Box<[u8]>>,
}

impl DynamicCookies {
    /// As the configuration has it.
    pub(crate) fn of(proxy: &ProxyConfig) -> Self {
        let is_dynamic = proxy.cookie.as_ref().is_some_and(|cookie| cookie.is_dynamic);
        let making = if is_dynamic { Making::On } else { Making::Off };
        DynamicCookies(Mutex::new(Maker { making, key: proxy.dynamic_cookie_key.clone() }))
    }

    /// The cookie of a server at `endpoint`; `None` where none is made.
    pub(crate) fn cookie(&self, endpoint: &Endpoint) -> Option<Box<[u8]>> {
        let maker = self.0.lock();
        let key = maker.key.as_ref().filter(|_| maker.making == Making::On)?;
        cookie(key, endpoint)
    }
}

/// The cookie of a server at `endpoint` under `key`.
fn cookie(key: &[u8], endpoint: &Endpoint) -> Option<Box<[u8]>> {
    let address = endpoint.inet()?;
    let mut hash = XxHash64::with_seed(0);
    hash.write(key);
    match address.ip() {
        IpAddr::V4(ip) => hash.write(&ip.octets()),
        IpAddr::V6(ip) => hash.write(&ip.octets()),
    }
    hash.write(&u32::from(address.port()).to_be_bytes());
    Some(format!("{:016x}", hash.finish()).into_bytes().into())
}

/// Lets a backend make cookies for its servers, or no longer.
pub fn set_making(shared: &Shared, proxy: &Proxy, making: Making) {
    shared.proxy(proxy.id).dynamic_cookies.0.lock().making = making;
    renew_all(shared, proxy);
}

/// Changes the key of a backend.
pub fn set_key(shared: &Shared, proxy: &Proxy, key: &[u8]) {
    shared.proxy(proxy.id).dynamic_cookies.0.lock().key = Some(key.into());
    renew_all(shared, proxy);
}

fn renew_all(shared: &Shared, proxy: &Proxy) {
    proxy.servers.iter().for_each(|server| renew(shared, &server));
}

/// Makes a server's cookie anew, after its address changed; one that its line names stays.
pub fn renew(shared: &Shared, server: &Server) {
    let run: &ServerRun = &shared.server(server);
    if run.config(&shared.config).cookie.is_none() {
        server.set_cookie(shared.proxy(server.proxy).dynamic_cookies.cookie(&server.endpoint()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_other_load_balancers() {
        let made = |port: u16| cookie(b"hello", &Endpoint::Inet(([127, 0, 0, 1], port).into()));
        assert_eq!(made(9711).as_deref(), Some(&b"d62a8a3cafda205e"[..]));
        assert_eq!(made(9712).as_deref(), Some(&b"7204e1799381233c"[..]));
        assert_eq!(cookie(b"hello", &Endpoint::Unix(b"/run/s".to_vec())), None);
    }
}
