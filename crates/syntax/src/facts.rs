//! What conditions may ask about the program that reads them.

use crate::version::{OpensslVersion, Version};

/// Answers the predicates of section 2.4 of the manual that are not about the environment. The binary knows;
/// the lexer does not. What is not said otherwise: nothing is built in.
pub trait Facts {
    /// The version of HAProxy whose configurations are spoken: `version_atleast`, `version_before`.
    fn version(&self) -> Version;

    /// Whether `name` is built in, as the list of `-vv` says: `feature`.
    fn feature(&self, _name: &str) -> bool {
        false
    }

    /// Whether the run-time option `name` is on: `enabled`.
    fn enabled(&self, _name: &str) -> bool {
        false
    }

    /// The name of the TLS library with its version, such as `OpenSSL 3.0.11`; `None` without TLS:
    /// `ssllib_name_startswith`.
    fn ssllib_name(&self) -> Option<&str> {
        None
    }

    /// The version of OpenSSL whose interface is offered; `None` without TLS: `openssl_version_atleast`,
    /// `openssl_version_before`.
    fn openssl_version(&self) -> Option<OpensslVersion> {
        None
    }

    /// The number of AWS-LC's interface; `None` with any other library: `awslc_api_atleast`,
    /// `awslc_api_before`.
    fn awslc_api(&self) -> Option<u32> {
        None
    }

    /// Whether the TLS library runs in FIPS mode: `fips_mode`.
    fn fips_mode(&self) -> bool {
        false
    }
}

/// A program of version 3.5 that has nothing built in: for whoever reads lines without being one, as tests do.
#[derive(Debug, Clone, Copy)]
pub struct NoFacts;

impl Facts for NoFacts {
    fn version(&self) -> Version {
        Version::parse(b"3.5").expect("a version")
    }
}

/// What the tests of this crate answer.
#[cfg(test)]
pub(crate) struct TestFacts;

#[cfg(test)]
impl Facts for TestFacts {
    fn version(&self) -> Version {
        Version::parse(b"3.5-dev5").unwrap()
    }
    fn feature(&self, name: &str) -> bool {
        name == "OPENSSL"
    }
    fn enabled(&self, name: &str) -> bool {
        name == "EPOLL"
    }
    fn ssllib_name(&self) -> Option<&str> {
        Some("OpenSSL 3.0.11 19 Sep 2023")
    }
    fn openssl_version(&self) -> Option<OpensslVersion> {
        OpensslVersion::parse(b"3.0.11")
    }
    fn awslc_api(&self) -> Option<u32> {
        None
    }
}
