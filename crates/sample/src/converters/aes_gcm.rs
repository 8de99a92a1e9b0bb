//! `aes_gcm_enc`, `aes_gcm_dec`: AES in Galois/Counter mode (NIST SP 800-38D), which hides and authenticates.

use std::borrow::Cow;

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::consts::{U8, U12, U16};
use aes_gcm::aead::generic_array::GenericArray;
use aes_gcm::aead::{AeadInPlace, KeyInit};
use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::{aes_key, codec, operand};
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

const PARAMS: &[Param] = &[
    Param::required("bits", Kind::Int),
    Param::required("nonce", Kind::Str),
    Param::required("key", Kind::Str),
    Param::required("tag", Kind::Str),
    Param::optional("additional", Kind::Str),
];

pub(super) static ENC: Convert = Convert {
    name: "aes_gcm_enc",
    aliases: &[],
    params: PARAMS,
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check_enc),
    run: encrypt,
    doc: Doc {
        brief: "bytes encrypted by AES-GCM with a key of 128, 192 or 256 bits",
        long: "Nonce and key are base64 or variables that hold base64; the nonce has 8, 12 or 16 bytes. \
               The tag of 16 bytes goes to the variable, in base64. Additional data, base64 or a variable \
               as well, is authenticated but not part of the result.",
        examples: &[Example {
            text: "aes_gcm_enc(128,MTIzNDU2Nzg5MDEy,Zm9vb2Zvb29mb29vb29vbw==,txn.tag),aes_gcm_dec(128,MTIzNDU2Nzg5MDEy,Zm9vb2Zvb29mb29vb29vbw==,txn.tag)",
            input: "Hello",
            output: "Hello",
        }],
    },
};

pub(super) static DEC: Convert = Convert {
    name: "aes_gcm_dec",
    aliases: &[],
    params: PARAMS,
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check_dec),
    run: decrypt,
    doc: Doc {
        brief: "bytes decrypted by AES-GCM with a key of 128, 192 or 256 bits",
        long: "Nonce and key are base64 or variables that hold base64; the nonce has 8, 12 or 16 bytes. \
               The tag is base64 or a variable that holds it; where it does not fit, there is no value. \
               Additional data, base64 or a variable as well, is authenticated but not part of the \
               result.",
        examples: &[Example {
            text: "aes_gcm_enc(128,MDEyMzQ1Njc4OTAxMjM0NQ==,MDEyMzQ1Njc4OTAxMjM0NQ==,txn.tag),aes_gcm_dec(128,MDEyMzQ1Njc4OTAxMjM0NQ==,MDEyMzQ1Njc4OTAxMjM0NQ==,txn.tag)",
            input: "secret",
            output: "secret",
        }],
    },
};

fn check_enc(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    aes_key::check(args, compile)?;
    operand::check_var(args, 3, compile)?;
    if args.var(3).is_none() {
        return Err(compile.problem("`aes_gcm_enc` needs a variable for the tag"));
    }
    operand::check_base64(args, 4, compile)
}

fn check_dec(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    aes_key::check(args, compile)?;
    operand::check_base64(args, 3, compile)?;
    operand::check_base64(args, 4, compile)
}

fn encrypt<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let mut bytes = value.to_str().into_owned();
    let tag = sealed(args, txn, &mut bytes, Direction::Encrypt)?;
    txn.set_var(args.var(3)?, Value::string(codec::base64_encode(&tag)));
    Some(Value::binary(bytes))
}

fn decrypt<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let mut bytes = value.to_str().into_owned();
    let tag = <[u8; 16]>::try_from(operand::base64(args, 3, txn)?.as_ref()).ok()?;
    sealed(args, txn, &mut bytes, Direction::Decrypt(tag))?;
    Some(Value::binary(bytes))
}

#[derive(Clone, Copy)]
enum Direction {
    Encrypt,
    /// With the tag that must fit.
    Decrypt([u8; 16]),
}

