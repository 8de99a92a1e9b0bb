//! Log backends (`mode log`) and who logs to them: whether they fit (configuration manual, chapters 4.2, "mode", "balance", "log",
//! and 5.2, "log-bufsize").

use diag::{Diagnostic, Diagnostics, codes};
use net::Endpoint;
use state::balance::{Algorithm, Method};
use state::proxy::Mode;

use crate::model::{BalanceKey, Config, LogLine, LogTarget, ProxyConfig, ServerAddress, ServerConfig};

/// Why a server with an address like `udp@` is refused.
pub(crate) const NO_DATAGRAMS: &str = "only servers of a backend in `mode log` get datagrams";

/// Tells of all that does not fit.
pub(super) fn check(config: &Config, diags: &mut Diagnostics) {
    let rings = config.rings.iter().map(|ring| &ring.proxy);
    for proxy in config.proxies.iter().filter(|proxy| proxy.mode != Mode::Log).chain(rings) {
        for server in proxy.servers.iter().filter(|server| server.is_datagram) {
            wrong(NO_DATAGRAMS.to_owned(), server.span, diags);
        }
    }
    for proxy in config.proxies.iter().filter(|proxy| proxy.mode == Mode::Log && !proxy.is_disabled) {
        check_balance(proxy, diags);
        check_servers(proxy, diags);
        tell_what_is_ignored(proxy, diags);
    }
    let of_proxies = config.proxies.iter().flat_map(|proxy| &proxy.logs);
    let of_forwards = config.log_forwards.iter().flat_map(|forward| &forward.proxy.logs);
    for line in config.global.logs.iter().chain(of_proxies).chain(of_forwards) {
        check_target(line, config, diags);
    }
}

fn wrong(text: String, span: diag::Span, diags: &mut Diagnostics) {
    diags.push(Diagnostic::error(text).at(span).code(codes::LOG_BACKEND));
}

/// `log global` brings one line into many proxies: it is told once, as all that is said twice of one place.
fn check_target(line: &LogLine, config: &Config, diags: &mut Diagnostics) {
    let LogTarget::Backend(name) = &line.target else { return };
    let named = |proxy: &&ProxyConfig| proxy.sides.has_backend() && proxy.name == *name;
    if config.proxies.iter().find(named).is_some_and(|backend| backend.mode != Mode::Log) {
        wrong(format!("logs cannot go to backend `{name}`: it is not in `mode log`"), line.span, diags);
    }
}

fn check_balance(proxy: &ProxyConfig, diags: &mut Diagnostics) {
    let name = &proxy.name;
    let by_message = matches!(proxy.balance.key, Some(BalanceKey::Log(_)));
    let fits = by_message
        || matches!(
            proxy.balance.algorithm,
            Algorithm::RoundRobin | Algorithm::Random { .. } | Algorithm::Sticky
        );
    if !fits {
        let text = format!(
            "log backend `{name}` can only have `balance` `roundrobin`, `random`, `sticky` or `log-hash`"
        );
        wrong(text, proxy.span, diags);
    }
    if by_message && proxy.balance.hash_type.method != Method::MapBased {
        let text = format!("`balance log-hash` of backend `{name}` needs `hash-type map-based`");
        wrong(text, proxy.span, diags);
    }
}

fn check_servers(proxy: &ProxyConfig, diags: &mut Diagnostics) {
    for server in &proxy.servers {
        if !has_ip(server) {
            let text = format!("server `{}` of a log backend needs an IP address", server.name);
            wrong(text, server.span, diags);
        }
    }
    let differs = |server: &&ServerConfig| server.is_datagram != proxy.servers[0].is_datagram;
    if let Some(server) = proxy.servers.iter().find(differs) {
        let text = format!(
            "the servers of log backend `{}` get either datagrams or connections, and `{}` is unlike those before it",
            proxy.name, server.name
        );
        wrong(text, server.span, diags);
    }
}

/// A name becomes an IP address.
fn has_ip(server: &ServerConfig) -> bool {
    match &server.address {
        ServerAddress::Endpoint(Endpoint::Inet(_)) | ServerAddress::Name { .. } => true,
        ServerAddress::Endpoint(_) => false,
    }
}

