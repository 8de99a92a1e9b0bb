//! A client's hello and what it offers (RFC 8446 section 4.1.2 and 4.2, RFC 6066 section 3, RFC 7301, RFC 8422).
//!
//! Lists are given as they stand on the wire, since that is what fetches return. A part that is bent is absent; the
//! other parts are still read.

/// Version and random before everything of a length of its own.
const FIXED_BYTES: usize = 34;

/// Numbers of extensions.
mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const GROUPS: u16 = 10;
    pub(super) const POINT_FORMATS: u16 = 11;
    pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(super) const ALPN: u16 = 16;
    pub(super) const SESSION_TICKET: u16 = 35;
    pub(super) const EARLY_DATA: u16 = 42;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
    pub(super) const KEY_SHARE: u16 = 51;
}

/// A client's hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientHello<'a> {
    version: u16,
    random: &'a [u8; 32],
    session_id: &'a [u8],
    ciphers: &'a [u8],
    compressions: &'a [u8],
    extensions: &'a [u8],
}

impl<'a> ClientHello<'a> {
    /// Reads a hello's `body`, what follows the four bytes of a handshake message's header. Extensions may be missing.
    #[must_use]
    pub fn parse(body: &'a [u8]) -> Option<ClientHello<'a>> {
        let (fixed, rest) = body.split_at_checked(FIXED_BYTES)?;
        let (version, random) = fixed.split_first_chunk::<2>()?;
        let (session_id, rest) = counted(rest, 1)?;
        let (ciphers, rest) = counted(rest, 2)?;
        let (compressions, rest) = counted(rest, 1)?;
        let extensions = counted(rest, 2).map_or(&[][..], |(extensions, _)| extensions);
        Some(ClientHello {
            version: u16::from_be_bytes(*version),
            random: random.first_chunk()?,
            session_id,
            ciphers,
            compressions,
            extensions,
        })
    }

    /// The highest version as of TLS 1.2: `0x0303`; see [`ClientHello::supported_versions`] for later ones.
    #[must_use]
    pub fn version(&self) -> u16 {
        self.version
    }

    /// The client's random.
    #[must_use]
    pub fn random(&self) -> &'a [u8; 32] {
        self.random
    }

    /// The id of the session to resume; in TLS 1.3 a number without meaning.
    #[must_use]
    pub fn session_id(&self) -> &'a [u8] {
        self.session_id
    }

    /// The cipher suites, two bytes each.
    #[must_use]
    pub fn ciphers(&self) -> &'a [u8] {
        self.ciphers
    }

    /// The compression methods, one byte each.
    #[must_use]
    pub fn compressions(&self) -> &'a [u8] {
        self.compressions
    }

    /// Types and contents of all extensions, in their order, up to the first that is bent.
    #[must_use]
    pub fn extensions(&self) -> Extensions<'a> {
        Extensions { rest: self.extensions }
    }

    /// The contents of the first extension of this type.
    #[must_use]
    pub fn extension(&self, wanted: u16) -> Option<&'a [u8]> {
        self.extensions().find(|(kind, _)| *kind == wanted).map(|(_, contents)| contents)
    }

    /// The server name as it was sent.
    #[must_use]
    pub fn server_name(&self) -> Option<&'a [u8]> {
        let (names, _) = counted(self.extension(extension::SERVER_NAME)?, 2)?;
        let (kind, name) = names.split_first()?;
        if *kind == 0 { counted(name, 2).map(|(name, _)| name) } else { None }
    }

    /// The protocols that the client offers by ALPN, in its order; none without the extension.
    #[must_use]
    pub fn alpn(&self) -> Protocols<'a> {
        Protocols { rest: self.list(extension::ALPN, 2).unwrap_or_default() }
    }

    /// The groups that the client understands, two bytes each.
    #[must_use]
    pub fn groups(&self) -> Option<&'a [u8]> {
        self.list(extension::GROUPS, 2)
    }

    /// The formats of points on elliptic curves, one byte each.
    #[must_use]
    pub fn point_formats(&self) -> Option<&'a [u8]> {
        self.list(extension::POINT_FORMATS, 1)
    }

    /// The signature algorithms, two bytes each.
    #[must_use]
    pub fn signature_algorithms(&self) -> Option<&'a [u8]> {
        self.list(extension::SIGNATURE_ALGORITHMS, 2)
    }

    /// The versions from TLS 1.3 on, two bytes each.
    #[must_use]
    pub fn supported_versions(&self) -> Option<&'a [u8]> {
        self.list(extension::SUPPORTED_VERSIONS, 1)
    }

    /// The groups that the client sent key shares for; `None` without the extension.
    #[must_use]
    pub fn key_shares(&self) -> Option<KeyShares<'a>> {
        self.list(extension::KEY_SHARE, 2).map(|rest| KeyShares { rest })
    }

    /// The session ticket; empty when the client knows tickets and has none.
    #[must_use]
    pub fn session_ticket(&self) -> Option<&'a [u8]> {
        self.extension(extension::SESSION_TICKET)
    }

    /// Whether the client says that it knows elliptic curves.
    #[must_use]
    pub fn has_curves(&self) -> bool {
        self.extension(extension::GROUPS).is_some()
    }

    /// Whether the client sends early data behind its hello.
    #[must_use]
    pub fn has_early_data(&self) -> bool {
        self.extension(extension::EARLY_DATA).is_some()
    }

    /// The list in an extension, whose length stands in `size` bytes before it.
    fn list(&self, wanted: u16, size: usize) -> Option<&'a [u8]> {
        counted(self.extension(wanted)?, size).map(|(list, _)| list)
    }
}

