//! `cargo xtask coverage [DIR]`: how much of HAProxy's language has rows, and how much of that works.
//!
//! `DIR` holds lists of names, one kind a file, tab-separated, with `name` at the head of the column in question. Without it
//! only the rows are counted. A name is known if a row of the kind has it, in the place that the list is about.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use crate::rows::Row;
use crate::step::Trouble;

/// How a list of names and the rows go together.
struct List {
    /// The file, without its ending.
    file: &'static str,
    /// The kinds of rows that it is about.
    kinds: &'static [&'static str],
    /// Where such a row must be able to stand; empty for anywhere.
    place: &'static str,
    /// Put before the names of the list.
    prefix: &'static str,
}

const fn list(file: &'static str, kinds: &'static [&'static str]) -> List {
    List { file, kinds, place: "", prefix: "" }
}

const fn actions(file: &'static str, place: &'static str) -> List {
    List { file, kinds: &["action"], place, prefix: "" }
}

static LISTS: &[List] = &[
    list("sections", &["section"]),
    list("global", &["global"]),
    list("proxy", &["proxy", "option"]),
    List { file: "options", kinds: &["option"], place: "", prefix: "option " },
    list("bind", &["bind"]),
    list("server", &["server"]),
    list("other_section_keywords", &["section-word"]),
    list("balance_algorithms", &["balance"]),
    list("filters", &["filter"]),
    list("health_check_rules", &["proxy", "option", "check-word", "server"]),
    actions("http_request_actions", "http-request"),
    actions("http_response_actions", "http-response"),
    actions("http_after_response_actions", "http-after-response"),
    actions("tcp_request_connection", "tcp-request connection"),
    actions("tcp_request_session", "tcp-request session"),
    actions("tcp_request_content", "tcp-request content"),
    actions("tcp_response", "tcp-response content"),
    actions("quic_initial", "quic-initial"),
    list("acl_matchers_and_flags", &["acl"]),
    list("fetches", &["fetch"]),
    list("converters", &["converter"]),
    list("log_format_vars", &["log-variable"]),
    list("conditional_predicates", &["predicate"]),
    list("command_line_options", &["command-line"]),
    list("cli_commands", &["command"]),
    list("info_fields", &["info-field"]),
    list("stats_columns", &["stat-column"]),
    list("prometheus_metrics", &["prometheus metric"]),
    list("legacy", &["global", "proxy", "option", "bind", "server", "section", "balance"]),
];

/// Names on the lists that are no words of the language: the list, the name, and what it is.
static NO_WORDS: &[(&str, &str, &str)] = &[
    ("other_section_keywords", "check options", "no version accepts it"),
    ("tcp_request_content", "rules", "no version accepts it"),
    ("command_line_options", "-respin", "an option of `openssl ocsp`, in an example of the manual"),
    ("cli_commands", "_send_status", "how a worker tells its master, within HAProxy, that it is ready"),
];

/// Names that the lists spell in words of their own, and the names of their rows.
static SPELLINGS: &[(&str, &str)] = &[
    ("agent-check protocol", "agent-check"),
    ("persist rdp-cookie", "persist"),
    ("hdr", "hdr(name)"),
    ("set anon off", "set anon"),
    ("set anon on", "set anon"),
    // As HAProxy spelt it until it was noticed.
    ("TotalSplicdedBytesOut", "TotalSplicedBytesOut"),
    ("hold nx", "hold"),
    ("hold obsolete", "hold"),
    ("hold other", "hold"),
    ("hold refused", "hold"),
    ("hold timeout", "hold"),
    ("hold valid", "hold"),
    ("timeout resolve", "timeout"),
    ("timeout retry", "timeout"),
    ("timeout mail", "timeout"),
    ("option get-values", "option"),
    ("option keep-conn", "option"),
    ("option max-reqs", "option"),
    ("option mpxs-conns", "option"),
    ("option start-on-reload", "option"),
    ("usesrc", "source"),
    ("mode health", "mode"),
    ("cpu-map with process ids", "cpu-map"),
    ("process (bind)", "process"),
    ("option httpchk with version trick (\\\\r\\\\nHost:)", "option httpchk"),
    ("option tcpsplice", "option tcpsplice"),
    ("program section", "program"),
    ("listen NAME ADDR:PORT", "listen"),
    ("frontend NAME ADDR:PORT", "frontend"),
    ("same name for frontend and backend", "backend"),
    ("ssl-engine / ssl-mode-async", "ssl-engine"),
    ("force-sslv3 / no-sslv3", "force-sslv3"),
    ("redir on server", "redir"),
    ("source usesrc", "source"),
    ("cookie ... postonly/preserve", "cookie"),
    ("srv_conn hash-type avalanche flag", "hash-type"),
    ("nbthread with nbproc>1", "nbproc"),
    ("config file without final newline", "global"),
    ("maxconn twice in global", "maxconn"),
    ("peers without local peer", "peers"),
];

/// What was counted of one list.
#[derive(Default)]
struct Count {
    total: usize,
    by_built: BTreeMap<String, usize>,
    missing: Vec<String>,
    /// Names that are no words; they are counted nowhere.
    no_words: Vec<(String, &'static str)>,
}

impl Count {
    fn known(&self) -> usize {
        self.by_built.values().sum()
    }

    fn of(&self, built: &str) -> usize {
        self.by_built.get(built).copied().unwrap_or_default()
    }

    fn add(&mut self, built: &str) {
        *self.by_built.entry(built.to_owned()).or_default() += 1;
    }
}

/// Writes the table: against the lists in `directory`, or of the rows alone.
pub(crate) fn run(rows: &[Row], directory: Option<&Path>) -> Result<(), Trouble> {
    let text = text(rows, directory)?;
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Trouble::Other(error.to_string()))
}

fn text(rows: &[Row], directory: Option<&Path>) -> Result<String, Trouble> {
    let counts = match directory {
        Some(directory) => LISTS
            .iter()
            .filter(|list| directory.join(format!("{}.tsv", list.file)).exists())
            .map(|list| Ok((list.file.to_owned(), against(rows, list, directory)?)))
            .collect::<Result<Vec<_>, Trouble>>()?,
        None => of_rows(rows),
    };
    Ok(table(&counts))
}

/// The rows themselves, kind by kind.
fn of_rows(rows: &[Row]) -> Vec<(String, Count)> {
    let mut counts: Vec<(String, Count)> = Vec::new();
    for row in rows {
        let at = counts.iter().position(|(kind, _)| *kind == row.kind).unwrap_or_else(|| {
            counts.push((row.kind.clone(), Count::default()));
            counts.len() - 1
        });
        counts[at].1.total += 1;
        counts[at].1.add(&row.built);
    }
    counts
}

fn against(rows: &[Row], list: &List, directory: &Path) -> Result<Count, Trouble> {
    let path = directory.join(format!("{}.tsv", list.file));
    let text =
        fs::read_to_string(&path).map_err(|error| Trouble::Other(format!("{}: {error}", path.display())))?;
    Ok(counted(rows, list, &text))
}

fn counted(rows: &[Row], list: &List, text: &str) -> Count {
    let mut count = Count::default();
    for (name, place) in names(text) {
        if let Some((_, _, why)) =
            NO_WORDS.iter().find(|(file, known, _)| *file == list.file && *known == name)
        {
            count.no_words.push((name, why));
            continue;
        }
        count.total += 1;
        let place = if list.place.is_empty() { place.as_str() } else { list.place };
        match find(rows, list, &format!("{}{name}", list.prefix), place) {
            Some(row) => count.add(&row.built),
            None => count.missing.push(name),
        }
    }
    count
}

/// The names of a list, each with the section that it stands in where the list says that.
fn names(text: &str) -> Vec<(String, String)> {
    let mut lines = text.lines();
    let heads: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |head: &str| heads.iter().position(|known| *known == head);
    let name = column("name").or_else(|| column("keyword")).unwrap_or_default();
    let section = column("section");
    lines
        .filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let place = section.and_then(|at| fields.get(at)).copied().unwrap_or_default();
            fields.get(name).map(|name| ((*name).to_owned(), place.to_owned()))
        })
        .collect()
}

