//! `show backend`, `show servers state`, `show servers conn`.

use std::io::Write;
use std::sync::Arc;

use base::clock;
use config::Config;
use config::model::{CheckConfig, ServerConfig};
use engine::shared::ServerRun;
use engine::state_file::{COLUMNS, VERSION};
use state::check::{CheckFacts, CheckPlace, CheckResult, CheckStatus};
use state::server::{
    ADMIN_DRAIN, ADMIN_DRAIN_INHERITED, ADMIN_MAINT, ADMIN_MAINT_INHERITED, ADMIN_UNRESOLVED, Health,
};
use state::{Proxy, Server};

use crate::anonymous;
use crate::command::{Answer, Command, Request, settle};
use crate::names::{self, Side};
use crate::process::Process;
use crate::stat::is_in_maintenance;

pub(super) static ROWS: &[Command] = &[
    Command::new(&["show", "backend"], "show backend", "list the backends", backends),
    Command::new(
        &["show", "servers", "state"],
        "show servers state [<backend>]",
        "show the state of servers as a state file has it",
        |request| settle(states(request)),
    ),
    Command::new(
        &["show", "servers", "conn"],
        "show servers conn [<backend>]",
        "show the connections to servers",
        |request| settle(connections(request)),
    ),
];

fn backends(request: &mut Request<'_>) -> Answer {
    let mut out = b"# name\n".to_vec();
    let proxies = request.process.shared.runtime.proxies.iter();
    for proxy in proxies.filter(|proxy| proxy.sides.has_backend() && proxy.is_there()) {
        // Writing to a Vec cannot fail.
        let _ = writeln!(out, "{}", proxy.name);
    }
    Answer::Dump(out)
}

/// The backend of word 3, or all of them.
fn wanted<'a>(request: &Request<'a>) -> Result<Vec<&'a Arc<Proxy>>, Answer> {
    let process: &Process = request.process;
    let name = request.text(3);
    if name.is_empty() {
        let all = process.shared.runtime.proxies.iter();
        let all = all.filter(|proxy| proxy.sides.has_backend() && proxy.is_there());
        return Ok(all.filter(|proxy| !process.shared.config.proxy(proxy.id).is_disabled).collect());
    }
    let found = names::proxy(process, &name, Side::Backend);
    found.map(|proxy| vec![proxy]).ok_or_else(|| Answer::error("Can't find backend.\n"))
}

fn states(request: &Request<'_>) -> Result<Answer, Answer> {
    let mut out = format!("{VERSION}\n# {COLUMNS}\n").into_bytes();
    for proxy in wanted(request)? {
        for server in &proxy.servers {
            let run = request.process.shared.server(&server);
            state(proxy, &run, &request.process.shared.config, request.client.anon_key, &mut out);
        }
    }
    Ok(Answer::Dump(out))
}

fn state(proxy: &Proxy, run: &ServerRun, whole: &Config, anon: Option<u32>, out: &mut Vec<u8>) {
    let config = run.config(whole);
    let server: &Server = &run.state;
    let (address, port) = place(server, anon);
    let check = server.check.facts();
    let named = |name: Option<&str>| name.map_or("-".into(), |name| anonymous::name(anon, name).into_owned());
    let service = run.resolving.as_ref().and_then(|resolving| resolving.service.as_deref());
    let (fqdn, service) = (named(run.fqdn(whole).as_deref()), named(service));
    // What the line says counts, even where nothing is checked.
    let of_check = (config.check_params.addr.as_ref(), config.check_params.port);
    let (check_address, check_port) = checked_place(of_check, server.check.place());
    let of_agent = (config.agent.addr.as_ref(), config.agent.port);
    let (agent_address, agent_port) = checked_place(of_agent, server.agent.place());
    let _ = writeln!(
        out,
        "{} {} {} {} {address} {} {} {} {} {} {} {} {} {} {} 0 0 {fqdn} {port} {service} {} {check_port} {check_address} {agent_address} {agent_port}",
        proxy.uuid,
        anonymous::name(anon, &proxy.name),
        server.puid,
        anonymous::name(anon, &server.name),
        operation(server),
        administration(run, config),
        server.weight(),
        server.initial_weight,
        server.uptime.since_change_s(clock::now()),
        status_number(check.last.status),
        result_number(&check),
        health(&check, config),
        check_state(server, &check, config),
        agent_state(server),
        run.tls_use(),
    );
}

/// Where checks go that do not go to the server's own place, as state files have it: by the line, or as it was changed.
fn checked_place(
    (addr, port): (Option<&net::Endpoint>, Option<u16>),
    changed: Option<Box<CheckPlace>>,
) -> (String, u16) {
    let changed = changed.unwrap_or_default();
    let addr = changed.addr.or_else(|| Some(addr?.inet()?.ip()));
    (addr.map_or("-".to_owned(), |ip| ip.to_string()), changed.port.or(port).unwrap_or(0))
}

/// The address, under a key if there is one, and the port, as state files have them.
fn place(server: &Server, anon: Option<u32>) -> (String, u16) {
    let (address, port) = match server.endpoint().inet() {
        Some(addr) => {
            let ip = engine::check::address_of(server).map_or("-".to_owned(), |ip| ip.to_string());
            (ip, addr.port())
        }
        None => ("-".to_owned(), 0),
    };
    (anonymous::ip(anon, &address).into_owned(), port)
}

