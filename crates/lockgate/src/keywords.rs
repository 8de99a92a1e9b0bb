//! `-dK`: the keywords that this program knows, by class, one a line, for tools that compare versions.

use std::collections::BTreeSet;

/// One class: how `-dK` names it, what it is, and its keywords.
struct Class {
    name: &'static str,
    about: &'static str,
    list: fn() -> Vec<String>,
}

static CLASSES: &[Class] = &[
    Class { name: "smp", about: "sample fetches", list: fetches },
    Class { name: "cnv", about: "converters", list: converters },
    Class { name: "act", about: "actions of rules", list: actions },
];

fn fetches() -> Vec<String> {
    sample::fetches::names().into_iter().map(|name| format!("\t{name}")).collect()
}

fn converters() -> Vec<String> {
    sample::converters::names().into_iter().map(|name| format!("\t{name}")).collect()
}

fn actions() -> Vec<String> {
    let names = rules::actions::rows().flat_map(|row| std::iter::once(&row.name).chain(row.aliases));
    names.map(|name| format!("\t{name}")).collect()
}

/// The lists of the comma-separated `classes`.
pub(crate) fn text(classes: &str) -> String {
    let mut out = String::new();
    for wanted in classes.split(',').filter(|class| !class.is_empty()) {
        if wanted == "help" {
            out.push_str("# List of supported keyword classes:\nall: all keywords\n");
            CLASSES.iter().for_each(|class| out.push_str(&format!("{}: {}\n", class.name, class.about)));
            continue;
        }
        for class in CLASSES.iter().filter(|class| wanted == "all" || wanted == class.name) {
            out.push_str(&format!("# List of registered {}:\n", class.about));
            for line in (class.list)().into_iter().collect::<BTreeSet<_>>() {
                out.push_str(&line);
                out.push('\n');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_listed_and_sorted() {
        assert!(text("help").contains("smp: sample fetches\n"));
        let text = text("cnv,smp");
        assert!(text.starts_with("# List of registered converters:\n"));
        let converters: Vec<_> = text.lines().skip(1).take_while(|line| line.starts_with('\t')).collect();
        assert!(converters.contains(&"\tlower") && converters.is_sorted());
        assert!(text.contains("# List of registered sample fetches:\n"));
        assert_eq!(super::text("nonsense"), "");
    }
}
