//! From a complete request head to the backend that serves it: captures, rules, switching, and the edits that
//! configuration options make.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::ProxyId;
use base::clock;
use config::model::{ForwardFor, IfNone, LogOrigin, ProxyConfig, RestrictNames, SwitchTarget};
use http::message::Fields;
use rules::action::CaptureSlot;
use rules::observe::{NoTrace, Observer};
use rules::reply::Reply;
use rules::ruleset::Verdict;
use rules::{Subjects, Tri};
use sample::Txn;

use super::{Exchange, Stop};
use crate::client::Client;
use crate::failure::Failure;
use crate::worker::Worker;
use crate::{compress, log, rules_run};

/// Runs everything that stands between a request's head and the choice of a server.
pub(super) async fn prepare(_: &Rc<Worker>, client: &mut Client, x: &mut Exchange) -> Result<(), Stop> {
    let config = x.shared.config.clone();
    let frontend = config.proxy(x.txn.frontend.id);
    count(x);
    log::at_step(x, LogOrigin::Accept);
    if frontend.options.http_use_proxy_header.is_on() {
        x.txn.is_proxied = !matches!(x.txn.req.head.uri().first(), Some(b'/' | b'*'));
    }
    capture(frontend, &mut x.txn);
    if let Some(format) = &frontend.unique_id_format {
        make_unique_id(frontend, format, x);
    }
    monitor(frontend, &x.txn, &mut NoTrace)?;
    log::at_step(x, LogOrigin::Request);
    if frontend.options.http_buffer_request.is_on() {
        Box::pin(buffer_all(client, x)).await?;
    }
    run_rules(client, x, frontend.id).await?;
    switch(x, frontend, &mut NoTrace)?;
    let backend = x.txn.backend.id;
    if backend != frontend.id {
        if config.proxy(backend).options.http_buffer_request.is_on() {
            Box::pin(buffer_all(client, x)).await?;
        }
        run_rules(client, x, backend).await?;
    }
    let backend = config.proxy(backend);
    forwarded_for(frontend, backend, x);
    compress::prepare(x, frontend, backend);
    Ok(())
}

/// `option http-buffer-request`: the rules that follow see the body.
async fn buffer_all(client: &mut Client, x: &mut Exchange) -> Result<(), Stop> {
    let timeouts = &x.txn.frontend.timeouts;
    let time = timeouts.http_request.or(timeouts.client);
    let time = time.unwrap_or(std::time::Duration::from_secs(86_400));
    super::buffer_request(client, x, time, 0).await
}

pub(crate) fn count(x: &mut Exchange) {
    let counters = x.txn.frontend.frontend.here();
    counters.cum_req.bump();
    let now = clock::now();
    counters.req_rate.bump(now);
    for (_, tracked) in x.txn.session.tracked.borrow().iter() {
        tracked.count_http_request(now);
    }
}

async fn run_rules(client: &mut Client, x: &mut Exchange, proxy: ProxyId) -> Result<(), Stop> {
    if !x.shared.proxy(proxy).has_request_rules {
        restrict_names(x, proxy)?;
        return serve_page(client, x, proxy, crate::service::is_page(x, proxy)).await;
    }
    rules_run::run(client, x, proxy, |r| &r.tcp_content).await?;
    rules_run::run(client, x, proxy, |r| &r.block).await?;
    rules_run::run(client, x, proxy, |r| &r.http_request).await?;
    restrict_names(x, proxy)?;
    // Rules on whole lines may still refuse the page, but their rewriting makes no page of another request.
    let is_page = crate::service::is_page(x, proxy);
    rules_run::run(client, x, proxy, |r| &r.legacy_request).await?;
    serve_page(client, x, proxy, is_page).await?;
    rules_run::run(client, x, proxy, |r| &r.redirect).await
}

/// Leaves the way to servers for the statistics page, if that is what was asked for.
async fn serve_page(
    client: &mut Client,
    x: &mut Exchange,
    proxy: ProxyId,
    is_page: bool,
) -> Result<(), Stop> {
    if is_page { Err(Box::pin(crate::service::open(client, x, proxy)).await) } else { Ok(()) }
}

/// `option http-restrict-req-hdr-names`: what servers behind CGI would take for another header.
pub(crate) fn restrict_names(x: &mut Exchange, proxy: ProxyId) -> Result<(), Stop> {
    let is_plain = |name: &[u8]| name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    let fields = &mut x.txn.req.head.fields;
    match x.shared.config.proxy(proxy).options.restrict_req_hdr_names {
        RestrictNames::Preserve => Ok(()),
        RestrictNames::Delete => {
            fields.retain(|name, _| is_plain(name));
            Ok(())
        }
        RestrictNames::Reject if fields.iter().all(|(name, _)| is_plain(name)) => Ok(()),
        RestrictNames::Reject => Err(Failure::Denied.into()),
    }
}

