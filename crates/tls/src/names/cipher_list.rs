//! OpenSSL's cipher list language (its `ciphers` manual page, "CIPHER LIST FORMAT").
//!
//! The suites stand in one order, each switched on or not; the words change both:
//! ```text
//! X   what X means and is off: on, to the end        -X  what X means and is on: off, to the front
//! +X  what X means and is on: to the end             !X  what X means: gone for good
//! X+Y means what X and Y mean                        @STRENGTH  all that are on: by the size of their keys
//! ```
//! `DEFAULT` and the `SUITEB` words stand at the front only; `PROFILE=SYSTEM`, which some distributions put into OpenSSL,
//! is `DEFAULT` here. Words that mean nothing have no effect.

use super::keyword::{self, Match};
use super::suite::{Exchange, Suite};
use super::suites;
use crate::version::Version;

/// What a list says: the suites that it switches on, in order, and what each of its words selects.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// The suites, most wanted first; those of TLS 1.3 are never among them.
    pub(super) suites: Vec<&'static Suite>,
    /// Words that switch suites on, with what they select.
    pub(super) words: Vec<(Box<str>, Vec<u16>)>,
    /// `@SECLEVEL`.
    security_level: u8,
}

/// Reads `list`; the error says which word is no command.
pub(super) fn read(list: &str) -> Result<Selection, String> {
    let mut order = Order::new();
    let mut selection = Selection::default();
    let mut rest = list.trim_matches(is_separator);
    if let Some(after) = rest.strip_prefix("DEFAULT").or_else(|| rest.strip_prefix("PROFILE=SYSTEM")) {
        order.word(Operation::Add, &[class("ALL")]);
        order.word(Operation::Kill, &[class("COMPLEMENTOFDEFAULT")]);
        order.word(Operation::Kill, &[class("eNULL")]);
        rest = after;
    } else if let Some(strict) = suite_b(rest) {
        rest = strict;
    }
    for word in rest.split(is_separator).filter(|word| !word.is_empty()) {
        read_word(word, &mut order, &mut selection)?;
    }
    selection.suites = order.active(selection.security_level);
    Ok(selection)
}

fn is_separator(byte: char) -> bool {
    matches!(byte, ':' | ' ' | ';' | ',' | '\t' | '\n' | '\r')
}

/// A class that this file names itself.
fn class(name: &str) -> Match {
    keyword::matches(name).expect("the classes of the default list are in the table")
}

/// The lists that RFC 6460 prescribes.
fn suite_b(list: &str) -> Option<&'static str> {
    const HIGHER: &str = "ECDHE-ECDSA-AES256-GCM-SHA384";
    const LOWER: &str = "ECDHE-ECDSA-AES128-GCM-SHA256";
    match list.split(is_separator).next()? {
        "SUITEB128ONLY" => Some(LOWER),
        "SUITEB128" | "SUITEB128C2" => Some("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"),
        "SUITEB192" => Some(HIGHER),
        _ => None,
    }
}

fn read_word(word: &str, order: &mut Order, selection: &mut Selection) -> Result<(), String> {
    let (operation, name) = match word.as_bytes()[0] {
        b'!' => (Operation::Kill, &word[1..]),
        b'-' => (Operation::Delete, &word[1..]),
        b'+' => (Operation::Order, &word[1..]),
        b'@' => return command(&word[1..], order, selection),
        _ => (Operation::Add, word),
    };
    if let Some(odd) =
        name.chars().find(|letter| !letter.is_ascii_alphanumeric() && !"-._=+".contains(*letter))
    {
        return Err(format!("`{odd}` has no meaning in a list of ciphers"));
    }
    let parts: Option<Vec<Match>> = name.split('+').map(keyword::matches).collect();
    let numbers = parts.map(|parts| order.word(operation, &parts)).unwrap_or_default();
    if operation == Operation::Add {
        selection.words.push((word.into(), numbers));
    }
    Ok(())
}

/// `@STRENGTH` and `@SECLEVEL=N`.
fn command(name: &str, order: &mut Order, selection: &mut Selection) -> Result<(), String> {
    if name == "STRENGTH" {
        order.sort_by_strength();
        return Ok(());
    }
    let level =
        name.strip_prefix("SECLEVEL=").and_then(|level| level.parse().ok()).filter(|level| *level <= 5);
    selection.security_level =
        level.ok_or_else(|| format!("`@{name}` is neither `@STRENGTH` nor `@SECLEVEL=0` to `5`"))?;
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Add,
    Delete,
    Order,
    Kill,
}

