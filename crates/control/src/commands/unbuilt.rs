//! Commands that HAProxy has and this program does not have yet (management guide, chapter 9.3): whoever gives one is told
//! so. A command of another list with the same words is found first.

use keyword::Unbuilt;

/// In the order of their names; words in angle brackets stand for any.
static ROWS: &[&Unbuilt] = &[
    &Unbuilt::new("acme challenge_ready", "<file> domain <domain>", "says that a challenge can be looked at"),
    &Unbuilt::new("acme renew", "<file>", "asks for a new certificate at once"),
    &Unbuilt::new("acme status", "", "certificates that are fetched, and how that goes"),
    &Unbuilt::new("httpclient", "<method> <uri>", "makes a request of the own HTTP client"),
    &Unbuilt::new("show quic", "[format]", "QUIC connections"),
    &Unbuilt::new("show trace", "[source]", "what is traced"),
    &Unbuilt::new("trace", "[source] [command]", "traces what happens"),
];

/// All of them.
pub(super) fn rows() -> impl Iterator<Item = &'static Unbuilt> {
    ROWS.iter().copied()
}

/// The row of the command that begins with these words.
pub(super) fn find(words: &[Vec<u8>]) -> Option<&'static Unbuilt> {
    rows().find(|row| {
        let mut given = words.iter();
        row.name.split(' ').all(|word| given.next().is_some_and(|given| word.as_bytes() == given.as_slice()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_first_words() {
        let words = |text: &str| text.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(find(&words("acme renew a.pem")).map(|row| row.name), Some("acme renew"));
        assert!(find(&words("acme")).is_none() && find(&words("renew")).is_none());
        assert!(rows().is_sorted_by_key(|row| row.name));
    }
}
