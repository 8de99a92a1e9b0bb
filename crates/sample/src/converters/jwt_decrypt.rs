//! `jwt_decrypt_secret`, `jwt_decrypt_cert`, `jwt_decrypt_jwk`: what a JSON Web Token holds that is encrypted (RFC 7516 in
//! its compact form). Whatever is wrong with a token, the result is empty.

use std::sync::Arc;

use base::Lossy;
use keyword::{Doc, Example};
use state::value::{Type, Value};
use state::vars::VarRef;
use tls::files::{Allowed, FileStore, TokenLookup};
use tls::jwe::{self, Curve, Encryption, Header, Key, KeyAlgorithm, Parts, Point, RsaNumbers};

use super::json_path::{self, Token};
use super::{codec, operand};
use crate::args::{Arg, Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

const LONG: &str = "The token is five parts in base64url with dots between them. The result is empty if it is none, was changed, \
                    or is not for this key. `jwt.decrypt_alg_list` and `jwt.decrypt_enc_list` say how tokens may be \
                    encrypted.";

/// RFC 7516 appendix A.3.
const EXAMPLE: &str = "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ";

pub(super) static SECRET: Convert = Convert {
    name: "jwt_decrypt_secret",
    aliases: &[],
    params: &[Param::required("secret", Kind::Str)],
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check),
    run: by_secret,
    doc: Doc {
        brief: "the plain text of a token that is encrypted with a secret, which is base64",
        long: LONG,
        examples: &[Example {
            text: "jwt_decrypt_secret(GawgguFyGrWKav7AX4VKUg==)",
            input: EXAMPLE,
            output: "Live long and prosper.",
        }],
    },
};

pub(super) static CERTIFICATE: Convert = Convert {
    name: "jwt_decrypt_cert",
    aliases: &[],
    params: &[Param::required("certificate", Kind::Str)],
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check_certificate),
    run: by_certificate,
    doc: Doc {
        brief: "the plain text of a token that is encrypted for a certificate",
        long: LONG,
        examples: &[],
    },
};

pub(super) static JWK: Convert = Convert {
    name: "jwt_decrypt_jwk",
    aliases: &[],
    params: &[Param::required("jwk", Kind::Str)],
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check_jwk),
    run: by_jwk,
    doc: Doc {
        brief: "the plain text of a token that is encrypted for a JSON Web Key (RFC 7517)",
        long: LONG,
        examples: &[],
    },
};

/// What a use was compiled to.
struct Prepared {
    store: Option<Arc<FileStore>>,
    /// The key, where it is a constant.
    key: Option<Key>,
}

/// Turns the argument into a variable where it names one; whether it did.
fn take_variable(args: &mut Args) -> bool {
    let Ok(var) = VarRef::parse(args.str(0).unwrap_or_default()) else { return false };
    args.list[0] = Arg::Var(var);
    true
}

fn prepare(args: &mut Args, key: Option<Key>, compile: &Compile<'_>) {
    args.prepared = Some(Box::new(Prepared { store: compile.names.token_store(), key }));
}

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let key = match take_variable(args) {
        true => None,
        false => {
            let secret = secret(args.str(0).unwrap_or_default());
            Some(secret.ok_or_else(|| compile.problem("the secret is neither base64 nor a variable"))?)
        }
    };
    prepare(args, key, compile);
    Ok(())
}

fn check_jwk(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let key = match take_variable(args) {
        true => None,
        false => {
            let key = jwk(args.str(0).unwrap_or_default());
            Some(key.ok_or_else(|| compile.problem("this is neither a JSON Web Key nor a variable"))?)
        }
    };
    prepare(args, key, compile);
    Ok(())
}

fn check_certificate(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    if !take_variable(args) {
        let name = Lossy(args.str(0).unwrap_or_default()).to_string();
        compile.names.token_certificate(&name).map_err(|error| compile.problem(error))?;
    }
    prepare(args, None, compile);
    Ok(())
}

fn by_secret<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    by_key(value, args, txn, secret)
}

fn by_jwk<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    by_key(value, args, txn, jwk)
}

/// By a constant key, or by what `read` makes of the variable.
fn by_key<'a>(
    value: Value<'a>,
    args: &'a Args,
    txn: &'a Txn,
    read: impl Fn(&[u8]) -> Option<Key>,
) -> Option<Value<'a>> {
    let prepared = args.prepared::<Prepared>()?;
    let made;
    let key = match &prepared.key {
        Some(key) => key,
        None => {
            made = read(&operand::var_text(args, 0, txn)?);
            match &made {
                Some(key) => key,
                None => return Some(Value::binary(Vec::new())),
            }
        }
    };
    Some(Value::binary(decrypt(&value.to_str(), prepared, key)))
}

fn by_certificate<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let prepared = args.prepared::<Prepared>()?;
    let name = match args.str(0) {
        Some(name) => name.to_vec(),
        None => operand::var_text(args, 0, txn)?,
    };
    let found = prepared.store.as_ref().map(|store| store.token(&Lossy(&name).to_string()));
    let plain = match found {
        Some(TokenLookup::Found(certificate)) => {
            certificate.private.as_ref().map(|key| decrypt(&value.to_str(), prepared, key))
        }
        Some(TokenLookup::Refused | TokenLookup::Unknown) | None => None,
    };
    Some(Value::binary(plain.unwrap_or_default()))
}

