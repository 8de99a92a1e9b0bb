//! `jwt_verify`, `jwt_verify_cert`: whether a JSON Web Token is signed with a key (RFC 7515 in its compact form). What
//! the token says is another matter.

use std::sync::Arc;

use base::Lossy;
use keyword::Doc;
use state::value::{Type, Value};
use state::vars::VarRef;
use tls::files::{FileStore, TokenCertificate, TokenLookup};
use tls::jws::{self, Algorithm, PublicKey};

use super::{codec, operand};
use crate::args::{Arg, Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

const RESULTS: &str = "1: it is signed so; 0: it is not; -1: unknown algorithm; -2: no algorithm for this kind of key; -3: no \
                       token, or its signature cannot be read; -5: unknown key; -7: a certificate that is not for \
                       tokens. As many of these are true, compare \
                       with 1.";

pub(super) static KEY: Convert = Convert {
    name: "jwt_verify",
    aliases: &[],
    params: &[Param::required("algorithm", Kind::Str), Param::required("key", Kind::Str)],
    input: Type::Bin,
    out: Type::Int,
    check: Some(check_key),
    run: verify,
    doc: Doc {
        brief: "whether a JSON Web Token is signed with a secret or with the owner of a public key",
        long: RESULTS,
        examples: &[],
    },
};

pub(super) static CERTIFICATE: Convert = Convert {
    name: "jwt_verify_cert",
    aliases: &[],
    params: &[Param::required("algorithm", Kind::Str), Param::required("certificate", Kind::Str)],
    input: Type::Bin,
    out: Type::Int,
    check: Some(check_certificate),
    run: verify,
    doc: Doc {
        brief: "whether a JSON Web Token is signed with the owner of a certificate",
        long: RESULTS,
        examples: &[],
    },
};

/// What a use of either was compiled to.
struct Prepared {
    /// `None`: a variable tells.
    algorithm: Option<Algorithm>,
    /// `None`: only a secret, or a variable.
    key: Option<PublicKey>,
    kind: KeyKind,
    /// Where certificates are looked up, so that those count that the runtime API put there.
    store: Option<Arc<FileStore>>,
}

/// What the second argument is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    SecretOrKey,
    Certificate,
}

const SIGNED: i64 = 1;
const NOT_SIGNED: i64 = 0;
const UNKNOWN_ALGORITHM: i64 = -1;
const WRONG_ALGORITHM: i64 = -2;
const INVALID_TOKEN: i64 = -3;
const UNKNOWN_KEY: i64 = -5;
const REFUSED_KEY: i64 = -7;

fn check_key(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    check(args, KeyKind::SecretOrKey, compile)
}

fn check_certificate(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    check(args, KeyKind::Certificate, compile)
}

fn check(args: &mut Args, kind: KeyKind, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let name = args.str(0).unwrap_or_default();
    let algorithm = match VarRef::parse(name) {
        Ok(var) => {
            args.list[0] = Arg::Var(var);
            None
        }
        Err(_) => Some(Algorithm::named(name).ok_or_else(|| {
            compile.problem(format!(
                "`{}` is no algorithm: HS256, RS256, ES256, PS256, ... or none",
                Lossy(name)
            ))
        })?),
    };
    let is_secret = matches!(algorithm, Some(Algorithm::Hmac(_)));
    if is_secret && kind == KeyKind::Certificate {
        return Err(compile.problem("a token that is signed with a secret needs `jwt_verify`"));
    }
    let path = args.str(1).unwrap_or_default();
    let store = compile.names.token_store().filter(|_| kind == KeyKind::Certificate);
    let key = match VarRef::parse(path) {
        Ok(var) => {
            args.list[1] = Arg::Var(var);
            None
        }
        Err(_) if is_secret => None,
        Err(_) if store.is_some() => {
            let name = Lossy(path).to_string();
            compile.names.token_certificate(&name).map_err(|error| compile.problem(error))?;
            None
        }
        Err(_) => match load(path, kind, compile) {
            Ok(key) => Some(key),
            // It may be a secret.
            Err(_) if algorithm.is_none() && kind == KeyKind::SecretOrKey => None,
            Err(problem) => return Err(problem),
        },
    };
    args.prepared = Some(Box::new(Prepared { algorithm, key, kind, store }));
    Ok(())
}

