//! The command line: HAProxy's options (management guide, chapter 3), read by one ordered table, and the
//! sub-commands.
//!
//! HAProxy's options are single-dash words, some of which carry their argument in the same word (`-dKall`). The
//! table says for each option how it takes its argument and what it sets; the usage text is made from the same rows.

use std::ffi::{OsStr, OsString};

use keyword::{Built, Entry};

use crate::options::{Dump, Launch, Master, Mode, Options, Verbosity, VersionShape, Written};
use crate::subcommands;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    /// Print the version, in one of its shapes.
    Version(VersionShape),
    /// Print the usage; it was asked for.
    Help,
    /// `-cc`: answer a condition.
    Condition(OsString, Box<Options>),
    /// Check the configuration, or run it.
    Run(Box<Options>),
    /// A sub-command and the words behind its name.
    Sub(&'static subcommands::Row, Vec<OsString>),
}

/// The command line cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    /// A word that is no option, or an option that does not exist.
    #[error("unknown option `{word}`{}", .nearest.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Unknown { word: String, nearest: Option<&'static str> },
    /// An option without its argument.
    #[error("`{option}` needs an argument: {wanted}")]
    Missing { option: &'static str, wanted: &'static str },
    /// An argument that the option cannot take.
    #[error("`{option} {value}`: {wanted} expected")]
    Value { option: &'static str, value: String, wanted: &'static str },
    /// Nothing to do.
    #[error("no configuration given: -f FILE")]
    NoFile,
}

/// How an option takes its argument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Not at all.
    Nothing,
    /// Behind its letters, in the same word; possibly nothing.
    Rest,
    /// As the next word.
    Word,
    /// As all next words that do not begin with a dash.
    Words,
}

struct Row {
    name: &'static str,
    takes: Takes,
    /// How the argument is called in the usage.
    argument: &'static str,
    help: &'static str,
    /// Called once for each argument; once with an empty one if there can be none.
    set: fn(&mut Parsed, &OsStr) -> bool,
    /// How far it is carried out.
    built: Built,
}

