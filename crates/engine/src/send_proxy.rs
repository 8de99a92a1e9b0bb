//! The PROXY protocol towards servers (`send-proxy`, `send-proxy-v2`): who the client is, before the first byte of the
//! stream (the PROXY protocol's specification, sections 2.1 and 2.2).
//!
//! ```text
//! version 2:  signature | version, command | family | length | addresses | fields (type, length, value) ...
//!                                                                            \__ of a client with TLS: fields in a field
//! ```
//! The fields stand in HAProxy's order: those of `set-proxy-v2-tlv-fmt`, checksum, protocol, authority, unique id, TLS.
//! One that would make the header longer than a buffer is left out: the other end could not take it in.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};

use config::model::{ProxyTlvFormat, ProxyV2Options, SendProxy};
use sample::Txn;
use sample::proxy_tlvs::types;
use state::balance::hash;

mod ssl;

/// Which header a server gets.
#[derive(Debug, Clone)]
pub enum ProxyHeader {
    /// A line of text.
    V1,
    /// Binary.
    V2 {
        /// What it tells of the connection.
        options: ProxyV2Options,
        /// Fields of the configuration's own.
        tlvs: Box<[ProxyTlvFormat]>,
    },
}

/// What begins every binary header.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const HEAD_BYTES: usize = 16;
/// Type and length of a field.
const FIELD_HEAD_BYTES: usize = 3;
/// Longer identifiers are cut: the other end refuses a header with more than 128 bytes of it.
const UNIQUE_ID_BYTES_MAX: usize = 127;

/// Whether version 2 says of the process's own connections that they are that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Local {
    /// It does.
    Said,
    /// It names their ends, as if they were clients' (`pp2-never-send-local`).
    NeverSaid,
}

/// Source and destination.
type Addresses = Option<(SocketAddr, SocketAddr)>;

impl ProxyHeader {
    /// What a `server` line asks for; `None`: no header.
    pub(crate) fn of(send: &SendProxy) -> Option<Self> {
        match send {
            SendProxy { is_v2: true, v2, tlvs, .. } => {
                Some(ProxyHeader::V2 { options: *v2, tlvs: tlvs.as_slice().into() })
            }
            SendProxy { is_v1: true, .. } => Some(ProxyHeader::V1),
            SendProxy { .. } => None,
        }
    }

    /// Appends the header that tells of this session to `out`.
    pub(crate) fn push(&self, txn: &Txn, out: &mut Vec<u8>) {
        let addresses = txn.session.src.zip(txn.session.dst).map(|(src, dst)| same_family(src, dst));
        match self {
            ProxyHeader::V1 => push_v1(addresses, out),
            ProxyHeader::V2 { options, tlvs } => {
                let bytes_max = usize::try_from(txn.runtime.process.buffer_bytes).unwrap_or(usize::MAX);
                let mut header = Binary::begin(addresses, out, bytes_max);
                for tlv in tlvs {
                    header.rendered(tlv, txn);
                }
                header.push_facts(*options, txn);
            }
        }
    }
}

impl ProxyHeader {
    /// As [`ProxyHeader::push`], unless the header was made already, to find a connection that began with it.
    pub(crate) fn push_once(&self, made: Option<&[u8]>, txn: &Txn, out: &mut Vec<u8>) {
        match made {
            Some(made) => out.extend_from_slice(made),
            None => self.push(txn, out),
        }
    }

    /// Appends the header of a connection that the process makes for itself. Version 1 can tell its ends, and version 2
    /// where it may not say LOCAL (`pp2-never-send-local`); `None`: they do not.
    pub(crate) fn push_own(&self, ends: Addresses, local: Local, out: &mut Vec<u8>) {
        match self {
            ProxyHeader::V1 => push_v1(ends.map(|(src, dst)| same_family(src, dst)), out),
            ProxyHeader::V2 { options, .. } => {
                let ends = ends.filter(|_| local == Local::NeverSaid);
                let ends = ends.map(|(src, dst)| same_family(src, dst));
                let mut header = Binary::begin(ends, out, usize::MAX);
                let checksum = header.checksum(*options);
                header.finish(checksum);
            }
        }
    }
}

