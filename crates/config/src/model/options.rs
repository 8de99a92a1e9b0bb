//! `option ...` lines of a proxy.

use http::message::FieldName;
use std::net::IpAddr;
use std::sync::Arc;

/// An option that can be switched on, off, or left as inherited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Toggle {
    /// Off, the default.
    #[default]
    Off,
    /// On.
    On,
}

impl Toggle {
    /// Whether it is on.
    #[must_use]
    pub fn is_on(self) -> bool {
        self == Toggle::On
    }
}

/// What happens to connections after an exchange (`option http-keep-alive` and its relatives).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpConnection {
    /// Both sides are kept.
    #[default]
    KeepAlive,
    /// The server's side is closed, the client's kept.
    ServerClose,
    /// Both sides are closed.
    Close,
}

/// Whether a header is only added where it was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfNone {
    /// Added in any case.
    Always,
    /// Only where the request has none (`if-none`).
    IfNone,
}

/// `option forwardfor` and `option originalto`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardFor {
    /// The header's name.
    pub header: FieldName,
    /// Addresses for which nothing is added, with their prefix length.
    pub except: Option<(IpAddr, u8)>,
    /// Whether the client's own header counts.
    pub if_none: IfNone,
}

/// One node or port of `option forwarded`.
#[derive(Debug, Clone)]
pub enum ForwardedPart {
    /// The connection's own.
    Own,
    /// What an expression says.
    Expr(Arc<sample::Expr>),
}

/// The parts of `option forwarded` (RFC 7239); `None`: left out.
#[derive(Debug, Clone, Default)]
pub struct Forwarded {
    /// `proto`.
    pub has_proto: bool,
    /// `host`, `host-expr`.
    pub host: Option<ForwardedPart>,
    /// `by`, `by-expr`.
    pub by: Option<ForwardedPart>,
    /// `by_port`, `by_port-expr`; only together with `by`.
    pub by_port: Option<ForwardedPart>,
    /// `for`, `for-expr`.
    pub for_node: Option<ForwardedPart>,
    /// `for_port`, `for_port-expr`; only together with `for_node`.
    pub for_port: Option<ForwardedPart>,
}

/// When bodies go through the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Splice {
    /// `option splice-request`.
    pub request: Toggle,
    /// `option splice-response`.
    pub response: Toggle,
    /// `option splice-auto`.
    pub auto: Toggle,
}

/// All options of a proxy.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `option http-keep-alive`, `http-server-close`, `httpclose`, `forceclose`.
    pub connection: HttpConnection,
    /// `option forwardfor`.
    pub forwardfor: Option<ForwardFor>,
    /// `option originalto`.
    pub originalto: Option<ForwardFor>,
    /// `option forwarded` (RFC 7239).
    pub forwarded: Toggle,
    /// Its parts when it is on.
    pub forwarded_parts: Forwarded,
    /// `option abortonclose`; `None`: on in HTTP mode, off in TCP mode.
    pub abortonclose: Option<Toggle>,
    /// `option dontlognull`.
    pub dontlognull: Toggle,
    /// `option dontlog-normal`.
    pub dontlog_normal: Toggle,
    /// `option log-separate-errors`.
    pub log_separate_errors: Toggle,
    /// `option logasap`.
    pub logasap: Toggle,
    /// `option log-health-checks`.
    pub log_health_checks: Toggle,
    /// `option http-ignore-probes`.
    pub http_ignore_probes: Toggle,
    /// `option http-no-delay`.
    pub http_no_delay: Toggle,
    /// `option http-buffer-request`.
    pub http_buffer_request: Toggle,
    /// `option http-use-proxy-header`.
    pub http_use_proxy_header: Toggle,
    /// `option http-pretend-keepalive`.
    pub http_pretend_keepalive: Toggle,
    /// `option accept-unsafe-violations-in-http-request`, formerly `accept-invalid-http-request`.
    pub accept_unsafe_request: Toggle,
    /// `option accept-unsafe-violations-in-http-response`.
    pub accept_unsafe_response: Toggle,
    /// `option idle-close-on-response`.
    pub idle_close_on_response: Toggle,
    /// `option nolinger`.
    pub nolinger: Toggle,
    /// `option clitcpka`.
    pub clitcpka: Toggle,
    /// `option srvtcpka`.
    pub srvtcpka: Toggle,
    /// `option tcp-smart-accept`; `None`: as the mode is.
    pub tcp_smart_accept: Option<Toggle>,
    /// `option tcp-smart-connect`.
    pub tcp_smart_connect: Toggle,
    /// `option splice-*`.
    pub splice: Splice,
    /// `option redispatch [N]`: 0 off; N > 0 every Nth retry goes elsewhere; N < 0 counted from the last (-1: the last).
    pub redispatch: i32,
    /// `option allbackups`.
    pub allbackups: Toggle,
    /// `option persist`.
    pub persist: Toggle,
    /// `option prefer-last-server`.
    pub prefer_last_server: Toggle,
    /// `option checkcache`.
    pub checkcache: Toggle,
    /// `option independent-streams`.
    pub independent_streams: Toggle,
    /// `option contstats`.
    pub contstats: Toggle,
    /// `option socket-stats`.
    pub socket_stats: Toggle,
    /// `option transparent`.
    pub transparent: Toggle,
    /// `option http_proxy`.
    pub http_proxy: Toggle,
    /// `option disable-h2-upgrade`.
    pub disable_h2_upgrade: Toggle,
    /// `option http-drop-request-trailers`.
    pub http_drop_request_trailers: Toggle,
    /// `option http-drop-response-trailers`.
    pub http_drop_response_trailers: Toggle,
    /// `option h1-case-adjust-bogus-client`.
    pub h1_case_adjust_client: Toggle,
    /// `option h1-case-adjust-bogus-server`.
    pub h1_case_adjust_server: Toggle,
    /// `option http-restrict-req-hdr-names`.
    pub restrict_req_hdr_names: RestrictNames,
}

impl Options {
    /// Whether a request of a backend in `mode` is dropped when its client has gone before it was answered.
    #[must_use]
    pub fn aborts_on_close(&self, mode: state::proxy::Mode) -> bool {
        self.abortonclose.map_or(mode == state::proxy::Mode::Http, Toggle::is_on)
    }

    /// Whether what clients send first is acknowledged with the answer to it: as the proxy says, else where clients speak
    /// first, which they do in HTTP and in TLS.
    #[must_use]
    pub fn accepts_smartly(&self, mode: state::proxy::Mode, has_tls: bool) -> bool {
        self.tcp_smart_accept.map_or(has_tls || mode == state::proxy::Mode::Http, Toggle::is_on)
    }
}

/// `option http-restrict-req-hdr-names`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RestrictNames {
    /// Any name that HTTP allows.
    #[default]
    Preserve,
    /// Headers with other than letters, digits and `-` are removed.
    Delete,
    /// Requests with such headers are refused.
    Reject,
}

#[cfg(test)]
mod tests {
    use state::proxy::Mode;

    use super::*;

    #[test]
    fn abortonclose_is_on_by_itself_in_http_mode() {
        let with = |abortonclose| Options { abortonclose, ..Options::default() };
        assert!(with(None).aborts_on_close(Mode::Http));
        assert!(!with(None).aborts_on_close(Mode::Tcp));
        assert!(!with(Some(Toggle::Off)).aborts_on_close(Mode::Http));
        assert!(with(Some(Toggle::On)).aborts_on_close(Mode::Tcp));
    }
}
