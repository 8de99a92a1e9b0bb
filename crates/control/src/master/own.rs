//! The commands of the master's socket: those that only it has, and those of the runtime API that it shares.

use crate::access::Level;
use crate::commands;

/// What a command of the master does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// `@...`: taken off before commands are looked up.
    Prefix,
    HardReload,
    LoadStatus,
    DebugMode,
    Reload,
    ShowProc,
    StartupLogs,
}

/// One command.
#[derive(Debug)]
pub(super) struct Row {
    /// Its words.
    pub(super) name: &'static str,
    /// The same with arguments; empty for those that `help` leaves out.
    pub(super) usage: &'static str,
    /// What it does.
    pub(super) brief: &'static str,
    /// The lowest level that may use it.
    pub(super) level: Level,
    pub(super) own: Own,
}

/// In the order of their names.
#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { name: "@!<pid>", usage: "@!<pid> [command]", brief: "speak to the worker with this process id",
        level: Level::User, own: Own::Prefix },
    Row { name: "@<relative pid>", usage: "@<relative pid> [command]", brief: "speak to the current worker, which is 1",
        level: Level::User, own: Own::Prefix },
    Row { name: "@master", usage: "@master [command]", brief: "speak to the master",
        level: Level::User, own: Own::Prefix },
    Row { name: "_loadstatus", usage: "", brief: "tell how the last load went",
        level: Level::Operator, own: Own::LoadStatus },
    Row { name: "hard-reload", usage: "hard-reload", brief: "load the configuration anew and end the old worker at once",
        level: Level::Operator, own: Own::HardReload },
    Row { name: "mcli-debug-mode", usage: "mcli-debug-mode [on|off]", brief: "give the commands of a worker to the master itself",
        level: Level::Admin, own: Own::DebugMode },
    Row { name: "reload", usage: "reload", brief: "load the configuration anew; the old worker finishes its sessions",
        level: Level::Operator, own: Own::Reload },
    Row { name: "show proc", usage: "show proc [debug]", brief: "list the master and its workers",
        level: Level::Operator, own: Own::ShowProc },
    Row { name: "show startup-logs", usage: "show startup-logs", brief: "what was told during the last load",
        level: Level::User, own: Own::StartupLogs },
];

/// Commands of the runtime API that the master has as well.
const SHARED: &[&str] = &["echo", "show cli level", "show cli sockets", "show env", "show version"];

/// What stands behind the list of commands, whatever that shows.
const ALWAYS: &[(&str, &str)] = &[
    ("operator", "lower the level of this connection to operator"),
    ("user", "lower the level of this connection to user"),
    ("help [<command>]", "list all commands, or those that begin alike"),
    ("prompt [help | i | p | timed]*", "go on with or without a prompt"),
    ("quit", "end the connection"),
];

/// The master's own command of these words.
pub(super) fn find(words: &[Vec<u8>]) -> Option<&'static Row> {
    ROWS.iter().filter(|row| row.own != Own::Prefix).find(|row| begins(words, row.name))
}

/// Whether the master has the command of the runtime API that these words give.
pub(super) fn is_shared(words: &[Vec<u8>]) -> bool {
    SHARED.iter().any(|name| begins(words, name))
}

fn begins(words: &[Vec<u8>], name: &str) -> bool {
    let mut given = words.iter();
    name.split(' ').all(|word| given.next().is_some_and(|given| given == word.as_bytes()))
}

/// All commands, or those that begin with the same word.
pub(super) fn help(words: &[Vec<u8>]) -> String {
    listed("The following commands are valid at this level:\n", words)
}

/// The answer to a command that the master does not have.
pub(super) fn unknown(words: &[Vec<u8>]) -> String {
    let first = words.first().map_or(&[][..], Vec::as_slice);
    let head = format!(
        "Unknown command: '{}', but maybe one of the following ones is a better match:\n",
        base::Lossy(first)
    );
    listed(&head, words)
}

fn listed(head: &str, words: &[Vec<u8>]) -> String {
    let shared = commands::all().filter(|row| SHARED.contains(&row.words.join(" ").as_str()));
    let own = ROWS.iter().filter(|row| !row.usage.is_empty()).map(|row| (row.usage, row.brief));
    let mut lines: Vec<(&str, &str)> = own.chain(shared.map(|row| (row.usage, row.brief))).collect();
    lines.sort_unstable();
    let first = words.first().map(Vec::as_slice);
    let is_alike = |usage: &str| usage.split(' ').next().map(str::as_bytes) == first;
    if lines.iter().any(|(usage, _)| is_alike(usage)) {
        lines.retain(|(usage, _)| is_alike(usage));
    }
    let mut text = head.to_owned();
    for (usage, brief) in lines.iter().chain(ALWAYS) {
        text.push_str(&format!("  {usage:<40}: {brief}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<u8>> {
        text.split_whitespace().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn commands_are_found_by_their_words() {
        assert_eq!(find(&words("show proc debug")).map(|row| row.own), Some(Own::ShowProc));
        assert!(find(&words("show")).is_none() && find(&words("@master")).is_none());
        assert!(is_shared(&words("show env HOME")) && !is_shared(&words("show info")));
        assert!(ROWS.is_sorted_by_key(|row| row.name));
    }

    #[test]
    fn help_lists_what_there_is() {
        let text = help(&[]);
        for usage in
            ["@master", "reload ", "hard-reload", "show version", "show proc [debug]", "quit", "echo"]
        {
            assert!(text.contains(&format!("\n  {usage}")), "{usage} in {text}");
        }
        assert!(!text.contains("_loadstatus"));
        let text = unknown(&words("show nonsense"));
        assert!(text.starts_with("Unknown command: 'show'") && text.contains("show proc"));
        assert!(!text.contains("hard-reload"));
    }
}
