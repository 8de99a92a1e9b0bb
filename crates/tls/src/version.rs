//! Protocol versions (RFC 8446 section 4.2.1), those that rustls does not speak included.

/// A version that a configuration can name, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// SSL 3.0.
    Ssl3,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl Version {
    /// All, oldest first.
    pub const ALL: [Version; 5] =
        [Version::Ssl3, Version::Tls10, Version::Tls11, Version::Tls12, Version::Tls13];

    /// Its name in configurations, logs and fetches (`ssl-min-ver`, `%sslv`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Version::Ssl3 => "SSLv3",
            Version::Tls10 => "TLSv1.0",
            Version::Tls11 => "TLSv1.1",
            Version::Tls12 => "TLSv1.2",
            Version::Tls13 => "TLSv1.3",
        }
    }

    /// The version of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Version> {
        Version::ALL.into_iter().find(|version| version.name() == name)
    }

    /// Its two bytes on the wire.
    #[must_use]
    pub fn wire(self) -> u16 {
        match self {
            Version::Ssl3 => 0x0300,
            Version::Tls10 => 0x0301,
            Version::Tls11 => 0x0302,
            Version::Tls12 => 0x0303,
            Version::Tls13 => 0x0304,
        }
    }

    /// Whether rustls speaks it.
    #[must_use]
    pub fn is_spoken(self) -> bool {
        self >= Version::Tls12
    }
}

/// The versions that are allowed, both ends included; `None`: no bound of its own. `force-tlsv12` sets both ends,
/// `no-tlsv12` takes a version out of the middle as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VersionRange {
    /// `ssl-min-ver`.
    pub min: Option<Version>,
    /// `ssl-max-ver`.
    pub max: Option<Version>,
    /// `no-sslv3` ... `no-tlsv13`: bit `1 << version`.
    pub removed: u8,
}

impl VersionRange {
    /// Takes a version out (`no-tlsv12`).
    pub fn remove(&mut self, version: Version) {
        self.removed |= 1 << version as u8;
    }

    /// Allows one version alone (`force-tlsv12`).
    pub fn force(&mut self, version: Version) {
        self.min = Some(version);
        self.max = Some(version);
    }

    /// Whether `version` may be spoken; without a lower bound TLS 1.2 is it, as in HAProxy's default.
    #[must_use]
    pub fn allows(&self, version: Version) -> bool {
        version >= self.min.unwrap_or(Version::Tls12)
            && self.max.is_none_or(|max| version <= max)
            && self.removed & (1 << version as u8) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_allows_what_it_says() {
        let mut range = VersionRange::default();
        assert!(
            range.allows(Version::Tls12) && range.allows(Version::Tls13) && !range.allows(Version::Tls11)
        );
        range.remove(Version::Tls12);
        assert!(!range.allows(Version::Tls12));
        range.force(Version::Tls13);
        assert!(!range.allows(Version::Tls12) && range.allows(Version::Tls13));
        range.max = Version::named("TLSv1.0");
        assert!(Version::ALL.into_iter().all(|version| !range.allows(version)));
    }
}
