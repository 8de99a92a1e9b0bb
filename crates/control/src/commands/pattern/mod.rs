//! Commands about ACLs' and maps' patterns; each exists for both (management guide, `show map` and its relatives).

use state::pattern::Registered;

use crate::command::{Answer, Command, Request};

mod add;
mod clear;
mod del;
mod get;
mod set;
mod show;
mod transaction;

pub(super) static LISTS: &[&[Command]] =
    &[add::ROWS, clear::ROWS, del::ROWS, get::ROWS, set::ROWS, show::ROWS, transaction::ROWS];

/// Which of the two a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Acl,
    Map,
}

impl Kind {
    /// As in `acl` or `map`, the second word.
    fn of(request: &Request<'_>) -> Kind {
        if request.word(1) == b"acl" { Kind::Acl } else { Kind::Map }
    }

    fn word(self) -> &'static str {
        if self == Kind::Acl { "acl" } else { "map" }
    }

    /// How messages spell it.
    fn name(self) -> &'static str {
        if self == Kind::Acl { "ACL" } else { "map" }
    }

    fn includes(self, list: &Registered) -> bool {
        if self == Kind::Acl { list.is_acl } else { list.is_map }
    }

    fn unknown(self) -> Answer {
        Answer::error(format!("Unknown {} identifier. Please use #<id> or <file>.\n", self.name()))
    }

    /// The list called by word `at`, whoever uses it.
    fn find_any<'a>(self, request: &Request<'a>, at: usize) -> Result<&'a Registered, Answer> {
        request.process.shared.config.patterns.find(&request.text(at)).ok_or_else(|| self.unknown())
    }

    /// The list called by word `at`, if its users are of this kind.
    fn find<'a>(self, request: &Request<'a>, at: usize) -> Result<&'a Registered, Answer> {
        self.find_any(request, at).ok().filter(|list| self.includes(list)).ok_or_else(|| self.unknown())
    }
}

/// The generation of `@<number>` in word 2, if it is one, and the place of the word that follows.
fn generation(request: &Request<'_>) -> (Option<u32>, usize) {
    match request.word(2).strip_prefix(b"@") {
        Some(digits) => (Some(number(digits)), 3),
        None => (None, 2),
    }
}

/// The digits that a text begins with; what does not fit wraps.
fn number(text: &[u8]) -> u32 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0u32, |sum, digit| sum.wrapping_mul(10).wrapping_add(u32::from(digit - b'0')))
}

/// An entry that is named by its id: `#0x...`. `Ok(None)`: it is named otherwise.
fn entry_id(word: &[u8]) -> Result<Option<u64>, Answer> {
    let Some(digits) = word.strip_prefix(b"#0x") else { return Ok(None) };
    let id = std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
    id.map(Some).ok_or_else(|| Answer::error("Malformed identifier. Please use #<id> or <file>.\n"))
}

#[cfg(test)]
mod tests;
