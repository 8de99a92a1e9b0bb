//! Servers that come and go while the process runs (management guide, chapter 9.3, `add server`, `del server`).
//!
//! A new server is in maintenance and gets no request; an operator lets it work. One that goes must be in maintenance and have
//! nothing to do. Sessions that hold it meanwhile go on with it to their ends: its slot stays its own until nobody holds
//! it any more (see [`state::servers`]).
//!
//! A backend goes as well, when nothing leads to it and it has no servers (`del backend`).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use config::model::{ServerAddress, ServerConfig};
use state::proxy::{Mode, Sides};
use state::queue::Redistribute;
use state::server::{ADMIN_MAINT, ADMIN_OUT, ADMIN_UNRESOLVED};
use state::{Proxy, Server};

use crate::build::{follows_client, hash_key, server_run, server_setup};
use crate::check;
use crate::route::Namespaces;
use crate::shared::{ServerRun, Shared};

/// Why a server is not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// Another one has its name.
    #[error("Already exists a server with the same name in backend.")]
    Name,
    /// Another one has its number.
    #[error("server '{0}' already has the id {1}.")]
    Id(Box<str>, u32),
}

/// Adds a server to a backend, in maintenance, its checks not begun.
///
/// # Errors
/// When its name or its number is taken.
pub fn add_server(
    shared: &Arc<Shared>,
    proxy: &Arc<Proxy>,
    mut line: ServerConfig,
) -> Result<Arc<Server>, AddError> {
    let run = {
        let _changing = proxy.changing.lock();
        take_names(proxy, &mut line)?;
        let run = Arc::new(make(shared, proxy, line));
        // Who finds the server finds this part of it.
        shared.proxy(proxy.id).servers.put(run.clone());
        crate::dynamic_cookie::renew(shared, &run.state);
        proxy.servers.add(run.state.clone());
        proxy.server_changed(&run.state, Redistribute::Nobody);
        run
    };
    let line = run.config(&shared.config);
    if follows_client(line) || line.send_proxy.is_on() {
        need_destinations(shared);
    }
    if line.check.is_some() || line.agent.is_on {
        check::begin(shared, run.clone());
    }
    if let Some(tracked) = line.track {
        check::follow(shared, &run, tracked);
    }
    Ok(run.state.clone())
}

/// Why a server may not track the one that its line names; `None`: it may, or it tracks none.
#[must_use]
pub fn refuses_track(shared: &Shared, line: &ServerConfig) -> Option<String> {
    let (proxy, id) = line.track?;
    let tracked = check::end_of_track(shared, Some((proxy, id)))?;
    let of = shared.server(&tracked);
    let of = of.config(&shared.config);
    let is_checked = of.check.is_some() || of.agent.is_on;
    let name = || {
        let proxy = shared.runtime.proxy(proxy);
        format!("{}/{}", proxy.name, proxy.servers.at(id).name)
    };
    (!is_checked).then(|| {
        format!("unable to use {} for tracking as it does not have any check nor agent enabled.", name())
    })
}

/// From now on the local addresses of clients' connections are asked for.
pub fn need_destinations(shared: &Shared) {
    shared.listeners.iter().for_each(|listener| listener.needs_dst.store(true, Relaxed));
}

/// Checks its name, and gives it a number where it has none: the lowest that is free.
fn take_names(proxy: &Proxy, line: &mut ServerConfig) -> Result<(), AddError> {
    let servers = proxy.servers.load();
    if servers.named(line.name.as_bytes()).is_some() {
        return Err(AddError::Name);
    }
    let owner = |puid: u32| servers.iter().find(|server| server.puid == puid);
    match line.puid {
        0 => line.puid = (1..=u32::MAX).find(|puid| owner(*puid).is_none()).unwrap_or(u32::MAX),
        puid => {
            if let Some(other) = owner(puid) {
                return Err(AddError::Id(other.name.to_boxed(), puid));
            }
        }
    }
    Ok(())
}

fn make(shared: &Shared, proxy: &Proxy, mut line: ServerConfig) -> ServerRun {
    let runs = &shared.proxy(proxy.id).servers;
    // Besides the two lists and the server's own part nobody may hold it.
    let is_free = |server: &Arc<Server>| {
        let is_alone = |run: Arc<ServerRun>| Arc::strong_count(&run) == 2;
        Arc::strong_count(server) == 2 && runs.get(server.id).is_none_or(is_alone)
    };
    line.id = proxy.servers.next_id(is_free);
    let of_proxy = shared.config.proxy(proxy.id);
    let (endpoint, admin) = match &line.address {
        ServerAddress::Endpoint(endpoint) => (endpoint.clone(), ADMIN_MAINT),
        ServerAddress::Name { port, .. } => {
            let nowhere = SocketAddr::from(([0, 0, 0, 0], *port));
            (net::Endpoint::Inet(nowhere), ADMIN_MAINT | ADMIN_UNRESOLVED)
        }
    };
    let workers = shared.runtime.process.nbthread as usize;
    let state = Arc::new(Server::new(server_setup(of_proxy, &line, endpoint, admin), workers));
    // It is new: nobody has set it.
    let _ = state.hash_key.set(hash_key(&line));
    state.uptime.went_down(base::clock::now());
    let pool = runs.get(line.id).map_or_else(|| shared.pools.fetch_add(1, Relaxed), |before| before.pool);
    // Words that need a namespace are not for servers that come later.
    let run = server_run(of_proxy, &line, state, &Arc::new(Namespaces::default()), pool);
    ServerRun { added: Some(Box::new(line)), ..run }
}

