//! What compiling an expression, a condition or an action needs to know: where it stands and what names mean.

use base::{ProxyId, ServerId};
use diag::{Diagnostic, Diagnostics, Span, codes};
use state::proxy::{Mode, Sides};

use crate::rows::Needs;

pub use crate::problem::{problem_of, regex_problem};

/// Why something could not be compiled: one diagnostic, boxed to keep results small.
pub type Problem = Box<Diagnostic>;

/// Makes a [`Problem`] at `span`: a value that does not fit. [`problem_of`] gives it another number.
pub fn problem(span: Span, message: impl Into<String>) -> Problem {
    problem_of(codes::VALUE, span, message)
}

/// Where in the processing an expression runs; decides what it can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In `global`: nothing but the process.
    Global,
    /// `tcp-request connection`: the socket alone.
    TcpConnection,
    /// `tcp-request session`: after PROXY and TLS handshakes.
    TcpSession,
    /// `tcp-request content`, in TCP mode.
    TcpContent,
    /// `http-request`, `use_backend`, and all that a frontend does with a request.
    Request,
    /// The same in a backend: `http-request`, `use-server`, balancing keys, `stick`.
    BackendRequest,
    /// The same in a proxy with both sides.
    ListenRequest,
    /// `tcp-response content`, in TCP mode.
    TcpResponse,
    /// `http-response`.
    Response,
    /// `http-after-response`: replies made here as well.
    AfterResponse,
    /// `log-format`, `error-log-format`, `unique-id` excepted.
    Log,
    /// A health check's rules.
    Check,
    /// An ACL's definition: everything may exist; where it is used decides.
    Acl,
}

impl Place {
    /// What exists there.
    #[must_use]
    pub const fn offers(self) -> Needs {
        use Place::{
            Acl, AfterResponse, BackendRequest, Check, Global, ListenRequest, Log, Request, Response,
            TcpConnection, TcpContent, TcpResponse, TcpSession,
        };
        let session = Needs::CLIENT.and(Needs::TLS);
        let stream = session.and(Needs::STREAM);
        let request = stream.and(Needs::REQUEST).and(Needs::REQUEST_BODY).and(Needs::REQUEST_BYTES);
        let after = stream.and(Needs::BACKEND).and(Needs::SERVER);
        match self {
            Global => Needs::NOTHING,
            TcpConnection => Needs::CLIENT,
            TcpSession => session,
            TcpContent => request,
            Request => request,
            BackendRequest | ListenRequest => request.and(Needs::BACKEND),
            TcpResponse => after.and(Needs::RESPONSE_BYTES).and(Needs::RESPONSE),
            Response | AfterResponse => {
                after.and(Needs::RESPONSE).and(Needs::RESPONSE_BODY).and(Needs::RESPONSE_BYTES)
            }
            Log => after.and(Needs::REQUEST).and(Needs::RESPONSE).and(Needs::END),
            Acl => Needs(u16::MAX),
            Check => Needs::RESPONSE_BYTES
                .and(Needs::RESPONSE)
                .and(Needs::RESPONSE_BODY)
                .and(Needs::CLIENT)
                .and(Needs::STREAM)
                .and(Needs::BACKEND)
                .and(Needs::SERVER),
        }
    }

    /// Whether fetches without a direction of their own (`hdr`, `cookie`) look at the response here.
    #[must_use]
    pub const fn is_response(self) -> bool {
        matches!(self, Place::TcpResponse | Place::Response | Place::AfterResponse | Place::Check)
    }

    /// How it is called in messages.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Place::Global => "the global section",
            Place::TcpConnection => "tcp-request connection rules",
            Place::TcpSession => "tcp-request session rules",
            Place::TcpContent => "tcp-request content rules",
            Place::Request | Place::ListenRequest => "request rules",
            Place::BackendRequest => "a backend's request rules",
            Place::TcpResponse => "tcp-response rules",
            Place::Response => "response rules",
            Place::AfterResponse => "http-after-response rules",
            Place::Log => "log formats",
            Place::Check => "health checks",
            Place::Acl => "ACLs",
        }
    }
}

/// What a proxy's name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyName {
    /// Its id.
    pub id: ProxyId,
    /// Which sides it has.
    pub sides: Sides,
}

