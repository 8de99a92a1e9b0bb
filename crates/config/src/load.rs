//! From files to a checked [`Config`]: lines, sections, names, then every line to its keyword's row.

use base::ProxyId;
use diag::{Diagnostic, Diagnostics, FileId, Sources, Span, codes};
use keyword::Sections;
use rules::Words;
use state::proxy::Sides;
use syntax::{Environment, Facts, Line, Reader, Word};

use crate::context::{Context, GlobalParse, Pass, Polarity};
use crate::dynamic_backend::NamedDefaults;
use crate::lint::{self, Lints, Look};
use crate::model::{Config, ProxyConfig};
use crate::names::{NameTable, ReadFile};
use crate::reader::ProxyReader;
use crate::sections;

mod contexts;
mod environment;
mod finish;
mod log_backends;

pub(crate) use contexts::server as server_context;
pub(crate) use environment::expand_addresses;
pub(crate) use log_backends::NO_DATAGRAMS;

/// What came of loading: the configuration is only usable when `diags` has no errors.
pub struct Loaded {
    /// The configuration, as far as it could be understood.
    pub config: Config,
    /// Everything worth telling.
    pub diags: Diagnostics,
}

/// One section: its header and the lines up to the next header.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) kind: Sections,
    pub(crate) header: Line,
    pub(crate) lines: Vec<Line>,
    /// For proxies.
    pub(crate) proxy: Option<ProxyId>,
    /// For proxies and `defaults`: the place in the list of sections of the `defaults` it inherits from.
    pub(crate) from: Option<usize>,
    /// Whether it was made for a table of a `peers` section; see [`sections::peers`].
    pub(crate) holds_peers_table: bool,
}

impl Section {
    /// Its name; `defaults` sections may do without, also before `from`.
    pub(crate) fn name(&self) -> &[u8] {
        let words = &self.header.words;
        let is_anonymous = self.kind == Sections::DEFAULTS && words.len() == 3 && words[1] == "from";
        words.get(1).filter(|_| !is_anonymous).map_or(b"", |word| &word.text)
    }
}

/// Reads and checks the files of `sources`, in order, as one configuration. `read` opens the files that they name.
/// `lints` says whether what is well formed and probably not meant is looked for as well.
pub fn load(
    sources: &Sources,
    files: &[FileId],
    env: &mut Environment,
    facts: &dyn Facts,
    read: Box<ReadFile>,
    lints: Lints,
) -> Loaded {
    let mut diags = Diagnostics::default();
    let mut list = read_sections(sources, files, env, facts, &mut diags);
    sections::peers::add_tables(&mut list);
    let mut names = NameTable::new(read);
    names.set_environment(env.clone());
    names.set_file_names(files.iter().map(|file| (*file, sources.name(*file).to_owned())).collect());
    collect_names(&mut list, &mut names, &mut diags);
    link_defaults(&mut list, &mut diags);
    let mut late = Diagnostics::default();
    let mut config = parse_sections(&list, &mut names, sources, &mut diags, &mut late);
    config.environment = env.clone();
    config.patterns = names.take_patterns();
    config.references = names.take_references();
    let last = files.iter().map(|file| file.0).max();
    config.files = last.map_or(0..0, |last| 0..last + 1).map(|id| sources.name(FileId(id)).into()).collect();
    // As HAProxy does: first what is wrong with the lines, then what does not fit together.
    finish::finish(&mut config, &names, &mut late);
    config.tls_files = names.tls_files().finish();
    contexts::make(&mut config, &mut late);
    if lints == Lints::Run && !diags.has_errors() && !late.has_errors() {
        lint::lint(&Look { sections: &list, config: &config, sources }, &mut late);
    }
    config.named_defaults = NamedDefaults::keep(list, &names);
    diags.sort_by_place();
    late.sort_by_place();
    diags.extend(late.iter().cloned());
    Loaded { config, diags: without_repetitions(&diags) }
}

/// Hands every line to its keyword's row: sections that others name first, then the others in their order. What is to be told
/// behind what is wrong with lines themselves goes to `late`.
fn parse_sections(
    list: &[Section],
    names: &mut NameTable,
    sources: &Sources,
    diags: &mut Diagnostics,
    late: &mut Diagnostics,
) -> Config {
    let mut config = Config::default();
    let mut uses = sample::compile::Uses::default();
    sections::userlist::parse_all(list, &mut config, diags);
    sections::http_errors::parse_all(list, names, diags);
    sections::ring::parse_all(list, &mut config, diags);
    let cx = Context { names, sources, diags, uses: &mut uses };
    sections::resolvers::parse_all(list, &mut config, cx);
    sections::resolvers::add_default(names, &mut config);
    let cx = Context { names, sources, diags, uses: &mut uses };
    let healthchecks = sections::healthcheck::parse_all(list, &config.global, cx);
    names.set_healthchecks(healthchecks);
    for index in 0..list.len() {
        let cx = Context { names, sources, diags, uses: &mut uses };
        parse_section(list, index, &mut config, cx, late);
    }
    config.uses = uses;
    config
}