/// A server that is not checked has health only where its line says `rise`, as in HAProxy.
fn health(check: &CheckFacts, config: &ServerConfig) -> u32 {
    let rise = config.check_params.rise;
    match check.is_configured {
        true => check.health.now,
        false if rise == CheckConfig::default().rise => 0,
        false => rise,
    }
}

/// 0 down, 1 warming up, 2 up, 3 stopping.
fn operation(server: &Server) -> u32 {
    match server.health() {
        _ if is_in_maintenance(server) => 0,
        Health::Down => 0,
        Health::Starting => 1,
        Health::Up => 2,
        Health::Stopping => 3,
    }
}

/// HAProxy's flags: 1 maintenance, 2 that of a tracked server, 4 by the configuration, 8 draining, 16 as a tracked server
/// does, 32 without an address, 64 whose host was given another name.
fn administration(run: &ServerRun, config: &ServerConfig) -> u32 {
    let admin = run.state.admin();
    let flag = |has: bool, value: u32| if has { value } else { 0 };
    flag(admin & ADMIN_MAINT != 0, 1)
        + flag(admin & ADMIN_MAINT_INHERITED != 0, 2)
        + flag(config.is_disabled, 4)
        + flag(admin & ADMIN_DRAIN != 0, 8)
        + flag(admin & ADMIN_DRAIN_INHERITED != 0, 16)
        + flag(admin & ADMIN_UNRESOLVED != 0, 32)
        + flag(run.resolving.as_ref().is_some_and(|resolving| resolving.was_renamed()), 64)
}

/// HAProxy's flags: 1 under way, 2 configured, 4 enabled, 8 resting in maintenance.
fn check_state(server: &Server, check: &CheckFacts, config: &ServerConfig) -> u32 {
    let flag = |has: bool, value: u32| if has { value } else { 0 };
    flag(check.is_running, 1)
        + flag(check.is_configured, 2)
        + flag(check.is_configured && !check.is_disabled, 4)
        + flag(is_in_maintenance(server) && (check.is_configured || config.is_disabled), 8)
}

/// HAProxy's flags of an agent; it does not rest in maintenance, which it can end.
fn agent_state(server: &Server) -> u32 {
    let agent = server.agent.facts();
    let flag = |has: bool, value: u32| if has { value } else { 0 };
    flag(agent.is_running, 1)
        + flag(agent.is_configured, 2 + 16)
        + flag(agent.is_configured && !agent.is_disabled, 4)
}

/// HAProxy's number of a check's status.
fn status_number(status: CheckStatus) -> u32 {
    match status {
        CheckStatus::Initializing => 1,
        CheckStatus::SocketError => 5,
        CheckStatus::L4Ok => 6,
        CheckStatus::L4Timeout => 7,
        CheckStatus::L4Connection => 8,
        CheckStatus::L6Ok => 9,
        CheckStatus::L6Timeout => 10,
        CheckStatus::L6Response => 11,
        CheckStatus::L7Timeout => 12,
        CheckStatus::L7Response => 13,
        CheckStatus::L7Ok => 15,
        CheckStatus::L7OkConditionally => 16,
        CheckStatus::L7Status => 17,
        CheckStatus::Neutral => 3,
        CheckStatus::HealthAnalyze => 4,
        CheckStatus::ProcessError => 18,
        CheckStatus::ProcessTimeout => 19,
        CheckStatus::ProcessOk => 20,
    }
}

/// HAProxy's number of a check's result.
fn result_number(check: &CheckFacts) -> u32 {
    match check.last.status.result() {
        CheckResult::Unknown => 0,
        CheckResult::Neutral => 1,
        CheckResult::Failed => 2,
        CheckResult::Passed => 3,
        CheckResult::PassedConditionally => 4,
    }
}

fn connections(request: &Request<'_>) -> Result<Answer, Answer> {
    let (process, anon) = (request.process, request.client.anon_key);
    let threads = process.shared.runtime.process.nbthread;
    let mut idle_by_worker = engine::streams::idle_connections(&process.shared);
    idle_by_worker.resize(usize::try_from(threads).unwrap_or(0), Vec::new());
    let mut out = format!(
        "# bkname/svname bkid/svid addr port - purge_delay served used_cur used_max need_est idle_sess unsafe_nb safe_nb \
         idle_lim idle_cur idle_per_thr[{threads}]\n"
    )
    .into_bytes();
    for proxy in wanted(request)? {
        for server in &proxy.servers {
            let run = process.shared.server(&server);
            let (address, port) = place(&server, anon);
            let limit = if run.idle_max == u32::MAX { -1 } else { i64::from(run.idle_max) };
            let (used, used_max, idle) = (server.served.get(), server.served.max(), server.idle.get());
            let _ = write!(
                out,
                "{}/{} {}/{} {address} {port} - {} {used} {used} {used_max} {used_max} 0 {idle} 0 {limit} {idle}",
                anonymous::name(anon, &proxy.name),
                anonymous::name(anon, &server.name),
                proxy.uuid,
                server.puid,
                run.idle_ms,
            );
            for worker in &idle_by_worker {
                let _ = write!(out, " {}", worker.get(run.pool).copied().unwrap_or(0));
            }
            out.push(b'\n');
        }
    }
    Ok(Answer::Dump(out))
}