/// The names of a configuration, known before any of its expressions is compiled. The configuration implements it.
pub trait Names {
    /// The proxy called `name` that has a frontend side (`Sides::Frontend`) or a backend side (`Sides::Backend`),
    /// or either (`Sides::Both`).
    fn proxy(&self, name: &[u8], side: Sides) -> Option<ProxyName>;
    /// A server of `proxy`.
    fn server(&self, proxy: ProxyId, name: &[u8]) -> Option<ServerId>;
    /// The place of a `userlist`.
    fn userlist(&self, name: &[u8]) -> Option<usize>;
    /// The bytes of a file named by an expression (maps, ACL patterns), read once for all who name it.
    ///
    /// # Errors
    /// A sentence for people.
    fn file(&self, path: &[u8]) -> Result<std::sync::Arc<[u8]>, String>;
    /// The PEM of a certificate named by an expression: a file, or `@store/name` where stores are known.
    ///
    /// # Errors
    /// A sentence for people.
    fn certificate(&self, name: &[u8]) -> Result<std::sync::Arc<[u8]>, String> {
        self.file(name)
    }
    /// Where certificates stand that tokens are checked with, filled when all is read; `None` where there are none.
    fn token_store(&self) -> Option<std::sync::Arc<tls::files::FileStore>> {
        None
    }
    /// Loads a certificate that tokens are checked with into that store.
    ///
    /// # Errors
    /// A sentence for people.
    fn token_certificate(&self, name: &str) -> Result<(), String> {
        self.certificate(name.as_bytes()).map(drop)
    }
    /// A named ACL of the current proxy, compiled by the layer above; opaque here.
    fn acl(&self, name: &[u8]) -> Option<std::sync::Arc<dyn AclTest>>;
    /// Where ACLs and maps declare their patterns, so that those who name the same file share it and the runtime API
    /// finds them; `None` where nothing is kept.
    fn patterns(&self) -> Option<&std::cell::RefCell<state::pattern::PatternRefs>> {
        None
    }
    /// A place in the configuration, in the words of the runtime API.
    fn place(&self, span: diag::Span) -> String {
        format!("line {}", span.line)
    }
    /// An environment variable, as the configuration's `setenv` and its like left it.
    fn environment(&self, name: &[u8]) -> Option<Vec<u8>> {
        use std::os::unix::ffi::{OsStrExt, OsStringExt};
        std::env::var_os(std::ffi::OsStr::from_bytes(name)).map(OsStringExt::into_vec)
    }
    /// Names for suggestions.
    fn proxy_names(&self) -> Vec<String>;
}

/// A named ACL as the `acl()` fetch calls it.
pub trait AclTest: Send + Sync + std::fmt::Debug {
    /// Whether it matches now; `None`: it cannot be told yet.
    fn test(&self, txn: &crate::txn::Txn) -> Option<bool>;
}

/// What expressions of a configuration use, so that the engine does not gather what nobody asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    /// The local address of client connections (a system call each).
    pub dst: bool,
    /// The kernel's round-trip times.
    pub rtt: bool,
    /// The packets that opened clients' connections.
    pub saved_syn: bool,
    /// The request's body.
    pub request_body: bool,
    /// The response's body.
    pub response_body: bool,
    /// The local address of server connections.
    pub server_src: bool,
    /// The hellos of TLS handshakes with their randoms and the session's id, and the channel binding.
    pub tls_hello: bool,
}

/// Everything that compiling a rule's text needs.
pub struct Compile<'c> {
    /// Where it stands.
    pub place: Place,
    /// The proxy it stands in.
    pub proxy: Option<ProxyId>,
    /// That proxy's mode.
    pub mode: Mode,
    /// What names mean.
    pub names: &'c dyn Names,
    /// Where warnings go; an error is returned as a [`Problem`] and pushed by whoever gives up.
    pub diags: &'c mut Diagnostics,
    /// What was used so far.
    pub uses: &'c mut Uses,
    /// Where the text now compiled stands in its file; errors without a better place point there.
    pub span: Span,
}

impl Compile<'_> {
    /// A [`Problem`] at the current place.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        problem_of(codes::EXPRESSION_ARGUMENT, self.span, message)
    }

    /// A [`Problem`] at the current place: this version knows `what` and does not carry it out.
    pub fn not_built(&self, what: &str) -> Problem {
        let text = format!("{what} is known, but this version does not carry it out yet");
        Box::new(Diagnostic::error(text).code(keyword::built::NOT_BUILT).at(self.span))
    }

    /// Warns at the current place.
    pub fn warn(&mut self, message: impl Into<String>) {
        self.warn_of(codes::RULE_SUSPICIOUS, message);
    }
}
