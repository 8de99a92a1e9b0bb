//! Backends that come while the process runs (management guide, chapter 9.3, `add backend`): they are what a `defaults`
//! section that has a name makes of a section without lines of its own.
//!
//! The lines of such sections are kept as they were read, with what they name elsewhere, and parsed anew by the same
//! rows for each backend. Files are not opened again: what those lines read at the start is kept with them.

use base::ProxyId;
use diag::{Diagnostics, FileId, Severity, Sources, Span};
use keyword::Sections;
use rustc_hash::{FxHashMap, FxHashSet};
use sample::compile::Uses;
use state::proxy::Mode;
use syntax::{Line, Quoting, Word};

use crate::context::Context;
use crate::dynamic::sentence;
use crate::load::{Section, inherited, parse_proxy};
use crate::model::{Config, ProxyConfig};
use crate::names::{FileRead, NameTable, SectionNames};
use crate::sections;

/// The `defaults` sections that have names, and all that their lines need to be parsed again. Empty where the
/// configuration has none.
#[derive(Debug, Default)]
pub struct NamedDefaults {
    /// Those sections, and of each kind of section that inherits from one of them the head of the first.
    sections: Vec<Section>,
    /// The other sections that their lines may name.
    others: SectionNames,
    /// The files that their lines name.
    files: FxHashMap<Box<[u8]>, FileRead>,
}

/// Why there is no backend of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// No such section.
    #[error("Cannot find default proxy '{0}'.")]
    NoDefaults(String),
    /// Neither the section nor the command says what it carries.
    #[error("Mode is required as '{0}' default proxy does not explicitly defines it.")]
    NoMode(String),
    /// It would carry something else than bytes or HTTP.
    #[error("Dynamic backends only support TCP or HTTP mode, whereas default proxy '{0}' uses 'mode {1}'.")]
    Mode(String, &'static str),
    /// The lines make no backend.
    #[error("Error during backend creation : {0}.")]
    Lines(String),
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// The backend's name.
    pub name: &'w [u8],
    /// The name of the section that it begins as.
    pub from: &'w [u8],
    /// What it carries, where that is said.
    pub mode: Option<Mode>,
}

/// A backend that may be added.
#[derive(Debug)]
pub struct NewBackend {
    /// What it is; without a number.
    pub proxy: ProxyConfig,
    /// What is worth telling.
    pub warnings: Vec<String>,
}

impl NamedDefaults {
    /// Keeps what is needed of a configuration that has been read.
    pub(crate) fn keep(list: Vec<Section>, names: &NameTable) -> NamedDefaults {
        let sections = kept(list);
        if sections.is_empty() {
            return NamedDefaults::default();
        }
        let lines = sections.iter().flat_map(|section| &section.lines);
        let words: FxHashSet<&[u8]> = lines.flat_map(|line| &line.words).map(|word| &*word.text).collect();
        let files = names.files_among(&words);
        NamedDefaults { sections, others: names.sections_for_later(), files }
    }

    /// Their names, in the order of the sections.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.sections.iter().filter(|section| section.kind == Sections::DEFAULTS).map(Section::name)
    }

    /// The place of the section that a name means: the last one of it.
    fn find(&self, name: &[u8]) -> Option<usize> {
        self.sections.iter().rposition(|section| section.kind == Sections::DEFAULTS && section.name() == name)
    }

    /// What the section says of its mode: itself, and with what it inherits.
    fn modes(&self, index: usize) -> (Option<Mode>, Mode) {
        let own = mode_of(&self.sections[index]);
        let above = inherited(&self.sections, &self.sections[index]);
        let from_above = above.into_iter().rev().find_map(|index| mode_of(&self.sections[index]));
        (own, own.or(from_above).unwrap_or(Mode::Tcp))
    }
}

fn mode_of(section: &Section) -> Option<Mode> {
    let line = section.lines.iter().rfind(|line| line.words[0] == "mode")?;
    match line.words.get(1)?.text.as_slice() {
        b"tcp" => Some(Mode::Tcp),
        b"http" => Some(Mode::Http),
        b"log" => Some(Mode::Log),
        b"spop" => Some(Mode::Spop),
        _ => None,
    }
}

/// What is kept of all sections.
fn kept(list: Vec<Section>) -> Vec<Section> {
    let is_kept = |section: &Section| section.kind == Sections::DEFAULTS && !section.name().is_empty();
    let mut places = FxHashMap::default();
    let mut heirs = FxHashSet::default();
    let mut kept: Vec<Section> = Vec::new();
    for (index, mut section) in list.into_iter().enumerate() {
        section.from = section.from.and_then(|from| places.get(&from).copied());
        if is_kept(&section) {
            places.insert(index, kept.len());
            kept.push(section);
        } else if section.from.is_some() && heirs.insert((section.from, section.kind)) {
            section.lines = Vec::new();
            kept.push(section);
        }
    }
    kept
}

