//! An address with the length of its network's prefix: `10.0.1.2/24`, `fd00::2/64` (RFC 4632, RFC 4291 section 2.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// `0.0.0.0/0` or `::/0`.
    #[must_use]
    pub const fn everything(self) -> Prefix {
        match self {
            Self::V4 => Prefix { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), length: 0 },
            Self::V6 => Prefix { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED), length: 0 },
        }
    }

    /// How many bits an address has.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }
}

/// An address and how many of its leading bits name its network. The other bits may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

/// Why a text is no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// What stands before the slash.
    #[error("is no address")]
    Address,
    /// There is no slash.
    #[error("has no prefix length")]
    NoLength,
    /// What stands behind the slash, and the longest that there is.
    #[error("has a bad prefix length: a number from 0 to {0} is expected")]
    Length(u8),
}

impl Prefix {
    /// `None` if `length` has more bits than the address.
    #[must_use]
    pub const fn new(address: IpAddr, length: u8) -> Option<Self> {
        if length > Family::of(address).bits() { None } else { Some(Self { address, length }) }
    }

    /// The one address alone.
    #[must_use]
    pub const fn host(address: IpAddr) -> Self {
        Self { address, length: Family::of(address).bits() }
    }

    /// Reads `ADDRESS/LENGTH`.
    ///
    /// # Errors
    /// Which half is wrong.
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| PrefixError::Address)?;
        let length = length.ok_or(PrefixError::NoLength)?;
        let bad = PrefixError::Length(Family::of(address).bits());
        if !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad);
        }
        length.parse().ok().and_then(|length| Self::new(address, length)).ok_or(bad)
    }

    /// The address with all its bits.
    #[must_use]
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// How many bits name the network.
    #[must_use]
    pub const fn length(self) -> u8 {
        self.length
    }

    /// Its family.
    #[must_use]
    pub const fn family(self) -> Family {
        Family::of(self.address)
    }

    /// The network: the same with all other bits cleared.
    #[must_use]
    pub fn network(self) -> Self {
        let host_bits = u32::from(self.family().bits() - self.length);
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from(u32::from(address) & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask))
            }
        };
        Self { address, length: self.length }
    }

    /// Whether the address lies in the network.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        Self::new(address, self.length)
            .is_some_and(|other| other.family() == self.family() && other.network() == self.network())
    }

    /// Whether this is everything, `0.0.0.0/0` or `::/0`.
    #[must_use]
    pub const fn is_default(self) -> bool {
        self.length == 0
    }

    /// The last address of an IPv4 network that has broadcasts (RFC 3021: those of 31 and 32 bits have none).
    #[must_use]
    pub fn broadcast(self) -> Option<Ipv4Addr> {
        match self.address {
            IpAddr::V4(address) if self.length < 31 => {
                Some(Ipv4Addr::from(u32::from(address) | (u32::MAX >> self.length)))
            }
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        Prefix::parse(text).unwrap()
    }

    #[test]
    fn reading() {
        assert_eq!(prefix("10.0.1.2/24").to_string(), "10.0.1.2/24");
        assert_eq!(prefix("FD00:0::2/64").to_string(), "fd00::2/64");
        assert_eq!(Prefix::parse("10.0.1/24"), Err(PrefixError::Address));
        assert_eq!(Prefix::parse("10.0.1.2"), Err(PrefixError::NoLength));
        for bad in ["10.0.1.2/33", "10.0.1.2/", "10.0.1.2/+4", "10.0.1.2/255.0.0.0", "10.0.1.2/999"] {
            assert_eq!(Prefix::parse(bad), Err(PrefixError::Length(32)), "{bad}");
        }
        assert_eq!(Prefix::parse("::/129"), Err(PrefixError::Length(128)));
    }

    #[test]
    fn networks() {
        assert_eq!(prefix("10.0.1.2/24").network(), prefix("10.0.1.0/24"));
        assert_eq!(prefix("10.0.1.2/0").network(), Family::V4.everything());
        assert_eq!(prefix("10.0.1.2/32").network(), prefix("10.0.1.2/32"));
        assert_eq!(prefix("fd00::1:2/112").network(), prefix("fd00::1:0/112"));
        assert_eq!(prefix("fd00::1/0").network(), Family::V6.everything());
        assert!(prefix("10.0.1.2/24").contains("10.0.1.255".parse().unwrap()));
        assert!(!prefix("10.0.1.2/24").contains("10.0.2.1".parse().unwrap()));
        assert!(!prefix("0.0.0.0/0").contains("::1".parse().unwrap()));
    }

    #[test]
    fn broadcasts() {
        assert_eq!(prefix("10.0.1.2/24").broadcast(), Some("10.0.1.255".parse().unwrap()));
        assert_eq!(prefix("10.0.1.2/31").broadcast(), None);
        assert_eq!(prefix("fd00::1/64").broadcast(), None);
    }
}