/// All suites but those of TLS 1.3, in their present order, with whether they are on.
struct Order(Vec<(&'static Suite, bool)>);

impl Order {
    fn new() -> Order {
        Order(
            suites::all()
                .filter(|suite| suite.version < Version::Tls13)
                .map(|suite| (suite, false))
                .collect(),
        )
    }

    /// Applies a word of these parts; gives the numbers of what it selects.
    fn word(&mut self, operation: Operation, parts: &[Match]) -> Vec<u16> {
        let selects = |suite: &Suite| parts.iter().all(|part| part.selects(suite));
        let selected =
            self.0.iter().filter(|(suite, _)| selects(suite)).map(|(suite, _)| suite.iana).collect();
        let all = std::mem::take(&mut self.0);
        let (mut moved, mut kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|(suite, is_on)| {
            selects(suite)
                && match operation {
                    Operation::Add => !is_on,
                    Operation::Delete | Operation::Order => *is_on,
                    Operation::Kill => true,
                }
        });
        match operation {
            Operation::Kill => moved.clear(),
            Operation::Order => {}
            Operation::Add | Operation::Delete => {
                moved.iter_mut().for_each(|(_, is_on)| *is_on = operation == Operation::Add);
            }
        }
        if operation == Operation::Delete {
            std::mem::swap(&mut moved, &mut kept);
        }
        kept.append(&mut moved);
        self.0 = kept;
        selected
    }

    /// The largest keys first among those that are on.
    fn sort_by_strength(&mut self) {
        self.0.sort_by_key(|(suite, is_on)| if *is_on { i32::from(u16::MAX - suite.use_bits) } else { -1 });
    }

    /// What is on and strong enough for `level`.
    fn active(&self, level: u8) -> Vec<&'static Suite> {
        const BITS: [u16; 6] = [0, 80, 112, 128, 192, 256];
        let needed = BITS.get(usize::from(level)).copied().unwrap_or(u16::MAX);
        let is_strong = |suite: &Suite| {
            let is_forward_secret =
                !matches!(suite.exchange, Exchange::Rsa | Exchange::Psk | Exchange::RsaPsk);
            suite.use_bits >= needed && (level < 3 || is_forward_secret)
        };
        self.0.iter().filter(|(suite, is_on)| *is_on && is_strong(suite)).map(|(suite, _)| *suite).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str) -> Vec<&'static str> {
        read(list).unwrap().suites.iter().map(|suite| suite.openssl_name).collect()
    }

    #[test]
    fn words_switch_on_and_off_and_reorder() {
        // As printed by `openssl ciphers` of OpenSSL 3.0.
        assert_eq!(
            names("ECDHE+AESGCM"),
            [
                "ECDHE-ECDSA-AES256-GCM-SHA384",
                "ECDHE-RSA-AES256-GCM-SHA384",
                "ECDHE-ECDSA-AES128-GCM-SHA256",
                "ECDHE-RSA-AES128-GCM-SHA256"
            ]
        );
        assert_eq!(
            names("ECDHE+AESGCM:!aECDSA:+AES256"),
            ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"]
        );
        assert_eq!(names("AES128-SHA:-kRSA:AES256-SHA !AES256-SHA,AES256-SHA"), [""; 0]);
        assert_eq!(
            names("AES128-SHA AES256-SHA;RC4-SHA:-AES128-SHA:kRSA+AES128+SHA"),
            ["AES256-SHA", "RC4-SHA", "AES128-SHA"]
        );
        assert_eq!(names("RC4-SHA:AES128-SHA:AES256-SHA:@STRENGTH"), ["AES256-SHA", "RC4-SHA", "AES128-SHA"]);
        assert_eq!(names("nonsense:AES128-SHA+nonsense:AES128-SHA"), ["AES128-SHA"]);
    }

    #[test]
    fn defaults_stand_in_front() {
        assert_eq!(names("DEFAULT").len(), 57);
        assert!(names("DEFAULT:!ECDHE:!DHE").iter().all(|name| !name.contains("DHE-RSA")));
        assert_eq!(names("ALL:DEFAULT"), names("ALL"));
        assert_eq!(names("PROFILE=SYSTEM"), names("DEFAULT"));
        assert_eq!(names("SUITEB192"), ["ECDHE-ECDSA-AES256-GCM-SHA384"]);
    }

    #[test]
    fn security_levels_leave_weak_keys_out() {
        assert_eq!(names("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=4").len(), 1);
        assert_eq!(
            names("AES256-SHA:ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=3"),
            ["ECDHE-RSA-AES256-GCM-SHA384"]
        );
    }

    #[test]
    fn what_is_no_command_is_an_error() {
        assert!(read("ALL:@SECLEVEL=9").unwrap_err().contains("@SECLEVEL=9"));
        assert!(read("ALL:@FOO").is_err());
        assert!(read("ALL:*").unwrap_err().contains("`*`"));
        assert!(read("").unwrap().suites.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_list_is_read_or_refused(list in "([!+@-]{0,2}(ALL|ECDHE|AES|kRSA|SHA|STRENGTH|SECLEVEL=[0-9]|\\PC{0,3})[:, +]{0,2}){0,6}") {
            if let Ok(selection) = read(&list) {
                let mut numbers: Vec<u16> = selection.suites.iter().map(|suite| suite.iana).collect();
                numbers.sort_unstable();
                numbers.dedup();
                proptest::prop_assert_eq!(numbers.len(), selection.suites.len());
            }
        }
    }
}
