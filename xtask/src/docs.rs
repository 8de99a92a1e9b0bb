//! `cargo xtask docs [--check]`: the reference in `docs/reference/`, one page a kind of row, made from what the program tells
//! of its rows. `--check` only says which pages are stale.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::root;
use crate::rows::Row;
use crate::step::Trouble;

/// How the rows of a page are shown.
#[derive(Clone, Copy)]
enum Form {
    /// A heading and paragraphs each.
    Chapters,
    /// A line of a table each.
    Table,
}

/// One page.
struct Page {
    /// Its file, without the ending; also what its kind of row is called where several share a page.
    file: &'static str,
    /// The kind of rows on it.
    kind: &'static str,
    title: &'static str,
    /// What stands above the rows.
    about: &'static str,
    form: Form,
}

const fn page(
    file: &'static str,
    kind: &'static str,
    title: &'static str,
    form: Form,
    about: &'static str,
) -> Page {
    Page { file, kind, title, about, form }
}

#[rustfmt::skip]
static PAGES: &[Page] = &[
    page("sections", "section", "Sections", Form::Table,
        "A section begins with its keyword in the first place of a line and ends where the next one begins."),
    page("global", "global", "Keywords of `global`", Form::Chapters,
        "Settings of the whole process, one a line of a `global` section."),
    page("proxies", "proxy", "Keywords of proxies", Form::Chapters,
        "Lines of `defaults`, `frontend`, `listen` and `backend` sections. Each says in which of them it may stand; `no` before it takes it back where that is possible."),
    page("options", "option", "Options of proxies", Form::Chapters,
        "Lines that begin with `option`; `no option ...` switches off what was inherited."),
    page("bind", "bind", "Words of `bind` lines", Form::Chapters,
        "They stand behind the addresses of a `bind` line and hold for all of them."),
    page("server", "server", "Words of `server` lines", Form::Chapters,
        "They stand behind the address of a `server` or `server-template` line, or on a `default-server` line for all that follow."),
    page("other-sections", "section-word", "Keywords of other sections", Form::Table,
        "Keywords of sections that are neither `global` nor proxies."),
    page("balance", "balance", "Algorithms of `balance`", Form::Table,
        "How a server is chosen for a request."),
    page("filters", "filter", "Filters", Form::Table,
        "What can stand behind `filter`."),
    page("health-checks", "check-word", "Words of health checks", Form::Table,
        "What stands behind `http-check` and `tcp-check` rules; the rules themselves are keywords of proxies."),
    page("actions", "action", "Actions", Form::Chapters,
        "What rules do: `http-request`, `http-response`, `http-after-response`, `tcp-request`, `tcp-response`. Each says in which rules it may stand."),
    page("acls", "acl", "ACLs", Form::Table,
        "Options, matching methods, operators, keywords that are a fetch with a matching method, and the ACLs that exist without a definition."),
    page("fetches", "fetch", "Fetches", Form::Chapters,
        "Where values come from. Each says what its value is and what must be there for it to have one; its examples are run as tests."),
    page("converters", "converter", "Converters", Form::Chapters,
        "They stand behind a fetch, with commas between them. Each says what it takes and gives; its examples are run as tests: an expression, what it is applied to, and what comes out."),
    page("log-variables", "log-variable", "Variables of log formats", Form::Table,
        "What `log-format` and its like put in the place of `%name`, and the flags of `%{+flag}name`."),
    page("conditions", "predicate", "Conditions and directives", Form::Table,
        "Lines that begin with a dot, and what `.if` may ask."),
    page("command-line", "command-line", "The command line", Form::Table,
        "HAProxy's options; sub-commands are shown by `lockgate -h`."),
    page("runtime-api", "command", "Commands of the runtime API", Form::Chapters,
        "They are given over a `stats socket`. Each says who may use it."),
    page("show-info", "info-field", "Fields of `show info`", Form::Table,
        "In the order in which they are shown."),
    page("show-stat", "stat-column", "Columns of `show stat`", Form::Table,
        "In the order in which they are shown; tools know the first ones by their position."),
    page("prometheus", "prometheus metric", "Metrics for Prometheus", Form::Table,
        "What `http-request use-service prometheus-exporter` tells, in its order; the scopes are those of `scope=`. Those that are noted \
         have no samples yet."),
];

/// Whether pages are written or only compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Write,
    Check,
}

