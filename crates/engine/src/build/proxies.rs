//! Proxies with their servers, tables and loggers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use config::Config;
use config::model::{ProxyConfig, ServerAddress, ServerConfig};
use diag::Diagnostics;
use state::balance::{Algorithm, Backups, BalanceSetup};
use state::proxy::{Mode, ProxyFacts, ProxySetup};
use state::{Proxy, Server};

use super::Surroundings;
use super::loggers::make_logger;
use super::servers::{hash_key, make_server, server_run, server_setup};
use crate::capture::Captures;
use crate::dynamic_cookie::DynamicCookies;
use crate::log_forward::Rings;
use crate::route::Namespaces;
use crate::shared::{ProxyRun, ServerRun, ServerRuns};
use crate::state_file::StateFiles;

/// What all proxies are built upon, and what building them leaves.
pub(crate) struct Builder<'b> {
    config: &'b Config,
    around: &'b Surroundings,
    rings: &'b Rings,
    namespaces: Arc<Namespaces>,
    states: StateFiles,
    /// `fullconn` of each proxy of the files, by its id; others have what their lines say.
    fullconns: Vec<u32>,
    /// The number of the next pool of connections; there is one a server.
    pub(crate) next_pool: usize,
    /// What came up.
    pub(crate) diags: Diagnostics,
}

impl<'b> Builder<'b> {
    pub(crate) fn new(
        config: &'b Config,
        around: &'b Surroundings,
        rings: &'b Rings,
        namespaces: Namespaces,
        states: StateFiles,
        diags: Diagnostics,
    ) -> Self {
        let fullconns = config.fullconns(around.maxconn);
        let namespaces = Arc::new(namespaces);
        Builder { config, around, rings, namespaces, states, fullconns, next_pool: 0, diags }
    }

    /// Makes what runs of the proxies of the files, in their order.
    pub(super) fn proxies(&mut self) -> (Vec<Arc<Proxy>>, Vec<ProxyRun>) {
        self.config.proxies.iter().map(|proxy| self.proxy(proxy)).unzip()
    }

    /// Makes what runs of a proxy.
    pub(crate) fn proxy(&mut self, proxy: &ProxyConfig) -> (Arc<Proxy>, ProxyRun) {
        let (servers, runs) = self.servers(proxy);
        let mut state = Proxy::with_balance(
            proxy_setup(proxy, self.fullconns.get(proxy.id.index()).copied().unwrap_or(proxy.fullconn)),
            balance_setup(proxy),
            servers,
            self.around.workers,
        );
        state.table = proxy.table.clone().map(|spec| make_table(self.config, proxy, spec));
        state.facts = proxy_facts(self.config, proxy);
        state.is_removed = AtomicBool::new(proxy.holds_peers_table);
        state.is_unpublished = AtomicBool::new(proxy.is_unpublished);
        let state = Arc::new(state);
        let make = |line| make_logger(line, self.rings, &mut self.diags);
        let loggers = proxy.logs.iter().filter_map(make).collect();
        let r = &proxy.rules;
        let run = ProxyRun {
            state: state.clone(),
            servers: ServerRuns::new(runs),
            dispatch: self.dispatch(proxy),
            log_lines: AtomicU64::new(0),
            loggers,
            has_request_rules: [&r.tcp_content, &r.block, &r.http_request, &r.legacy_request, &r.redirect]
                .iter()
                .any(|set| !set.is_empty()),
            has_response_rules: [&r.tcp_response, &r.http_response, &r.legacy_response]
                .iter()
                .any(|set| !set.is_empty()),
            log_tag: proxy.log_tag.clone(),
            captures: Captures::default(),
            dynamic_cookies: DynamicCookies::of(proxy),
        };
        (state, run)
    }

