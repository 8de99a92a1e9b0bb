//! `rfc7239_*`: fields of the type `Forwarded` judged, read and written (RFC 7239).

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::forwarded::{self, NodeName, NodePort};
use crate::args::{Args, Kind, Param};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static IS_VALID: Convert = Convert {
    name: "rfc7239_is_valid",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Bool,
    check: None,
    run: is_valid,
    doc: Doc {
        brief: "whether a Forwarded field is one that is understood",
        long: "",
        examples: &[
            Example { text: "rfc7239_is_valid", input: "for=127.0.0.1;proto=http", output: "1" },
            Example { text: "rfc7239_is_valid", input: "for=127.0.0.1:80", output: "0" },
            Example { text: "rfc7239_is_valid", input: "", output: "0" },
        ],
    },
};

pub(super) static FIELD: Convert = Convert {
    name: "rfc7239_field",
    aliases: &[],
    params: &[Param::required("name", Kind::Str)],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: field,
    doc: Doc {
        brief: "parameter of a Forwarded field",
        long: "The parameters are `for`, `by`, `host` and `proto`.",
        examples: &[
            Example {
                text: "rfc7239_field(for)",
                input: "for=\"127.0.0.1:9999\";proto=http",
                output: "127.0.0.1:9999",
            },
            Example { text: "rfc7239_field(proto)", input: "for=127.0.0.1;proto=https", output: "https" },
            Example { text: "rfc7239_field(host)", input: "host=\"a.example:81\"", output: "a.example:81" },
        ],
    },
};

pub(super) static N2NN: Convert = Convert {
    name: "rfc7239_n2nn",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Any,
    check: None,
    run: n2nn,
    doc: Doc {
        brief: "name of a node of a Forwarded field",
        long: "An address where it is one, else text: `unknown` or a name with its underscore.",
        examples: &[
            Example { text: "rfc7239_n2nn", input: "127.0.0.1:9999", output: "127.0.0.1" },
            Example { text: "rfc7239_n2nn", input: "[2001:db8::1]:80", output: "2001:db8::1" },
            Example { text: "rfc7239_n2nn", input: "_name", output: "_name" },
            Example { text: "rfc7239_n2nn", input: "unknown:1", output: "unknown" },
        ],
    },
};

pub(super) static N2NP: Convert = Convert {
    name: "rfc7239_n2np",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Any,
    check: None,
    run: n2np,
    doc: Doc {
        brief: "port of a node of a Forwarded field",
        long: "An integer where it is one, else a name with its underscore; no value where there is no port.",
        examples: &[
            Example { text: "rfc7239_n2np", input: "127.0.0.1:9999", output: "9999" },
            Example { text: "rfc7239_n2np", input: "[::1]:_port", output: "_port" },
        ],
    },
};

pub(super) static NN: Convert = Convert {
    name: "rfc7239_nn",
    aliases: &[],
    params: &[],
    input: Type::Any,
    out: Type::Str,
    check: None,
    run: nn,
    doc: Doc {
        brief: "name of a node as a Forwarded field writes it",
        long: "Text becomes a name behind an underscore, empty text `unknown`.",
        examples: &[
            Example { text: "rfc7239_nn", input: "frontend", output: "_frontend" },
            Example { text: "rfc7239_nn", input: "", output: "unknown" },
            Example { text: "ipmask(32,128),rfc7239_nn", input: "2001:db8::1", output: "[2001:db8::1]" },
        ],
    },
};

pub(super) static NP: Convert = Convert {
    name: "rfc7239_np",
    aliases: &[],
    params: &[],
    input: Type::Any,
    out: Type::Str,
    check: None,
    run: np,
    doc: Doc {
        brief: "port of a node as a Forwarded field writes it",
        long: "Text becomes a name behind an underscore.",
        examples: &[
            Example { text: "rfc7239_np", input: "port", output: "_port" },
            Example { text: "add(0),rfc7239_np", input: "80", output: "80" },
        ],
    },
};

fn is_valid<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    Some(Value::Bool(forwarded::parse(&value.to_str()).is_some()))
}

fn field<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let field = forwarded::parse(&text)?;
    let found = match args.str(0)? {
        b"for" => field.for_node,
        b"by" => field.by_node,
        b"host" => field.host,
        b"proto" => field.proto,
        _ => None,
    };
    found.map(|found| Value::string(found.to_vec()))
}

fn n2nn<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    match forwarded::node(&value.to_str())?.0 {
        NodeName::Ip(addr) => Some(Value::ip(addr)),
        NodeName::Unknown => Some(Value::str(b"unknown")),
        NodeName::Obfuscated(name) => Some(Value::string(name.to_vec())),
    }
}

fn n2np<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    match forwarded::node(&value.to_str())?.1? {
        NodePort::Number(port) => Some(Value::Int(i64::from(port))),
        NodePort::Obfuscated(name) => Some(Value::string(name.to_vec())),
    }
}

fn nn<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    match value {
        Value::Ipv4(_) => value.cast(Type::Str),
        Value::Ipv6(addr) => Some(Value::string(format!("[{addr}]").into_bytes())),
        text @ (Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Bin(_) | Value::Method(..)) => {
            match text.cast(Type::Str)?.to_str() {
                empty if empty.is_empty() => Some(Value::str(b"unknown")),
                name => obfuscated(&name),
            }
        }
    }
}

fn np<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    match value {
        Value::Int(port) => {
            // The low 32 bits, as an unsigned number.
            Some(Value::string((port & 0xffff_ffff).to_string().into_bytes()))
        }
        other @ (Value::Bool(_)
        | Value::Ipv4(_)
        | Value::Ipv6(_)
        | Value::Str(_)
        | Value::Bin(_)
        | Value::Method(..)) => obfuscated(&other.cast(Type::Str)?.to_str()),
    }
}

fn obfuscated(name: &[u8]) -> Option<Value<'static>> {
    forwarded::is_obfuscated_name(name).then(|| Value::string([b"_", name].concat()))
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn what_has_no_value() {
        assert_eq!(convert("rfc7239_field(by)", "for=127.0.0.1"), None);
        assert_eq!(convert("rfc7239_field(for)", "for=127.0.0.1;x=1"), None);
        assert_eq!(convert("rfc7239_field(port)", "for=127.0.0.1"), None);
        assert_eq!(convert("rfc7239_n2np", "127.0.0.1"), None);
        assert_eq!(convert("rfc7239_n2nn", "localhost"), None);
        assert_eq!(convert("rfc7239_nn", "no blanks"), None);
        assert_eq!(convert("rfc7239_np", ""), None);
    }
}
