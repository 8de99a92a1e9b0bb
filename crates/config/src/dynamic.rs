//! What comes to a configuration while it runs (management guide, chapter 9.3, `add server`): its lines are parsed by the
//! same rows as those of files.

use base::ProxyId;
use diag::{Diagnostic, Diagnostics, FileId, Severity, Sources, Span};
use keyword::Sections;
use rules::Words;
use sample::compile::Uses;
use syntax::{Line, Quoting, Word};

use crate::context::{Context, Pass};
use crate::load::{expand_addresses, server_context};
use crate::model::{Config, ProxyConfig, ServerConfig};
use crate::names::{NameTable, ReadFile};
use crate::reader::ProxyReader;
use crate::sections;

/// A server that may be added.
#[derive(Debug)]
pub struct Added {
    /// Its line, without an id and, unless it gave one, without a number.
    pub server: ServerConfig,
    /// What is worth telling.
    pub warnings: Vec<String>,
    /// Whether some word asks for the address that the client connected to.
    pub needs_destination: bool,
}

/// Checks `words`, a server's name, its address and more, as a line of `backend`. `read` opens the files that it names;
/// `others` are the backend's servers, whose words `from srv:NAME` takes over.
///
/// # Errors
/// Everything that is wrong with it, a sentence each.
pub fn server(
    config: &Config,
    backend: ProxyId,
    words: &[Vec<u8>],
    others: Vec<ServerConfig>,
    read: Box<ReadFile>,
) -> Result<Added, Vec<String>> {
    let mut line = line_of(words)?;
    expand_addresses(&mut line, &config.environment);
    let names = NameTable::of(config, read);
    let of_file = config.proxy(backend);
    let mut proxy = ProxyConfig::new(backend, of_file.name.clone(), of_file.sides, line.span);
    proxy.mode = of_file.mode;
    proxy.servers = others;
    let (sources, mut diags, mut uses) = (Sources::new(), Diagnostics::default(), Uses::default());
    let cx = Context { names: &names, sources: &sources, diags: &mut diags, uses: &mut uses };
    let mut reader = ProxyReader::new(Sections::BACKEND, &mut proxy, &config.global, cx);
    if let Some(words) = &of_file.default_servers.unnamed {
        reader.scratch.default_server = (**words).clone();
    }
    reader.scratch.named_servers.clone_from(&of_file.default_servers.named);
    let mut words = Words::new(&line, 1);
    let parsed = sections::server::dynamic(&mut words, &mut reader.at(Pass::Own, line.span));
    reader.scratch.late.into_iter().for_each(|problem| diags.push(problem));
    let mut server = parsed.map_err(|problem| vec![sentence(&problem)])?;
    // Its checks use TLS where `check-ssl` says so, and not because requests do (manual, chapter 5.2 "check-ssl").
    server.tls.refuses_checks |= !server.tls.checks;
    for word in &server.unsupported {
        diags.push(keyword::built::refused(word));
    }
    server_context(config, backend, &mut server, &mut diags);
    if diags.has_errors() {
        return Err(diags.iter().filter(|found| found.severity == Severity::Error).map(sentence).collect());
    }
    Ok(Added { server, warnings: diags.iter().map(sentence).collect(), needs_destination: uses.dst })
}

/// The names of the words that such a server may have.
pub fn server_keywords() -> impl Iterator<Item = &'static str> {
    sections::server::dynamic_keywords()
}

/// The words as a line, each with a place of its own.
fn line_of(words: &[Vec<u8>]) -> Result<Line, Vec<String>> {
    if words.iter().any(|word| word.is_empty() || word.contains(&0)) {
        return Err(vec!["empty words have no meaning here".to_owned()]);
    }
    let mut column = 1;
    let mut place = |text: &[u8]| {
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let span = Span { file: FileId(0), line: 1, column, len };
        column = column.saturating_add(len).saturating_add(1);
        Word { text: text.to_vec(), span, quoting: Quoting::Bare }
    };
    let mut placed = vec![place(b"server")];
    placed.extend(words.iter().map(|word| place(word)));
    Ok(Line { words: placed, span: Span { file: FileId(0), line: 1, column: 1, len: column - 1 } })
}

/// A problem in one line.
pub(crate) fn sentence(found: &Diagnostic) -> String {
    let mut text = found.message.clone();
    if let Some(suggestion) = &found.suggestion {
        text.push_str(&format!("; did you mean `{suggestion}`?"));
    }
    for note in &found.notes {
        text.push_str(&format!(" ({note})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServerAddress;
    use crate::sections::testing::good;

    fn add(config: &str, line: &str) -> Result<Added, Vec<String>> {
        let config = good(config);
        let words: Vec<Vec<u8>> = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        let read = Box::new(|path: &[u8]| Err(format!("no file {}", base::Lossy(path))));
        let others = config.proxy(ProxyId(0)).servers.clone();
        server(&config, ProxyId(0), &words, others, read)
    }

    const BACKEND: &str = "backend b\n  mode http\n  default-server weight 10\n  default-server name d weight 5\n  \
                           server s1 127.0.0.1:80 weight 7 check\n";

    #[test]
    fn words_of_a_server_line() {
        let added = add(BACKEND, "s2 127.0.0.1:81 check inter 200ms maxconn 3 weight 4").unwrap().server;
        assert_eq!((&*added.name, added.weight, added.maxconn), ("s2", 4, 3));
        assert!(matches!(added.address, ServerAddress::Endpoint(_)));
        assert_eq!(added.check.unwrap().inter.as_millis(), 200);
    }

    #[test]
    fn defaults_count_where_they_are_asked_for() {
        let weight = |line: &str| add(BACKEND, line).unwrap().server.weight;
        assert_eq!(weight("s2 127.0.0.1:81"), 1);
        assert_eq!(weight("s2 127.0.0.1:81 from be:"), 10);
        assert_eq!(weight("s2 127.0.0.1:81 from srv:d"), 5);
        assert_eq!(weight("s2 127.0.0.1:81 from srv:s1"), 7);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let told = |line: &str| add(BACKEND, line).unwrap_err().join("\n");
        assert_eq!(told("s2"), "'server' expects <name> and <addr>[:<port>] as arguments.");
        assert_eq!(told("s2 127.0.0.1:81 redir /x"), "'redir' option is not accepted for dynamic server");
        assert!(told("s2 127.0.0.1:81 wieght 3").contains("wieght"));
        assert!(told("s2 127.0.0.1:81 ssl").contains("ca-file"));
        assert!(told("s2 127.0.0.1:81 ssl ca-file /none").contains("/none"));
        let tcp = add("backend b\n", "s2 127.0.0.1:81 proto h2").unwrap_err();
        assert_eq!(tcp, ["MUX protocol is not usable for server."]);
    }

    #[test]
    fn what_expressions_name_is_remembered() {
        let config = good(
            "frontend f\n  bind :1\n  acl full srv_sess_rate(b/s1) gt 50\n  default_backend b\n\
             backend b\n  use-server s3 unless { always_false }\n  server s1 127.0.0.1:80\n  \
             server s2 127.0.0.1:80\n  server s3 127.0.0.1:80\nbackend c\n",
        );
        let is_named = |index| config.references.has_server(ProxyId(1), base::ServerId(index));
        assert_eq!([is_named(0), is_named(1), is_named(2)], [true, false, true]);
        assert!(config.references.has_proxy(ProxyId(1)) && !config.references.has_proxy(ProxyId(2)));
    }
}
