//! OpenSSL's names for what TLS negotiates, and the choice that a configuration's lists make among it: cipher suites,
//! groups of key exchange, signature algorithms. Names that stand for something which is not built in are known, so
//! that it can be said.

mod cipher_list;
pub mod groups;
mod keyword;
mod p521;
pub mod sigalgs;
mod suite;
pub mod suites;
mod table;

/// What a list chooses.
#[derive(Debug, Clone)]
pub struct Choice<T> {
    /// What can be used, most wanted first; never empty.
    pub usable: Vec<T>,
    /// Words of the list that stand for nothing that this program speaks.
    pub dropped: Vec<Box<str>>,
}
