//! Names, paths and addresses that nobody outside can read, and in which equal ones still look alike (management guide,
//! chapter 9.3, `set anon`; configuration manual, chapter 3.1, `anonkey`).
//!
//! The key is part of what is hashed: who does not know it cannot try names. Addresses of the machine itself stay as they
//! are, because they tell nothing.

use std::borrow::Cow;
use std::net::IpAddr;

use config::address::{Address, Host, Ports, Target};
use diag::{FileId, Span};

/// The bits of a hash that are shown: too few to tell which of many names it was made of.
const SHOWN_BITS: u32 = 0x00ff_ffff;

/// A name under a key; as it is without one.
#[must_use]
pub fn name(key: Option<u32>, name: &str) -> Cow<'_, str> {
    match key {
        Some(key) if !is_blank(name) => Cow::Owned(hash(key, name)),
        Some(_) | None => Cow::Borrowed(name),
    }
}

/// A name in a configuration: `ID(...)`.
#[must_use]
pub fn id(key: u32, name: &str) -> String {
    within("ID", key, name)
}

/// A path in a configuration: `PATH(...)`.
#[must_use]
pub fn path(key: u32, path: &str) -> String {
    within("PATH", key, path)
}

/// An address without a port, or a text in its place: `IPV4(...)`, `IPV6(...)`.
#[must_use]
pub fn ip(key: Option<u32>, text: &str) -> Cow<'_, str> {
    let Some(key) = key else { return Cow::Borrowed(text) };
    match text.parse() {
        Ok(ip) => of_ip(key, ip).map_or(Cow::Borrowed(text), Cow::Owned),
        Err(_) => name(Some(key), text),
    }
}

/// An address as a configuration writes it, with its port. Names of hosts are not resolved: they count as texts.
#[must_use]
pub fn address(key: u32, text: &str) -> Cow<'_, str> {
    let stays = ["localhost", "stdout", "stderr"].contains(&text)
        || ["fd@", "sockpair@"].iter().any(|prefix| text.starts_with(prefix));
    if stays {
        return Cow::Borrowed(text);
    }
    let parsed = Address::parse_at(text.as_bytes(), Span::line(FileId(0), 0));
    let Ok(Address { target: Target::Inet { host: Host::Ip(ip), ports, .. }, .. }) = parsed else {
        return name(Some(key), text);
    };
    let Some(shown) = of_ip(key, ip) else { return Cow::Borrowed(text) };
    match ports {
        Ports::Range(first, _) if first != 0 => Cow::Owned(format!("{shown}:{first}")),
        Ports::Range(..) | Ports::Offset(_) | Ports::None => Cow::Owned(shown),
    }
}

/// The address hidden; `None` where it stays as it is.
fn of_ip(key: u32, ip: IpAddr) -> Option<String> {
    let text = ip.to_string();
    let stays = match ip {
        IpAddr::V4(_) => ["127", "255", "0"].iter().any(|start| text.starts_with(start)),
        IpAddr::V6(_) => text == "::1",
    };
    let family = if ip.is_ipv4() { "IPV4" } else { "IPV6" };
    (!stays).then(|| within(family, key, &text))
}

fn within(kind: &str, key: u32, text: &str) -> String {
    if is_blank(text) { text.to_owned() } else { format!("{kind}({})", hash(key, text)) }
}

fn hash(key: u32, text: &str) -> String {
    format!("{:06x}", twox_hash::XxHash32::oneshot(key, text.as_bytes()) & SHOWN_BITS)
}

fn is_blank(text: &str) -> bool {
    text.is_empty() || text == " "
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_haproxy_hides_them() {
        assert_eq!(
            (name(Some(5), "s1"), name(None, "s1"), name(Some(5), "")),
            ("8e467b".into(), "s1".into(), "".into())
        );
        assert_eq!(
            (id(5, "base").as_str(), path(5, "https://secret.example").as_str()),
            ("ID(311f49)", "PATH(15cc81)")
        );
        assert_eq!(ip(Some(5), "10.1.2.3"), "IPV4(ee3025)");
        assert_eq!(ip(Some(5), "2001:db8::1"), "IPV6(c4347b)");
        for (text, shown) in [
            ("10.1.2.3:80", "IPV4(ee3025):80"),
            ("10.1.2.3:80-82", "IPV4(ee3025):80"),
            ("ipv4@10.1.2.3:80", "IPV4(ee3025):80"),
            ("[2001:db8::1]:443", "IPV6(c4347b):443"),
            ("192.168.0.1", "IPV4(dcf75b)"),
            ("host.invalid:8080", "201622"),
            ("unix@/run/x.sock", "f770ac"),
            ("ring@buf0", "4294b7"),
            (":8080", ":8080"),
            ("*:9000", "*:9000"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("fd@4", "fd@4"),
        ] {
            assert_eq!(address(5, text), shown, "{text}");
        }
    }
}
