//! What can only be said about a server when all words of its line were read.

use diag::{Diagnostic, Diagnostics};
use net::Endpoint;
use sample::Problem;
use sample::compile::problem;
use syntax::Word;

use crate::context::ProxyParse;
use crate::model::{CheckKind, ProxyConfig, ServerAddress, ServerConfig, ServerVerify};

/// Takes the parameters of checks over, and checks what words need of each other; `address` is the server's word.
pub(super) fn complete(
    server: &mut ServerConfig,
    address: &Word,
    parse: &ProxyParse<'_>,
) -> Result<(), Problem> {
    let wrong = |text: &str| Err(problem(address.span, text));
    if server.check.is_some() {
        server.check = Some(server.check_params.clone());
        if server.track.is_some() {
            return wrong("a server is either checked or tracks another one, not both");
        }
    }
    if server.is_agent_checked && server.agent_port.is_none() && server.check_params.port.is_none() {
        return wrong("`agent-check` needs `agent-port`");
    }
    let tls = &server.tls;
    let verify = tls.verify.unwrap_or(parse.global.server_verify);
    let is_used = tls.is_on || (tls.checks && server.check.is_some());
    if is_used && verify == ServerVerify::Required && tls.ca_file.is_none() {
        let mut problem =
            problem(address.span, "`ssl` checks the server's certificate, but there is no `ca-file`");
        problem.notes.push("`verify none` leaves the check out, for servers on a trusted network".to_owned());
        return Err(problem);
    }
    if tls.is_on {
        server.unsupported.push("ssl".into());
    } else if is_used {
        server.unsupported.push("check-ssl".into());
    }
    Ok(())
}

/// Tells of checked servers for which nothing says which port to check. The steps of `tcp-check` and `http-check` may
/// say it, so it is looked at when the whole proxy was read, and proxies with such steps are left alone.
pub(crate) fn check_ports(proxy: &ProxyConfig, diags: &mut Diagnostics) {
    if matches!(proxy.check, CheckKind::Later(_)) || proxy.is_disabled {
        return;
    }
    for server in proxy.servers.iter().filter(|server| server.check.is_some() && has_no_port(server)) {
        let text = format!(
            "`check` of server `{}` needs a port: its address has none, and `port` is missing",
            server.name
        );
        diags.push(Diagnostic::error(text).at(server.span));
    }
}

fn has_no_port(server: &ServerConfig) -> bool {
    let port_of = |endpoint: &Endpoint| endpoint.inet().map_or(1, |address| address.port());
    let own = match &server.address {
        ServerAddress::Endpoint(endpoint) => port_of(endpoint),
        // The port of a service record comes with its answer.
        ServerAddress::Name { host, port } => u16::from(host.starts_with('_')).max(*port),
    };
    let checked = server.check_params.addr.as_ref().map_or(0, port_of);
    own == 0 && checked == 0 && server.check_params.port.is_none()
}
