//! What a `resolvers` section says (configuration manual, chapter 5.3.2).

use std::time::Duration;

/// The smallest `accepted_payload_size`: a header alone.
pub const PAYLOAD_BYTES_MIN: u16 = 12;
/// The largest.
pub const PAYLOAD_BYTES_MAX: u16 = 65_535;

/// How long the last good answer is kept in spite of what came since (`hold`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holds {
    /// There is no such name.
    pub nx: Duration,
    /// The name server refuses to answer.
    pub refused: Duration,
    /// No answer.
    pub timeout: Duration,
    /// Any other error.
    pub other: Duration,
    /// How long a good answer serves those who ask once.
    pub valid: Duration,
    /// How long a record stays that answers do not have any more.
    pub obsolete: Duration,
}

/// What a section says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `hold`.
    pub holds: Holds,
    /// `timeout resolve`: from one answer to the next question.
    pub resolve: Duration,
    /// `timeout retry`: from a question without an answer to the next one.
    pub retry: Duration,
    /// `resolve_retries`: how often a question is asked.
    pub tries: u32,
    /// `accepted_payload_size`: the longest message that is taken, in bytes.
    pub payload_bytes_max: u16,
}

impl Default for Settings {
    fn default() -> Self {
        let thirty = Duration::from_secs(30);
        Settings {
            holds: Holds {
                nx: thirty,
                refused: thirty,
                timeout: thirty,
                other: thirty,
                valid: Duration::from_secs(10),
                obsolete: Duration::ZERO,
            },
            resolve: Duration::from_secs(1),
            retry: Duration::from_secs(1),
            tries: 3,
            payload_bytes_max: 512,
        }
    }
}
