//! `hmac`: a keyed digest of bytes (RFC 2104).

use super::algorithm::Algorithm;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::operand;
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "hmac",
    aliases: &[],
    params: &[Param::required("algorithm", Kind::Str), Param::required("key", Kind::Str)],
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check),
    run: hmac,
    doc: Doc {
        brief: "HMAC by a named algorithm and a key in base64",
        long: "The key is base64 or a variable that holds base64. The algorithms are those of `digest`.",
        examples: &[
            Example {
                text: "hmac(sha1,a2V5),hex,lower",
                input: "1",
                output: "e23feb105f9622241bf23db1638cd2b4208b1f53",
            },
            Example {
                text: "hmac(sha256,a2V5),hex,lower",
                input: "2",
                output: "ae7b3ee87b8c9214f714df1c2042c7a985b9d711e9938a063937ad1636775a88",
            },
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    args.prepared = Some(Box::new(Algorithm::argument(args, 0, compile)?));
    operand::check_base64(args, 1, compile)
}

fn hmac<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let key = operand::base64(args, 1, txn)?;
    Some(Value::binary(args.prepared::<Algorithm>()?.hmac(&key, &value.to_str())))
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert_in, refusal, txn};
    use state::Value;
    use state::vars::VarRef;

    #[test]
    fn keys_from_variables_are_base64_as_well() {
        let txn = txn();
        let key = VarRef::parse(b"txn.key").unwrap();
        txn.set_var(key, Value::str(b"bXlfc3VwZXJfc2VjcmV0X2xvbmdfa2V5"));
        let got = convert_in(&txn, "hmac(sha1,txn.key),hex,lower", b"1");
        assert_eq!(got.as_deref(), Some("87b10ddcf39e26f6bd7c3b0e38e0125997b255be"));
        txn.set_var(key, Value::str(b"*"));
        assert_eq!(convert_in(&txn, "hmac(sha1,txn.key)", b"1"), None);
    }

    #[test]
    fn keys_that_are_neither() {
        assert!(refusal("hmac(sha1,abc)").is_some());
        assert!(refusal("hmac(sha1)").is_some());
    }
}
