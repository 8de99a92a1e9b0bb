//! `ip.fp`: parts of an IP packet's and its TCP header that tell hosts behind one address apart.

use super::ip::{self, Version};
use super::tcp;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "ip.fp",
    aliases: &[],
    params: &[Param::optional("mode", Kind::Int)],
    input: Type::Bin,
    out: Type::Bin,
    check: None,
    run: ip_fp,
    doc: Doc {
        brief: "fingerprint of the sender of an IP packet with TCP",
        long: "Eight bytes: the type of service; version, DF, a range of the time to live, whether there \
               are extensions and data, CWR and ECE; length of the TCP header and window scale; window; \
               greatest segment size; which options there are. The argument adds, as a sum, the time to \
               live (1), the kinds of the options (2) and the source address (4).",
        examples: &[
            Example {
                text: "b64dec,ip.fp(7),hex",
                input: "RRAAPAABQABABgAAwAACAcYzZAcE0gBQAAAAYwAAAACgAv//AAAAAAIEBbQEAggKAAAACQAAAAABAwMH",
                output: "1050A8FFFF05B447400204080103C0000201",
            },
            Example {
                text: "b64dec,ip.fp,hex",
                input: "arAAAAAwADcgAQ24AAAAAAAAAAAAAAABIAENuAAAAAAAAAAAAAAAAgYAAAAAAAAABNIAUAAAAGMAAAAAoAL//wAAAAACBAW0BAIICgAAAAkAAAAAAQMDBw==",
                output: "ABD8A8FFFF05B447",
            },
        ],
    },
};

/// Bits of the argument.
const WITH_TTL: i64 = 1;
const WITH_OPTIONS: i64 = 2;
const WITH_SOURCE: i64 = 4;

fn ip_fp<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    fingerprint(&value.to_str(), args.int(0).unwrap_or(0)).map(Value::binary)
}

/// What the IP header contributes.
struct Network {
    tos: u8,
    ttl: u8,
    is_v6: bool,
    is_unfragmented: bool,
    has_extensions: bool,
    /// Length of the packet as its header has it.
    len: usize,
}

fn network(packet: &[u8]) -> Option<Network> {
    let length = |at: usize| usize::try_from(tcp::number(&packet[at..at + 2])).unwrap_or(0);
    match ip::version(packet)? {
        Version::V4 if packet.len() >= 20 => Some(Network {
            tos: packet[1],
            ttl: packet[8],
            is_v6: false,
            is_unfragmented: packet[6] & 0x40 != 0,
            has_extensions: packet[0] & 15 != 5,
            len: length(2),
        }),
        Version::V6 if packet.len() >= 40 => Some(Network {
            tos: packet[0] << 4 | packet[1] >> 4,
            ttl: packet[7],
            is_v6: true,
            is_unfragmented: true,
            has_extensions: !matches!(packet[6], 6 | 17),
            len: 40 + length(4),
        }),
        Version::V4 | Version::V6 => None,
    }
}

fn fingerprint(packet: &[u8], mode: i64) -> Option<Vec<u8>> {
    let network = network(packet)?;
    let ip_len = ip::header(packet)?.len;
    let header = tcp::header(&packet[ip_len..])?;
    let data_len = network.len.checked_sub(ip_len + header.len())?;
    let flag = |bit: u8, is_set: bool| u8::from(is_set) << bit;
    let hops = match network.ttl {
        0..=32 => 0,
        33..=64 => 1,
        65..=128 => 2,
        129.. => 3,
    };
    let mut out = vec![network.tos];
    out.push(
        flag(7, network.is_v6)
            | flag(6, network.is_unfragmented)
            | hops << 4
            | flag(3, network.has_extensions)
            | flag(2, data_len > 0)
            | header[13] >> 6,
    );
    let options = options(header);
    out.push(header[12] & 0xf0 | options.window_scale);
    out.extend_from_slice(&header[14..16]);
    out.extend_from_slice(&options.mss);
    out.push(options.present);
    if mode & WITH_TTL != 0 {
        out.push(network.ttl);
    }
    if mode & WITH_OPTIONS != 0 {
        out.extend_from_slice(&options.kinds);
    }
    if mode & WITH_SOURCE != 0 {
        out.extend_from_slice(&ip::source(packet)?.cast(Type::Bin)?.to_str());
    }
    Some(out)
}

/// What the TCP options contribute.
#[derive(Default)]
struct Options {
    kinds: Vec<u8>,
    mss: [u8; 2],
    /// One more than the scale, 0 without it.
    window_scale: u8,
    /// A bit for each kind from 2 to 8, the highest for all above.
    present: u8,
}

fn options(header: &[u8]) -> Options {
    let mut seen = Options::default();
    for option in tcp::options(header).take_while(|option| tcp::is_whole(option)) {
        seen.kinds.push(option[0]);
        match option {
            [2, _, high, low, ..] => seen.mss = [*high, *low],
            [3, _, scale, ..] => seen.window_scale = scale.saturating_add(1).min(15),
            _ => {}
        }
        match option[0] {
            kind @ 2..=8 => seen.present |= 1 << (kind - 2),
            9.. => seen.present |= 0x80,
            0 | 1 => {}
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn packets_without_a_whole_tcp_header() {
        assert_eq!(convert("ip.fp", ""), None);
        assert_eq!(convert("ip.fp", [0x45u8; 20]), None);
        assert_eq!(convert("ip.fp", [0x60u8; 60]), None);
    }
}