/// Makes a backend, whose id will be `id`.
///
/// # Errors
/// As [`BackendError`] says.
pub fn backend(config: &Config, id: ProxyId, wanted: &Wanted<'_>) -> Result<NewBackend, BackendError> {
    let defaults = &config.named_defaults;
    let from = || base::Lossy(wanted.from).to_string();
    let index = defaults.find(wanted.from).ok_or_else(|| BackendError::NoDefaults(from()))?;
    let (own, mode) = defaults.modes(index);
    if own.is_none() && wanted.mode.is_none() {
        return Err(BackendError::NoMode(from()));
    }
    match mode {
        Mode::Tcp | Mode::Http => {}
        Mode::Log => return Err(BackendError::Mode(from(), "syslog")),
        Mode::Spop => return Err(BackendError::Mode(from(), "spop")),
    }
    let mut names = NameTable::of(config, Box::new(|_| Err("it was not read at the start".to_owned())));
    names.know_sections(&defaults.others);
    names.know_files(&defaults.files);
    names.know_patterns(&config.patterns);
    let section = section(id, wanted, index);
    let (sources, mut diags, mut uses) = (Sources::new(), Diagnostics::default(), Uses::default());
    let mut late = Diagnostics::default();
    let mut cx = Context { names: &names, sources: &sources, diags: &mut diags, uses: &mut uses };
    let list = &defaults.sections;
    let refused = sections::proxy::refuse_heir(list, index, &section, &config.global, cx.reborrow());
    let proxy = parse_proxy(list, &section, id, config, cx, &mut late);
    diags.extend(refused.into_iter().chain(late.iter().cloned()));
    let told = |severity| diags.iter().filter(move |found| found.severity == severity).map(sentence);
    let errors: Vec<String> = told(Severity::Error).collect();
    if !errors.is_empty() {
        return Err(BackendError::Lines(errors.join("; ")));
    }
    let warnings = told(Severity::Warning).collect();
    Ok(NewBackend { proxy, warnings })
}

/// The section that the backend would be in a file.
fn section(id: ProxyId, wanted: &Wanted<'_>, from: usize) -> Section {
    let lines = wanted.mode.map(|mode| {
        let word: &[u8] = match mode {
            Mode::Tcp => b"tcp",
            Mode::Http => b"http",
            Mode::Log => b"log",
            Mode::Spop => b"spop",
        };
        line(&[b"mode", word])
    });
    Section {
        kind: Sections::BACKEND,
        header: line(&[b"backend", wanted.name, b"from", wanted.from]),
        lines: lines.into_iter().collect(),
        proxy: Some(id),
        from: Some(from),
        holds_peers_table: false,
    }
}

/// Words that stand in no file.
fn line(words: &[&[u8]]) -> Line {
    let span = Span::line(FileId(u32::MAX), 0);
    let word = |text: &&[u8]| Word { text: text.to_vec(), span, quoting: Quoting::Bare };
    Line { words: words.iter().map(word).collect(), span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::testing::good;

    const DEFAULTS: &str = "defaults\n  mode http\n\
         defaults plain\n  timeout connect 3s\n\
         defaults web\n  mode http\n  retries 7\n  balance leastconn\n  errorfile 503 /dev/null\n\
         defaults child from web\n  retries 9\n\
         defaults logs\n  mode log\n\
         defaults rules\n  mode http\n  http-request set-header x-d yes\n\
         frontend fe from rules\n  bind :1\n\
         frontend other from rules\n  bind :2\n";

    fn add(from: &str, mode: Option<Mode>) -> Result<ProxyConfig, String> {
        let config = good(DEFAULTS);
        let wanted = Wanted { name: b"be", from: from.as_bytes(), mode };
        let id = ProxyId::from_index(config.proxies.len());
        backend(&config, id, &wanted).map(|made| made.proxy).map_err(|error| error.to_string())
    }

    #[test]
    fn lines_of_the_section_count() {
        let config = good(DEFAULTS);
        let names: Vec<_> = config.named_defaults.names().map(|name| base::Lossy(name).to_string()).collect();
        assert_eq!(names, ["plain", "web", "child", "logs", "rules"]);
        let web = add("web", None).unwrap();
        assert_eq!((web.retries, web.mode, &*web.name), (7, Mode::Http, "be"));
        assert_eq!(add("child", Some(Mode::Tcp)).unwrap().retries, 9);
        assert_eq!(add("plain", Some(Mode::Tcp)).unwrap().timeouts.connect.unwrap().as_secs(), 3);
    }

    #[test]
    fn what_makes_no_backend_is_told() {
        let told = |from, mode| add(from, mode).unwrap_err();
        assert_eq!(told("none", None), "Cannot find default proxy 'none'.");
        let no_mode =
            |name| format!("Mode is required as '{name}' default proxy does not explicitly defines it.");
        assert_eq!(told("plain", None), no_mode("plain"));
        assert_eq!(told("child", None), no_mode("child"), "what it inherits is not its own");
        assert!(told("logs", Some(Mode::Http)).ends_with("whereas default proxy 'logs' uses 'mode syslog'."));
        assert!(told("rules", None).contains("frontends and backends cannot inherit from one"));
    }

    #[test]
    fn without_names_nothing_is_kept() {
        let config = good("defaults\n  mode http\nbackend b\n");
        assert!(config.named_defaults.sections.is_empty() && config.named_defaults.files.is_empty());
    }
}