/// `capture request header`: the last occurrence, cut. `capture cookie`: the first cookie whose name fits.
pub(crate) fn capture(frontend: &ProxyConfig, txn: &mut Txn) {
    if !frontend.captures.request.is_empty() {
        txn.req_captures.resize(frontend.captures.request.len(), None);
        capture_headers(&frontend.captures.request, &txn.req.head.fields, &mut txn.req_captures);
    }
    if !frontend.captures.response.is_empty() {
        txn.res_captures.resize(frontend.captures.response.len(), None);
    }
    if let Some(wanted) = &frontend.capture_cookie {
        txn.log.request_cookie = crate::cookie::captured_request(wanted, &txn.req.head.fields);
    }
}

/// Fills the slots that belong to headers: the last occurrence of each, cut.
pub(super) fn capture_headers(slots: &[CaptureSlot], fields: &Fields, values: &mut [Option<Box<[u8]>>]) {
    for (slot, value) in slots.iter().zip(values) {
        if let Some(found) = slot.header.as_deref().and_then(|name| fields.all(name).last()) {
            *value = Some(found[..found.len().min(slot.bytes_max)].into());
        }
    }
}

pub(crate) fn make_unique_id(
    frontend: &ProxyConfig,
    format: &sample::logformat::LogFormat,
    x: &mut Exchange,
) {
    if x.txn.unique_id.is_none() {
        x.scratch.clear();
        format.render(&x.txn, &mut x.scratch);
        x.txn.unique_id = Some(x.scratch.as_slice().into());
    }
    if let (Some(header), Some(id)) = (&frontend.unique_id_header, &x.txn.unique_id) {
        x.txn.req.head.fields.push(header, id);
    }
}

/// `monitor-uri` answers before any rule runs.
pub(crate) fn monitor<O: Observer>(frontend: &ProxyConfig, txn: &Txn, o: &mut O) -> Result<(), Stop> {
    let Some(uri) = &frontend.monitor_uri else { return Ok(()) };
    if txn.req.head.path_and_query() != Some(&**uri) && txn.req.head.uri() != &**uri {
        return Ok(());
    }
    let has_failed = frontend.monitor_fail.iter().any(|fail| {
        o.rule(fail.place);
        fail.condition.test_watched(txn, o) == Tri::Yes
    });
    let status = if has_failed { 503 } else { 200 };
    Err(Stop::Verdict(Verdict::Reply(Arc::new(Reply::Error(status)))))
}

/// Chooses the backend: the first `use_backend` that matches, else `default_backend`, else the `listen` itself. What leads to
/// a backend that may not be chosen is passed over.
pub(crate) fn switch<O: Observer>(x: &mut Exchange, frontend: &ProxyConfig, o: &mut O) -> Result<(), Stop> {
    let mut chosen = None;
    let mut force = None;
    let mut subjects = Subjects::default();
    for rule in &frontend.switching {
        o.rule(rule.place);
        if rule.condition.as_ref().is_some_and(|c| c.test_among(&x.txn, &mut subjects, o) != Tri::Yes) {
            continue;
        }
        let named = match &rule.target {
            SwitchTarget::Fixed(id) => Some(*id),
            SwitchTarget::Computed(format) => {
                x.scratch.clear();
                format.render(&x.txn, &mut x.scratch);
                // The rule decides even where it names no backend: then the default is taken.
                let found = x.shared.backends.load().get(x.scratch.as_slice()).copied();
                let found = found.filter(|id| x.shared.runtime.proxy(*id).is_there());
                match found {
                    Some(_) => o.note(format_args!("names `{}`", base::Lossy(&x.scratch))),
                    None => {
                        o.note(format_args!("names `{}`: there is no such backend", base::Lossy(&x.scratch)))
                    }
                }
                found
            }
        };
        // A name of no backend leaves the choice to `default_backend`.
        if named.is_none_or(|id| is_eligible(id, x, frontend, &mut force, o)) {
            chosen = named;
            break;
        }
    }
    let default = frontend.default_backend;
    let default = default.filter(|id| chosen.is_none() && is_eligible(*id, x, frontend, &mut force, o));
    let own = frontend.sides.has_backend().then_some(frontend.id);
    let Some(id) = chosen.or(default).or(own) else {
        return Err(Failure::NoServer.into());
    };
    set_backend(x, id);
    Ok(())
}