fn find<'r>(rows: &'r [Row], list: &List, name: &str, place: &str) -> Option<&'r Row> {
    let fits = |row: &&Row| list.kinds.contains(&row.kind.as_str()) && stands_in(row, place);
    let by_name = |name: &str| rows.iter().filter(fits).find(|row| row.is_called(name));
    let spelt = || SPELLINGS.iter().find(|(known, _)| *known == name).map(|(_, of_row)| *of_row);
    // Words of rules of health checks are told apart from keywords.
    let bare = name.strip_prefix("param ");
    by_name(name)
        .or_else(|| spelt().and_then(by_name))
        .or_else(|| bare.and_then(|bare| parameter(rows, bare)))
}

/// A word behind `http-check` or `tcp-check`, a rule itself included.
fn parameter<'r>(rows: &'r [Row], name: &str) -> Option<&'r Row> {
    let of_checks = |row: &&Row| row.kind == "check-word" && row.name == name;
    let rule = |row: &&Row| {
        ["http-check", "tcp-check"].iter().any(|before| row.is_called(&format!("{before} {name}")))
    };
    let flag = |row: &&Row| row.kind == "acl" && row.name == name;
    rows.iter().find(of_checks).or_else(|| rows.iter().find(rule)).or_else(|| rows.iter().find(flag))
}

