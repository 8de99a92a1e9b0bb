//! Cookies: persistence in all its modes (configuration manual, chapter 4.2, "cookie"), and `capture cookie`.

use base::ServerId;
use base::clock;
use config::model::{CaptureCookie, Cookie, CookieMode, ProxyConfig};
use http::message::{Fields, Known};
use http::{Method, cookie};
use sample::Txn;
use sample::txn::CookieTrace;

use crate::balance::Persistence;

/// What a persistence cookie of the client says.
struct Found<'v> {
    /// The server's part of the value.
    server: &'v [u8],
    /// When the cookie was last sent, for `maxidle`; seconds since 1970.
    last: Option<u64>,
    /// When it was first set, for `maxlife`.
    first: Option<u64>,
}

/// Finds the server that the client's cookie names, notes in the log what the cookie was, and hides it from the server
/// where the mode says so. `None`: the algorithm chooses.
pub(crate) fn read_request(config: &Cookie, persistence: Persistence, txn: &mut Txn) -> Option<ServerId> {
    let chosen = read(config, persistence, txn);
    if is_only_read(config) {
        txn.log.cookie = CookieTrace::default();
    }
    chosen
}

/// Whether the cookie is the application's own: neither it nor its log letters are touched.
fn is_only_read(config: &Cookie) -> bool {
    config.mode == CookieMode::Passive && !config.is_indirect
}

fn read(config: &Cookie, persistence: Persistence, txn: &mut Txn) -> Option<ServerId> {
    // `N` until the response's cookies say something else; `-` is for backends without a `cookie` line.
    txn.log.cookie.response = b'N';
    let fields = &txn.req.head.fields;
    let Some((field, found)) = cookie::find(fields, &config.name) else {
        txn.log.cookie.request = b'N';
        return None;
    };
    let value_at = found.value_at.clone();
    let parsed = split(config, found.value);
    let now = clock::wall().as_secs();
    let state = age(config, &parsed, now);
    let servers = txn.backend.servers.load();
    let server = servers.iter().find(|s| s.cookie().is_some_and(|cookie| **cookie == *parsed.server));
    let (trace, chosen) = match (state, server) {
        (Some(expired), _) => (expired, None),
        (None, _) if persistence == Persistence::Ignored => (b'U', None),
        (None, None) => (b'I', None),
        (None, Some(server)) => {
            let trace = if server.is_running() { b'V' } else { b'D' };
            (trace, persistence.accepts(server).then_some(server.id))
        }
    };
    // A value without a `~` passes as it is.
    let prefix_len = if found.value.contains(&b'~') { parsed.server.len() + 1 } else { 0 };
    let (last, first) = (parsed.last, parsed.first);
    txn.log.cookie.request = trace;
    txn.cookie_dates = (chosen.is_some()).then_some((last, first));
    hide(config, txn, field, value_at, prefix_len);
    chosen
}

/// What the log's character for the client's cookie says of it (chapter 8.5).
pub(crate) fn meaning(trace: u8) -> &'static str {
    match trace {
        b'N' => "is not there",
        b'V' => "names a server that is up",
        b'D' => "names a server that is down",
        b'I' => "names no server here",
        b'E' => "was idle for too long",
        b'O' => "is too old",
        b'U' => "is there, but a rule decided before it",
        _ => "is not looked at",
    }
}

/// Takes the cookie, or its prefix, out of the request.
fn hide(config: &Cookie, txn: &mut Txn, field: usize, value_at: std::ops::Range<usize>, prefix_len: usize) {
    let fields = &mut txn.req.head.fields;
    if config.mode == CookieMode::Prefix {
        if value_at.len() >= prefix_len {
            cookie::splice(fields, field, value_at.start..value_at.start + prefix_len, b"");
        }
    } else if config.is_indirect {
        cookie::remove(fields, &config.name);
    }
}

/// `server`, `server~application` (prefix mode) or `server|last|first` (with dates).
fn split<'v>(config: &Cookie, value: &'v [u8]) -> Found<'v> {
    if config.mode == CookieMode::Prefix {
        let end = value.iter().position(|b| *b == b'~').unwrap_or(value.len());
        return Found { server: &value[..end], last: None, first: None };
    }
    let mut parts = value.split(|b| *b == b'|');
    let server = parts.next().unwrap_or_default();
    let mut date = || parts.next().and_then(decode_date);
    Found { server, last: date(), first: date() }
}