/// Whether a server can be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removable {
    /// Now.
    Now,
    /// When what it has to do is over.
    Later,
    /// Not as long as it works.
    Working,
    /// Never: the configuration or another server refers to it.
    Never,
}

/// Whether a server can be removed.
#[must_use]
pub fn removable(shared: &Shared, server: &Server) -> Removable {
    if is_referred_to(shared, server) {
        return Removable::Never;
    }
    if server.admin() & ADMIN_OUT == 0 {
        return Removable::Working;
    }
    let tasks = [server.sessions.get(), server.served.get(), server.queued.get()];
    if tasks.iter().any(|count| *count > 0) { Removable::Later } else { Removable::Now }
}

/// Whether the configuration calls it by its name, or another server tracks it.
pub(crate) fn is_referred_to(shared: &Shared, server: &Server) -> bool {
    let is_of_file = || shared.server(server).added.is_none();
    // Name servers go on telling where it is.
    if shared.server(server).resolving.is_some() {
        return true;
    }
    if is_of_file() && shared.config.references.has_server(server.proxy, server.id) {
        return true;
    }
    let mut runs = shared.proxies.iter().flat_map(|proxy| &proxy.servers);
    runs.any(|run| {
        let tracked = run.config(&shared.config).track;
        !run.state.is_removed() && tracked == Some((server.proxy, server.id))
    })
}

/// Removes a server that is [`Removable::Now`]; connections to it that are idle are closed.
pub fn remove_server(shared: &Shared, proxy: &Proxy, server: &Arc<Server>) {
    check::unfollow(shared, server);
    {
        let _changing = proxy.changing.lock();
        proxy.servers.remove(server);
        proxy.server_changed(server, Redistribute::Free);
    }
    check::close_idle(shared, server);
}

/// Why servers cannot be added to a backend; `None`: they can.
#[must_use]
pub fn refuses_servers(shared: &Shared, proxy: &Proxy) -> Option<String> {
    use state::balance::{Algorithm, Method};
    let setup = proxy.balancer.setup();
    let is_dynamic = match setup.algorithm {
        Algorithm::RoundRobin | Algorithm::LeastConn | Algorithm::First | Algorithm::Random { .. } => true,
        Algorithm::Hash(_) => setup.hash_type.method == Method::Consistent,
        Algorithm::StaticRr | Algorithm::Sticky => false,
    };
    let title = if proxy.sides == Sides::Backend { "backend" } else { "proxy" };
    if !is_dynamic {
        return Some(format!("{title} '{}' uses a non dynamic load balancing method", proxy.name));
    }
    if proxy.mode == Mode::Log {
        return Some(format!("{title} '{}' uses mode log", proxy.name));
    }
    if shared.proxy(proxy.id).dispatch.is_some() {
        return Some(format!("{title} '{}' sends requests elsewhere (dispatch, transparent)", proxy.name));
    }
    None
}

/// Why a backend stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Clients connect to it.
    Listen,
    /// It has a stick table.
    Table,
    /// The configuration names it.
    Named,
    /// It carries neither bytes nor HTTP.
    Mode,
    /// Rules lead to it.
    Published,
    /// It has servers.
    Servers,
    /// Streams are on it, which end.
    Busy,
}

impl Kept {
    /// In words, those that tools look for.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Kept::Listen => "Cannot delete a listen section.",
            Kept::Table => "Cannot remove a backend with stick-table.",
            Kept::Named => {
                "This proxy cannot be removed at runtime due to other configuration elements pointing to it."
            }
            Kept::Mode => "Only TCP or HTTP proxies can be removed at runtime.",
            Kept::Published => "Backend must be unpublished prior to its deletion.",
            Kept::Servers => "Only a backend without server can be deleted.",
            Kept::Busy => "Backend still has attached streams on it.",
        }
    }
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

/// Why a backend cannot be removed now; `None`: it can.
#[must_use]
pub fn backend_kept(shared: &Shared, proxy: &Proxy) -> Option<Kept> {
    let conditions = [
        (proxy.sides.has_frontend(), Kept::Listen),
        (proxy.table.is_some(), Kept::Table),
        (shared.config.references.has_proxy(proxy.id), Kept::Named),
        (!matches!(proxy.mode, Mode::Tcp | Mode::Http), Kept::Mode),
        (!proxy.is_unpublished.load(Relaxed), Kept::Published),
        (!proxy.servers.is_empty(), Kept::Servers),
        (proxy.backend_sessions.get() > 0, Kept::Busy),
    ];
    conditions.iter().find(|(holds, _)| *holds).map(|(_, kept)| *kept)
}

/// Removes a backend: nobody finds it by its name any more.
///
/// # Errors
/// When something keeps it.
pub fn remove_backend(shared: &Shared, proxy: &Proxy) -> Result<(), Kept> {
    let _changing = proxy.changing.lock();
    match backend_kept(shared, proxy) {
        None => {
            proxy.is_removed.store(true, Relaxed);
            Ok(())
        }
        Some(kept) => Err(kept),
    }
}
