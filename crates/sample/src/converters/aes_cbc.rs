//! `aes_cbc_enc`, `aes_cbc_dec`: AES in CBC mode (NIST SP 800-38A), which hides but does not authenticate.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use cbc::{Decryptor, Encryptor};
use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::{aes_key, operand};
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

const PARAMS: &[Param] = &[
    Param::required("bits", Kind::Int),
    Param::required("nonce", Kind::Str),
    Param::required("key", Kind::Str),
    Param::optional("additional", Kind::Str),
];

const LONG: &str = "Nonce and key are base64 or variables that hold base64. A nonce shorter than 16 bytes is filled up \
                    with zeros. The padding is that of PKCS #7. Additional data is read, but CBC has no use for it.";

pub(super) static ENC: Convert = Convert {
    name: "aes_cbc_enc",
    aliases: &[],
    params: PARAMS,
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check),
    run: encrypt,
    doc: Doc {
        brief: "bytes encrypted by AES-CBC with a key of 128, 192 or 256 bits",
        long: LONG,
        examples: &[Example {
            text: "aes_cbc_enc(128,MTIzNDU2Nzg5MDEyMzQ1Ng==,Zm9vb2Zvb29mb29vb29vbw==),aes_cbc_dec(128,MTIzNDU2Nzg5MDEyMzQ1Ng==,Zm9vb2Zvb29mb29vb29vbw==)",
            input: "Hello",
            output: "Hello",
        }],
    },
};

pub(super) static DEC: Convert = Convert {
    name: "aes_cbc_dec",
    aliases: &[],
    params: PARAMS,
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check),
    run: decrypt,
    doc: Doc {
        brief: "bytes decrypted by AES-CBC with a key of 128, 192 or 256 bits",
        long: LONG,
        examples: &[Example {
            text: "aes_cbc_enc(128,MDEyMzQ1Njc4OTAxMjM0NQ==,MDEyMzQ1Njc4OTAxMjM0NQ==),aes_cbc_dec(128,MDEyMzQ1Njc4OTAxMjM0NQ==,MDEyMzQ1Njc4OTAxMjM0NQ==)",
            input: "secret",
            output: "secret",
        }],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    aes_key::check(args, compile)?;
    operand::check_base64(args, 3, compile)
}

fn encrypt<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let (key, iv, plain) = (aes_key::key(args, txn)?, iv(args, txn)?, value.to_str());
    let (iv, plain) = (&iv.into(), plain.as_ref());
    let cipher = match key.len() {
        16 => Encryptor::<Aes128>::new(key.as_slice().into(), iv).encrypt_padded_vec_mut::<Pkcs7>(plain),
        24 => Encryptor::<Aes192>::new(key.as_slice().into(), iv).encrypt_padded_vec_mut::<Pkcs7>(plain),
        _ => Encryptor::<Aes256>::new(key.as_slice().into(), iv).encrypt_padded_vec_mut::<Pkcs7>(plain),
    };
    Some(Value::binary(cipher))
}

fn decrypt<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let (key, iv, cipher) = (aes_key::key(args, txn)?, iv(args, txn)?, value.to_str());
    let (iv, cipher) = (&iv.into(), cipher.as_ref());
    let plain = match key.len() {
        16 => Decryptor::<Aes128>::new(key.as_slice().into(), iv).decrypt_padded_vec_mut::<Pkcs7>(cipher),
        24 => Decryptor::<Aes192>::new(key.as_slice().into(), iv).decrypt_padded_vec_mut::<Pkcs7>(cipher),
        _ => Decryptor::<Aes256>::new(key.as_slice().into(), iv).decrypt_padded_vec_mut::<Pkcs7>(cipher),
    };
    plain.ok().map(Value::binary)
}

/// The initialisation vector: the nonce's first 16 bytes, zeros where it has fewer.
fn iv(args: &Args, txn: &Txn) -> Option<[u8; 16]> {
    if args.has(3) {
        // Additional data that cannot be read leaves no value, though nothing else is done with it.
        operand::base64(args, 3, txn)?;
    }
    let nonce = operand::base64(args, 1, txn)?;
    let mut iv = [0; 16];
    iv.iter_mut().zip(nonce.iter()).for_each(|(to, from)| *to = *from);
    Some(iv)
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, convert_in, refusal, txn};
    use state::Value;
    use state::vars::VarRef;

    #[test]
    fn a_known_ciphertext() {
        let got = convert(
            "aes_cbc_enc(128,MTIzNDU2Nzg5MDEyMzQ1Ng==,Zm9vb2Zvb29mb29vb29vbw==),base64",
            "Hello from HAProxy AES-CBC",
        );
        assert_eq!(got.as_deref(), Some("XJxppHFb7/atHE5XLwst52Ok8eWRd+NV/xYR09OWugs="));
    }

    #[test]
    fn keys_from_variables_and_short_nonces() {
        let txn = txn();
        let set =
            |name: &[u8], value: &'static [u8]| txn.set_var(VarRef::parse(name).unwrap(), Value::str(value));
        set(b"txn.nonce", b"MTIzNDU2Nzg5MDEy");
        set(b"txn.key", b"Zm9vb2Zvb29mb29vb29vbw==");
        set(b"txn.aad", b"dGVzdAo=");
        let there_and_back = "aes_cbc_enc(128,txn.nonce,txn.key,txn.aad),\
                              aes_cbc_dec(128,MTIzNDU2Nzg5MDEy,Zm9vb2Zvb29mb29vb29vbw==,dGVzdAo=)";
        assert_eq!(convert_in(&txn, there_and_back, b"secret").as_deref(), Some("secret"));
        assert_eq!(convert_in(&txn, "aes_cbc_enc(256,txn.nonce,txn.key)", b"secret"), None);
        assert_eq!(convert_in(&txn, "aes_cbc_dec(128,txn.nonce,txn.key)", b"not a block"), None);
    }

    #[test]
    fn arguments_that_cannot_be() {
        for text in ["aes_cbc_enc(64,AAAA,AAAA)", "aes_cbc_enc(128,AAAA)", "aes_cbc_dec(128,A,AAAA)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
