//! General names (RFC 5280 section 4.2.1.6): subject alternative names, and where else names of several kinds stand.

use std::fmt::Write as _;

use super::der::{self, Reader, Tlv};
use super::name::Name;
use super::{oids, text};

/// One name; its kind is its tag.
#[derive(Debug, Clone, Copy)]
pub enum GeneralName<'a> {
    /// Of a kind that its identifier says.
    Other {
        /// DER contents of the identifier.
        oid: &'a [u8],
        /// Tag of the value.
        tag: u8,
        /// The value.
        value: &'a [u8],
    },
    /// A mail address.
    Email(&'a [u8]),
    /// A host name.
    Dns(&'a [u8]),
    /// A directory name.
    Directory(Name<'a>),
    /// A URI.
    Uri(&'a [u8]),
    /// An address of 4 or 16 bytes; within name constraints with a mask as long behind it.
    Ip(&'a [u8]),
    /// An object identifier, DER contents.
    Registered(&'a [u8]),
    /// `x400Address`.
    X400,
    /// `ediPartyName`.
    EdiParty,
}

impl<'a> GeneralName<'a> {
    /// The name that `tlv` is.
    pub(crate) fn new(tlv: Tlv<'a>) -> Option<GeneralName<'a>> {
        match tlv.tag & 0x1f {
            0 => {
                let mut parts = tlv.parts();
                let oid = parts.expect(der::OID)?;
                let value = Tlv::only(parts.expect(der::constructed(0))?)?;
                Some(GeneralName::Other { oid, tag: value.tag, value: value.value })
            }
            1 => Some(GeneralName::Email(tlv.value)),
            2 => Some(GeneralName::Dns(tlv.value)),
            3 => Some(GeneralName::X400),
            4 => Some(GeneralName::Directory(Name::new(Tlv::only(tlv.value)?)?)),
            5 => Some(GeneralName::EdiParty),
            6 => Some(GeneralName::Uri(tlv.value)),
            7 => Some(GeneralName::Ip(tlv.value)),
            8 => Some(GeneralName::Registered(tlv.value)),
            _ => None,
        }
    }

    /// The names in the contents of a GeneralNames; those of no known kind are left out.
    pub(crate) fn each(names: &'a [u8]) -> impl Iterator<Item = GeneralName<'a>> + use<'a> {
        Reader::new(names).each().filter_map(GeneralName::new)
    }

    /// `DNS:example.com`, `IP Address:127.0.0.1`, `URI:...`, `email:...`, `DirName:...`, as OpenSSL prints it.
    #[must_use]
    pub fn display(&self) -> String {
        match self {
            GeneralName::Other { oid, tag, value } => display_other(oid, *tag, value),
            GeneralName::Email(text) => format!("email:{}", String::from_utf8_lossy(text)),
            GeneralName::Dns(text) => format!("DNS:{}", String::from_utf8_lossy(text)),
            GeneralName::Uri(text) => format!("URI:{}", String::from_utf8_lossy(text)),
            GeneralName::Directory(name) => format!("DirName:{}", name.display()),
            GeneralName::Ip(address) => display_ip(address),
            GeneralName::Registered(oid) => {
                let name = oids::long_name(oid).map_or_else(|| oids::dotted(oid), str::to_owned);
                format!("Registered ID:{name}")
            }
            GeneralName::X400 => "X400Name:<unsupported>".to_owned(),
            GeneralName::EdiParty => "EdiPartyName:<unsupported>".to_owned(),
        }
    }
}

/// `IP Address:10.0.0.1`, `IP Address:2001:DB8:0:0:0:0:0:1`.
fn display_ip(address: &[u8]) -> String {
    if let Ok([a, b, c, d]) = <[u8; 4]>::try_from(address) {
        return format!("IP Address:{a}.{b}.{c}.{d}");
    }
    let (groups, rest) = address.as_chunks::<2>();
    if groups.len() != 8 || !rest.is_empty() {
        return "IP Address:<invalid>".to_owned();
    }
    let mut line = "IP Address".to_owned();
    // Writing to a string cannot fail.
    groups.iter().for_each(|group| _ = write!(line, ":{:X}", u16::from_be_bytes(*group)));
    line
}

/// `othername:UPN:user@example.com`.
fn display_other(oid: &[u8], tag: u8, value: &[u8]) -> String {
    let kind = match oids::dotted(oid).as_str() {
        "1.3.6.1.4.1.311.20.2.3" => "UPN".to_owned(),
        "1.3.6.1.5.5.7.8.5" => "XmppAddr".to_owned(),
        "1.3.6.1.5.5.7.8.7" => "SRVName".to_owned(),
        "1.3.6.1.5.5.7.8.8" => "NAIRealm".to_owned(),
        "1.3.6.1.5.5.7.8.9" => "SmtpUTF8Mailbox".to_owned(),
        dotted => oids::long_name(oid).map_or_else(|| dotted.to_owned(), str::to_owned),
    };
    let value = match tag {
        der::UTF8_STRING | der::IA5_STRING => text::to_utf8(der::UTF8_STRING, value),
        _ => None,
    };
    format!("othername:{kind}:{}", value.as_deref().unwrap_or("<unsupported>"))
}