fn load(path: &[u8], kind: KeyKind, compile: &Compile<'_>) -> Result<PublicKey, Problem> {
    let text = match kind {
        KeyKind::SecretOrKey => compile.names.file(path),
        KeyKind::Certificate => compile.names.certificate(path),
    };
    let text = text.map_err(|error| compile.problem(error))?;
    let (key, what) = match kind {
        KeyKind::SecretOrKey => (PublicKey::from_pem(&text), "public key"),
        KeyKind::Certificate => (PublicKey::of_certificate(&text), "certificate"),
    };
    key.ok_or_else(|| compile.problem(format!("there is no {what} in `{}`", Lossy(path))))
}

fn verify<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let prepared = args.prepared::<Prepared>()?;
    let algorithm = match prepared.algorithm {
        Some(algorithm) => Some(algorithm),
        None => Algorithm::named(&operand::var_text(args, 0, txn)?),
    };
    let secret = match args.str(1) {
        Some(secret) => secret.into(),
        None => std::borrow::Cow::Owned(operand::var_text(args, 1, txn)?),
    };
    let Some(algorithm) = algorithm else { return Some(Value::Int(UNKNOWN_ALGORITHM)) };
    Some(Value::Int(result(&value.to_str(), algorithm, prepared, &secret)))
}

fn result(token: &[u8], algorithm: Algorithm, prepared: &Prepared, secret: &[u8]) -> i64 {
    let Some((message, signature)) = parts(token) else { return INVALID_TOKEN };
    if algorithm == Algorithm::None {
        return if signature.is_empty() { SIGNED } else { NOT_SIGNED };
    }
    let signature = match codec::base64url_decode(signature) {
        Some(signature) if !signature.is_empty() => signature,
        Some(_) | None => return INVALID_TOKEN,
    };
    let is_signed = match (algorithm, &prepared.key) {
        (Algorithm::Hmac(_), _) if prepared.kind == KeyKind::Certificate => return WRONG_ALGORITHM,
        (Algorithm::Hmac(hash), _) => jws::is_authentic(hash, secret, message, &signature),
        (_, None) => match stored(prepared, secret) {
            Ok(_) if matches!(algorithm, Algorithm::Ecdsa(_)) && signature.len() % 2 != 0 => {
                return INVALID_TOKEN;
            }
            Ok(certificate) => {
                certificate.public.as_ref().is_some_and(|key| key.is_signed(algorithm, message, &signature))
            }
            Err(code) => return code,
        },
        (Algorithm::Ecdsa(_), Some(_)) if signature.len() % 2 != 0 => return INVALID_TOKEN,
        (_, Some(key)) => key.is_signed(algorithm, message, &signature),
    };
    if is_signed { SIGNED } else { NOT_SIGNED }
}

/// The certificate of a name.
fn stored(prepared: &Prepared, name: &[u8]) -> Result<Arc<TokenCertificate>, i64> {
    let store = prepared.store.as_ref().ok_or(UNKNOWN_KEY)?;
    match store.token(std::str::from_utf8(name).unwrap_or_default()) {
        TokenLookup::Found(certificate) => Ok(certificate),
        TokenLookup::Refused => Err(REFUSED_KEY),
        TokenLookup::Unknown => Err(UNKNOWN_KEY),
    }
}

