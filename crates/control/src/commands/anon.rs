//! `set anon`, `show anon`, `debug dev hash`: dumps whose names nobody outside can read, and in which equal names still look
//! alike (management guide, chapter 9.3).

use std::hash::{BuildHasher, RandomState};

use crate::access::{Level, Mode};
use crate::anonymous;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["set", "anon"],
        "set anon [on|off] [<key>]",
        "make names in this session's dumps unreadable, or readable again",
        |request| settle(set(request)),
    ),
    Command::new(
        &["set", "anon", "global-key"],
        "set anon global-key <key>",
        "change the key that names are made unreadable with",
        |request| settle(set_global(request)),
    )
    .level(Level::Admin),
    Command::new(&["show", "anon"], "show anon", "show whether names in dumps are unreadable", show),
    Command::new(
        &["debug", "dev", "hash"],
        "debug dev hash [msg]",
        "show a text as dumps of this session have it",
        |request| {
            let shown = anonymous::name(request.client.anon_key, &request.text(3)).into_owned();
            Answer::info(shown + "\n")
        },
    )
    .level(Level::Admin)
    .mode(Mode::Expert),
];

fn set(request: &mut Request<'_>) -> Result<Answer, Answer> {
    let key = match (request.word(2), request.word(3)) {
        (b"off", b"") => None,
        (b"off", _) => return Err(Answer::error("Key can't be added while disabling anonymized mode\n")),
        (b"on", b"") => Some(request.process.anon_key().unwrap_or_else(random)),
        (b"on", _) => match number(&request.text(3)) {
            Some(key) if key > 0 => Some(key),
            Some(_) | None => {
                return Err(Answer::error("Value out of range (1 to 4294967295 expected).\n"));
            }
        },
        _ => {
            return Err(Answer::error(
                "'set anon' only supports :\n   - 'on' [key] to enable the anonymized mode\n   - 'off' to disable the \
                 anonymized mode\n",
            ));
        }
    };
    request.client.anon_key = key;
    Ok(Answer::Done)
}

fn set_global(request: &mut Request<'_>) -> Result<Answer, Answer> {
    if request.word(3).is_empty() {
        return Err(Answer::error("Expects an integer value.\n"));
    }
    let key = number(&request.text(3));
    request
        .process
        .set_anon_key(key.ok_or_else(|| Answer::error("Value out of range (0 to 4294967295 expected).\n"))?);
    Ok(Answer::Done)
}

fn show(request: &mut Request<'_>) -> Answer {
    match request.client.anon_key {
        None => Answer::info("Anonymized mode disabled\n"),
        Some(key) if request.has_level(Level::Operator) => {
            Answer::info(format!("Anonymized mode enabled\nKey : {key}\n"))
        }
        Some(_) => Answer::info("Anonymized mode enabled\n"),
    }
}

/// The number that a text begins with, 0 where it begins with none; `None`: it is out of range.
fn number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    match &text[..end] {
        "" if text.starts_with('-') => None,
        "" => Some(0),
        digits => digits.parse().ok(),
    }
}

fn random() -> u32 {
    u32::try_from(RandomState::new().hash_one(0u8) >> 32).unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use crate::access::Level;
    use crate::testing::Lab;

    #[test]
    fn names_are_hidden_and_stay_alike() {
        let lab = Lab::new("backend be\n  server s1 127.0.0.1:9\n");
        let shown = lab.ask("set anon on 5;show servers state;show anon");
        assert!(shown.contains("\n2 5c7c37 1 8e467b 127.0.0.1 "), "{shown}");
        assert!(shown.ends_with("\nAnonymized mode enabled\nKey : 5\n"), "{shown}");
        assert!(lab.ask("set anon on 5;show servers conn").contains("\n5c7c37/8e467b 2/1 "));
        let as_user = lab.talk(Level::User, "set anon on 5;show anon\n");
        assert_eq!(as_user, "\nAnonymized mode enabled\n\n<end>");
        assert_eq!(lab.ask("show anon"), "Anonymized mode disabled\n", "another session");
        assert_eq!(lab.ask("set anon global-key 7"), "");
        assert!(lab.ask("set anon on;show anon").ends_with("Key : 7\n"));
        assert_eq!(lab.ask("expert-mode on;set anon on 5;debug dev hash s1"), "\n\n8e467b\n");
        assert_eq!(lab.ask("set anon on 0"), "Value out of range (1 to 4294967295 expected).\n");
        assert_eq!(lab.ask("set anon off 3"), "Key can't be added while disabling anonymized mode\n");
        assert_eq!(lab.ask("set anon global-key -3"), "Value out of range (0 to 4294967295 expected).\n");
        assert!(lab.ask("set anon").starts_with("'set anon' only supports :\n"));
    }
}