/// `E` for a cookie that was idle for too long, `O` for one that is too old.
fn age(config: &Cookie, found: &Found<'_>, now: u64) -> Option<u8> {
    /// A date further in the future was not made by a clock that is right.
    const AHEAD_SECS_MAX: u64 = 86_400;
    let is_over = |since: Option<u64>, max: Option<std::time::Duration>| match (since, max) {
        (Some(since), Some(max)) => now > since + max.as_secs() || since > now + AHEAD_SECS_MAX,
        // A cookie without the date was not made by this configuration and cannot be trusted for ever.
        (None, Some(_)) | (_, None) => false,
    };
    if is_over(found.first, config.maxlife) {
        Some(b'O')
    } else if is_over(found.last, config.maxidle) {
        Some(b'E')
    } else {
        None
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A date in units of four seconds, as five digits of base 64.
fn encode_date(seconds: u64) -> [u8; 5] {
    let mut n = seconds.div_ceil(4);
    let mut out = [0; 5];
    for place in out.iter_mut().rev() {
        *place = DIGITS[usize::try_from(n % 64).unwrap_or(0)];
        n /= 64;
    }
    out
}

fn decode_date(text: &[u8]) -> Option<u64> {
    let digit = |b: &u8| DIGITS.iter().position(|d| d == b).map(|p| p as u64);
    let date = text.get(..5)?.iter().try_fold(0u64, |n, b| Some(n * 64 + digit(b)?))?;
    // The beginning of the epoch stands for no date.
    (date > 0).then_some(date * 4)
}

/// Edits the response's cookies and sets the persistence cookie where the client needs it.
pub(crate) fn edit_response(config: &Cookie, _: &ProxyConfig, txn: &mut Txn) {
    let Some(server) = txn.server.clone() else { return };
    if is_only_read(config) {
        return;
    }
    let value = server.cookie();
    let value = value.as_ref().map(|value| &***value);
    let is_set_by_server = edit_set_cookies(config, value, txn);
    if config.mode == CookieMode::Insert && needs_cookie(config, txn, is_set_by_server) {
        insert(config, value, txn);
    }
}

/// Goes through the server's `Set-Cookie` fields; says whether one of them sets the persistence cookie and stays.
fn edit_set_cookies(config: &Cookie, server: Option<&[u8]>, txn: &mut Txn) -> bool {
    let mut stays = false;
    let mut from = 0;
    while let Some(i) = txn.res.head.fields.position_known(Known::SetCookie, from) {
        from = i + 1;
        let Some(found) = cookie::set_cookie(txn.res.head.fields.value(i)) else { continue };
        if found.name != &*config.name {
            continue;
        }
        let at = found.value_at.clone();
        match (config.mode, server) {
            _ if config.is_preserve => {
                txn.log.cookie.response = b'P';
                stays = true;
            }
            // Another one is inserted where the client lacks it.
            (CookieMode::Insert, _) => {
                txn.res.head.fields.remove_at(i);
                txn.log.cookie.response = b'D';
                from = i;
            }
            (CookieMode::Rewrite, Some(server)) => {
                cookie::splice(&mut txn.res.head.fields, i, at, server);
                txn.log.cookie.response = b'R';
                stays = true;
            }
            (CookieMode::Prefix, Some(server)) => {
                let prefix = [server, b"~"].concat();
                cookie::splice(&mut txn.res.head.fields, i, at.start..at.start, &prefix);
                txn.log.cookie.response = b'R';
                stays = true;
            }
            _ => {
                txn.log.cookie.response = b'P';
                stays = true;
            }
        }
    }
    stays
}

/// Whether the client lacks the cookie, or has one whose dates must be renewed.
fn needs_cookie(config: &Cookie, txn: &Txn, is_set_by_server: bool) -> bool {
    if is_set_by_server && config.is_preserve {
        return false;
    }
    if config.is_postonly && txn.req.head.method_kind() != Method::Post {
        return false;
    }
    let Some((last, first)) = txn.cookie_dates else { return true };
    let now = clock::wall().as_secs();
    let wants_date = (config.maxidle.is_some() || last.is_some()) && last.is_none_or(|last| last < now);
    wants_date || (config.maxlife.is_some() != first.is_some())
}

fn insert(config: &Cookie, server: Option<&[u8]>, txn: &mut Txn) {
    let field = set_cookie(config, server, txn);
    txn.log.cookie.response = match (server, txn.cookie_dates.is_some()) {
        (Some(_), true) => b'U',
        // A cookie that is taken back counts as one that was sent.
        (None, _) | (Some(_), false) => b'I',
    };
    txn.res.head.fields.push(b"Set-Cookie", &field);
    if config.is_nocache && is_cacheable(txn) {
        txn.res.head.fields.push(b"Cache-Control", b"private");
    }
}

/// The value of the `Set-Cookie` field for `server`, with the dates that the cookie has to keep.
fn set_cookie(config: &Cookie, server: Option<&[u8]>, txn: &Txn) -> Vec<u8> {
    let mut value = config.name.to_vec();
    value.push(b'=');
    match server {
        // A server without a cookie of its own: the client forgets the one it has.
        None => value.extend_from_slice(b"; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/"),
        Some(server) => {
            value.extend_from_slice(server);
            if config.maxidle.is_some() || config.maxlife.is_some() {
                let now = clock::wall().as_secs();
                value.push(b'|');
                value.extend_from_slice(&encode_date(now));
                if config.maxlife.is_some() {
                    let first = txn.cookie_dates.and_then(|(_, first)| first).unwrap_or(now);
                    value.push(b'|');
                    value.extend_from_slice(&encode_date(first));
                }
            }
            value.extend_from_slice(b"; path=/");
        }
    }
    for domain in &config.domains {
        value.extend_from_slice(b"; domain=");
        value.extend_from_slice(domain);
    }
    if config.is_httponly {
        value.extend_from_slice(b"; HttpOnly");
    }
    if config.is_secure {
        value.extend_from_slice(b"; Secure");
    }
    for attribute in &config.attributes {
        value.extend_from_slice(b"; ");
        value.extend_from_slice(attribute);
    }
    value
}

/// Whether a cache on the way could keep a cookie together with this response (`option checkcache`).
pub(crate) fn leaks_into_caches(txn: &Txn) -> bool {
    let fields = &txn.res.head.fields;
    let keeps_cookies = |token: &[u8]| !token.to_ascii_lowercase().starts_with(b"no-cache=\"set-cookie");
    fields.get_known(Known::SetCookie).is_some()
        && is_cacheable(txn)
        && http::lists::all(fields, b"cache-control").all(keeps_cookies)
}

/// Whether a cache on the way could keep this response (RFC 9111 section 3).
fn is_cacheable(txn: &Txn) -> bool {
    if !matches!(txn.req.head.method_kind(), Method::Get | Method::Head | Method::Options) {
        return false;
    }
    if !matches!(txn.res.head.status(), 200 | 203 | 204 | 206 | 300 | 301 | 404 | 405 | 410 | 414 | 501) {
        return false;
    }
    let fields = &txn.res.head.fields;
    let refuses = |token: &[u8]| {
        matches!(token, b"private" | b"no-cache" | b"no-store")
            || token.starts_with(b"max-age=0")
            || token.starts_with(b"s-maxage=0")
    };
    if http::lists::all(fields, b"cache-control").any(refuses)
        || http::lists::all(fields, b"pragma").any(|token| token == b"no-cache")
    {
        return false;
    }
    // Without a date until which it is fresh, and without a validator, nobody may keep it.
    let is_fresh = |token: &[u8]| token.starts_with(b"max-age=") || token.starts_with(b"s-maxage=");
    fields.get(b"expires").is_some()
        || fields.get(b"etag").is_some()
        || fields.get(b"last-modified").is_some()
        || http::lists::all(fields, b"cache-control").any(is_fresh)
}

/// The client's cookie that `capture cookie` keeps: `name=value`, cut.
pub(crate) fn captured_request(wanted: &CaptureCookie, fields: &Fields) -> Option<Box<[u8]>> {
    let mut from = 0;
    while let Some(i) = fields.position_known(Known::Cookie, from) {
        from = i + 1;
        let text = fields.value(i);
        if let Some(found) = cookie::cookies(text).find(|c| is_wanted(wanted, c.name)) {
            return Some(kept(wanted, found.name, found.value));
        }
    }
    None
}

/// The server's cookie that `capture cookie` keeps.
pub(crate) fn captured_response(wanted: &CaptureCookie, fields: &Fields) -> Option<Box<[u8]>> {
    let found =
        fields.all(b"set-cookie").filter_map(cookie::set_cookie).find(|c| is_wanted(wanted, c.name))?;
    Some(kept(wanted, found.name, found.value))
}

fn is_wanted(wanted: &CaptureCookie, name: &[u8]) -> bool {
    if wanted.is_prefix { name.starts_with(&wanted.name) } else { name == &*wanted.name }
}

fn kept(wanted: &CaptureCookie, name: &[u8], value: &[u8]) -> Box<[u8]> {
    let mut text = [name, b"=", value].concat();
    text.truncate(wanted.bytes_max);
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_their_digits() {
        assert_eq!(decode_date(b"AAAAA"), None);
        for seconds in [4, 1_700_000_000, 4_000_000_000] {
            assert_eq!(decode_date(&encode_date(seconds)), Some(seconds), "{seconds}");
        }
        assert_eq!(decode_date(b"AAAA"), None);
        assert_eq!(decode_date(b"AA=AA"), None);
    }
}
