//! What the values of a criterion are compared with.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;

use diag::codes;
use http::message::Method as HttpMethod;
use sample::patterns::unreadable;
use sample::{Compile, Expr, Problem, Txn};
use state::pattern::file::lines;
use state::pattern::{
    Case, Columns, Method, Output, PatternExpr, PatternRef, PatternSet, PatternWhy, UsedBy, canonical_words,
};
use state::{Type, Value};
use syntax::Word;

use super::criterion::at;
use super::keyword::{Keyword, Notation};
use super::options::{File, HostNames, Options};
use super::registry;
use crate::observe::Matched;

/// What the values of a criterion are compared with.
#[derive(Debug)]
pub(super) enum Matcher {
    /// Any value matches.
    Found,
    /// Any value but 0 matches.
    Bool,
    /// These HTTP methods.
    Methods(Box<[(HttpMethod, Box<[u8]>)]>, Case),
    /// Users who are in one of these groups of a `userlist`.
    Groups(usize, Box<[Box<[u8]>]>),
    /// These patterns, each list as the options before it say: first those of files, then those of the line.
    Patterns(Box<[Arc<PatternExpr>]>),
}

impl Matcher {
    /// Compiles the patterns of a criterion. `derived` is the ACL keyword, if it decides how to match.
    pub(super) fn compile(
        expr: &Expr,
        derived: Option<Keyword>,
        options: &Options<'_>,
        compile: &mut Compile<'_>,
    ) -> Result<Matcher, Problem> {
        if let (Some(keyword), None) = (derived, options.matching) {
            match keyword.notation {
                Notation::Method => return methods(options, compile),
                Notation::Groups => return groups(expr, options, compile),
                Notation::Usual => {}
            }
        }
        let usual = derived.map(|keyword| keyword.matching).or_else(|| usual(expr.out()));
        let Some(method) = options.matching.or(usual) else {
            return Err(compile.problem_of(
                codes::ACL_CRITERION,
                format!("values of `{}` have no usual way to be matched; `-m` names one", expr.fetch_name()),
            ));
        };
        if method != Method::Found && !expr.out().casts_to(method.sample_type()) {
            let (method, fetch) = (method.name(), base::Lossy(expr.source()).to_string());
            return Err(compile.problem_of(
                codes::ACL_CRITERION,
                format!("values of `{fetch}` cannot be matched by `{method}`"),
            ));
        }
        if method.takes_patterns() {
            return Ok(Matcher::Patterns(patterns(expr, method, options, compile)?.into()));
        }
        Ok(if method == Method::Found { Matcher::Found } else { Matcher::Bool })
    }

    /// The method, where patterns are compared by one.
    pub(super) fn method(&self) -> Option<Method> {
        match self {
            Matcher::Found => Some(Method::Found),
            Matcher::Bool => Some(Method::Bool),
            Matcher::Patterns(list) => list.first().map(|expr| expr.method()),
            Matcher::Methods(..) | Matcher::Groups(..) => None,
        }
    }

    /// The type that values are cast to before they are compared.
    pub(super) fn expects(&self) -> Type {
        match self {
            Matcher::Found => Type::Any,
            Matcher::Bool => Type::Int,
            Matcher::Methods(..) => Type::Method,
            Matcher::Groups(..) => Type::Str,
            Matcher::Patterns(list) => list.first().map_or(Type::Any, |expr| expr.method().sample_type()),
        }
    }

    /// Whether a value of the expected type matches.
    #[inline]
    pub(super) fn matches(&self, value: &Value<'_>, txn: &Txn) -> bool {
        match self {
            Matcher::Found => true,
            Matcher::Bool => value.to_int().is_some_and(|n| n != 0),
            Matcher::Methods(list, case) => is_one_of(value, list, *case),
            Matcher::Groups(userlist, groups) => {
                let Some(userlist) = txn.runtime.userlists.get(*userlist) else { return false };
                let user = value.as_bytes().unwrap_or_default();
                groups.iter().any(|group| userlist.is_member(user, group))
            }
            Matcher::Patterns(list) => list.iter().any(|expr| expr.with_set(|set| set.matches(value))),
        }
    }
}