fn decrypt(token: &[u8], prepared: &Prepared, key: &Key) -> Vec<u8> {
    let allowed = prepared.store.as_ref().map_or_else(Arc::<Allowed>::default, |store| store.allowed());
    plain(token, &allowed, key).unwrap_or_default()
}

fn plain(token: &[u8], allowed: &Allowed, key: &Key) -> Option<Vec<u8>> {
    let parts: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
    let [head, key_part, iv, content, tag] = parts[..] else { return None };
    let json = codec::base64url_decode(head)?;
    let header = header(&json)?;
    if !allowed.algorithms.contains(&header.algorithm) || !allowed.encryptions.contains(&header.encryption) {
        return None;
    }
    let parts = Parts {
        authenticated: head.to_vec(),
        key: codec::base64url_decode(key_part)?,
        iv: codec::base64url_decode(iv)?,
        content: codec::base64url_decode(content)?,
        tag: codec::base64url_decode(tag)?,
    };
    jwe::decrypt(&header, &parts, key)
}

/// The text at a path; names and base64 need no escapes.
fn field<'j>(json: &'j [u8], path: &str) -> Option<&'j [u8]> {
    match json_path::find(json, &json_path::parse(path.as_bytes())?)? {
        Token::String(text) => Some(text),
        Token::Number(_) | Token::Bool(_) | Token::Array(_) => None,
    }
}

/// The bytes that base64url at a path stands for.
fn bytes(json: &[u8], path: &str) -> Option<Vec<u8>> {
    codec::base64url_decode(field(json, path)?)
}

fn header(json: &[u8]) -> Option<Header> {
    let curve = field(json, "$.epk.crv").and_then(Curve::named);
    let sender = match curve {
        Some(curve) => Some(Point { curve, x: bytes(json, "$.epk.x")?, y: bytes(json, "$.epk.y")? }),
        None => None,
    };
    Some(Header {
        algorithm: KeyAlgorithm::named(field(json, "$.alg")?)?,
        encryption: Encryption::named(field(json, "$.enc")?)?,
        sender,
        party_u: bytes(json, "$.apu").unwrap_or_default(),
        party_v: bytes(json, "$.apv").unwrap_or_default(),
        key_iv: bytes(json, "$.iv").unwrap_or_default(),
        key_tag: bytes(json, "$.tag").unwrap_or_default(),
    })
}

/// A secret in base64.
fn secret(text: &[u8]) -> Option<Key> {
    codec::base64_decode(text).filter(|secret| !secret.is_empty()).map(Key::Secret)
}

/// A JSON Web Key.
fn jwk(json: &[u8]) -> Option<Key> {
    let number = |path: &str| bytes(json, path);
    match field(json, "$.kty")? {
        b"oct" => number("$.k").map(Key::Secret),
        b"EC" => Key::of_curve(Curve::named(field(json, "$.crv")?)?, &number("$.d")?),
        b"RSA" => Key::of_rsa_numbers(&RsaNumbers {
            n: number("$.n")?,
            e: number("$.e")?,
            d: number("$.d")?,
            p: number("$.p")?,
            q: number("$.q")?,
            dp: number("$.dp")?,
            dq: number("$.dq")?,
            qi: number("$.qi")?,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use state::Value;
    use state::vars::VarRef;

    use super::EXAMPLE;
    use crate::testing::{convert, convert_in, refusal, txn};

    #[test]
    fn keys_in_variables() {
        let txn = txn();
        let set = |value: &'static str| {
            txn.set_var(VarRef::parse(b"txn.key").unwrap(), Value::str(value.as_bytes()));
        };
        let ask = |name: &str| convert_in(&txn, &format!("{name}(txn.key)"), EXAMPLE.as_bytes());
        assert_eq!(ask("jwt_decrypt_secret"), None);
        set("GawgguFyGrWKav7AX4VKUg==");
        assert_eq!(ask("jwt_decrypt_secret").as_deref(), Some("Live long and prosper."));
        assert_eq!(ask("jwt_decrypt_jwk").as_deref(), Some(""));
        set("{\"kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}");
        assert_eq!(ask("jwt_decrypt_jwk").as_deref(), Some("Live long and prosper."));
        set("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw\"}");
        assert_eq!(ask("jwt_decrypt_jwk").as_deref(), Some(""), "another kind of key");
        assert_eq!(ask("jwt_decrypt_cert").as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_token_is_empty() {
        let text = "jwt_decrypt_secret(GawgguFyGrWKav7AX4VKUg==)";
        for token in ["", "a.b.c.d.e", "....", "e30.a.b.c.d", &EXAMPLE[1..], &EXAMPLE[..EXAMPLE.len() - 4]] {
            assert_eq!(convert(text, token).as_deref(), Some(""), "{token}");
        }
        assert!(refusal("jwt_decrypt_secret(***)").is_some());
        assert!(refusal("jwt_decrypt_jwk({})").is_some());
        assert!(refusal("jwt_decrypt_cert(none.pem)").is_some());
    }
}