/// Writes the pages, or tells which are stale.
pub(crate) fn run(rows: &[Row], task: Task) -> Result<(), Trouble> {
    let directory = root().join("docs/reference");
    let pages = pages(rows);
    let stale = stale(&directory, &pages);
    if task == Task::Check {
        return if stale.is_empty() {
            Ok(())
        } else {
            let text = format!("docs/reference is stale: {}; `cargo xtask docs` writes it", stale.join(", "));
            Err(Trouble::Other(text))
        };
    }
    let failed = |path: &Path, error| Trouble::Other(format!("{}: {error}", path.display()));
    fs::create_dir_all(&directory).map_err(|error| failed(&directory, error))?;
    for name in &stale {
        let path = directory.join(name);
        let done = match pages.get(name) {
            Some(text) => fs::write(&path, text),
            None => fs::remove_file(&path),
        };
        done.map_err(|error| failed(&path, error))?;
    }
    eprintln!("xtask: docs/reference: {} pages, {} written", pages.len(), stale.len());
    Ok(())
}

/// The files that differ from what they should be, those that should not be there included.
fn stale(directory: &Path, pages: &BTreeMap<String, String>) -> Vec<String> {
    let differs =
        |name: &str, text: &str| fs::read_to_string(directory.join(name)).ok().as_deref() != Some(text);
    let wanted = pages.iter().filter(|(name, text)| differs(name, text)).map(|(name, _)| name.clone());
    let there = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let file_name = |path: PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let extra = there.filter_map(file_name).filter(|name| !pages.contains_key(name));
    wanted.chain(extra).collect()
}

/// All pages, by the names of their files.
fn pages(rows: &[Row]) -> BTreeMap<String, String> {
    let mut pages: BTreeMap<String, String> = PAGES
        .iter()
        .map(|page| {
            let rows: Vec<&Row> = rows.iter().filter(|row| row.kind == page.kind).collect();
            (format!("{}.md", page.file), text(page, &rows))
        })
        .collect();
    pages.insert("README.md".to_owned(), index(rows));
    pages
}

const MADE: &str =
    "<!-- Made by `cargo xtask docs` from the rows of the program; changes belong there. -->\n";

fn index(rows: &[Row]) -> String {
    let mut out = format!("{MADE}# Reference\n\n");
    out.push_str(
        "One page for each kind of word. *Internal* words tune what is HAProxy's own and are accepted with a note that `-c -V` \
         shows; *noted* ones are not carried out yet, which harms nobody, and accepted with a note; *refused* ones are known, \
         not built yet, and an error.\n\n\
         | page | rows | working | internal | noted | refused |\n|---|--:|--:|--:|--:|--:|\n",
    );
    let mut sum = [0; 5];
    for page in PAGES {
        let of = |built: &str| {
            rows.iter()
                .filter(|row| row.kind == page.kind && (built.is_empty() || row.built == built))
                .count()
        };
        let figures = ["", "working", "internal", "noted", "refused"].map(of);
        figures.iter().zip(&mut sum).for_each(|(figure, sum)| *sum += figure);
        out.push_str(&format!("| [{}]({}.md) |{}\n", page.title, page.file, cells(figures)));
    }
    out.push_str(&format!("| all |{}\n", cells(sum)));
    out
}

fn cells(figures: [usize; 5]) -> String {
    figures.iter().map(|figure| format!(" {figure} |")).collect()
}

