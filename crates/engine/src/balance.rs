//! Which server gets a request: `use-server`, persistence, then the backend's algorithm.

use base::ServerId;
use config::model::{Balance, BalanceKey, PersistKind, ProxyConfig};
use rules::observe::Observer;
use rules::{Outcome, Subjects, Tri};
use sample::Txn;
use state::balance::{Function, Pick, Picked};
use state::value::Type;

use crate::stream::Exchange;
use crate::{cookie, rdp_cookie, stick};

/// What chose a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// Persistence or a rule: a retry goes to the same one unless `option redispatch` says otherwise.
    Bound(ServerId),
    /// The algorithm.
    Balanced(ServerId),
    /// All servers are full: wait for any.
    Full,
    /// None is up.
    None,
}

/// Chooses for the first time.
pub(crate) fn choose<O: Observer>(x: &mut Exchange, backend: &ProxyConfig, o: &mut O) -> Chosen {
    let persistence = persistence(backend, &x.txn, o);
    let mut bound = use_server(x, backend, persistence, o);
    if let Some(cookie) = &backend.cookie {
        o.own("cookie");
        o.before_action(&x.txn);
        let by_cookie = cookie::read_request(cookie, persistence, &mut x.txn);
        if bound.is_some() {
            // A rule decided before the cookie could: it is there, and unused, and the client needs none.
            if !matches!(x.txn.log.cookie.request, b'N' | b'-') {
                x.txn.log.cookie.request = b'U';
            }
            x.txn.cookie_dates.get_or_insert((None, None));
        }
        o.after_action(&x.txn, &Outcome::Continue);
        let meaning = cookie::meaning(x.txn.log.cookie.request);
        o.note(format_args!("the cookie `{}` {meaning}", base::Lossy(&cookie.name)));
        bound = bound.or(by_cookie);
    }
    if let Some(cookie) = backend.rdp_cookie.as_ref().filter(|_| bound.is_none()) {
        o.own("persist rdp-cookie");
        bound = rdp_cookie::server(cookie, &x.txn, persistence);
    }
    if !backend.stick.is_empty() {
        let stuck = stick::match_request(backend, &x.txn, &mut x.stick_stores, o);
        bound = bound.or(stuck.filter(|id| persistence.accepts(&x.txn.backend.servers.at(*id))));
    }
    match bound {
        Some(id) => Chosen::Bound(id),
        None => match x.preferred.take() {
            Some(id) => Chosen::Balanced(id),
            None => choose_any(x, backend, None),
        },
    }
}

/// What takes a request that belongs to no server: `dispatch`, else the server that the algorithm chooses, not `avoid`
/// if there is another.
pub(crate) fn choose_any(x: &Exchange, backend: &ProxyConfig, avoid: Option<ServerId>) -> Chosen {
    match x.shared.proxy(backend.id).dispatch_id() {
        Some(id) => Chosen::Bound(id),
        None => pick(&x.txn, &backend.balance, avoid),
    }
}

/// How far the server counts that a client belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// As long as the server is up.
    Usual,
    /// Even if it is down (`option persist`, `force-persist`).
    Forced,
    /// Its cookie is not looked at (`ignore-persist`).
    Ignored,
}

impl Persistence {
    /// Whether a client is led to `server`.
    pub(crate) fn accepts(self, server: &state::Server) -> bool {
        self == Persistence::Forced || server.is_running()
    }
}

/// What the first `force-persist` or `ignore-persist` says that matches.
pub(crate) fn persistence<O: Observer>(backend: &ProxyConfig, txn: &Txn, o: &mut O) -> Persistence {
    let rule = backend.persist.iter().find(|rule| {
        o.rule(rule.place);
        rule.condition.test_watched(txn, o) == Tri::Yes
    });
    match rule.map(|rule| rule.kind) {
        Some(PersistKind::Force) => Persistence::Forced,
        Some(PersistKind::Ignore) => Persistence::Ignored,
        None if backend.options.persist.is_on() => Persistence::Forced,
        None => Persistence::Usual,
    }
}

/// Lets the algorithm choose, not the server `avoid` if there is another.
fn pick(txn: &Txn, balance: &Balance, avoid: Option<ServerId>) -> Chosen {
    let backend = &txn.backend;
    let key = balance.key.as_ref().and_then(|key| hash(txn, key));
    let request = Pick { avoid, queued: backend.queued.get() };
    match backend.balancer.pick(backend.servers.load().slots(), key, request) {
        Picked::Server(id) => Chosen::Balanced(id),
        Picked::Full => Chosen::Full,
        Picked::NoServer => Chosen::None,
    }
}

fn use_server<O: Observer>(
    x: &mut Exchange,
    backend: &ProxyConfig,
    persistence: Persistence,
    o: &mut O,
) -> Option<ServerId> {
    let mut subjects = Subjects::default();
    for rule in &backend.use_server {
        o.rule(rule.place);
        if rule.condition.as_ref().is_some_and(|c| c.test_among(&x.txn, &mut subjects, o) != Tri::Yes) {
            continue;
        }
        let named = match (&rule.server, &rule.name) {
            (Some(id), _) => Some(*id),
            (None, Some(format)) => {
                x.scratch.clear();
                format.render(&x.txn, &mut x.scratch);
                x.txn.backend.servers.load().named(&x.scratch).map(|server| server.id)
            }
            (None, None) => None,
        };
        // A server that is down leaves the decision to the next rule (chapter 4.2, "use-server").
        let id = named.filter(|id| persistence.accepts(&x.txn.backend.servers.at(*id)));
        if id.is_some() {
            return id;
        }
        if named.is_some() {
            o.note(format_args!("that server is down: the next rule decides"));
        } else {
            o.note(format_args!("no server has that name: the next rule decides"));
        }
    }
    None
}

/// The hash of what the algorithm looks at; `None` where the request lacks it.
pub(crate) fn hash(txn: &Txn, key: &BalanceKey) -> Option<u32> {
    use state::balance::key;
    let balancer = &txn.backend.balancer;
    let head = &txn.req.head;
    match key {
        BalanceKey::Source => txn.session.src.map(|src| balancer.source_hash(src.ip())),
        BalanceKey::Uri { len, depth, is_whole, is_path_only } => {
            let uri = head.uri();
            let options = key::UriKey {
                query: if *is_whole { key::Query::Kept } else { key::Query::Left },
                part: if *is_path_only { key::UriPart::Path } else { key::UriPart::Whole },
                len_max: (*len > 0).then_some(*len),
                depth_max: (*depth > 0).then_some(*depth),
            };
            (!uri.is_empty()).then(|| balancer.key_hash(key::uri_key(uri, options)))
        }
        BalanceKey::UrlParam { name, check_post } => {
            let found = key::url_param_key(head.uri(), name);
            let found = match found {
                None if *check_post => key::body_param_key(&txn.req.body, name),
                found => found,
            };
            found.map(|value| balancer.key_hash(value))
        }
        BalanceKey::Header { name, is_domain_only } => {
            let value = head.fields.get(name)?;
            let value = if *is_domain_only { key::domain_key(value) } else { value };
            Some(balancer.key_hash(value))
        }
        BalanceKey::RdpCookie(expr) | BalanceKey::Expr(expr) => {
            // Numbers and addresses are hashed as bytes; `hash-type ... none` reads a number's digits.
            let is_digits = balancer.setup().hash_type.function == Function::None;
            let value = expr.eval(txn)?.cast(if is_digits { Type::Str } else { Type::Bin })?;
            Some(balancer.key_hash(&value.to_str()))
        }
        // A request is no log message.
        BalanceKey::Log(_) => None,
    }
}