/// What is about clients, requests and connections.
fn tell_what_is_ignored(proxy: &ProxyConfig, diags: &mut Diagnostics) {
    let rules = &proxy.rules;
    let requests = [&rules.tcp_connection, &rules.tcp_session, &rules.tcp_content];
    let found = [
        ("tcp-request", requests.iter().any(|rules| !rules.is_empty())),
        ("tcp-response", !rules.tcp_response.is_empty()),
        ("stick-table", proxy.table.is_some()),
        ("stick", !proxy.stick.is_empty()),
        ("http-send-name-header", proxy.server_name_header.is_some()),
        ("dynamic-cookie-key", proxy.dynamic_cookie_key.is_some()),
        ("use-server", !proxy.use_server.is_empty()),
        ("log-steps", proxy.log_steps.is_some()),
    ];
    for (keyword, _) in found.into_iter().filter(|(_, is_there)| *is_there) {
        let text = format!("`{keyword}` has no effect in log backend `{}`", proxy.name);
        diags.push(Diagnostic::warning(text).at(proxy.span).code(codes::NO_EFFECT));
    }
    for server in proxy.servers.iter().filter(|server| server.send_proxy.is_on()) {
        let text = format!("`send-proxy` of server `{}` has no effect in a log backend", server.name);
        diags.push(Diagnostic::warning(text).at(server.span).code(codes::NO_EFFECT));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::testing::{errors, good, warnings};

    /// What is wrong with a backend of these lines that a frontend logs to.
    fn backend(lines: &str) -> String {
        errors(&format!("backend b\n  mode log\n{lines}log-forward l\n  log backend@b local0\n")).join("\n")
    }

    #[test]
    fn a_log_backend() {
        let config = good(
            "defaults\n  mode log\nbackend b\n  balance log-hash field(2,/),lower\n  server a udp@127.0.0.1:514\n  \
             server-template t 2 udp@[::1]:514 backup\nbackend c\n  balance sticky\n  \
             server a 127.0.0.1:514 log-bufsize 5000 log-proto octet-count\nglobal\n  log backend@b local0\n",
        );
        let (b, c) = (&config.proxies[0], &config.proxies[1]);
        assert!(matches!(b.balance.key, Some(BalanceKey::Log(_))) && b.servers.iter().all(|s| s.is_datagram));
        assert_eq!((b.servers.len(), c.balance.algorithm), (3, Algorithm::Sticky));
        let server = &c.servers[0];
        assert_eq!((server.is_datagram, server.log_ring_bytes), (false, 5000));
    }

    #[test]
    fn what_logs_cannot_use() {
        for line in ["roundrobin", "random(2)", "random", "sticky", "log-hash lower", "log-hash length"] {
            assert_eq!(backend(&format!("  balance {line}\n")), "", "{line}");
        }
        for line in ["leastconn", "first", "static-rr", "source", "hash src", "rdp-cookie"] {
            let text = backend(&format!("  balance {line}\n"));
            assert!(text.contains("can only have `balance` `roundrobin`"), "{line}: {text}");
        }
        let text = backend("  balance log-hash lower\n  hash-type consistent\n");
        assert!(text.contains("needs `hash-type map-based`"), "{text}");
        assert!(backend("  balance log-hash\n").contains("converters"));
        assert!(backend("  balance log-hash lwer\n").contains("lwer"));
        let text = backend("  server a udp@127.0.0.1:514\n  server b 127.0.0.1:514\n");
        assert!(text.contains("`b` is unlike those before it"), "{text}");
        assert!(backend("  server a unix@/run/log\n").contains("needs an IP address"));
        assert_eq!(backend("  disabled\n  balance source\n"), "");
    }

    #[test]
    fn only_logs_are_datagrams() {
        for mode in ["tcp", "http"] {
            let text =
                errors(&format!("backend b\n  mode {mode}\n  server a udp@127.0.0.1:514\n")).join("\n");
            assert!(text.contains(NO_DATAGRAMS), "{text}");
        }
        assert!(errors("ring r\n  server a udp@127.0.0.1:514\n").join("\n").contains(NO_DATAGRAMS));
        let text = errors("backend b\n  mode tcp\nglobal\n  log backend@b local0\n").join("\n");
        assert!(text.contains("it is not in `mode log`"), "{text}");
    }

    #[test]
    fn what_is_left_out() {
        let told = warnings(
            "backend b\n  mode log\n  tcp-request content accept\n  stick-table type ip size 10\n  stick on src\n  \
             use-server a if TRUE\n  balance uri\n  server a 127.0.0.1:514 send-proxy\n",
        )
        .join("\n");
        for keyword in
            ["`tcp-request`", "`stick-table`", "`stick`", "`use-server`", "`send-proxy`", "`balance`"]
        {
            assert!(told.contains(keyword), "{keyword}: {told}");
        }
        let told = warnings("backend b\n  mode http\n  balance log-hash lower\n").join("\n");
        assert!(told.contains("`balance log-hash` needs `mode log`"), "{told}");
    }
}
