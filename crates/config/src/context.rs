//! What parsing a line has at hand: the object it fills, the names of the whole configuration, where problems go.

use std::sync::Arc;

use base::ProxyId;
use diag::{Code, Diagnostic, Diagnostics, Sources, Span, codes};
use keyword::{Built, Sections};
use rules::{AclTable, ActionCompile, ErrorTable, Kinds};
use sample::compile::{AclTest, Names, Place, ProxyName, Uses};
use sample::{Compile, Problem};
use state::proxy::{Mode, Sides};

use crate::model::{Bind, Global, ProxyConfig, ServerConfig};
use crate::names::NameTable;

/// What every parser shares.
pub struct Context<'c> {
    /// All names, collected before anything was parsed.
    pub names: &'c NameTable,
    /// The files, for raw text and messages.
    pub sources: &'c Sources,
    /// Where problems go.
    pub diags: &'c mut Diagnostics,
    /// What expressions use.
    pub uses: &'c mut Uses,
}

impl Context<'_> {
    /// The same for a part of the work.
    pub(crate) fn reborrow(&mut self) -> Context<'_> {
        Context { names: self.names, sources: self.sources, diags: self.diags, uses: self.uses }
    }

    /// Reports a problem that ends the parsing of a line.
    #[expect(clippy::boxed_local, reason = "that is how problems come")]
    pub fn report(&mut self, problem: Problem) {
        self.diags.push(*problem);
    }

    /// Tells how far `what`, which stands at `span`, is carried out; says nothing of what works.
    pub fn tell_built(&mut self, built: Built, what: &str, span: Span) {
        if let Some(diagnostic) = keyword::built::told(built, what) {
            self.diags.push(diagnostic.at(span));
        }
    }

    /// Warns at `span`.
    pub fn warn(&mut self, span: Span, message: impl Into<String>) {
        self.warn_of(codes::NO_EFFECT, span, message);
    }

    /// Warns at `span` under a number of its own.
    pub fn warn_of(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.diags.push(Diagnostic::warning(message).at(span).code(code));
    }
}

/// Whether a line stands in the section it is parsed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// It does.
    Own,
    /// It comes from the `defaults` section that the proxy inherits from.
    Inherited,
    /// It stands in a `defaults` section that is being checked on its own, on a proxy made for the purpose.
    Defaults,
}

/// Whether `no` or `default` stood before the keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// Neither.
    Set,
    /// `no`.
    No,
    /// `default`: back to what HAProxy does without the keyword.
    Default,
}

/// For a line of a `global` section.
pub struct GlobalParse<'p> {
    /// What is filled.
    pub global: &'p mut Global,
    /// Shared things.
    pub cx: Context<'p>,
    /// Whether `no` stood before the keyword.
    pub polarity: Polarity,
    /// The place of the keyword.
    pub span: Span,
}

impl GlobalParse<'_> {
    /// For expressions of the global section.
    pub fn compile(&mut self, span: Span) -> Compile<'_> {
        Compile {
            place: Place::Global,
            proxy: None,
            mode: Mode::Tcp,
            names: self.cx.names,
            diags: self.cx.diags,
            uses: self.cx.uses,
            span,
        }
    }
}