impl Row {
    /// The same for an option that changes nothing here.
    const fn internal(self) -> Row {
        Row { built: Built::Internal, ..self }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Parsed {
    options: Options,
    condition: Option<OsString>,
    version: Option<VersionShape>,
    is_help: bool,
}

const fn flag(name: &'static str, help: &'static str, set: fn(&mut Parsed, &OsStr) -> bool) -> Row {
    Row { name, takes: Takes::Nothing, argument: "", help, set, built: Built::Working }
}

const fn word(
    name: &'static str,
    argument: &'static str,
    help: &'static str,
    set: fn(&mut Parsed, &OsStr) -> bool,
) -> Row {
    Row { name, takes: Takes::Word, argument, help, set, built: Built::Working }
}

const fn rest(
    name: &'static str,
    argument: &'static str,
    help: &'static str,
    set: fn(&mut Parsed, &OsStr) -> bool,
) -> Row {
    Row { name, takes: Takes::Rest, argument, help, set, built: Built::Working }
}

/// An option that changes nothing here.
fn nothing(_: &mut Parsed, _: &OsStr) -> bool {
    true
}

/// All options, in the order of the usage text.
#[rustfmt::skip]
static ROWS: &[Row] = &[
    word("-f", "FILE|DIR", "reads a file, or the *.cfg of a directory in order; may be repeated",
        |p, v| { p.options.files.push(v.into()); true }),
    flag("-c", "checks the configuration and exits: 0 good, 1 bad, 2 without listener",
        |p, _| { p.options.mode = Mode::Check; true }),
    word("-cc", "COND", "answers a condition as `.if` would: 0 true, 1 false, 2 no condition",
        |p, v| { p.condition = Some(v.into()); true }),
    flag("-V", "says more", |p, _| { p.options.verbosity = Verbosity::Verbose; true }),
    flag("-q", "says nothing but warnings and errors", |p, _| { p.options.verbosity = Verbosity::Quiet; true }),
    flag("-v", "shows the version", |p, _| { p.version = Some(VersionShape::Short); true }),
    flag("-vv", "shows the version and what is built in", |p, _| { p.version = Some(VersionShape::Build); true }),
    flag("-vq", "shows only the version", |p, _| { p.version = Some(VersionShape::Plain); true }),
    flag("-vqs", "shows only the version's numbers", |p, _| { p.version = Some(VersionShape::Numbers); true }),
    flag("-vqb", "shows only the branch", |p, _| { p.version = Some(VersionShape::Branch); true }),
    flag("-D", "runs in the background", |p, _| { p.options.is_daemon = true; true }),
    flag("-db", "stays in the foreground whatever the configuration says",
        |p, _| { p.options.is_foreground = true; true }),
    flag("-d", "stays in the foreground", |p, _| { p.options.is_foreground = true; true }),
    word("-p", "FILE", "writes the process id there, in the background or of a master",
        |p, v| { p.options.pidfile = Some(v.into()); true }),
    word("-C", "DIR", "reads the configuration from this directory",
        |p, v| { p.options.directory = Some(v.into()); true }),
    word("-m", "MB", "memory to make do with: fewer connections where `maxconn` is not set",
        |p, v| set_number(v, &mut p.options.memory_mb)),
    word("-n", "NUMBER", "connections of the whole process, in place of `maxconn`",
        |p, v| set_number(v, &mut p.options.maxconn)),
    word("-N", "NUMBER", "connections of each proxy that does not set `maxconn`",
        |p, v| set_number(v, &mut p.options.proxy_maxconn)),
    word("-L", "NAME", "name of this peer; the host's name otherwise",
        |p, v| { p.options.local_peer = Some(v.to_string_lossy().into_owned()); true }),
    Row { name: "-sf", takes: Takes::Words, argument: "PID...",
        help: "asks these processes to end when their sessions are over, once this one is ready",
        set: |p, v| add_pids(v, &mut p.options.finish_pids), built: Built::Working },
    Row { name: "-st", takes: Takes::Words, argument: "PID...", help: "ends these processes, once this one is ready",
        set: |p, v| add_pids(v, &mut p.options.terminate_pids), built: Built::Working },
    word("-x", "SOCKET", "takes the listening sockets over from the old process, by its `stats socket` with `expose-fd listeners`",
        |p, v| { p.options.old_socket = Some(v.into()); true }),
    flag("-W", "runs a worker below a master, which reloads the configuration on SIGUSR2",
        |p, _| { p.options.master = Some(Master::Plain); true }),
    flag("-Ws", "the same with systemd's notification", |p, _| { p.options.master = Some(Master::Systemd); true }),
    word("-S", "BIND", "a socket for the master's commands, with `bind` words behind commas: /run/m.sock,mode,600",
        |p, v| { p.options.master_sockets.push(v.into()); true }),
    flag("-dW", "takes warnings for errors", |p, _| { p.options.is_zero_warning = true; true }),
    flag("-dD", "tells also what is only suspicious", |p, _| { p.options.is_diagnostic = true; true }),
    flag("-dr", "starts although names do not resolve", |p, _| { p.options.ignores_unresolved = true; true }),
    flag("-dS", "does not splice", |p, _| { p.options.is_nosplice = true; true }),
    flag("-dR", "does not share ports between workers", |p, _| { p.options.is_noreuseport = true; true }),
    rest("-dK", "CLASS,...", "lists keywords: acl, cfg, cli, cnv, smp, ... or all; help tells what there is",
        |p, v| { p.options.keywords = Some(Dump(v.to_string_lossy().into_owned())); true }),
    flag("-dL", "lists the object files that are loaded", |p, _| { p.options.lists_objects = true; true }),
    flag("-dV", "does not verify servers' certificates", |p, _| { p.options.is_unverified = true; true }),
    rest("-dC", "[KEY][,line]", "writes the configuration, names made unreadable by KEY, and ends", |p, v| {
        p.options.written = Some(Written::read(&v.to_string_lossy()));
        true
    }),
    rest("-dM", "...", "accepted without effect, as are the next ones", nothing).internal(),
    rest("-dA", "", "", nothing).internal(),
    flag("-dI", "", nothing).internal(),
    flag("-dk", "", nothing).internal(),
    rest("-dt", "", "", nothing).internal(),
    flag("-dv", "", nothing).internal(),
    rest("-dZ", "", "", nothing).internal(),
    flag("-dF", "", |p, _| { p.options.is_not_fast_forward = true; true }),
    flag("-de", "", nothing).internal(),
    flag("-dp", "", nothing).internal(),
    flag("-dG", "", nothing).internal(),
    flag("-dT", "", nothing).internal(),
    flag("-dc", "", nothing).internal(),
    flag("-4", "asks name servers for addresses of IPv4 alone", |p, _| { p.options.is_ipv4_only = true; true }),
    word("--format", "people|haproxy|json", "how problems are told; people on a terminal, haproxy otherwise",
        set_format),
    flag("-h", "shows this", |p, _| { p.is_help = true; true }),
    flag("--help", "", |p, _| { p.is_help = true; true }),
    flag(crate::daemon::CHILD_OPTION, "", |p, _| { p.options.is_daemon_child = true; true }),
    flag(crate::master::WORKER_OPTION, "", |p, _| { p.options.worker = Some(Launch::Start); true }),
    flag(crate::master::RELOAD_OPTION, "", |p, _| { p.options.worker = Some(Launch::Reload); true }),
];

fn set_number<N: std::str::FromStr>(value: &OsStr, to: &mut Option<N>) -> bool {
    match value.to_str().and_then(|text| text.parse().ok()) {
        Some(number) => {
            *to = Some(number);
            true
        }
        None => false,
    }
}

/// `-sf "$(cat pidfile)"` may bring several numbers in one word, or none.
fn add_pids(value: &OsStr, to: &mut Vec<i32>) -> bool {
    let text = value.to_string_lossy();
    text.split_ascii_whitespace().all(|pid| match pid.parse() {
        Ok(pid) if pid > 0 => {
            to.push(pid);
            true
        }
        _ => false,
    })
}

fn set_format(parsed: &mut Parsed, value: &OsStr) -> bool {
    parsed.options.format = match value.to_str() {
        Some("people") => Some(diag::Format::People),
        Some("haproxy") => Some(diag::Format::Haproxy),
        Some("json") => Some(diag::Format::Json),
        _ => return false,
    };
    true
}

/// The options as lists and the reference show them.
pub(crate) fn entries() -> impl Iterator<Item = Entry> {
    let files = Entry::new("command-line", "--", "all words that follow are files").arguments("FILE...");
    let told = ROWS.iter().filter(|row| !is_inner(row)).map(|row| {
        let brief = if row.help.is_empty() { "accepted without effect" } else { row.help };
        Entry::new("command-line", row.name, brief).arguments(row.argument).built(row.built)
    });
    told.chain(std::iter::once(files))
}

/// Whether an option is for this program's own executions of itself.
fn is_inner(row: &Row) -> bool {
    [crate::daemon::CHILD_OPTION, crate::master::WORKER_OPTION, crate::master::RELOAD_OPTION]
        .contains(&row.name)
}

/// Reads the command line without the program's name.
///
/// # Errors
/// The first word that cannot be understood.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, Wrong> {
    let mut args = args.into_iter().peekable();
    if let Some(row) = args.peek().and_then(|word| word.to_str()).and_then(subcommands::find) {
        return Ok(Command::Sub(row, args.skip(1).collect()));
    }
    let mut parsed = Parsed::default();
    while let Some(arg) = args.next() {
        if arg == "--" {
            parsed.options.files.extend(args.by_ref());
            break;
        }
        let (row, in_word) = find(&arg)?;
        apply(row, in_word, &mut args, &mut parsed)?;
        // As HAProxy does, the version is shown at once, whatever follows.
        if let Some(shape) = parsed.version {
            return Ok(Command::Version(shape));
        }
    }
    let Parsed { options, condition, is_help, .. } = parsed;
    match condition {
        _ if is_help => Ok(Command::Help),
        Some(condition) => Ok(Command::Condition(condition, Box::new(options))),
        None if options.files.is_empty() && !options.keywords.as_ref().is_some_and(Dump::needs_no_file) => {
            Err(Wrong::NoFile)
        }
        None => Ok(Command::Run(Box::new(options))),
    }
}

/// The row of an option, and what stands behind the option's letters.
fn find(arg: &OsStr) -> Result<(&'static Row, &OsStr), Wrong> {
    let text = arg.to_str().unwrap_or_default();
    if let Some(row) = ROWS.iter().find(|row| row.name == text) {
        return Ok((row, OsStr::new("")));
    }
    for row in ROWS.iter().filter(|row| row.takes == Takes::Rest) {
        if let Some(behind) = text.strip_prefix(row.name) {
            return Ok((row, OsStr::new(behind)));
        }
    }
    let word = arg.to_string_lossy().into_owned();
    let shown = ROWS.iter().filter(|row| !row.help.is_empty()).map(|row| row.name);
    let nearest = diag::nearest(&word, shown);
    Err(Wrong::Unknown { word, nearest })
}

fn apply(
    row: &'static Row,
    in_word: &OsStr,
    args: &mut std::iter::Peekable<impl Iterator<Item = OsString>>,
    parsed: &mut Parsed,
) -> Result<(), Wrong> {
    let mut set = |value: &OsStr| {
        if (row.set)(parsed, value) {
            return Ok(());
        }
        let value = value.to_string_lossy().into_owned();
        Err(Wrong::Value { option: row.name, value, wanted: row.argument })
    };
    match row.takes {
        Takes::Nothing | Takes::Rest => set(in_word),
        Takes::Word => match args.next() {
            Some(value) => set(&value),
            None => Err(Wrong::Missing { option: row.name, wanted: row.argument }),
        },
        Takes::Words => {
            while let Some(value) = args.next_if(|next| !next.as_encoded_bytes().starts_with(b"-")) {
                set(&value)?;
            }
            Ok(())
        }
    }
}

/// The text that `-h` shows and that follows a wrong command line.
pub(crate) fn usage() -> String {
    let mut text = String::from("Usage: lockgate [-f FILE|DIR]... [OPTION]... [-- FILE...]\n");
    for line in subcommands::usage() {
        text.push_str(&format!("       lockgate {:<46} {}\n", line.synopsis, line.help));
    }
    text.push('\n');
    let mut silent = Vec::new();
    for row in ROWS {
        if row.help.is_empty() {
            silent.push(row.name);
            continue;
        }
        let gap = if row.takes == Takes::Rest || row.argument.is_empty() { "" } else { " " };
        let option = format!("{}{gap}{}", row.name, row.argument);
        text.push_str(&format!("  {option:<16} {}\n", row.help));
    }
    silent.retain(|name| !name.starts_with("--"));
    text.push_str(&format!("  {}\n", silent.join(" ")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect()
    }

    fn run(line: &str) -> Options {
        let command = parse(words(line)).unwrap();
        let Command::Run(options) = command else { panic!("{line}: {command:?}") };
        *options
    }

    #[test]
    fn the_command_lines_of_the_test_harness() {
        let options = run("-d -dM -dI -dW -f cfg");
        assert!(options.is_foreground && options.is_zero_warning);
        assert_eq!(options.files, ["cfg"]);
        let options = run("-c -V -dM@0x5a -f a -f b -- c -d");
        assert_eq!(options.mode, Mode::Check);
        assert_eq!(options.verbosity, Verbosity::Verbose);
        assert_eq!(options.files, ["a", "b", "c", "-d"]);
        let options = run("-D -p /run/x.pid -L A -m 512 -n 100 -N 20 -C /etc -f a");
        assert!(options.is_daemon);
        assert_eq!(options.pidfile.as_deref(), Some(OsStr::new("/run/x.pid")));
        assert_eq!(
            (options.memory_mb, options.maxconn, options.proxy_maxconn),
            (Some(512), Some(100), Some(20))
        );
        assert_eq!(options.local_peer.as_deref(), Some("A"));
    }

    #[test]
    fn old_processes() {
        let options = run("-f a -sf 12 13 -db");
        assert_eq!(options.finish_pids, [12, 13]);
        assert!(options.is_foreground);
        assert!(run("-f a -st").terminate_pids.is_empty());
        let several = parse([OsString::from("-f"), "a".into(), "-st".into(), "7\n8 ".into()]).unwrap();
        assert!(matches!(several, Command::Run(options) if options.terminate_pids == [7, 8]));
        assert!(matches!(parse(words("-f a -sf x")), Err(Wrong::Value { option: "-sf", .. })));
        assert!(matches!(parse(words("-f a -sf 0")), Err(Wrong::Value { option: "-sf", .. })));
    }

    #[test]
    fn masters() {
        let options = run("-Ws -S fd@5 -S /run/m,mode,600 -f a -x /run/s");
        assert_eq!(options.master, Some(Master::Systemd));
        assert_eq!(options.master_sockets, ["fd@5", "/run/m,mode,600"]);
        assert_eq!(options.old_socket.as_deref(), Some(OsStr::new("/run/s")));
        assert_eq!(run("--worker -W -f a").worker, Some(Launch::Start));
        assert_eq!(run("--reload-worker -W -f a").worker, Some(Launch::Reload));
    }

    #[test]
    fn versions_win_at_once() {
        assert!(matches!(parse(words("-dM -vv -nonsense")), Ok(Command::Version(VersionShape::Build))));
        assert!(matches!(parse(words("-vqb")), Ok(Command::Version(VersionShape::Branch))));
    }

    #[test]
    fn conditions_need_no_file() {
        let command = parse(words("-dS -cc enabled(SPLICE)")).unwrap();
        assert!(
            matches!(command, Command::Condition(c, options) if c == "enabled(SPLICE)" && options.is_nosplice)
        );
        assert_eq!(parse(words("-cc")).unwrap_err(), Wrong::Missing { option: "-cc", wanted: "COND" });
    }

    #[test]
    fn wrong_usage() {
        assert_eq!(parse(words("")).unwrap_err(), Wrong::NoFile);
        assert_eq!(
            parse(words("-dX -f a")).unwrap_err().to_string().split(';').next(),
            Some("unknown option `-dX`")
        );
        assert!(matches!(parse(words("haproxy.cfg")), Err(Wrong::Unknown { .. })));
        assert!(matches!(parse(words("-n many -f a")), Err(Wrong::Value { option: "-n", .. })));
        assert!(matches!(parse(words("-f a --format xml")), Err(Wrong::Value { option: "--format", .. })));
    }

    #[test]
    fn sub_commands() {
        let Ok(Command::Sub(row, behind)) = parse(words("demo --port 81")) else { panic!("a sub-command") };
        assert_eq!((row.name, behind.len()), ("demo", 2));
        assert!(usage().contains("lockgate doctor "));
    }

    #[test]
    fn names_are_unique_and_the_usage_shows_them() {
        let text = usage();
        for (n, row) in ROWS.iter().enumerate() {
            assert!(ROWS[..n].iter().all(|other| other.name != row.name), "{}", row.name);
            assert!(row.name.starts_with("--") || text.contains(row.name), "{}", row.name);
        }
        assert!(ROWS.iter().filter(|row| is_inner(row)).all(|row| !text.contains(row.name)));
    }
}
