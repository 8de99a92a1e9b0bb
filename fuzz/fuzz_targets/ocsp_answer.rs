//! Any bytes as an OCSP answer: nothing panics, and what is read can be shown and judged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tls::ocsp::{Answer, CertId};

fuzz_target!(|data: &[u8]| {
    if let Ok(answer) = Answer::parse(data) {
        let _ = answer.check_times(1_700_000_000);
        assert!(!answer.text().is_empty());
    }
    if let Some(id) = CertId::parse(data) {
        assert!(id.is(data));
        assert!(!id.text("").is_empty());
    }
});
