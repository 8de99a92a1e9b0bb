//! The servers of a proxy, which come and go (management guide, chapter 9.3, `add server`, `del server`).
//!
//! Each has a slot, whose number is its [`ServerId`] for as long as it lives: nobody else moves when one comes or goes. The
//! slot of a server that is gone keeps it, in maintenance, until another one takes the slot, so an id that somebody
//! still holds means a server at any time. A slot is taken anew only when nobody holds its server any more.

use std::sync::Arc;

use base::ServerId;

use crate::server::Server;
use crate::settled::{Look, Settled};

/// All servers of a proxy at one time.
#[derive(Debug, Default, Clone)]
pub struct ServerList {
    /// By [`ServerId`]; those that are gone as well.
    slots: Vec<Arc<Server>>,
    /// Those that are there, in the order in which they came.
    listed: Vec<Arc<Server>>,
}

impl ServerList {
    /// Those that are there, in the order in which they came.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Server>> {
        self.listed.iter()
    }

    /// How many are there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// By [`ServerId`], those that are gone as well: what balancing indexes.
    #[must_use]
    pub fn slots(&self) -> &[Arc<Server>] {
        &self.slots
    }

    /// The server of a slot.
    #[must_use]
    pub fn get(&self, id: ServerId) -> Option<&Arc<Server>> {
        self.slots.get(id.index())
    }

    /// The one called `name`.
    #[must_use]
    pub fn named(&self, name: &[u8]) -> Option<&Arc<Server>> {
        self.listed.iter().find(|server| server.name.as_bytes() == name)
    }
}

impl<'l> IntoIterator for &'l ServerList {
    type Item = &'l Arc<Server>;
    type IntoIter = std::slice::Iter<'l, Arc<Server>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The servers of a proxy. Whoever looks gets the list of that moment.
#[derive(Debug, Default)]
pub struct Servers(Settled<ServerList>);

impl Servers {
    /// Those of the configuration, in its order.
    #[must_use]
    pub fn new(servers: Vec<Arc<Server>>) -> Self {
        Servers(Settled::new(ServerList { slots: servers.clone(), listed: servers }))
    }

    /// The list as it is now, to be held for a few instructions.
    #[must_use]
    #[inline]
    pub fn load(&self) -> Look<'_, ServerList> {
        self.0.load()
    }

    /// Those that are there now, in the order in which they came.
    #[must_use]
    pub fn iter(&self) -> Listed {
        Listed { list: self.0.load_full(), at: 0 }
    }

    /// How many are there now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.load().len()
    }

    /// Whether there is none now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.load().is_empty()
    }

    /// The server of slot `index`, which may be gone.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Arc<Server>> {
        self.0.load().slots.get(index).cloned()
    }

    /// The server of an id, which may be gone.
    ///
    /// # Panics
    /// When no server of this proxy ever had the id.
    #[must_use]
    pub fn at(&self, id: ServerId) -> Arc<Server> {
        self.get(id.index()).expect("ids are those of servers")
    }

    /// The id that a new server gets: that of a server that is gone and that `is_free` says nobody holds, else a new one. The
    /// caller holds the proxy's lock for changes until it calls [`Servers::add`].
    #[must_use]
    pub fn next_id(&self, is_free: impl Fn(&Arc<Server>) -> bool) -> ServerId {
        let list = self.0.load();
        let is_gone = |server: &&Arc<Server>| server.is_removed() && is_free(server);
        let gone = list.slots.iter().find(is_gone).map(|server| server.id);
        gone.unwrap_or_else(|| ServerId::from_index(list.slots.len()))
    }

    /// Adds a server whose id came from [`Servers::next_id`]. The caller holds the proxy's lock for changes.
    pub fn add(&self, server: Arc<Server>) {
        let mut list = ServerList::clone(&self.0.load());
        match list.slots.get_mut(server.id.index()) {
            Some(slot) => *slot = server.clone(),
            None => list.slots.push(server.clone()),
        }
        list.listed.push(server);
        self.0.store(list);
    }

    /// Takes a server off the list; its slot keeps it for those who still hold its id. The caller holds the proxy's lock
    /// for changes.
    pub fn remove(&self, server: &Arc<Server>) {
        let mut list = ServerList::clone(&self.0.load());
        list.listed.retain(|other| !Arc::ptr_eq(other, server));
        server.mark_removed();
        self.0.store(list);
    }
}

impl IntoIterator for &Servers {
    type Item = Arc<Server>;
    type IntoIter = Listed;

    fn into_iter(self) -> Listed {
        self.iter()
    }
}

/// The servers of one moment, one by one.
#[derive(Debug)]
pub struct Listed {
    list: Arc<ServerList>,
    at: usize,
}

impl Iterator for Listed {
    type Item = Arc<Server>;

    fn next(&mut self) -> Option<Arc<Server>> {
        let server = self.list.listed.get(self.at)?;
        self.at += 1;
        Some(server.clone())
    }
}

#[cfg(test)]
mod tests {
    use base::ProxyId;

    use super::*;
    use crate::server::ServerSetup;

    fn server(id: ServerId, name: &str) -> Arc<Server> {
        let setup = ServerSetup::plain(ProxyId(0), id, name, net::Endpoint::Unix(b"/run/s".to_vec()));
        Arc::new(Server::new(setup, 1))
    }

    fn names(servers: &Servers) -> Vec<String> {
        servers.iter().map(|server| server.name.to_string()).collect()
    }

    #[test]
    fn slots_stay_and_are_taken_again() {
        let servers = Servers::new(vec![server(ServerId(0), "a"), server(ServerId(1), "b")]);
        let a = servers.at(ServerId(0));
        servers.remove(&a);
        assert_eq!(names(&servers), ["b"]);
        assert_eq!(&*servers.at(ServerId(0)).name, "a", "whoever holds its id finds it");
        assert!(servers.load().named(b"a").is_none() && servers.load().named(b"b").is_some());

        assert_eq!(servers.next_id(|_| false), ServerId(2), "somebody holds the one that is gone");
        let again = servers.next_id(|_| true);
        assert_eq!(again, ServerId(0));
        servers.add(server(again, "c"));
        servers.add(server(ServerId(2), "d"));
        assert_eq!(names(&servers), ["b", "c", "d"], "in the order in which they came");
        let slots: Vec<_> = servers.load().slots().iter().map(|server| server.name.to_string()).collect();
        assert_eq!(slots, ["c", "b", "d"]);
        assert_eq!(servers.next_id(|_| true), ServerId(3), "none is gone");
    }
}