/// What a proxy section's parsing keeps between its lines.
#[derive(Debug, Default)]
pub struct ProxyScratch {
    /// Its `acl` lines. Rules hold what they use; nothing looks an ACL up by name at run time.
    pub acls: AclTable,
    /// What `default-server` said so far.
    pub default_server: ServerConfig,
    /// Whether the last of these lines said more than where to begin.
    pub has_default_server: bool,
    /// Whether the servers of its lines come after the start.
    pub is_dynamic: bool,
    /// What `default-server name NAME` said so far, by name.
    pub named_servers: Vec<(Box<[u8]>, ServerConfig)>,
    /// The sockets of `bind` lines with an `id`: their place among the proxy's binds, and that id.
    pub bind_ids: Vec<(usize, u32)>,
    /// Names that nothing is known by: told behind what is wrong with lines themselves, and not for a proxy that is
    /// disabled.
    pub late: Vec<Diagnostic>,
    /// What set the log format last, for the warning about one that replaces another in a `defaults` section.
    pub log_format_by: Option<&'static str>,
    /// What lines on checks said so far.
    pub checks: crate::sections::proxy::CheckDraft,
    /// What its filters said so far.
    pub filters: crate::sections::proxy::FilterDraft,
    /// The farthest of the proxy's own rules in the order of processing, and its keyword.
    pub last_rule: Option<(u8, &'static str)>,
    /// `mode health` was said.
    pub is_health: bool,
    /// Whether a switching rule takes the backend's name from `reqsetbe`.
    pub has_setbe: bool,
    /// How many rules of the legacy request ruleset are `reqadd`, which run last.
    pub request_adds: usize,
    /// How many rules of the legacy response ruleset are `rspadd`, which run last.
    pub response_adds: usize,
    /// Its `ssl-f-use` lines.
    pub frontend_uses: Vec<crate::sections::bind::FrontendUse>,
    /// The places of `ssl` on `bind` lines whose certificates are wrong, which has been told.
    pub broken_tls: Vec<Span>,
    /// Its bandwidth limits.
    pub bandwidth: rules::BandwidthNames,
    /// The rulesets whose last own rule always ends them.
    pub ended: Vec<rules::Kinds>,
}

/// For a line of a proxy section.
pub struct ProxyParse<'p> {
    /// What is filled.
    pub proxy: &'p mut ProxyConfig,
    /// What earlier lines left.
    pub scratch: &'p mut ProxyScratch,
    /// The process-wide settings so far.
    pub global: &'p Global,
    /// Shared things.
    pub cx: Context<'p>,
    /// The kind of section the line stands in.
    pub section: Sections,
    /// Whether it is the proxy's own line.
    pub pass: Pass,
    /// Whether `no` or `default` stood before the keyword.
    pub polarity: Polarity,
    /// The place of the keyword.
    pub span: Span,
}

/// The names of a configuration with one proxy's ACLs.
struct ScopedNames<'n> {
    table: &'n NameTable,
    acls: &'n AclTable,
}

impl Names for ScopedNames<'_> {
    fn proxy(&self, name: &[u8], side: Sides) -> Option<ProxyName> {
        self.table.proxy(name, side)
    }
    fn server(&self, proxy: ProxyId, name: &[u8]) -> Option<base::ServerId> {
        self.table.server(proxy, name)
    }
    fn userlist(&self, name: &[u8]) -> Option<usize> {
        self.table.userlist(name)
    }
    fn file(&self, path: &[u8]) -> Result<Arc<[u8]>, String> {
        self.table.file(path)
    }
    fn token_store(&self) -> Option<Arc<tls::files::FileStore>> {
        self.table.token_store()
    }
    fn token_certificate(&self, name: &str) -> Result<(), String> {
        self.table.token_certificate(name)
    }
    fn acl(&self, name: &[u8]) -> Option<Arc<dyn AclTest>> {
        self.acls.get(name).map(|acl| acl as Arc<dyn AclTest>)
    }
    fn patterns(&self) -> Option<&std::cell::RefCell<state::pattern::PatternRefs>> {
        self.table.patterns()
    }
    fn place(&self, span: Span) -> String {
        self.table.place(span)
    }
    fn environment(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.table.environment(name)
    }
    fn proxy_names(&self) -> Vec<String> {
        self.table.proxy_names()
    }
}