impl Matcher {
    /// The patterns, where text is compared with them.
    pub(super) fn of_texts(&self) -> Option<&[Arc<PatternExpr>]> {
        match self {
            Matcher::Patterns(list) => {
                let is_text = list.first().is_some_and(|one| one.method().sample_type() == Type::Str);
                is_text.then_some(list)
            }
            Matcher::Found | Matcher::Bool | Matcher::Methods(..) | Matcher::Groups(..) => None,
        }
    }

    /// How many patterns there are; `None` where none are needed.
    pub(super) fn len(&self) -> Option<usize> {
        match self {
            Matcher::Found | Matcher::Bool => None,
            Matcher::Methods(list, _) => Some(list.len()),
            Matcher::Groups(_, groups) => Some(groups.len()),
            Matcher::Patterns(list) => Some(list.iter().map(|expr| expr.set().entries().count()).sum()),
        }
    }

    /// As [`Matcher::matches`], for explanations: `None` where the value does not match, else the pattern that it
    /// matches, if patterns are compared.
    pub(super) fn explain(&self, value: &Value<'_>, txn: &Txn) -> Option<Option<Matched>> {
        match self {
            Matcher::Found => Some(None),
            Matcher::Bool => value.to_int().is_some_and(|n| n != 0).then_some(None),
            Matcher::Methods(..) | Matcher::Groups(..) | Matcher::Patterns(_) => {
                self.matched(value, txn).map(Some)
            }
        }
    }

    fn matched(&self, value: &Value<'_>, txn: &Txn) -> Option<Matched> {
        let alone = |text: &[u8]| Matched { pattern: text.into(), file: None };
        match self {
            Matcher::Found | Matcher::Bool => None,
            Matcher::Methods(list, case) => {
                let mut each = list.iter();
                let found = each.find(|one| is_one_of(value, std::slice::from_ref(*one), *case));
                found.map(|(_, name)| alone(name))
            }
            Matcher::Groups(userlist, groups) => {
                let userlist = txn.runtime.userlists.get(*userlist)?;
                let user = value.as_bytes()?;
                groups.iter().find(|group| userlist.is_member(user, group)).map(|group| alone(group))
            }
            Matcher::Patterns(list) => list.iter().find_map(|expr| {
                let set = expr.set();
                let entry = set.find(value)?;
                let file = (entry.line > 0).then(|| (expr.reference().name().into(), entry.line));
                Some(Matched { pattern: entry.pattern().into(), file })
            }),
        }
    }
}

/// How values of a type are matched where nothing else is said.
pub(super) fn usual(of: Type) -> Option<Method> {
    match of {
        Type::Bool => Some(Method::Bool),
        Type::Int => Some(Method::Int),
        Type::Addr | Type::Ipv4 | Type::Ipv6 => Some(Method::Ip),
        Type::Str => Some(Method::Str),
        Type::Any | Type::Bin | Type::Method => None,
    }
}

fn is_one_of(value: &Value<'_>, list: &[(HttpMethod, Box<[u8]>)], case: Case) -> bool {
    let Value::Method(kind, text) = value else { return false };
    list.iter().any(|(known, name)| match (known, case) {
        (HttpMethod::Other, Case::Sensitive) => **name == **text,
        (HttpMethod::Other, Case::Insensitive) => name.eq_ignore_ascii_case(text),
        _ => known == kind,
    })
}

fn methods(options: &Options<'_>, compile: &Compile<'_>) -> Result<Matcher, Problem> {
    let mut names: Vec<Box<[u8]>> = Vec::new();
    for file in &options.files {
        let content = compile
            .names
            .file(&file.path.text)
            .map_err(|error| at(file.path, unreadable(&file.path.text, &error)))?;
        names.extend(lines(&content, Columns::One).map(|line| line.pattern.into()));
    }
    names.extend(options.patterns.iter().map(|word| word.text.clone().into()));
    let list = names.into_iter().map(|name| (HttpMethod::of(&name), name)).collect();
    Ok(Matcher::Methods(list, options.case))
}

