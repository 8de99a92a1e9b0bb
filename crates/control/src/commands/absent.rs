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
    Command::new(
        &["show", "resolvers"],
        "show resolvers [id]",
        "show the counters of name servers",
        |request| nothing(request, "Can't find that resolvers section\n"),
    ),
    Command::new(&["show", "cache"], "show cache", "show what is in caches", |_| Answer::Done)
        .level(Level::Operator),
];

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
        assert_eq!((lab.ask("show peers"), lab.ask("show resolvers")), (String::new(), String::new()));
        assert_eq!(lab.ask("show peers p"), "No such peers\n");
        assert_eq!(lab.ask("show resolvers r"), "Can't find that resolvers section\n");
    }
}
