//! Conversations as they go over a socket.

use crate::access::Level;
use crate::testing::{Lab, VERSION};

fn talk(text: &str) -> String {
    Lab::new("").talk(Level::Admin, text)
}

#[test]
fn one_line_one_answer_and_the_end() {
    assert_eq!(talk("show version\n"), format!("{VERSION}\n\n<end>"));
    assert_eq!(talk("show version\nshow version\n"), format!("{VERSION}\n\n<end>"));
    assert_eq!(talk("show version;show version\n"), format!("{VERSION}\n\n{VERSION}\n\n<end>"));
    assert_eq!(talk("\n"), "\n<end>");
    assert_eq!(talk(";\n"), "\n\n<end>");
    assert_eq!(talk("show version"), "", "a line without an end is none");
    assert_eq!(talk("show version\r\n"), format!("{VERSION}\n\n\n<end>"));
    assert_eq!(talk("show version # arguments too many\n"), format!("{VERSION}\n\n<end>"));
}

#[test]
fn prompts() {
    assert_eq!(
        talk("prompt\nshow version\n\nshow version;show version\n"),
        format!("\n> {VERSION}\n\n> \n> {VERSION}\n\n{VERSION}\n\n> ")
    );
    assert_eq!(talk("prompt i\nshow version\nquit\nshow version\n"), format!("\n{VERSION}\n\n<end>"));
    assert_eq!(talk("prompt;quit\n"), "\n<end>");
    assert_eq!(talk("prompt;prompt n;show version\n"), format!("\n\n{VERSION}\n\n<end>"));
    assert!(talk("prompt timed\n").starts_with("\n[0:00:00:0"));
    assert!(talk("prompt x\n").starts_with("Usage: prompt"));
    assert_eq!(talk("prompt\necho <<\n"), "\n> + ");
}

#[test]
fn levels_only_go_down() {
    let lab = Lab::new("");
    assert_eq!(
        lab.talk(Level::Admin, "show cli level;user;show cli level;operator;show cli level\n"),
        "admin\n\n\nuser\n\nPermission denied\n\nuser\n\n<end>"
    );
    assert_eq!(lab.talk(Level::User, "show env\n"), "Permission denied\n\n<end>");
    assert_eq!(lab.talk(Level::Admin, "operator -;show cli level\n"), "operator\n\n<end>");
}

#[test]
fn modes() {
    assert_eq!(talk("expert-mode\n"), "expert-mode is OFF\n\n<end>");
    assert_eq!(talk("expert-mode on;expert-mode\n"), "\nexpert-mode is ON\n\n<end>");
    assert_eq!(talk("experimental-mode on -;experimental-mode\n"), "experimental-mode is ON\n\n<end>");
}

#[test]
fn severities() {
    assert_eq!(
        talk("set severity-output number;show version;set timeout x\n"),
        format!("\n[6]: {VERSION}\n\n[3]: 'set timeout' only supports 'cli'.\n\n<end>")
    );
    assert_eq!(talk("set severity-output string -;show version\n"), format!("[info]: {VERSION}\n\n<end>"));
}

#[test]
fn what_is_too_much() {
    let long = talk(&format!("{}\n", "a".repeat(20_000)));
    assert!(
        long.starts_with("The command line is too big for the buffer size.") && long.ends_with(".\n<end>")
    );
    let many = talk(&format!("{}\n", "a ".repeat(80)));
    assert_eq!(many, "Too many arguments. Commands must have at most 64 arguments.\n\n<end>");
}

#[test]
fn waiting() {
    assert_eq!(talk("wait 20;show version\n"), format!("<wait 20ms>Done.\n\n{VERSION}\n\n<end>"));
    assert_eq!(talk("wait x\n"), "Invalid duration.\n\n<end>");
    assert!(talk("wait -h\n").starts_with("Usage: wait"));
}

#[test]
fn unknown_commands() {
    let text = talk("shwo version\n");
    assert!(
        text.starts_with("Unknown command: 'shwo', but maybe one of the following ones is a better match:\n")
    );
    assert!(text.contains("  show version  ") && text.contains("\n  quit  "), "{text}");
    assert!(!text.contains("set server"), "{text}");
    assert!(talk("@1 show version\n").starts_with("Unknown command: '@1', but"));
    assert!(talk("# comment\n").starts_with("Unknown command: '#', but"));
    let partial = talk("help show cli\n");
    assert!(
        partial.starts_with("The following commands are valid at this level:\n  show cli level "),
        "{partial}"
    );
    assert!(!partial.contains("show info"), "{partial}");
}
