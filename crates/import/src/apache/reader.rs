//! From files to directives: `Include` is followed, `Define` replaced, `<IfModule>` and its like decided, everything
//! else kept as a tree of directives and sections (core, mod_so, mod_version).

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

use super::lexer::{lines, words};
use super::{Place, Problem, Tree};

/// A directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    /// Where it stands, and what it says.
    pub(super) source: Source,
    /// Its name in lower case.
    pub(super) key: String,
    /// The text behind the name.
    pub(super) rest: String,
    /// That text as words.
    pub(super) words: Vec<String>,
}

/// A place and the text that stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Where.
    pub(super) place: Place,
    /// The line, or the first line of the section.
    pub(super) text: Arc<str>,
}

/// A directive, or a section with what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// `Name words`.
    Directive(Directive),
    /// `<Name words>`, its items, `</Name>`.
    Section(Directive, Vec<Item>),
}

/// All that the files say.
#[derive(Debug)]
pub(super) struct Read {
    /// The items of the first file and of those that it includes.
    pub(super) items: Vec<Item>,
    /// `ServerRoot`, or the directory of the first file.
    pub(super) server_root: String,
    /// What cannot be read.
    pub(super) problems: Vec<Problem>,
}

/// Files that include files; Apache stops at 20.
const DEPTH_MAX: usize = 20;
/// All files together.
const FILES_MAX: usize = 4096;
const BYTES_MAX: usize = 64 << 20;
/// What is part of Debian's program itself.
const BUILT_IN: &[&str] = &["core", "so", "http", "log_config", "logio", "version", "unixd", "watchdog"];
/// What one program has at most one of: not there where no line loads it.
const OPTIONAL: &[&str] =
    &["prefork", "mpm_prefork", "worker", "mpm_worker", "php", "php5", "php7", "perl", "python"];
/// The version that `<IfVersion>` compares with.
const VERSION: [u32; 3] = [2, 4, 71];

/// Reads `file` and what it includes.
///
/// # Errors
/// The file itself cannot be read.
pub(super) fn read(tree: &dyn Tree, file: &str) -> io::Result<Read> {
    let first = Reader::new(tree, file).run(file)?;
    if first.modules.is_empty() {
        return Ok(first.finish());
    }
    // Only with a list of modules in hand can `<IfModule>` be decided as Apache does.
    let mut second = Reader::new(tree, file);
    second.knows_modules = true;
    Ok(second.run(file)?.finish())
}

struct Reader<'t> {
    tree: &'t dyn Tree,
    items: Vec<Item>,
    open: Vec<Open>,
    problems: Vec<Problem>,
    server_root: String,
    defines: HashMap<String, String>,
    modules: HashSet<String>,
    knows_modules: bool,
    depth: usize,
    files: usize,
    bytes: usize,
}

/// A section that has not ended yet.
struct Open {
    directive: Directive,
    kind: Kind,
    outer: Vec<Item>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Kept as a section.
    Kept,
    /// Its items stand for themselves.
    Dissolved,
    /// Left out with all that is in it.
    Skipped,
}

impl<'t> Reader<'t> {
    fn new(tree: &'t dyn Tree, file: &str) -> Self {
        let server_root = file.rsplit_once('/').map_or(String::new(), |(directory, _)| directory.to_owned());
        Self {
            tree,
            items: Vec::new(),
            open: Vec::new(),
            problems: Vec::new(),
            server_root,
            defines: HashMap::new(),
            modules: HashSet::new(),
            knows_modules: false,
            depth: 0,
            files: 0,
            bytes: 0,
        }
    }

    fn run(mut self, file: &str) -> io::Result<Self> {
        let bytes = self.tree.read(file)?;
        self.environment();
        self.file(file, &bytes);
        Ok(self)
    }

    fn finish(self) -> Read {
        Read { items: self.items, server_root: self.server_root, problems: self.problems }
    }

    fn problem(&mut self, place: &Place, message: impl Into<String>) {
        self.problems.push(Problem { place: place.clone(), message: message.into() });
    }

    /// Debian's `envvars` beside the first file: `export NAME=value`.
    fn environment(&mut self) {
        let path = self.path("envvars");
        let Ok(bytes) = self.tree.read(&path) else { return };
        for line in lines(&bytes) {
            let assignment = line.text.strip_prefix("export ").unwrap_or(&line.text);
            if let Some((name, value)) = assignment.split_once('=')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            {
                let value =
                    value.trim().trim_matches(['"', '\'']).replace("${SUFFIX}", "").replace("$SUFFIX", "");
                self.defines.entry(name.to_owned()).or_insert(value);
            }
        }
    }

