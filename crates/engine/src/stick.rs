//! Stickiness by tables: `stick match`, `stick on`, `stick store-request`, `stick store-response` (configuration manual,
//! chapter 4.2).
//!
//! For each table the first rule that stores counts, so that rules may look for keys of decreasing precision.

use std::sync::Arc;

use base::clock::{self, Millis};
use base::{ProxyId, ServerId};
use config::model::{ProxyConfig, StickRule};
use rules::Tri;
use rules::observe::Observer;
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
pub(crate) fn match_request<O: Observer>(
    backend: &ProxyConfig,
    txn: &Txn,
    stores: &mut Vec<Store>,
    o: &mut O,
) -> Option<ServerId> {
    let mut found = None;
    for rule in backend.stick.iter().filter(|rule| rule.is_match || rule.is_store_request) {
        if rule.is_store_request && stores.iter().any(|store| store.proxy == rule.table) {
            continue;
        }
        let Some(store) = evaluate(rule, txn, o) else { continue };
        if rule.is_match {
            let now = clock::now();
            let table = store.table.name();
            if let Some(entry) = store.table.lookup(&store.key, now) {
                let server = server_of(&txn.backend, &entry, now);
                found = found.or(server);
                match server {
                    Some(id) => {
                        let server = txn.backend.servers.at(id);
                        let name = &server.name;
                        o.note(format_args!("table `{table}` knows the key: server `{name}`"));
                    }
                    None => o.note(format_args!("table `{table}` knows the key, but no server here")),
                }
                entry.touch(now);
                entry.release(now);
            } else {
                o.note(format_args!("table `{table}` does not know the key"));
            }
        }
        if rule.is_store_request && stores.len() < STORES_MAX {
            o.note(format_args!("the key will be stored with the server in table `{}`", store.table.name()));
            stores.push(store);
        }
    }
    found
}

/// Stores what the request's rules noted and what the response's rules say, with the server that answered.
pub(crate) fn store<O: Observer>(backend: &ProxyConfig, txn: &Txn, stores: &mut Vec<Store>, o: &mut O) {
    let of_request = stores.len();
    for rule in backend.stick.iter().filter(|rule| rule.is_store_response) {
        if stores.len() < STORES_MAX
            && !stores[of_request..].iter().any(|store| store.proxy == rule.table)
            && let Some(store) = evaluate(rule, txn, o)
        {
            o.note(format_args!("the key is stored with the server in table `{}`", store.table.name()));
            stores.push(store);
        }
    }
    let is_non_stick = |id: ServerId| backend.servers.get(id.index()).is_some_and(|s| s.is_non_stick);
    let server = txn.server.as_ref().filter(|s| !is_non_stick(s.id));
    if let Some(server) = server {
        let now = clock::now();
        for store in stores.iter() {
            write(store, server, now);
        }
    }
    stores.clear();
}

fn evaluate<O: Observer>(rule: &StickRule, txn: &Txn, o: &mut O) -> Option<Store> {
    o.rule(rule.span.into());
    if rule.condition.as_ref().is_some_and(|condition| condition.test_watched(txn, o) != Tri::Yes) {
        return None;
    }
    let table = txn.runtime.proxy(rule.table).table.as_ref()?;
    let Some(value) = rule.key.eval(txn) else {
        o.note(format_args!("{} has no value", base::Lossy(rule.key.source())));
        return None;
    };
    if O::IS_ON {
        let (source, value) = (rule.key.source(), value.text());
        o.note(format_args!("key {} = \"{}\"", base::Lossy(source), base::Lossy(&value)));
    }
    let key = table.key(&value)?;
    Some(Store { proxy: rule.table, table: table.clone(), key })
}

/// The server that an entry names: by its key where the table keeps one, else by its number.
fn server_of(backend: &Proxy, entry: &Tracked, now: Millis) -> Option<ServerId> {
    let by_key = entry.server_key().and_then(|key| {
        let kind = entry.table().spec().srvkey;
        let servers = backend.servers.load();
        servers.iter().find(|server| server_key(server, kind)[..] == key[..]).map(|server| server.id)
    });
    by_key.or_else(|| {
        let id = entry.get(DataType::ServerId, 0, now)?;
        let servers = backend.servers.load();
        servers.iter().find(|server| i64::from(server.puid) == id).map(|server| server.id)
    })
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

#[cfg(test)]
mod tests {
    use base::ProxyId;
    use state::proxy::{Mode, ProxySetup, Sides, Timeouts};
    use state::server::ServerSetup;
    use state::table::{KeyType, TableSpec};

    use super::*;

    fn server(id: u32, name: &str) -> Arc<Server> {
        let endpoint = net::Endpoint::Inet(([10, 0, 0, 1], 80).into());
        let setup =
            ServerSetup { puid: id + 10, ..ServerSetup::plain(ProxyId(0), ServerId(id), name, endpoint) };
        Arc::new(Server::new(setup, 1))
    }

    fn backend() -> Proxy {
        let setup = ProxySetup {
            id: ProxyId(0),
            uuid: 1,
            name: "b".into(),
            mode: Mode::Http,
            sides: Sides::Backend,
            timeouts: Timeouts::default(),
            maxconn: 0,
            fullconn: 0,
            retries: 3,
        };
        Proxy::new(setup, vec![server(0, "a"), server(1, "b")], 1)
    }

    fn store(stored: &str) -> Store {
        let mut spec = TableSpec::new("b", KeyType::parse("string").unwrap(), 10);
        spec.store(stored).unwrap();
        let table = Table::new(spec);
        let key = table.key(&state::Value::str(b"user")).unwrap();
        Store { proxy: ProxyId(0), table, key }
    }

    #[test]
    fn an_entry_leads_back_to_its_server_by_name_or_by_number() {
        let backend = backend();
        let now = Millis(1000);
        for stored in ["server_id,server_key", "server_id"] {
            let store = store(stored);
            assert!(store.table.lookup(&store.key, now).is_none());
            write(&store, &backend.servers.at(ServerId(1)), now);
            let entry = store.table.lookup(&store.key, now).unwrap();
            assert_eq!(server_of(&backend, &entry, now), Some(ServerId(1)), "{stored}");
        }
    }
}