/// Both addresses in one family: IPv4 ones are mapped where the other is IPv6.
fn same_family(src: SocketAddr, dst: SocketAddr) -> (SocketAddr, SocketAddr) {
    let mapped = |addr: SocketAddr| match addr.ip() {
        IpAddr::V4(v4) => SocketAddr::new(IpAddr::V6(v4.to_ipv6_mapped()), addr.port()),
        IpAddr::V6(_) => addr,
    };
    if src.is_ipv4() == dst.is_ipv4() { (src, dst) } else { (mapped(src), mapped(dst)) }
}

fn push_v1(addresses: Addresses, out: &mut Vec<u8>) {
    // Writing to a vector does not fail.
    let _ = match addresses {
        None => write!(out, "PROXY UNKNOWN\r\n"),
        Some((src, dst)) => {
            let family = if src.is_ipv4() { "TCP4" } else { "TCP6" };
            write!(out, "PROXY {family} {} {} {} {}\r\n", src.ip(), dst.ip(), src.port(), dst.port())
        }
    };
}

/// A header of version 2 that is being written; its length is set when it goes.
struct Binary<'o> {
    out: &'o mut Vec<u8>,
    /// Where it begins.
    at: usize,
    /// Where it must end.
    end_max: usize,
}

impl<'o> Binary<'o> {
    /// Writes the head and the addresses. The header will not be longer than `bytes_max`, nor than its length can say.
    fn begin(addresses: Addresses, out: &'o mut Vec<u8>, bytes_max: usize) -> Self {
        let at = out.len();
        out.extend_from_slice(SIGNATURE);
        let Some((src, dst)) = addresses else {
            // Version 2, LOCAL: the connection is the proxy's own, or nobody's that could be named.
            out.extend_from_slice(&[0x20, 0, 0, 0]);
            return Binary { at, end_max: at + bytes_max.min(HEAD_BYTES + 0xFFFF), out };
        };
        out.extend_from_slice(&[0x21, if src.is_ipv4() { 0x11 } else { 0x21 }, 0, 0]);
        for ip in [src.ip(), dst.ip()] {
            match ip {
                IpAddr::V4(v4) => out.extend_from_slice(&v4.octets()),
                IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
            }
        }
        out.extend_from_slice(&src.port().to_be_bytes());
        out.extend_from_slice(&dst.port().to_be_bytes());
        Binary { at, end_max: at + bytes_max.min(HEAD_BYTES + 0xFFFF), out }
    }

    /// A field with a fixed value.
    fn field(&mut self, kind: u8, value: &[u8]) {
        self.field_with(kind, |out| out.extend_from_slice(value));
    }

    /// A field with what `write` appends, unless it is too long.
    fn field_with(&mut self, kind: u8, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.out.len();
        push_field(self.out, kind, write);
        if self.out.len() > self.end_max {
            self.out.truncate(start);
        }
    }

    fn rendered(&mut self, tlv: &ProxyTlvFormat, txn: &Txn) {
        self.field_with(tlv.kind, |out| tlv.format.render(txn, out));
    }

    /// The fields that `options` asks for, then length and checksum, which depend on all of them.
    fn push_facts(mut self, options: ProxyV2Options, txn: &Txn) {
        let tls = txn.session.tls.as_deref();
        let checksum = self.checksum(options);
        if let Some(alpn) = tls.and_then(|tls| tls.alpn.as_deref()) {
            self.field(types::ALPN, alpn);
        }
        if options.authority
            && let Some(name) = authority(txn)
        {
            self.field(types::AUTHORITY, name);
        }
        if options.unique_id {
            let id = txn.unique_id.as_deref().unwrap_or_default();
            self.field(types::UNIQUE_ID, &id[..id.len().min(UNIQUE_ID_BYTES_MAX)]);
        }
        if options.ssl {
            self.field_with(types::SSL, |out| ssl::push(out, options, tls));
        }
        self.finish(checksum);
    }

    /// Room for the checksum, if it is asked for: where its value will stand.
    fn checksum(&mut self, options: ProxyV2Options) -> Option<usize> {
        let before = self.out.len();
        if options.crc32c {
            self.field(types::CRC32C, &[0; 4]);
        }
        (self.out.len() > before).then_some(before + FIELD_HEAD_BYTES)
    }

