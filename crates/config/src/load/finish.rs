//! What can only be checked once everything was read: ids, proxies that lack something, modes that do not fit.

use std::collections::BTreeMap;

use diag::{Diagnostic, Diagnostics, codes};
use state::proxy::Mode;

use crate::model::{Config, ProxyConfig, SwitchTarget};
use crate::names::NameTable;

/// Completes and checks the whole.
pub(super) fn finish(config: &mut Config, names: &NameTable, diags: &mut Diagnostics) {
    assign_ids(config, diags);
    for proxy in &config.proxies {
        check_listening(proxy, diags);
        check_timeouts(proxy, diags);
        crate::sections::server::check_ports(proxy, diags);
        check_backends(proxy, config, names, diags);
        check_stick_tables(proxy, config, diags);
        crate::sections::proxy::bandwidth::check_tables(proxy, config, diags);
    }
    super::log_backends::check(config, diags);
    refuse_unbuilt(config, diags);
    crate::sections::global::h1::read_cases(&mut config.global.http1, names, diags);
    let bytes_max = config.global.tune.http_cookielen;
    for proxy in &mut config.proxies {
        cut_captured_cookie(proxy, bytes_max, diags);
    }
}

/// `tune.http.cookielen` bounds what `capture cookie` keeps.
fn cut_captured_cookie(proxy: &mut ProxyConfig, bytes_max: usize, diags: &mut Diagnostics) {
    let Some(captured) = proxy.capture_cookie.as_mut().filter(|cookie| cookie.bytes_max > bytes_max) else {
        return;
    };
    captured.bytes_max = bytes_max;
    let text = format!("`capture cookie` of `{}` keeps {bytes_max} bytes at most", proxy.name);
    let note = "`tune.http.cookielen` sets how much any of them may keep";
    diags.push(Diagnostic::warning(text).at(proxy.span).code(codes::NO_EFFECT).note(note));
}

/// Numbers proxies and servers that have no `id` of their own with the lowest free ones: servers from 1 on, proxies
/// from 2 on, as HAProxy does, so that tools and state files find the numbers that they know.
fn assign_ids(config: &mut Config, diags: &mut Diagnostics) {
    let mut taken: BTreeMap<u32, String> = BTreeMap::new();
    for proxy in config.proxies.iter().filter(|p| p.uuid != 0) {
        if let Some(other) = taken.insert(proxy.uuid, proxy.name.to_string()) {
            let text = format!("proxy `{}` has id {}, which `{other}` has already", proxy.name, proxy.uuid);
            diags.push(Diagnostic::error(text).at(proxy.span).code(codes::DUPLICATE));
        }
    }
    let mut next = 2;
    for proxy in &mut config.proxies {
        if proxy.uuid == 0 {
            while taken.contains_key(&next) {
                next += 1;
            }
            proxy.uuid = next;
            next += 1;
        }
        assign_server_ids(proxy, diags);
    }
}

fn assign_server_ids(proxy: &mut ProxyConfig, diags: &mut Diagnostics) {
    let mut taken: BTreeMap<u32, String> = BTreeMap::new();
    for server in proxy.servers.iter().filter(|s| s.puid != 0) {
        if let Some(other) = taken.insert(server.puid, server.name.to_string()) {
            let text =
                format!("server `{}` has id {}, which `{other}` has already", server.name, server.puid);
            diags.push(Diagnostic::error(text).at(server.span).code(codes::DUPLICATE));
        }
    }
    let mut next = 1;
    for server in proxy.servers.iter_mut().filter(|s| s.puid == 0) {
        while taken.contains_key(&next) {
            next += 1;
        }
        server.puid = next;
        next += 1;
    }
}

fn check_listening(proxy: &ProxyConfig, diags: &mut Diagnostics) {
    if proxy.sides.has_frontend() && proxy.binds.is_empty() && !proxy.is_disabled {
        let kind = if proxy.sides.has_backend() { "listen" } else { "frontend" };
        let text = format!("{kind} `{}` has no `bind` line and will not get any connection", proxy.name);
        diags.push(Diagnostic::warning(text).at(proxy.span).code(codes::NO_BIND));
    }
}

fn check_timeouts(proxy: &ProxyConfig, diags: &mut Diagnostics) {
    if proxy.is_disabled || !matches!(proxy.mode, Mode::Http | Mode::Tcp) {
        return;
    }
    let t = &proxy.timeouts;
    let mut missing = Vec::new();
    if proxy.sides.has_frontend() && t.client.is_none() {
        missing.push("client");
    }
    if proxy.sides.has_backend() && !proxy.servers.is_empty() {
        if t.connect.is_none() {
            missing.push("connect");
        }
        if t.server.is_none() {
            missing.push("server");
        }
    }
    if !missing.is_empty() {
        let text = format!("proxy `{}` has no `timeout {}`", proxy.name, missing.join("`, `timeout "));
        let note =
            "without it a silent peer keeps its connection, and the memory that goes with it, for ever";
        diags.push(Diagnostic::warning(text).at(proxy.span).code(codes::NO_TIMEOUT).note(note));
    }
}

fn check_backends(proxy: &ProxyConfig, config: &Config, _: &NameTable, diags: &mut Diagnostics) {
    let fixed = proxy.switching.iter().filter_map(|rule| match rule.target {
        SwitchTarget::Fixed(id) => Some(id),
        SwitchTarget::Computed(_) => None,
    });
    for id in fixed.chain(proxy.default_backend) {
        let backend = config.proxy(id);
        let fits = backend.mode == proxy.mode || (proxy.mode == Mode::Tcp && backend.mode == Mode::Http);
        if !fits {
            let text = format!(
                "{} `{}` cannot use backend `{}`: their modes differ",
                if proxy.sides.has_backend() { "listen" } else { "frontend" },
                proxy.name,
                backend.name
            );
            diags.push(Diagnostic::error(text).at(proxy.span).code(codes::MODES_DIFFER));
        }
    }
}

/// Sockets and servers whose words ask for what is not built yet; of what is disabled nothing is asked.
fn refuse_unbuilt(config: &Config, diags: &mut Diagnostics) {
    let carriers = config.rings.iter().map(|ring| &ring.proxy);
    let forwards = config.log_forwards.iter().map(|forward| &forward.proxy);
    for proxy in config.proxies.iter().chain(carriers).chain(forwards).filter(|proxy| !proxy.is_disabled) {
        let of_binds = proxy.binds.iter().map(|bind| (bind.span, &bind.unsupported));
        let of_servers = proxy.servers.iter().map(|server| (server.span, &server.unsupported));
        for (span, words) in of_binds.chain(of_servers) {
            for word in words {
                diags.push(keyword::built::refused(word).at(span));
            }
        }
    }
}

/// A `stick` line needs a table, its own proxy's or another's.
fn check_stick_tables(proxy: &ProxyConfig, config: &Config, diags: &mut Diagnostics) {
    for rule in &proxy.stick {
        let owner = config.proxy(rule.table);
        if owner.table.is_none() {
            diags.push(
                Diagnostic::error(format!("proxy `{}` has no stick table", owner.name))
                    .at(rule.span)
                    .code(codes::UNKNOWN_TABLE),
            );
        }
    }
}
