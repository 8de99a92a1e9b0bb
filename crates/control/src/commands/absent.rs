//! Commands about parts that a process of this version never has: they find nothing, as where a configuration asks for none.

use crate::access::Level;
use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["show", "peers"],
        "show peers [dict|-] [section]",
        "show what peers were taught",
        |request| nothing(request, "No such peers\n"),
    ),
    // It counts how often places of HAProxy's own code were come by, none of which are here.
    Command::new(
        &["debug", "counters"],
        "debug counters [?|all|bug|chk|cnt|glt|on|off|reset|show]",
        "show how often odd places of the program's code were come by",
        counters,
    ),
    Command::new(&["show", "cache"], "show cache", "show what is in caches", |_| Answer::Done)
        .level(Level::Operator),
];

fn counters(request: &mut Request<'_>) -> Answer {
    if !request.has_level(Level::Operator) {
        return Answer::denied();
    }
    let known: [&[u8]; 9] = [b"all", b"bug", b"chk", b"cnt", b"glt", b"off", b"on", b"reset", b"show"];
    let mut words = request.words.iter().skip(2);
    if words.any(|word| !known.contains(&word.as_slice())) {
        let text = "Expects an optional action ('reset','show','on','off'), optional types ('bug','chk','cnt','glt') and \
                    optionally 'all' to even dump null counters.\n";
        return Answer::error(text);
    }
    Answer::Done
}

/// A section that is asked for by its name is not there.
fn nothing(request: &mut Request<'_>, absent: &str) -> Answer {
    match request.word(2) {
        b"" | b"-" | b"dict" => Answer::Done,
        _ => Answer::error(absent.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn nothing_is_found() {
        let lab = Lab::new("");
        assert_eq!(lab.ask("show peers"), "");
        assert_eq!(lab.ask("show peers p"), "No such peers\n");
        assert_eq!(lab.ask("debug counters all"), "");
        assert!(lab.ask("debug counters x").starts_with("Expects an optional action"));
    }
}
