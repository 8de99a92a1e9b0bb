//! Sections that are understood, but not carried out yet: their keywords are known, addresses and files are checked,
//! and one notice a section says so (configuration manual, chapters 10 and 12).

use diag::{Diagnostic, codes};
use keyword::Sections;
use sample::Problem;
use sample::compile::{problem, problem_of};
use syntax::{Line, Word};

use crate::address::Address;
use crate::context::Context;
use crate::load::Section;
use crate::model::Global;

/// What a keyword wants behind it.
#[derive(Clone, Copy)]
enum Wants {
    /// Anything.
    Anything,
    /// At least so many words.
    Words(usize),
    /// A name and an address.
    Peer,
}

use Wants::{Anything, Peer};

/// Shorthand for the table.
const ONE: Wants = Wants::Words(1);

/// The keywords of each kind of section; of two words, both.
const KEYWORDS: &[(Sections, &[(&str, Wants)])] = &[
    (
        Sections::PEERS,
        &[
            ("bind", ONE),
            ("default-bind", Anything),
            ("default-server", Anything),
            ("disabled", Anything),
            ("enabled", Anything),
            ("log", ONE),
            ("peer", Wants::Words(1)),
            ("server", Wants::Words(1)),
            ("shards", ONE),
            ("stick-table", ONE),
            ("table", ONE),
        ],
    ),
    (
        Sections::RESOLVERS,
        &[
            ("accepted_payload_size", ONE),
            ("nameserver", Peer),
            ("parse-resolv-conf", Anything),
            ("hold", Wants::Words(2)),
            ("resolve_retries", ONE),
            ("timeout", Wants::Words(2)),
            ("resolution_pool_size", ONE),
        ],
    ),
    (Sections::MAILERS, &[("mailer", Peer), ("timeout", Wants::Words(2))]),
    (
        Sections::CACHE,
        &[
            ("total-max-size", ONE),
            ("max-object-size", ONE),
            ("max-age", ONE),
            ("process-vary", ONE),
            ("max-secondary-entries", ONE),
            ("early-hints", ONE),
        ],
    ),
    (Sections::LOG_PROFILE, &[("log-tag", ONE), ("on", ONE)]),
    (
        Sections::FCGI_APP,
        &[
            ("acl", Wants::Words(2)),
            ("docroot", ONE),
            ("index", ONE),
            ("log-stderr", ONE),
            ("pass-header", ONE),
            ("path-info", ONE),
            ("option", ONE),
            ("no", Wants::Words(2)),
            ("set-param", Wants::Words(2)),
            ("unset-param", ONE),
            ("hide-header", ONE),
            ("filter", ONE),
        ],
    ),
    (
        Sections::PROGRAM,
        &[("command", ONE), ("user", ONE), ("group", ONE), ("option", ONE), ("no", Wants::Words(2))],
    ),
    (Sections::TRACES, &[("trace", ONE)]),
    (Sections::HEALTHCHECK, &[("type", ONE), ("option", ONE), ("http-check", ONE), ("tcp-check", ONE)]),
    (
        Sections::ACME,
        &[
            ("account-key", ONE),
            ("acme-vars", ONE),
            ("bits", ONE),
            ("challenge", ONE),
            ("challenge-ready", ONE),
            ("contact", ONE),
            ("curves", ONE),
            ("directory", ONE),
            ("dns-delay", ONE),
            ("dns-timeout", ONE),
            ("eab-key-id", ONE),
            ("eab-mac-alg", ONE),
            ("eab-mac-key", ONE),
            ("keytype", ONE),
            ("map", ONE),
            ("profile", ONE),
            ("provider-name", ONE),
            ("reuse-key", ONE),
        ],
    ),
    (Sections::NAMESPACE_LIST, &[("namespace", ONE)]),
];

/// Checks a section that nothing is done with, and says so.
pub(crate) fn check_other(section: &Section, global: &Global, mut cx: Context<'_>) {
    if section.kind == Sections::CRT_STORE {
        return super::crt_store::parse(section, global, &mut cx);
    }
    // These are parsed elsewhere.
    const DONE: Sections = Sections::USERLIST.union(Sections::RING).union(Sections::HTTP_ERRORS);
    if DONE.contains(section.kind) {
        return;
    }
    let Some((_, keywords)) = KEYWORDS.iter().find(|(kind, _)| *kind == section.kind) else {
        let text = format!("a `{}` section cannot stand in this file", section.kind);
        cx.diags.push(Diagnostic::error(text).at(section.header.span).code(codes::WRONG_SECTION));
        return;
    };
    let is_nameless = section.kind == Sections::TRACES || section.kind == Sections::NAMESPACE_LIST;
    if section.header.words.len() < 2 && !is_nameless {
        let text = format!("a `{}` section needs a name", section.kind);
        cx.diags.push(Diagnostic::error(text).at(section.header.span).code(codes::SECTION_NAME));
    }
    for line in &section.lines {
        if let Err(problem) = check_line(line, section.kind, keywords) {
            cx.diags.push(*problem);
        }
    }
    let text = format!("the `{}` section is accepted, but not carried out yet", section.kind);
    cx.diags.push(Diagnostic::notice(text).at(section.header.span).code(codes::NOT_CARRIED_OUT));
}

fn check_line(line: &Line, kind: Sections, keywords: &[(&str, Wants)]) -> Result<(), Problem> {
    let keyword = &line.words[0];
    let Some((_, wants)) = keywords.iter().find(|(name, _)| *keyword == **name) else {
        let names: Vec<&str> = keywords.iter().map(|(name, _)| *name).collect();
        return Err(unknown(keyword, &names, kind));
    };
    let missing = |count: usize| {
        let text = format!("`{}` needs {count} words behind it at least", keyword.lossy());
        Err(problem(keyword.span, text))
    };
    match wants {
        Anything => Ok(()),
        Wants::Words(count) if line.words.len() <= *count => missing(*count),
        Wants::Words(_) => Ok(()),
        Peer => match line.words.get(2) {
            None => missing(2),
            Some(address) => Address::parse(address).map(drop),
        },
    }
}

/// The problem of a keyword that a section does not know.
pub(super) fn unknown(word: &Word, known: &[&str], kind: Sections) -> Problem {
    let text = word.lossy().to_string();
    let mut problem = problem_of(
        codes::UNKNOWN_KEYWORD,
        word.span,
        format!("unknown keyword `{text}` in a {kind} section"),
    );
    problem.suggestion = diag::nearest(&text, known.iter().copied()).map(str::to_owned);
    problem
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::{errors, notices};

    #[test]
    fn known_sections_are_accepted_with_one_notice() {
        let text = "resolvers dns\n  nameserver a 127.0.0.1:53\n  hold valid 10s\n  timeout retry 1s\n\
                    peers p\n  peer a 127.0.0.1:1024\ncache c\n  total-max-size 4\n\
                    mailers m\n  mailer a 127.0.0.1:25\n";
        assert_eq!(errors(text), [""; 0]);
        assert_eq!(notices(text).len(), 4);
    }

    #[test]
    fn mistakes() {
        assert_eq!(
            errors("resolvers r\n  nameserve a 127.0.0.1:53\n"),
            ["2:3 unknown keyword `nameserve` in a resolvers section -> nameserver"]
        );
        assert_eq!(errors("resolvers r\n  nameserver a\n").len(), 1);
        assert_eq!(errors("cache\n").len(), 1);
        assert_eq!(errors("spoe-agent a\n").len(), 1);
    }
}