    fn servers(&mut self, proxy: &ProxyConfig) -> (Vec<Arc<Server>>, Vec<Arc<ServerRun>>) {
        let mut servers = Vec::new();
        let mut runs = Vec::new();
        let states = self.states.of(self.config, proxy, &mut self.diags);
        for server in &proxy.servers {
            let former = states.server(proxy, server);
            let state = Arc::new(make_server(proxy, server, former, self.around.workers, &mut self.diags));
            let restored = former.and_then(|former| former.restore(proxy, server, &state, &mut self.diags));
            let run = server_run(proxy, server, state.clone(), &self.namespaces, self.next_pool);
            let run = ServerRun { restored, ..run };
            if let Some((resolving, former)) = run.resolving.as_ref().zip(former) {
                resolving.restore(former);
            }
            // What a line with `ssl` says is not undone by a file that may be older.
            if let Some(restored) = run.restored.as_ref().filter(|_| server.tls.is_ready) {
                restored.restore_tls(&run);
            }
            runs.push(Arc::new(run));
            self.next_pool += 1;
            servers.push(state);
        }
        (servers, runs)
    }

    /// The nameless server of `dispatch` and `option transparent`.
    fn dispatch(&mut self, proxy: &ProxyConfig) -> Option<Arc<ServerRun>> {
        let options = &proxy.options;
        let is_wanted = proxy.dispatch.is_some() || options.transparent.is_on() || options.http_proxy.is_on();
        if !is_wanted {
            return None;
        }
        let nowhere = net::Endpoint::Inet(SocketAddr::from(([0, 0, 0, 0], 0)));
        let endpoint = proxy.dispatch.clone().unwrap_or(nowhere);
        let config = ServerConfig {
            id: base::ServerId::from_index(proxy.servers.len()),
            name: "<NOSRV>".into(),
            address: ServerAddress::Endpoint(endpoint.clone()),
            pool_max_conn: 0,
            ..ServerConfig::default()
        };
        let state = Arc::new(Server::new(server_setup(proxy, &config, endpoint, 0), self.around.workers));
        let run = server_run(proxy, &config, state, &self.namespaces, self.next_pool);
        self.next_pool += 1;
        Some(Arc::new(ServerRun { is_dispatch: true, added: Some(Box::new(config)), ..run }))
    }
}

/// What rules can ask about the configuration of `proxy`.
fn proxy_facts(config: &Config, proxy: &ProxyConfig) -> ProxyFacts {
    let bytes_max = |slots: &[rules::action::CaptureSlot]| slots.iter().map(|slot| slot.bytes_max).collect();
    ProxyFacts {
        default_backend: proxy.default_backend.map(|id| config.proxy(id).name.clone()),
        request_captures_bytes_max: bytes_max(&proxy.captures.request),
        response_captures_bytes_max: bytes_max(&proxy.captures.response),
    }
}

/// The table of a proxy. One that `stick` rules use keeps servers, whatever its line says.
fn make_table(
    config: &Config,
    proxy: &ProxyConfig,
    mut spec: state::table::TableSpec,
) -> Arc<state::table::Table> {
    let mut rules = config.proxies.iter().flat_map(|p| &p.stick);
    if rules.any(|rule| rule.table == proxy.id) {
        // Both are plain data types that any table can hold.
        let _ = spec.store("server_id,server_key");
    }
    state::table::Table::new(spec)
}

fn proxy_setup(proxy: &ProxyConfig, fullconn: u32) -> ProxySetup {
    ProxySetup {
        id: proxy.id,
        uuid: proxy.uuid,
        name: proxy.name.clone(),
        mode: proxy.mode,
        sides: proxy.sides,
        timeouts: proxy.timeouts,
        maxconn: proxy.maxconn,
        fullconn,
        retries: proxy.retries,
    }
}

fn balance_setup(proxy: &ProxyConfig) -> BalanceSetup {
    let mut algorithm = proxy.balance.algorithm;
    if proxy.mode == Mode::Log && matches!(algorithm, Algorithm::Random { .. }) {
        // Nobody counts what servers have to do: there is nothing to compare.
        algorithm = Algorithm::Random { draws: 1 };
    }
    BalanceSetup {
        algorithm,
        hash_type: proxy.balance.hash_type,
        hash_balance_factor: proxy.balance.hash_balance_factor,
        affinity: proxy.balance.affinity,
        backups: if proxy.options.allbackups.is_on() { Backups::All } else { Backups::First },
        hash_keys: proxy.servers.iter().map(hash_key).collect(),
    }
}
