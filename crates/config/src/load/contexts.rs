//! What TLS connections are made with: built when everything was read, so that lists of algorithms and keys that do not
//! work are found by a mere check.

use std::sync::Arc;

use diag::{Diagnostic, Diagnostics, Span, codes};
use tls::files::{BindLine, FileStore};
use tls::records::RecordSizes;
use tls::server::{Settings, SharedTls};
use tls::{Slot, client, server};

use crate::model::{BindTls, CheckConfig, CheckScript, Config, Global, ProxyConfig, ServerConfig};

/// Makes the contexts of all proxies that are not disabled, and of rings and `log-forward` sections.
pub(super) fn make(config: &mut Config, diags: &mut Diagnostics) {
    let Config { global, proxies, rings, log_forwards, uses, tls: shared, tls_files, files, .. } = config;
    let settings = settings(global, uses.tls_hello);
    let mut maker = Maker { settings, shared, store: tls_files, files, diags };
    let carriers = rings
        .iter_mut()
        .map(|ring| &mut ring.proxy)
        .chain(log_forwards.iter_mut().map(|forward| &mut forward.proxy));
    for proxy in proxies.iter_mut().chain(carriers).filter(|proxy| !proxy.is_disabled) {
        maker.binds(proxy);
        let script = proxy.check.script().cloned();
        proxy.servers.iter_mut().for_each(|server| maker.server(server, script.as_deref()));
    }
}

/// Makes that of a server of `backend` that comes later.
pub(crate) fn server(
    config: &Config,
    backend: base::ProxyId,
    server: &mut ServerConfig,
    diags: &mut Diagnostics,
) {
    let settings = settings(&config.global, config.uses.tls_hello);
    let (store, files) = (&*config.tls_files, &*config.files);
    let script = config.proxy(backend).check.script().map(Arc::as_ref);
    Maker { settings, shared: &mut None, store, files, diags }.server(server, script);
}

/// What lines have in common; `uses_hello`: expressions look at hellos.
fn settings(global: &Global, uses_hello: bool) -> Settings {
    let keeps_hello = global.tls.capture_bytes_max > 0 || uses_hello;
    let records = RecordSizes { idle: global.tune.idletimer, ..global.tls.settings.records };
    Settings { keeps_hello, records, ..global.tls.settings }
}

struct Maker<'m> {
    settings: Settings,
    shared: &'m mut Option<SharedTls>,
    store: &'m FileStore,
    /// The names of the configuration's files.
    files: &'m [Box<str>],
    diags: &'m mut Diagnostics,
}

impl Maker<'_> {
    /// The sockets of a line share what they serve with.
    fn binds(&mut self, proxy: &mut ProxyConfig) {
        let mut last: Option<(Span, Option<Arc<Slot<server::Context>>>)> = None;
        let name = proxy.name.clone();
        for tls in proxy.binds.iter_mut().filter_map(|bind| bind.tls.as_deref_mut()) {
            tls.context = match &last {
                Some((span, made)) if *span == tls.span => made.clone(),
                Some(_) | None => self.bind(tls, &name),
            };
            last = Some((tls.span, tls.context.clone()));
        }
    }

    fn bind(&mut self, tls: &BindTls, proxy: &str) -> Option<Arc<Slot<server::Context>>> {
        if tls.entries.is_empty() && !tls.options.is_strict_sni {
            // That has been told.
            return None;
        }
        let made =
            self.shared().and_then(|shared| server::Context::new(&tls.options, tls.entries.clone(), &shared));
        let slot = Arc::new(Slot::new(self.tell(made, "bind", tls.span)?));
        let file = self.files.get(usize::try_from(tls.span.file.0).unwrap_or(usize::MAX));
        self.store.add_bind(BindLine {
            proxy: proxy.into(),
            place: format!("{}:{}", file.map_or("", |name| name), tls.span.line).into(),
            lists: tls.lists.clone(),
            slot: slot.clone(),
        });
        Some(slot)
    }

    /// `script` is how the proxy checks its servers.
    fn server(&mut self, server: &mut ServerConfig, script: Option<&CheckScript>) {
        let tls = &mut server.tls;
        let needs_it = |check: &CheckConfig| {
            tls.checks || check.script.as_deref().or(script).is_some_and(CheckScript::uses_tls)
        };
        if tls.is_on || tls.is_ready || server.check.as_ref().is_some_and(needs_it) {
            tls.options.keeps_hello = self.settings.keeps_hello;
            tls.options.logs_secrets = self.settings.logs_secrets;
            tls.options.records = self.settings.records;
            let made = self.tell(client::Context::new(&tls.options), "server", server.span);
            tls.context = made.map(|context| Arc::new(Slot::new(context)));
            if let Some(slot) = &tls.context {
                self.store.add_server(slot);
            }
        }
    }

    /// What all lines share is made for the first.
    fn shared(&mut self) -> Result<SharedTls, String> {
        if self.shared.is_none() {
            *self.shared = Some(SharedTls::new(self.settings)?);
        }
        self.shared.clone().ok_or_else(String::new)
    }

    /// Takes a context out of what came of making it; the rest is told.
    fn tell<T>(&mut self, made: Result<tls::Built<T>, String>, line: &str, span: Span) -> Option<Arc<T>> {
        match made {
            Ok(built) => {
                for warning in built.warnings {
                    self.diags.push(
                        Diagnostic::advice(format!("`{line}`: {warning}")).at(span).code(codes::TLS_LEFT_OUT),
                    );
                }
                Some(built.context)
            }
            Err(error) => {
                self.diags
                    .push(Diagnostic::error(format!("`{line}`: {error}")).at(span).code(codes::TLS_SETTINGS));
                None
            }
        }
    }
}
