//! Stickiness by tables: `stick match`, `stick on`, `stick store-request`, `stick store-response` (configuration manual,
//! chapter 4.2).
//!
//! For each table the first rule that stores counts, so that rules may look for keys of decreasing precision.

use std::sync::Arc;

use base::clock::{self, Millis};
use base::{ProxyId, ServerId};
use config::model::{ProxyConfig, StickRule};
use rules::Tri;
use sample::Txn;
use state::table::{DataType, Key, ServerKeyType, Table, Tracked};
use state::{Proxy, Server};

/// A key that is stored with its server once the server is known.
pub(crate) struct Store {
    proxy: ProxyId,
    table: Arc<Table>,
    key: Key,
}

/// Keys stored for one exchange at most.
const STORES_MAX: usize = 8;

/// What server a table names for this request, up or not; keys to store are noted in `stores`.
pub(crate) fn match_request(backend: &ProxyConfig, txn: &Txn, stores: &mut Vec<Store>) -> Option<ServerId> {
    let mut found = None;
    for rule in backend.stick.iter().filter(|rule| rule.is_match || rule.is_store_request) {
        if rule.is_store_request && stores.iter().any(|store| store.proxy == rule.table) {
            continue;
        }
        let Some(store) = evaluate(rule, txn) else { continue };
        if rule.is_match {
            let now = clock::now();
            if let Some(entry) = store.table.lookup(&store.key, now) {
                found = found.or_else(|| server_of(&txn.backend, &entry, now));
                entry.touch(now);
                entry.release(now);
            }
        }
        if rule.is_store_request && stores.len() < STORES_MAX {
            stores.push(store);
        }
    }
    found
}

/// Stores what the request's rules noted and what the response's rules say, with the server that answered.
pub(crate) fn store(backend: &ProxyConfig, txn: &Txn, stores: &mut Vec<Store>) {
    let of_request = stores.len();
    for rule in backend.stick.iter().filter(|rule| rule.is_store_response) {
        if stores.len() < STORES_MAX
            && !stores[of_request..].iter().any(|store| store.proxy == rule.table)
            && let Some(store) = evaluate(rule, txn)
        {
            stores.push(store);
        }
    }
    let server =
        txn.server.as_ref().filter(|s| !backend.servers.get(s.id.index()).is_some_and(|s| s.is_non_stick));
    if let Some(server) = server {
        let now = clock::now();
        for store in stores.iter() {
            write(store, server, now);
        }
    }
    stores.clear();
}

fn evaluate(rule: &StickRule, txn: &Txn) -> Option<Store> {
    if rule.condition.as_ref().is_some_and(|condition| condition.test(txn) != Tri::Yes) {
        return None;
    }
    let table = txn.runtime.proxy(rule.table).table.as_ref()?;
    let key = table.key(&rule.key.eval(txn)?)?;
    Some(Store { proxy: rule.table, table: table.clone(), key })
}

/// The server that an entry names: by its key where the table keeps one, else by its number.
fn server_of(backend: &Proxy, entry: &Tracked, now: Millis) -> Option<ServerId> {
    let by_key = entry.server_key().and_then(|key| {
        let kind = entry.table().spec().srvkey;
        backend.servers.iter().find(|server| server_key(server, kind)[..] == key[..])
    });
    let server = by_key.or_else(|| {
        let id = entry.get(DataType::ServerId, 0, now)?;
        backend.servers.iter().find(|server| i64::from(server.puid) == id)
    });
    server.map(|server| server.id)
}

fn server_key(server: &Server, kind: ServerKeyType) -> Arc<[u8]> {
    match kind {
        ServerKeyType::Name => server.name.as_bytes().into(),
        ServerKeyType::Addr => server.endpoint().to_string().into_bytes().into(),
    }
}

fn write(store: &Store, server: &Server, now: Millis) {
    let Some(entry) = store.table.get_or_create(&store.key, now) else { return };
    // A table that stores no servers was not meant for this.
    let _ = entry.set(DataType::ServerId, 0, i64::from(server.puid), now);
    entry.set_server_key(Some(server_key(server, store.table.spec().srvkey)), now);
    entry.touch(now);
    entry.release(now);
}
