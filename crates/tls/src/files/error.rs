//! Why a change could not be made.

/// What somebody wanted to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `set`, `add`, `commit`.
    Set,
    /// `abort`.
    Abort,
}

/// Why a change could not be made. The texts are as HAProxy has them, because tools look at them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Nothing waits for its commit.
    #[error("No ongoing transaction!")]
    NoTransaction,
    /// Something else does.
    #[error("The ongoing transaction is about '{ongoing}' but you are trying to {} '{asked}'", match .verb { Verb::Set => "set", Verb::Abort => "abort a transaction for" })]
    Other {
        /// What it is about.
        ongoing: Box<str>,
        /// What was asked for.
        asked: Box<str>,
        /// What was wanted.
        verb: Verb,
    },
    /// There is no such file.
    #[error("it does not exist")]
    Unknown,
    /// There is one already.
    #[error("it exists already")]
    Exists,
    /// It is being changed.
    #[error("it is being changed")]
    Ongoing,
    /// A line uses it.
    #[error("it is in use")]
    InUse,
    /// Tokens are checked with it.
    #[error("it is in use for tokens")]
    InUseForTokens,
    /// It is a file of another kind.
    #[error("it is a file of another kind")]
    OtherKind,
    /// It has no certificate yet.
    #[error("it is empty")]
    Empty,
    /// The payload is of no use.
    #[error("{0}")]
    Payload(String),
    /// The key is not that of the certificate.
    #[error("inconsistencies between private key and certificate loaded '{0}'.")]
    Mismatch(Box<str>),
    /// A list cannot be changed like this.
    #[error("{0}")]
    List(String),
    /// A line that uses it cannot be served with it. Everything stays as it was.
    #[error("{0}")]
    Failed(String),
}