/// Whether a rule may lead to backend `id`: one that is disabled or not published is for those alone whom
/// `force-be-switch` names, which is found out once and kept in `force`.
fn is_eligible<O: Observer>(
    id: ProxyId,
    x: &Exchange,
    frontend: &ProxyConfig,
    force: &mut Option<bool>,
    o: &mut O,
) -> bool {
    let is_disabled = x.shared.config.proxy(id).is_disabled;
    if !is_disabled && !x.shared.runtime.proxy(id).is_unpublished.load(Ordering::Relaxed) {
        return true;
    }
    let is_forced = *force.get_or_insert_with(|| {
        frontend.force_switch.iter().any(|rule| {
            o.rule(rule.place);
            rule.condition.test_watched(&x.txn, o) == Tri::Yes
        })
    });
    if !is_forced {
        o.note(format_args!("`{}` may not be chosen", x.shared.config.proxy(id).name));
    }
    is_forced
}

/// The exchange belongs to backend `id` from now on.
fn set_backend(x: &mut Exchange, id: ProxyId) {
    x.txn.backend = x.shared.runtime.proxy(id).clone();
    x.txn.has_backend = true;
    if id != x.txn.frontend.id {
        // What rules of the frontend said of another proxy's server side is void: this one has its own.
        let overrides = &mut x.txn.overrides;
        (overrides.server, overrides.connect, overrides.queue) = (None, None, None);
        (overrides.tunnel, overrides.retries) = (None, None);
    }
    x.enter_backend();
    x.card.set_backend(id);
    let counters = x.txn.backend.backend.here();
    counters.cum_sess.bump();
    counters.cum_req.bump();
    counters.sess_rate.bump(clock::now());
}

/// `option forwardfor` and `option originalto`, of the backend where it has its own, else of the frontend.
pub(crate) fn forwarded_for(frontend: &ProxyConfig, backend: &ProxyConfig, x: &mut Exchange) {
    let (src, dst) = (x.txn.session.src, x.txn.session.dst);
    if backend.options.forwarded.is_on() {
        crate::forwarded::add(&backend.options.forwarded_parts, &mut x.txn);
    }
    if let Some(option) = merged(&frontend.options.forwardfor, &backend.options.forwardfor) {
        add_address(&option, src, x);
    }
    if let Some(option) = merged(&frontend.options.originalto, &backend.options.originalto) {
        add_address(&option, dst, x);
    }
}

/// The header's name is the backend's if it names one; `if-none` holds only where both sides ask for it.
fn merged<'o>(
    front: &'o Option<ForwardFor>,
    back: &'o Option<ForwardFor>,
) -> Option<std::borrow::Cow<'o, ForwardFor>> {
    use std::borrow::Cow;
    match (front, back) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(Cow::Borrowed(one)),
        (Some(front), Some(back)) if front == back => Some(Cow::Borrowed(back)),
        (Some(front), Some(back)) => {
            let mut both = back.clone();
            if front.if_none == IfNone::Always {
                both.if_none = IfNone::Always;
            }
            if both.except.is_none() {
                both.except = front.except;
            }
            Some(Cow::Owned(both))
        }
    }
}

fn add_address(option: &ForwardFor, address: Option<SocketAddr>, x: &mut Exchange) {
    let Some(ip) = address.map(|a| a.ip()) else { return };
    if option.except.is_some_and(|(net, bits)| is_within(ip, net, bits)) {
        return;
    }
    if option.if_none == IfNone::IfNone && x.txn.req.head.fields.get(&option.header).is_some() {
        return;
    }
    x.scratch.clear();
    base::bytes::push_ip(&mut x.scratch, ip);
    x.txn.req.head.fields.push(&option.header, &x.scratch);
}

fn is_within(ip: IpAddr, net: IpAddr, bits: u8) -> bool {
    match (ip, net) {
        (IpAddr::V4(ip), IpAddr::V4(net)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            u32::from(ip) & mask == u32::from(net) & mask
        }
        (IpAddr::V6(ip), IpAddr::V6(net)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            u128::from(ip) & mask == u128::from(net) & mask
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let ip = |t: &str| t.parse::<IpAddr>().unwrap();
        assert!(is_within(ip("10.1.2.3"), ip("10.0.0.0"), 8));
        assert!(!is_within(ip("11.1.2.3"), ip("10.0.0.0"), 8));
        assert!(is_within(ip("1.2.3.4"), ip("0.0.0.0"), 0));
        assert!(is_within(ip("::1"), ip("::1"), 128));
        assert!(!is_within(ip("::1"), ip("127.0.0.1"), 0));
    }
}