/// A line of a `defaults` section is parsed for each proxy that inherits it: what it gave rise to is told once. So are
/// notes about words that are not carried out, at the first of their places.
fn without_repetitions(diags: &Diagnostics) -> Diagnostics {
    let mut once = Diagnostics::default();
    let mut told = rustc_hash::FxHashSet::default();
    for diagnostic in diags {
        let is_note = matches!(diagnostic.code, Some(keyword::built::INTERNAL | keyword::built::NOTED));
        let span = diagnostic.span.filter(|_| !is_note);
        if diagnostic.span.is_none() || told.insert((span, diagnostic.message.as_str())) {
            once.push(diagnostic.clone());
        }
    }
    once
}

fn read_sections(
    sources: &Sources,
    files: &[FileId],
    env: &mut Environment,
    facts: &dyn Facts,
    diags: &mut Diagnostics,
) -> Vec<Section> {
    let mut list: Vec<Section> = Vec::new();
    for file in files {
        let mut reader = Reader::new(sources, *file);
        let mut is_first = true;
        while let Some(mut line) = reader.next(env, facts, diags) {
            environment::expand_addresses(&mut line, env);
            if let Some(kind) = line.words[0].as_str().and_then(Sections::opened_by) {
                env.set_section(line.words[0].text.clone());
                list.push(Section {
                    kind,
                    header: line,
                    lines: Vec::new(),
                    proxy: None,
                    from: None,
                    holds_peers_table: false,
                });
                is_first = false;
                continue;
            }
            match list.last_mut().filter(|_| !is_first) {
                None => diags.push(outside(&line.words[0])),
                Some(section) => {
                    if section.kind == Sections::GLOBAL && environment::apply(&line, env, diags) {
                        continue;
                    }
                    section.lines.push(line);
                }
            }
        }
    }
    list
}

/// The problem of a line before the first section of its file.
fn outside(word: &Word) -> Diagnostic {
    let text = word.lossy().to_string();
    let mut problem = Diagnostic::error(format!("`{text}` stands before any section"))
        .at(word.span)
        .code(codes::OUTSIDE_SECTION);
    let sections = Sections::ALL.iter().map(|(_, name)| *name);
    problem.suggestion = diag::nearest(&text, sections).map(str::to_owned);
    problem
}

fn sides_of(kind: Sections) -> Option<Sides> {
    match kind {
        Sections::FRONTEND => Some(Sides::Frontend),
        Sections::BACKEND => Some(Sides::Backend),
        Sections::LISTEN => Some(Sides::Both),
        _ => None,
    }
}

fn collect_names(list: &mut [Section], names: &mut NameTable, diags: &mut Diagnostics) {
    let mut first_lines: Vec<Span> = Vec::new();
    for section in list.iter_mut() {
        let header = &section.header;
        let name = header.words.get(1);
        if let Some(sides) = sides_of(section.kind) {
            let text = name.map_or(&b""[..], |word| &word.text);
            let taken = names.add_proxy(text, sides);
            section.proxy = Some(ProxyId::from_index(first_lines.len()));
            first_lines.push(header.span);
            if section.holds_peers_table {
                continue;
            }
            check_proxy_name(header, taken.err().map(|id| first_lines[id.index()]), diags);
            for line in &section.lines {
                sections::server::names_of(line).for_each(|server| names.add_server(&server));
            }
        } else if let Some(name) = name {
            match section.kind {
                Sections::USERLIST => {
                    names.add_userlist(&name.text);
                }
                Sections::RING => names.add_ring(&name.text),
                kind => names.add_section(kind, &name.text),
            }
        }
    }
}

fn check_proxy_name(header: &Line, taken: Option<Span>, diags: &mut Diagnostics) {
    let Some(name) = header.words.get(1) else {
        diags.push(
            Diagnostic::error(format!("`{}` needs a name", header.words[0].lossy()))
                .at(header.span)
                .code(codes::SECTION_NAME),
        );
        return;
    };
    let is_good = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    if let Some(bad) = name.text.iter().find(|b| !is_good(b)) {
        diags.push(
            Diagnostic::error(format!(
                "`{}` in a name: letters, digits, `-`, `_`, `.` and `:` are allowed",
                base::Lossy(&[*bad])
            ))
            .at(name.span)
            .code(codes::SECTION_NAME),
        );
    }
    if let Some(first) = taken {
        diags.push(
            Diagnostic::warning(format!(
                "a proxy `{}` exists already; the name means the first one",
                name.lossy()
            ))
            .at(name.span)
            .code(codes::DUPLICATE_PROXY)
            .note(format!("the first one is in line {}", first.line)),
        );
    }
}

/// Finds for each proxy and each `defaults` the `defaults` it inherits from: the one it names with `from`, else (for
/// proxies) the last one above it.
fn link_defaults(list: &mut [Section], diags: &mut Diagnostics) {
    let mut last = None;
    for index in 0..list.len() {
        let is_defaults = list[index].kind == Sections::DEFAULTS;
        if !is_defaults && (list[index].proxy.is_none() || list[index].holds_peers_table) {
            continue;
        }
        let words = &list[index].header.words;
        let from_at =
            if is_defaults { words.iter().position(|w| *w == "from") } else { from_position(words) };
        let found = match from_at {
            None => Ok(if is_defaults { None } else { last }),
            Some(at) => named_defaults(&list[..index], words.get(at + 1), words[at].span),
        };
        match found {
            Ok(from) => list[index].from = from,
            Err(problem) => diags.push(*problem),
        }
        if is_defaults {
            last = Some(index);
        }
    }
}

