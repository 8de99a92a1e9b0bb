//! All commands, one file each, in the order in which `help` and look-up meet them.

use keyword::{Entry, Unbuilt};

use crate::access::{Level, Mode};
use crate::command::Command;

mod absent;
mod add_backend;
mod anon;
mod clear_counters;
mod debug_dev;
mod debug_log;
mod default_server;
mod del_backend;
mod dynamic_cookie;
mod echo;
mod frontend;
mod get_var;
mod getsocks;
mod help;
mod levels;
mod modes;
mod pattern;
mod profiling;
mod prompt;
mod publish;
mod quit;
mod rate_limit;
mod server;
mod set_severity_output;
mod set_timeout;
mod set_var;
mod show_activity;
mod show_cli;
mod show_dev;
mod show_env;
mod show_errors;
mod show_events;
mod show_fd;
mod show_info;
mod show_resolvers;
mod show_schema;
mod show_sess;
mod show_startup_logs;
mod show_stat;
mod show_threads;
mod show_version;
mod ssl;
mod stats_file;
mod table;
mod unbuilt;
mod wait;

static LISTS: &[&[Command]] = &[
    help::ROWS,
    profiling::ROWS,
    prompt::ROWS,
    publish::ROWS,
    quit::ROWS,
    rate_limit::ROWS,
    absent::ROWS,
    add_backend::ROWS,
    anon::ROWS,
    clear_counters::ROWS,
    debug_log::ROWS,
    debug_dev::ROWS,
    default_server::ROWS,
    del_backend::ROWS,
    dynamic_cookie::ROWS,
    echo::ROWS,
    frontend::ROWS,
    get_var::ROWS,
    getsocks::ROWS,
    levels::ROWS,
    modes::ROWS,
    wait::ROWS,
    set_severity_output::ROWS,
    set_timeout::ROWS,
    set_var::ROWS,
    show_activity::ROWS,
    show_cli::ROWS,
    show_dev::ROWS,
    show_env::ROWS,
    show_errors::ROWS,
    show_events::ROWS,
    show_fd::ROWS,
    show_info::ROWS,
    show_resolvers::ROWS,
    show_schema::ROWS,
    show_sess::ROWS,
    show_startup_logs::ROWS,
    show_stat::ROWS,
    show_threads::ROWS,
    show_version::ROWS,
    stats_file::ROWS,
    table::ROWS,
];

/// All rows.
pub(crate) fn all() -> impl Iterator<Item = &'static Command> {
    LISTS.iter().chain(pattern::LISTS).chain(server::LISTS).chain(ssl::LISTS).copied().flatten()
}

/// The row of the command that begins with these words: of several the one with the most words.
pub(crate) fn find(words: &[Vec<u8>]) -> Option<&'static Command> {
    let begins = |row: &&Command| {
        row.words.len() <= words.len()
            && row.words.iter().zip(words).all(|(have, given)| have.as_bytes() == given.as_slice())
    };
    all().filter(begins).max_by_key(|row| row.words.len())
}

/// What HAProxy has by these words and this program does not have yet.
pub(crate) fn unbuilt(words: &[Vec<u8>]) -> Option<&'static Unbuilt> {
    unbuilt::find(words)
}

/// Everything that lists and the reference tell of commands.
pub fn entries() -> impl Iterator<Item = Entry> {
    const KIND: &str = "command";
    let known = all().map(|row| {
        let name = row.words.join(" ");
        let arguments = row.usage.strip_prefix(name.as_str()).unwrap_or_default().trim_start().to_owned();
        Entry::new(KIND, name, row.brief).arguments(arguments).place(who(row))
    });
    let is_missing = |row: &&Unbuilt| all().all(|known| known.words.join(" ") != row.name);
    let missing = unbuilt::rows().filter(is_missing).map(|row| Entry::of(KIND, row).arguments(row.arguments));
    known.chain(crate::master::entries()).chain(missing)
}

/// Who may use a command, and when.
fn who(row: &Command) -> String {
    let level = match row.level {
        Level::User => "user",
        Level::Operator => "operator",
        Level::Admin => "admin",
    };
    match row.mode {
        Mode::Normal => level.to_owned(),
        Mode::Expert => format!("{level}, expert mode"),
        Mode::Experimental => format!("{level}, experimental mode"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_complete_and_different() {
        let rows: Vec<_> = all().collect();
        for (at, row) in rows.iter().enumerate() {
            assert!(!row.brief.is_empty() && !row.brief.ends_with('.'), "{:?}", row.words);
            assert!(
                row.usage.is_empty() || row.usage.starts_with(&row.words.join(" ")),
                "{:?}: {}",
                row.words,
                row.usage
            );
            assert!(rows[at + 1..].iter().all(|other| other.words != row.words), "{:?} twice", row.words);
        }
    }

    #[test]
    fn the_longest_name_counts() {
        let words = |text: &str| text.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(find(&words("show cli level x")).unwrap().words, ["show", "cli", "level"]);
        assert!(find(&words("show")).is_none() && find(&words("Show version")).is_none());
    }
}
