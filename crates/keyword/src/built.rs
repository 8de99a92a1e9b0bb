//! How far a row is carried out, and the diagnostics that say so: nothing that the language knows is passed over in
//! silence.

use diag::{Code, Diagnostic, codes};

/// How far this program carries a row out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Built {
    /// It does what it says.
    Working,
    /// It tunes machinery of HAProxy's own that is not here: accepted with a note, and nothing is missing.
    Internal,
    /// It is not carried out yet, which no client is harmed by: accepted with a note.
    Noted,
    /// It is not built yet, and leaving it out would change what clients or servers see: an error.
    Refused,
}

impl Built {
    /// All of them, the best first.
    pub const ALL: [Built; 4] = [Built::Working, Built::Internal, Built::Noted, Built::Refused];

    /// One word for lists and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Built::Working => "working",
            Built::Internal => "internal",
            Built::Noted => "noted",
            Built::Refused => "refused",
        }
    }

    /// What the reference says of it; nothing of what works.
    #[must_use]
    pub const fn remark(self) -> &'static str {
        match self {
            Built::Working => "",
            Built::Internal => "Accepted without effect: it tunes what is HAProxy's own.",
            Built::Noted => "Accepted with a note: not carried out yet.",
            Built::Refused => "Known, not built yet: a configuration that uses it is refused.",
        }
    }
}

/// The code of errors about words that are not built yet.
pub const NOT_BUILT: Code = codes::NOT_BUILT;
/// The code of notes about words that tune HAProxy's own machinery; only those who ask for more see them.
pub const INTERNAL: Code = codes::ACCEPTED;
/// The code of notes about words that are not carried out yet.
pub const NOTED: Code = codes::NOT_CARRIED_OUT;

/// The error about `what`, which is known, but not built yet.
#[must_use]
pub fn refused(what: &str) -> Diagnostic {
    Diagnostic::error(format!("`{what}` is known, but not built yet")).code(NOT_BUILT)
}

/// The note about `what`, which is not carried out yet.
#[must_use]
pub fn noted(what: &str) -> Diagnostic {
    Diagnostic::notice(format!("`{what}` is accepted, but not carried out yet")).code(NOTED)
}

/// The note about `what`, which tunes machinery that is not here.
#[must_use]
pub fn internal(what: &str) -> Diagnostic {
    Diagnostic::notice(format!("`{what}` has no effect here: it tunes what is HAProxy's own")).code(INTERNAL)
}

/// What is to be told about a use of `what`; nothing when it works.
#[must_use]
pub fn told(built: Built, what: &str) -> Option<Diagnostic> {
    match built {
        Built::Working => None,
        Built::Internal => Some(internal(what)),
        Built::Noted => Some(noted(what)),
        Built::Refused => Some(refused(what)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diag::Severity;

    #[test]
    fn each_is_told_with_a_code_of_its_own() {
        assert!(told(Built::Working, "x").is_none());
        let of = |built| told(built, "x").map(|d| (d.severity, d.code)).unwrap();
        assert_eq!(of(Built::Refused).0, Severity::Error);
        assert_eq!(of(Built::Noted).0, Severity::Notice);
        let codes = [of(Built::Internal).1, of(Built::Noted).1, of(Built::Refused).1];
        assert!(codes[0] != codes[1] && codes[1] != codes[2] && codes[0] != codes[2]);
    }
}