fn stands_in(row: &Row, place: &str) -> bool {
    place.is_empty() || row.place.split(", ").any(|known| known == place)
}

fn table(counts: &[(String, Count)]) -> String {
    let mut out = format!(
        "{:<30}{:>7}{:>7}{:>9}{:>10}{:>7}{:>9}\n",
        "kind", "total", "known", "working", "internal", "noted", "refused"
    );
    let mut sum = [0; 6];
    let mut missing = String::new();
    for (kind, count) in counts {
        let of = |built| count.of(built);
        let figures = [count.total, count.known(), of("working"), of("internal"), of("noted"), of("refused")];
        out.push_str(&line(kind, figures));
        figures.iter().zip(&mut sum).for_each(|(figure, sum)| *sum += figure);
        if !count.missing.is_empty() {
            missing.push_str(&format!("{kind}: no row for {}\n", listed(&count.missing)));
        }
        for (name, why) in &count.no_words {
            missing.push_str(&format!("{kind}: `{name}` is no word: {why}\n"));
        }
    }
    out.push_str(&line("all", sum));
    out + &missing
}

/// The first of some names, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN_MAX: usize = 8;
    let shown = names[..names.len().min(SHOWN_MAX)].join(", ");
    match names.len().saturating_sub(SHOWN_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn line(kind: &str, figures: [usize; 6]) -> String {
    let [total, known, working, internal, noted, refused] = figures;
    format!("{kind:<30}{total:>7}{known:>7}{working:>9}{internal:>10}{noted:>7}{refused:>9}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: &str, name: &str, place: &str, built: &str) -> Row {
        Row {
            kind: kind.to_owned(),
            name: name.to_owned(),
            aliases: vec![format!("{name}-also")],
            place: place.to_owned(),
            arguments: String::new(),
            result: String::new(),
            built: built.to_owned(),
            modern: None,
            brief: String::new(),
            long: String::new(),
            examples: Vec::new(),
        }
    }

    #[test]
    fn names_of_lists_are_found_in_their_place() {
        let rows = [
            row("action", "deny", "http-request, http-response", "working"),
            row("section-word", "timeout", "mailers", "noted"),
            row("section-word", "bind", "peers", "noted"),
        ];
        let found = |list: &List, name: &str, place: &str| {
            find(&rows, list, name, place).map(|row| row.name.as_str())
        };
        let requests = actions("x", "http-request");
        assert_eq!(found(&requests, "deny", requests.place), Some("deny"));
        assert_eq!(found(&requests, "deny-also", requests.place), Some("deny"));
        assert_eq!(found(&actions("x", "tcp-request content"), "deny", "tcp-request content"), None);
        let words = list("x", &["section-word"]);
        assert_eq!(found(&words, "timeout mail", "mailers"), Some("timeout"));
        assert_eq!(found(&words, "bind", "mailers"), None);
    }

    #[test]
    fn what_is_no_word_is_not_counted() {
        let listed = "name\tmeaning\nset anon on\t\n_send_status\t\n";
        let commands = list("cli_commands", &["command"]);
        let count = counted(&[row("command", "set anon", "", "working")], &commands, listed);
        let table = table(&[("cli_commands".to_owned(), count)]);
        assert!(table.contains("cli_commands: `_send_status` is no word: "), "{table}");
        let all = table.lines().find(|line| line.starts_with("all ")).unwrap();
        assert!(all.split_whitespace().eq(["all", "1", "1", "1", "0", "0", "0"]), "{table}");
    }

    #[test]
    fn columns_are_found_by_their_heads() {
        assert_eq!(names("name\tmeaning\na\tb\n"), [("a".to_owned(), String::new())]);
        assert_eq!(names("section\tkeyword\npeers\tbind\n"), [("bind".to_owned(), "peers".to_owned())]);
    }

    #[test]
    fn rows_are_counted_by_kind() {
        let rows = [row("fetch", "src", "", "working"), row("fetch", "dst", "", "refused")];
        let table = text(&rows, None).unwrap();
        assert!(
            table.lines().any(|line| line.split_whitespace().eq(["fetch", "2", "2", "1", "0", "0", "1"])),
            "{table}"
        );
    }
}