fn groups(expr: &Expr, options: &Options<'_>, compile: &Compile<'_>) -> Result<Matcher, Problem> {
    let source = expr.source();
    let name = source.split(|b| matches!(b, b'(' | b')')).nth(1).unwrap_or_default();
    let Some(userlist) = compile.names.userlist(name.trim_ascii()) else {
        return Err(compile
            .problem_of(codes::UNKNOWN_SECTION, format!("there is no userlist `{}`", base::Lossy(name))));
    };
    if options.patterns.is_empty() && options.files.is_empty() {
        return Err(
            compile.problem_of(codes::ACL_CRITERION, "the groups are missing behind `http_auth_group`")
        );
    }
    let mut groups: Vec<Box<[u8]>> = options.patterns.iter().map(|word| word.text.clone().into()).collect();
    for file in &options.files {
        let content = compile
            .names
            .file(&file.path.text)
            .map_err(|error| at(file.path, unreadable(&file.path.text, &error)))?;
        groups.extend(lines(&content, Columns::One).map(|line| line.pattern.into()));
    }
    Ok(Matcher::Groups(userlist, groups.into()))
}

fn patterns(
    expr: &Expr,
    method: Method,
    options: &Options<'_>,
    compile: &mut Compile<'_>,
) -> Result<Vec<Arc<PatternExpr>>, Problem> {
    let mut list = Vec::new();
    for file in &options.files {
        list.push(of_file(file, method, compile)?);
    }
    // A list without any pattern still has its number, so that operators can add to it.
    if !options.patterns.is_empty() || list.is_empty() || options.unique_id.is_some() {
        list.push(of_line(expr, method, options, compile)?);
    }
    Ok(list)
}

fn of_file(file: &File<'_>, method: Method, compile: &mut Compile<'_>) -> Result<Arc<PatternExpr>, Problem> {
    let columns = if file.is_map { Columns::Two } else { Columns::One };
    compile.span = file.path.span;
    let reference = registry::of_file(&file.path.text, columns, UsedBy::Acl, compile)?;
    reference.attach(method, file.case, Output::Str).map_err(|error| {
        let path = file.path.lossy();
        at(file.path, format!("`{path}`, line {}: {}", error.line, error.why))
    })
}

fn of_line(
    expr: &Expr,
    method: Method,
    options: &Options<'_>,
    compile: &mut Compile<'_>,
) -> Result<Arc<PatternExpr>, Problem> {
    let words = checked(method, options)?;
    let reference = registry::of_line(expr.fetch_name(), options.unique_id, compile)?;
    let patterns = canonical_words(method, &words)
        .map_err(|error| compile.problem_of(codes::ACL_CRITERION, error.to_string()))?;
    for (_, pattern) in &patterns {
        add(&reference, pattern, compile)?;
    }
    reference.attach(method, options.case, Output::Str).map_err(|error| compile.pattern_problem(&error.why))
}

fn add(reference: &PatternRef, pattern: &[u8], compile: &Compile<'_>) -> Result<(), Problem> {
    reference.add(pattern, None).map_err(|error| compile.problem_of(codes::ACL_CRITERION, error.to_string()))
}

/// The patterns of a line, once they all are of this method; names of hosts among networks are replaced by addresses.
fn checked(method: Method, options: &Options<'_>) -> Result<Vec<Vec<u8>>, Problem> {
    let mut words: Vec<Vec<u8>> = options.patterns.iter().map(|word| word.text.clone()).collect();
    // Each round mends one word, so that there are no more rounds than words.
    for _ in 0..=words.len() {
        let Err(error) = PatternSet::compile(method, options.case, &words) else { break };
        let word: &Word = &options.patterns[error.index];
        let is_name = matches!(error.why, PatternWhy::Address(_)) && options.names == HostNames::Resolved;
        let Some(addr) = is_name.then(|| resolve(&word.text)).flatten() else {
            return Err(sample::problem::pattern_problem(word.span, &error.why));
        };
        words[error.index] = addr.to_string().into_bytes();
    }
    Ok(words)
}

/// The first address of a host name, IPv4 if it has one.
fn resolve(name: &[u8]) -> Option<IpAddr> {
    let name = std::str::from_utf8(name).ok()?;
    let addrs: Vec<IpAddr> = (name, 0).to_socket_addrs().ok()?.map(|addr| addr.ip()).collect();
    addrs.iter().find(|addr| addr.is_ipv4()).or(addrs.first()).copied()
}