fn text(page: &Page, rows: &[&Row]) -> String {
    let mut out = format!("{MADE}# {}\n\n{}\n\n", page.title, page.about);
    match page.form {
        Form::Chapters => rows.iter().for_each(|row| out.push_str(&chapter(row))),
        Form::Table => out.push_str(&table(page, rows)),
    }
    // One line end at the end of a page.
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn chapter(row: &Row) -> String {
    let mut out = format!("## `{}`\n\n{}\n\n", row.name, sentence(&row.brief));
    if let Some(modern) = &row.modern {
        let today = if modern.is_empty() { "it can be left out".to_owned() } else { format!("`{modern}`") };
        out.push_str(&format!("HAProxy does not know it any more; it works here. Today: {today}.\n\n"));
    }
    if !remark(&row.built).is_empty() {
        out.push_str(&format!("*{}*\n\n", remark(&row.built)));
    }
    let facts = facts(row);
    if !facts.is_empty() {
        out.push_str(&format!("{facts}\n\n"));
    }
    if !row.long.is_empty() {
        out.push_str(&format!("{}\n\n", row.long.trim()));
    }
    let examples: Vec<String> = row.examples.iter().map(|example| shown(&row.kind, example)).collect();
    if !examples.is_empty() {
        out.push_str(&format!("```\n{}\n```\n\n", examples.join("\n")));
    }
    out
}

/// One line: spellings, arguments, place, result.
fn facts(row: &Row) -> String {
    let mut facts = Vec::new();
    if !row.aliases.is_empty() {
        let aliases: Vec<String> = row.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        facts.push(format!("Also {}.", aliases.join(", ")));
    }
    if !row.arguments.is_empty() {
        facts.push(format!("Arguments: `{}`.", row.arguments));
    }
    let of_place = match row.kind.as_str() {
        "fetch" => "Needs",
        "converter" => "Takes",
        "command" => "For",
        _ => "In",
    };
    if !row.place.is_empty() {
        facts.push(format!("{of_place}: {}.", row.place));
    }
    if !row.result.is_empty() {
        facts.push(format!("Gives: {}.", row.result));
    }
    facts.join(" ")
}

/// An example: heads of messages are left out, as they say nothing that the result does not.
fn shown(kind: &str, [text, input, output]: &[String; 3]) -> String {
    let line = |text: &str| text.trim_end().replace('\n', "\\n").replace('\r', "\\r");
    match (kind, input.is_empty(), output.is_empty()) {
        (_, true, true) => line(text),
        ("converter", ..) => format!("{:<40} {} -> {}", line(text), line(input), line(output)),
        (_, _, true) => line(text),
        _ => format!("{:<40} -> {}", line(text), line(output)),
    }
}

fn table(page: &Page, rows: &[&Row]) -> String {
    let has = |part: fn(&Row) -> &str| rows.iter().any(|row| !part(row).is_empty());
    let has_place = has(|row| &row.place) && page.kind != "info-field" && page.kind != "stat-column";
    let has_arguments = has(|row| &row.arguments);
    let mut heads = vec!["name"];
    if has_place {
        heads.push("in");
    }
    if has_arguments {
        heads.push(if page.kind == "acl" { "means" } else { "arguments" });
    }
    heads.extend(["what it does", "state"]);
    let mut out = format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for row in rows {
        let mut cells = vec![code(&row.name)];
        if has_place {
            cells.push(escaped(&row.place));
        }
        if has_arguments {
            cells.push(code(&row.arguments));
        }
        cells.push(escaped(&row.brief));
        cells.push(if row.built == "working" { String::new() } else { row.built.clone() });
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", escaped(text)) }
}

/// A bar would end the cell, also within code.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

/// With a capital letter and a final stop; a name at its beginning stays as it is.
fn sentence(brief: &str) -> String {
    let mut letters = brief.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn remark(built: &str) -> &'static str {
    match built {
        "internal" => "Accepted without effect: it tunes what is HAProxy's own.",
        "noted" => "Accepted with a note: not carried out yet.",
        "refused" => "Known, not built yet: a configuration that uses it is refused.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: &str, name: &str, built: &str) -> Row {
        Row {
            kind: kind.to_owned(),
            name: name.to_owned(),
            aliases: Vec::new(),
            place: String::new(),
            arguments: "a|b".to_owned(),
            result: String::new(),
            built: built.to_owned(),
            modern: None,
            brief: "does it".to_owned(),
            long: String::new(),
            examples: vec![["lower".to_owned(), "ABC".to_owned(), "abc".to_owned()]],
        }
    }

    #[test]
    fn every_row_is_on_the_page_of_its_kind() {
        let rows = [row("converter", "lower", "working"), row("balance", "random", "refused")];
        let pages = pages(&rows);
        assert!(pages["converters.md"].contains("## `lower`\n\nDoes it.\n"));
        assert!(pages["converters.md"].contains("ABC -> abc"));
        assert!(pages["balance.md"].contains("| `random` | `a\\|b` | does it | refused |"));
        assert!(pages["README.md"].contains("| all | 2 | 1 | 0 | 0 | 1 |"));
    }

    #[test]
    fn a_page_that_differs_or_has_no_rows_is_stale() {
        let directory = std::env::temp_dir().join(format!("xtask-docs-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let pages =
            BTreeMap::from([("a.md".to_owned(), "a".to_owned()), ("b.md".to_owned(), "b".to_owned())]);
        fs::write(directory.join("a.md"), "a").unwrap();
        fs::write(directory.join("old.md"), "x").unwrap();
        assert_eq!(stale(&directory, &pages), ["b.md", "old.md"]);
        fs::remove_dir_all(&directory).unwrap();
    }
}
