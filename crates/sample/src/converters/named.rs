//! `nbsrv`, `srv_is_up`, `srv_queue`, `fe_exists`: facts about proxies and servers whose name is computed.

use std::sync::Arc;

use keyword::{Doc, Example};
use state::value::{Type, Value};
use state::{Proxy, Server};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static NBSRV: Convert = Convert {
    name: "nbsrv",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Int,
    check: None,
    run: nbsrv,
    doc: Doc {
        brief: "number of usable servers of the backend that the text names",
        long: "",
        examples: &[Example { text: "nbsrv", input: "px", output: "0" }],
    },
};

pub(super) static SRV_IS_UP: Convert = Convert {
    name: "srv_is_up",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Bool,
    check: None,
    run: srv_is_up,
    doc: Doc {
        brief: "whether the server that the text names runs",
        long: "The text is `backend/server`, or a server of the current backend.",
        examples: &[Example::usage("srv_is_up")],
    },
};

pub(super) static SRV_QUEUE: Convert = Convert {
    name: "srv_queue",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Int,
    check: None,
    run: srv_queue,
    doc: Doc {
        brief: "requests waiting for the server that the text names",
        long: "The text is `backend/server`, or a server of the current backend.",
        examples: &[Example::usage("srv_queue")],
    },
};

pub(super) static FE_EXISTS: Convert = Convert {
    name: "fe_exists",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Bool,
    check: None,
    run: fe_exists,
    doc: Doc {
        brief: "whether there is a frontend of that name",
        long: "",
        examples: &[
            Example { text: "fe_exists", input: "px", output: "1" },
            Example { text: "fe_exists", input: "other", output: "0" },
        ],
    },
};

fn nbsrv<'a>(value: Value<'a>, _: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let backend = backend(txn, &value.to_str())?;
    Some(Value::Int(i64::from(backend.balancer.usable())))
}

fn srv_is_up<'a>(value: Value<'a>, _: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    server(txn, &value.to_str()).map(|server| Value::Bool(server.is_running()))
}

fn srv_queue<'a>(value: Value<'a>, _: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    server(txn, &value.to_str()).map(|server| Value::Int(i64::from(server.queued.get())))
}

fn fe_exists<'a>(value: Value<'a>, _: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let name = value.to_str();
    let is_named = |proxy: &Arc<Proxy>| proxy.sides.has_frontend() && proxy.name.as_bytes() == name.as_ref();
    Some(Value::Bool(txn.runtime.proxies.iter().any(is_named)))
}

fn backend<'t>(txn: &'t Txn, name: &[u8]) -> Option<&'t Arc<Proxy>> {
    let is_named =
        |proxy: &&Arc<Proxy>| proxy.sides.has_backend() && proxy.name.as_bytes() == name && proxy.is_there();
    txn.runtime.proxies.iter().find(is_named)
}

fn server(txn: &Txn, name: &[u8]) -> Option<Arc<Server>> {
    let (backend, name) = match memchr::memchr(b'/', name) {
        Some(slash) => (backend(txn, &name[..slash])?, &name[slash + 1..]),
        None => (Some(&txn.backend).filter(|proxy| proxy.sides.has_backend())?, name),
    };
    backend.servers.load().named(name).cloned()
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn names_that_nobody_has() {
        assert_eq!(convert("nbsrv", "px").as_deref(), Some("0"));
        assert_eq!(convert("nbsrv", "other"), None);
        assert_eq!(convert("srv_is_up", "px/s1"), None);
        assert_eq!(convert("srv_queue", "s1"), None);
    }
}
