//! What lists and the reference tell of fetches, converters and log variables: made from their rows alone.

use keyword::{Built, Entry};
use state::value::Type;

use crate::args::{Kind, Param, Presence};
use crate::compile::Place;
use crate::rows::{Fetch, Needs};
use crate::{converters, fetches, logformat};

/// All fetches.
pub fn fetches() -> impl Iterator<Item = Entry> {
    let sideless = sideless();
    fetches::rows().map(move |row| fetch(row, &sideless))
}

/// All converters.
pub fn converters() -> impl Iterator<Item = Entry> {
    converters::rows().map(|row| Entry {
        arguments: signature(row.params),
        result: word(row.out).to_owned(),
        place: word(row.input).to_owned(),
        ..Entry::of("converter", row)
    })
}

/// All variables and flags of log formats, as they are written.
pub fn log_variables() -> impl Iterator<Item = Entry> {
    const KIND: &str = "log-variable";
    let flags = logformat::flag_names().map(|(name, brief)| (format!("%{{+{name}}}"), brief));
    let variables = logformat::documented_names().map(|(name, brief)| (format!("%{name}"), brief));
    variables.chain(flags).map(|(name, brief)| Entry::new(KIND, name, brief))
}

/// Names that mean one side or the other, by where they stand, with the row of the request.
fn sideless() -> Vec<(&'static str, &'static str)> {
    let of_request = |name: &'static str| {
        let row = fetches::lookup(name.as_bytes(), Place::Request)?;
        (row.name != name && !row.aliases.contains(&name)).then_some((name, row.name))
    };
    fetches::names().into_iter().filter_map(of_request).collect()
}

fn fetch(row: &'static Fetch, sideless: &[(&'static str, &'static str)]) -> Entry {
    let mut entry = Entry::of("fetch", row)
        .arguments(signature(row.params))
        .place(needs(row.needs))
        .built(built(fetches::is_built(row)));
    entry.result = word(row.out).to_owned();
    let short = sideless.iter().filter(|(_, of_row)| *of_row == row.name);
    entry.aliases.extend(short.map(|(name, _)| (*name).to_owned()));
    entry
}

fn built(is_built: bool) -> Built {
    if is_built { Built::Working } else { Built::Refused }
}

/// Parameters as they are written: `header[,occurrence]`.
fn signature(params: &[Param]) -> String {
    let mut text = String::new();
    for (index, param) in params.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let (open, close) = if param.presence == Presence::Optional { ("[", "]") } else { ("", "") };
        let name = if param.name.is_empty() { kind(param.kind) } else { param.name };
        text.push_str(&format!("{open}{comma}{name}{close}"));
    }
    text
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "integer",
        Kind::Str => "text",
        Kind::Frontend => "frontend",
        Kind::Backend => "backend",
        Kind::Server => "server",
        Kind::Table => "table",
        Kind::Var => "variable",
        Kind::Regex => "regex",
        Kind::MaskV4 | Kind::MaskV6 => "mask",
        Kind::Ip => "address",
        Kind::Time => "duration",
        Kind::Size => "size",
        Kind::Field => "name",
        Kind::Userlist => "userlist",
        Kind::MapFile => "file",
    }
}

/// How types are called where little room is.
fn word(of: Type) -> &'static str {
    match of {
        Type::Any => "any",
        Type::Bool => "boolean",
        Type::Int => "integer",
        Type::Addr => "address",
        Type::Ipv4 => "IPv4 address",
        Type::Ipv6 => "IPv6 address",
        Type::Str => "text",
        Type::Bin => "bytes",
        Type::Method => "method",
    }
}

/// What must be there for a fetch to have a value.
fn needs(needs: Needs) -> String {
    const NAMES: &[(Needs, &str)] = &[
        (Needs::CLIENT, "client connection"),
        (Needs::TLS, "client's handshake"),
        (Needs::STREAM, "stream"),
        (Needs::REQUEST_BYTES, "request bytes"),
        (Needs::REQUEST, "request"),
        (Needs::REQUEST_BODY, "request body"),
        (Needs::BACKEND, "backend"),
        (Needs::SERVER, "server"),
        (Needs::RESPONSE_BYTES, "response bytes"),
        (Needs::RESPONSE, "response"),
        (Needs::RESPONSE_BODY, "response body"),
        (Needs::END, "end of the exchange"),
    ];
    let names: Vec<&str> =
        NAMES.iter().filter(|(need, _)| needs.covers(*need)).map(|(_, name)| *name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_once_each() {
        for entries in [fetches().collect::<Vec<_>>(), converters().collect(), log_variables().collect()] {
            let mut seen = std::collections::BTreeSet::new();
            for entry in entries {
                assert!(seen.insert(entry.name.clone()), "{}", entry.name);
                assert!(!entry.brief.is_empty(), "{}", entry.name);
            }
        }
    }

    #[test]
    fn short_names_belong_to_the_request_where_both_sides_have_them() {
        let hdr = fetches().find(|entry| entry.name == "req.hdr").unwrap();
        assert!(hdr.aliases.iter().any(|alias| alias == "hdr"), "{:?}", hdr.aliases);
        let of_response = fetches().find(|entry| entry.name == "res.hdr").unwrap();
        assert!(!of_response.aliases.iter().any(|alias| alias == "hdr"), "{:?}", of_response.aliases);
    }

    #[test]
    fn signatures() {
        let params = [Param::required("name", Kind::Str), Param::optional("", Kind::Int)];
        assert_eq!(signature(&params), "name[,integer]");
    }
}