/// `from` of a proxy's header stands third; before it, old headers may have an address.
fn from_position(words: &[syntax::Word]) -> Option<usize> {
    words.iter().skip(2).position(|word| *word == "from").map(|at| at + 2)
}

fn named_defaults(
    above: &[Section],
    name: Option<&syntax::Word>,
    from: Span,
) -> Result<Option<usize>, Box<Diagnostic>> {
    let Some(name) = name else {
        return Err(Box::new(
            Diagnostic::error("the name of a defaults section is missing after `from`")
                .at(from)
                .code(codes::MISSING_ARGUMENT),
        ));
    };
    let is_it = |s: &Section| s.kind == Sections::DEFAULTS && s.name() == name.text;
    if let Some(found) = above.iter().rposition(is_it) {
        return Ok(Some(found));
    }
    let known: Vec<String> = above
        .iter()
        .filter(|s| s.kind == Sections::DEFAULTS)
        .map(|s| base::Lossy(s.name()).to_string())
        .collect();
    let wanted = name.lossy().to_string();
    let mut problem = Diagnostic::error(format!("no defaults section `{wanted}` above"))
        .at(name.span)
        .code(codes::UNKNOWN_SECTION);
    problem.suggestion = diag::nearest(&wanted, known.iter().map(String::as_str)).map(str::to_owned);
    Err(Box::new(problem))
}

fn parse_section(
    list: &[Section],
    index: usize,
    config: &mut Config,
    cx: Context<'_>,
    late: &mut Diagnostics,
) {
    let section = &list[index];
    if section.kind == Sections::GLOBAL {
        parse_global(section, config, cx);
    } else if section.kind == Sections::DEFAULTS {
        sections::proxy::check_defaults(list, index, &config.global, cx);
    } else if let Some(id) = section.proxy {
        let proxy = parse_proxy(list, section, id, config, cx, late);
        debug_assert_eq!(config.proxies.len(), id.index());
        config.proxies.push(proxy);
    } else if section.kind == Sections::LOG_FORWARD {
        sections::log_forward::parse(section, config, cx);
    } else if section.kind == Sections::LOG_PROFILE {
        sections::log_profile::parse(section, config, cx);
    } else if section.kind == Sections::RING {
        sections::ring::parse_servers(section, config, cx);
    } else {
        sections::check_other(section, &config.global, cx);
    }
}

fn parse_global(section: &Section, config: &mut Config, mut cx: Context<'_>) {
    for line in &section.lines {
        let cx = cx.reborrow();
        let mut parse =
            GlobalParse { global: &mut config.global, cx, polarity: Polarity::Set, span: line.words[0].span };
        if let Err(problem) = sections::global::parse_line(&mut Words::new(line, 0), &mut parse) {
            parse.cx.report(problem);
        }
    }
}

/// The lines that a section inherits, the farthest `defaults` first.
pub(crate) fn inherited(list: &[Section], section: &Section) -> Vec<usize> {
    let mut chain = Vec::new();
    let mut next = section.from;
    while let Some(index) = next {
        chain.push(index);
        next = list[index].from;
    }
    chain.reverse();
    chain
}

/// Makes the proxy of a section of `list`, or of one that inherits from one of them; its id is `id`.
pub(crate) fn parse_proxy(
    list: &[Section],
    section: &Section,
    id: ProxyId,
    config: &Config,
    cx: Context<'_>,
    late: &mut Diagnostics,
) -> ProxyConfig {
    let sides = sides_of(section.kind).unwrap_or(Sides::Both);
    let name = String::from_utf8_lossy(section.name()).into_owned().into_boxed_str();
    let mut proxy = ProxyConfig::new(id, name, sides, section.header.span);
    proxy.holds_peers_table = section.holds_peers_table;
    let mut reader = ProxyReader::new(section.kind, &mut proxy, &config.global, cx);
    let chain = inherited(list, section);
    let mut run = |line: &Line, pass: Pass| reader.read(line, pass, sections::proxy::parse_line);
    // The mode decides how formats and rules are read, wherever its line stands.
    let is_mode = |line: &&Line| line.words[0] == "mode";
    let inherited = || chain.iter().flat_map(|i| &list[*i].lines);
    inherited().filter(is_mode).for_each(|line| run(line, Pass::Inherited));
    section.lines.iter().filter(is_mode).for_each(|line| run(line, Pass::Own));
    inherited().filter(|line| !is_mode(line)).for_each(|line| run(line, Pass::Inherited));
    sections::proxy::header_addresses(section, &mut run);
    section.lines.iter().filter(|line| !is_mode(line)).for_each(|line| run(line, Pass::Own));
    sections::proxy::complete(&mut reader);
    if !reader.proxy.is_disabled {
        late.extend(reader.scratch.late);
    }
    proxy
}