    fn path(&self, path: &str) -> String {
        under(&self.server_root, path)
    }

    fn file(&mut self, path: &str, bytes: &[u8]) {
        self.files += 1;
        self.bytes += bytes.len();
        let shown: Arc<str> = self.tree.shown(path).into();
        let depth = self.open.len();
        for line in lines(bytes) {
            let place = Place { file: Arc::clone(&shown), line: line.number };
            self.line(place, &line.text, depth);
        }
        while self.open.len() > depth {
            let place = self.open[self.open.len() - 1].directive.source.place.clone();
            self.problem(&place, "the section is not closed before the end of the file");
            self.close();
        }
    }

    fn is_skipping(&self) -> bool {
        self.open.last().is_some_and(|open| open.kind == Kind::Skipped)
    }

    fn line(&mut self, place: Place, text: &str, depth: usize) {
        if let Some(name) = text.strip_prefix("</") {
            let name = name.trim_end_matches('>').trim().to_lowercase();
            match self.open.last() {
                Some(open) if self.open.len() > depth && open.directive.key == name => self.close(),
                _ => self.problem(&place, format!("'</{name}>' closes nothing that is open here")),
            }
            return;
        }
        let text = if self.is_skipping() { text.to_owned() } else { self.substitute(&place, text) };
        let inner = text.strip_prefix('<').map(|inner| inner.strip_suffix('>').unwrap_or(inner).trim());
        let body = inner.unwrap_or(&text);
        let (name, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        let directive = Directive {
            source: Source { place, text: printable(&text).into() },
            key: name.to_lowercase(),
            rest: rest.trim().to_owned(),
            words: words(rest),
        };
        if inner.is_some() {
            self.section(directive);
        } else if !self.is_skipping() {
            self.directive(directive);
        }
    }

    fn section(&mut self, directive: Directive) {
        let kind = if self.is_skipping() { Kind::Skipped } else { self.kind(&directive) };
        let outer = std::mem::take(&mut self.items);
        self.open.push(Open { directive, kind, outer });
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let inner = std::mem::replace(&mut self.items, open.outer);
        match open.kind {
            Kind::Kept => self.items.push(Item::Section(open.directive, inner)),
            Kind::Dissolved => self.items.extend(inner),
            Kind::Skipped => {}
        }
    }

    /// What becomes of a section that begins.
    fn kind(&mut self, directive: &Directive) -> Kind {
        let asked = directive.words.first().map_or("", String::as_str);
        let plain = asked.trim_start_matches('!');
        let holds = match directive.key.as_str() {
            "ifmodule" => self.has_module(plain),
            "ifdefine" => self.defines.contains_key(plain),
            "iffile" => {
                self.tree.read(&self.path(plain)).is_ok() || self.tree.is_directory(&self.path(plain))
            }
            "ifversion" => return decided(is_version(&directive.words)),
            "ifdirective" | "ifsection" => true,
            _ => return Kind::Kept,
        };
        decided(holds != asked.starts_with('!'))
    }

    fn has_module(&self, asked: &str) -> bool {
        let name = module(asked);
        if BUILT_IN.contains(&name.as_str()) || self.modules.contains(&name) {
            return true;
        }
        !self.knows_modules && !OPTIONAL.contains(&name.as_str())
    }

    fn directive(&mut self, directive: Directive) {
        let first = directive.words.first().cloned();
        match (directive.key.as_str(), first) {
            ("include" | "includeoptional", Some(pattern)) => self.include(&directive, &pattern),
            ("define", Some(name)) => {
                let value = directive.words.get(1).cloned().unwrap_or_default();
                self.defines.insert(name, value);
            }
            ("undefine", Some(name)) => {
                self.defines.remove(&name);
            }
            ("loadmodule", Some(name)) => {
                self.modules.insert(module(&name));
            }
            ("serverroot", Some(path)) => self.server_root = path.trim_end_matches('/').to_owned(),
            _ => self.items.push(Item::Directive(directive)),
        }
    }

    fn include(&mut self, directive: &Directive, pattern: &str) {
        let place = directive.source.place.clone();
        if self.depth >= DEPTH_MAX {
            self.problem(&place, format!("'{pattern}' is not included: files include each other too deeply"));
            return;
        }
        let found = expand(self.tree, &self.path(pattern));
        let is_optional = directive.key == "includeoptional";
        if found.is_empty() && !is_optional {
            self.problem(&place, format!("'{pattern}': there is no such file"));
        }
        for path in found {
            if self.files >= FILES_MAX || self.bytes >= BYTES_MAX {
                self.problem(&place, format!("'{path}' is not included: there are too many files"));
                return;
            }
            match self.tree.read(&path) {
                Ok(bytes) => {
                    self.depth += 1;
                    self.file(&path, &bytes);
                    self.depth -= 1;
                }
                Err(error) if is_optional && error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.problem(&place, format!("'{path}' cannot be read: {error}")),
            }
        }
    }

    /// Replaces `${NAME}` by what was defined, or by a variable of the environment.
    fn substitute(&mut self, place: &Place, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            out.push_str(before);
            match self.defines.get(name).cloned().or_else(|| self.tree.variable(name)) {
                Some(value) => out.push_str(&value),
                None => {
                    self.problem(place, format!("'${{{name}}}' is not defined: it is left as it is"));
                    out.push_str(&format!("${{{name}}}"));
                }
            }
            rest = behind;
        }
        out + rest
    }
}

