//! All rows of all kinds: those of every crate, and what only the binary has.

use keyword::Entry;

use crate::args;

/// All of them, kind by kind.
pub(super) fn entries() -> impl Iterator<Item = Entry> {
    config::reference::entries()
        .chain(rules::actions::entries())
        .chain(rules::acl::entries())
        .chain(sample::reference::fetches())
        .chain(sample::reference::converters())
        .chain(sample::reference::log_variables())
        .chain(::control::reference::commands())
        .chain(::control::reference::info_fields())
        .chain(::control::reference::stat_columns())
        .chain(::control::reference::metrics())
        .chain(predicates())
        .chain(args::entries())
}

/// What conditions ask, and the directives around them.
fn predicates() -> impl Iterator<Item = Entry> {
    let names = syntax::PREDICATES.into_iter().chain(syntax::DIRECTIVES);
    names.map(|name| Entry::new("predicate", name, about(name)))
}

fn about(name: &str) -> &'static str {
    match name {
        ".if" => "the lines up to `.elif`, `.else` or `.endif` count if the condition holds",
        ".elif" => "another condition, if those before it do not hold",
        ".else" => "the lines that count if no condition holds",
        ".endif" => "the end of what `.if` began",
        ".alert" => "tells a text and refuses the configuration",
        ".warning" => "tells a text as a warning",
        ".notice" => "tells a text as a notice",
        ".diag" => "tells a text in diagnostic mode",
        "defined" => "whether a variable of the environment is set",
        "enabled" => "whether an option of the program is on",
        "feature" => "whether a feature is built in",
        "fips_mode" => "whether the cryptography is restricted to what FIPS allows",
        "streq" => "whether two texts are equal",
        "strneq" => "whether two texts differ",
        "strstr" => "whether a text is within another",
        "version_atleast" => "whether this is such a version of HAProxy's language, or a later one",
        "version_before" => "whether this is an earlier version of HAProxy's language",
        "openssl_version_atleast" => "whether this is such a version of OpenSSL, or a later one",
        "openssl_version_before" => "whether this is an earlier version of OpenSSL",
        "ssllib_name_startswith" => "whether the TLS library's name begins with a text",
        "awslc_api_atleast" => "whether this is such a version of AWS-LC's interface, or a later one",
        "awslc_api_before" => "whether this is an earlier version of AWS-LC's interface",
        _ => "a condition on the program",
    }
}