    fn finish(self, checksum_at: Option<usize>) {
        let header = &mut self.out[self.at..];
        let length = u16::try_from(header.len() - HEAD_BYTES).unwrap_or(u16::MAX);
        header[14..HEAD_BYTES].copy_from_slice(&length.to_be_bytes());
        if let Some(at) = checksum_at {
            let sum = hash::crc32c(header).to_be_bytes();
            self.out[at..at + sum.len()].copy_from_slice(&sum);
        }
    }
}

/// Appends a field whose value `write` appends.
fn push_field(out: &mut Vec<u8>, kind: u8, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&[kind, 0, 0]);
    let start = out.len();
    write(out);
    // A field that its length cannot tell makes the header too long, and is taken back.
    let length = u16::try_from(out.len() - start).unwrap_or(u16::MAX);
    out[start - 2..start].copy_from_slice(&length.to_be_bytes());
}

/// The host that the client asked for: what a proxy in front said, else what its TLS hello said.
fn authority(txn: &Txn) -> Option<&[u8]> {
    let told = txn.session.proxy_tlvs.as_deref().and_then(|tlvs| tlvs.all(types::AUTHORITY).next());
    let hello = || txn.session.tls.as_deref().and_then(|tls| tls.sni.as_deref()).map(str::as_bytes);
    told.or_else(hello)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sample::logformat::LogFormat;
    use sample::proxy_tlvs::ProxyTlvs;
    use sample::testing::txn;
    use tls::facts::Facts;

    use super::*;

    fn header(options: ProxyV2Options, tlvs: &[(u8, &[u8])], txn: &Txn) -> Vec<u8> {
        let tlvs = tlvs.iter().map(|(kind, value)| ProxyTlvFormat {
            kind: *kind,
            format: Arc::new(LogFormat::constant(value)),
        });
        let mut out = b"before".to_vec();
        ProxyHeader::V2 { options, tlvs: tlvs.collect() }.push(txn, &mut out);
        assert!(out.starts_with(b"before"));
        out.drain(..6);
        let length = u16::from_be_bytes([out[14], out[15]]);
        assert_eq!(out.len(), HEAD_BYTES + usize::from(length));
        out
    }

    fn fields(header: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let addresses = match header[13] {
            0 => 0,
            0x11 => 12,
            _ => 36,
        };
        let tlvs = ProxyTlvs::new(&header[HEAD_BYTES + addresses..]).unwrap();
        tlvs.iter().map(|(kind, value)| (kind, value.to_vec())).collect()
    }

    fn with_buffer() -> Txn {
        let mut txn = txn();
        let mut runtime = sample::testing::runtime();
        runtime.process.buffer_bytes = 16384;
        txn.runtime = Arc::new(runtime);
        txn
    }

    #[test]
    fn lines_of_text() {
        let text = |addresses| {
            let mut out = Vec::new();
            push_v1(addresses, &mut out);
            String::from_utf8(out).unwrap()
        };
        let both = |src: &str, dst: &str| Some(same_family(src.parse().unwrap(), dst.parse().unwrap()));
        assert_eq!(text(both("1.2.3.4:5", "6.7.8.9:80")), "PROXY TCP4 1.2.3.4 6.7.8.9 5 80\r\n");
        assert_eq!(text(both("[::1]:5", "6.7.8.9:80")), "PROXY TCP6 ::1 ::ffff:6.7.8.9 5 80\r\n");
        assert_eq!(text(None), "PROXY UNKNOWN\r\n");
    }

    #[test]
    fn addresses_of_each_family() {
        let mut txn = with_buffer();
        let none = ProxyV2Options::default();
        let ipv4 = [&SIGNATURE[..], b"\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x04\xd2\0\x50"].concat();
        assert_eq!(header(none, &[], &txn), ipv4);
        txn.session.src = Some("[2001:db8::1]:5".parse().unwrap());
        let ipv6 = [
            &SIGNATURE[..],
            b"\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01",
            b"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x02\0\x05\0\x50",
        ]
        .concat();
        assert_eq!(header(none, &[], &txn), ipv6);
        txn.session.src = None;
        assert_eq!(header(none, &[], &txn), [&SIGNATURE[..], b"\x20\0\0\0"].concat());
        assert_eq!(fields(&header(none, &[(0xE0, b"x")], &txn)), [(0xE0, b"x".to_vec())]);
    }

    #[test]
    fn the_processs_own_connections() {
        let ends = Some(("1.2.3.4:5".parse().unwrap(), "6.7.8.9:80".parse().unwrap()));
        let own = |header: &ProxyHeader, ends| {
            let mut out = Vec::new();
            header.push_own(ends, Local::Said, &mut out);
            out
        };
        assert_eq!(own(&ProxyHeader::V1, ends), b"PROXY TCP4 1.2.3.4 6.7.8.9 5 80\r\n");
        assert_eq!(own(&ProxyHeader::V1, None), b"PROXY UNKNOWN\r\n");
        let options = ProxyV2Options { crc32c: true, ssl: true, ..ProxyV2Options::default() };
        let out = own(&ProxyHeader::V2 { options, tlvs: Box::default() }, ends);
        assert_eq!(
            (&out[12..16], fields(&out)[0].0, fields(&out).len()),
            (&b"\x20\0\0\x07"[..], types::CRC32C, 1)
        );
        let mut out = Vec::new();
        let plain = ProxyHeader::V2 { options: ProxyV2Options::default(), tlvs: Box::default() };
        plain.push_own(ends, Local::NeverSaid, &mut out);
        assert_eq!(out[12..], *b"\x21\x11\0\x0c\x01\x02\x03\x04\x06\x07\x08\x09\0\x05\0\x50");
    }

    #[test]
    fn fields_stand_in_haproxys_order() {
        let mut txn = with_buffer();
        txn.unique_id = Some((*b"id-1").into());
        let facts = Facts { alpn: Some((*b"h2").into()), sni: Some("a.example".into()), ..Facts::default() };
        txn.session.tls = Some(Arc::new(facts));
        let options =
            ProxyV2Options { crc32c: true, authority: true, unique_id: true, ..ProxyV2Options::default() };
        let out = header(options, &[(0xE1, b"foo"), (0xE2, b"")], &txn);
        let fields = fields(&out);
        let kinds: Vec<u8> = fields.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [0xE1, 0xE2, types::CRC32C, types::ALPN, types::AUTHORITY, types::UNIQUE_ID]);
        assert_eq!(fields[0].1, b"foo");
        assert_eq!(fields[1].1, b"");
        assert_eq!(fields[3].1, b"h2");
        assert_eq!(fields[4].1, b"a.example");
        assert_eq!(fields[5].1, b"id-1");
        // The checksum is that of the header with zeroes in its place.
        let at = out.windows(4).position(|four| four == fields[2].1).unwrap();
        let mut zeroed = out.clone();
        zeroed[at..at + 4].fill(0);
        assert_eq!(hash::crc32c(&zeroed).to_be_bytes(), *fields[2].1);
    }

    #[test]
    fn what_a_proxy_in_front_said_of_the_host_counts_first() {
        let mut txn = with_buffer();
        let options = ProxyV2Options { authority: true, ..ProxyV2Options::default() };
        assert_eq!(fields(&header(options, &[], &txn)), []);
        txn.session.tls = Some(Arc::new(Facts { sni: Some("hello".into()), ..Facts::default() }));
        txn.session.proxy_tlvs = Some(Box::new(ProxyTlvs::new(b"\x02\0\x04told").unwrap()));
        assert_eq!(fields(&header(options, &[], &txn)), [(types::AUTHORITY, b"told".to_vec())]);
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let mut txn = with_buffer();
        let long = vec![b'x'; 16384 - HEAD_BYTES - 12 - 3 - 3 - 1];
        let both = header(ProxyV2Options::default(), &[(1, &long), (2, b"y")], &txn);
        assert_eq!((both.len(), fields(&both).len()), (16384, 2));
        let one = header(ProxyV2Options::default(), &[(1, &long), (2, b"yz"), (3, b"")], &txn);
        assert_eq!(fields(&one).iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [1, 3]);
        txn.unique_id = Some(vec![b'i'; 300].into());
        let options = ProxyV2Options { unique_id: true, ..ProxyV2Options::default() };
        assert_eq!(fields(&header(options, &[], &txn))[0].1.len(), 127);
    }
}
