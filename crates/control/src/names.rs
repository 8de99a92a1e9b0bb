//! Finding proxies and servers by the words that commands name them with.

use std::sync::Arc;

use state::value::Type;
use state::{Proxy, Server};

use crate::command::Answer;
use crate::process::Process;

/// HAProxy's name of a type.
pub(crate) fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::Any => "any",
        Type::Bool => "bool",
        Type::Int => "sint",
        Type::Addr => "addr",
        Type::Ipv4 => "ipv4",
        Type::Ipv6 => "ipv6",
        Type::Str => "str",
        Type::Bin => "bin",
        Type::Method => "meth",
    }
}

/// Which side of proxies is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Those that clients connect to.
    Frontend,
    /// Those that have servers.
    Backend,
}

/// A proxy by name, or by `#` and number.
pub(crate) fn proxy<'a>(process: &'a Process, name: &str, side: Side) -> Option<&'a Arc<Proxy>> {
    let has_side = |proxy: &&Arc<Proxy>| match side {
        Side::Frontend => proxy.sides.has_frontend(),
        Side::Backend => proxy.sides.has_backend() && proxy.is_there(),
    };
    let mut proxies = process.shared.runtime.proxies.iter().filter(has_side);
    match name.strip_prefix('#').and_then(|number| number.parse::<u32>().ok()) {
        Some(number) => proxies.find(|proxy| proxy.uuid == number),
        None => proxies.find(|proxy| &*proxy.name == name),
    }
}

/// A server and its backend from `backend/server`; either may be `#` and a number.
pub(crate) fn server<'a>(process: &'a Process, text: &str) -> Result<(&'a Arc<Proxy>, Arc<Server>), Answer> {
    let Some((backend, name)) = text.split_once('/').filter(|(_, name)| !name.is_empty()) else {
        return Err(Answer::error("Require 'backend/server'.\n"));
    };
    let Some(proxy) = proxy(process, backend, Side::Backend) else {
        return Err(Answer::error("No such backend.\n"));
    };
    server_of(proxy, name).map(|server| (proxy, server)).ok_or_else(|| Answer::error("No such server.\n"))
}

/// A server of a backend by its name, or by `#` and a number.
pub(crate) fn server_of(proxy: &Proxy, name: &str) -> Option<Arc<Server>> {
    let number = name.strip_prefix('#').and_then(|number| number.parse::<u32>().ok());
    proxy.servers.iter().find(|server| match number {
        Some(number) => server.puid == number,
        None => &*server.name == name,
    })
}