fn decided(holds: bool) -> Kind {
    if holds { Kind::Dissolved } else { Kind::Skipped }
}

/// `mod_ssl.c`, `ssl_module`: `ssl`.
fn module(name: &str) -> String {
    let name = name.strip_prefix("mod_").unwrap_or(name);
    name.strip_suffix(".c").or_else(|| name.strip_suffix("_module")).unwrap_or(name).to_lowercase()
}

/// `<IfVersion [operator] VERSION>`.
fn is_version(words: &[String]) -> bool {
    let (operator, version) = match words {
        [version] => ("=", version),
        [operator, version, ..] => (operator.as_str(), version),
        [] => return false,
    };
    let plain = operator.trim_start_matches('!');
    let mut asked = [0; 3];
    for (slot, part) in asked.iter_mut().zip(version.split('.')) {
        *slot = part.parse().unwrap_or(0);
    }
    let holds = match plain {
        ">" => VERSION > asked,
        ">=" => VERSION >= asked,
        "<" => VERSION < asked,
        "<=" => VERSION <= asked,
        _ => VERSION == asked,
    };
    holds != operator.starts_with('!')
}

/// A path as it is if it is absolute, otherwise below a directory.
pub(super) fn under(directory: &str, path: &str) -> String {
    if path.starts_with('/') || directory.is_empty() {
        return path.to_owned();
    }
    format!("{}/{path}", directory.trim_end_matches('/'))
}

/// The files that a path with wildcards in any of its parts means, in order; a directory means all files below it.
fn expand(tree: &dyn Tree, pattern: &str) -> Vec<String> {
    let mut found = vec![if pattern.starts_with('/') { "/".to_owned() } else { String::new() }];
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    for (at, part) in parts.iter().enumerate() {
        let is_last = at + 1 == parts.len();
        let mut next = Vec::new();
        for directory in found {
            if !part.contains(['*', '?', '[']) {
                next.push(join(&directory, part));
                continue;
            }
            let Ok(regex) = regex::Regex::new(&super::pattern::glob(part, ".")) else { continue };
            let mut names = tree.list(&directory).unwrap_or_default();
            names.retain(|name| regex.is_match(name) && (part.starts_with('.') || !name.starts_with('.')));
            names.sort();
            let paths = names.iter().map(|name| join(&directory, name));
            next.extend(paths.filter(|path| is_last || tree.is_directory(path)));
        }
        next.truncate(FILES_MAX);
        found = next;
    }
    let mut files = Vec::new();
    found.into_iter().for_each(|path| gather(tree, path, &mut files, DEPTH_MAX));
    files
}

fn gather(tree: &dyn Tree, path: String, files: &mut Vec<String>, depth: usize) {
    if !tree.is_directory(&path) {
        files.push(path);
    } else if depth > 0 && files.len() < FILES_MAX {
        let mut names = tree.list(&path).unwrap_or_default();
        names.sort();
        names.iter().for_each(|name| gather(tree, join(&path, name), files, depth - 1));
    }
}

fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() || directory.ends_with('/') {
        return format!("{directory}{name}");
    }
    format!("{directory}/{name}")
}

/// A line that can stand in a comment.
fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