/// Head and claims as they are signed, and the signature: a token has three parts, no more.
fn parts(token: &[u8]) -> Option<(&[u8], &[u8])> {
    let last = token.iter().rposition(|byte| *byte == b'.')?;
    let (message, signature) = (&token[..last], &token[last + 1..]);
    (message.iter().filter(|byte| **byte == b'.').count() == 1).then_some((message, signature))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use state::Value;
    use state::vars::VarRef;

    use super::super::codec;
    use crate::testing::{TestNames, convert, convert_in, refusal, shown, try_convert, txn};

    const MESSAGE: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2UifQ";

    /// The message with its HMAC by `key`, which is base64.
    fn token(hash: &str, key: &str) -> String {
        let signature = convert(&format!("hmac({hash},{key}),ub64enc"), MESSAGE).unwrap();
        format!("{MESSAGE}.{signature}")
    }

    #[test]
    fn secrets() {
        let token = token("sha256", "c2VjcmV0");
        for (text, wanted) in [
            ("jwt_verify(HS256,secret)", "1"),
            ("jwt_verify(HS256,Secret)", "0"),
            ("jwt_verify(HS384,secret)", "0"),
            ("jwt_verify(none,secret-without-file)", "0"),
        ] {
            let names = TestNames { files: vec![("secret-without-file", RSA)] };
            let expr = try_convert(text, token.as_bytes(), &names).unwrap();
            assert_eq!(expr.eval(&txn()).map(shown).as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(convert("jwt_verify(HS256,secret)", MESSAGE).as_deref(), Some("-3"));
        assert_eq!(convert("jwt_verify(HS256,secret)", format!("{token}.x")).as_deref(), Some("-3"));
        assert_eq!(convert("jwt_verify(HS256,secret)", format!("{MESSAGE}.")).as_deref(), Some("-3"));
        assert_eq!(convert("jwt_verify(HS256,secret)", format!("{MESSAGE}.***")).as_deref(), Some("-3"));
    }

    /// Any block with that label is a key until it is used.
    const RSA: &[u8] = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";

    #[test]
    fn variables() {
        let token = token("sha512", "c2VjcmV0");
        let txn = txn();
        let set = |name: &str, value: &'static str| {
            txn.set_var(VarRef::parse(name.as_bytes()).unwrap(), Value::str(value.as_bytes()));
        };
        let ask = |text: &str| convert_in(&txn, text, token.as_bytes());
        assert_eq!(ask("jwt_verify(txn.alg,txn.key)"), None);
        set("txn.alg", "HS512");
        set("txn.key", "secret");
        assert_eq!(ask("jwt_verify(txn.alg,txn.key)").as_deref(), Some("1"));
        assert_eq!(ask("jwt_verify(txn.alg,secret)").as_deref(), Some("1"));
        assert_eq!(ask("jwt_verify_cert(txn.alg,txn.key)").as_deref(), Some("-2"));
        set("txn.alg", "HS1");
        assert_eq!(ask("jwt_verify(txn.alg,txn.key)").as_deref(), Some("-1"));
        set("txn.alg", "RS256");
        assert_eq!(ask("jwt_verify(txn.alg,secret)").as_deref(), Some("-5"));
    }

    #[test]
    fn keys_and_certificates_from_files() {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let signature = key.sign(&SystemRandom::new(), MESSAGE.as_bytes()).unwrap();
        let signature = String::from_utf8(codec::base64url_encode(signature.as_ref())).unwrap();
        let token = format!("{MESSAGE}.{signature}");
        let pkcs8 = key.to_pkcs8v1().unwrap();
        let key = rcgen::KeyPair::try_from(pkcs8.as_ref()).unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        let (public, certificate) = (key.public_key_pem(), certificate.pem());
        let names = TestNames {
            files: vec![
                ("key.pem", Box::leak(public.into_boxed_str()).as_bytes()),
                ("cert.pem", Box::leak(certificate.into_boxed_str()).as_bytes()),
            ],
        };
        for (text, token, wanted) in [
            ("jwt_verify(ES256,key.pem)", token.clone(), "1"),
            ("jwt_verify_cert(ES256,cert.pem)", token.clone(), "1"),
            ("jwt_verify(ES384,key.pem)", token.clone(), "0"),
            ("jwt_verify(ES256,key.pem)", token.replacen('e', "f", 1), "0"),
            ("jwt_verify(ES256,key.pem)", format!("{MESSAGE}.AAAA"), "-3"),
        ] {
            let expr = try_convert(text, token.as_bytes(), &names).unwrap();
            assert_eq!(expr.eval(&txn()).map(shown).as_deref(), Some(wanted), "{text}");
        }
        for text in
            ["jwt_verify(ES256,cert.pem)", "jwt_verify_cert(ES256,key.pem)", "jwt_verify(RS256,none.pem)"]
        {
            assert!(try_convert(text, b"", &names).is_err(), "{text}");
        }
        assert!(refusal("jwt_verify(es256,key.pem)").unwrap().contains("es256"));
        assert!(refusal("jwt_verify_cert(HS256,cert.pem)").unwrap().contains("jwt_verify"));
    }
}
