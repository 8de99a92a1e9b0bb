//! What can only be said about a server when all words of its line were read.

use std::sync::Arc;

use diag::{Diagnostic, Diagnostics, Span, codes};
use net::Endpoint;
use sample::compile::problem_of;
use sample::{Expr, Place, Problem};
use state::proxy::Mode;
use syntax::Word;

use crate::context::ProxyParse;
use crate::model::{CheckConnect, ProxyConfig, ServerAddress, ServerConfig, ServerVerify};

/// Takes the parameters of checks over, and checks what words need of each other; `address` is the server's word.
pub(super) fn complete(
    server: &mut ServerConfig,
    address: &Word,
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    let wrong = |text: &str| Err(problem_of(codes::CONFLICT, address.span, text));
    if server.check.is_some() {
        server.check = Some(server.check_params.clone());
        if server.track.is_some() {
            return wrong("a server is either checked or tracks another one, not both");
        }
    }
    if server.is_maxconn_strict && server.maxconn.max(server.minconn) == 0 {
        parse.cx.warn(address.span, "`strict-maxconn` limits nothing without `maxconn`");
    }
    if server.is_of_service() {
        // The port comes with the record, and so does the address.
        server.port_offset = None;
    }
    // The agent is where checks go, unless it has words of its own.
    let agent = &mut server.agent;
    agent.addr = agent.addr.take().or_else(|| server.check_params.addr.clone());
    agent.port = agent.port.or(server.check_params.port);
    if agent.is_on && agent.port.is_none() {
        return wrong("`agent-check` needs `agent-port`");
    }
    let checks_alone = server.tls.checks && server.check.is_some() && !server.tls.is_on;
    if server.tls.is_on || server.tls.is_ready || checks_alone {
        tls(server, address.span, parse)?;
    }
    Ok(())
}

/// As [`complete`], for a server that speaks TLS in steps of its checks alone.
pub(crate) fn tls_of_checks(server: &mut ServerConfig, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    tls(server, server.span, parse)
}

/// Whom to trust, what to show, and which name to tell.
fn tls(server: &mut ServerConfig, span: Span, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let tls = &mut server.tls;
    let options = &mut tls.options;
    if options.versions.removed != 0 && (options.versions.min.is_some() || options.versions.max.is_some()) {
        options.versions.removed = 0;
        parse.cx.warn(
            span,
            "`no-sslv3`, `no-tlsv10` and the like have no effect beside `ssl-min-ver` and `ssl-max-ver`",
        );
    }
    options.verifies = tls.verify.unwrap_or(parse.global.server_verify) == ServerVerify::Required;
    if options.verifies && options.ca_file.is_none() {
        let mut problem = problem_of(
            codes::CERTIFICATE,
            span,
            "`ssl` checks the server's certificate, but there is no `ca-file`",
        );
        problem.notes.push("`verify none` leaves the check out, for servers on a trusted network".to_owned());
        return Err(problem);
    }
    if let Some((path, span)) = &tls.certificate {
        let (names, settings) = (parse.cx.names, parse.global.tls.load);
        let mut pairs =
            names.tls_files().load(settings, *span, parse.cx.diags, |loader| loader.load(path))?;
        // A bundle or a directory has several; a server is shown the first.
        options.certificate = (!pairs.is_empty()).then(|| pairs.swap_remove(0));
    }
    if (tls.is_on || tls.is_ready)
        && tls.sni.is_none()
        && !tls.refuses_sni_auto
        && parse.proxy.mode == Mode::Http
    {
        let expr =
            parse.compile(Place::BackendRequest, span, |compile, _| Expr::compile(SNI_AUTO, compile))?;
        (tls.sni, tls.sni_auto) = (Some(Arc::new(expr)), true);
    }
    Ok(())
}

/// What servers of HTTP are told where `sni` does not say: the request's host without its port.
const SNI_AUTO: &[u8] = b"req.hdr(host),field(1,:)";

/// Tells of checked servers for which nothing says which port to check. The steps of `tcp-check` and `http-check` may
/// say it, so it is looked at when the whole proxy was read.
pub(crate) fn check_ports(proxy: &ProxyConfig, diags: &mut Diagnostics) {
    if proxy.is_disabled {
        return;
    }
    for server in proxy.servers.iter().filter(|server| has_no_port(server)) {
        let Some(check) = &server.check else { continue };
        let Some(script) = check.script.as_ref().or(proxy.check.script()) else { continue };
        if script.connects().all(says_port) {
            continue;
        }
        let text = format!(
            "`check` of server `{}` needs a port: its address has none, and `port` is missing",
            server.name
        );
        diags.push(Diagnostic::error(text).at(server.span).code(codes::SERVER_PORT));
    }
}

fn says_port(connect: &CheckConnect) -> bool {
    let of_address = connect.addr.as_ref().is_some_and(|addr| port_of(addr) > 0);
    of_address || connect.port.is_some()
}

/// Endpoints without ports count as having one.
fn port_of(endpoint: &Endpoint) -> u16 {
    endpoint.inet().map_or(1, |address| address.port())
}

fn has_no_port(server: &ServerConfig) -> bool {
    // Without an address of its own its checks go nowhere in any case.
    let is_nowhere = |endpoint: &Endpoint| endpoint.inet().is_some_and(|addr| addr.ip().is_unspecified());
    let own = &server.address;
    if server.check_params.addr.is_none() && matches!(own, ServerAddress::Endpoint(at) if is_nowhere(at)) {
        return false;
    }
    let own = match &server.address {
        // The port of a client is not that of a check.
        ServerAddress::Endpoint(Endpoint::Inet(_)) | ServerAddress::Name { .. }
            if server.port_offset.is_some() =>
        {
            0
        }
        ServerAddress::Endpoint(endpoint) => port_of(endpoint),
        // The port of a service record comes with its answer.
        ServerAddress::Name { host, port } => u16::from(host.starts_with('_')).max(*port),
    };
    let checked = server.check_params.addr.as_ref().map_or(0, port_of);
    own == 0 && checked == 0 && server.check_params.port.is_none()
}
