//! Counters to start with: those of a `stats-file`, as `dump stats-file` writes it (management guide, chapter 9.4).
//!
//! ```text
//! #fe guid,COLUMN,COLUMN,...      what follows is about frontends and their listeners; #be: backends and servers
//! GUID,NUMBER,NUMBER,...
//! // a remark
//! ```
//! What nobody here is called, what is no number, and columns and sections that are not known are passed over.

use engine::Shared;
use state::counters::{Counter, ProxyCounters, ServerCounters};

use super::counters::{self, Side};

/// Sets the counters that `text` tells, before anything is counted.
pub fn preload(shared: &Shared, text: &str) {
    let mut section: Option<(Side, Vec<&str>)> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
        if let Some(head) = line.strip_prefix('#') {
            section = head_of(head);
            continue;
        }
        let Some((side, columns)) = &section else { continue };
        let mut fields = line.split(',').map(str::trim);
        let guid = fields.next().unwrap_or_default();
        let values =
            columns.iter().zip(fields).filter_map(|(column, field)| Some((*column, field.parse().ok()?)));
        set(shared, *side, guid, &values.collect::<Vec<(&str, u64)>>());
    }
}

/// The side and the columns of a section; `None` for one that is not known.
fn head_of(head: &str) -> Option<(Side, Vec<&str>)> {
    let (kind, columns) = head.split_once(' ')?;
    let side = match kind {
        "fe" => Side::Client,
        "be" => Side::Server,
        _ => return None,
    };
    let mut columns = columns.split(',').map(str::trim);
    if columns.next() != Some("guid") {
        return None;
    }
    Some((side, columns.collect()))
}

/// Sets the counters of what is called `guid` on this side.
fn set(shared: &Shared, side: Side, guid: &str, values: &[(&str, u64)]) {
    for proxy in &shared.runtime.proxies {
        let config = shared.config.proxy(proxy.id);
        let is_it = config.guid.as_deref() == Some(guid);
        let counters = match side {
            Side::Client if is_it && proxy.sides.has_frontend() => proxy.frontend.iter().next(),
            Side::Server if is_it && proxy.sides.has_backend() => proxy.backend.iter().next(),
            Side::Client | Side::Server => None,
        };
        put(counters, values, proxy_counter);
        if side == Side::Server {
            let named = |server: &&state::Server| {
                shared.server(server).config(&shared.config).guid.as_deref() == Some(guid)
            };
            let servers = proxy.servers.load();
            let found = servers.iter().map(AsRef::as_ref).find(named);
            put(found.and_then(|server| server.counters.iter().next()), values, server_counter);
        }
    }
    if side == Side::Client {
        put(listener(shared, guid), values, proxy_counter);
    }
}

/// The counters of a listener, if it counts for itself.
fn listener<'s>(shared: &'s Shared, guid: &str) -> Option<&'s ProxyCounters> {
    let found =
        shared.listeners.iter().find(|listener| guid_of(shared, listener).as_deref() == Some(guid))?;
    found.facts.counters.as_deref()?.iter().next()
}

/// The name that lasts of a listener.
pub(crate) fn guid_of(shared: &Shared, listener: &engine::shared::ListenerRun) -> Option<String> {
    let binds = &shared.config.proxy(listener.proxy).binds;
    binds.iter().find(|bind| bind.id == listener.facts.id)?.guid(binds)
}

fn put<T>(
    counters: Option<&T>,
    values: &[(&str, u64)],
    find: for<'c> fn(&'c T, &str) -> Option<&'c Counter>,
) {
    let Some(counters) = counters else { return };
    for (column, value) in values {
        if let Some(counter) = find(counters, column) {
            counter.set(*value);
        }
    }
}

fn proxy_counter<'c>(counters: &'c ProxyCounters, column: &str) -> Option<&'c Counter> {
    if let Some(find) = counters::client_side(column).or_else(|| counters::server_side(column)) {
        return Some(find(counters));
    }
    Some(match column {
        "req_tot" => &counters.cum_req,
        "intercepted" => &counters.intercepted,
        _ => &counters.responses[counters::response_class(column)?],
    })
}

fn server_counter<'c>(counters: &'c ServerCounters, column: &str) -> Option<&'c Counter> {
    // They show again what other columns show, whose numbers count.
    let is_again = matches!(column, "lbtot" | "reqbin" | "resbout");
    let find = counters::server(column).filter(|_| !is_again);
    Some(match find {
        Some(find) => find(counters),
        None => &counters.responses[counters::response_class(column)?],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Lab;

    #[test]
    fn what_was_dumped_is_there_again() {
        let socket = format!("abns@lockgate-preload-{}", std::process::id());
        let config = |n: u32| {
            format!(
                "defaults\n  mode http\n  option socket-stats\n\
                 frontend f\n  guid web\n  bind {socket}-{n}a,{socket}-{n}b guid-prefix door\n  default_backend b\n\
                 backend b\n  guid shop\n  server s1 127.0.0.1:1 guid one\n"
            )
        };
        let old = Lab::new(&config(1));
        let text = "#fe guid,stot,hrsp_4xx,strange,\nweb,1024,7,1,\n// web,1,1,1\nweb,abc,\ndoor-1,5,\nshop,1\n\
                    #odd guid,stot\nweb,1\n\n#be guid,stot,wretr\nshop,20,3\none,30,4\nnobody,1,1\n";
        preload(&old.process.shared, text);
        let dump = old.ask("dump stats-file");
        let new = Lab::new(&config(2));
        preload(&new.process.shared, &dump);
        for lab in [&old, &new] {
            let stat = lab.ask("show stat");
            let column = |line: &str, name: &str| {
                let at =
                    stat.lines().next().unwrap().trim_start_matches("# ").split(',').position(|c| c == name);
                let line = stat.lines().find(|l| l.starts_with(line)).unwrap();
                line.split(',').nth(at.unwrap()).unwrap().to_owned()
            };
            assert_eq!([column("f,FRONTEND", "stot"), column("f,FRONTEND", "hrsp_4xx")], ["1024", "7"]);
            assert_eq!([column("f,sock-1", "stot"), column("f,sock-2", "stot")], ["0", "5"]);
            assert_eq!([column("b,BACKEND", "stot"), column("b,BACKEND", "wretr")], ["20", "3"]);
            assert_eq!([column("b,s1", "stot"), column("b,s1", "wretr")], ["30", "4"]);
        }
    }
}
