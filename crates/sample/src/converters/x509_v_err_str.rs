//! `x509_v_err_str`: the name of a result of verifying a certificate, as OpenSSL numbers and names them.

use keyword::{Doc, Example};
use state::value::{Type, Value};
use tls::verify::VerifyCode;

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "x509_v_err_str",
    aliases: &[],
    params: &[],
    input: Type::Int,
    out: Type::Str,
    check: None,
    run: x509_v_err_str,
    doc: Doc {
        brief: "name of a certificate verification's result",
        long: "A number without a name stays a number.",
        examples: &[
            Example { text: "x509_v_err_str", input: "0", output: "X509_V_OK" },
            Example { text: "x509_v_err_str", input: "10", output: "X509_V_ERR_CERT_HAS_EXPIRED" },
            Example { text: "x509_v_err_str", input: "62", output: "X509_V_ERR_HOSTNAME_MISMATCH" },
            Example { text: "x509_v_err_str", input: "4711", output: "4711" },
        ],
    },
};

fn x509_v_err_str<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let result = value.to_int()?;
    let name = u16::try_from(result).ok().and_then(|number| VerifyCode(number).name());
    Some(name.map_or_else(
        || Value::string(result.cast_unsigned().to_string().into_bytes()),
        |name| Value::str(name.as_bytes()),
    ))
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn numbers_without_a_name_stay_numbers() {
        for (input, wanted) in [("94", "X509_V_ERR_EC_KEY_EXPLICIT_PARAMS"), ("65536", "65536")] {
            assert_eq!(convert("x509_v_err_str", input).as_deref(), Some(wanted));
        }
        assert_eq!(convert("x509_v_err_str", "-1").as_deref(), Some("18446744073709551615"));
    }
}