impl ProxyParse<'_> {
    /// Compiles an expression, a format or a condition that stands at `place` of this proxy.
    pub fn compile<R>(
        &mut self,
        place: Place,
        span: Span,
        work: impl FnOnce(&mut Compile<'_>, &AclTable) -> R,
    ) -> R {
        let proxy = self.current_proxy();
        let names = ScopedNames { table: self.cx.names, acls: &self.scratch.acls };
        let mut compile = Compile {
            place,
            proxy,
            mode: self.proxy.mode,
            names: &names,
            diags: self.cx.diags,
            uses: self.cx.uses,
            span,
        };
        work(&mut compile, &self.scratch.acls)
    }

    /// Adds an `acl` line: the cursor stands behind `acl`.
    ///
    /// # Errors
    /// As [`AclTable::define`].
    pub fn define_acl(&mut self, words: &mut rules::Words<'_>) -> Result<(), Problem> {
        self.compile(Place::Acl, words.span(), |compile, acls| acls.define(words, compile))
    }

    /// Compiles an action that stands at `place` in rulesets of `kind`.
    pub fn compile_action<R>(
        &mut self,
        place: Place,
        kind: Kinds,
        span: Span,
        work: impl FnOnce(&mut ActionCompile<'_, '_>) -> R,
    ) -> R {
        let errors = self.cx.names;
        let mut captures = std::mem::take(&mut self.proxy.captures);
        let mut bandwidth = std::mem::take(&mut self.scratch.bandwidth);
        let done = self.compile(place, span, |sample, acls| {
            let (captures, bandwidth) = (&mut captures, &mut bandwidth);
            work(&mut ActionCompile { sample, kind, acls, errors, captures, bandwidth })
        });
        self.proxy.captures = captures;
        self.scratch.bandwidth = bandwidth;
        done
    }

    /// What expressions take as the current proxy: nothing in a `defaults` section.
    fn current_proxy(&self) -> Option<ProxyId> {
        (self.pass != Pass::Defaults).then_some(self.proxy.id)
    }

    /// Where this proxy's request rules stand: a backend sees more.
    #[must_use]
    pub fn request_place(&self) -> Place {
        match self.proxy.sides {
            Sides::Frontend => Place::Request,
            Sides::Backend => Place::BackendRequest,
            Sides::Both => Place::ListenRequest,
        }
    }

    /// Warns at the keyword.
    pub fn warn(&mut self, message: impl Into<String>) {
        let span = self.span;
        self.cx.warn(span, message);
    }

    /// Warns at the keyword under a number of its own.
    pub fn warn_of(&mut self, code: Code, message: impl Into<String>) {
        let span = self.span;
        self.cx.warn_of(code, span, message);
    }

    /// Tells how far `what`, which stands at the keyword, is carried out.
    pub fn tell_built(&mut self, built: Built, what: &str) {
        self.tell_built_at(self.span, built, what);
    }

    /// Tells how far `what`, which stands at `span`, is carried out. What is refused is refused in proxies that are not
    /// disabled alone; notes of a `defaults` section are told there.
    pub fn tell_built_at(&mut self, span: Span, built: Built, what: &str) {
        match (built, self.pass) {
            (Built::Refused, Pass::Own | Pass::Inherited) => {
                self.scratch.late.push(keyword::built::refused(what).at(span));
            }
            (Built::Internal | Built::Noted, Pass::Own | Pass::Defaults) => {
                self.cx.tell_built(built, what, span)
            }
            (Built::Working, _) | (Built::Refused, Pass::Defaults) | (_, Pass::Inherited) => {}
        }
    }
}

impl rules::action::ErrorNames for NameTable {
    fn http_errors(&self, name: &[u8]) -> Option<Arc<ErrorTable>> {
        NameTable::http_errors(self, name)
    }

    fn log_profile(&self, name: &[u8]) -> Option<usize> {
        NameTable::log_profile(self, name)
    }

    fn log_profiles(&self) -> Vec<String> {
        self.section_names(keyword::Sections::LOG_PROFILE).collect()
    }

    fn resolvers(&self, name: &[u8]) -> Option<usize> {
        NameTable::resolvers(self, name)
    }

    fn all_resolvers(&self) -> Vec<String> {
        self.section_names(keyword::Sections::RESOLVERS).collect()
    }
}

/// For one word of a `server` or `default-server` line.
pub struct ServerParse<'s, 'p> {
    /// What is filled.
    pub server: &'s mut ServerConfig,
    /// The proxy's line.
    pub line: &'s mut ProxyParse<'p>,
    /// The place of the word.
    pub span: Span,
}

impl ServerParse<'_, '_> {
    /// Tells how far the word is carried out.
    pub fn tell_built(&mut self, built: Built, what: &str) {
        self.line.tell_built_at(self.span, built, what);
    }
}

/// For one word of a `bind` line.
pub struct BindParse<'s, 'p> {
    /// What is filled; copied to every address of the line afterwards.
    pub bind: &'s mut Bind,
    /// What its words say about TLS.
    pub tls: &'s mut crate::sections::bind::Draft,
    /// The proxy's line.
    pub line: &'s mut ProxyParse<'p>,
    /// The place of the word.
    pub span: Span,
}

impl BindParse<'_, '_> {
    /// Tells how far the word is carried out.
    pub fn tell_built(&mut self, built: Built, what: &str) {
        self.line.tell_built_at(self.span, built, what);
    }
}
