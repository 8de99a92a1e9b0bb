//! Any bytes as a certificate's file, as the certificate and the key within one, and as a crt-list: nothing panics, and
//! what loads has a chain that begins with a certificate.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use tls::load::{KeyPair, crt_list, pem};

fn load(text: &[u8]) {
    if let Ok(blocks) = pem::parse(text) {
        assert!(blocks.iter().all(|block| block.line >= 1 && !block.der.is_empty() && block.der.len() <= text.len()));
    }
    if let Ok(pair) = KeyPair::from_pem("fuzz.pem", text) {
        assert!(!pair.chain.is_empty());
    }
}

fuzz_target!(|data: &[u8]| {
    load(data);
    // No fuzzer guesses base64: the same as DER, the first two bytes saying where the certificate ends.
    if let Some((split, der)) = data.split_first_chunk::<2>() {
        let split = usize::from(u16::from_le_bytes(*split)).min(der.len());
        let (certificate, key) = der.split_at(split);
        for label in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"] {
            load(
                format!(
                    "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
                    STANDARD.encode(certificate),
                    STANDARD.encode(key)
                )
                .as_bytes(),
            );
        }
    }
    let list = crt_list::parse("fuzz.list", data);
    for line in &list.lines {
        assert!(!line.path.is_empty() && line.number >= 1);
    }
});
