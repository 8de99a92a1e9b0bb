//! `-dK`: the keywords that this program knows, by class and in the forms that tools for HAProxy compare, or all of them
//! with everything that their rows tell, as JSON (`-dKjson`): the reference and the counts of coverage are made from it.

mod catalog;
mod json;

use std::collections::BTreeSet;

use keyword::Entry;

/// One class: how `-dK` names it, what it is, whether `all` includes it, and its lines.
struct Class {
    name: &'static str,
    about: &'static str,
    kinds: &'static [&'static str],
    line: fn(&Entry) -> String,
}

static CLASSES: &[Class] = &[
    Class { name: "acl", about: "ACL keywords", kinds: &["acl"], line: acl },
    Class { name: "act", about: "actions", kinds: &["action"], line: named },
    Class {
        name: "cfg",
        about: "configuration keywords",
        kinds: &["section", "global", "proxy", "option", "bind", "server", "section-word", "balance"],
        line: configuration,
    },
    Class { name: "cli", about: "CLI keywords", kinds: &["command"], line: plain },
    Class { name: "cnv", about: "sample converter functions", kinds: &["converter"], line: converter },
    Class { name: "flt", about: "filter names", kinds: &["filter"], line: plain },
    Class { name: "smp", about: "sample fetch functions", kinds: &["fetch"], line: fetch },
    Class { name: "svc", about: "service names", kinds: &["service"], line: plain },
];

fn plain(entry: &Entry) -> String {
    entry.name.clone()
}

fn named(entry: &Entry) -> String {
    format!("\t{}", entry.name)
}

fn acl(entry: &Entry) -> String {
    if entry.arguments.is_empty() {
        entry.name.clone()
    } else {
        format!("{} = {}", entry.name, entry.arguments)
    }
}

fn call(entry: &Entry) -> String {
    if entry.arguments.is_empty() {
        entry.name.clone()
    } else {
        format!("{}({})", entry.name, entry.arguments)
    }
}

fn converter(entry: &Entry) -> String {
    format!("\t{}: {} => {}", call(entry), entry.place, entry.result)
}

fn fetch(entry: &Entry) -> String {
    format!("\t{}: {}", call(entry), entry.result)
}

/// Words of lines stand behind the keyword of their line.
fn configuration(entry: &Entry) -> String {
    match entry.kind {
        "section" => entry.name.clone(),
        "bind" => format!("\tbind <addr> {}", entry.name),
        "server" => format!("\tserver <name> <addr> {}", entry.name),
        "balance" => format!("\tbalance {}", entry.name),
        _ => format!("\t{}", entry.name),
    }
}

/// The lists of the comma-separated `classes`.
pub(crate) fn text(classes: &str) -> String {
    let mut out = String::new();
    for wanted in classes.split(',').filter(|class| !class.is_empty()) {
        match wanted {
            "help" => help(&mut out),
            "json" => out.push_str(&json::text(catalog::entries())),
            _ => {
                for class in CLASSES.iter().filter(|class| wanted == "all" || wanted == class.name) {
                    list(class, &mut out);
                }
            }
        }
    }
    out
}

fn help(out: &mut String) {
    out.push_str("# List of supported keyword classes:\nall: all keywords\n");
    CLASSES.iter().for_each(|class| out.push_str(&format!("{}: {}\n", class.name, class.about)));
    out.push_str("json: everything, with its documentation\n");
}

fn list(class: &Class, out: &mut String) {
    out.push_str(&format!("# List of registered {}:\n", class.about));
    let entries = catalog::entries().filter(|entry| class.kinds.contains(&entry.kind));
    for line in entries.map(|entry| (class.line)(&entry)).collect::<BTreeSet<_>>() {
        out.push_str(&line);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_listed_and_sorted() {
        assert!(text("help").contains("smp: sample fetch functions\n"));
        let text = text("cnv,smp");
        assert!(text.starts_with("# List of registered sample converter functions:\n"));
        let converters: Vec<_> = text.lines().skip(1).take_while(|line| line.starts_with('\t')).collect();
        assert!(converters.contains(&"\tlower: text => text") && converters.is_sorted());
        assert!(text.contains("# List of registered sample fetch functions:\n"));
        assert_eq!(super::text("nonsense"), "");
    }

    #[test]
    fn every_kind_is_in_a_class_or_a_list_of_its_own() {
        const ALONE: &[&str] = &[
            "check-word",
            "log-variable",
            "info-field",
            "stat-column",
            "predicate",
            "command-line",
            "prometheus metric",
        ];
        for entry in catalog::entries() {
            let is_in_class = CLASSES.iter().any(|class| class.kinds.contains(&entry.kind));
            assert!(is_in_class || ALONE.contains(&entry.kind), "{}", entry.kind);
        }
    }

    #[test]
    fn the_dump_is_json_and_complete() {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&text("json")).unwrap();
        assert_eq!(rows.len(), catalog::entries().count());
        let lower = rows.iter().find(|row| row["kind"] == "converter" && row["name"] == "lower").unwrap();
        assert_eq!(lower["built"], "working");
    }
}