/// Encrypts or decrypts `bytes` in place; answers the tag.
fn sealed(args: &Args, txn: &Txn, bytes: &mut [u8], direction: Direction) -> Option<[u8; 16]> {
    let (key, nonce) = (aes_key::key(args, txn)?, operand::base64(args, 1, txn)?);
    let additional = if args.has(4) { operand::base64(args, 4, txn)? } else { Cow::Borrowed(&b""[..]) };
    let parts = Parts { key: &key, nonce: &nonce, additional: &additional, direction };
    match key.len() {
        16 => parts.by_nonce::<Aes128>(bytes),
        24 => parts.by_nonce::<Aes192>(bytes),
        _ => parts.by_nonce::<Aes256>(bytes),
    }
}

#[derive(Clone, Copy)]
struct Parts<'p> {
    key: &'p [u8],
    nonce: &'p [u8],
    additional: &'p [u8],
    direction: Direction,
}

impl Parts<'_> {
    fn by_nonce<A>(self, bytes: &mut [u8]) -> Option<[u8; 16]>
    where
        AesGcm<A, U8>: AeadInPlace<NonceSize = U8, TagSize = U16> + KeyInit,
        AesGcm<A, U12>: AeadInPlace<NonceSize = U12, TagSize = U16> + KeyInit,
        AesGcm<A, U16>: AeadInPlace<NonceSize = U16, TagSize = U16> + KeyInit,
    {
        match self.nonce.len() {
            8 => self.run::<AesGcm<A, U8>>(bytes),
            12 => self.run::<AesGcm<A, U12>>(bytes),
            16 => self.run::<AesGcm<A, U16>>(bytes),
            _ => None,
        }
    }

    fn run<C: AeadInPlace<TagSize = U16> + KeyInit>(self, bytes: &mut [u8]) -> Option<[u8; 16]> {
        let cipher = C::new_from_slice(self.key).ok()?;
        let nonce = GenericArray::from_slice(self.nonce);
        match self.direction {
            Direction::Encrypt => {
                cipher.encrypt_in_place_detached(nonce, self.additional, bytes).ok().map(Into::into)
            }
            Direction::Decrypt(tag) => {
                let done = cipher.decrypt_in_place_detached(nonce, self.additional, bytes, &tag.into());
                done.ok().map(|()| tag)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert_in, refusal, txn};
    use state::Value;
    use state::vars::VarRef;

    #[test]
    fn a_known_ciphertext_and_its_tag() {
        let txn = txn();
        let text = "aes_gcm_enc(128,MTIzNDU2Nzg5MDEy,Zm9vb2Zvb29mb29vb29vbw==,txn.gcm_tag),base64";
        let got = convert_in(&txn, text, b"Hello from HAProxy AES-GCM");
        assert_eq!(got.as_deref(), Some("qWRhBzAKeMtbgdzzmICFTrNrxugSc5ztQVw="));
        let tag = txn.var(VarRef::parse(b"txn.gcm_tag").unwrap());
        assert_eq!(tag, Some(Value::str(b"uwuYDVvxwicvSejA+T1fFQ==")));
    }

    #[test]
    fn additional_data_is_authenticated() {
        let txn = txn();
        let set =
            |name: &[u8], value: &'static [u8]| txn.set_var(VarRef::parse(name).unwrap(), Value::str(value));
        set(b"txn.gcm_nonce", b"MTIzNDU2Nzg5MDEy");
        set(b"txn.gcm_key", b"Zm9vb2Zvb29mb29vb29vbw==");
        set(b"txn.gcm_aad", b"dGVzdAo=");
        let enc = "aes_gcm_enc(128,txn.gcm_nonce,txn.gcm_key,txn.gcm_tag3,txn.gcm_aad)";
        let dec = |aad: &str| {
            format!("{enc},aes_gcm_dec(128,MTIzNDU2Nzg5MDEy,Zm9vb2Zvb29mb29vb29vbw==,txn.gcm_tag3,{aad})")
        };
        assert_eq!(convert_in(&txn, &dec("dGVzdAo="), b"secret").as_deref(), Some("secret"));
        assert_eq!(convert_in(&txn, &dec("AAAA"), b"secret"), None);
    }

    #[test]
    fn arguments_that_cannot_be() {
        for text in [
            "aes_gcm_enc(128,AAAA,AAAA)",
            "aes_gcm_enc(128,AAAA,AAAA,AAAA)",
            "aes_gcm_dec(129,AAAA,AAAA,AAAA)",
            "aes_gcm_dec(128,AAAA,AAAA,A)",
        ] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
