//! What figures are about, and one figure at a time: for readers that go through one column of all objects, not through all
//! columns of one.

use std::borrow::Cow;

use engine::shared::ListenerRun;
use state::{Proxy, Server};

use super::{Wanted, backend, frontend, listener, server};
use crate::access::Level;
use crate::process::Process;
use crate::typed::Value;

/// What a line is about.
#[derive(Clone, Copy)]
pub(crate) enum Object<'a> {
    /// A frontend.
    Frontend(&'a Proxy),
    /// A `bind` address that counts for itself.
    Listener(&'a Proxy, &'a ListenerRun),
    /// A backend.
    Backend(&'a Proxy),
    /// A server.
    Server(&'a Proxy, &'a Server),
}

impl<'a> Object<'a> {
    /// Its proxy.
    pub(crate) fn proxy(&self) -> &'a Proxy {
        match self {
            Object::Frontend(proxy)
            | Object::Listener(proxy, _)
            | Object::Backend(proxy)
            | Object::Server(proxy, _) => proxy,
        }
    }

    /// Its name within its proxy; empty for what has none.
    pub(crate) fn own_name(&self) -> Cow<'a, str> {
        match self {
            Object::Frontend(_) | Object::Backend(_) => Cow::Borrowed(""),
            Object::Listener(_, run) => Cow::Owned(listener::name(run)),
            Object::Server(_, server) => Cow::Borrowed(&server.name),
        }
    }

    /// The value of a column of its line; `None` where that is empty.
    pub(crate) fn value(&self, process: &Process, column: &str) -> Option<Value> {
        match self {
            Object::Frontend(proxy) => frontend::value(process, proxy, column),
            Object::Listener(proxy, run) => {
                listener::Facts::of(process, proxy, run, Level::User)?.value(column)
            }
            Object::Backend(proxy) => backend::value(process, proxy, &Wanted::all(Level::User), column),
            Object::Server(proxy, server) => server::value(process, proxy, server, column),
        }
    }
}
