//! What can only be said about TLS on a `bind` line when all its words were read, and when its section was.

use std::sync::Arc;

use diag::{Diagnostic, Span, codes};
use sample::Problem;
use sample::compile::problem_of;
use state::proxy::Mode;
use syntax::Word;
use tls::load::{CrtKeyword, based};
use tls::options::ServerOptions;

use super::files;
use crate::context::ProxyParse;
use crate::model::BindTls;
use crate::tls_files::{base, path};

/// A word that names certificates.
#[derive(Debug)]
pub(crate) enum Source {
    /// `crt`, `default-crt`.
    Certificate(CrtKeyword, Word),
    /// `crt-list`.
    List(Word),
}

/// What the words of a line said so far.
#[derive(Debug, Default)]
pub struct Draft {
    /// The place of `ssl`.
    pub(crate) ssl: Option<Span>,
    pub(crate) options: ServerOptions,
    pub(crate) sources: Vec<Source>,
    /// The place of `generate-certificates`.
    pub(crate) generates: Option<Span>,
    /// `ca-sign-file`.
    pub(crate) signer: Option<Word>,
    /// `ca-sign-pass`.
    pub(crate) signer_passphrase: Option<Box<[u8]>>,
    /// The place of `verify`.
    pub(crate) verify: Option<Span>,
}

impl Draft {
    /// Loads what the line names and reports what is wrong with it. `None`: the line has no `ssl`.
    pub(crate) fn complete(mut self, parse: &mut ProxyParse<'_>) -> Option<Box<BindTls>> {
        self.fit_versions(parse);
        if parse.proxy.mode != Mode::Http {
            // Only HTTP has protocols that go without saying.
            self.options.host.alpn.get_or_insert_default();
        }
        let errors = parse.cx.diags.errors();
        let (mut entries, mut lists) = (Vec::new(), Vec::new());
        let host = Arc::new(self.options.host.clone());
        for source in &self.sources {
            let added = match source {
                Source::Certificate(keyword, word) => {
                    files::certificate(word, *keyword, &host, (&mut entries, &mut lists), parse)
                }
                Source::List(word) => files::list(word, &host, (&mut entries, &mut lists), parse),
            };
            if let Err(problem) = added {
                parse.cx.report(problem);
            }
        }
        let Some(span) = self.ssl else {
            if let Some(first) = self.sources.first().filter(|_| !entries.is_empty()) {
                parse.cx.warn(first.span(), "there is a certificate, but no `ssl` on this `bind` line");
            }
            return None;
        };
        for checked in [self.load_signer(parse), files::check_verify(&host, self.verify.unwrap_or(span))] {
            if let Err(problem) = checked {
                parse.cx.report(problem);
            }
        }
        self.warn_of_defaults(parse);
        if parse.cx.diags.errors() > errors {
            parse.scratch.broken_tls.push(span);
        }
        Some(Box::new(BindTls { span, options: self.options, entries, lists, context: None }))
    }

    /// `no-tlsv12` and its relatives count only where neither end of the range is said.
    fn fit_versions(&mut self, parse: &mut ProxyParse<'_>) {
        let versions = &mut self.options.host.versions;
        if versions.removed != 0 && (versions.min.is_some() || versions.max.is_some()) {
            versions.removed = 0;
            if let Some(span) = self.ssl {
                parse.cx.warn(span, "`no-sslv3`, `no-tlsv10` and the like have no effect beside `ssl-min-ver` and `ssl-max-ver`");
            }
        }
    }

    fn load_signer(&mut self, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
        let Some(span) = self.generates else { return Ok(()) };
        let Some(word) = &self.signer else {
            return Err(problem_of(codes::CERTIFICATE, span, "`generate-certificates` needs `ca-sign-file`"));
        };
        let path = based(path(word)?, base(parse.global.ca_base.as_deref()));
        let (names, settings) = (parse.cx.names, parse.global.tls.load);
        let files = names.tls_files();
        let passphrase = self.signer_passphrase.as_deref();
        let read = files.load(settings, word.span, parse.cx.diags, |loader| loader.signer(&path, passphrase));
        self.options.signer = Some(read?);
        Ok(())
    }

    fn warn_of_defaults(&self, parse: &mut ProxyParse<'_>) {
        let default = self.sources.iter().find_map(|source| match source {
            Source::Certificate(CrtKeyword::DefaultCrt, word) => Some(word.span),
            Source::Certificate(CrtKeyword::Crt, _) | Source::List(_) => None,
        });
        if let Some(span) = default.filter(|_| self.options.is_strict_sni) {
            parse.cx.warn(span, "`default-crt` has no effect beside `strict-sni`");
        }
    }
}

impl Source {
    fn span(&self) -> Span {
        match self {
            Source::Certificate(_, word) | Source::List(word) => word.span,
        }
    }
}

/// Adds the certificates of `ssl-f-use` lines to the TLS `bind` lines of a proxy, and tells of those that still have
/// none.
pub(crate) fn complete_proxy(parse: &mut ProxyParse<'_>) {
    let uses = std::mem::take(&mut parse.scratch.frontend_uses);
    let mut last: Option<Box<BindTls>> = None;
    for index in 0..parse.proxy.binds.len() {
        let Some(mut tls) = parse.proxy.binds[index].tls.take() else { continue };
        // The sockets of one line are alike.
        if let Some(done) = last.as_ref().filter(|done| done.span == tls.span) {
            parse.proxy.binds[index].tls = Some(done.clone());
            continue;
        }
        let host = Arc::new(tls.options.host.clone());
        let errors = parse.cx.diags.errors();
        // The last line comes first: its certificate is the default one, as in HAProxy.
        for one in uses.iter().rev() {
            if let Err(problem) = one.add(&host, &mut tls.entries, parse) {
                parse.cx.report(problem);
            }
        }
        if parse.cx.diags.errors() == errors && !parse.scratch.broken_tls.contains(&tls.span) {
            check_certificates(&tls, parse);
        }
        last = Some(tls.clone());
        parse.proxy.binds[index].tls = Some(tls);
    }
}

/// There must be something to show to clients.
fn check_certificates(tls: &BindTls, parse: &mut ProxyParse<'_>) {
    if !tls.entries.is_empty() {
        return;
    }
    if tls.options.is_strict_sni && tls.options.signer.is_none() {
        parse.cx.warn(tls.span, "there is no certificate: TLS connections will fail (`crt FILE` names one)");
        return;
    }
    parse.cx.diags.push(
        Diagnostic::error("`ssl` needs a certificate: `crt FILE`").at(tls.span).code(codes::CERTIFICATE),
    );
}
