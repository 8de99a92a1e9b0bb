//! `ipmask`: an address with a mask applied.

use keyword::{Doc, Example};
use state::value::{Type, Value};
use std::net::IpAddr;

use crate::args::{Arg, Args, Kind, Param};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "ipmask",
    aliases: &[],
    params: &[Param::required("mask4", Kind::MaskV4), Param::optional("mask6", Kind::MaskV6)],
    input: Type::Addr,
    out: Type::Addr,
    check: None,
    run: ipmask,
    doc: Doc {
        brief: "address with a netmask applied",
        long: "Masks are numbers of bits or addresses, whose ones need not be contiguous. An IPv6 address \
               that stands for an IPv4 address becomes that address; others need the second mask.",
        examples: &[
            Example { text: "ipmask(24)", input: "192.168.1.101", output: "192.168.1.0" },
            Example { text: "ipmask(255.0.0.255)", input: "192.168.1.101", output: "192.0.0.101" },
            Example {
                text: "ipmask(24,64)",
                input: "2001:db8:c001:c01a:ffff:ffff:10:ffff",
                output: "2001:db8:c001:c01a::",
            },
            Example {
                text: "ipmask(24,ffff:ffff:ffff:ffff:ffff:ffff:ffff:fee0)",
                input: "2001:db8::bad:c0f:ffff",
                output: "2001:db8::bad:c0f:fee0",
            },
            Example { text: "ipmask(24)", input: "::ffff:192.168.1.101", output: "192.168.1.0" },
        ],
    },
};

fn ipmask<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let (mask4, mask6) = (args.list.first(), args.list.get(1));
    let as_v4 = value.borrowed().cast(Type::Ipv4).map(Value::into_owned);
    match (as_v4, mask4, value, mask6) {
        (Some(Value::Ipv4(addr)), Some(Arg::Ip(IpAddr::V4(mask))), ..) => Some(Value::Ipv4(addr & mask)),
        (None, _, Value::Ipv6(addr), Some(Arg::Ip(IpAddr::V6(mask)))) => Some(Value::Ipv6(addr & mask)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, refusal};

    #[test]
    fn an_ipv6_address_needs_an_ipv6_mask() {
        assert_eq!(convert("ipmask(24)", "2001:db8::1"), None);
        assert!(refusal("ipmask(33)").is_some());
        assert!(refusal("ipmask(24,129)").is_some());
        assert!(refusal("ipmask").is_some());
    }
}