/// A vector with a length of `size` bytes before it, and what follows it.
fn counted(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (digits, rest) = bytes.split_at_checked(size)?;
    let len = digits.iter().fold(0usize, |len, byte| len << 8 | usize::from(*byte));
    rest.split_at_checked(len)
}

/// Type and contents of one extension after the other.
#[derive(Debug, Clone)]
pub struct Extensions<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, after) = self.rest.split_first_chunk::<2>()?;
        let (contents, next) = counted(after, 2)?;
        self.rest = next;
        Some((u16::from_be_bytes(*kind), contents))
    }
}

/// One protocol's name after the other.
#[derive(Debug, Clone)]
pub struct Protocols<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Protocols<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let (protocol, next) = counted(self.rest, 1)?;
        self.rest = next;
        Some(protocol)
    }
}

/// The group of one key share after the other, up to the first share that is bent.
#[derive(Debug, Clone)]
pub struct KeyShares<'a> {
    rest: &'a [u8],
}

impl Iterator for KeyShares<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<Self::Item> {
        let (group, after) = self.rest.split_first_chunk::<2>()?;
        let (_, next) = counted(after, 2)?;
        self.rest = next;
        Some(u16::from_be_bytes(*group))
    }
}

/// The numbers of a list on the wire, two bytes each.
#[derive(Debug, Clone)]
pub struct Pairs<'a> {
    rest: &'a [u8],
}

impl<'a> Pairs<'a> {
    /// The numbers of `list`; a last byte without its pair is left out.
    #[must_use]
    pub fn of(list: &'a [u8]) -> Pairs<'a> {
        Pairs { rest: list }
    }
}

impl Iterator for Pairs<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<Self::Item> {
        let (pair, rest) = self.rest.split_first_chunk::<2>()?;
        self.rest = rest;
        Some(u16::from_be_bytes(*pair))
    }
}

/// Whether a number in a hello is one that means nothing and only keeps servers from being surprised (RFC 8701).
#[must_use]
pub fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// A list of numbers on the wire, two bytes each, without those that [`is_grease`] knows.
#[must_use]
pub fn without_grease(list: &[u8]) -> Vec<u8> {
    let mut kept: Vec<u8> =
        Pairs::of(list).filter(|number| !is_grease(*number)).flat_map(u16::to_be_bytes).collect();
    if let [odd] = list.chunks_exact(2).remainder() {
        kept.push(*odd);
    }
    kept
}
