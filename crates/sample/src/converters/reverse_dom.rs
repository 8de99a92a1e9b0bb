//! `reverse_dom`: the labels of a domain name from last to first, so that prefixes of it are domains.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "reverse_dom",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: reverse_dom,
    doc: Doc {
        brief: "labels of a domain name in reverse order",
        long: "One trailing dot is dropped; a name with an empty label has no value. Followed by \
               `concat(.)` the result can be looked up with `map_beg`, which then finds domains with \
               their subdomains.",
        examples: &[
            Example { text: "reverse_dom", input: "MaIl.EXAMPLE.com", output: "com.EXAMPLE.MaIl" },
            Example { text: "reverse_dom", input: "example.com.", output: "com.example" },
            Example { text: "reverse_dom", input: "localhost", output: "localhost" },
        ],
    },
};

fn reverse_dom<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let name = text.strip_suffix(b".").unwrap_or(&text);
    if name.split(|byte| *byte == b'.').any(<[u8]>::is_empty) {
        return None;
    }
    let labels: Vec<&[u8]> = name.rsplit(|byte| *byte == b'.').collect();
    Some(Value::string(labels.join(&b'.')))
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn empty_labels_have_no_value() {
        for name in ["", ".", "foo..bar", ".example.com", "a.."] {
            assert_eq!(convert("reverse_dom", name), None, "{name}");
        }
    }
}
